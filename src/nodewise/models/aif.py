"""Concentration in the feeding artery: a population's or one that was measured."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln, xlogy

from nodewise.errors import ModelError
from nodewise.volume import Array

HAEMATOCRIT = 0.42  # of large vessels; Parker 2006 used the same


class Aif(ABC):
    """An arterial input function, linear between its knots."""

    @abstractmethod
    def plasma(self, time: Array) -> Array:
        """Concentration in plasma, shape (...), mM, at times, shape (...), s."""

    @abstractmethod
    def knots(self, last: float) -> Array:
        """Times from 0 s to the last one wanted, linear in between, shape (n,), s."""


@dataclass(frozen=True)
class ParkerAif(Aif):
    """Two Gaussians and an exponential with sigmoid onset: the mean of 23 patients.

    Args:
        arrival: when the bolus arrives, after the first frame's time zero, s.
        haematocrit: fraction of blood that is cells.
        spacing: knots' spacing, s; 4 s would cost 1 % of Ktrans.

    Source:
        Parker et al., Magn Reson Med 2006;56:993, doi:10.1002/mrm.21066, eq 1 and table 1.

    >>> float(ParkerAif().plasma(np.array(10.2)).round(2))
    10.46
    """

    arrival: float = 0.0
    haematocrit: float = HAEMATOCRIT
    spacing: float = 0.5

    def __post_init__(self) -> None:
        """Refuse blood without plasma."""
        _fraction(self.haematocrit)

    def blood(self, time: Array) -> Array:
        """Concentration in whole blood, shape (...), mM, at times, shape (...), s."""
        minutes = (np.asarray(time, float) - self.arrival) / 60  # the published fit is in minutes
        bolus = np.zeros_like(minutes)
        for area, centre, width in ((0.809, 0.17046, 0.0563), (0.330, 0.365, 0.132)):
            gauss = np.exp(-((minutes - centre) ** 2) / (2 * width**2))
            bolus += area / (width * np.sqrt(2 * np.pi)) * gauss
        onset = 1 + np.exp(-38.078 * np.clip(minutes, -15, None) + 38.078 * 0.483)
        tail = 1.050 * np.exp(-0.1685 * np.maximum(minutes, 0)) / onset
        return np.asarray(np.where(minutes >= 0, bolus + tail, 0.0))  # eq 1

    def plasma(self, time: Array) -> Array:
        """Concentration in plasma, shape (...), mM, at times, shape (...), s."""
        return self.blood(time) / (1 - self.haematocrit)

    def knots(self, last: float) -> Array:
        """Times with the stated spacing, shape (n,), s."""
        return even_knots(last, spacing=self.spacing, arrival=self.arrival)


@dataclass(frozen=True)
class GeorgiouAif(Aif):
    """Three exponentials times gamma variates that recirculate: sampled at high time resolution.

    Args:
        arrival: when the bolus arrives, after the first frame's time zero, s.
        haematocrit: fraction of blood that is cells.
        spacing: knots' spacing, s.

    Source:
        Georgiou et al., Magn Reson Med 2019;81:1955, doi:10.1002/mrm.27524;
        with the further digits of the curve that OSIPI keeps as its reference.
    """

    arrival: float = 0.0
    haematocrit: float = HAEMATOCRIT
    spacing: float = 0.5

    def __post_init__(self) -> None:
        """Refuse blood without plasma."""
        _fraction(self.haematocrit)

    def blood(self, time: Array) -> Array:
        """Concentration in whole blood, shape (...), mM, at times, shape (...), s."""
        minutes = np.maximum((np.asarray(time, float) - self.arrival) / 60, 0)
        tail = np.zeros_like(minutes)
        for size, rate in ((0.37432, 0.112701), (0.33118, 1.17465), (10.0612, 16.02)):
            tail += size * np.exp(-rate * minutes)
        passes = np.zeros_like(minutes)
        cycle, last = 0, minutes.max(initial=0)
        while cycle == 0 or cycle * 0.128556 < last:
            shape = (cycle + 1) * 5.26699 + cycle
            since = np.maximum(minutes - cycle * 0.128556, 0) / 0.0320788
            passes += np.exp(xlogy(shape, since) - since - gammaln(shape + 1)) / 0.0320788
            cycle += 1
        return np.asarray(tail * passes)

    def plasma(self, time: Array) -> Array:
        """Concentration in plasma, shape (...), mM, at times, shape (...), s."""
        return self.blood(time) / (1 - self.haematocrit)

    def knots(self, last: float) -> Array:
        """Times with the stated spacing, shape (n,), s."""
        return even_knots(last, spacing=self.spacing, arrival=self.arrival)


def _fraction(haematocrit: float) -> None:
    """Refuse a haematocrit in per cent, or one that leaves no plasma."""
    if not 0 <= haematocrit < 1:
        raise ModelError(f"a haematocrit is a fraction from 0 to below 1; found {haematocrit:g}")


def even_knots(last: float, *, spacing: float, arrival: float) -> Array:
    """Times from 0 to last with at most the given spacing, and the arrival, shape (n,), s."""
    count = max(int(np.ceil(last / spacing)), 1)
    return np.union1d(np.linspace(0, max(last, 0), count + 1), np.clip(arrival, 0, last))


@dataclass(frozen=True)
class MeasuredAif(Aif):
    """Concentrations measured in an artery, linear between samples.

    Args:
        time: rising, shape (n,), s.
        blood: concentration in whole blood, shape (n,), mM.
        delay: how much later the bolus reaches the tissue, s.
        haematocrit: fraction of blood that is cells; 0 when plasma was measured.
    """

    time: Array
    blood: Array
    delay: float = 0.0
    haematocrit: float = HAEMATOCRIT

    def __post_init__(self) -> None:
        """Refuse samples that no curve can be drawn through, and blood without plasma."""
        _fraction(self.haematocrit)
        time, blood = np.asarray(self.time, float), np.asarray(self.blood, float)
        if time.ndim != 1 or time.shape != blood.shape or len(time) < 2:
            raise ModelError(
                f"an arterial input needs as many concentrations as times, 2 or more; "
                f"found shapes {blood.shape} and {time.shape}"
            )
        if not (np.isfinite(time).all() and np.isfinite(blood).all() and (np.diff(time) > 0).all()):
            raise ModelError("an arterial input needs rising times and finite concentrations")

    def plasma(self, time: Array) -> Array:
        """Concentration in plasma, shape (...), mM, at times, shape (...), s."""
        wanted = np.asarray(time, float) - self.delay
        if wanted.max(initial=-np.inf) > self.time[-1] + 1e-6:
            raise ModelError(
                f"the arterial input ends at {self.time[-1]:g} s; "
                f"the series needs it until {wanted.max():g} s"
            )
        blood = np.interp(wanted, self.time, self.blood, left=0.0)
        return np.asarray(blood / (1 - self.haematocrit))

    def knots(self, last: float) -> Array:
        """The samples' own times, shape (n,), s."""
        own = np.asarray(self.time, float) + self.delay
        return np.union1d([min(0.0, own[0])], own[own <= last])
