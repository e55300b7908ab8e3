"""How well a measurement repeats itself, and how well two methods agree."""

from dataclasses import dataclass
from math import log, sqrt

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import chdtri

from nodewise.errors import StatsError
from nodewise.stats.distributions import t_quantile
from nodewise.stats.estimate import Estimate, few
from nodewise.stats.inputs import Array, Clusters, known_level, numbers, patients, same_length
from nodewise.stats.measurement import Measured
from nodewise.stats.proportions import one_patient
from nodewise.stats.ratio import ratio_limits


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitsOfAgreement:
    """Bland and Altman's figures.

    Args:
        bias: mean difference.
        low: lower limit of agreement.
        high: upper limit of agreement.
        within: standard deviation of differences within a patient.
        total: standard deviation of a single difference.
    """

    bias: Estimate
    low: Estimate
    high: Estimate
    within: float
    total: float


def repeatability_coefficient(data: Measured, *, level: float = 0.95) -> Estimate:
    """The difference that two measurements of a unit stay below 95 times out of 100.

    Args:
        data: replicates, from measured.
        level: level of the interval, fraction.

    Source:
        Raunig et al., Stat Methods Med Res 2015;24:27, doi:10.1177/0962280214537344 (QIBA);
        errors are summed by patient on the log scale.
    """
    return _root_mean(
        "repeatability coefficient",
        data,
        data.values.var(axis=1, ddof=1),
        1.96 * sqrt(2),
        level,
    )


def within_sd(data: Measured, *, level: float = 0.95) -> Estimate:
    """Standard deviation of repeated measurements of a unit.

    Args:
        data: replicates, from measured.
        level: level of the interval, fraction.

    Source:
        Bland & Altman, BMJ 1996;313:744, doi:10.1136/bmj.313.7059.744.
    """
    return _root_mean("within-unit SD", data, data.values.var(axis=1, ddof=1), 1.0, level)


def within_cv(data: Measured, *, level: float = 0.95) -> Estimate:
    """Coefficient of variation of repeated measurements of a unit: a root mean square.

    Args:
        data: replicates of a quantity that is positive, from measured.
        level: level of the interval, fraction.

    Source:
        Raunig et al., Stat Methods Med Res 2015;24:27, doi:10.1177/0962280214537344 (QIBA).
    """
    means = data.values.mean(axis=1)
    if np.any(means <= 0):
        raise StatsError("a coefficient of variation needs units with a positive mean")
    squares = data.values.var(axis=1, ddof=1) / means**2
    return _root_mean("within-unit coefficient of variation", data, squares, 1.0, level)


def limits_of_agreement(
    first: ArrayLike, second: ArrayLike, patient: ArrayLike, *, level: float = 0.95
) -> LimitsOfAgreement:
    """Bias and 95 % limits of agreement of two methods, with several units a patient.

    Args:
        first: measurements by one method, shape (n,).
        second: the same units by the other method, shape (n,).
        patient: the patient of each unit, shape (n,).
        level: level of intervals, fraction.

    Source:
        Bland & Altman, J Biopharm Stat 2007;17:571, doi:10.1080/10543400701329422 (limits); Zou,
        Stat Methods Med Res 2013;22:630, doi:10.1177/0962280211402548 (intervals).
    """
    known_level(level)
    one, two = numbers(first, "first"), numbers(second, "second")
    same_length(one, two, "first and second")
    clusters = patients(patient, len(one))
    parts = _spread(one - two, clusters)
    return LimitsOfAgreement(
        bias=_line("bias", parts, 0.0, level),
        low=_line("lower limit of agreement", parts, -1.0, level),
        high=_line("upper limit of agreement", parts, 1.0, level),
        within=sqrt(parts.within),
        total=sqrt(parts.total),
    )


@dataclass(frozen=True, slots=True)
class _Spread:
    """Mean of patients' means, variances of means, within patients and in all, and sizes."""

    mean: float
    means: float
    within: float
    harmonic: float
    units: int
    clusters: int

    @property
    def total(self) -> float:
        """Variance of a single difference."""
        return self.means + (1 - 1 / self.harmonic) * self.within


def _spread(difference: Array, clusters: Clusters) -> _Spread:
    if clusters.count < 2:
        raise StatsError("limits of agreement need units from 2 patients or more; there is 1")
    sizes = np.bincount(clusters.index).astype(np.float64)
    means = clusters.total(difference) / sizes
    units = len(difference)
    inside = float(np.sum((difference - means[clusters.index]) ** 2))
    return _Spread(
        mean=float(means.mean()),
        means=float(means.var(ddof=1)),
        within=inside / (units - clusters.count) if units > clusters.count else 0.0,
        harmonic=float(clusters.count / np.sum(1 / sizes)),
        units=units,
        clusters=clusters.count,
    )


def _line(name: str, parts: _Spread, sign: float, level: float) -> Estimate:
    """Bias (sign 0) or a limit of agreement, by the method of variance estimates recovery."""
    half = t_quantile(level, parts.clusters - 1) * sqrt(parts.means / parts.clusters)
    deviation = 1.96 * sqrt(parts.total)
    smaller, larger = (1.96 * sqrt(end) for end in _total_limits(parts, level))
    inner, outer = deviation - smaller, larger - deviation
    below, above = (inner, outer) if sign > 0 else (outer, inner)
    value = parts.mean + sign * deviation
    found = Estimate(
        name=name,
        value=value,
        low=value - sqrt(half**2 + (sign * below) ** 2),
        high=value + sqrt(half**2 + (sign * above) ** 2),
        level=level,
        method="t" if sign == 0 else "MOVER (Zou)",
        denominator=parts.units,
        clusters=parts.clusters,
        caution=few(parts.clusters),
    )
    if parts.total == 0:
        return found.lacking("all differences are equal: these data show no variance")
    if sign == 0 and not half > 1e-12 * deviation:  # less is rounding
        return found.lacking("all patients have one mean difference: these data show no variance")
    return found


def _total_limits(parts: _Spread, level: float) -> tuple[float, float]:
    """Interval of the variance of a single difference."""
    ends = []
    for tail in ((1 - level) / 2, (1 + level) / 2):  # upper tail areas: lower limit, upper limit
        between = (parts.clusters - 1) / chdtri(parts.clusters - 1, tail) - 1
        gap = (parts.means * between) ** 2
        df = parts.units - parts.clusters
        if df > 0:
            share = 1 - 1 / parts.harmonic
            gap += (share * parts.within * (df / chdtri(df, tail) - 1)) ** 2
        ends.append(sqrt(gap))
    return max(parts.total - ends[0], 0.0), parts.total + ends[1]


def _root_mean(name: str, data: Measured, squares: Array, factor: float, level: float) -> Estimate:
    """A multiple of the root of a mean of squares, with a log-t interval by patient."""
    known_level(level)
    mean, count = float(squares.mean()), data.clusters.count
    if not mean > 0:
        raise StatsError(f"{name} cannot be estimated: all repeated measurements are equal")
    value = factor * sqrt(mean)
    half, reason = None, one_patient(count)
    if count > 1:
        residual = data.clusters.total(squares - mean) / (len(squares) * mean)
        half = t_quantile(level, count - 1) * sqrt(count / (count - 1) * np.sum(residual**2)) / 2
        if not half > 1e-12:  # less is rounding
            half, reason = None, "all patients are alike: these data show no variance of it"
    low, high = (None, None) if half is None else ratio_limits(log(value), half)
    return Estimate(
        name=name,
        value=value,
        low=low,
        high=high,
        level=level,
        method="clustered log-t",
        denominator=len(squares),
        clusters=count,
        reason=reason if half is None else "",
        caution="" if half is None else few(count),
    )
