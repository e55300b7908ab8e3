"""Models of one rate: a dictionary and a polynomial between its atoms; nothing iterates per sample.

The energy of a signal that an atom explains is smooth in the rate. It is had on a grid by one
matrix product, and between the grid's points from nine neighbours.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nodewise.maps.amplitudes import Solution, Table, better, covariance, non_negative
from nodewise.maps.grids import at_position, grid
from nodewise.models.base import Model
from nodewise.volume import Array

TAPS = 9
REACH = TAPS // 2
OFFSETS = np.arange(-REACH, REACH + 1, dtype=float)
TO_POLYNOMIAL = np.linalg.inv(np.vander(OFFSETS, increasing=True)).T  # values @ this = coefficients
SIZES = (32, 48, 64, 96, 128, 192, 256, 384)
CACHED = 30_000  # numbers of one array that stay in a core's cache beside a few others
STRIDE = 4  # steps of the grid between the atoms looked at first
SNAP = 1e-4  # steps of the grid: this near its end is at the bound
INTERPOLATION_ERROR = 1e-9  # of a unit atom; see test_a_finer_grid_changes_nothing


Real = NDArray[np.floating]


@dataclass(frozen=True, slots=True)
class OneRate:
    """Tables of a model's columns over the grid of its rate.

    Args:
        model: with one or two columns and one rate.
        rates: grid, shape (g,).
        atoms: orthonormal columns, shape (m, k, g).
        triangle: columns in terms of the orthonormal ones, shape (k, k, g).
        slopes: columns' derivatives dotted with columns and each other, shape (2k, 2k, g).
    """

    model: Model
    rates: Array
    atoms: Array
    triangle: Array
    slopes: Array

    @classmethod
    def of(cls, model: Model) -> "OneRate":
        """Tables on the coarsest grid whose interpolation is exact enough."""
        for size in SIZES:
            rates = grid(model.rates[0], size)
            columns = model.basis(rates[:, None])
            atoms, triangle = orthonormal(columns)
            if _interpolation_error(model, atoms) < INTERPOLATION_ERROR:
                break
        both = np.concatenate([columns, model.slopes(rates[:, None])[:, 0]], axis=1)
        slopes = np.einsum("gim,gjm->ijg", both, both)
        return cls(model, rates, atoms, triangle, np.ascontiguousarray(slopes))

    def solve(self, signals: Array) -> Solution:
        """The best fit to each of signals, shape (n, m)."""
        samples, columns, size = self.atoms.shape
        flat = signals @ self.atoms.reshape(samples, columns * size)
        projected = flat.reshape(len(signals), columns, size)
        coarse, active = best_atoms(projected[:, :, ::STRIDE], self.triangle[:, :, ::STRIDE])
        nearest = coarse * STRIDE
        if columns == 2:
            nearest, active = self._climb(projected, nearest)
        else:
            window = windows(nearest, size)
            energy = projected[np.arange(len(signals))[:, None], 0, window]
            nearest = window[np.arange(len(signals)), energy.argmax(axis=1)]
        position = np.empty(len(signals))
        self._refine(position, projected, nearest, active)
        solution = self._solution(signals, projected, position)
        settled = columns_in_use(solution.amplitudes)
        changed = np.flatnonzero((settled != active) & (settled > 0))
        if columns == 1 or len(changed) == 0:
            return solution
        # a column came in or went out between two grid points: once more with those in use
        again = position[changed]
        part = projected[changed]
        self._refine(again, part, nearest[changed], settled[changed])
        return better(solution, self._solution(signals[changed], part, again), changed)

    def _climb(
        self, projected: Array, nearest: NDArray[np.intp]
    ) -> tuple[NDArray[np.intp], NDArray[np.uint8]]:
        """The best of nine atoms around each nearest one, shape (n,), and the columns it uses."""
        row, window = np.arange(len(nearest)), windows(nearest, projected.shape[2])
        cosine, sine = (part[window] for part in angles(self.triangle))
        first, second = (projected[row[:, None], k, window] for k in range(2))
        best = explained(first, second, cosine=cosine, sine=sine).argmax(axis=1)
        kind = columns_that_help(*(part[row, best] for part in (first, second, cosine, sine)))
        return window[row, best], kind

    def _refine(
        self,
        position: Array,
        projected: Array,
        nearest: NDArray[np.intp],
        active: NDArray[np.uint8],
    ) -> None:
        """Write the best position near each nearest atom, shape (n,), for the columns in use."""
        for kind in np.unique(active):
            rows = np.flatnonzero(active == kind)
            energy = self._energy(projected, rows, nearest[rows], int(kind))
            position[rows] = highest(energy, nearest[rows], len(self.rates))

    def _energy(
        self, projected: Array, rows: NDArray[np.intp], nearest: NDArray[np.intp], kind: int
    ) -> Array:
        """Energy explained by the columns in use at nine grid points, shape (n, 9)."""
        window = windows(nearest, projected.shape[2])
        first = projected[rows[:, None], 0, window]
        if projected.shape[1] == 1:
            return np.asarray(first)
        second = projected[rows[:, None], 1, window]
        if kind == BOTH:
            return np.asarray(first**2 + second**2)
        if kind == FIRST:
            return np.asarray(first)
        r12, r22 = self.triangle[0, 1][window], self.triangle[1, 1][window]
        return np.asarray((r12 * first + r22 * second) / np.hypot(r12, r22))

    def _solution(self, signals: Array, projected: Array, position: Array) -> Solution:
        """Amplitudes, residual and covariance at positions on the grid, shape (n,)."""
        count, size = projected.shape[1:]
        centre = np.clip(np.rint(position).astype(np.intp), REACH, size - 1 - REACH)
        window = centre[:, None] + np.arange(-REACH, REACH + 1)
        weights = _powers(position - centre) @ TO_POLYNOMIAL.T
        row = np.arange(len(signals))[:, None]
        parts = [_weigh(weights, projected[row, k, window]) for k in range(count)]
        triangle = [
            [_weigh(weights, self.triangle[i, j][window]) for j in range(count)]
            for i in range(count)
        ]
        gram, onto = normal_equations(triangle, parts)
        amplitudes = non_negative(gram, onto)
        energy = sum(
            amplitudes[i] * (2 * onto[i] - sum(gram[i][j] * amplitudes[j] for j in range(count)))
            for i in range(count)
        )
        residual = np.maximum(np.einsum("nm,nm->n", signals, signals) - energy, 0.0)
        rates = at_position(self.model.rates[0], position, size)
        cross, inner = self._sensitivity(position, amplitudes)
        return Solution(
            amplitudes=np.stack(amplitudes, axis=-1),
            rates=rates[:, None],
            residual=residual,
            covariance=covariance(gram, cross, inner),
            converged=np.ones(len(signals), bool),
            at_bound=(position <= 0) | (position >= size - 1) | (inner[0][0] <= 0),
        )

    def _sensitivity(self, position: Array, amplitudes: list[Array]) -> tuple[Table, Table]:
        """a_i · d and d · d, where d is the signal's derivative by the rate; linear on the grid."""
        count = len(amplitudes)
        low = np.minimum(position.astype(np.intp), len(self.rates) - 2)
        share = position - low
        table = [
            [
                self.slopes[i, j][low] * (1 - share) + self.slopes[i, j][low + 1] * share
                for j in range(2 * count)
            ]
            for i in range(2 * count)
        ]
        cross = [
            [np.asarray(sum(amplitudes[j] * table[i][count + j] for j in range(count)))]
            for i in range(count)
        ]
        inner = sum(
            amplitudes[i] * amplitudes[j] * table[count + i][count + j]
            for i in range(count)
            for j in range(count)
        )
        return cross, [[np.asarray(inner)]]


FIRST, SECOND, BOTH = 1, 2, 3


def orthonormal(columns: Array) -> tuple[Array, Array]:
    """Orthonormal columns, shape (m, k, g), and the triangle that restores columns (g, k, m).

    A column that is zero, or a second that is parallel to the first, gives a column of zeros.
    """
    grid_size, count, samples = columns.shape
    atoms, triangle = np.zeros((samples, count, grid_size)), np.zeros((count, count, grid_size))
    for k in range(count):
        rest = columns[:, k].T.copy()
        length = np.sqrt((rest**2).sum(axis=0))
        for before in range(k):
            triangle[before, k] = (atoms[:, before] * rest).sum(axis=0)
            rest -= triangle[before, k] * atoms[:, before]
        left = np.sqrt((rest**2).sum(axis=0))
        good = left > 1e-7 * length
        triangle[k, k] = np.where(good, left, 0.0)
        atoms[:, k] = np.where(good, rest / np.where(good, left, 1.0), 0.0)
    return atoms, triangle


def normal_equations(triangle: Table, parts: list[Array]) -> tuple[Table, list[Array]]:
    """Gram matrix and projections of the columns from their orthonormal parts, shape (n,) each."""
    count = len(parts)
    gram = [
        [
            np.asarray(sum(triangle[k][i] * triangle[k][j] for k in range(min(i, j) + 1)))
            for j in range(count)
        ]
        for i in range(count)
    ]
    onto = [np.asarray(sum(triangle[k][i] * parts[k] for k in range(i + 1))) for i in range(count)]
    return gram, onto


def best_atoms(projected: Array, triangle: Array) -> tuple[NDArray[np.intp], NDArray[np.uint8]]:
    """Index of the atom that explains most, shape (n,), and which columns it uses, shape (n,).

    Args:
        projected: signals on orthonormal columns, shape (n, k, g).
        triangle: shape (k, k, g).
    """
    count, columns, size = projected.shape
    if columns == 1:
        return projected[:, 0].argmax(axis=1), np.full(count, FIRST, np.uint8)
    cosine, sine = (part.astype(projected.dtype) for part in angles(triangle))
    nearest = np.empty(count, np.intp)
    rows = max(CACHED // size, 16)
    for start in range(0, count, rows):
        part = slice(start, start + rows)
        energy = explained(projected[part, 0], projected[part, 1], cosine=cosine, sine=sine)
        energy.argmax(axis=1, out=nearest[part])
    row = np.arange(count)
    first, second = projected[row, 0, nearest], projected[row, 1, nearest]
    return nearest, columns_that_help(first, second, cosine[nearest], sine[nearest])


def angles(triangle: Array) -> tuple[Array, Array]:
    """Cosine and sine of the angle between two columns, shape (g,), of a triangle (2, 2, g)."""
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
    single = np.where(first >= cosine * first + sine * second, FIRST, SECOND)
    return np.where(inside, BOTH, single).astype(np.uint8)


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
    energy, work = np.maximum(first, 0), np.maximum(second, 0)
    energy *= energy
    work *= work
    energy += work
    other, turned = first * cosine, first * sine
    other += np.multiply(second, sine, out=work)
    turned -= np.multiply(second, cosine, out=work)
    for part in (other, turned):
        np.maximum(part, 0, out=part)
        part *= part
    other += turned
    return np.minimum(energy, other, out=energy)


def columns_in_use(amplitudes: Array) -> NDArray[np.uint8]:
    """FIRST, SECOND, BOTH or 0, shape (n,), by which of the amplitudes, shape (n, k), are not 0."""
    places = np.array([FIRST, SECOND][: amplitudes.shape[1]], np.uint8)
    return np.asarray(((amplitudes > 0) * places).sum(axis=1), np.uint8)


def windows(nearest: NDArray[np.intp], size: int) -> NDArray[np.intp]:
    """Nine neighbouring grid points around each nearest one, within the grid, shape (n, 9)."""
    centre = np.clip(nearest, REACH, size - 1 - REACH)
    return np.asarray(centre[:, None] + np.arange(-REACH, REACH + 1))


def highest(energy: Array, nearest: NDArray[np.intp], size: int) -> Array:
    """Where on the grid the polynomial through nine points peaks, shape (n,).

    Args:
        energy: at the window of each nearest point, shape (n, 9).
        nearest: grid point of the greatest energy, shape (n,).
        size: of the grid.
    """
    centre = np.clip(nearest, REACH, size - 1 - REACH)
    coefficients = (energy @ TO_POLYNOMIAL).T
    low = np.maximum(nearest - 1, 0) - centre
    high = np.minimum(nearest + 1, size - 1) - centre
    at = (nearest - centre).astype(float)
    for _ in range(5):
        slope, bend = _derivatives(coefficients, at)
        step = np.divide(-slope, bend, out=np.sign(slope) * 0.5, where=bend < 0)
        at = np.clip(at + step, low, high)
    found = centre + at
    return np.asarray(np.where(found < SNAP, 0, np.where(found > size - 1 - SNAP, size - 1, found)))


def _derivatives(coefficients: Array, at: Array) -> tuple[Array, Array]:
    """First and second derivative, shape (n,), of polynomials, coefficients of shape (9, n)."""
    slope, bend = np.zeros_like(at), np.zeros_like(at)
    for power in range(TAPS - 1, 0, -1):
        bend = bend * at + slope
        slope = slope * at + power * coefficients[power]
    return slope, bend


def _powers(at: Array) -> Array:
    """1, at, at², …, shape (n, 9)."""
    powers = np.ones((len(at), TAPS))
    for power in range(1, TAPS):
        np.multiply(powers[:, power - 1], at, out=powers[:, power])
    return powers


def _weigh(weights: Array, values: Array) -> Array:
    """Interpolated values, shape (n,), from shape (n, 9) and weights, shape (n, 9)."""
    return np.asarray(np.einsum("nt,nt->n", weights, values))


def _interpolation_error(model: Model, atoms: Array) -> float:
    """Greatest error between grid points of interpolated atoms, shape (m, k, g)."""
    size = atoms.shape[2]
    between = np.arange(size - 1) + 0.5
    exact, _ = orthonormal(model.basis(at_position(model.rates[0], between, size)[:, None]))
    centre = np.clip(np.rint(between).astype(int), REACH, size - 1 - REACH)
    weights = _powers(between - centre) @ TO_POLYNOMIAL.T
    window = centre[:, None] + np.arange(-REACH, REACH + 1)
    guess = np.einsum("gt,mkgt->mkg", weights, atoms[:, :, window])
    return float(np.sqrt(((guess - exact) ** 2).sum(axis=0)).max())
