"""What is left of signals once a model's amplitudes are solved for: a cost of its rates alone.

Voxels are the last axis of every array: the algebra is a few passes over long rows.

Source:
    Golub and Pereyra, Inverse Probl 2003;19:R1, doi:10.1088/0266-5611/19/2/201; Jacobian of
    Kaufman, BIT 1975;15:49, doi:10.1007/BF01932995.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import DTypeLike, NDArray

from nodewise.maps.amplitudes import dot, inverse_of_active, non_negative, products, total
from nodewise.models.base import Model
from nodewise.volume import Array, Mask

CACHED = 800_000  # bytes of one array that stay in a core's cache beside a few others

Rows = NDArray[np.intp]


@dataclass(slots=True)
class State:
    """Where each voxel of a block stands: arrays of n voxels.

    Args:
        rates: shape (q, n).
        amplitudes: shape (k, n).
        cost: sum of squares, shape (n,).
        gradient: half of the cost's, shape (q, n).
        curvature: J·J of the projected residual, shape (q, q, n).
    """

    rates: Array
    amplitudes: Array
    cost: Array
    gradient: Array
    curvature: Array

    @classmethod
    def open(cls, model: Model, signals: Array) -> "State":
        """Of signals, shape (m, n), that nothing is known of, in their precision."""
        n, q = signals.shape[1], len(model.rates)
        shapes = (q, n), (len(model.parameters) - q, n), (n,), (q, n), (q, q, n)
        state = cls(*(np.full(shape, np.nan, signals.dtype) for shape in shapes))
        state.cost[:] = np.inf
        return state

    def take(self, voxels: Rows) -> "State":
        """The state of some voxels, shape (v,)."""
        return State(*(np.take(getattr(self, name), voxels, axis=-1) for name in self.__slots__))

    def put(self, voxels: Rows, other: "State") -> None:
        """Take another state, of v voxels, for some voxels, shape (v,)."""
        for name in self.__slots__:
            getattr(self, name)[..., voxels] = getattr(other, name)

    def end(self, voxels: Rows, other: "State", places: Rows) -> None:
        """Note where another state's places, shape (v,), ended, for some voxels, shape (v,)."""
        for mine, found in ((self.rates, other.rates), (self.amplitudes, other.amplitudes)):
            for row, new in zip(mine, found, strict=True):
                row[voxels] = new[places]
        self.cost[voxels] = other.cost[places]


@dataclass(frozen=True, slots=True)
class Products:
    """Dot products of a model's columns a and changes d at some rates: all that a step needs.

    Args:
        amplitudes: shape (k, n).
        cost: sum of squares that the model leaves, shape (n,).
        gradient: half of the cost's by the rates, shape (q, n).
        gram: a_i · a_j, shape (k, k, n).
        cross: a_i · d_j, shape (k, q, n).
        inner: d_i · d_j, shape (q, q, n).
    """

    amplitudes: Array
    cost: Array
    gradient: Array
    gram: Array
    cross: Array
    inner: Array

    def put(self, voxels: Rows, other: "Products") -> None:
        """Take others, of v voxels, for some voxels, shape (v,)."""
        for name in self.__slots__:
            getattr(self, name)[..., voxels] = getattr(other, name)

    @classmethod
    def of(cls, model: Model, signals: Array, rates: Array) -> "Products":
        """Of signals, shape (m, n), at rates, shape (q, n)."""
        (samples, count), size = signals.shape, len(rates)
        columns = len(model.parameters) - size
        shapes = (columns,), (), (size,), (columns, columns), (columns, size), (size, size)
        whole = cls(*(np.empty((*shape, count), signals.dtype) for shape in shapes))
        voxels = max(CACHED // (samples * signals.itemsize), 32)
        for first in range(0, count, voxels):
            part = slice(first, first + voxels)
            whole._write(part, model, signals[:, part], rates[:, part])
        return whole

    def _write(self, part: slice, model: Model, signals: Array, rates: Array) -> None:
        """Write the products of as many voxels as stay in a core's cache."""
        columns = model.columns(rates)
        gram = products(columns, self.gram[..., part])
        amplitudes = non_negative(gram, [dot(column, signals) for column in columns])
        left = signals - amplitudes[0] * columns[0]
        for amplitude, column in zip(amplitudes[1:], columns[1:], strict=True):
            left -= amplitude * column
        changes = model.changes(rates, columns, amplitudes=amplitudes)
        products(changes, self.inner[..., part])
        for j, change in enumerate(changes):
            self.gradient[j, part] = -dot(change, left)
            for i, column in enumerate(columns):
                self.cross[i, j, part] = dot(column, change)
        self.amplitudes[:, part] = amplitudes
        self.cost[part] = dot(left, left)


def evaluate(model: Model, signals: Array, rates: Array) -> State:
    """Amplitudes, cost, gradient and curvature of signals, shape (m, n), at rates, shape (q, n)."""
    return state_of(Products.of(model, signals, rates), rates)


def state_of(found: Products, rates: Array) -> State:
    """Amplitudes, cost, gradient and curvature from products at rates, shape (q, n)."""
    inverse = inverse_of_active(found.gram, found.amplitudes)
    curvature, pairs = found.inner.copy(), range(len(found.gram))
    for i in range(len(rates)):
        weight = [total(inverse[k][x] * found.cross[x, i] for x in pairs) for k in pairs]
        for j in range(i, len(rates)):
            curvature[i, j] -= total(weight[k] * found.cross[k, j] for k in pairs)
            curvature[j, i] = curvature[i, j]
    return State(rates, found.amplitudes, found.cost, found.gradient, curvature)


def resting(model: Model, rates: Array) -> Mask:
    """Where any of the rates, shape (q, n), rests on its bound, shape (n,)."""
    low, high = limits(model, rates.dtype)
    return np.asarray(((rates <= low) | (rates >= high)).any(axis=0))


def limits(model: Model, precision: DTypeLike = float) -> tuple[Array, Array]:
    """Lowest and highest rates, shape (q, 1) each."""
    low = np.array([[rate.low] for rate in model.rates], precision)
    return low, np.array([[rate.high] for rate in model.rates], precision)
