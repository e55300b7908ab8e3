"""What a signal model is: parameters with units and bounds, and a basis that they weigh.

Every model here is *separable*: its signal is a weighted sum of one or two columns, and only
the columns' shape depends on the nonlinear parameters, called rates.

    signal = Σ_k amplitude_k · basis_k(rates)

The acquisition (b-values, times, flip angles) stands in a model's fields, tissue in the call.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from nodewise.volume import Array


@dataclass(frozen=True, slots=True)
class Parameter:
    """A number that describes tissue.

    Args:
        name: as in the model's formula.
        unit: house unit, "1" for a fraction.
        low: least value allowed.
        high: greatest value allowed.
        start: a typical value; a search is finest around it.
    """

    name: str
    unit: str
    low: float
    high: float
    start: float


class Model(ABC):
    """A signal model: `name`, `parameters`, `rates`, its samples and one basis."""

    name: ClassVar[str]
    parameters: ClassVar[tuple[Parameter, ...]]
    rates: ClassVar[tuple[Parameter, ...]] = ()
    magnitude: ClassVar[bool] = False  # whether samples lost their sign: the first ones were < 0
    valleys: ClassVar[int] = 1  # how many local optima a search looks into

    @property
    @abstractmethod
    def samples(self) -> Array:
        """What was varied between the samples (b, time, flip angle), shape (m,)."""

    def samples_as(self, rates: Array) -> Array:
        """The samples, shape (m, 1), in the precision of rates: half a search needs single."""
        return self.samples[:, None].astype(rates.dtype)

    @abstractmethod
    def basis(self, rates: Array) -> Array:
        """Columns that amplitudes weigh, shape (..., k, m), for rates, shape (..., q)."""

    def columns(self, rates: Array) -> Array:
        """The basis with voxels last, shape (k, m, n), at rates, shape (q, n).

        So the fitter works: a short curve's samples are then whole rows of voxels.
        """
        return np.ascontiguousarray(np.moveaxis(self.basis(rates.T), 0, -1))

    def changes(self, rates: Array, columns: Array, *, amplitudes: Array) -> Array:
        """Derivatives of the signal by each rate, shape (q, m, n).

        Args:
            rates: shape (q, n).
            columns: there, shape (k, m, n): a formula can often use them again.
            amplitudes: of the columns, shape (k, n).
        """
        return central_differences(self, rates, amplitudes)

    def beside(self, rates: Array) -> Array:
        """Rates, shape (c, q, n), beside an optimum's, shape (q, n), that may lead lower still.

        None for most: c is 0. NaN where there is nothing beside.
        """
        return np.empty((0, *rates.shape))

    def values(self, amplitudes: Array, rates: Array) -> Array:
        """Parameters, shape (..., p), of amplitudes, shape (..., k), and rates, shape (..., q)."""
        return np.concatenate([amplitudes, rates], axis=-1)

    def separate(self, values: Array) -> tuple[Array, Array]:
        """Amplitudes, shape (..., k), and rates, shape (..., q), of values, shape (..., p)."""
        count = len(self.parameters) - len(self.rates)
        return values[..., :count], values[..., count:]

    def signal(self, values: Array) -> Array:
        """Signal, shape (..., m), of tissue with the given values, shape (..., p)."""
        amplitudes, rates = self.separate(np.asarray(values, float))
        return np.asarray(np.einsum("...k,...km->...m", amplitudes, self.basis(rates)))


def central_differences(model: Model, rates: Array, amplitudes: Array) -> Array:
    """Derivatives, shape (q, m, n), of a model's signal by differences at rates, shape (q, n).

    A step is shortened to one side where it would leave the bounds.

    Args:
        model: with k columns.
        rates: shape (q, n).
        amplitudes: shape (k, n).
    """
    changes = []
    for index, rate in enumerate(model.rates):
        step = 1e-5 * (np.abs(rates[index]) + rate.start)
        below, above = rates.copy(), rates.copy()
        below[index] = np.maximum(rates[index] - step, rate.low)
        above[index] = np.minimum(rates[index] + step, rate.high)
        columns = model.columns(above) - model.columns(below)
        rise = np.einsum("kn,kmn->mn", amplitudes, columns)
        changes.append(rise / (above[index] - below[index]))
    return np.stack(changes)


def slopes(model: Model, rates: Array) -> Array:
    """Derivatives of each column by each rate, shape (q, k, m, n), at rates, shape (q, n)."""
    columns = model.columns(rates)
    count = len(columns)
    alone = [np.eye(count)[index][:, None] * np.ones(rates.shape[1]) for index in range(count)]
    parts = [model.changes(rates, columns, amplitudes=only) for only in alone]
    return np.stack(parts, axis=1)


def split(values: Array) -> tuple[Array, ...]:
    """The last axis of values, shape (..., p), as p arrays, shape (..., 1).

    >>> [part.shape for part in split(np.zeros((5, 2)))]
    [(5, 1), (5, 1)]
    """
    values = np.asarray(values, float)
    return tuple(values[..., index : index + 1] for index in range(values.shape[-1]))
