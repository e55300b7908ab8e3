"""Which way a score points: nothing here takes a high value for a bad one."""

from enum import StrEnum
from math import isfinite

from numpy.typing import ArrayLike

from nodewise.errors import StatsError
from nodewise.stats.inputs import Array, Mask, numbers


class Direction(StrEnum):
    """Which end of the score speaks for disease."""

    HIGHER = "higher"
    LOWER = "lower"


def at_cutoff(score: ArrayLike, cutoff: float, *, direction: Direction | str) -> Mask:
    """Whether each unit is positive at a cut-off; a score at the cut-off itself is positive.

    Args:
        score: shape (n,).
        cutoff: in the score's unit.
        direction: whether higher or lower scores speak for disease.

    >>> at_cutoff([0.8, 1.0, 1.2], 1.0, direction="lower").tolist()
    [True, True, False]
    """
    if not isfinite(cutoff):
        raise StatsError(f"a cut-off is a finite number; {cutoff} was given")
    values = numbers(score, "score")
    return values >= cutoff if pointing(direction) is Direction.HIGHER else values <= cutoff


def pointing(direction: Direction | str) -> Direction:
    """A direction, from its word."""
    try:
        return Direction(direction)
    except ValueError:
        raise StatsError(f"direction is 'higher' or 'lower'; '{direction}' was given") from None


def upward(score: ArrayLike, direction: Direction | str) -> Array:
    """The score turned so that higher speaks for disease, shape (n,)."""
    values = numbers(score, "score")
    return values if pointing(direction) is Direction.HIGHER else -values
