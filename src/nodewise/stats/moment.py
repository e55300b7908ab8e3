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
from nodewise.stats.influence import (
    Complex,
    Weighted,
    influences,
    value_of,
    variance_by_patient,
)
from nodewise.stats.inputs import Index, Mask, known_level


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """What the weights at a time are made of.

    Args:
        case: had the event by then, shape (n,).
        other: had another event by then, shape (n,).
        free: had none and was still under follow-up, shape (n,).
        lost: was lost to follow-up, shape (n,).
        order: units from the earliest time to the latest, shape (n,).
        starts: where each distinct time begins in that order, shape (g,).
        place: number of each unit's time, shape (n,).
        end: distinct times up to the time in question.
    """

    case: Mask
    other: Mask
    free: Mask
    lost: Mask
    order: Index
    starts: Index
    place: Index
    end: int

    def weights(self, units: Complex) -> Complex:
        """Inverse chance to be still under follow-up, times each unit's weight, shape (b, n).

        The chance is Kaplan and Meier's; its derivative by a unit's weight is that of the published
        martingale form, the integral of dM(u) / Y(u), with all at risk at u in Y, ties included.
        """
        ordered = units[:, self.order]
        leaving = np.add.reduceat(ordered, self.starts, axis=1)
        lost = np.add.reduceat(ordered * self.lost[self.order], self.starts, axis=1)
        at_risk = np.cumsum(leaving[:, ::-1], axis=1)[:, ::-1]
        hazard = lost / at_risk
        spared = (at_risk - leaving + lost).real  # events come before losses at the same time
        some = spared > 1e-9
        stays = np.cumprod(1 - np.where(some, lost.real / np.where(some, spared, 1), 0), axis=1)
        stays = stays * np.exp(np.cumsum(hazard.real - hazard, axis=1))
        stays = np.concatenate([np.ones((len(units), 1)), stays], axis=1)
        of_events = stays[:, self.place]  # just before the event
        of_free = np.broadcast_to(stays[:, [self.end]], of_events.shape)
        known = self.case | self.other | self.free
        chance = np.where(self.free, of_free, of_events)
        return np.asarray(np.where(known, units / np.where(known, chance, 1), 0))


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
    order = np.argsort(data.time, kind="stable")
    return Moment(
        case=case,
        other=other,
        free=free,
        lost=data.event == 0,
        order=order,
        starts=np.searchsorted(data.time[order], times),
        place=place.ravel(),
        end=int(np.searchsorted(times, at, side="right")),
    )


def weighed_estimate(name: str, statistic: Weighted, data: FollowUp, level: float) -> Estimate:
    """A share, an area or a score of weighted units with its normal interval from 0 to 1 at most.

    Errors are by patient.

    Args:
        name: what it is called.
        statistic: a function of units' weights.
        data: from follow_up.
        level: level of the interval, fraction.
    """
    z, units = normal_quantile(known_level(level)), len(data.time)
    about = Estimate(
        name=name,
        value=value_of(statistic, units),
        level=level,
        method="weighed for censoring, errors by patient",
        denominator=units,
        clusters=data.clusters.count,
        unit="patient" if data.clusters.count == units else "node",
    )
    if data.clusters.count < 2:
        return replace(about, reason="an interval needs 2 patients or more; there is 1")
    error = sqrt(variance_by_patient(influences(statistic, units), data.clusters))
    if not error > 1e-12:  # less is rounding
        return about.lacking("the patients show no variance of it")
    return replace(
        about,
        low=max(about.value - z * error, 0.0),
        high=min(about.value + z * error, 1.0),
        error=error,
        caution=few(data.clusters.count),
    )
