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
        shape: of the grid over the second and later rates, then the first; product g.
        others: second and later rates at each point of their grid, shape (q - 1, p).
        space: orthonormal directions, shape (m, r).
        atoms: in that space what tells an atom's energy, see _signed, shape (r, k' g).
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
        first, *sizes = SIZES[columns, len(model.rates)]
        axes = [grid(rate, size) for rate, size in zip(model.rates[1:], sizes, strict=True)]
        others = np.array(list(product(*axes))).T
        fine = np.tile(grid(model.rates[0], first), others.shape[1])
        atoms, triangle = orthonormal(
            model.columns(np.vstack([fine, others.repeat(first, axis=1)]))
        )
        flat = atoms.reshape(len(atoms), -1)
        sample = flat[:, :: max(flat.shape[1] // 256, 1)]
        left, size, _ = np.linalg.svd(sample, full_matrices=False)
        tail = np.sqrt(np.cumsum(size[::-1] ** 2)[::-1] / sample.shape[1])
        space = left[:, : max(int((tail > RANK_ERROR).sum()), 1)]
        return cls(
            model=model,
            shape=(*sizes, first),
            others=others,
            space=space.astype(np.float32),
            atoms=(space.T @ _signed(atoms, triangle)).astype(np.float32),
        )

    def starts(self, signals: Array) -> tuple[Rows, Array]:
        """Voxels, shape (s,), and rates, shape (q, s), to search from: each voxel's best, in order.

        Then come the second, third, … highest of the local maxima of those that have some.

        Args:
            signals: of about 1 at most, shape (m, n), float32.
        """
        short, whole = signals.T @ self.space, dot(signals, signals)
        best: list[Array] = []
        rivals: list[tuple[Rows, Array]] = []
        size = max(CACHED // prod(self.shape), 16)
        for first in range(0, len(short), size):
            energy = self._energy(short[first : first + size])
            height, position = self._profile(energy)
            every, top = np.arange(len(height)), height.argmax(axis=1)
            best.append(self._peak(height, position, every, top))
            if self.model.valleys > 1:
                voxels, others = self._rivals(height, whole[first : first + size], top)
                rivals.append((voxels + first, self._peak(height, position, voxels, others)))
        voxels = np.concatenate([np.arange(len(short)), *(voxels for voxels, _ in rivals)])
        return voxels, np.concatenate([*best, *(rates for _, rates in rivals)], axis=1)

    def _profile(self, energy: Single) -> tuple[Single, Single]:
        """Heights and positions of the first rate at places of the others, shape (n, p) each.

        Three places are enough where a model has one valley and the grid is fine.

        Args:
            energy: shape (n, g).
        """
        table = energy.reshape(len(energy), -1, self.shape[-1])
        if self.model.valleys > 1 or len(self.others) > 1:
            return profile(table)
        middle = np.clip(energy.argmax(axis=1) // self.shape[-1], 1, table.shape[1] - 2)
        places = middle[:, None] + np.arange(-1, 2)
        height, position = np.zeros((2, *table.shape[:2]), table.dtype)
        for every, part in zip((height, position), profile(along(table, places)), strict=True):
            np.put_along_axis(every, places, part, axis=1)
        return height, position

    def _peak(self, height: Single, position: Single, voxels: Rows, places: Rows) -> Array:
        """Rates, shape (q, v), of the peaks beside places of the others, shape (v,).

        Args:
            height: of voxels at every place, shape (n, p).
            position: there, of the first rate, shape (n, p).
            voxels: shape (v,).
            places: shape (v,).
        """
        first, step = position[voxels, places], 1
        others: list[Array] = []
        at = np.unravel_index(places, self.shape[:-1])
        for axis in reversed(range(len(at))):
            rate, size = self.model.rates[axis + 1], self.shape[axis]
            middle = places + step * (np.clip(at[axis], 1, size - 2) - at[axis])
            around = [height[voxels, middle + side * step] for side in (-1, 0, 1)]
            off, _ = vertex(*around)
            off = np.where(middle == places, off, 0.0)
            slope = position[voxels, middle + step] - position[voxels, middle - step]
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
        short = signals.T @ self.space
        energy = self._energy(short).reshape(len(short), *self.others.shape[1:], self.shape[-1])
        places = np.linspace(0, energy.shape[1] - 1, SPREAD).round().astype(np.intp)
        height, position = profile(energy[:, places])
        near = dot(signals, signals)[:, None] - height <= NEAR * cost[:, None]
        place, voxels = np.nonzero(near.T)
        first = self._first(np.maximum(position[voxels, place] - BELOW, 0))
        return voxels, np.vstack([first, self.others[:, places[place]]]).astype(np.float32)

    def _first(self, position: Single) -> Array:
        """The first rate at positions of its grid, shape (v,)."""
        return at_position(self.model.rates[0], position.astype(float), self.shape[-1])

    def _energy(self, short: Single) -> Single:
        """What non-negative amplitudes explain of compressed signals, shape (n, r): (n, g)."""
        parts = short @ self.atoms
        np.maximum(parts, 0, out=parts)
        parts *= parts
        first, *others = np.split(parts, parts.shape[1] // prod(self.shape), axis=1)
        for second, beyond in zip(others[::2], others[1::2], strict=True):
            first += second
            first -= beyond
        return first

    def _rivals(self, height: Single, whole: Single, top: Rows) -> tuple[Rows, Rows]:
        """Voxels and places, shape (v,), of the local maxima that are not the highest.

        Args:
            height: energy explained, shape (n, p).
            whole: energy of the signals, shape (n,).
            top: place of the highest, shape (n,).
        """
        every = np.arange(len(height))
        left = np.maximum(whole - height[every, top], 0)
        maxima = local_maxima(height.reshape(-1, *self.shape[:-1])).reshape(height.shape)
        maxima &= height > (whole - WORTH * left - ROUNDING * whole)[:, None]
        maxima[every, top] = False
        voxels, places = np.nonzero(maxima)
        if len(self.shape) > 2:
            kept = np.flatnonzero(~self._beside_higher(height, voxels, places))
            voxels, places = voxels[kept], places[kept]
        return self._highest(height[voxels, places], voxels, places)

    def _beside_higher(self, height: Single, voxels: Rows, places: Rows) -> Mask:
        """Whether any neighbour on the grid, also across a corner, is higher, shape (v,)."""
        here, shape = height[voxels, places], self.shape[:-1]
        at, beside = np.stack(np.unravel_index(places, shape)), np.zeros(len(places), bool)
        for offset in product((-1, 0, 1), repeat=len(shape)):
            other = np.clip(at + np.array([offset]).T, 0, np.array([shape]).T - 1)
            beside |= height[voxels, np.ravel_multi_index(tuple(other), shape)] > here
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
    """Height and position of the peak along the last axis, shape (n, p) each, of (n, p, f).

    A parabola through the highest point and its neighbours tells more than the grid itself.
    """
    places = energy.argmax(axis=2)
    size = energy.shape[2]
    flat, start = energy.ravel(), np.arange(places.size).reshape(places.shape) * size
    middle = start + np.clip(places, 1, size - 2)
    off, rise = vertex(flat[middle - 1], flat[middle], flat[middle + 1])
    inside = off != 0
    height = np.where(inside, flat[middle] + rise, flat[start + places])
    return height, np.where(inside, middle - start + off, places)


def along(table: Single, places: Rows) -> Single:
    """Rows of a table, shape (n, w, f), at places, shape (n, w), of its second axis."""
    every = np.arange(len(table))[:, None] * table.shape[1]
    return np.asarray(np.take(table.reshape(-1, table.shape[2]), every + places, axis=0))


def vertex(below: Single, here: Single, above: Single) -> tuple[Single, Single]:
    """How far off a parabola through three points peaks, in steps, and how much higher, (...).

    Both are 0 where it does not peak within a step.
    """
    bend = 2 * here - below - above
    with np.errstate(divide="ignore", invalid="ignore"):
        off = (above - below) / (2 * bend)
        off = np.where((bend > 0) & (np.abs(off) < 1), off, 0.0)
        return off, bend / 2 * off * off


def local_maxima(energy: Single) -> Mask:
    """Where no neighbour along an axis of the grid is higher, shape (n, ...), for that shape."""
    top = np.ones(energy.shape, bool)
    for axis in range(1, energy.ndim):
        ahead = [slice(None)] * energy.ndim
        behind = [slice(None)] * energy.ndim
        ahead[axis], behind[axis] = slice(1, None), slice(None, -1)
        rising = energy[tuple(ahead)] > energy[tuple(behind)]
        top[tuple(ahead)] &= rising
        top[tuple(behind)] &= ~rising
    return top
