"""What readers said: each reader beside the mean, tests set against each other, agreement."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from nodewise.report.accuracy import Row, crosstab, cutoffs, found, of_readers
from nodewise.report.answer import ENROLMENT, by_arms
from nodewise.report.forest import ForestRow, forest
from nodewise.report.sheet import Figure, Sheet
from nodewise.report.study import OVERALL, Study
from nodewise.report.words import (
    NOTHING,
    QUANTITIES,
    confidence,
    counted,
    cutoff,
    ill,
    interval,
    number,
    p_value,
    sentence,
    units,
    well,
    whole,
)
from nodewise.trial import Analysis, ReaderTest, named
from nodewise.truth import ANALYSED, UNREAD

_SHARES = ("sensitivity", "specificity")
ABSENT = "not read by this reader"
"""Status of a unit whose patient a reader did not read."""


def reader_sheet(study: Study, analysis: Analysis, *, test: ReaderTest, unit: str) -> Sheet | None:
    """Every reader and the mean, at the frozen cut-off; the mean at further ones."""
    read = _read(study, analysis, test=test, unit=unit)
    if read is None:
        return None
    lines = [_line(read, name) for name in read.rows]
    if further := cutoffs(read.rows["mean"]):
        lines.append(["Mean over readers at further cut-offs, described and not tested"])
        lines += [_line(read, "mean", stratum=each) for each in further]
    ci = confidence(None)
    shares = ["Sensitivity", ci, "Specificity", ci, "AUC", ci]
    return Sheet(
        caption=f"{test.title} by {units(unit, 1)}, positive at {cutoff(test)}: "
        f"{counted(len(read.rows) - 1, 'reader')}.",
        head=["Reader", "TP", "FN", "FP", "TN", *shares, "Patients", "Unread"],
        rows=lines,
        notes=[
            "Each reader's intervals are clustered by patient. The mean's let readers and patients "
            "both stand for others like them (Obuchowski-Rockette, covariances by patient). "
            f"Patients: those of the {units(unit)} that a line rests on." + _unread(read, unit)
        ],
        long=unit != analysis.units[0],
    ).told()


def predictive_sheet(
    study: Study, analysis: Analysis, *, test: ReaderTest, unit: str
) -> Sheet | None:
    """Predictive values of every reader and the mean, at the prevalence of the units read."""
    read = _read(study, analysis, test=test, unit=unit)
    if read is None or not any(found(rows, "ppv") for rows in read.rows.values()):
        return None
    ci = confidence(None)
    there = read.analysed.unique(["participant", "item"])["present"]
    many = f"{whole(int(there.sum()))} of {whole(len(there))} {units(unit)}"
    caution = ENROLMENT if by_arms(analysis) else "They hold at this prevalence alone."
    return Sheet(
        caption=f"{test.title} by {units(unit, 1)}: predictive values.",
        head=["Reader", "Positive", ci, "Counts", "Negative", ci, "Counts"],
        rows=[_predicted(name, rows) for name, rows in read.rows.items()],
        notes=[f"{many} have the target condition here. {caution}"],
        long=unit != analysis.units[0],
    ).told()


@dataclass(frozen=True, slots=True)
class _Read:
    """What readers made of an analysis.

    Args:
        rows: reader, and `mean` at the end → rows of the accuracy table.
        analysed: rows of the units table.
        unread: reader → units left out because a node in them has no answer.
        absent: reader → patients with a reference whom the reader did not read at all.
    """

    rows: dict[str, list[Row]]
    analysed: pl.DataFrame
    unread: dict[str, int]
    absent: dict[str, int]


def _read(study: Study, analysis: Analysis, *, test: ReaderTest, unit: str) -> _Read | None:
    rows = of_readers(study, analysis.name, test=test.name, unit=unit)
    names = sorted({str(row["reader"]) for row in rows} - OVERALL)
    if not names:
        return None
    here = study.tables["units"].filter(analysis=analysis.name, test=test.name, unit=unit)
    held = here.filter(pl.col("present").is_not_null())
    unread = held.filter(status=UNREAD)
    absent = held.filter(status=ABSENT).unique(["reader", "participant"])
    return _Read(
        {
            name: [row for row in rows if row["reader"] in ({name} if name in names else OVERALL)]
            for name in [*names, "mean"]
        },
        here.filter(status=ANALYSED),
        dict(unread["reader"].value_counts().rows()),
        dict(absent["reader"].value_counts().sort("reader").rows()),
    )


def _unread(read: _Read, unit: str) -> str:
    told = ""
    if read.unread:
        told = (
            f" Unread: {units(unit)} with a reference that a line leaves out for want of an "
            "answer; how far they could move the means stands under Accuracy."
        )
    if read.absent:
        whom = (f"{who} {counted(many, 'patient')}" for who, many in read.absent.items())
        told += f" Not read at all, and in no column of theirs: {', '.join(whom)}."
    return told


def _line(read: _Read, name: str, *, stratum: str = "all") -> list[str]:
    rows = read.rows[name]
    counts = crosstab(rows, stratum=stratum) or {}
    cells = [
        name if stratum == "all" else stratum,
        *(whole(counts.get(n)) for n in ("tp", "fn", "fp", "tn")),
    ]
    for quantity in (*_SHARES, "auc"):
        it = found(rows, quantity, stratum=stratum)
        cells += [number(it.value if it else None), interval(it.low, it.high) if it else NOTHING]
    mine = read.analysed if name == "mean" else read.analysed.filter(reader=name)
    unread = read.unread.get(name, 0) if stratum == "all" else 0
    return [*cells, whole(mine["participant"].n_unique()), whole(unread) if unread else ""]


def _predicted(name: str, rows: Sequence[Row]) -> list[str]:
    cells = [name]
    for quantity in ("ppv", "npv"):
        it = found(rows, quantity)
        cells += [number(it.value), interval(it.low, it.high), it.counts] if it else [NOTHING] * 3
    return cells


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
            caption=caption,
        )
        for quantity, caption in _captions(study, analysis, test=test, unit=unit).items()
        if found(rows, quantity)
    ]


def _captions(study: Study, analysis: Analysis, *, test: ReaderTest, unit: str) -> dict[str, str]:
    """What each forest shows, of how many, and how it was made; the second says only its own."""
    rows = study.analysed(analysis.name, test=test.name, unit=unit)
    target, present = analysis.target, sum(bool(row["present"]) for row in rows)
    with_it, without = (
        f"{whole(count)} {kind(target, units(unit, count))}"
        for kind, count in ((ill, present), (well, len(rows) - present))
    )
    return {
        "sensitivity": f"{test.title}, one line a reader: the share of {with_it} called positive, "
        "with intervals clustered by patient. Below, the mean over readers; its interval lets "
        "readers and patients both vary.",
        "specificity": f"Likewise, the share of {without} called negative.",
    }


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
                          "p", "p, adjusted", units(unit).capitalize(),
                          *([] if unit == "patient" else ["Patients"]), "Readers", ""],
                    rows=[_difference(study, row) for row in rows],
                    notes=[f"{'; '.join(('First minus second', *methods))}. Where readers take "
                           "part, readers and patients both stand for others like them, and a "
                           "measured test counts as read alike by every reader. Sensitivity is "
                           "of those with the condition, specificity of those without."],
                    long=unit != analysis.units[0],
                ).told()  # fmt: skip


_COUNTED = ("units", "patients", "readers")
"""Of a difference; patients once, where they are the units."""


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
        *(
            "" if row[name] is None else whole(int(str(row[name])))
            for name in _COUNTED
            if name != "patients" or row["unit"] != "patient"
        ),
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
                notes=["Calls at the frozen cut-off, and answers on the form's scale; intervals by "
                       "patient. Where findings are rare, kappa (Conger's, Cohen's of two) falls "
                       "though readings agree, and Gwet's AC hardly does."],
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
