"""A bolus of microbubbles passing: four curves with closed-form area, peak and transit time.

Signals must be linear in concentration: log-compressed images are linearised first, and what
stood before the bolus is subtracted. Each curve's amplitude is the area under it.
"""

from abc import abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from math import pi, sqrt

import numpy as np
from scipy.special import digamma, gammaln

from nodewise.models.base import Model, Parameter, split
from nodewise.volume import Array

AREA = Parameter("area", "a.u.", low=0, high=np.inf, start=1)
ARRIVAL = Parameter("arrival", "s", low=0, high=60, start=10)
STEEP = 2.3  # alpha below which a gamma variate starts with a kink that one can see
TRANSIT = Parameter("transit", "s", low=1, high=300, start=20)
LEAST = 1e-9  # s since arrival: in place of 0, where logarithms end
SKEW = Parameter("skew", "1", low=0.1, high=50, start=3)


@dataclass(frozen=True)
class Bolus(Model):
    """A curve since its arrival; area, arrival and two numbers for its shape.

    Args:
        time: of each frame, shape (m,), s.
    """

    time: Array

    @property
    def samples(self) -> Array:
        """Times, shape (m,), s."""
        return np.asarray(self.time, float)

    def basis(self, rates: Array) -> Array:
        """Curve of area 1, shape (..., 1, m), 1/s, for rates (arrival, …), shape (..., 3)."""
        arrival, *shape = split(rates)
        return self._since(self.samples - arrival, shape)[..., None, :]

    def columns(self, rates: Array) -> Array:
        """Curve of area 1, shape (1, m, n), 1/s, for rates (arrival, …), shape (3, n)."""
        return self._since(self._times_since(rates[0]), rates[1:])[None]

    def changes(self, rates: Array, columns: Array, *, amplitudes: Array) -> Array:
        """Derivatives by each rate, shape (3, m, n), at rates, shape (3, n)."""
        since = np.clip(self._times_since(rates[0]), LEAST, np.inf)
        signal = columns[0] * amplitudes[0]
        changes = np.empty((3, *signal.T.shape), signal.dtype).transpose(0, 2, 1)
        slopes = self.log_slopes(since, rates[1], rates[2])
        for change, slope in zip(changes, slopes, strict=True):
            np.multiply(slope, signal, out=change)
        np.negative(changes[0], out=changes[0])  # a later arrival is a shorter time since
        return changes

    def _times_since(self, arrival: Array) -> Array:
        """Times since arrival, shape (m, n): many frames, so that a voxel's lie side by side."""
        return np.subtract(self.samples_as(arrival), arrival, order="F")

    def _since(self, since: Array, shape: Iterable[Array]) -> Array:
        """Curve of area 1 at times since arrival, 0 before it, shapes as they broadcast."""
        curve = self.curve(np.clip(since, LEAST, np.inf), *shape)
        curve *= since > 0
        return curve

    @abstractmethod
    def curve(self, since: Array, first: Array, second: Array) -> Array:
        """Curve of area 1, shape (..., m), at times since arrival, all above 0, shape (..., m)."""

    @abstractmethod
    def log_slopes(self, since: Array, first: Array, second: Array) -> tuple[Array, Array, Array]:
        """Derivatives of the curve's logarithm by all three arguments, shape (..., m) each."""

    @abstractmethod
    def peak_time(self, values: Array) -> Array:
        """Time from arrival to the peak, shape (...), s, of values, shape (..., 4)."""

    @abstractmethod
    def transit_time(self, values: Array) -> Array:
        """Mean transit time since arrival, shape (...), s, of values, shape (..., 4)."""

    def peak(self, values: Array) -> Array:
        """Signal at the peak, shape (...), of values, shape (..., 4)."""
        area, rates = self.separate(np.asarray(values, float))
        _, first, second = split(rates)
        return (area * self.curve(self.peak_time(values)[..., None], first, second))[..., 0]


@dataclass(frozen=True)
class Lognormal(Bolus):
    """S(t) = area / (√(2π) sigma u) exp(-(ln u - mu)² / (2 sigma²)), u = t - arrival.

    Source:
        Strouthos et al., IEEE Trans Ultrason Ferroelectr Freq Control 2010;57:1296,
        doi:10.1109/TUFFC.2010.1550.
    """

    name = "lognormal"
    parameters = (
        AREA,
        ARRIVAL,
        Parameter("mu", "ln s", low=0, high=5.5, start=2.5),
        Parameter("sigma", "1", low=0.1, high=1.5, start=0.5),
    )
    rates = parameters[1:]

    def curve(self, since: Array, first: Array, second: Array) -> Array:
        """Curve of area 1, shape (..., m), for mu and sigma, shape (..., 1)."""
        off = (np.log(since) - first) * (sqrt(0.5) / second)
        return np.asarray(np.exp(-off * off) / since * (1 / (sqrt(2 * pi) * second)))

    def log_slopes(self, since: Array, first: Array, second: Array) -> tuple[Array, Array, Array]:
        """Derivatives of ln curve by time, mu and sigma, shape (..., m) each."""
        off = np.log(since) - first
        by_mu = off * (1 / second**2)
        return -(1 + by_mu) / since, by_mu, off * by_mu * (1 / second) - 1 / second

    def peak_time(self, values: Array) -> Array:
        """exp(mu - sigma²), shape (...), s."""
        _, _, mu, sigma = split(values)
        return np.asarray(np.exp(mu - sigma**2)[..., 0])

    def transit_time(self, values: Array) -> Array:
        """exp(mu + sigma² / 2), shape (...), s."""
        _, _, mu, sigma = split(values)
        return np.asarray(np.exp(mu + sigma**2 / 2)[..., 0])


@dataclass(frozen=True)
class GammaVariate(Bolus):
    """S(t) = area u^alpha exp(-u / beta) / (beta^(alpha + 1) Γ(alpha + 1)), u = t - arrival.

    Source:
        Thompson et al., Circ Res 1964;14:502, doi:10.1161/01.RES.14.6.502.
    """

    name = "gamma_variate"
    parameters = (
        AREA,
        ARRIVAL,
        Parameter("alpha", "1", low=0.2, high=20, start=3),
        Parameter("beta", "s", low=0, high=np.inf, start=4),
    )
    rates = (ARRIVAL, Parameter("rise", "s", low=0.5, high=100, start=10), parameters[2])
    valleys = 3

    def beside(self, rates: Array) -> Array:
        """Arrivals between the frames before and after, shape (2, 3, n).

        A steep rise is a kink at each frame, with a valley of its own on either side.
        """
        arrival, rise, alpha = rates
        frames = self.samples
        after = np.clip(np.searchsorted(frames, arrival), 1, len(frames) - 1)
        off = 0.2 * np.where(alpha < STEEP, frames[after] - frames[after - 1], np.nan)
        beyond = frames[after - 1] - off, frames[after] + off
        return np.stack([[other, rise + arrival - other, alpha] for other in beyond])

    def curve(self, since: Array, first: Array, second: Array) -> Array:
        """Curve of area 1, shape (..., m), for rise = alpha beta and alpha, shape (..., 1)."""
        u = since * (second / first)
        scale = np.log(second / first) - gammaln(second + 1)
        return np.asarray(np.exp(np.log(u) * second - u + scale))

    def log_slopes(self, since: Array, first: Array, second: Array) -> tuple[Array, Array, Array]:
        """Derivatives of ln curve by time, rise and alpha, shape (..., m) each."""
        u = since * (second / first)
        by_alpha = np.log(u) - u * (1 / second) + (1 - digamma(second + 1) + 1 / second)
        by_first = (u - (second + 1)) * (1 / first)
        return second / since - second / first, by_first, by_alpha

    def values(self, amplitudes: Array, rates: Array) -> Array:
        """(area, arrival, alpha, beta), shape (..., 4)."""
        arrival, rise, alpha = split(rates)
        return np.concatenate([amplitudes, arrival, alpha, rise / alpha], axis=-1)

    def separate(self, values: Array) -> tuple[Array, Array]:
        """Area, shape (..., 1), and (arrival, rise, alpha), shape (..., 3)."""
        area, arrival, alpha, beta = split(values)
        return area, np.concatenate([arrival, alpha * beta, alpha], axis=-1)

    def peak_time(self, values: Array) -> Array:
        """Product alpha beta, shape (...), s."""
        return np.asarray(values[..., 2] * values[..., 3])

    def transit_time(self, values: Array) -> Array:
        """Product (alpha + 1) beta, shape (...), s."""
        return np.asarray((values[..., 2] + 1) * values[..., 3])


@dataclass(frozen=True)
class LocalDensityRandomWalk(Bolus):
    """S(t) = area e^λ √(λ / (2π mu u)) exp(-λ/2 (u / mu + mu / u)), u = t - arrival.

    Here λ is skew and mu is transit: drift with diffusion, the tracer free to come back.

    Source:
        Sheppard and Savage, Phys Rev 1951;83:489; formula as in Strouthos et al., IEEE Trans
        Ultrason Ferroelectr Freq Control 2010;57:1296, doi:10.1109/TUFFC.2010.1550.
    """

    name = "local_density_random_walk"
    parameters = (AREA, ARRIVAL, TRANSIT, SKEW)
    rates = parameters[1:]

    def curve(self, since: Array, first: Array, second: Array) -> Array:
        """Curve of area 1, shape (..., m), for transit and skew, shape (..., 1)."""
        u = since / first
        growth = second * (1 - (u + 1 / u) / 2)
        return np.asarray(np.sqrt(second / (2 * pi * u)) * np.exp(growth) / first)

    def log_slopes(self, since: Array, first: Array, second: Array) -> tuple[Array, Array, Array]:
        """Derivatives of ln curve by time, transit and skew, shape (..., m) each."""
        return walk_slopes(since / first, first, second, power=0.5)

    def peak_time(self, values: Array) -> Array:
        """Mu (√(1 + 4 λ²) - 1) / (2 λ), shape (...), s."""
        mu, skew = values[..., 2], values[..., 3]
        return np.asarray(mu * (np.sqrt(1 + 4 * skew**2) - 1) / (2 * skew))

    def transit_time(self, values: Array) -> Array:
        """Mu (1 + 1 / λ), shape (...), s."""
        return np.asarray(values[..., 2] * (1 + 1 / values[..., 3]))


def walk_slopes(
    u: Array, transit: Array, skew: Array, *, power: float
) -> tuple[Array, Array, Array]:
    """Derivatives of ln(u^-power e^(skew (1 - (u + 1/u) / 2)) √skew / transit), u = time / transit.

    Args:
        u: time since arrival over transit, shape (..., m).
        transit: shape (..., 1), s.
        skew: shape (..., 1).
        power: of u.

    Returns:
        By time, transit and skew, shape (..., m) each.
    """
    by_u = -power / u - skew / 2 * (1 - 1 / u**2)
    return by_u / transit, -(u * by_u + 1) / transit, 1 / (2 * skew) + 1 - (u + 1 / u) / 2


@dataclass(frozen=True)
class FirstPassage(Bolus):
    """S(t) = area e^λ / mu √(λ / 2π) (mu / u)^(3/2) exp(-λ/2 (u / mu + mu / u)), u = t - arrival.

    Here λ is skew and mu is transit: drift with diffusion, each bubble seen once.

    Source:
        Sheppard and Savage, Phys Rev 1951;83:489; formula as in Strouthos et al., IEEE Trans
        Ultrason Ferroelectr Freq Control 2010;57:1296, doi:10.1109/TUFFC.2010.1550.
    """

    name = "first_passage"
    parameters = (AREA, ARRIVAL, TRANSIT, SKEW)
    rates = parameters[1:]

    def curve(self, since: Array, first: Array, second: Array) -> Array:
        """Curve of area 1, shape (..., m), for transit and skew, shape (..., 1)."""
        u = since / first
        growth = second * (1 - (u + 1 / u) / 2)
        return np.asarray(np.sqrt(second / (2 * pi * u**3)) * np.exp(growth) / first)

    def log_slopes(self, since: Array, first: Array, second: Array) -> tuple[Array, Array, Array]:
        """Derivatives of ln curve by time, transit and skew, shape (..., m) each."""
        return walk_slopes(since / first, first, second, power=1.5)

    def peak_time(self, values: Array) -> Array:
        """Mu (√(9 + 4 λ²) - 3) / (2 λ), shape (...), s."""
        mu, skew = values[..., 2], values[..., 3]
        return np.asarray(mu * (np.sqrt(9 + 4 * skew**2) - 3) / (2 * skew))

    def transit_time(self, values: Array) -> Array:
        """mu, shape (...), s."""
        return np.asarray(values[..., 2])
