"""The area under the empirical ROC curve, clustered by patient."""

from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit, logit

from nodewise.stats.direction import Direction
from nodewise.stats.distributions import normal_quantile, t_p, t_quantile
from nodewise.stats.estimate import Estimate, Test, few
from nodewise.stats.inputs import Array, Clusters, Mask, known_level
from nodewise.stats.placement import classes, placements
from nodewise.stats.scored import scored


@dataclass(frozen=True, slots=True, kw_only=True)
class Areas:
    """AUCs of k scores on the same units, with their covariance.

    Args:
        values: shape (k,).
        covariance: shape (k, k); not a number where one patient holds a whole class.
        units: number of units.
        clusters: patients.
        fewest: patients in the smaller class.
    """

    values: Array
    covariance: Array
    units: int
    clusters: int
    fewest: int


def auc(
    score: ArrayLike,
    truth: ArrayLike,
    patient: ArrayLike,
    *,
    direction: Direction | str,
    level: float = 0.95,
) -> Estimate:
    """The chance that a positive unit scores worse than a negative one, ties counting half.

    The interval is symmetric on the logit scale, with Obuchowski's variance and t with one degree
    of freedom less than there are patients in the smaller class: where few patients have a
    positive node, simulation covers 0.95 so, and 0.92 if all patients are counted.

    Args:
        score: shape (n,).
        truth: whether the reference is positive, shape (n,).
        patient: the patient of each unit, shape (n,).
        direction: whether higher or lower scores speak for disease.
        level: level of the interval, fraction.

    Source:
        Obuchowski, Biometrics 1997;53:567, doi:10.2307/2533958.

    >>> patient = [k // 2 for k in range(24)]
    >>> print(auc([1, 3, 2, 5, 4, 3] * 4, [0, 1, 0, 1, 0, 1] * 4, patient, direction="higher"))
    0.78 (0.41 to 0.95); 24 nodes in 12 patients; p = 0.11; clustered AUC (Obuchowski), \
logit-t
    """
    known_level(level)
    data = scored(score, truth, patient, direction=direction)
    placed = placements(data.score, data.truth)
    areas = clustered_areas(placed[None, :], data.truth, data.clusters)
    value, variance = float(areas.values[0]), float(areas.covariance[0, 0])
    reason = _no_interval(value, variance, areas.fewest)
    low, high = None, None
    if not reason:
        low, high = logit_interval(value, variance, t_quantile(level, areas.fewest - 1))
    return Estimate(
        name="AUC",
        value=value,
        low=low,
        high=high,
        level=level,
        method="clustered AUC (Obuchowski), logit-t",
        numerator=int(data.truth.sum()),
        denominator=len(data.truth),
        clusters=areas.clusters,
        design_effect=None if reason else variance / _independent(placed, data.truth),
        test=None if reason else _against_chance(value, variance, areas.fewest - 1),
        reason=reason,
        caution="" if reason else few(areas.fewest),
    )


def _against_chance(value: float, variance: float, df: int) -> Test:
    """Test of AUC = 0.5 that agrees with the logit-t interval."""
    statistic = float(logit(value)) * value * (1 - value) / sqrt(variance)
    return Test(
        name="AUC = 0.5",
        statistic=statistic,
        p=t_p(statistic, df),
        method="clustered AUC (Obuchowski), logit-t",
        df=(df,),
    )


def naive_auc(
    score: ArrayLike, truth: ArrayLike, *, direction: Direction | str, level: float = 0.95
) -> Estimate:
    """DeLong's AUC as if all units were independent: for comparison only, and labelled so.

    Args:
        score: shape (n,).
        truth: whether the reference is positive, shape (n,).
        direction: whether higher or lower scores speak for disease.
        level: level of the interval, fraction.

    Source:
        DeLong et al., Biometrics 1988;44:837, doi:10.2307/2531595.
    """
    z = normal_quantile(known_level(level))
    values, is_so = classes(score, truth, direction)
    placed = placements(values, is_so)
    value, variance = float(placed[is_so].mean()), _independent(placed, is_so)
    reason = _no_interval(value, variance, min(int(is_so.sum()), int((~is_so).sum())))
    half = z * sqrt(variance) if not reason else 0.0
    return Estimate(
        name="AUC",
        value=value,
        low=None if reason else max(value - half, 0.0),
        high=None if reason else min(value + half, 1.0),
        level=level,
        method="naive DeLong, nodes taken as independent",
        numerator=int(is_so.sum()),
        denominator=len(is_so),
        reason=reason,
    )


def clustered_areas(placed: Array, truth: Mask, clusters: Clusters) -> Areas:
    """AUCs and their covariance from structural components.

    Args:
        placed: structural components of k scores, shape (k, n).
        truth: whether the reference is positive, shape (n,).
        clusters: the patient of each unit.

    Source:
        Obuchowski, Biometrics 1997;53:567, doi:10.2307/2533958, equations for S10, S01 and S11.
    """
    positives, negatives = truth.sum(), (~truth).sum()
    values = placed[:, truth].mean(axis=1)
    error = placed - values[:, None]
    of_positive = np.array([clusters.total(np.where(truth, row, 0.0)) for row in error])
    of_negative = np.array([clusters.total(np.where(truth, 0.0, row)) for row in error])
    i10, i01, i = clusters.having(truth), clusters.having(~truth), clusters.count
    with np.errstate(divide="ignore", invalid="ignore"):
        s10 = i10 / np.float64(i10 - 1) / positives * (of_positive @ of_positive.T)
        s01 = i01 / np.float64(i01 - 1) / negatives * (of_negative @ of_negative.T)
        s11 = i / np.float64(i - 1) * (of_positive @ of_negative.T)
        covariance = s10 / positives + s01 / negatives
        covariance = covariance + (s11 + s11.T) / (positives * negatives)
    return Areas(
        values=values,
        covariance=covariance,
        units=len(truth),
        clusters=i,
        fewest=min(i10, i01),
    )


def logit_interval(value: float, variance: float, quantile: float) -> tuple[float, float]:
    """An interval that is symmetric on the logit scale and stays between 0 and 1."""
    half = quantile * sqrt(variance) / (value * (1 - value))
    return float(expit(logit(value) - half)), float(expit(logit(value) + half))


def _independent(placed: Array, truth: Mask) -> float:
    """DeLong's variance."""
    if min(truth.sum(), (~truth).sum()) < 2:
        return float("nan")
    return float(
        placed[truth].var(ddof=1) / truth.sum() + placed[~truth].var(ddof=1) / (~truth).sum()
    )


def _no_interval(value: float, variance: float, fewest: int) -> str:
    """Why an AUC has no interval; empty when it has one."""
    if fewest < 2:
        return (
            "an interval needs positive units from 2 patients or more, and negative ones too; "
            f"one of the two comes from {fewest}"
        )
    if value in (0, 1):
        return "the classes do not overlap: these data show no variance of the AUC"
    if not variance > 0:
        return "the scores are all tied or alike in every patient: these data show no variance"
    return ""
