"""Transverse relaxation from several echoes."""

from dataclasses import dataclass

import numpy as np

from nodewise.models.base import Model, Parameter, split
from nodewise.volume import Array

S0 = Parameter("s0", "a.u.", low=0, high=np.inf, start=1)


@dataclass(frozen=True)
class T2(Model):
    """S(t) = s0 exp(-t / t2); spin echoes give T2, gradient echoes T2*.

    Args:
        echo_time: shape (m,), s.

    Source:
        Milford et al., PLoS ONE 2015;10:e0145255, doi:10.1371/journal.pone.0145255.

    >>> T2(echo_time=np.array([0.0, 0.08])).signal([100, 0.08]).round(1)
    array([100. ,  36.8])
    """

    echo_time: Array

    name = "t2"
    parameters = (S0, Parameter("t2", "s", low=1e-3, high=5, start=0.08))
    rates = parameters[1:]

    @property
    def samples(self) -> Array:
        """Echo times, shape (m,), s."""
        return np.asarray(self.echo_time, float)

    def basis(self, rates: Array) -> Array:
        """exp(-t / t2), shape (..., 1, m), for rates (t2), shape (..., 1)."""
        (t2,) = split(rates)
        return np.asarray(np.exp(-self.samples / t2)[..., None, :])


@dataclass(frozen=True)
class R2Star(Model):
    """S(t) = s0 exp(-t r2_star).

    Args:
        echo_time: of gradient echoes, shape (m,), s.

    Source:
        Hernando et al., Magn Reson Med 2013;70:1319, doi:10.1002/mrm.24593.
    """

    echo_time: Array

    name = "r2_star"
    parameters = (S0, Parameter("r2_star", "1/s", low=0, high=2000, start=30))
    rates = parameters[1:]

    @property
    def samples(self) -> Array:
        """Echo times, shape (m,), s."""
        return np.asarray(self.echo_time, float)

    def basis(self, rates: Array) -> Array:
        """exp(-t r2_star), shape (..., 1, m), for rates (r2_star), shape (..., 1)."""
        (r2_star,) = split(rates)
        return np.asarray(np.exp(-self.samples * r2_star)[..., None, :])


@dataclass(frozen=True)
class R2StarFloor(Model):
    """S(t) = s0 exp(-t r2_star) + floor: magnitude signals that end in noise instead of at zero.

    Args:
        echo_time: of gradient echoes, shape (m,), s; some should lie on the floor.

    Source:
        Ghugre et al., J Magn Reson Imaging 2006;23:9, doi:10.1002/jmri.20467.
    """

    echo_time: Array

    name = "r2_star_floor"
    parameters = (
        *R2Star.parameters[:1],
        Parameter("floor", "a.u.", low=0, high=np.inf, start=0.1),
        *R2Star.rates,
    )
    rates = R2Star.rates

    @property
    def samples(self) -> Array:
        """Echo times, shape (m,), s."""
        return np.asarray(self.echo_time, float)

    def basis(self, rates: Array) -> Array:
        """Decay and constant, shape (..., 2, m), for rates (r2_star), shape (..., 1)."""
        (r2_star,) = split(rates)
        decay = np.exp(-self.samples * r2_star)
        return np.stack([decay, np.ones_like(decay)], axis=-2)
