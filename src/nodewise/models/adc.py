"""Mono-exponential diffusion."""

from dataclasses import dataclass

import numpy as np

from nodewise.models.base import Model, Parameter, split
from nodewise.volume import Array


@dataclass(frozen=True)
class Adc(Model):
    """S(b) = s0 exp(-b adc).

    Args:
        b: b-values, shape (m,), s/mm².

    Source:
        Le Bihan et al., Radiology 1986;161:401, doi:10.1148/radiology.161.2.3763909.

    >>> Adc(b=np.array([0.0, 1000.0])).signal([100, 1e-3]).round(1)
    array([100. ,  36.8])
    """

    b: Array

    name = "adc"
    parameters = (
        Parameter("s0", "a.u.", low=0, high=np.inf, start=1),
        Parameter("adc", "mm²/s", low=0, high=5e-3, start=1e-3),
    )
    rates = parameters[1:]

    @property
    def samples(self) -> Array:
        """b-values, shape (m,), s/mm²."""
        return np.asarray(self.b, float)

    def basis(self, rates: Array) -> Array:
        """exp(-b adc), shape (..., 1, m), for rates (adc), shape (..., 1)."""
        (adc,) = split(rates)
        return np.asarray(np.exp(-self.samples * adc)[..., None, :])
