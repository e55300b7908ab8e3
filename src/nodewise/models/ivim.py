"""Intravoxel incoherent motion: diffusion beside blood flowing in capillaries."""

from dataclasses import dataclass

import numpy as np

from nodewise.models.base import Model, Parameter, split
from nodewise.volume import Array


@dataclass(frozen=True)
class Ivim(Model):
    """S(b) = s0 [f exp(-b d_star) + (1 - f) exp(-b d)].

    Args:
        b: b-values, shape (m,), s/mm².

    Source:
        Le Bihan et al., Radiology 1988;168:497, doi:10.1148/radiology.168.2.3393671.

    >>> Ivim(b=np.array([0.0, 800.0])).signal([100, 0.1, 1e-3, 2e-2]).round(1)
    array([100. ,  40.4])
    """

    b: Array

    name = "ivim"
    parameters = (
        Parameter("s0", "a.u.", low=0, high=np.inf, start=1),
        Parameter("f", "1", low=0, high=1, start=0.1),
        Parameter("d", "mm²/s", low=0, high=5e-3, start=1e-3),
        Parameter("d_star", "mm²/s", low=5e-3, high=0.2, start=1e-2),
    )
    rates = parameters[2:]
    valleys = 3

    @property
    def samples(self) -> Array:
        """b-values, shape (m,), s/mm²."""
        return np.asarray(self.b, float)

    def basis(self, rates: Array) -> Array:
        """Flowing and diffusing part, shape (..., 2, m), for rates (d, d_star), shape (..., 2)."""
        return np.asarray(np.exp(-self.samples * np.asarray(rates, float)[..., ::-1, None]))

    def columns(self, rates: Array) -> Array:
        """Flowing and diffusing part, shape (2, m, n), for rates (d, d_star), shape (2, n)."""
        return np.asarray(np.exp(-self.samples_as(rates) * rates[::-1, None]))

    def changes(self, rates: Array, columns: Array, *, amplitudes: Array) -> Array:
        """Derivatives by d and d_star, shape (2, m, n), at rates, shape (2, n)."""
        parts = columns * -self.samples_as(rates)
        parts *= amplitudes[:, None]
        return parts[::-1]

    def values(self, amplitudes: Array, rates: Array) -> Array:
        """(s0, f, d, d_star), shape (..., 4), from the two parts' weights and rates."""
        s0 = amplitudes.sum(axis=-1, keepdims=True)
        f = np.divide(amplitudes[..., :1], s0, out=np.zeros_like(s0), where=s0 > 0)
        return np.concatenate([s0, f, rates], axis=-1)

    def separate(self, values: Array) -> tuple[Array, Array]:
        """The two parts' weights, shape (..., 2), and (d, d_star), shape (..., 2)."""
        s0, f, _, _ = split(values)
        return np.concatenate([s0 * f, s0 * (1 - f)], axis=-1), values[..., 2:]
