"""Contrast agent leaking from plasma into the space between cells."""

from dataclasses import dataclass

import numpy as np

from nodewise.models.aif import Aif
from nodewise.models.base import Model, Parameter, split
from nodewise.models.convolution import plasma_and_knots, retained
from nodewise.volume import Array

KTRANS = Parameter("ktrans", "1/s", low=0, high=np.inf, start=2e-3)
VE = Parameter("ve", "1", low=0, high=1, start=0.3)
VP = Parameter("vp", "1", low=0, high=1, start=0.05)
KEP = Parameter("kep", "1/s", low=1e-4, high=1, start=5e-3)


@dataclass(frozen=True)
class Tofts(Model):
    """C(t) = ktrans ∫ cp(τ) exp(-kep (t - τ)) dτ, kep = ktrans / ve.

    Args:
        time: of each frame, rising, shape (m,), s.
        aif: arterial input on the same clock.

    Source:
        Tofts et al., J Magn Reson Imaging 1999;10:223,
        doi:10.1002/(SICI)1522-2586(199909)10:3<223::AID-JMRI2>3.0.CO;2-S.
    """

    time: Array
    aif: Aif

    name = "tofts"
    parameters = (KTRANS, VE)
    rates = (KEP,)

    @property
    def samples(self) -> Array:
        """Times, shape (m,), s."""
        return np.asarray(self.time, float)

    def basis(self, rates: Array) -> Array:
        """Plasma convolved with exp(-kep t), shape (..., 1, m), mM s, for (kep), shape (..., 1)."""
        (kep,) = split(rates)
        return retained(self.samples, self.aif, kep[..., 0])[..., None, :]

    def values(self, amplitudes: Array, rates: Array) -> Array:
        """(ktrans, ve), shape (..., 2); ve is left as it comes, also above 1."""
        ktrans = amplitudes[..., :1]
        return np.concatenate([ktrans, space(ktrans, rates)], axis=-1)

    def separate(self, values: Array) -> tuple[Array, Array]:
        """(ktrans), shape (..., 1), and (kep), shape (..., 1)."""
        ktrans, ve = split(values)
        return ktrans, washout(ktrans, ve)


@dataclass(frozen=True)
class ExtendedTofts(Model):
    """C(t) = vp cp(t) + ktrans ∫ cp(τ) exp(-kep (t - τ)) dτ, kep = ktrans / ve.

    Args:
        time: of each frame, rising, shape (m,), s.
        aif: arterial input on the same clock.

    Source:
        Tofts, J Magn Reson Imaging 1997;7:91, doi:10.1002/jmri.1880070113.
    """

    time: Array
    aif: Aif

    name = "extended_tofts"
    parameters = (KTRANS, VE, VP)
    rates = (KEP,)

    @property
    def samples(self) -> Array:
        """Times, shape (m,), s."""
        return np.asarray(self.time, float)

    def basis(self, rates: Array) -> Array:
        """Leaked and plasma part, shape (..., 2, m), for rates (kep), shape (..., 1)."""
        (kep,) = split(rates)
        leaked = retained(self.samples, self.aif, kep[..., 0])
        _, plasma = plasma_and_knots(self.samples, self.aif)
        return np.stack([leaked, np.broadcast_to(plasma, leaked.shape)], axis=-2)

    def values(self, amplitudes: Array, rates: Array) -> Array:
        """(ktrans, ve, vp), shape (..., 3); ve is left as it comes, also above 1."""
        ktrans, vp = split(amplitudes)
        return np.concatenate([ktrans, space(ktrans, rates), vp], axis=-1)

    def separate(self, values: Array) -> tuple[Array, Array]:
        """(ktrans, vp), shape (..., 2), and (kep), shape (..., 1)."""
        ktrans, ve, vp = split(values)
        return np.concatenate([ktrans, vp], axis=-1), washout(ktrans, ve)


def space(ktrans: Array, kep: Array) -> Array:
    """Space ve = ktrans / kep, shape of both; 0 if nothing leaks, infinite if nothing returns."""
    leaking = np.where(ktrans > 0, np.inf, 0.0)
    return np.divide(ktrans, kep, out=leaking, where=kep > 0)


def washout(ktrans: Array, ve: Array) -> Array:
    """Rate kep = ktrans / ve, 1/s, shape of both; 0 where there is no space."""
    return np.divide(ktrans, ve, out=np.zeros_like(ktrans), where=ve > 0)
