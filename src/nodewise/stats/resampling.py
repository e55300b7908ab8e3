"""Resampling patients with all their units: nothing is sorted twice."""

from collections.abc import Iterator

import numpy as np

from nodewise.stats.inputs import Array, Clusters, Mask
from nodewise.stats.placement import ranked
from nodewise.stats.scored import Scored

_AT_ONCE = 4_000_000  # numbers held at a time, 32 MB
_MANY = 2_000  # patients beyond whom a table of every two patients costs more than it saves


def patient_weights(
    clusters: Clusters, truth: Mask, *, rng: np.random.Generator, resamples: int
) -> Iterator[Array]:
    """How often each patient is drawn, in blocks of resamples, shape (block, patients).

    Resamples that lack a class are drawn again.

    Args:
        clusters: the patient of each unit.
        truth: whether a unit is positive, shape (n,).
        rng: source of random numbers.
        resamples: number of resamples.
    """
    has = np.stack([clusters.total(truth) > 0, clusters.total(~truth) > 0], axis=1)
    block = max(1, min(resamples, _AT_ONCE // clusters.count))
    for start in range(0, resamples, block):
        yield _drawn(has, rng, min(block, resamples - start))


def resampled_curves(
    data: Scored, *, rng: np.random.Generator, resamples: int
) -> Iterator[tuple[Array, Array]]:
    """False positive fractions and sensitivities of the curve of each resample, shape (g + 1,)."""
    order = ranked(data.score, data.truth)
    patient, truth = data.clusters.index[order.order], data.truth[order.order]
    for weights in patient_weights(data.clusters, data.truth, rng=rng, resamples=resamples):
        for weight in weights:
            drawn = weight[patient]
            total = np.bincount(order.group, weights=drawn).astype(np.float64)
            positive = np.bincount(order.group, weights=drawn * truth).astype(np.float64)
            yield from_the_top(total - positive), from_the_top(positive)


def resampled_auc(data: Scored, *, rng: np.random.Generator, resamples: int) -> Array:
    """The AUC of each resample of patients, shape (resamples,).

    With w the draws of each patient and A the wins of one patient's positive units over
    another's negative ones, a resample's AUC is w'Aw / (w'm · w'n): nothing is sorted again.

    Args:
        data: from scored.
        rng: source of random numbers.
        resamples: number of resamples.
    """
    if data.clusters.count > _MANY:
        curves = resampled_curves(data, rng=rng, resamples=resamples)
        return np.array([np.trapezoid(y, x) for x, y in curves])
    wins = patient_wins(data)
    m, n = data.clusters.total(data.truth), data.clusters.total(~data.truth)
    blocks = patient_weights(data.clusters, data.truth, rng=rng, resamples=resamples)
    areas = [np.einsum("bk,bk->b", w @ wins, w) / ((w @ m) * (w @ n)) for w in blocks]
    return np.concatenate(areas)


def patient_wins(data: Scored) -> Array:
    """Pairs that positive units of one patient win over negative units of another, ties half.

    Returns:
        Shape (patients, patients): positive units in rows, negative units in columns.
    """
    order = ranked(data.score, data.truth)
    patient, truth = data.clusters.index[order.order], data.truth[order.order]
    count = data.clusters.count
    wins = np.zeros((count, count))
    for k in range(count):
        lost = np.bincount(order.group, weights=(patient == k) & ~truth).astype(np.float64)
        below = np.cumsum(lost) - lost / 2
        won = np.bincount(patient, weights=truth * below[order.group], minlength=count)
        wins[:, k] = won
    return wins


def from_the_top(count: Array) -> Array:
    """Share of units at or above each distinct score, from none to all, shape (g + 1,)."""
    return np.asarray(np.append(0.0, np.cumsum(count[::-1])) / count.sum())


def _drawn(has: Mask, rng: np.random.Generator, size: int) -> Array:
    """Draws of patients that bring both classes, shape (size, patients)."""
    count = len(has)
    share = np.full(count, 1 / count)
    weights = rng.multinomial(count, share, size=size).astype(np.float64)
    while True:
        lacking = ~np.all(weights @ has > 0, axis=1)
        if not lacking.any():
            return weights
        weights[lacking] = rng.multinomial(count, share, size=int(lacking.sum()))
