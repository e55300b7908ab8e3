"""A level study in tables: index test by reference, the figures, and each level or side."""

from collections.abc import Iterator, Mapping, Sequence

from nodewise.report import Sheet
from nodewise.report.words import NOTHING, QUANTITIES, interval, number, sentence, whole
from nodewise.stats import FEW_PATIENTS, Estimate, Unknown, naive
from nodewise.steps.levels.study import LevelStudy, Stratum
from nodewise.steps.levels.words import SEVERAL, figure


def sheets(study: LevelStudy) -> list[Sheet]:
    """The tables: index test by reference, the figures, and each level or side."""
    tables = [_two_by_two(study)]
    if study.overall.counts.total:
        tables.append(_figures(study))
    if study.overall.counts.total and study.strata:
        tables.extend(_by_stratum(study))
    return tables


def _cell(found: Estimate | Unknown) -> str:
    if isinstance(found, Unknown):
        return NOTHING
    if found.low is None:
        return number(found.value)
    return figure(found)


def _two_by_two(study: LevelStudy) -> Sheet:
    index, reference, overall = study.question.index, study.question.reference, study.overall
    cells = overall.counts
    rows = [
        [f"{index} involved", whole(cells.tp), whole(cells.fp), whole(overall.unverified_positive)],
        [f"{index} free", whole(cells.fn), whole(cells.tn), whole(overall.unverified_negative)],
    ]
    return Sheet(
        caption=f"{index} by {reference}: {whole(overall.total)} {SEVERAL[study.question.unit]} "
        f"with an entry of {index}, {whole(cells.total)} of them verified",
        head=["", f"{reference} involved", f"{reference} free", "not verified"],
        rows=rows,
    )


def _figures(study: LevelStudy) -> Sheet:
    found, unit = study.overall.estimates, SEVERAL[study.question.unit]
    quantities = [name for name in QUANTITIES if name in found]
    columns = {
        "verified": [_cell(found[name]) for name in quantities],
        "counted": [_counted(found[name]) for name in quantities],
        "naive interval": [_naive(study, found[name]) for name in quantities],
        "corrected": [_maybe(found.get(f"{name}_corrected")) for name in quantities],
        "corrected within": [_maybe(found.get(f"{name}_within")) for name in quantities],
    }
    said = [QUANTITIES[name] for name in quantities]
    return Sheet(
        caption=f"Accuracy with 95 % intervals, {unit} of one patient taken together",
        head=["", *columns],
        rows=[list(row) for row in zip(said, *columns.values(), strict=True)],
        notes=[
            f"Naive: as if {unit} of one patient were independent; for comparison only.",
            "Corrected: for partial verification, over all; within: in each side and level apart.",
            *_reasons(found),
        ],
    )


def _maybe(found: Estimate | Unknown | None) -> str:
    return NOTHING if found is None else _cell(found)


def _naive(study: LevelStudy, found: Estimate | Unknown) -> str:
    """The interval of units taken as independent, where it can be compared."""
    if isinstance(found, Unknown) or study.question.unit == "patient":
        return NOTHING
    if found.low is None or found.numerator is None:
        return NOTHING
    compared = naive(found)
    return interval(compared.low, compared.high)


def _counted(found: Estimate | Unknown) -> str:
    if isinstance(found, Unknown) or found.numerator is None or found.denominator is None:
        return NOTHING
    return f"{int(found.numerator)} of {found.denominator}"


def _reasons(estimates: Mapping[str, Estimate | Unknown]) -> list[str]:
    """Why figures or intervals are missing, each reason once."""
    reasons: dict[str, list[str]] = {}
    for name, found in estimates.items():
        if found.reason:
            quantity, _, kind = name.partition("_")
            quantity = QUANTITIES.get(name) or f"{quantity} ({kind})"
            reasons.setdefault(found.reason, []).append(quantity)
    return [sentence(f"{'; '.join(names)}: {reason}") for reason, names in reasons.items()]


def _by_stratum(study: LevelStudy) -> Iterator[Sheet]:
    """Counts and predictive values of each level or side, then sensitivity and specificity."""
    unit, strata = study.question.unit, (*study.strata, study.overall)
    which = "By level, both sides together" if unit == "level" else "By side of the neck"
    yield Sheet(
        caption=f"{which}: counts and predictive values",
        head=[unit, "TP", "FP", "FN", "TN", "patients", "verified", "PPV", "NPV"],
        rows=[[*_counts(stratum), *_cells(stratum, ["ppv", "npv"])] for stratum in strata],
    )
    shown = ["sensitivity", "sensitivity_corrected", "specificity", "specificity_corrected"]
    yield Sheet(
        caption=f"{which}: sensitivity and specificity, as verified and corrected for verification",
        head=[unit, "sensitivity", "corrected", "specificity", "corrected"],
        rows=[[stratum.name, *_cells(stratum, shown)] for stratum in strata],
        notes=[
            f"Figures without an interval rest on fewer than {FEW_PATIENTS} patients; "
            f"{NOTHING} is not estimable.",
            f"A {unit}'s correction rests on the verification of that {unit} alone.",
        ],
    )


def _counts(stratum: Stratum) -> list[str]:
    cells = stratum.counts
    numbers = (cells.tp, cells.fp, cells.fn, cells.tn, stratum.patients)
    verified = f"{whole(cells.total)} of {whole(stratum.total)}"
    return [stratum.name, *map(whole, numbers), verified]


def _cells(stratum: Stratum, names: Sequence[str]) -> list[str]:
    return [_cell(stratum.estimates[name]) for name in names]
