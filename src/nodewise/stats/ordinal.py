"""Ordered grades: the proportional odds model with errors by patient."""

from dataclasses import dataclass
from math import exp, sqrt

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit

from nodewise.errors import StatsError
from nodewise.stats.distributions import t_p, t_quantile
from nodewise.stats.estimate import Estimate, Test, few
from nodewise.stats.inputs import (
    Array,
    Clusters,
    Index,
    known_level,
    numbers,
    patients,
    same_length,
    two_patients,
)
from nodewise.stats.logistic import design


@dataclass(frozen=True, slots=True, kw_only=True)
class OrdinalFit:
    """A fitted model: logit P(grade <= k) = threshold_k - predictors · slopes.

    Args:
        grades: the grades, ascending, shape (q,).
        thresholds: shape (q - 1,).
        slopes: log odds ratio of a higher grade, shape (p,).
        covariance: of thresholds and slopes, by patient, shape (q - 1 + p, q - 1 + p).
        log_likelihood: without the penalty.
        units: number of units.
        clusters: number of patients.
    """

    grades: Array
    thresholds: Array
    slopes: Array
    covariance: Array
    log_likelihood: float
    units: int
    clusters: int

    def probability(self, predictors: ArrayLike) -> Array:
        """Probability of each grade, shape (n, q).

        Args:
            predictors: shape (n, p).
        """
        eta = design(predictors)[:, 1:] @ self.slopes
        below = expit(self.thresholds[None, :] - eta[:, None])
        ends = np.ones((len(eta), 1))
        return np.diff(np.concatenate([0 * ends, below, ends], axis=1), axis=1)

    def odds_ratio(self, predictor: int, *, level: float = 0.95) -> Estimate:
        """Odds of a higher grade at one more of a predictor over those at one less.

        Args:
            predictor: its number, from 0.
            level: level of the interval, fraction.
        """
        at, df = len(self.thresholds) + predictor, self.clusters - 1
        slope, error = float(self.slopes[predictor]), sqrt(float(self.covariance[at, at]))
        half = t_quantile(known_level(level), df) * error
        method = "proportional odds, errors by patient, log-t"
        test = Test(name="odds ratio is 1", statistic=slope / error, df=(df,),
                    p=t_p(slope / error, df), method=method)  # fmt: skip
        return Estimate(
            name=f"odds ratio of predictor {predictor + 1}",
            value=exp(slope),
            low=exp(slope - half),
            high=exp(slope + half),
            level=level,
            method=method,
            denominator=self.units,
            clusters=self.clusters,
            test=test,
            caution=few(self.clusters),
        )


@dataclass(frozen=True, slots=True)
class _Sample:
    """Grades numbered from 0, predictors, and what a slope is drawn in by."""

    grade: Index
    x: Array
    count: int
    penalty: float


def fit_ordinal(
    predictors: ArrayLike, grade: ArrayLike, patient: ArrayLike, *, penalty: float = 0.0
) -> OrdinalFit:
    """Fit by Newton's method; errors are a sandwich over patients with K / (K - 1).

    Args:
        predictors: shape (n, p).
        grade: ordered numbers, shape (n,).
        patient: the patient of each unit, shape (n,).
        penalty: half of it times the sum of squared slopes is taken off the log likelihood.

    Source:
        McCullagh, J R Stat Soc B 1980;42:109, doi:10.1111/j.2517-6161.1980.tb01109.x; Liang &
        Zeger, Biometrika 1986;73:13, doi:10.1093/biomet/73.1.13 (sandwich).
    """
    values = numbers(grade, "grade")
    x = design(predictors)[:, 1:]
    same_length(values, x[:, 0] if x.shape[1] else values, "grade and predictors")
    grades, number = np.unique(values, return_inverse=True)
    if len(grades) < 2:
        raise StatsError("an ordinal model needs 2 grades or more; all units have one")
    clusters = patients(patient, len(values))
    two_patients(clusters)
    sample = _Sample(number.ravel(), x, len(grades), penalty)
    parameters = _newton(sample)
    likelihood, gradient, information = _derivatives(sample, parameters)
    cut = len(grades) - 1
    return OrdinalFit(
        grades=grades,
        thresholds=parameters[:cut],
        slopes=parameters[cut:],
        covariance=_sandwich(gradient, information, clusters),
        log_likelihood=likelihood,
        units=len(values),
        clusters=clusters.count,
    )


def _newton(sample: _Sample) -> Array:
    share = np.cumsum(np.bincount(sample.grade))[:-1] / len(sample.grade)
    parameters = np.append(np.log(share / (1 - share)), np.zeros(sample.x.shape[1]))
    likelihood, gradient, information = _derivatives(sample, parameters)
    current = _penalised(sample, parameters, likelihood)
    for _ in range(100):
        pull = np.append(
            np.zeros(sample.count - 1), sample.penalty * parameters[sample.count - 1 :]
        )
        try:
            step = np.linalg.solve(information, gradient.sum(axis=0) - pull)
        except np.linalg.LinAlgError:
            break
        if np.abs(step).max() < 1e-10:
            return parameters
        if np.abs(parameters).max() > 1e3:
            break
        for _ in range(30):  # shorten a step that goes downhill or crosses thresholds
            trial = parameters + step
            if np.all(np.diff(trial[: sample.count - 1]) > 0):
                likelihood, gradient, information = _derivatives(sample, trial)
                if _penalised(sample, trial, likelihood) >= current - 1e-12:
                    break
            step = step / 2
        parameters, current = trial, _penalised(sample, trial, likelihood)
    raise StatsError(
        "the ordinal model has no finite fit: the predictors separate the grades or depend on "
        "each other; leave one out, or use a penalty"
    )


def _penalised(sample: _Sample, parameters: Array, likelihood: float) -> float:
    slopes = parameters[sample.count - 1 :]
    return likelihood - sample.penalty / 2 * float(slopes @ slopes)


def _derivatives(sample: _Sample, parameters: Array) -> tuple[float, Array, Array]:
    """Log likelihood, each unit's gradient, shape (n, m), and information, shape (m, m)."""
    cut = sample.count - 1
    eta = sample.x @ parameters[cut:]
    ends = np.concatenate([[-np.inf], parameters[:cut], [np.inf]])
    upper, lower = expit(ends[sample.grade + 1] - eta), expit(ends[sample.grade] - eta)
    p = np.maximum(upper - lower, 1e-300)
    slope = [part * (1 - part) / p for part in (upper, lower)]  # densities over p
    bend = [s * (1 - 2 * part) for s, part in zip(slope, (upper, lower), strict=True)]
    rows = [_row(sample, sample.grade), _row(sample, sample.grade - 1)]
    gradient = slope[0][:, None] * rows[0] - slope[1][:, None] * rows[1]
    hessian = (bend[0][:, None] * rows[0]).T @ rows[0] - (bend[1][:, None] * rows[1]).T @ rows[1]
    information = gradient.T @ gradient - hessian
    information += sample.penalty * np.diag(np.append(np.zeros(cut), np.ones(sample.x.shape[1])))
    return float(np.log(p).sum()), gradient, information


def _row(sample: _Sample, threshold: Index) -> Array:
    """Derivative of a unit's threshold less its predictors by the parameters, shape (n, m)."""
    every = np.arange(sample.count - 1)
    return np.concatenate([threshold[:, None] == every, -sample.x], axis=1)


def _sandwich(gradient: Array, information: Array, clusters: Clusters) -> Array:
    inverse = np.linalg.inv(information)
    moved = np.array([clusters.total(column) for column in gradient.T]).T @ inverse
    factor = clusters.count / (clusters.count - 1)
    return np.asarray(factor * moved.T @ moved)
