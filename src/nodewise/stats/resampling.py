"""Resampling patients with all their units: nothing is sorted twice."""

from collections.abc import Iterator

import numpy as np

from nodewise.stats.inputs import Array, Clusters, Mask


def patient_weights(
    clusters: Clusters, truth: Array | Mask, rng: np.random.Generator, resamples: int
) -> Iterator[Array]:
    """How often each patient is drawn, one resample after another, shape (patients,).

    Resamples that lack a class are drawn again.

    Args:
        clusters: the patient of each unit.
        truth: whether a unit is positive, shape (n,).
        rng: source of random numbers.
        resamples: number of resamples.
    """
    positive = clusters.total(truth) > 0
    negative = clusters.total(1.0 - np.asarray(truth, np.float64)) > 0
    share = np.full(clusters.count, 1 / clusters.count)
    for _ in range(resamples):
        while True:
            weight = rng.multinomial(clusters.count, share).astype(np.float64)
            if weight[positive].any() and weight[negative].any():
                yield weight
                break
