"""How many units were analysed, and why others were not. Source: STARD 2015, items 15 and 16."""

from collections import Counter

from nodewise.report.sheet import Sheet
from nodewise.report.study import Study
from nodewise.report.words import units, whole
from nodewise.trial import Analysis

Counts = dict[tuple[str, str, str], Counter[str]]


def status_sheets(study: Study) -> list[Sheet]:
    """Units seen, analysed, and left out with the reason; a table per analysis."""
    counts: Counts = {}
    for row in study.rows("units"):
        key = (str(row["analysis"]), str(row["unit"]), str(row["test"]))
        counts.setdefault(key, Counter())[str(row["status"] or "reason not told")] += 1
    sheets = (_sheet(study, analysis, counts=counts) for analysis in study.trial.analysis)
    return [sheet for sheet in sheets if sheet is not None]


def _sheet(study: Study, analysis: Analysis, *, counts: Counts) -> Sheet | None:
    columns = _columns(study, analysis, counts=counts)
    if not columns:
        return None
    reasons = sorted({status for each in columns.values() for status in each} - {"analysed"})
    return Sheet(
        caption=analysis.title,
        head=["", *columns],
        rows=[
            ["seen", *(whole(each.total()) for each in columns.values())],
            ["analysed", *(whole(each["analysed"]) for each in columns.values())],
            ["Left out, because"],
            *([reason, *(whole(each[reason]) for each in columns.values())] for reason in reasons),
        ],
    )


def _columns(study: Study, analysis: Analysis, *, counts: Counts) -> dict[str, Counter[str]]:
    """One column per unit, and more where tests differ; headed by the unit and the tests."""
    columns: dict[str, Counter[str]] = {}
    for unit in analysis.units:
        alike: list[tuple[Counter[str], list[str]]] = []
        for test in study.trial.tests_of(analysis):
            each = counts.get((analysis.name, unit, test.name))
            same = next((tests for found, tests in alike if found == each), None)
            if same is not None:
                same.append(test.title)
            elif each:
                alike.append((each, [test.title]))
        for each, tests in alike:
            apart = f": {', '.join(tests)}" if len(alike) > 1 else ""
            read = {t.title for t in study.trial.reader_test} & set(tests)
            columns[f"{units(unit)}{apart}{', by each reader' if read else ''}"] = each
    return columns
