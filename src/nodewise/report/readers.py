"""What readers said: each reader beside the mean, tests set against each other, agreement."""

from collections.abc import Iterator, Sequence

from nodewise.report.accuracy import Row, crosstab, cutoffs, found, of_readers
from nodewise.report.forest import ForestRow, forest
from nodewise.report.sheet import Figure, Sheet
from nodewise.report.study import OVERALL, Study
from nodewise.report.words import (
    NOTHING,
    QUANTITIES,
    confidence,
    counted,
    cutoff,
    interval,
    number,
    p_value,
    sentence,
    units,
    whole,
)
from nodewise.trial import Analysis, ReaderTest, named

_SHARES = ("sensitivity", "specificity")


def reader_sheet(study: Study, analysis: Analysis, *, test: ReaderTest, unit: str) -> Sheet | None:
    """Every reader and the mean, at the frozen cut-off; the mean at further ones."""
    rows = of_readers(study, analysis.name, test=test.name, unit=unit)
    names = sorted({str(row["reader"]) for row in rows} - OVERALL)
    if not names:
        return None
    lines = [_line(name, [row for row in rows if row["reader"] == name]) for name in names]
    mean = [row for row in rows if row["reader"] in OVERALL]
    lines.append(_line("mean", mean))
    if further := cutoffs(mean):
        lines.append(["Mean over readers at further cut-offs, described and not tested"])
        lines += [_line(each, mean, stratum=each) for each in further]
    ci = confidence(None)
    return Sheet(
        caption=f"{test.title} by {units(unit, 1)}, positive at {cutoff(test)}: "
        f"{counted(len(names), 'reader')}.",
        head=[
            "Reader",
            "TP",
            "FN",
            "FP",
            "TN",
            "Sensitivity",
            ci,
            "Specificity",
            ci,
            "AUC",
            ci,
            "Patients",
        ],
        rows=lines,
        notes=[
            "Each reader's intervals are clustered by patient. The mean's let readers and patients "
            "both stand for others like them (Obuchowski-Rockette, covariances by patient)."
        ],
        long=unit != analysis.units[0],
    )


def _line(label: str, rows: Sequence[Row], *, stratum: str = "all") -> list[str]:
    counts = crosstab(rows, stratum=stratum) or {}
    cells = [label, *(whole(counts.get(n)) for n in ("tp", "fn", "fp", "tn"))]
    patients: int | None = None
    for quantity in (*_SHARES, "auc"):
        it = found(rows, quantity, stratum=stratum)
        cells += [number(it.value if it else None), interval(it.low, it.high) if it else NOTHING]
        patients = it.patients if it and it.patients is not None else patients
    return [*cells, whole(patients)]


def reader_forests(
    study: Study, analysis: Analysis, *, test: ReaderTest, unit: str
) -> list[Figure]:
    """Sensitivity and specificity, one line per reader and one for the mean."""
    rows = of_readers(study, analysis.name, test=test.name, unit=unit)
    names = [*sorted({str(row["reader"]) for row in rows} - OVERALL), "mean"]
    return [
        forest(
            quantity.capitalize(),
            [
                _mark(name, [row for row in rows if row["reader"] == name], quantity)
                for name in names
            ],
            caption=f"{quantity.capitalize()} of {test.title} by {units(unit, 1)}, reader by "
            "reader, with the mean over readers below.",
        )
        for quantity in _SHARES
        if found(rows, quantity)
    ]


def _mark(name: str, rows: Sequence[Row], quantity: str) -> ForestRow:
    it = found(rows, quantity)
    if it is None or it.value is None:
        return ForestRow(label=name, value=None, low=None, high=None, text="not estimable")
    text = f"{number(it.value)} ({interval(it.low, it.high)})"
    return ForestRow(label=name, value=it.value, low=it.low, high=it.high, text=text)


def comparison_sheets(study: Study) -> Iterator[Sheet]:
    """Differences of tests, a table for each declared comparison and unit."""
    for comparison in study.trial.comparison:
        analysis = named(study.trial.analysis, comparison.analysis)
        for unit in analysis.units:
            rows = [
                row
                for row in study.rows("comparisons")
                if (row["analysis"], row["unit"]) == (analysis.name, unit)
                and {row["first"], row["second"]} <= set(comparison.tests)
            ]
            if rows:
                methods = sorted({str(row["method"]) for row in rows if row["value"] is not None})
                yield Sheet(
                    caption=f"{comparison.title}, by {units(unit, 1)}: {analysis.title}.",
                    head=["Tests", "Quantity", "First", "Second", "Difference", confidence(None),
                          "p", "p, adjusted", ""],
                    rows=[_difference(study, row) for row in rows],
                    notes=[f"First minus second; {'; '.join(methods)}. Where readers take part, "
                           "readers and patients both stand for others like them, and a measured "
                           "test counts as read alike by every reader."],
                    long=unit != analysis.units[0],
                ).told()  # fmt: skip


def _difference(study: Study, row: Row) -> list[str]:
    titles = [named(study.trial.tests, str(row[name])).title for name in ("first", "second")]
    told = row["value"] is not None
    return [
        " − ".join(titles),
        QUANTITIES[str(row["quantity"])],
        *(number(_real(row[name])) for name in ("first_value", "second_value", "value")),
        interval(_real(row["low"]), _real(row["high"])),
        p_value(_real(row["p"])) if row["p"] is not None else "",
        p_value(_real(row["p_adjusted"])) if row["p_adjusted"] is not None else "",
        "" if told else sentence(str(row["remark"])),
    ]


def agreement_sheets(study: Study) -> list[Sheet]:
    """Agreement between readers and of each reader with herself, a table per test."""
    sheets = []
    for test in study.trial.reader_test:
        rows = [row for row in study.rows("agreement") if row["test"] == test.name]
        if not rows:
            continue
        lines: list[list[str]] = []
        for between in dict.fromkeys(str(row["between"]) for row in rows):
            title = "Between readers" if between == "readers" else f"{between}, read twice"
            lines += [[title], *(_agreed(row) for row in rows if row["between"] == between)]
        nodes = max(int(str(row["nodes"] or 0)) for row in rows)
        sheets.append(
            Sheet(
                caption=f"{test.title}: agreement over {counted(nodes, 'node')}.",
                head=["Of", "Coefficient", "Certainty from", "Estimate", confidence(None),
                      "Nodes", "Patients"],
                rows=lines,
                notes=["Calls at the frozen cut-off, and answers on the form's scale. Gwet's AC "
                       "stands rare findings, kappa does not."],
                long=len(lines) > 12,
            ).told()
        )  # fmt: skip
    return sheets


def _agreed(row: Row) -> list[str]:
    return [
        str(row["what"]),
        str(row["coefficient"]),
        "" if row["certain_from"] is None else f"{_real(row['certain_from']):g}",
        number(_real(row["value"])),
        interval(_real(row["low"]), _real(row["high"])),
        str(row["nodes"]),
        str(row["patients"]),
    ]


def _real(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None
