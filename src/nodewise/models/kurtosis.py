"""Diffusion that departs from a Gaussian: kurtosis and the stretched exponential."""

from dataclasses import dataclass

import numpy as np

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
        d, k = split(rates)
        bd = self.samples * d
        return np.asarray(np.exp(-bd + bd**2 * k / 6)[..., None, :])

    def slopes(self, rates: Array) -> Array:
        """Derivatives by d and k, shape (..., 2, 1, m), at rates, shape (..., 2)."""
        d, k = split(rates)
        b, signal = self.samples, self.basis(rates)[..., 0, :]
        by_d = (-b + b**2 * d * k / 3) * signal
        return np.stack([by_d, (b * d) ** 2 / 6 * signal], axis=-2)[..., None, :]


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
        ddc, alpha = split(rates)
        return np.asarray(np.exp(-((self.samples * ddc) ** alpha))[..., None, :])
