"""The reference standard and the patients behind the rows, and a test at one cut-off."""

from dataclasses import dataclass

from nodewise.stats import (
    accuracy,
    counts,
    diagnostic_odds_ratio,
    likelihood_ratio_negative,
    likelihood_ratio_positive,
    negative_predictive_value,
    positive_predictive_value,
    sensitivity,
    specificity,
    tried,
)
from nodewise.steps.statistics.answer import Part, per, unit_of
from nodewise.steps.statistics.columns import Array, Columns, Mask, Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Units:
    """Rows with a reference.

    Args:
        truth: whether the reference is positive, shape (n,).
        patient: of each row, shape (n,).
        unit: word for a row.
        level: level of intervals, fraction.
    """

    truth: Mask
    patient: Words | Array
    unit: str
    level: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """What every accuracy needs besides the tests.

    Args:
        truth: column of the reference standard.
        positive: which of its values means disease; None: 1, yes, true, positive.
        patient: column that names the patient; None: each row is another patient.
        unit: word for a row; None: patient or node, as it turns out.
        level: level of intervals, fraction.
    """

    truth: str
    positive: str | None = None
    patient: str | None = None
    unit: str | None = None
    level: float = 0.95

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns that it needs."""
        return tuple(filter(None, (self.truth, self.patient)))

    def of(self, columns: Columns) -> Units:
        """Truth and patients of complete rows."""
        patient = columns.patients(self.patient)
        return Units(
            truth=columns.yes_no(self.truth, self.positive),
            patient=patient,
            unit=unit_of(patient, self.unit),
            level=self.level,
        )


def at_one_cutoff(title: str, test: Mask, units: Units, *, prevalence: float | None = None) -> Part:
    """Every accuracy of a test that says yes or no.

    Args:
        title: of the part.
        test: whether the test is positive, shape (n,).
        units: with their reference.
        prevalence: at which predictive values are wanted; None: as in the table.
    """
    rows, level = (test, units.truth, units.patient), units.level
    at = "" if prevalence is None else f" at a prevalence of {prevalence:g}"
    ppv, npv = positive_predictive_value, negative_predictive_value
    lines = [
        tried("sensitivity", lambda: sensitivity(*rows, level=level)),
        tried("specificity", lambda: specificity(*rows, level=level)),
        tried(
            f"positive predictive value{at}", lambda: ppv(*rows, prevalence=prevalence, level=level)
        ),
        tried(
            f"negative predictive value{at}", lambda: npv(*rows, prevalence=prevalence, level=level)
        ),
        tried("accuracy", lambda: accuracy(*rows, level=level)),
        tried("positive likelihood ratio", lambda: likelihood_ratio_positive(*rows, level=level)),
        tried("negative likelihood ratio", lambda: likelihood_ratio_negative(*rows, level=level)),
        tried("diagnostic odds ratio", lambda: diagnostic_odds_ratio(*rows, level=level)),
    ]
    cells = counts(test, units.truth)
    told = {"TP": cells.tp, "FP": cells.fp, "FN": cells.fn, "TN": cells.tn}
    return Part(title=title, lines=per(lines, units.unit), counts=told)
