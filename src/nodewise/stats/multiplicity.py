"""Several tests in one declared family: adjusted p values."""

import numpy as np
from numpy.typing import ArrayLike

from nodewise.errors import StatsError
from nodewise.stats.inputs import Array, numbers


def holm(p: ArrayLike) -> Array:
    """P values adjusted to keep the family-wise error, whatever their dependence.

    Args:
        p: p values of one family, shape (m,).

    Source:
        Holm, Scand J Stat 1979;6:65.

    >>> holm([0.01, 0.04, 0.03]).tolist()
    [0.03, 0.06, 0.06]
    """
    ordered, order = _ordered(p)
    return _back(np.maximum.accumulate(ordered * _remaining(ordered)), order)


def hochberg(p: ArrayLike) -> Array:
    """P values adjusted to keep the family-wise error under positive dependence.

    Args:
        p: p values of one family, shape (m,).

    Source:
        Hochberg, Biometrika 1988;75:800, doi:10.1093/biomet/75.4.800.
    """
    ordered, order = _ordered(p)
    return _back(np.minimum.accumulate((ordered * _remaining(ordered))[::-1])[::-1], order)


def benjamini_hochberg(p: ArrayLike) -> Array:
    """P values adjusted to keep the false discovery rate under positive dependence.

    Args:
        p: p values of one family, shape (m,).

    Source:
        Benjamini & Hochberg, J R Stat Soc B 1995;57:289, doi:10.1111/j.2517-6161.1995.tb02031.x.
    """
    ordered, order = _ordered(p)
    factor = len(ordered) / np.arange(1, len(ordered) + 1)
    return _back(np.minimum.accumulate((ordered * factor)[::-1])[::-1], order)


def _ordered(p: ArrayLike) -> tuple[Array, np.ndarray[tuple[int], np.dtype[np.intp]]]:
    values = numbers(p, "p")
    if np.any((values < 0) | (values > 1)):
        raise StatsError("p values lie between 0 and 1; some of these do not")
    order = np.argsort(values, kind="stable")
    return values[order], order


def _remaining(ordered: Array) -> Array:
    return np.arange(len(ordered), 0, -1, dtype=np.float64)


def _back(ordered: Array, order: np.ndarray[tuple[int], np.dtype[np.intp]]) -> Array:
    adjusted = np.empty(len(ordered))
    adjusted[order] = np.minimum(ordered, 1)
    return adjusted
