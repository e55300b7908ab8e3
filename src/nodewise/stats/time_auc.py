"""Accuracy at a time: who has had the event by then against who has not.

Units lost before that time count for nothing themselves; those who are known to have had the
event, or not, weigh the more: 1 over the chance to be still under follow-up.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import sqrt

import numpy as np
from numpy.typing import ArrayLike

from nodewise.errors import StatsError
from nodewise.stats.difference import difference
from nodewise.stats.direction import Direction, upward
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
from nodewise.stats.inputs import Array, Index, Mask, binary, known_level


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeAccuracy:
    """A test at one time."""

    sensitivity: Estimate
    specificity: Estimate
    positive_predictive_value: Estimate
    negative_predictive_value: Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class _Moment:
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
        """Inverse chance to be still under follow-up, times each unit's weight, shape (b, n)."""
        ordered = units[:, self.order]
        leaving = np.add.reduceat(ordered, self.starts, axis=1)
        lost = np.add.reduceat(ordered * self.lost[self.order], self.starts, axis=1)
        # events come before losses at the same time
        at_risk = np.cumsum(leaving[:, ::-1], axis=1)[:, ::-1] - (leaving - lost)
        some = at_risk.real > 1e-9
        stays = np.cumprod(1 - np.where(some, lost / np.where(some, at_risk, 1), 0), axis=1)
        stays = np.concatenate([np.ones((len(units), 1)), stays], axis=1)
        of_events = stays[:, self.place]  # just before the event
        of_free = np.broadcast_to(stays[:, [self.end]], of_events.shape)
        known = self.case | self.other | self.free
        chance = np.where(self.free, of_free, of_events)
        return np.asarray(np.where(known, units / np.where(known, chance, 1), 0))


def time_auc(
    data: FollowUp,
    score: ArrayLike,
    at: float,
    *,
    direction: Direction | str,
    level: float = 0.95,
) -> Estimate:
    """Cumulative/dynamic AUC of cause 1 at a time; event-free units are the controls.

    Args:
        data: from follow_up; cause 1 is the event, others compete with it.
        score: shape (n,).
        at: a time within follow-up.
        direction: whether higher or lower scores speak for an early event.
        level: level of the interval, fraction.

    Source:
        Blanche et al., Stat Med 2013;32:5381, doi:10.1002/sim.5958 (definition A where events
        compete); errors by the infinitesimal jackknife of patients, weights included.
    """
    moment = _moment(data, at)
    area = _area(moment, upward(score, direction), moment.free)
    return _estimate(f"AUC at {at:g}", area, data, level)


def time_auc_against_others(
    data: FollowUp,
    score: ArrayLike,
    at: float,
    *,
    direction: Direction | str,
    level: float = 0.95,
) -> Estimate:
    """The same where units with another event by then are controls too.

    Args:
        data: from follow_up; cause 1 is the event, others compete with it.
        score: shape (n,).
        at: a time within follow-up.
        direction: whether higher or lower scores speak for an early event.
        level: level of the interval, fraction.

    Source:
        Blanche et al., Stat Med 2013;32:5381, doi:10.1002/sim.5958, definition B.
    """
    moment = _moment(data, at)
    area = _area(moment, upward(score, direction), moment.free | moment.other)
    return _estimate(f"AUC at {at:g}, others as controls", area, data, level)


def time_auc_difference(
    data: FollowUp,
    scores: Sequence[ArrayLike],
    at: float,
    *,
    direction: Sequence[Direction | str],
    level: float = 0.95,
) -> Estimate:
    """AUC at a time of the first score minus that of the second, with its test.

    Args:
        data: from follow_up.
        scores: two scores of the same units, shape (2, n).
        at: a time within follow-up.
        direction: of each score.
        level: level of the interval, fraction.

    Source:
        Blanche et al., Stat Med 2013;32:5381, doi:10.1002/sim.5958.
    """
    moment = _moment(data, at)
    first, second = (
        _area(moment, upward(score, way), moment.free)
        for score, way in zip(scores, direction, strict=True)
    )

    def gap(units: Complex) -> Complex:
        return np.asarray(first(units) - second(units))

    about = _estimate(f"difference of AUCs at {at:g}", gap, data, level)
    variance = (about.error or 0.0) ** 2
    return difference(about.value, variance, df=np.inf, level=level, about=about)


def time_accuracy(
    data: FollowUp, test: ArrayLike, at: float, *, level: float = 0.95
) -> TimeAccuracy:
    """Sensitivity, specificity and predictive values of a test for an event by a time.

    Args:
        data: from follow_up.
        test: whether the test is positive, such as a score beyond a locked cut-off, shape (n,).
        at: a time within follow-up.
        level: level of intervals, fraction.

    Source:
        Blanche et al., Stat Med 2013;32:5381, doi:10.1002/sim.5958.
    """
    moment, called = _moment(data, at), binary(test, "test")
    if len(called) != len(data.time):
        raise StatsError(f"{len(data.time)} units need as many tests; there are {len(called)}")

    def share(hit: Mask, among: Mask, name: str) -> Estimate:
        if not (among & (moment.case | moment.free)).any():
            raise StatsError(f"{name} at {at:g} cannot be estimated: no unit counts for it")

        def quotient(units: Complex) -> Complex:
            weights = moment.weights(units) * (moment.case | moment.free)
            return np.asarray((weights @ (hit & among)) / (weights @ among))

        return _estimate(f"{name} at {at:g}", quotient, data, level)

    return TimeAccuracy(
        sensitivity=share(called, moment.case, "sensitivity"),
        specificity=share(~called, moment.free, "specificity"),
        positive_predictive_value=share(moment.case, called, "positive predictive value"),
        negative_predictive_value=share(moment.free, ~called, "negative predictive value"),
    )


def _moment(data: FollowUp, at: float) -> _Moment:
    times, place = np.unique(data.time, return_inverse=True)
    case, other = ((data.time <= at) & kind for kind in (data.event == 1, data.event > 1))
    free = data.time > at
    if not case.any() or not free.any():
        lacking = "without an event is still under follow-up" if case.any() else "had the event"
        raise StatsError(f"accuracy at {at:g} cannot be estimated: no unit {lacking} by then")
    order = np.argsort(data.time, kind="stable")
    return _Moment(
        case=case,
        other=other,
        free=free,
        lost=data.event == 0,
        order=order,
        starts=np.searchsorted(data.time[order], times),
        place=place.ravel(),
        end=int(np.searchsorted(times, at, side="right")),
    )


def _area(moment: _Moment, score: Array, control: Mask) -> Weighted:
    """Weighted share of pairs that the case wins, as a function of units' weights."""
    if len(score) != len(moment.case):
        raise StatsError(f"{len(moment.case)} units need as many scores; there are {len(score)}")
    gap = np.sign(score[moment.case][:, None] - score[control][None, :])
    won = (1 + gap) / 2

    def area(units: Complex) -> Complex:
        weights = moment.weights(units)
        w, c = weights[:, moment.case], weights[:, control]
        return np.asarray(((w @ won) * c).sum(axis=1) / (w.sum(axis=1) * c.sum(axis=1)))

    return area


def _estimate(name: str, statistic: Weighted, data: FollowUp, level: float) -> Estimate:
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
    return replace(
        about,
        low=about.value - z * error,
        high=about.value + z * error,
        error=error,
        caution=few(data.clusters.count),
    )
