"""Ratings of the same units by several raters."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from nodewise.errors import StatsError
from nodewise.stats.inputs import Array, Clusters, Index, patients


@dataclass(frozen=True, slots=True)
class Ratings:
    """Categories that raters gave to units.

    Args:
        code: number of the category, -1 where a rater gave none, shape (n, raters).
        categories: their values, numbered 0, 1, ... where they are words, shape (q,).
        clusters: the patient of each unit.
    """

    code: Index
    categories: Array
    clusters: Clusters

    @property
    def counts(self) -> Array:
        """How many raters gave each category, shape (n, q)."""
        every = np.arange(len(self.categories))
        return np.asarray((self.code[:, :, None] == every).sum(axis=1), np.float64)


def ratings(
    values: ArrayLike, patient: ArrayLike, *, categories: ArrayLike | None = None
) -> Ratings:
    """Check ratings; None and NaN mean that a rater gave none.

    Args:
        values: numbers or words, shape (n, raters).
        patient: the patient of each unit, shape (n,).
        categories: all that could be given, in their order, shape (q,); None: those that were.
    """
    table = np.asarray(values, dtype=object)
    if table.ndim != 2 or table.shape[1] < 2:
        raise StatsError(
            f"agreement needs ratings of 2 raters or more, shape (units, raters); "
            f"these have {table.shape}"
        )
    known = np.array([not _missing(cell) for cell in table.ravel()], bool).reshape(table.shape)
    try:
        given = sorted(set(table[known]))
    except TypeError:
        raise StatsError("ratings are all numbers or all words; these are mixed") from None
    possible = given if categories is None else list(np.asarray(categories, dtype=object))
    number = {category: k for k, category in enumerate(possible)}
    odd = [category for category in given if category not in number]
    if odd:
        raise StatsError(f"{odd[0]!r} was rated and is none of the categories")
    code = np.full(table.shape, -1, np.int64)
    code[known] = [number[cell] for cell in table[known]]
    return Ratings(code, _values(possible), patients(patient, len(table)))


def _missing(cell: object) -> bool:
    return cell is None or cell == "" or (isinstance(cell, float) and np.isnan(cell))


def _values(possible: list[object]) -> Array:
    """Numbers stand for themselves, words for their place."""
    if all(isinstance(value, int | float | np.number) for value in possible):
        return np.array(possible, np.float64)
    return np.arange(len(possible), dtype=np.float64)
