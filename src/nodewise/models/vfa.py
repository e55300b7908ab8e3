"""T1 from spoiled gradient echoes at several flip angles."""

from dataclasses import dataclass

import numpy as np

from nodewise.errors import ModelError
from nodewise.models.base import Model, Parameter, split
from nodewise.volume import Array


@dataclass(frozen=True)
class Vfa(Model):
    """S(α) = s0 sin α (1 - E1) / (1 - E1 cos α), E1 = exp(-tr / t1).

    Args:
        flip_angle: flip angles, shape (m,), rad.
        tr: repetition time, one or one per flip angle, shape () or (m,), s.

    Source:
        Fram et al., Magn Reson Imaging 1987;5:201, doi:10.1016/0730-725X(87)90021-X;
        Ernst and Anderson, Rev Sci Instrum 1966;37:93, doi:10.1063/1.1719961.

    >>> Vfa(flip_angle=np.radians([2.0, 15.0]), tr=5e-3).signal([1000, 1.0]).round(1)
    array([31.1, 33.2])
    """

    flip_angle: Array
    tr: float | Array

    name = "vfa"
    parameters = (
        Parameter("s0", "a.u.", low=0, high=np.inf, start=1),
        Parameter("t1", "s", low=0.02, high=10, start=0.3),
    )
    rates = parameters[1:]

    def __post_init__(self) -> None:
        """Refuse degrees, and repetition times that no steady state has."""
        angle, tr = np.asarray(self.flip_angle, float), np.asarray(self.tr, float)
        if (np.abs(angle) > 2 * np.pi).any():
            raise ModelError(f"flip angles are in rad; found {np.abs(angle).max():g}")
        if not (np.isfinite(tr) & (tr > 0)).all() or tr.shape not in ((), angle.shape):
            raise ModelError(
                f"vfa needs a repetition time above 0 s, one or one per flip angle; found {self.tr}"
            )

    @property
    def samples(self) -> Array:
        """Flip angles, shape (m,), rad."""
        return np.asarray(self.flip_angle, float)

    def basis(self, rates: Array) -> Array:
        """Signal of s0 = 1, shape (..., 1, m), for rates (t1), shape (..., 1)."""
        (t1,) = split(rates)
        return spoiled_gradient_echo(self.samples, tr=self.tr, r1=1 / t1)[..., None, :]


def spoiled_gradient_echo(flip_angle: Array | float, *, tr: float | Array, r1: Array) -> Array:
    """Steady-state signal of unit magnetisation.

    Args:
        flip_angle: shape (m,), rad.
        tr: repetition time, shape () or (m,), s.
        r1: relaxation rate, shape (..., m) or (..., 1), 1/s.

    Returns:
        Signal, shape (..., m).
    """
    e1 = np.exp(-tr * r1)
    return np.asarray(np.sin(flip_angle) * (1 - e1) / (1 - e1 * np.cos(flip_angle)))
