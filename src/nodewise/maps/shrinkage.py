"""IVIM with a prior that the region itself supplies: voxels lend each other strength.

The logarithms of d and d_star and the logit of f are taken as normal over a region's voxels. Mean
and covariance of that normal are estimated together with the voxels (empirical Bayes): a voxel
whose signal says little comes close to the region's mean, one that says much stays where it is.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nodewise.errors import ModelError
from nodewise.maps.fitting import Fit, Outcome, fit, outside
from nodewise.models.ivim import Ivim
from nodewise.volume import Array, Mask

ROUNDS = 40  # of voxels given the prior, then the prior given the voxels
SETTLED = 1e-3  # change of the prior's mean between rounds, of its spread
LEAST_SPREAD = 0.02  # of the logarithms: a region is never taken as perfectly uniform
VOXELS = 20


def fit_shrunken(model: Ivim, signals: NDArray[np.number], mask: Mask | None = None) -> Fit:
    """The most probable IVIM values of a region's voxels, given all of them.

    Call it once a region: a prior over different tissues would draw them together.

    Args:
        model: Ivim with its b-values.
        signals: shape (..., m).
        mask: the region's voxels, shape (...); all when left out.

    Returns:
        s0, f, d and d_star, shape (..., 4); errors are posterior standard deviations. A voxel ends
        as AT_BOUND where a value lies beyond the model's bounds, which the prior does not keep.

    Source:
        Orton et al., Magn Reson Med 2014;71:411, doi:10.1002/mrm.24649: the same prior and
        likelihood, there sampled, here maximised, so that no random number is needed.
    """
    start = fit(model, signals, mask)
    here = start.has_value
    if here.sum() < VOXELS:
        raise ModelError(
            f"shrinkage needs a region of {VOXELS} voxels with signal; found {int(here.sum())}"
        )
    curves = np.asarray(signals, float)[here]
    theta = to_normal(start.values[here])
    prior = Prior.of(theta, np.zeros((len(theta), 3, 3)))
    for _ in range(ROUNDS):
        theta, spread = most_probable(model, curves, theta, prior)
        after = Prior.of(theta, spread)
        change = np.abs(after.mean - prior.mean) / np.sqrt(np.diag(prior.covariance))
        prior = after
        if change.max() < SETTLED:
            break
    return _record(model, (curves, theta, spread), start)


@dataclass(frozen=True, slots=True)
class Prior:
    """A region's normal over (ln d, ln d_star, logit f): mean (3,) and covariance (3, 3)."""

    mean: Array
    covariance: Array

    @classmethod
    def of(cls, theta: Array, spread: Array) -> "Prior":
        """Of voxels, shape (n, 3), known to within covariances, shape (n, 3, 3)."""
        middle = np.median(theta, axis=0) if not spread.any() else theta.mean(axis=0)
        scatter = np.cov(theta.T) + spread.mean(axis=0)
        return cls(middle, scatter + LEAST_SPREAD**2 * np.eye(3))


def to_normal(values: Array) -> Array:
    """(ln d, ln d_star, logit f), shape (n, 3), of (s0, f, d, d_star), shape (n, 4)."""
    f = np.clip(values[:, 1], 0.005, 0.9)
    logs = np.log(np.clip(values[:, 2:], [1e-5, 5e-3], [5e-3, 0.2]))
    return np.column_stack([logs, np.log(f / (1 - f))])


def shape_and_slopes(b: Array, theta: Array) -> tuple[Array, Array]:
    """Signal of s0 = 1, shape (n, m), and its derivatives, shape (n, 3, m), at theta, (n, 3).

    Args:
        b: b-values, shape (m,), s/mm².
        theta: (ln d, ln d_star, logit f), shape (n, 3).
    """
    d, d_star = np.exp(theta[:, :2, None]).transpose(1, 0, 2)
    f = 1 / (1 + np.exp(-theta[:, 2, None]))
    slow, fast = np.exp(-b * d), np.exp(-b * d_star)
    slopes = [-(1 - f) * b * d * slow, -f * b * d_star * fast, f * (1 - f) * (fast - slow)]
    return f * fast + (1 - f) * slow, np.stack(slopes, axis=1)


def most_probable(model: Ivim, signals: Array, theta: Array, prior: Prior) -> tuple[Array, Array]:
    """Posterior mode, shape (n, 3), and covariance, shape (n, 3, 3), of each voxel.

    Args:
        model: Ivim with m b-values.
        signals: shape (n, m).
        theta: where to start, shape (n, 3).
        prior: of the region.
    """
    damping = np.full(len(theta), 1e-3)
    cost, gradient, curvature = _posterior(model, signals, theta, prior)
    for _ in range(12):
        diagonal = np.einsum("nii->ni", curvature)
        system = curvature + damping[:, None, None] * diagonal[:, :, None] * np.eye(3)
        step = -np.linalg.solve(system, gradient[..., None])[..., 0]
        trial = theta + np.clip(step, -1, 1)
        new = _posterior(model, signals, trial, prior)
        lower = new[0] <= cost
        damping *= np.where(lower, 0.2, 10)
        theta = np.where(lower[:, None], trial, theta)
        cost = np.where(lower, new[0], cost)
        gradient = np.where(lower[:, None], new[1], gradient)
        curvature = np.where(lower[:, None, None], new[2], curvature)
        if np.abs(step[lower]).max(initial=0) < 1e-4:
            break
    return theta, np.asarray(np.linalg.inv(curvature))


def _posterior(
    model: Ivim, signals: Array, theta: Array, prior: Prior
) -> tuple[Array, Array, Array]:
    """Minus log posterior, (n,), its gradient, (n, 3), and curvature, (n, 3, 3), at theta, (n, 3).

    s0 and the noise's variance are integrated out, as in the source: what is left of the
    likelihood is (m / 2) ln of the residual.
    """
    precision = np.asarray(np.linalg.inv(prior.covariance))
    shape, slopes = shape_and_slopes(model.samples, theta)
    norm = np.vecdot(shape, shape)
    s0 = np.vecdot(shape, signals) / norm
    left = signals - s0[:, None] * shape
    rest = np.maximum(np.vecdot(left, left), 1e-12 * np.vecdot(signals, signals))
    along = np.einsum("nqm,nm->nq", slopes, shape) / norm[:, None]
    change = s0[:, None, None] * (slopes - along[:, :, None] * shape[:, None, :])
    weight = signals.shape[1] / rest
    off = theta - prior.mean
    gradient = -weight[:, None] * np.einsum("nqm,nm->nq", change, left) + off @ precision
    curvature = weight[:, None, None] * np.matmul(change, change.transpose(0, 2, 1)) + precision
    cost = signals.shape[1] / 2 * np.log(rest) + np.einsum("ni,ij,nj->n", off, precision, off) / 2
    return cost, gradient, curvature


def _record(model: Ivim, found: tuple[Array, Array, Array], start: Fit) -> Fit:
    """The record of signals, (n, m), modes, (n, 3), and covariances, (n, 3, 3)."""
    curves, theta, spread = found
    shape, _ = shape_and_slopes(model.samples, theta)
    s0 = np.vecdot(shape, curves) / np.vecdot(shape, shape)
    left = curves - s0[:, None] * shape
    mean_square = (left**2).mean(axis=1)
    (d, d_star), f = np.exp(theta[:, :2]).T, 1 / (1 + np.exp(-theta[:, 2]))
    deviation = np.sqrt(np.einsum("nii->ni", spread))
    here, samples = start.has_value, curves.shape[1]
    s0_error = np.sqrt(mean_square * samples / (samples - 1) / np.vecdot(shape, shape))
    values = np.column_stack([s0, f, d, d_star])
    start.values[here] = values
    scale = np.column_stack([np.ones_like(f), f * (1 - f), d, d_star])
    start.errors[here] = scale * np.column_stack([s0_error, deviation[:, [2, 0, 1]]])
    start.residual[here] = np.sqrt(mean_square)
    start.aic[here] = samples * np.log(np.maximum(mean_square, np.finfo(float).tiny)) + 10
    start.outcome[here] = np.where(outside(model, values), Outcome.AT_BOUND, Outcome.FITTED)
    return Fit(
        model="shrunken_ivim",
        parameters=start.parameters,
        values=start.values,
        errors=start.errors,
        residual=start.residual,
        aic=start.aic,
        outcome=start.outcome,
    )
