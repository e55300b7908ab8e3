"""Accuracy as tables: each analysis and unit, with the naive interval beside the clustered one."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isnan

from nodewise.anatomy import LEVELS
from nodewise.report.sheet import Sheet
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
from nodewise.trial import Analysis, ReaderTest, Target, Test, named

Row = Mapping[str, object]

_ORDER = [
    name
    for levels in reversed(LEVELS.values())
    for level, parts in levels.items()
    for name in (level, *parts)
]
_PLACES = {name: _ORDER.index(name) for name in _ORDER}


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One estimate as the page needs it.

    Args:
        value, low, high: estimate and limits; None when not estimable.
        level: confidence level.
        count: numerator and denominator, where it is a proportion.
        units: how many units it is an estimate of.
        patients: participants that the units come from.
        method: how the interval was made.
        remark: what qualifies it, or why there is none.
        p, p_adjusted: p-value, and after correction for multiplicity.
    """

    value: float | None
    low: float | None
    high: float | None
    level: float | None
    count: tuple[int, int] | None
    units: int | None
    patients: int | None
    method: str
    remark: str
    p: float | None
    p_adjusted: float | None

    @property
    def text(self) -> str:
        """Estimate with its interval."""
        if self.value is None:
            return "not estimable"
        if self.low is None or self.high is None:
            return f"{number(self.value)}, no interval"
        return f"{number(self.value)} ({interval(self.low, self.high)})"

    @property
    def counts(self) -> str:
        """Numerator and denominator."""
        return f"{whole(self.count[0])}/{whole(self.count[1])}" if self.count else ""


def _real(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isnan(value) else None


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) else None


def _read(row: Row) -> Found:
    above, below = _whole(row["numerator"]), _whole(row["denominator"])
    proportion = row["quantity"] != "auc"
    return Found(
        value=_real(row["value"]),
        low=_real(row["low"]),
        high=_real(row["high"]),
        level=_real(row["level"]),
        count=None if above is None or below is None or not proportion else (above, below),
        units=below,
        patients=_whole(row["patients"]),
        method=str(row["method"]),
        remark=str(row["remark"] or ""),
        p=_real(row["p"]),
        p_adjusted=_real(row["p_adjusted"]),
    )


def is_naive(row: Row) -> bool:
    """Whether a row of the accuracy table is only there for comparison."""
    return str(row["method"]).startswith("naive")


def is_end(row: Row) -> bool:
    """Whether a row says where units that were not read could move an estimate at most."""
    return " unread counted as " in str(row["method"])


def estimates(study: Study, analysis: str, *, test: str, unit: str) -> list[Row]:
    """Rows of the accuracy table for one analysis, test and unit, all strata; readers' means."""
    return [
        row for row in of_readers(study, analysis, test=test, unit=unit) if row["reader"] in OVERALL
    ]


def of_readers(study: Study, analysis: str, *, test: str, unit: str) -> list[Row]:
    """The same rows, with those of every single reader."""
    wanted = {"analysis": analysis, "test": test, "unit": unit}
    return [
        row
        for row in study.rows("accuracy")
        if all(row[name] == value for name, value in wanted.items())
    ]


def found(
    rows: Sequence[Row], quantity: str, *, stratum: str = "all", naive: bool = False
) -> Found | None:
    """The estimate of a quantity; clustered by patient before any other method."""
    fitting = [
        row
        for row in rows
        if row["quantity"] == quantity
        and row["stratum"] == stratum
        and is_naive(row) == naive
        and not is_end(row)
    ]
    fitting.sort(key=lambda row: not str(row["method"]).startswith("clustered"))
    return _read(fitting[0]) if fitting else None


def strata(rows: Sequence[Row]) -> list[str]:
    """Levels that were estimated apart, in their order."""
    names = {str(row["stratum"]) for row in rows} - {"all", *cutoffs(rows)}
    return sorted(names, key=lambda name: (_PLACES.get(name, len(_PLACES)), name))


def cutoffs(rows: Sequence[Row]) -> list[str]:
    """Further cut-offs at which a reader test was described, in their order."""
    return sorted({str(row["stratum"]) for row in rows if str(row["stratum"])[0] in "≤≥"})


def crosstab(rows: Sequence[Row], *, stratum: str = "all") -> dict[str, int] | None:
    """TP, FP, FN, TN of a stratum, where they were counted."""
    for row in rows:
        cells = {name: _whole(row[name]) for name in ("tp", "fp", "fn", "tn")}
        known = {name: count for name, count in cells.items() if count is not None}
        if row["stratum"] == stratum and len(known) == 4:
            return known
    return None


def accuracy_sheet(study: Study, analysis: Analysis, *, unit: str) -> Sheet | None:
    """Every test's estimates for one analysis and unit; nothing when there are none."""
    rows: list[list[str]] = []
    remarks: dict[str, list[str]] = {}
    for test in study.trial.tests_of(analysis):
        there = estimates(study, analysis.name, test=test.name, unit=unit)
        if there:
            analysed = study.analysed(analysis.name, test=test.name, unit=unit)
            counts = units_counted(analysed, unit, analysis.target)
            rows += [[_heading(test, there, units=counts)], *_lines(there)]
            for remark, about in _remarks(test, there):
                remarks.setdefault(remark, []).append(about)
    if not rows:
        return None
    ci = confidence(_level(study, analysis.name))
    return Sheet(
        caption=f"By {units(unit, 1)}.",
        head=["Quantity", "Estimate", ci, "Counts", "Patients", f"Naive {ci}", "p", "p, adjusted"],
        rows=rows,
        notes=[f"{', '.join(about)}: {remark}" for remark, about in remarks.items()],
        quiet=[f"Naive {ci}"],
    ).told()


def _heading(test: Test, rows: Sequence[Row], *, units: str) -> str:
    cells = crosstab(rows)
    counts = (
        " (TP {tp}, FN {fn}; FP {fp}, TN {tn})".format(**{k: whole(v) for k, v in cells.items()})
        if cells
        else ""
    )
    known = "no cut-off" if test.value == "unknown" else f"cut-off {cutoff(test)}"
    role = f"exploratory, {known}" if test.role == "exploratory" else f"frozen {known}"
    if isinstance(test, ReaderTest):
        role += ", mean over readers"
    return f"{test.title}, {role}: {units}{counts}"


def _lines(rows: Sequence[Row]) -> list[list[str]]:
    if not any(row["value"] is not None for row in rows if row["stratum"] == "all"):
        return [["nothing could be estimated", NOTHING, NOTHING, "", "", "", "", ""]]
    lines = []
    for quantity, words in QUANTITIES.items():
        main = found(rows, quantity)
        naive = found(rows, quantity, naive=True)
        if main is None and naive is None:
            continue
        lines.append(_line(words, main, naive=naive))
        lines += [
            _line(f"{words}, {other.method.split(',')[0]}", other)
            for other in _others(rows, quantity)
            if main is None or other.method != main.method
        ]
    return lines


def _others(rows: Sequence[Row], quantity: str) -> list[Found]:
    there = [
        _read(row)
        for row in rows
        if row["quantity"] == quantity and row["stratum"] == "all" and not is_naive(row)
    ]
    return sorted(there, key=lambda it: it.method)


def _line(words: str, main: Found | None, *, naive: Found | None = None) -> list[str]:
    best = main or naive
    return [
        words,
        number(best.value) if best else NOTHING,
        interval(main.low, main.high) if main else NOTHING,
        best.counts if best else "",
        whole(best.patients) if best and best.patients is not None else "",
        interval(naive.low, naive.high) if naive else "",
        p_value(main.p) if main and main.p is not None else "",
        p_value(main.p_adjusted) if main and main.p_adjusted is not None else "",
    ]


def _remarks(test: Test, rows: Sequence[Row]) -> Iterator[tuple[str, str]]:
    """What qualifies the estimates, and which; one remark is enough where there is none."""
    told = [
        row for row in rows
        if row["remark"] and row["stratum"] == "all" and not is_naive(row) and not is_end(row)
    ]  # fmt: skip
    if not any(row["value"] is not None for row in rows if row["stratum"] == "all"):
        told = told[:1]
    for row in told:
        quantity = QUANTITIES.get(str(row["quantity"]), str(row["quantity"]))
        about = test.title if test.value == "unknown" else f"{test.title} {quantity}"
        yield sentence(str(row["remark"])), about


def interval_methods(study: Study) -> str:
    """How the intervals of which quantities were made, the naive ones last."""
    made: dict[tuple[bool, str], set[str]] = {}
    for row in study.rows("accuracy"):
        if row["value"] is not None:
            method = ", ".join(_general(str(row["method"]))).replace("; ", ", ")
            made.setdefault((is_naive(row), method), set()).add(str(row["quantity"]))
    told = []
    for (_, method), mine in sorted(made.items()):
        words = "; ".join(words for name, words in QUANTITIES.items() if name in mine)
        told.append(f"{method[0].upper()}{method[1:]} ({words})")
    return ". ".join(told) or "none, as nothing could be estimated"


def _general(method: str) -> list[str]:
    """A method without the counts of one estimate."""
    parts = method.split(", ")
    return [
        part for part in parts if not part.endswith(" verified") and " unread counted " not in part
    ]


def units_counted(rows: Sequence[Row], unit: str, target: Target) -> str:
    """How many units there are, and how many of them have the condition."""
    ill = sum(bool(row["present"]) for row in rows)
    total = counted(len(rows), units(unit, 1), units(unit))
    return f"{total}, {whole(ill)} with {target}"


def _level(study: Study, analysis: str) -> float | None:
    levels = [_real(row["level"]) for row in study.rows("accuracy") if row["analysis"] == analysis]
    return next((each for each in levels if each is not None), None)


def level_sheet(study: Study, analysis: Analysis, *, test: str, unit: str) -> Sheet | None:
    """Sensitivity and specificity by neck level; nothing when they were not estimated apart."""
    rows = estimates(study, analysis.name, test=test, unit=unit)
    lines = [_stratum(rows, stratum) for stratum in strata(rows)]
    if not lines:
        return None
    title = named(study.trial.tests, test).title
    ci = confidence(_level(study, analysis.name))
    return Sheet(
        caption=f"{title} by neck level, counted by {units(unit, 1)}.",
        head=["Level", "TP", "FP", "FN", "TN", "Sensitivity", ci, "Specificity", ci],
        rows=lines,
        long=True,
    )


def _stratum(rows: Sequence[Row], stratum: str) -> list[str]:
    cells = crosstab(rows, stratum=stratum) or {}
    line = [stratum, *(whole(cells.get(name)) for name in ("tp", "fp", "fn", "tn"))]
    for quantity in ("sensitivity", "specificity"):
        estimate = found(rows, quantity, stratum=stratum)
        value = estimate.value if estimate else None
        line += [number(value), interval(estimate.low, estimate.high) if estimate else NOTHING]
    return line
