"""The door of this room: arrays are checked once, and what is wrong is said in a sentence."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nodewise.errors import StatsError

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
Index = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Clusters:
    """Which patient each unit belongs to.

    Args:
        index: patient of each unit, numbered from 0, shape (n,).
        count: number of patients.
    """

    index: Index
    count: int

    def total(self, values: Array | Mask) -> Array:
        """Sum of the units' values in each patient, shape (count,)."""
        total = np.bincount(self.index, weights=values, minlength=self.count)
        return total.astype(np.float64, copy=False)

    def having(self, among: Mask) -> int:
        """Number of patients with at least one unit among these."""
        present = np.zeros(self.count, bool)
        present[self.index[among]] = True
        return int(present.sum())


def numbers(values: ArrayLike, name: str) -> Array:
    """Finite numbers, shape (n,).

    Args:
        values: anything that numpy reads as n numbers, shape (n,).
        name: how a message calls them.
    """
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise StatsError(f"{name} must be numbers; {_example(values)} is not one") from None
    if array.ndim != 1:
        raise StatsError(f"{name} must be one row of numbers; its shape is {array.shape}")
    wrong = int(np.count_nonzero(~np.isfinite(array)))
    if wrong:
        raise StatsError(
            f"{wrong} of {len(array)} values of {name} are missing or infinite; "
            "leave out what is unknown, and count it"
        )
    return array


def binary(values: ArrayLike, name: str) -> Mask:
    """Yes or no for each unit, shape (n,), from booleans or from 0 and 1."""
    array = np.asarray(values)
    if array.dtype == np.bool_ and array.ndim == 1:
        return array
    array = numbers(values, name)
    odd = array[(array != 0) & (array != 1)]
    if len(odd):
        raise StatsError(f"{name} must hold 0 and 1 only; {odd[0]:g} is among its values")
    return np.asarray(array == 1)


def partly_known(values: ArrayLike, name: str) -> tuple[Mask, Mask]:
    """Yes or no where it is known, and where it is known, each of shape (n,).

    Args:
        values: yes or no, None or NaN where unknown, shape (n,).
        name: how a message calls them.
    """
    array = np.asarray(values)
    if array.dtype == object:
        array = np.array([np.nan if value is None else value for value in array], np.float64)
    known = ~np.isnan(array) if array.dtype.kind == "f" else np.ones(array.shape, bool)
    result = np.zeros(array.shape, bool)
    result[known] = binary(array[known], name)
    return result, known


def patients(values: ArrayLike, units: int) -> Clusters:
    """The cluster of each unit.

    Args:
        values: a patient's identifier per unit, numbers or texts, shape (n,).
        units: n, the number of units that there must be.
    """
    array = np.asarray(values)
    if array.shape != (units,):
        raise StatsError(
            f"patient must name one patient for each of {units} units; it has shape {array.shape}"
        )
    if array.dtype == object and any(value is None for value in array):
        raise StatsError("patient is missing for some units; every unit needs its patient")
    if array.dtype.kind == "f" and np.isnan(array).any():
        raise StatsError("patient is missing for some units; every unit needs its patient")
    if array.dtype.kind in "iu" and units and int(array.max()) - int(array.min()) < 4 * units:
        return _numbered(array)
    names, index = np.unique(array, return_inverse=True)
    return Clusters(index.astype(np.int64, copy=False), len(names))


def two_patients(clusters: Clusters) -> None:
    """Refuse units of a single patient, whose errors cannot be had."""
    if clusters.count < 2:
        raise StatsError(
            f"errors need units from 2 patients or more; these come from {clusters.count}"
        )


def same_length(first: Array | Mask, second: Array | Mask, names: str) -> None:
    """Refuse two arrays of different length."""
    if len(first) != len(second):
        raise StatsError(f"{names} must be of one length; they have {len(first)} and {len(second)}")


def known_level(level: float) -> float:
    """A level of confidence, fraction."""
    if not 0 < level < 1:
        raise StatsError(f"a level of confidence lies between 0 and 1; {level:g} was asked for")
    return level


def _numbered(array: NDArray[np.generic]) -> Clusters:
    """Clusters from whole numbers without sorting."""
    shifted = array.astype(np.int64, copy=False) - int(array.min())
    present = np.bincount(shifted) > 0
    return Clusters((np.cumsum(present) - 1)[shifted], int(present.sum()))


def _example(values: ArrayLike) -> str:
    flat = np.asarray(values, dtype=object).ravel()
    odd = [value for value in flat if not isinstance(value, int | float | np.number)]
    return repr(odd[0]) if odd else "one of them"
