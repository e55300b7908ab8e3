"""T1 from magnitude signals after inversion."""

from dataclasses import dataclass

import numpy as np

from nodewise.models.base import Model, Parameter, split
from nodewise.volume import Array


@dataclass(frozen=True)
class InversionRecovery(Model):
    """S(t) = s0 |1 - 2 efficiency exp(-t / t1)|, full recovery between inversions.

    Args:
        inversion_time: shape (m,), s; four or more, on both sides of the null.

    Source:
        Barral et al., Magn Reson Med 2010;64:1057, doi:10.1002/mrm.22497.

    >>> InversionRecovery(inversion_time=np.array([0.0, 5.0])).signal([100, 0.5, 0.9]).round(1)
    array([ 80., 100.])
    """

    inversion_time: Array

    name = "inversion_recovery"
    parameters = (
        Parameter("s0", "a.u.", low=0, high=np.inf, start=1),
        Parameter("t1", "s", low=0.02, high=10, start=0.8),
        Parameter("efficiency", "1", low=0.5, high=1, start=0.95),
    )
    rates = parameters[1:2]
    magnitude = True

    @property
    def samples(self) -> Array:
        """Inversion times, shape (m,), s."""
        return np.asarray(self.inversion_time, float)

    def basis(self, rates: Array) -> Array:
        """Equilibrium and signed recovery, shape (..., 2, m), for rates (t1), shape (..., 1)."""
        (t1,) = split(rates)
        recovered = -np.exp(-self.samples / t1)
        return np.stack([np.ones_like(recovered), recovered], axis=-2)

    def values(self, amplitudes: Array, rates: Array) -> Array:
        """(s0, t1, efficiency), shape (..., 3)."""
        s0, inverted = split(amplitudes)
        efficiency = np.divide(inverted, 2 * s0, out=np.zeros_like(s0), where=s0 > 0)
        return np.concatenate([s0, rates, efficiency], axis=-1)

    def separate(self, values: Array) -> tuple[Array, Array]:
        """(s0, 2 s0 efficiency), shape (..., 2), and (t1), shape (..., 1)."""
        s0, t1, efficiency = split(values)
        return np.concatenate([s0, 2 * s0 * efficiency], axis=-1), t1

    def signal(self, values: Array) -> Array:
        """Magnitude, shape (..., m), of tissue with the given values, shape (..., 3)."""
        return np.abs(super().signal(values))
