"""Unit columns of a model over a grid of rates, and what one or two of them explain of a signal."""

import numpy as np
from numpy.typing import NDArray

from nodewise.volume import Array

Real = NDArray[np.floating]
FIRST, SECOND, BOTH = 1, 2, 3


def orthonormal(columns: Array) -> tuple[Array, Array]:
    """Orthonormal columns, shape (m, k, g), and the triangle that restores columns (k, m, g).

    A column that is zero, or a second that is parallel to the first, gives a column of zeros.
    """
    count, samples, grid_size = columns.shape
    atoms, triangle = np.zeros((samples, count, grid_size)), np.zeros((count, count, grid_size))
    for k in range(count):
        rest = columns[k].copy()
        length = np.sqrt((rest**2).sum(axis=0))
        for before in range(k):
            triangle[before, k] = (atoms[:, before] * rest).sum(axis=0)
            rest -= triangle[before, k] * atoms[:, before]
        left = np.sqrt((rest**2).sum(axis=0))
        good = left > 1e-7 * length
        triangle[k, k] = np.where(good, left, 0.0)
        atoms[:, k] = np.where(good, rest / np.where(good, left, 1.0), 0.0)
    return atoms, triangle


def angles(triangle: Array) -> tuple[Array, Array]:
    """Cosine and sine, shape (g,), of the angle between two columns, of a triangle (k, k, g).

    A single column is as good as perpendicular to a second one that explains nothing.
    """
    if len(triangle) == 1:
        return np.zeros(triangle.shape[2]), np.ones(triangle.shape[2])
    length = np.maximum(np.hypot(triangle[0, 1], triangle[1, 1]), 1e-300)
    return triangle[0, 1] / length, triangle[1, 1] / length


def columns_that_help(first: Real, second: Real, cosine: Real, sine: Real) -> NDArray[np.uint8]:
    """FIRST, SECOND or BOTH, shape (n,): which columns a non-negative fit uses.

    Args:
        first: projection on the first unit column, shape (n,).
        second: on the perpendicular part of the second, shape (n,).
        cosine: of the angle between the columns, shape (n,).
        sine: of that angle, shape (n,).
    """
    inside = (second > 0) & (sine * first > cosine * second)
    alone = FIRST + (first < cosine * first + sine * second).astype(np.uint8)
    return np.where(inside, np.uint8(BOTH), alone)


def columns_in_use(amplitudes: Array) -> NDArray[np.uint8]:
    """FIRST, SECOND, BOTH or 0, shape (n,), by which of the amplitudes, shape (k, n), are not 0."""
    places = np.array([[FIRST], [SECOND]][: len(amplitudes)], np.uint8)
    return np.asarray(((amplitudes > 0) * places).sum(axis=0), np.uint8)


def explained(first: Real, second: Real, *, cosine: Real, sine: Real) -> Real:
    """Energy that two columns explain with amplitudes of 0 or more, shape (n, g).

    It is the lesser of two sums of squares of positive parts: one on the first column and what is
    perpendicular to it, the other on the second column and what is perpendicular to that.

    Args:
        first: projection on the first unit column, shape (n, g).
        second: on the perpendicular part of the second, shape (n, g).
        cosine: of the angle between the columns, shape (g,).
        sine: of that angle, shape (g,).
    """
    energy, work = np.clip(first, 0, np.inf), np.clip(second, 0, np.inf)
    energy *= energy
    work *= work
    energy += work
    other, turned = first * cosine, first * sine
    other += np.multiply(second, sine, out=work)
    turned -= np.multiply(second, cosine, out=work)
    for part in (other, turned):
        np.clip(part, 0, np.inf, out=part)
        part *= part
    other += turned
    return np.minimum(energy, other, out=energy)
