"""Where a search starts: the rates of a grid over every combination that explain a signal most.

Along its first rate a signal's energy is interpolated; over the others a model that is known to
have several valleys is searched from the highest of the local maxima.
"""

from dataclasses import dataclass
from itertools import product
from math import prod

import numpy as np
from numpy.typing import NDArray

from nodewise.maps.amplitudes import dot
from nodewise.maps.columns import angles, orthonormal
from nodewise.maps.grids import at_position, grid
from nodewise.models.base import Model
from nodewise.volume import Array, Mask

SIZES = {(1, 2): (12, 8), (2, 2): (20, 14), (1, 3): (16, 12, 8)}  # columns, rates → grid
RANK_ERROR = 1e-3  # of a unit atom: enough to choose a start
CACHED = 400_000  # single-precision numbers of one array that stay in a core's cache
SPREAD = 5  # places all over the grid of the second and later rates
BELOW = 1.5  # steps of the grid
WORTH = 2.0  # a rival leaves at most so many times what the best start leaves
NEAR = 1.1  # times a voxel's cost: what a place leaves where another valley may be
ROUNDING = 1e-5  # of a signal's energy, in single precision
Single = NDArray[np.floating]  # float32
Rows = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Dictionary:
    """Atoms of a model, compressed to the few dimensions that they span.

    Args:
        model: of q rates.
        shape: of the grid over the first rate, then the others; product g.
        others: second and later rates at each point of their grid, shape (q - 1, p).
        space: orthonormal directions, shape (m, r).
        atoms: in that space what tells an atom's energy, see _signed, shape (k' g, r).
    """

    model: Model
    shape: tuple[int, ...]
    others: Array
    space: Single
    atoms: Single

    @classmethod
    def of(cls, model: Model) -> "Dictionary":
        """The dictionary of a model of one or two columns and two or three rates."""
        columns = len(model.parameters) - len(model.rates)
        shape = SIZES[columns, len(model.rates)]
        axes = [grid(rate, size) for rate, size in zip(model.rates, shape, strict=True)]
        rates = np.array(list(product(*axes))).T
        atoms, triangle = orthonormal(model.columns(rates))
        flat = atoms.reshape(len(atoms), -1)
        sample = flat[:, :: flat.shape[1] // 256 | 1]  # an odd step meets every rate of the grid
        left, size, _ = np.linalg.svd(sample, full_matrices=False)
        tail = np.sqrt(np.cumsum(size[::-1] ** 2)[::-1] / sample.shape[1])
        space = left[:, : max(int((tail > RANK_ERROR).sum()), 1)]
        return cls(
            model=model,
            shape=shape,
            others=rates[1:, : prod(shape[1:])],
            space=space.astype(np.float32),
            atoms=(_signed(atoms, triangle).T @ space).astype(np.float32),
        )

    def starts(self, signals: Array) -> tuple[Rows, Array]:
        """Voxels, shape (s,), and rates, shape (q, s), to search from: each voxel's best, in order.

        Then come the second, third, … highest of the local maxima of those that have some.

        Args:
            signals: of about 1 at most, shape (m, n), float32.
        """
        short, whole = self.space.T @ signals, dot(signals, signals)
        height, position = np.empty((2, self.others.shape[1], len(whole)), np.float32)
        size = max(CACHED // prod(self.shape), 16)
        for first in range(0, len(whole), size):
            part = slice(first, first + size)
            height[:, part], position[:, part] = profile(self._energy(short[:, part]))
        voxels, (most, places) = np.arange(len(whole)), highest(height)
        if self.model.valleys > 1:
            rivals, others = self._rivals(height, whole, most)
            voxels, places = np.concatenate([voxels, rivals]), np.concatenate([places, others])
        return voxels, self._peak(height, position, voxels, places)

    def _peak(self, height: Single, position: Single, voxels: Rows, places: Rows) -> Array:
        """Rates, shape (q, v), of the peaks beside places of the others, shape (v,).

        Args:
            height: of voxels at every place, shape (p, n).
            position: there, of the first rate, shape (p, n).
            voxels: shape (v,).
            places: shape (v,).
        """
        first, step = position[places, voxels], 1
        others: list[Array] = []
        at = np.unravel_index(places, self.shape[1:])
        for axis in reversed(range(len(at))):
            rate, size = self.model.rates[axis + 1], self.shape[axis + 1]
            middle = places + step * (np.clip(at[axis], 1, size - 2) - at[axis])
            around = [height[middle + side * step, voxels] for side in (-1, 0, 1)]
            off, _ = vertex(*around)
            off *= middle == places
            slope = position[middle + step, voxels] - position[middle - step, voxels]
            first = first + off * slope / 2
            others.insert(0, at_position(rate, at[axis] + off.astype(float), size))
            step *= size
        return np.vstack([self._first(first), *others]).astype(np.float32)

    def spread(self, signals: Array, cost: Array) -> tuple[Rows, Array]:
        """Voxels, shape (s,), and rates, shape (q, s), with the others all over their grid.

        The first rate is a little below its best one: there a second column has something to add.

        Args:
            signals: of about 1 at most, shape (m, n), float32.
            cost: of their lowest optima so far, shape (n,); what leaves much more is no start.
        """
        energy = self._energy(self.space.T @ signals)
        places = np.linspace(0, energy.shape[1] - 1, SPREAD).round().astype(np.intp)
        height, position = profile(energy[:, places])
        place, voxels = np.nonzero(dot(signals, signals) - height <= NEAR * cost)
        first = self._first(np.clip(position[place, voxels] - BELOW, 0, np.inf))
        return voxels, np.vstack([first, self.others[:, places[place]]]).astype(np.float32)

    def _first(self, position: Single) -> Array:
        """The first rate at positions of its grid, shape (v,)."""
        return at_position(self.model.rates[0], position.astype(float), self.shape[0])

    def _energy(self, short: Single) -> Single:
        """What non-negative amplitudes explain of compressed signals, shape (r, n): (f, p, n)."""
        parts = self.atoms @ short
        np.clip(parts, 0, np.inf, out=parts)  # four times as fast as NumPy's maximum with a number
        parts *= parts
        grid = self.shape[0], self.others.shape[1]
        first, *others = parts.reshape(len(parts) // prod(grid), *grid, short.shape[1])
        for second, beyond in zip(others[::2], others[1::2], strict=True):
            first += second
            first -= beyond
        return np.asarray(first)

    def _rivals(self, height: Single, whole: Single, most: Single) -> tuple[Rows, Rows]:
        """Voxels and places, shape (v,), of the local maxima that are not the highest.

        Args:
            height: energy explained, shape (p, n).
            whole: energy of the signals, shape (n,).
            most: explained by the highest, shape (n,).
        """
        left = np.clip(whole - most, 0, np.inf)
        maxima = local_maxima(height.reshape(*self.shape[1:], -1)).reshape(height.shape)
        maxima &= height > whole - WORTH * left - ROUNDING * whole
        maxima &= height < most
        places, voxels = np.nonzero(maxima)
        if len(self.shape) > 2:
            kept = np.flatnonzero(~self._beside_higher(height, voxels, places))
            voxels, places = voxels[kept], places[kept]
        return self._highest(height[places, voxels], voxels, places)

    def _beside_higher(self, height: Single, voxels: Rows, places: Rows) -> Mask:
        """Whether any neighbour on the grid, also across a corner, is higher, shape (v,)."""
        here, shape = height[places, voxels], self.shape[1:]
        at, beside = np.stack(np.unravel_index(places, shape)), np.zeros(len(places), bool)
        for offset in product((-1, 0, 1), repeat=len(shape)):
            other = np.clip(at + np.array([offset]).T, 0, np.array([shape]).T - 1)
            beside |= height[np.ravel_multi_index(tuple(other), shape), voxels] > here
        return beside

    def _highest(self, height: Single, voxels: Rows, places: Rows) -> tuple[Rows, Rows]:
        """As many of each voxel's places, shape (v,), as it may have rivals."""
        order = np.lexsort((-height, voxels))
        voxels, places = voxels[order], places[order]
        first = np.flatnonzero(np.r_[True, voxels[1:] != voxels[:-1]][: len(voxels)])
        rank = np.arange(len(voxels)) - np.repeat(first, np.diff(np.r_[first, len(voxels)]))
        kept = rank < self.model.valleys - 1
        return voxels[kept], places[kept]


def _signed(atoms: Array, triangle: Array) -> Array:
    """Directions, shape (m, k' g), the squares of whose positive parts add up to energy.

    For two columns these are the first one, what of the second is perpendicular to it and, to be
    taken away, what of the first is perpendicular to the second, the other way round: it is
    positive where the first column's amplitude would be below 0.

    Args:
        atoms: orthonormal columns, shape (m, k, g).
        triangle: that restores the columns, shape (k, k, g).
    """
    if atoms.shape[1] == 1:
        return atoms[:, 0]
    (first, second), (cosine, sine) = atoms.transpose(1, 0, 2), angles(triangle)
    return np.concatenate([first, second, second * cosine - first * sine], axis=1)


def profile(energy: Single) -> tuple[Single, Single]:
    """Height and position of the peak along the first axis, shape (p, n) each, of (f, p, n).

    A parabola through the highest point and its neighbours tells more than the grid itself.
    """
    top, place = highest(energy)
    flat, inner = energy.ravel(), np.clip(place, 1, len(energy) - 2)
    middle = inner * top.size + np.arange(top.size).reshape(top.shape)
    off, rise = vertex(flat[middle - top.size], flat[middle], flat[middle + top.size])
    position = off + inner + (off == 0) * (place - inner)
    return np.maximum(flat[middle] + rise, top), position.astype(np.float32)


def highest(table: Single) -> tuple[Single, Rows]:
    """Greatest of a table, shape (f, ...), along its first axis, and which it is, shape (...).

    Whole rows at a time, of 256 at most: ten times as fast as NumPy's argmax.
    """
    top = table.max(axis=0)
    which = (table == top).view(np.uint8)
    which *= np.arange(len(table), dtype=np.uint8).reshape(-1, *[1] * top.ndim)
    return top, which.max(axis=0).astype(np.intp)


def vertex(below: Single, here: Single, above: Single) -> tuple[Single, Single]:
    """How far off a parabola through three points peaks, in steps, and how much higher, (...).

    Both are 0 where it does not peak within a step.
    """
    bend = 2 * here - below - above
    off = np.clip((above - below) / (2 * np.clip(bend, np.finfo(bend.dtype).tiny, np.inf)), -1, 1)
    off *= np.abs(off) < 1
    return off, bend / 2 * off * off


def local_maxima(energy: Single) -> Mask:
    """Where no neighbour along an axis of the grid is higher, shape (..., n), for that shape."""
    top = np.ones(energy.shape, bool)
    for axis in range(energy.ndim - 1):
        ahead = [slice(None)] * energy.ndim
        behind = [slice(None)] * energy.ndim
        ahead[axis], behind[axis] = slice(1, None), slice(None, -1)
        rising = energy[tuple(ahead)] > energy[tuple(behind)]
        top[tuple(ahead)] &= rising
        top[tuple(behind)] &= ~rising
    return top
