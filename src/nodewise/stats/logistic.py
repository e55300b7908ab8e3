"""Logistic regression with errors by patient, plain or with a ridge penalty."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit

from nodewise.errors import StatsError
from nodewise.stats.inputs import Array, Clusters, Mask, binary, patients, two_patients

_FARTHEST = 30.0  # log odds beyond which a probability is 0 or 1 to the last digit that counts


@dataclass(frozen=True, slots=True, kw_only=True)
class LogisticFit:
    """A fitted model.

    Args:
        coefficients: intercept first, shape (p + 1,).
        covariance: by patient, shape (p + 1, p + 1).
        clusters: number of patients.
    """

    coefficients: Array
    covariance: Array
    clusters: int

    def log_odds(self, predictors: ArrayLike) -> Array:
        """Log odds of new units.

        Args:
            predictors: shape (n, p).
        """
        return np.asarray(design(predictors) @ self.coefficients)

    def probability(self, predictors: ArrayLike) -> Array:
        """Probability of new units, shape (n,).

        Args:
            predictors: shape (n, p).
        """
        return np.asarray(expit(self.log_odds(predictors)))


def fit_logistic(
    predictors: ArrayLike,
    truth: ArrayLike,
    patient: ArrayLike,
    *,
    penalty: float = 0.0,
    offset: ArrayLike | None = None,
) -> LogisticFit:
    """Fit by Newton's method; errors are a sandwich over patients with K / (K - 1).

    Args:
        predictors: shape (n, p); p may be 0.
        truth: whether the reference is positive, shape (n,).
        patient: the patient of each unit, shape (n,).
        penalty: half of it times the sum of squared slopes is taken off the log likelihood.
        offset: fixed part of the log odds, shape (n,); None: none.

    Source:
        Liang & Zeger, Biometrika 1986;73:13, doi:10.1093/biomet/73.1.13 (independence working
        correlation); le Cessie & van Houwelingen, Appl Stat 1992;41:191, doi:10.2307/2347628.
    """
    is_so = binary(truth, "truth")
    x = design(predictors)
    if len(x) != len(is_so):
        raise StatsError(
            f"predictors and truth must be of one length; they have {len(x)}, {len(is_so)}"
        )
    clusters = patients(patient, len(is_so))
    two_patients(clusters)
    if is_so.all() or not is_so.any():
        raise StatsError("a logistic model needs units of both kinds; these are all of one")
    fixed = np.zeros(len(x)) if offset is None else np.asarray(offset, np.float64)
    ridge = penalty * np.eye(x.shape[1])
    ridge[0, 0] = 0.0
    coefficients = _newton(x, is_so, fixed, ridge)
    return LogisticFit(
        coefficients=coefficients,
        covariance=_sandwich(x, is_so, expit(x @ coefficients + fixed), (ridge, clusters)),
        clusters=clusters.count,
    )


def design(predictors: ArrayLike) -> Array:
    """Predictors with a column of ones in front, shape (n, p + 1)."""
    x = np.asarray(predictors, np.float64)
    if x.ndim == 1:
        x = x[:, None]
    if x.ndim != 2 or not np.isfinite(x).all():
        raise StatsError("predictors must be finite numbers of shape (units, predictors)")
    return np.asarray(np.column_stack([np.ones(len(x)), x]))


def _newton(x: Array, truth: Mask, fixed: Array, ridge: Array) -> Array:
    coefficients = np.zeros(x.shape[1])
    for _ in range(100):
        p = expit(x @ coefficients + fixed)
        score = x.T @ (truth - p) - ridge @ coefficients
        information = (x * (p * (1 - p))[:, None]).T @ x + ridge
        try:
            step = np.linalg.solve(information, score)
        except np.linalg.LinAlgError:
            break
        coefficients = coefficients + step * min(1.0, 5.0 / max(np.abs(step).max(), 1e-12))
        if np.abs(x @ coefficients + fixed).max() > _FARTHEST and not ridge.any():
            break
        if np.abs(step).max() < 1e-10:
            return np.asarray(coefficients, np.float64)
    raise StatsError(
        "the logistic model has no finite fit: the predictors separate the classes or depend on "
        "each other; leave one out, or use a penalty"
    )


def _sandwich(x: Array, truth: Mask, p: Array, parts: tuple[Array, Clusters]) -> Array:
    ridge, clusters = parts
    bread = np.asarray(np.linalg.inv((x * (p * (1 - p))[:, None]).T @ x + ridge))
    score = np.array([clusters.total(column * (truth - p)) for column in x.T])
    factor = clusters.count / (clusters.count - 1)
    return np.asarray(factor * bread @ (score @ score.T) @ bread)
