"""Whether predicted chances come true, and whether acting on them would do good."""

from collections.abc import Sequence
from dataclasses import replace
from math import sqrt

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import logit

from nodewise.errors import StatsError
from nodewise.stats.distributions import t_quantile
from nodewise.stats.estimate import Estimate, few
from nodewise.stats.inputs import (
    Array,
    Clusters,
    Mask,
    binary,
    known_level,
    numbers,
    patients,
    same_length,
)
from nodewise.stats.logistic import fit_logistic
from nodewise.stats.proportions import one_patient


def calibration_slope(
    probability: ArrayLike, truth: ArrayLike, patient: ArrayLike, *, level: float = 0.95
) -> Estimate:
    """Slope of truth on predicted log odds: below 1 when predictions are too extreme.

    Args:
        probability: predicted, shape (n,).
        truth: whether the reference is positive, shape (n,).
        patient: the patient of each unit, shape (n,).
        level: level of the interval, fraction.

    Source:
        Cox, Biometrika 1958;45:562, doi:10.1093/biomet/45.3-4.562; Van Calster et al., BMC Med
        2019;17:230, doi:10.1186/s12916-019-1466-7.
    """
    p, is_so, clusters = _checked(probability, truth, patient)
    fit = fit_logistic(_log_odds(p), is_so, clusters.index)
    value, variance = float(fit.coefficients[1]), float(fit.covariance[1, 1])
    about = _about("calibration slope", is_so, clusters, level)
    return _symmetric(replace(about, method="logistic, clustered t"), value, variance)


def calibration_intercept(
    probability: ArrayLike, truth: ArrayLike, patient: ArrayLike, *, level: float = 0.95
) -> Estimate:
    """Calibration in the large: log odds by which predictions are too low on average.

    Args:
        probability: predicted, shape (n,).
        truth: whether the reference is positive, shape (n,).
        patient: the patient of each unit, shape (n,).
        level: level of the interval, fraction.

    Source:
        Cox, Biometrika 1958;45:562, doi:10.1093/biomet/45.3-4.562; Van Calster et al., BMC Med
        2019;17:230, doi:10.1186/s12916-019-1466-7.
    """
    p, is_so, clusters = _checked(probability, truth, patient)
    nothing = np.zeros((len(p), 0))
    fit = fit_logistic(nothing, is_so, clusters.index, offset=_log_odds(p))
    value, variance = float(fit.coefficients[0]), float(fit.covariance[0, 0])
    about = _about("calibration intercept", is_so, clusters, level)
    return _symmetric(replace(about, method="logistic, clustered t"), value, variance)


def brier_score(
    probability: ArrayLike, truth: ArrayLike, patient: ArrayLike, *, level: float = 0.95
) -> Estimate:
    """Mean squared distance of predictions from the truth: 0 is perfect.

    Args:
        probability: predicted, shape (n,).
        truth: whether the reference is positive, shape (n,).
        patient: the patient of each unit, shape (n,).
        level: level of the interval, fraction.

    Source:
        Brier, Mon Weather Rev 1950;78:1, doi:10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2.
    """
    p, is_so, clusters = _checked(probability, truth, patient)
    return _mean(_about("Brier score", is_so, clusters, level), (p - is_so) ** 2, clusters)


def net_benefit(
    probability: ArrayLike,
    truth: ArrayLike,
    patient: ArrayLike,
    *,
    threshold: float,
    level: float = 0.95,
) -> Estimate:
    """True positives a unit, less false positives at the exchange rate of a threshold.

    Args:
        probability: predicted, shape (n,); ones mean to act in all.
        truth: whether the reference is positive, shape (n,).
        patient: the patient of each unit, shape (n,).
        threshold: chance of disease from which one would act, fraction.
        level: level of the interval, fraction.

    Source:
        Vickers & Elkin, Med Decis Making 2006;26:565, doi:10.1177/0272989X06295361.
    """
    _possible(threshold)
    p, is_so, clusters = _checked(probability, truth, patient)
    acted = p >= threshold
    gain = np.where(is_so, 1.0, -threshold / (1 - threshold)) * acted
    about = _about(f"net benefit at {threshold:g}", is_so, clusters, level)
    return _mean(about, gain, clusters)


def net_benefit_gain(
    probability: ArrayLike,
    truth: ArrayLike,
    patient: ArrayLike,
    *,
    threshold: float,
    level: float = 0.95,
) -> Estimate:
    """Net benefit of acting on predictions over that of acting in all, on the same patients.

    Args:
        probability: predicted, shape (n,).
        truth: whether the reference is positive, shape (n,).
        patient: the patient of each unit, shape (n,).
        threshold: chance of disease from which one would act, fraction.
        level: level of the interval, fraction.

    Source:
        Vickers & Elkin, Med Decis Making 2006;26:565, doi:10.1177/0272989X06295361.

    >>> gain = net_benefit_gain([0, 1, 0, 1], [0, 1, 1, 0], [1, 2, 3, 4], threshold=0.5)
    >>> gain.value  # one needless act spared, one case missed
    0.0
    """
    _possible(threshold)
    p, is_so, clusters = _checked(probability, truth, patient)
    spared = np.where(is_so, -1.0, threshold / (1 - threshold)) * (p < threshold)
    about = _about(f"gain of net benefit at {threshold:g}", is_so, clusters, level)
    return _mean(about, spared, clusters)


def decision_curve(
    probability: ArrayLike,
    truth: ArrayLike,
    patient: ArrayLike,
    *,
    thresholds: Sequence[float],
    level: float = 0.95,
) -> tuple[tuple[float, Estimate, Estimate], ...]:
    """Net benefit of acting on predictions, and of acting in all, over thresholds.

    Args:
        probability: predicted, shape (n,).
        truth: whether the reference is positive, shape (n,).
        patient: the patient of each unit, shape (n,).
        thresholds: fractions.
        level: level of intervals, fraction.

    Returns:
        Threshold, net benefit of the predictions, net benefit of acting in all.
    """
    everybody = np.ones(len(np.asarray(truth)))
    rows = []
    for threshold in thresholds:
        by_model, by_all = (
            net_benefit(p, truth, patient, threshold=threshold, level=level)
            for p in (probability, everybody)
        )
        rows.append((threshold, by_model, by_all.named(f"{by_all.name}, acting in all")))
    return tuple(rows)


def _possible(threshold: float) -> None:
    if not 0 < threshold < 1:
        raise StatsError(f"a threshold lies between 0 and 1; {threshold:g} was given")


def _checked(
    probability: ArrayLike, truth: ArrayLike, patient: ArrayLike
) -> tuple[Array, Mask, Clusters]:
    p, is_so = numbers(probability, "probability"), binary(truth, "truth")
    same_length(p, is_so, "probability and truth")
    if len(p) == 0 or np.any((p < 0) | (p > 1)):
        raise StatsError("predicted probabilities lie between 0 and 1; some of these do not")
    return p, is_so, patients(patient, len(p))


def _log_odds(p: Array) -> Array:
    """Log odds, kept finite at 0 and 1."""
    return np.asarray(logit(np.clip(p, 1e-12, 1 - 1e-12)))


def _mean(about: Estimate, values: Array, clusters: Clusters) -> Estimate:
    """A mean over units with its error by patient."""
    value = float(values.mean())
    residual = clusters.total(values - value) / len(values)
    count = clusters.count
    variance = count / (count - 1) * float(np.sum(residual**2)) if count > 1 else float("nan")
    return _symmetric(replace(about, method="clustered mean, t"), value, variance)


def _about(name: str, truth: Mask, clusters: Clusters, level: float) -> Estimate:
    return Estimate(
        name=name,
        value=0.0,
        level=known_level(level),
        method="",
        numerator=int(truth.sum()),
        denominator=len(truth),
        clusters=clusters.count,
    )


def _symmetric(about: Estimate, value: float, variance: float) -> Estimate:
    count = about.clusters or 0
    if count < 2:
        return replace(about, value=value, reason=one_patient(count))
    if not variance > 1e-24:  # less is rounding
        return replace(about, value=value, reason="all patients are alike: no variance")
    error = sqrt(variance)
    half = t_quantile(about.level, count - 1) * error
    return replace(
        about,
        value=value,
        low=value - half,
        high=value + half,
        error=error,
        error_df=count - 1,
        caution=few(count),
    )
