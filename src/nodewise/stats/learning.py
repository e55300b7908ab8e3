"""How accuracy and reading time change with the number of cases read."""

from dataclasses import dataclass, replace
from math import sqrt

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit

from nodewise.errors import StatsError
from nodewise.stats.distributions import t_quantile
from nodewise.stats.estimate import Estimate, few
from nodewise.stats.inputs import Array, known_level, numbers, patients, same_length
from nodewise.stats.logistic import design, fit_logistic
from nodewise.stats.ratio import ratio_limits


@dataclass(frozen=True, slots=True, kw_only=True)
class LearningCurve:
    """Accuracy along the order of reading.

    Args:
        order: number of the case, shape (m,).
        accuracy: expected share of right answers, shape (m,).
        low: lower pointwise limit, shape (m,).
        high: upper pointwise limit, shape (m,).
    """

    order: Array
    accuracy: Array
    low: Array
    high: Array


def learning_curve(
    right: ArrayLike,
    order: ArrayLike,
    patient: ArrayLike,
    *,
    knots: int = 4,
    level: float = 0.95,
) -> LearningCurve:
    """The share of right answers as a smooth function of the order of reading.

    Args:
        right: whether an answer was right, shape (n,).
        order: number of the case for this reader, from 1, shape (n,).
        patient: the patient of each answer, shape (n,).
        knots: of the natural cubic spline, 3 or more.
        level: level of the pointwise limits, fraction.

    Source:
        Harrell, Regression Modeling Strategies, 2015, section 2.4.5 (restricted cubic
        spline); logistic regression with errors by patient.
    """
    known_level(level)
    answered = numbers(order, "order")
    same_length(answered, np.asarray(right, np.float64), "right and order")
    if knots < 3 or len(np.unique(answered)) < knots + 1:
        raise StatsError(f"a curve with {knots} knots needs more than {knots} places in the order")
    places = np.quantile(answered, np.linspace(0.05, 0.95, knots))
    fit = fit_logistic(_spline(answered, places), right, patient)
    grid = np.linspace(answered.min(), answered.max(), 101)
    x = design(_spline(grid, places))
    centre = x @ fit.coefficients
    error = np.sqrt(np.einsum("ij,jk,ik->i", x, fit.covariance, x))
    half = t_quantile(level, fit.clusters - 1) * error
    return LearningCurve(
        order=grid,
        accuracy=np.asarray(expit(centre)),
        low=np.asarray(expit(centre - half)),
        high=np.asarray(expit(centre + half)),
    )


def reading_time(
    seconds: ArrayLike, order: ArrayLike, patient: ArrayLike, *, level: float = 0.95
) -> Estimate:
    """Reading time after twice as many cases, over the time before: below 1 when readers speed up.

    Args:
        seconds: time of each reading, s, shape (n,).
        order: number of the case for this reader, from 1, shape (n,).
        patient: the patient of each reading, shape (n,).
        level: level of the interval, fraction.

    Source:
        Newell & Rosenbloom, in: Cognitive Skills and their Acquisition, 1981, p. 1 (power law of
        practice), by least squares on log scales with errors by patient.
    """
    time, place = numbers(seconds, "seconds"), numbers(order, "order")
    same_length(time, place, "seconds and order")
    clusters = patients(patient, len(time))
    if np.any(time <= 0) or np.any(place < 1) or len(np.unique(place)) < 2:
        raise StatsError("reading times are positive, and 2 cases or more are numbered from 1 on")
    x = design(np.log2(place))
    inverse = np.linalg.inv(x.T @ x)
    beta = inverse @ x.T @ np.log(time)
    about = Estimate(
        name="reading time after twice as many cases",
        value=float(np.exp(beta[1])),
        level=known_level(level),
        method="power law, clustered log-t",
        denominator=len(time),
        clusters=clusters.count,
        unit="reading",
    )
    if clusters.count < 2:
        return replace(about, reason="an interval needs readings of 2 patients or more")
    each = x * (np.log(time) - x @ beta)[:, None]
    moved = np.array([clusters.total(column) for column in each.T]).T @ inverse
    error = sqrt(clusters.count / (clusters.count - 1) * float(np.sum(moved[:, 1] ** 2)))
    half = t_quantile(level, clusters.count - 1) * error
    if not half > 1e-12:  # less is rounding
        return about.lacking("all readings lie on the line: these data show no variance")
    low, high = ratio_limits(float(beta[1]), half)
    return replace(about, low=low, high=high, caution=few(clusters.count))


def _spline(x: Array, knots: Array) -> Array:
    """Basis that is cubic between knots and straight outside them, shape (n, knots - 1)."""
    scale = (knots[-1] - knots[0]) ** 2
    gap = knots[-1] - knots[-2]
    columns = [x]
    for knot in knots[:-2]:
        bent = np.maximum(x - knot, 0) ** 3
        bent = bent - np.maximum(x - knots[-2], 0) ** 3 * (knots[-1] - knot) / gap
        bent = bent + np.maximum(x - knots[-1], 0) ** 3 * (knots[-2] - knot) / gap
        columns.append(bent / scale)
    return np.column_stack(columns)
