"""Non-negative amplitudes of one or two columns in closed form, and what their fit is worth.

Columns are few, voxels many and last: a small matrix is a table of arrays, gram[i][j], shape (n,).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from functools import reduce
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from nodewise.volume import Array, Mask

Order = Literal["C", "F"]  # of signals in memory: by sample, or by voxel
Table = Sequence[Sequence[Array]] | Array  # entry [i][j], shape (n,) each
ALIKE = 4096  # rounding errors of a product: what differs by less is the same
SINGULAR = 1e-10  # of a pivot whose matrix has ones on its diagonal


@dataclass(frozen=True, slots=True)
class Solution:
    """A block of fitted voxels.

    Args:
        amplitudes: shape (k, n).
        rates: shape (q, n).
        residual: sum of squares, shape (n,).
        covariance: of amplitudes and rates for unit noise, shape (k + q, k + q, n).
        converged: shape (n,), boolean.
        at_bound: a rate rests on its bound or nothing determines it, shape (n,), boolean.
    """

    amplitudes: Array
    rates: Array
    residual: Array
    covariance: Array
    converged: Mask
    at_bound: Mask

    def improve(self, other: "Solution", voxels: NDArray[np.intp]) -> None:
        """Take the other's solution of some voxels, shape (v,), where it leaves less residual."""
        take = np.flatnonzero(other.residual < self.residual[voxels])
        for field in fields(Solution):
            getattr(self, field.name)[..., voxels[take]] = getattr(other, field.name)[..., take]


def dot(left: Array, right: Array) -> Array:
    """Products summed over samples, shape (n,), of arrays of shape (m, n)."""
    return np.asarray(np.einsum("mn,mn->n", left, right))


def products(columns: Sequence[Array] | Array, out: Array) -> Array:
    """Dot products of columns, shape (m, n) each, with each other, into out, shape (k, k, n)."""
    for i, left in enumerate(columns):
        for j in range(i, len(columns)):
            out[i, j] = out[j, i] = dot(left, columns[j])
    return out


def divide(top: Array, bottom: Array) -> Array:
    """Quotient, shape (n,), of arrays of that shape; 0 where bottom is not above 0."""
    good = bottom > 0
    if good.all():
        return top / bottom
    return np.divide(top, bottom, out=np.zeros_like(bottom), where=good)


def non_negative(gram: Table, projected: Sequence[Array]) -> Array:
    """Amplitudes c ≥ 0 that minimise |y - Σ c_i a_i|².

    Args:
        gram: a_i · a_j, entries of shape (n,).
        projected: a_i · y, k arrays of shape (n,).

    Returns:
        Shape (k, n).
    """
    if len(projected) == 1:
        return np.clip(divide(projected[0], gram[0][0]), 0, np.inf)[None]
    (g11, g12), (_, g22), (h1, h2) = gram[0], gram[1], projected
    determinant = _determinant(g11, g12, g22)
    first, second = g22 * h1 - g12 * h2, g11 * h2 - g12 * h1
    outside = np.flatnonzero((first < 0) | (second < 0) | (determinant <= 0))
    found = np.stack([divide(first, determinant), divide(second, determinant)])
    if len(outside):
        found[:, outside] = _better_alone(*(part[outside] for part in (g11, g22, h1, h2)))
    return found


def _better_alone(g11: Array, g22: Array, h1: Array, h2: Array) -> Array:
    """Amplitudes, shape (2, n), of whichever column explains more without the other."""
    alone = np.maximum(divide(h1, g11), 0), np.maximum(divide(h2, g22), 0)
    first = alone[0] * np.maximum(h1, 0) >= alone[1] * np.maximum(h2, 0)
    return np.stack([np.where(first, alone[0], 0.0), np.where(first, 0.0, alone[1])])


def _determinant(g11: Array, g12: Array, g22: Array) -> Array:
    """Determinant of a 2 × 2 Gram matrix, shape (n,); 0 where its columns cannot be told apart."""
    whole = g11 * g22
    determinant = whole - g12**2
    return determinant * (determinant > ALIKE * np.finfo(whole.dtype).eps * whole)


def inverse_gram(gram: Table) -> Table:
    """Inverse of a 1 × 1 or 2 × 2 Gram matrix, entries of shape (n,), infinite where singular."""
    if len(gram) == 1:
        return [[_reciprocal(gram[0][0])]]
    (g11, g12), (_, g22) = gram
    scale = _reciprocal(_determinant(g11, g12, g22))
    with np.errstate(invalid="ignore"):
        off = -g12 * scale
        return [[g22 * scale, off], [off, g11 * scale]]


def inverse_of_active(gram: Table, amplitudes: Array) -> Table:
    """Inverse Gram matrix, entries of shape (n,), of the columns whose amplitude is above 0.

    Args:
        gram: a_i · a_j, entries of shape (n,).
        amplitudes: shape (k, n).
    """
    inverse = inverse_gram(gram)
    if len(gram) == 1:
        return [[_finite(inverse[0][0])]]
    first, second = amplitudes > 0
    if first.all() and second.all():
        return [[_finite(part) for part in row] for row in inverse]
    both = first & second
    alone = [inverse_gram([[gram[k][k]]])[0][0] for k in range(2)]
    off = _finite(np.where(both, inverse[0][1], 0.0))
    return [
        [_finite(np.where(both, inverse[0][0], np.where(first, alone[0], 0.0))), off],
        [off, _finite(np.where(both, inverse[1][1], np.where(second, alone[1], 0.0)))],
    ]


def _finite(values: Array) -> Array:
    """The values, shape (n,), 0 where they are not finite."""
    good = np.isfinite(values)
    return values if good.all() else np.where(good, values, 0.0)


def _reciprocal(values: Array) -> Array:
    """One over values, shape (...), infinite where they are not above 0."""
    good = values > 0
    if good.all():
        return np.asarray(1.0 / values)
    return np.asarray(np.divide(1.0, values, out=np.full_like(values, np.inf), where=good))


def covariance(gram: Table, cross: Table, inner: Table) -> Array:
    """Covariance of (amplitudes, rates) for unit noise, by the Schur complement of the rates.

    Args:
        gram: a_i · a_j, k by k entries of shape (n,).
        cross: a_i · d_j, k by q entries, where d_j = Σ c_i ∂a_i/∂rate_j.
        inner: d_i · d_j, q by q entries.

    Returns:
        Shape (k + q, k + q, n); infinite where the data leave something undetermined.
    """
    k, q = len(gram), len(inner)
    result = np.empty((k + q, k + q, len(gram[0][0])))
    with np.errstate(invalid="ignore", over="ignore"):
        inverse = inverse_gram(gram)
        weights = [
            [total(row[x] * cross[x][j] for x in range(k)) for j in range(q)] for row in inverse
        ]
        schur = [
            [inner[i][j] - total(cross[x][i] * weights[x][j] for x in range(k)) for j in range(q)]
            for i in range(q)
        ]
        known = [(schur[i][i] > 1e-10 * inner[i][i]) & np.isfinite(schur[i][i]) for i in range(q)]
        lower = _inverse_where(known, schur)
        for i in range(k):
            mixed = [total(weights[i][r] * lower[r][j] for r in range(q)) for j in range(q)]
            for j in range(q):
                result[i, k + j] = result[k + j, i] = -mixed[j]
            for j in range(i, k):
                spread = sum((mixed[r] * weights[j][r] for r in range(q)), start=inverse[i][j])
                result[i, j] = result[j, i] = spread
    for i in range(q):
        result[k + i, k:] = lower[i]
        if not known[i].all():
            result[k + i, k + i, ~known[i]] = np.inf
    return result


def total(parts: Iterable[Array]) -> Array:
    """Sum of one or more arrays, shape (n,) each."""
    return reduce(np.add, parts)


def _inverse_where(known: Sequence[Mask], schur: Table) -> Table:
    """Inverse of the rates' information, entries of shape (n,); 0 for rates that are not known.

    What is known but cannot be told apart is infinite on the diagonal.
    """
    size = len(schur)
    if size == 0:
        return []
    if size == 1:
        return [[np.where(known[0], _reciprocal(schur[0][0]), 0.0)]]
    scale = [np.sqrt(_reciprocal(np.where(known[i], schur[i][i], 1.0))) for i in range(size)]
    matrix = np.empty((size, size, len(schur[0][0])))
    for i in range(size):
        for j in range(size):
            both = known[i] & known[j]
            matrix[i, j] = np.where(both, schur[i][j] * scale[i] * scale[j], 1.0 if i == j else 0.0)
    good = np.asarray((pivots(matrix) > SINGULAR).all(axis=0))
    unit = np.eye(size)[:, :, None]
    columns = [solve(matrix, unit[j] * np.ones(len(good))) for j in range(size)]
    table = []
    for i in range(size):
        row = []
        for j in range(size):
            found = np.where(good, columns[j][i], np.inf if i == j else 0.0) * scale[i] * scale[j]
            row.append(np.where(known[i] & known[j], found, 0.0))
        table.append(row)
    return table


@np.errstate(over="ignore", invalid="ignore")
def eliminated(matrix: Array) -> Array:
    """Symmetric matrices, shape (q, q, n), after elimination: pivots, and L D below them."""
    parts = matrix.copy()
    size = len(matrix)
    for k in range(size - 1):
        pivot = _held(parts[k, k], matrix[k, k])
        for i in range(k + 1, size):
            factor = parts[i, k] / pivot
            for j in range(k + 1, i + 1):
                parts[i, j] -= factor * parts[j, k]
    return parts


def pivots(matrix: Array) -> Array:
    """Pivots, shape (q, n), of symmetric matrices, shape (q, q, n)."""
    return np.asarray(np.einsum("iin->in", eliminated(matrix)))


def solve(matrix: Array, right: Array) -> Array:
    """Solve matrix · x = right, shapes (q, q, n) and (q, n), for x, shape (q, n).

    Args:
        matrix: symmetric and positive definite; a pivot near 0 is held above it.
        right: shape (q, n).
    """
    parts, x, size = eliminated(matrix), right.copy(), len(right)
    pivot = [_held(parts[k, k], matrix[k, k]) for k in range(size)]
    for k in range(size):
        x[k] /= pivot[k]
        for i in range(k + 1, size):
            x[i] -= parts[i, k] * x[k]
    for k in reversed(range(size)):
        for j in range(k + 1, size):
            x[k] -= parts[j, k] * x[j] / pivot[k]
    return x


def _held(pivot: Array, diagonal: Array) -> Array:
    """Pivots, shape (n,), kept above the rounding error of their diagonal, shape (n,)."""
    least = np.finfo(pivot.dtype)
    return np.maximum(pivot, 64 * least.eps * np.abs(diagonal) + least.tiny)
