"""Accuracy at a time: who has had the event by then against who has not.

Units lost before that time count for nothing themselves; those who are known to have had the
event, or not, weigh the more: 1 over the chance to be still under follow-up.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from nodewise.errors import StatsError
from nodewise.stats.difference import difference
from nodewise.stats.direction import Direction, upward
from nodewise.stats.estimate import Estimate
from nodewise.stats.follow_up import FollowUp
from nodewise.stats.inputs import Array, Index, Mask, binary
from nodewise.stats.moment import Moment, moment_at, weighed_estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeAccuracy:
    """A test at one time."""

    sensitivity: Estimate
    specificity: Estimate
    positive_predictive_value: Estimate
    negative_predictive_value: Estimate


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
        compete); errors take in that the weights are estimated. Units that leave at one time are
        all at risk at it, whatever the order of their rows.
    """
    moment = moment_at(data, at)
    found = _area(moment, upward(score, direction), moment.free)
    return weighed_estimate(f"AUC at {at:g}", *found, data, level=level)


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
    moment = moment_at(data, at)
    found = _area(moment, upward(score, direction), moment.free | moment.other)
    return weighed_estimate(f"AUC at {at:g}, others as controls", *found, data, level=level)


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
    moment = moment_at(data, at)
    first, second = (
        _area(moment, upward(score, way), moment.free)
        for score, way in zip(scores, direction, strict=True)
    )

    name, gap = f"difference of AUCs at {at:g}", first[0] - second[0]
    about = weighed_estimate(name, gap, first[1] - second[1], data, level=level)
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
    moment, called = moment_at(data, at), binary(test, "test")
    if len(called) != len(data.time):
        raise StatsError(f"{len(data.time)} units need as many tests; there are {len(called)}")

    decided = moment.case | moment.free
    weights = moment.weights() * decided

    def share(hit: Mask, among: Mask, name: str) -> Estimate:
        if not (among & decided).any():
            raise StatsError(f"{name} at {at:g} cannot be estimated: no unit counts for it")

        whole = float(weights @ among)
        value = float(weights @ (hit & among)) / whole
        influence = moment.influence(among * (hit - value) * decided) / whole
        return weighed_estimate(f"{name} at {at:g}", value, influence, data, level=level)

    return TimeAccuracy(
        sensitivity=share(called, moment.case, "sensitivity"),
        specificity=share(~called, moment.free, "specificity"),
        positive_predictive_value=share(moment.case, called, "positive predictive value"),
        negative_predictive_value=share(moment.free, ~called, "negative predictive value"),
    )


def _area(moment: Moment, score: Array, control: Mask) -> tuple[float, Array]:
    """Weighted share of pairs that the case wins, and what each unit adds to its error, (n,)."""
    if len(score) != len(moment.case):
        raise StatsError(f"{len(moment.case)} units need as many scores; there are {len(score)}")
    weights, _, rank = moment.weights(), *np.unique(score, return_inverse=True)
    rank = rank.ravel()
    cases, controls = weights * moment.case, weights * control
    beaten, won = _below(rank, controls), _below(-rank, cases)
    of_cases, of_controls = float(cases.sum()), float(controls.sum())
    value = float(cases @ beaten) / (of_cases * of_controls)
    slope = moment.case * (beaten / of_controls - value) / of_cases
    slope = slope + control * (won / of_cases - value) / of_controls
    return value, moment.influence(slope)


def _below(rank: Index, weight: Array) -> Array:
    """Weights of units of a lower rank, half of those of the same, shape (n,)."""
    at = np.bincount(rank - rank.min(), weights=weight)
    return np.asarray((np.cumsum(at) - at / 2)[rank - rank.min()])
