"""Models of one rate: a dictionary and a polynomial between its atoms; nothing iterates per sample.

The energy of a signal that an atom explains is smooth in the rate. A coarse dictionary tells
between which rates its peak lies; there, nine neighbours on a finer grid give a polynomial. Voxels
are sorted by that place, so that one matrix product serves all that share it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from nodewise.maps.amplitudes import Order, Solution, covariance, dot, non_negative
from nodewise.maps.columns import (
    FIRST,
    SECOND,
    angles,
    columns_in_use,
    columns_that_help,
    explained,
    orthonormal,
)
from nodewise.maps.grids import at_position, grid
from nodewise.models.base import Model, slopes
from nodewise.volume import Array

TAPS = 9
REACH = TAPS // 2
OFFSETS = np.arange(-REACH, REACH + 1, dtype=float)
TO_POLYNOMIAL = np.linalg.inv(np.vander(OFFSETS, increasing=True)).T  # values @ this = coefficients
SIZES = (32, 48, 64, 96, 128, 192, 256, 384)
STRIDE = 4  # steps of the grid between the atoms looked at first
FURTHEST = 2.5  # steps of the grid from a cell's middle to a peak that is looked for in it
STEPS = 5  # of Newton's from a grid point to the peak beside it
SNAP = 1e-4  # steps of the grid: this near its end is at the bound
INTERPOLATION_ERROR = 1e-11  # of a unit atom; see test_a_finer_grid_changes_nothing
RANK_ERROR = 1e-11  # of a unit atom, left out of the space that all atoms span

Rows = NDArray[np.intp]
Kinds = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class OneRate:
    """Tables of a model's columns over c cells of the grid of its rate, nine points to a cell.

    Args:
        model: with one or two columns and one rate.
        size: points of the grid.
        space: orthonormal directions that hold every atom, shape (m, r).
        coarse: every fourth atom in that space, single precision, shape (k, r, a).
        turn: cosine and sine between the columns of every fourth atom, shape (2, a).
        cells: of every fourth atom, shape (a,).
        middles: grid point in the middle of each cell, shape (c,).
        nodes: orthonormal columns in the space, shape (c, 9 k, r).
        tables: triangle and sensitivities, see _tables, shape (c, t, 9).
        angles: cosine and sine between the columns, shape (c, 2, 9).
    """

    block: ClassVar[int] = (
        16_384  # voxels at once: enough to share a cell, few enough for the cache
    )
    order: ClassVar[Order] = "C"

    model: Model
    size: int
    space: Array
    coarse: NDArray[np.float32]
    turn: NDArray[np.float32]
    cells: Rows
    middles: Rows
    nodes: Array
    tables: Array
    angles: Array

    @classmethod
    def of(cls, model: Model) -> "OneRate":
        """Tables on the coarsest grid whose interpolation is exact enough."""
        for size in SIZES:
            columns, error = _on_grid(model, size)
            if error < INTERPOLATION_ERROR:
                break
        rates = grid(model.rates[0], size)[None]
        atoms, triangle = orthonormal(columns)
        space = _span(atoms)
        short = np.einsum("mr,mkg->krg", space, atoms)
        middles, cells = np.unique(
            np.clip(np.arange(0, size, STRIDE), REACH, size - 1 - REACH), return_inverse=True
        )
        window = middles[:, None] + np.arange(-REACH, REACH + 1)
        turn = np.stack(angles(triangle))
        tables = _tables(columns, triangle, slopes(model, rates)[0])
        nodes = short[:, :, window].transpose(2, 0, 3, 1)  # c, k, 9, r
        return cls(
            model=model,
            size=size,
            space=space,
            coarse=short[:, :, ::STRIDE].astype(np.float32),
            turn=turn[:, ::STRIDE].astype(np.float32),
            cells=cells,
            middles=middles,
            nodes=np.ascontiguousarray(nodes.reshape(len(middles), -1, len(short[0]))),
            tables=np.ascontiguousarray(tables[:, window].transpose(1, 0, 2)),
            angles=np.ascontiguousarray(turn[:, window].transpose(1, 0, 2)),
        )

    def solve(self, signals: Array) -> Solution:
        """The best fit to each of signals, shape (m, n)."""
        short = self.space.T @ signals
        energy = dot(signals, signals)
        cell = self.cells[self._nearest(short, energy)]
        order = np.argsort(cell.astype(np.uint16), kind="stable")
        local = Local(self, cell[order], np.take(short, order, axis=1), energy[order])
        solution = local.solve()
        for name in Solution.__slots__:
            found = getattr(solution, name)
            back = np.empty_like(found)
            back[..., order] = found
            found[...] = back
        return solution

    def _nearest(self, short: Array, energy: Array) -> Rows:
        """Which of every fourth atom explains most, shape (n,), of signals in the space, (r, n)."""
        scaled = (short / np.sqrt(energy)).astype(np.float32).T
        first = scaled @ self.coarse[0]
        if len(self.coarse) == 1:
            return np.asarray(first.argmax(axis=1))
        cosine, sine = self.turn
        explains = explained(first, scaled @ self.coarse[1], cosine=cosine, sine=sine)
        return np.asarray(explains.argmax(axis=1))


@dataclass(frozen=True, slots=True)
class Local:
    """Signals sorted by the cell that their rate lies in.

    Args:
        tables: of the model.
        cell: rising, shape (n,).
        short: signals in the space of the tables, shape (r, n).
        energy: of the signals, shape (n,).
    """

    tables: OneRate
    cell: Rows
    short: Array
    energy: Array

    def solve(self) -> Solution:
        """The best fit to each of the signals."""
        parts = self._multiplied(self.tables.nodes, self.short).reshape(-1, TAPS, len(self.cell))
        node, kind = self._best_nodes(parts)
        solution = self._fitted(parts, node, kind)
        settled = columns_in_use(solution.amplitudes)
        changed = np.flatnonzero((settled != kind) & (settled > 0))
        if len(parts) == 2 and len(changed):
            # a column came in or went out between two grid points: once more with those in use
            again = Local(
                self.tables, self.cell[changed], self.short[:, changed], self.energy[changed]
            )
            other = again._fitted(parts[..., changed], node[changed], settled[changed])
            solution.improve(other, changed)
        return solution

    def _groups(self) -> Iterator[tuple[int, slice]]:
        """Each cell that has voxels, and where these stand."""
        ends = np.cumsum(np.bincount(self.cell, minlength=len(self.tables.middles)))
        start = 0
        for cell, end in enumerate(ends.tolist()):
            if end > start:
                yield cell, slice(start, end)
            start = end

    def _multiplied(self, tables: Array, vectors: Array) -> Array:
        """Each cell's table, shape (c, t, x), times its voxels' vectors, shape (x, n): (t, n)."""
        product = np.empty((tables.shape[1], len(self.cell)))
        for cell, part in self._groups():
            np.matmul(tables[cell], vectors[:, part], out=product[:, part])
        return product

    def _best_nodes(self, parts: Array) -> tuple[Rows, Kinds]:
        """Which of nine nodes explains most, shape (n,), and by which columns, of (k, 9, n)."""
        every = np.arange(len(self.cell))
        if len(parts) == 1:
            return parts[0].argmax(axis=0), np.full(len(every), FIRST, np.uint8)
        cosine, sine = self._turned()
        node = explained(*parts, cosine=cosine, sine=sine).argmax(axis=0)
        at_node = (part[node, every] for part in (*parts, cosine, sine))
        return node, columns_that_help(*at_node)

    def _turned(self) -> tuple[Array, Array]:
        """Cosine and sine of the columns' angle at each voxel's nine nodes, shape (9, n) each."""
        cosine, sine = self.tables.angles[self.cell].transpose(1, 2, 0)
        return cosine, sine

    def _fitted(self, parts: Array, node: Rows, kind: Kinds) -> Solution:
        """The fit with the columns in use, shape (n,), at the peak beside each node, shape (n,).

        Args:
            parts: signals on orthonormal columns at nine nodes, shape (k, 9, n).
            node: 0 to 8.
            kind: FIRST, SECOND or BOTH.
        """
        at = self._peak(self._energy(parts, kind), node)
        weights = TO_POLYNOMIAL @ _powers(at)
        position = self.tables.middles[self.cell] + at
        return self._solution(np.stack([dot(part, weights) for part in parts]), weights, position)

    def _energy(self, parts: Array, kind: Kinds) -> Array:
        """What the columns in use explain at nine nodes, shape (9, n), or its root for one."""
        if len(parts) == 1:
            return np.asarray(parts[0])
        first, second = parts
        energy = first**2 + second**2
        alone = np.flatnonzero(kind == FIRST)
        energy[:, alone] = first[:, alone]
        alone = np.flatnonzero(kind == SECOND)
        if len(alone):
            cosine, sine = self.tables.angles[self.cell[alone]].transpose(1, 2, 0)
            energy[:, alone] = cosine * first[:, alone] + sine * second[:, alone]
        return np.asarray(energy)

    def _peak(self, energy: Array, node: Rows) -> Array:
        """Where between its neighbours a polynomial through (9, n) peaks, shape (n,)."""
        coefficients = TO_POLYNOMIAL.T @ energy
        at = node.astype(float) - REACH
        low, high = np.maximum(at - 1.0, -REACH), np.minimum(at + 1.0, REACH)
        for _ in range(STEPS):
            slope, bend = _derivatives(coefficients, at)
            step = np.where(bend < 0, -slope / np.where(bend < 0, bend, 1.0), np.sign(slope) * 0.5)
            at = np.clip(at + step, low, high)
        return at

    def _solution(self, parts: Array, weights: Array, position: Array) -> Solution:
        """Amplitudes, residual and covariance.

        Args:
            parts: signals on orthonormal columns, shape (k, n).
            weights: of the nine nodes, shape (9, n).
            position: on the grid, shape (n,).
        """
        size, count = self.tables.size, len(parts)
        position = np.where(position < SNAP, 0.0, position)
        position = np.where(position > size - 1 - SNAP, size - 1.0, position)
        table = list(self._multiplied(self.tables.tables, weights))
        gram, onto = _normal_equations(table, parts)
        amplitudes = non_negative(gram, onto)
        explains = sum(
            amplitudes[i] * (2 * onto[i] - sum(gram[i][j] * amplitudes[j] for j in range(count)))
            for i in range(count)
        )
        cross, inner = _sensitivity(table, amplitudes)
        return Solution(
            amplitudes=amplitudes,
            rates=at_position(self.tables.model.rates[0], position, size)[None],
            residual=np.maximum(self.energy - explains, 0.0),
            covariance=covariance(gram, [[one] for one in cross], [[inner]]),
            converged=np.ones(len(position), bool),
            at_bound=(position <= 0) | (position >= size - 1) | (inner <= 0),
        )


def _tables(columns: Array, triangle: Array, change: Array) -> Array:
    """What is interpolated beside the projections, shape (t, g).

    The triangle's upper entries; a_i · d_j; and the upper entries of d_i · d_j.

    Args:
        columns: a, shape (k, m, g).
        triangle: shape (k, k, g).
        change: d, the derivatives of columns, shape (k, m, g).
    """
    k = range(len(columns))
    cross = [dot(columns[i], change[j]) for i in k for j in k]
    inner = [dot(change[i], change[j]) for i in k for j in k if j >= i]
    return np.stack([*(triangle[i, j] for i in k for j in k if j >= i), *cross, *inner])


def _normal_equations(table: list[Array], parts: Array) -> tuple[list[list[Array]], list[Array]]:
    """Gram matrix and projections of the columns from their orthonormal parts, shape (k, n)."""
    if len(parts) == 1:
        return [[table[0] ** 2]], [table[0] * parts[0]]
    r11, r12, r22 = table[:3]
    off = r11 * r12
    gram = [[r11**2, off], [off, r12**2 + r22**2]]
    return gram, [r11 * parts[0], r12 * parts[0] + r22 * parts[1]]


def _sensitivity(table: list[Array], amplitudes: Array) -> tuple[list[Array], Array]:
    """a_i · d and d · d, shape (n,) each, where d is the signal's derivative by the rate."""
    if len(amplitudes) == 1:
        return [table[1] * amplitudes[0]], table[2] * amplitudes[0] ** 2
    first, second = amplitudes
    a11, a12, a21, a22, d11, d12, d22 = table[3:]
    inner = d11 * first**2 + 2 * d12 * first * second + d22 * second**2
    return [a11 * first + a12 * second, a21 * first + a22 * second], inner


def _derivatives(coefficients: Array, at: Array) -> tuple[Array, Array]:
    """First and second derivative, shape (n,), of polynomials, coefficients of shape (9, n)."""
    slope, bend = np.zeros_like(at), np.zeros_like(at)
    for power in range(TAPS - 1, 0, -1):
        bend *= at
        bend += slope
        slope *= at
        slope += power * coefficients[power]
    return slope, bend


def _powers(at: Array) -> Array:
    """1, at, at², …, shape (9, n)."""
    powers = np.ones((TAPS, len(at)))
    for power in range(1, TAPS):
        np.multiply(powers[power - 1], at, out=powers[power])
    return powers


def _span(atoms: Array) -> Array:
    """Orthonormal directions, shape (m, r), that hold atoms, shape (m, k, g), to rounding."""
    rest = atoms.reshape(len(atoms), -1).copy()
    space = np.empty((len(atoms), 0))
    while space.shape[1] < len(atoms):
        length = np.linalg.norm(rest, axis=0)
        furthest = length.argmax()
        if length[furthest] < RANK_ERROR:
            break
        unit = rest[:, furthest] / length[furthest]
        unit -= space @ (space.T @ unit)
        unit /= np.linalg.norm(unit)
        rest -= np.outer(unit, unit @ rest)
        space = np.column_stack([space, unit])
    return np.ascontiguousarray(space)


def _on_grid(model: Model, size: int) -> tuple[Array, float]:
    """Columns, shape (k, m, g), at g grid points, and the greatest error of atoms between them.

    It is taken as far from a middle as a cell is used.
    """
    middle = np.arange(REACH, size - REACH)
    position = np.concatenate([np.arange(size), middle + FURTHEST])
    columns = model.columns(at_position(model.rates[0], position, size)[None])
    atoms, _ = orthonormal(columns)
    weights = TO_POLYNOMIAL @ _powers(np.array([FURTHEST]))
    window = middle[:, None] + np.arange(-REACH, REACH + 1)
    guess = atoms[:, :, window] @ weights[:, 0]
    error = np.sqrt(((guess - atoms[:, :, size:]) ** 2).sum(axis=0)).max()
    return columns[..., :size], float(error)
