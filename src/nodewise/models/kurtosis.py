"""Diffusion that departs from a Gaussian: kurtosis and the stretched exponential."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from scipy.special import xlogy

from nodewise.models.base import Model, Parameter, split
from nodewise.volume import Array


@dataclass(frozen=True)
class Kurtosis(Model):
    """S(b) = s0 exp(-b d + b² d² k / 6), for b up to about 3 / (d k).

    Args:
        b: b-values, shape (m,), s/mm²; k needs some of 1500 or more.

    Source:
        Jensen et al., Magn Reson Med 2005;53:1432, doi:10.1002/mrm.20508.
    """

    b: Array

    name = "kurtosis"
    parameters = (
        Parameter("s0", "a.u.", low=0, high=np.inf, start=1),
        Parameter("d", "mm²/s", low=0, high=5e-3, start=1e-3),
        Parameter("k", "1", low=-0.5, high=3, start=0.8),
    )
    rates = parameters[1:]

    @property
    def samples(self) -> Array:
        """b-values, shape (m,), s/mm²."""
        return np.asarray(self.b, float)

    def basis(self, rates: Array) -> Array:
        """Signal of s0 = 1, shape (..., 1, m), for rates (d, k), shape (..., 2)."""
        return self._decay(self.samples, split(rates))[..., None, :]

    def columns(self, rates: Array) -> Array:
        """Signal of s0 = 1, shape (1, m, n), for rates (d, k), shape (2, n)."""
        return self._decay(self.samples_as(rates), rates)[None]

    def changes(self, rates: Array, columns: Array, *, amplitudes: Array) -> Array:
        """Derivatives by d and k, shape (2, m, n), at rates, shape (2, n)."""
        (d, k), b = rates, self.samples_as(rates)
        signal = amplitudes[0] * columns[0]
        signal *= b
        slope = b * d
        changes = np.empty((2, *slope.shape), slope.dtype)
        by_d, by_k = changes
        np.multiply(slope, signal, out=by_k)
        by_k *= d / 6
        slope *= k / 3
        slope -= 1
        np.multiply(slope, signal, out=by_d)
        return changes

    @staticmethod
    def _decay(b: Array, rates: Iterable[Array]) -> Array:
        """exp(-b d + b² d² k / 6), shapes as they broadcast."""
        d, k = rates
        bd = b * d
        return np.asarray(np.exp(bd * (bd * (k / 6) - 1)))


@dataclass(frozen=True)
class Stretched(Model):
    """S(b) = s0 exp(-(b ddc)^alpha): a spread of diffusivities, none where alpha is 1.

    Args:
        b: b-values, shape (m,), s/mm².

    Source:
        Bennett et al., Magn Reson Med 2003;50:727, doi:10.1002/mrm.10581.
    """

    b: Array

    name = "stretched"
    parameters = (
        Parameter("s0", "a.u.", low=0, high=np.inf, start=1),
        Parameter("ddc", "mm²/s", low=1e-5, high=1e-2, start=1e-3),
        Parameter("alpha", "1", low=0.1, high=1, start=0.8),
    )
    rates = parameters[1:]

    @property
    def samples(self) -> Array:
        """b-values, shape (m,), s/mm²."""
        return np.asarray(self.b, float)

    def basis(self, rates: Array) -> Array:
        """Signal of s0 = 1, shape (..., 1, m), for rates (ddc, alpha), shape (..., 2)."""
        return self._decay(self.samples, split(rates))[..., None, :]

    def columns(self, rates: Array) -> Array:
        """Signal of s0 = 1, shape (1, m, n), for rates (ddc, alpha), shape (2, n)."""
        return self._decay(self.samples_as(rates), rates)[None]

    def changes(self, rates: Array, columns: Array, *, amplitudes: Array) -> Array:
        """Derivatives by ddc and alpha, shape (2, m, n), at rates, shape (2, n)."""
        ddc, alpha = rates
        bd = self.samples_as(rates) * ddc
        fall = -amplitudes[0] * columns[0] * bd**alpha
        return np.stack([fall * (alpha / ddc), xlogy(fall, bd)])

    @staticmethod
    def _decay(b: Array, rates: Iterable[Array]) -> Array:
        """exp(-(b ddc)^alpha), shapes as they broadcast."""
        ddc, alpha = rates
        return np.asarray(np.exp(-((b * ddc) ** alpha)))
