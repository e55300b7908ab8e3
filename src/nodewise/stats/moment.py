"""One moment of follow-up, with censoring weighed out.

Units lost before it count for nothing themselves; those who are known to have had the event, or
not, weigh the more: 1 over the chance to be still under follow-up.
"""

from dataclasses import dataclass, replace
from math import sqrt

import numpy as np

from nodewise.errors import StatsError
from nodewise.stats.distributions import normal_quantile
from nodewise.stats.estimate import Estimate, few
from nodewise.stats.follow_up import FollowUp
from nodewise.stats.influence import variance_by_patient
from nodewise.stats.inputs import Array, Index, Mask, known_level


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """What the weights at a time are made of.

    Args:
        case: had the event by then, shape (n,).
        other: had another event by then, shape (n,).
        free: had none and was still under follow-up, shape (n,).
        lost: was lost to follow-up, shape (n,).
        place: number of each unit's time, shape (n,).
        end: distinct times up to the time in question.
    """

    case: Mask
    other: Mask
    free: Mask
    lost: Mask
    place: Index
    end: int

    def weights(self) -> Array:
        """Inverse chance to be still under follow-up, 0 where that is unknown, shape (n,)."""
        leaving, lost = self._counted()
        spared = np.cumsum(leaving[::-1])[::-1] - leaving + lost  # events come before losses
        kept = 1 - np.divide(lost, spared, out=np.zeros(len(lost)), where=spared > 0)
        stays = np.append(1.0, np.cumprod(kept))[self._reach()]
        known = self.case | self.other | self.free
        return np.where(known, 1 / np.where(known, stays, 1), 0.0)

    def influence(self, slope: Array) -> Array:
        """Derivative of a statistic of the weights by what each unit counts for, shape (n,).

        A loss at u moves the weights of all who were followed past u. It enters by the published
        martingale form, the integral of dM(u) / Y(u), with all at risk at u in Y, ties included.

        Args:
            slope: derivative of the statistic by each unit's weight, shape (n,).
        """
        leaving, lost = self._counted()
        at_risk = np.cumsum(leaving[::-1])[::-1]
        own = slope * self.weights()
        by_reach = np.bincount(self._reach(), weights=own, minlength=len(leaving) + 1)
        past = np.cumsum(by_reach[::-1])[::-1][1:]  # of those followed past each distinct time
        through = np.where(self.lost, (past / at_risk)[self.place], 0.0)
        through -= np.cumsum(past * lost / at_risk**2)[self.place]
        return np.asarray(own + through)

    def _counted(self) -> tuple[Array, Array]:
        """Units that leave at each distinct time, and those of them who are lost, shape (g,)."""
        leaving = np.bincount(self.place).astype(np.float64)
        return leaving, np.bincount(self.place, weights=self.lost).astype(np.float64)

    def _reach(self) -> Index:
        """Distinct times whose losses bear on each unit's weight, shape (n,)."""
        return np.where(self.free, self.end, self.place)  # just before an event


def moment_at(data: FollowUp, at: float) -> Moment:
    """Who had the event by a time, who another, and who none.

    Args:
        data: from follow_up; cause 1 is the event.
        at: the time.
    """
    times, place = np.unique(data.time, return_inverse=True)
    case, other = ((data.time <= at) & kind for kind in (data.event == 1, data.event > 1))
    free = data.time > at
    if not case.any() or not free.any():
        lacking = "without an event is still under follow-up" if case.any() else "had the event"
        raise StatsError(f"accuracy at {at:g} cannot be estimated: no unit {lacking} by then")
    return Moment(
        case=case,
        other=other,
        free=free,
        lost=data.event == 0,
        place=place.ravel(),
        end=int(np.searchsorted(times, at, side="right")),
    )


def weighed_estimate(
    name: str, value: float, influence: Array, data: FollowUp, *, level: float
) -> Estimate:
    """A share, an area or a score of weighted units with its normal interval from 0 to 1 at most.

    Errors are by patient.

    Args:
        name: what it is called.
        value: what it is.
        influence: its derivative by what each unit counts for, shape (n,).
        data: from follow_up.
        level: level of the interval, fraction.
    """
    z, units = normal_quantile(known_level(level)), len(data.time)
    about = Estimate(
        name=name,
        value=value,
        level=level,
        method="weighed for censoring, errors by patient",
        denominator=units,
        clusters=data.clusters.count,
        unit="patient" if data.clusters.count == units else "node",
    )
    if data.clusters.count < 2:
        return replace(about, reason="an interval needs 2 patients or more; there is 1")
    error = sqrt(variance_by_patient(influence, data.clusters))
    if not error > 1e-12:  # less is rounding
        return about.lacking("the patients show no variance of it")
    return replace(
        about,
        low=max(value - z * error, 0.0),
        high=min(value + z * error, 1.0),
        error=error,
        caution=few(data.clusters.count),
    )
