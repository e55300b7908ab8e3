"""Where a search starts: the rates of a grid over every combination that explain a signal most.

Along its first rate a signal's energy is interpolated; over the others a model that is known to
have several valleys is searched from the highest of the local maxima.
"""

from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from nodewise.maps.amplitudes import dot
from nodewise.maps.columns import angles, explained, orthonormal
from nodewise.maps.grids import at_position, grid
from nodewise.models.base import Model
from nodewise.volume import Array, Mask

SIZES = {(1, 2): (16, 12), (2, 2): (20, 14), (1, 3): (16, 12, 8)}  # columns, rates → grid
RANK_ERROR = 1e-3  # of a unit atom: enough to choose a start
CACHED = 200_000  # single-precision numbers of one array that stay in a core's cache
SPREAD = 5  # places all over the grid of the second and later rates
BELOW = 1.5  # steps of the grid
WORTH = 4.0  # a rival leaves at most so many times what the best start leaves
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
        atoms: orthonormal columns in that space, shape (k, r, g).
        turn: cosine and sine of the angle between an atom's columns, shape (2, g).
    """

    model: Model
    shape: tuple[int, ...]
    others: Array
    space: Single
    atoms: Single
    turn: Single

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
            atoms=np.einsum("mr,mkg->krg", space, atoms).astype(np.float32),
            turn=np.stack(angles(triangle)).astype(np.float32),
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
        size = max(CACHED // self.atoms.shape[2], 16)
        for first in range(0, len(short), size):
            energy = self._energy(short[first : first + size])
            height, position, places = self._profile(energy)
            every, top = np.arange(len(height)), height.argmax(axis=1)
            best.append(self._rates(position[every, top], places[every, top]))
            if self.model.valleys > 1:
                voxels, others = self._rivals(height, whole[first : first + size], top)
                rivals.append((voxels + first, self._rates(position[voxels, others], others)))
        voxels = np.concatenate([np.arange(len(short)), *(voxels for voxels, _ in rivals)])
        return voxels, np.concatenate([*best, *(rates for _, rates in rivals)], axis=1)

    def _profile(self, energy: Single) -> tuple[Single, Single, Rows]:
        """Heights, positions of the first rate and places of the others, shape (n, p) each.

        One place is enough where a model has one valley and the grid is fine.

        Args:
            energy: shape (n, g).
        """
        table = energy.reshape(len(energy), -1, self.shape[-1])
        if self.model.valleys > 1 or len(self.others) > 1:
            places = np.broadcast_to(np.arange(table.shape[1]), table.shape[:2])
            return *profile(table), places
        places = energy.argmax(axis=1)[:, None] // self.shape[-1]
        return *profile(np.take_along_axis(table, places[..., None], axis=1)), places

    def spread(self, signals: Array) -> Array:
        """Rates, shape (q, SPREAD n), place first, with the others all over their grid.

        The first rate is a little below its best one: there a second column has something to add.

        Args:
            signals: of about 1 at most, shape (m, n), float32.
        """
        short = signals.T @ self.space
        energy = self._energy(short).reshape(len(short), *self.others.shape[1:], self.shape[-1])
        places = np.linspace(0, energy.shape[1] - 1, SPREAD).round().astype(np.intp)
        _, position = profile(energy[:, places])
        position = np.maximum(position - BELOW, 0)
        return self._rates(position.T.ravel(), np.repeat(places, len(short)))

    def _rates(self, position: Single, places: Rows) -> Array:
        """Rates, shape (q, v), at positions of the first and places of the others, shape (v,)."""
        first = at_position(self.model.rates[0], position.astype(float), self.shape[-1])
        return np.vstack([first, self.others[:, places]]).astype(np.float32)

    def _energy(self, short: Single) -> Single:
        """Explained energy, shape (n, g), of compressed signals, shape (n, r)."""
        first = short @ self.atoms[0]
        if len(self.atoms) == 1:
            np.maximum(first, 0, out=first)
            return np.asarray(np.square(first, out=first))
        cosine, sine = self.turn
        return explained(first, short @ self.atoms[1], cosine=cosine, sine=sine)

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


def profile(energy: Single) -> tuple[Single, Single]:
    """Height and position of the peak along the last axis, shape (n, p) each, of (n, p, f).

    A parabola through the highest point and its neighbours tells more than the grid itself.
    """
    places = energy.argmax(axis=2)
    size = energy.shape[2]
    flat, start = energy.ravel(), np.arange(places.size).reshape(places.shape) * size
    middle = start + np.clip(places, 1, size - 2)
    below, here, above = flat[middle - 1], flat[middle], flat[middle + 1]
    bend = 2 * here - below - above
    with np.errstate(divide="ignore", invalid="ignore"):
        off = (above - below) / (2 * bend)
        inside = (bend > 0) & (np.abs(off) < 1)
        height = np.where(inside, here + bend / 2 * off * off, flat[start + places])
    return height, np.where(inside, middle - start + off, places)


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
