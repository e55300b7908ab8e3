"""Plasma flow and leakage apart: Patlak, and the two-compartment uptake and exchange models."""

from dataclasses import dataclass

import numpy as np

from nodewise.models.aif import Aif
from nodewise.models.base import Model, Parameter, split
from nodewise.models.convolution import plasma_and_knots, retained
from nodewise.models.tofts import KTRANS, VE, VP
from nodewise.volume import Array

FP = Parameter("fp", "1/s", low=0, high=np.inf, start=0.01)
PS = Parameter("ps", "1/s", low=0, high=np.inf, start=1e-3)


@dataclass(frozen=True)
class Patlak(Model):
    """C(t) = vp cp(t) + ktrans ∫ cp(τ) dτ: what leaks does not come back within the series.

    Args:
        time: of each frame, rising, shape (m,), s.
        aif: arterial input on the same clock.

    Source:
        Patlak et al., J Cereb Blood Flow Metab 1983;3:1, doi:10.1038/jcbfm.1983.1.
    """

    time: Array
    aif: Aif

    name = "patlak"
    parameters = (KTRANS, VP)

    @property
    def samples(self) -> Array:
        """Times, shape (m,), s."""
        return np.asarray(self.time, float)

    def basis(self, rates: Array) -> Array:
        """Leaked and plasma part, shape (..., 2, m), for no rates, shape (..., 0)."""
        leaked = retained(self.samples, self.aif, np.zeros(rates.shape[:-1]))
        _, plasma = plasma_and_knots(self.samples, self.aif)
        return np.stack([leaked, np.broadcast_to(plasma, leaked.shape)], axis=-2)


@dataclass(frozen=True)
class TwoCompartmentUptake(Model):
    """C = cp ⊗ fp [(1 - e) exp(-t / tp) + e], e = ps / (fp + ps), tp = vp / (fp + ps).

    Args:
        time: of each frame, rising, shape (m,), s.
        aif: arterial input on the same clock.

    Source:
        Sourbron and Buckley, Magn Reson Med 2011;66:735, doi:10.1002/mrm.22861.
    """

    time: Array
    aif: Aif

    name = "two_compartment_uptake"
    parameters = (FP, PS, VP)
    rates = (Parameter("washout", "1/s", low=1e-3, high=10, start=0.1),)  # 1 / tp

    @property
    def samples(self) -> Array:
        """Times, shape (m,), s."""
        return np.asarray(self.time, float)

    def basis(self, rates: Array) -> Array:
        """Passing and kept part, shape (..., 2, m), for rates (washout), shape (..., 1)."""
        (washout,) = split(rates)
        both = np.concatenate([washout, np.zeros_like(washout)], axis=-1)
        return retained(self.samples, self.aif, both)

    def values(self, amplitudes: Array, rates: Array) -> Array:
        """(fp, ps, vp), shape (..., 3)."""
        passing, kept = split(amplitudes)
        fp = passing + kept
        gain = np.divide(fp, passing, out=np.full_like(fp, np.inf), where=passing > 0)
        ps = np.where(kept > 0, kept * np.where(np.isfinite(gain), gain, 1.0), 0.0)
        return np.concatenate([fp, ps, (fp + ps) / rates], axis=-1)

    def separate(self, values: Array) -> tuple[Array, Array]:
        """(fp (1 - e), fp e), shape (..., 2), and (washout), shape (..., 1)."""
        fp, ps, vp = split(values)
        kept = fp * ps / (fp + ps)
        return np.concatenate([fp - kept, kept], axis=-1), (fp + ps) / vp


@dataclass(frozen=True)
class TwoCompartmentExchange(Model):
    """C = vp c1 + ve c2; vp c1' = fp (cp - c1) - ps (c1 - c2); ve c2' = ps (c1 - c2).

    Its residue is fp [a exp(-fast t) + (1 - a) exp(-slow t)].

    Args:
        time: of each frame, rising, shape (m,), s.
        aif: arterial input on the same clock.

    Source:
        Sourbron and Buckley, Phys Med Biol 2012;57:R1, doi:10.1088/0031-9155/57/2/R1.
    """

    time: Array
    aif: Aif

    name = "two_compartment_exchange"
    parameters = (FP, PS, VE, VP)
    rates = (
        Parameter("fast", "1/s", low=0.02, high=10, start=0.3),
        Parameter("slow", "1/s", low=1e-4, high=0.1, start=5e-3),
    )
    valleys = 2

    @property
    def samples(self) -> Array:
        """Times, shape (m,), s."""
        return np.asarray(self.time, float)

    def basis(self, rates: Array) -> Array:
        """Plasma convolved with both exponentials, shape (..., 2, m), for (fast, slow)."""
        return retained(self.samples, self.aif, np.asarray(rates, float))

    def values(self, amplitudes: Array, rates: Array) -> Array:
        """(fp, ps, ve, vp), shape (..., 4), from the residue's amplitudes and rates."""
        (first, second), (fast, slow) = split(amplitudes), split(rates)
        fp = first + second
        fall = first * fast + second * slow  # -fp × slope of the residue at 0
        vp = np.divide(fp**2, fall, out=np.zeros_like(fp), where=fall > 0)
        ve = np.maximum(first / fast + second / slow - vp, 0.0)  # mean transit time × fp
        ps = np.divide(fast * slow * vp * ve, fp, out=np.zeros_like(fp), where=fp > 0)
        return np.concatenate([fp, ps, ve, vp], axis=-1)

    def separate(self, values: Array) -> tuple[Array, Array]:
        """The residue's amplitudes, shape (..., 2), and (fast, slow), shape (..., 2)."""
        fp, ps, ve, vp = split(values)
        total, product = (fp + ps) / vp + ps / ve, fp * ps / (vp * ve)
        half = np.sqrt(np.maximum(total**2 / 4 - product, 0))
        fast = total / 2 + half
        slow = product / fast
        share = (fp / vp - slow) / np.maximum(fast - slow, 1e-300)
        return (
            np.concatenate([fp * share, fp * (1 - share)], axis=-1),
            np.concatenate([fast, slow], axis=-1),
        )
