"""How many units were analysed, and why others were not. Source: STARD 2015, items 15 and 16."""

from collections import Counter

from nodewise.report.sheet import Sheet
from nodewise.report.study import Study
from nodewise.report.words import units, whole
from nodewise.trial import Analysis

Counts = dict[tuple[str, str, str], Counter[str]]


def status_sheet(study: Study) -> Sheet | None:
    """Units seen, analysed, and left out with the reason; nothing when no unit was seen."""
    counts: Counts = {}
    for row in study.rows("units"):
        key = (str(row["analysis"]), str(row["unit"]), str(row["test"]))
        counts.setdefault(key, Counter())[str(row["status"] or "reason not told")] += 1
    if not counts:
        return None
    reasons = sorted({status for each in counts.values() for status in each} - {"analysed"})
    rows: list[list[str]] = []
    for analysis in study.trial.analysis:
        rows += _lines(study, analysis, counts=counts, reasons=reasons)
    return Sheet(
        caption="Units seen, analysed, and left out with the reason.",
        head=["Unit", "Tests", "Seen", "Analysed", *reasons],
        rows=rows,
        notes=["Nothing is imputed: a unit without a value or without a reference is left out."],
        long=len(rows) > 24,
    )


def _lines(
    study: Study, analysis: Analysis, *, counts: Counts, reasons: list[str]
) -> list[list[str]]:
    """One line per unit and for all tests that share the same counts."""
    lines = []
    for unit in analysis.units:
        alike: dict[tuple[str, ...], list[str]] = {}
        for test in study.trial.index_test:
            each = counts.get((analysis.name, unit, test.name))
            if each:
                told = (each.total(), each["analysed"], *(each[reason] for reason in reasons))
                alike.setdefault(tuple(map(whole, told)), []).append(test.title)
        lines += [[units(unit), ", ".join(tests), *told] for told, tests in alike.items()]
    return [[analysis.title], *lines] if lines else []
