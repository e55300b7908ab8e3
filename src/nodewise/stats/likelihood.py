"""Likelihood ratios and the diagnostic odds ratio, on the log scale, clustered by patient."""

from dataclasses import dataclass
from math import exp, sqrt

from numpy.typing import ArrayLike

from nodewise.errors import StatsError
from nodewise.stats.accuracy import Paired, paired
from nodewise.stats.counts import Counts, counts
from nodewise.stats.distributions import t_quantile
from nodewise.stats.estimate import Estimate, few
from nodewise.stats.inputs import known_level
from nodewise.stats.proportions import one_patient
from nodewise.stats.ratio import (
    LOG,
    LOG_COMPLEMENT,
    LOGIT,
    Scale,
    ratio,
    ratio_limits,
    sum_of,
    term,
)


@dataclass(frozen=True, slots=True)
class Contrast:
    """A sum of log terms of sensitivity and specificity.

    Args:
        name: what its exponential is called.
        of_sensitivity: sign and scale of the part of sensitivity.
        of_specificity: sign and scale of the part of specificity.
    """

    name: str
    of_sensitivity: tuple[float, Scale]
    of_specificity: tuple[float, Scale]


POSITIVE = Contrast("positive likelihood ratio", (1, LOG), (-1, LOG_COMPLEMENT))
NEGATIVE = Contrast("negative likelihood ratio", (1, LOG_COMPLEMENT), (-1, LOG))
ODDS = Contrast("diagnostic odds ratio", (1, LOGIT), (1, LOGIT))


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEstimate:
    """A contrast on the log scale.

    Args:
        value: on the log scale.
        half: half-width of its interval; None where there can be none.
        cells: the table it comes from.
        added: what was added to every cell, 0 or 0.5.
        clusters: patients it comes from.
        fewest: patients in the smaller of the two groups.
    """

    value: float
    half: float | None
    cells: Counts
    added: float
    clusters: int
    fewest: int

    @property
    def method(self) -> str:
        """How the interval was made; says so where 0.5 was added."""
        return "clustered log-t" + ("; 0.5 added to every cell" if self.added else "")


def log_estimate(data: Paired, contrast: Contrast, *, level: float) -> LogEstimate:
    """A contrast of sensitivity and specificity on the log scale; 0.5 is added at zero cells."""
    known_level(level)
    cells = counts(data.test, data.truth)
    if not data.truth.any() or data.truth.all():
        lacking = "negative" if data.truth.all() else "positive"
        raise StatsError(
            f"{contrast.name} needs units of both kinds; "
            f"none of these {cells.total} is {lacking} by the reference"
        )
    add = 0.5 if 0 in (cells.tp, cells.fp, cells.fn, cells.tn) else 0.0
    of_sensitivity = ratio(data.test, data.truth, data.clusters)
    of_specificity = ratio(~data.test, ~data.truth, data.clusters)
    sign, scale = contrast.of_sensitivity
    sign_too, scale_too = contrast.of_specificity
    value, variance = sum_of(
        [
            (sign, term(of_sensitivity, scale, add=add)),
            (sign_too, term(of_specificity, scale_too, add=add)),
        ]
    )
    fewest = min(of_sensitivity.patients, of_specificity.patients)
    half = None
    if fewest > 1:
        half = t_quantile(level, fewest - 1) * sqrt(variance)
    return LogEstimate(
        value=value,
        half=half,
        cells=cells,
        added=add,
        clusters=data.clusters.count,
        fewest=fewest,
    )


def likelihood_ratio_positive(
    test: ArrayLike, truth: ArrayLike, patient: ArrayLike, *, level: float = 0.95
) -> Estimate:
    """Sensitivity over 1 - specificity.

    Args:
        test: whether the index test is positive, shape (n,).
        truth: whether the reference is positive, shape (n,).
        patient: the patient of each unit, shape (n,).
        level: level of the interval, fraction.

    Source:
        Simel et al., J Clin Epidemiol 1991;44:763, doi:10.1016/0895-4356(91)90128-V (log scale);
        here errors are summed by patient.
    """
    return _estimate(paired(test, truth, patient), POSITIVE, level)


def likelihood_ratio_negative(
    test: ArrayLike, truth: ArrayLike, patient: ArrayLike, *, level: float = 0.95
) -> Estimate:
    """1 - sensitivity over specificity.

    Args:
        test: whether the index test is positive, shape (n,).
        truth: whether the reference is positive, shape (n,).
        patient: the patient of each unit, shape (n,).
        level: level of the interval, fraction.

    Source:
        Simel et al., J Clin Epidemiol 1991;44:763, doi:10.1016/0895-4356(91)90128-V (log scale);
        here errors are summed by patient.
    """
    return _estimate(paired(test, truth, patient), NEGATIVE, level)


def diagnostic_odds_ratio(
    test: ArrayLike, truth: ArrayLike, patient: ArrayLike, *, level: float = 0.95
) -> Estimate:
    """Odds of a positive test in positive units over those in negative units.

    Args:
        test: whether the index test is positive, shape (n,).
        truth: whether the reference is positive, shape (n,).
        patient: the patient of each unit, shape (n,).
        level: level of the interval, fraction.

    Source:
        Glas et al., J Clin Epidemiol 2003;56:1129, doi:10.1016/S0895-4356(03)00177-X;
        here errors are summed by patient.
    """
    return _estimate(paired(test, truth, patient), ODDS, level)


def _estimate(data: Paired, contrast: Contrast, level: float) -> Estimate:
    found = log_estimate(data, contrast, level=level)
    half = found.half
    low, high = (None, None) if half is None else ratio_limits(found.value, half)
    return Estimate(
        name=contrast.name,
        value=exp(found.value),
        low=low,
        high=high,
        level=level,
        method=found.method,
        denominator=found.cells.total,
        clusters=found.clusters,
        reason=one_patient(found.fewest) if half is None else "",
        caution="" if half is None else few(found.fewest),
    )
