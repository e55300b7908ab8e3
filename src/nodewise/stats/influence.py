"""What each unit adds to a statistic: exact derivatives by its weight, summed by patient."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from nodewise.stats.inputs import Array, Clusters

Complex = NDArray[np.complex128]
Weighted = Callable[[Complex], Complex]
"""A statistic of weighted units: weights, shape (b, n), to values, shape (b,)."""

_STEP = 1e-20
_AT_ONCE = 2_000_000


def value_of(statistic: Weighted, units: int) -> float:
    """The statistic with every unit counted once."""
    return float(statistic(np.ones((1, units), complex))[0].real)


def influences(statistic: Weighted, units: int) -> Array:
    """Derivative of a statistic by the weight of each unit, shape (n,).

    A step along the imaginary axis gives the derivative without a difference of near numbers.

    Args:
        statistic: analytic in the weights.
        units: n, the number of units.

    Source:
        Squire & Trapp, SIAM Rev 1998;40:110, doi:10.1137/S003614459631241X.
    """
    block = max(1, _AT_ONCE // units)
    parts = []
    for start in range(0, units, block):
        weights = np.ones((min(block, units - start), units), complex)
        weights[np.arange(len(weights)), start + np.arange(len(weights))] += 1j * _STEP
        parts.append(statistic(weights).imag / _STEP)
    return np.concatenate(parts)


def variance_by_patient(influence: Array, clusters: Clusters) -> float:
    """Variance of a statistic from what the units add to it (infinitesimal jackknife).

    Args:
        influence: from influences, shape (n,).
        clusters: the patient of each unit.

    Source:
        Jaeckel, Bell Labs Memorandum MM 72-1215-11, 1972; Efron, The Jackknife, the Bootstrap and
        Other Resampling Plans, 1982, chapter 6, doi:10.1137/1.9781611970319.
    """
    count = clusters.count
    return float(count / (count - 1) * np.sum(clusters.total(influence) ** 2))
