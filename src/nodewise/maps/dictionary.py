"""Where a search starts: the atoms of a grid over every combination of rates that explain most.

A model that is known to have several valleys is searched from as many local maxima.
"""

from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from nodewise.maps.grids import grid
from nodewise.maps.onerate import CACHED, explained, orthonormal
from nodewise.models.base import Model
from nodewise.volume import Array, Mask

SIZES = {(1, 2): (32, 24), (2, 2): (36, 18), (1, 3): (12, 14, 8)}  # columns, rates → grid
RANK_ERROR = 1e-3  # of a unit atom: enough to choose a start
Single = NDArray[np.floating]  # float32


@dataclass(frozen=True, slots=True)
class Dictionary:
    """Atoms of a model, compressed to the few dimensions that they span.

    Args:
        rates: of each atom, shape (g, q).
        shape: of the grid, q numbers with product g.
        valleys: how many starts each signal gets.
        space: orthonormal directions, shape (m, r).
        atoms: orthonormal columns in that space, shape (r, k, g).
        cosine: of the angle between an atom's two columns, shape (g,); 0 for one column.
    """

    rates: Array
    shape: tuple[int, ...]
    valleys: int
    space: Single
    atoms: Single
    cosine: Single

    @classmethod
    def of(cls, model: Model) -> "Dictionary":
        """The dictionary of a model of one or two columns and two or three rates."""
        columns = model.basis(np.array([[rate.start for rate in model.rates]])).shape[1]
        shape = SIZES[columns, len(model.rates)]
        axes = [grid(rate, size) for rate, size in zip(model.rates, shape, strict=True)]
        rates = np.array(list(product(*axes)))
        atoms, triangle = orthonormal(model.basis(rates))
        flat = atoms.reshape(len(atoms), -1)
        sample = flat[:, :: max(flat.shape[1] // 256, 1)]
        left, size, _ = np.linalg.svd(sample, full_matrices=False)
        tail = np.sqrt(np.cumsum(size[::-1] ** 2)[::-1] / sample.shape[1])
        space = left[:, : max(int((tail > RANK_ERROR).sum()), 1)]
        cosine = np.zeros(len(rates))
        if columns == 2:
            length = np.hypot(triangle[0, 1], triangle[1, 1])
            cosine = triangle[0, 1] / np.where(length > 0, length, 1.0)
        return cls(
            rates=rates,
            shape=shape,
            valleys=model.valleys,
            space=space.astype(np.float32),
            atoms=(space.T @ flat).reshape(-1, columns, len(rates)).astype(np.float32),
            cosine=cosine.astype(np.float32),
        )

    def starts(self, signals: Array) -> NDArray[np.intp]:
        """Indices of atoms to start from, best first, shape (valleys, n); -1 for no more.

        Args:
            signals: shape (n, m).
        """
        scaled = signals / np.abs(signals).max(axis=1, keepdims=True)
        short = scaled.astype(np.float32) @ self.space
        found = np.empty((self.valleys, len(signals)), np.intp)
        rows = max(CACHED // len(self.rates), 16)
        for first in range(0, len(signals), rows):
            part = slice(first, first + rows)
            found[:, part] = self._highest(self._energy(short[part]))
        return found

    def _energy(self, short: Single) -> Single:
        """Explained energy, shape (n, g), of compressed signals, shape (n, r)."""
        first = short @ self.atoms[:, 0]
        if self.atoms.shape[1] == 1:
            return np.asarray(np.maximum(first, 0, out=first))
        sine = np.sqrt(np.maximum(1 - self.cosine**2, 0))
        return explained(first, short @ self.atoms[:, 1], cosine=self.cosine, sine=sine)

    def _highest(self, energy: Single) -> NDArray[np.intp]:
        """The best local maxima, shape (valleys, n), of energy, shape (n, g)."""
        best = np.full((self.valleys, len(energy)), -1, np.intp)
        best[0] = energy.argmax(axis=1)
        if self.valleys == 1:
            return best
        row = np.arange(len(energy))
        peaks = np.where(
            local_maxima(energy.reshape(-1, *self.shape)).reshape(energy.shape),
            energy,
            np.float32(-1),
        )
        for valley in range(1, self.valleys):
            peaks[row, best[valley - 1]] = -1
            top = peaks.argmax(axis=1)
            best[valley] = np.where(peaks[row, top] > 0, top, -1)
        return best


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
