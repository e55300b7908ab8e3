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
    """

    inversion_time: Array

    name = "inversion_recovery"
    parameters = (
        Parameter("s0", "a.u.", low=0, high=np.inf, start=1),
        Parameter("t1", "s", low=0.02, high=10, start=0.8),
        Parameter("efficiency", "1", low=0.5, high=1, start=0.95),
    )
    rates = parameters[1:]

    @property
    def samples(self) -> Array:
        """Inversion times, shape (m,), s."""
        return np.asarray(self.inversion_time, float)

    def basis(self, rates: Array) -> Array:
        """Signal of s0 = 1, shape (..., 1, m), for (t1, efficiency), shape (..., 2)."""
        t1, efficiency = split(rates)
        return np.abs(1 - 2 * efficiency * np.exp(-self.samples / t1))[..., None, :]
