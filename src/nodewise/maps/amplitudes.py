"""Non-negative amplitudes of one or two columns in closed form, and what their fit is worth.

Columns are few, voxels many: a Gram matrix is a table of arrays, gram[i][j] of shape (n,).
"""

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from nodewise.volume import Array, Mask

Table = list[list[Array]]  # entry [i][j], shape (n,) each


@dataclass(frozen=True, slots=True)
class Solution:
    """A block of fitted voxels.

    Args:
        amplitudes: shape (n, k).
        rates: shape (n, q).
        residual: sum of squares, shape (n,).
        covariance: of amplitudes and rates for unit noise, shape (n, k + q, k + q).
        converged: shape (n,), boolean.
        at_bound: a rate rests on its bound or nothing determines it, shape (n,), boolean.
    """

    amplitudes: Array
    rates: Array
    residual: Array
    covariance: Array
    converged: Mask
    at_bound: Mask


def better(old: Solution, new: Solution, rows: NDArray[np.intp]) -> Solution:
    """The old solution with the new one's rows, shape (r,), wherever these leave less residual."""
    take = new.residual < old.residual[rows]
    for field in fields(Solution):
        getattr(old, field.name)[rows[take]] = getattr(new, field.name)[take]
    return old


def dot(left: Array, right: Array) -> Array:
    """Products summed over the last axis, shape (n,), of arrays of shape (n, m)."""
    return np.asarray(np.einsum("nm,nm->n", left, right))


def divide(top: Array, bottom: Array) -> Array:
    """Quotient, shape (n,), of arrays of that shape; 0 where bottom is not above 0."""
    return np.divide(top, bottom, out=np.zeros(bottom.shape), where=bottom > 0)


def non_negative(gram: Table, projected: list[Array]) -> list[Array]:
    """Amplitudes c ≥ 0 that minimise |y - Σ c_i a_i|².

    Args:
        gram: a_i · a_j, entries of shape (n,).
        projected: a_i · y, k arrays of shape (n,).

    Returns:
        k arrays of shape (n,).
    """
    if len(projected) == 1:
        return [np.maximum(divide(projected[0], gram[0][0]), 0)]
    (g11, g12), (_, g22), (h1, h2) = gram[0], gram[1], projected
    determinant = _determinant(g11, g12, g22)
    both_1 = divide(g22 * h1 - g12 * h2, determinant)
    both_2 = divide(g11 * h2 - g12 * h1, determinant)
    alone_1 = np.maximum(divide(h1, g11), 0)
    alone_2 = np.maximum(divide(h2, g22), 0)
    inside = (both_1 >= 0) & (both_2 >= 0) & (determinant > 0)
    first = alone_1 * np.maximum(h1, 0) >= alone_2 * np.maximum(h2, 0)
    return [
        np.where(inside, both_1, np.where(first, alone_1, 0.0)),
        np.where(inside, both_2, np.where(first, 0.0, alone_2)),
    ]


def _determinant(g11: Array, g12: Array, g22: Array) -> Array:
    """Determinant of a 2 × 2 Gram matrix, shape (n,); 0 where its columns cannot be told apart."""
    determinant = g11 * g22 - g12**2
    return np.where(determinant > 1e-12 * g11 * g22, determinant, 0.0)


def inverse_gram(gram: Table) -> Table:
    """Inverse of a 1 × 1 or 2 × 2 Gram matrix, entries of shape (n,), infinite where singular."""
    if len(gram) == 1:
        return [[_reciprocal(gram[0][0])]]
    (g11, g12), (_, g22) = gram
    scale = _reciprocal(_determinant(g11, g12, g22))
    with np.errstate(invalid="ignore"):
        return [[g22 * scale, -g12 * scale], [-g12 * scale, g11 * scale]]


def _reciprocal(values: Array) -> Array:
    """One over values, shape (...), infinite where they are not above 0."""
    return np.asarray(np.divide(1.0, values, out=np.full(values.shape, np.inf), where=values > 0))


def covariance(gram: Table, cross: Table, inner: Table) -> Array:
    """Covariance of (amplitudes, rates) for unit noise, by the Schur complement of the rates.

    Args:
        gram: a_i · a_j, k by k entries of shape (n,).
        cross: a_i · d_j, k by q entries, where d_j = Σ c_i ∂a_i/∂rate_j.
        inner: d_i · d_j, q by q entries.

    Returns:
        Shape (n, k + q, k + q); infinite where the data leave something undetermined.
    """
    count, rates = len(gram), len(inner)
    with np.errstate(invalid="ignore", over="ignore"):
        inverse = inverse_gram(gram)
        weights = _product(inverse, cross)
        schur = [
            [
                inner[i][j] - sum(cross[k][i] * weights[k][j] for k in range(count))
                for j in range(rates)
            ]
            for i in range(rates)
        ]
        known = [schur[i][i] > 1e-12 * inner[i][i] for i in range(rates)]
        lower = _inverse_where(known, schur)
        result = np.empty((len(gram[0][0]), count + rates, count + rates))
        mixed = _product(weights, lower)
        for i in range(count):
            for j in range(count):
                spread = sum((mixed[i][r] * weights[j][r] for r in range(rates)), start=0.0)
                result[:, i, j] = inverse[i][j] + spread
            for j in range(rates):
                result[:, i, count + j] = result[:, count + j, i] = -mixed[i][j]
        for i in range(rates):
            for j in range(rates):
                result[:, count + i, count + j] = lower[i][j]
            result[~known[i], count + i, count + i] = np.inf
    return result


def _inverse_where(known: list[Mask], schur: Table) -> Table:
    """Inverse of the rates' information, entries of shape (n,); 0 for rates that are not known."""
    size = len(schur)
    if not size:
        return []
    matrix = np.empty((len(schur[0][0]), size, size))
    for i in range(size):
        for j in range(size):
            both = known[i] & known[j]
            matrix[:, i, j] = np.where(both, schur[i][j], 1.0 if i == j else 0.0)
    inverse = invert(matrix)
    return [
        [np.where(known[i] & known[j], inverse[:, i, j], 0.0) for j in range(size)]
        for i in range(size)
    ]


def invert(matrix: Array) -> Array:
    """Inverse of symmetric matrices, shape (n, q, q), infinite on the diagonal where singular."""
    size = matrix.shape[-1]
    if size == 1:
        return _reciprocal(matrix)
    scale = np.sqrt(np.einsum("nii->ni", matrix))
    scaled = matrix / scale[:, :, None] / scale[:, None, :]
    if size == 2:
        off = scaled[:, 0, 1]
        determinant = 1 - off**2
        good = determinant > 1e-10
        gain = np.divide(1.0, determinant, out=np.full(off.shape, np.inf), where=good)
        inverse = np.empty_like(matrix)
        inverse[:, 0, 0] = inverse[:, 1, 1] = gain
        inverse[:, 0, 1] = inverse[:, 1, 0] = np.where(good, -off * np.where(good, gain, 0), 0.0)
    else:
        good = np.linalg.det(scaled) > 1e-10
        inverse = np.linalg.inv(np.where(good[:, None, None], scaled, np.eye(size)))
        inverse[~good] = np.diag(np.full(size, np.inf))[None].repeat((~good).sum(), axis=0)
    return np.asarray(inverse / scale[:, :, None] / scale[:, None, :])


def _product(left: Table, right: Table) -> Table:
    """Matrix product of tables whose entries have shape (n,)."""
    columns = len(right[0]) if right else 0
    return [
        [
            np.asarray(sum((row[k] * right[k][j] for k in range(len(row))), start=np.zeros(())))
            for j in range(columns)
        ]
        for row in left
    ]
