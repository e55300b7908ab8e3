"""Whether those with higher scores have their event sooner."""

import numpy as np
from numpy.typing import ArrayLike

from nodewise.errors import StatsError
from nodewise.stats.direction import Direction, upward
from nodewise.stats.distributions import normal_quantile
from nodewise.stats.estimate import Estimate, few
from nodewise.stats.follow_up import FollowUp
from nodewise.stats.inputs import Array, Index, Mask, known_level


def harrell_c(
    data: FollowUp, score: ArrayLike, *, direction: Direction | str, level: float = 0.95
) -> Estimate:
    """Share of usable pairs in which the higher score has the earlier event, ties counting half.

    Args:
        data: from follow_up; any cause counts as the event.
        score: shape (n,).
        direction: whether higher or lower scores speak for an early event.
        level: level of the interval, fraction.

    Source:
        Harrell et al., JAMA 1982;247:2543, doi:10.1001/jama.1982.03320430047030; errors by the
        infinitesimal jackknife of patients.
    """
    weight = (data.event > 0).astype(np.float64)
    return _estimate("Harrell's C", data, upward(score, direction), weight, level)


def uno_c(
    data: FollowUp, score: ArrayLike, *, direction: Direction | str, level: float = 0.95
) -> Estimate:
    """The same with each event weighed by 1/G², so that censoring does not bear on it.

    Args:
        data: from follow_up; any cause counts as the event.
        score: shape (n,).
        direction: whether higher or lower scores speak for an early event.
        level: level of the interval, fraction.

    Source:
        Uno et al., Stat Med 2011;30:1105, doi:10.1002/sim.4154; errors by the infinitesimal
        jackknife of patients with the weights held fixed.
    """
    free = free_of_censoring(data)
    weight = np.where(data.event > 0, 1 / np.maximum(free, 1e-12) ** 2, 0.0)
    return _estimate("Uno's C", data, upward(score, direction), weight, level)


def free_of_censoring(data: FollowUp) -> Array:
    """Chance to be under follow-up just before each unit's time, shape (n,)."""
    time, place = np.unique(data.time, return_inverse=True)
    place = place.ravel()
    lost = np.bincount(place, weights=data.event == 0)
    died = np.bincount(place, weights=data.event > 0)
    at_risk = (lost + died)[::-1].cumsum()[::-1] - died  # events come before censoring at a tie
    stays = np.cumprod(1 - np.divide(lost, at_risk, out=np.zeros(len(time)), where=at_risk > 0))
    return np.asarray(np.append(1.0, stays[:-1])[place])


def _estimate(name: str, data: FollowUp, score: Array, weight: Array, level: float) -> Estimate:
    """Concordance from pairs (i has its event before j's time), with weights of events."""
    z = normal_quantile(known_level(level))
    if len(score) != len(data.time):
        raise StatsError(f"{len(data.time)} units need as many scores; there are {len(score)}")
    # a censored unit outlives an event at the same time
    place = 2 * np.unique(data.time, return_inverse=True)[1].ravel() + (data.event == 0)
    order = np.unique(place, return_inverse=True)[1].ravel()
    rank = np.unique(score, return_inverse=True)[1].ravel()
    later, ones = order.max() - order, np.ones(len(order))
    usable = _earlier(order, weight) + weight * _earlier(later, ones)
    won = _beyond(order, rank.max() - rank, weight) + weight * _beyond(later, rank, ones)
    total = float(usable.sum())
    if total == 0:
        raise StatsError(f"{name} cannot be estimated: no pair of units can be ordered in time")
    value = float(won.sum()) / total
    influence = (won - value * usable) / (total / 2)  # a pair is counted by both of its units
    error = float(np.sqrt(np.sum(data.clusters.total(influence) ** 2)))
    found = Estimate(
        name=name,
        value=value,
        low=max(value - z * error, 0.0),
        high=min(value + z * error, 1.0),
        level=level,
        method="infinitesimal jackknife of patients",
        numerator=int((data.event > 0).sum()),
        denominator=len(data.time),
        clusters=data.clusters.count,
        unit="patient" if data.clusters.count == len(data.time) else "node",
        error=error,
        caution=few(data.clusters.count),
    )
    if data.clusters.count < 2 or error < 1e-12:
        return found.lacking("one patient, or pairs that are all alike, show no variance")
    return found


def _earlier(order: Index, weight: Array) -> Array:
    """Weights of all units of a lower order, shape (n,)."""
    passed = np.cumsum(np.bincount(order, weights=weight))
    return np.asarray(np.append(0.0, passed)[order])


def _beyond(order: Index, rank: Index, weight: Array) -> Array:
    """Weights of units of a lower order and a lower rank, half of those of the same, shape (n,).

    Two orders part at one binary digit: at each digit, units that have it add up those that lack
    it and are alike in the digits above, sorted by rank: O(n log² n) time and O(n) memory.
    """
    by_rank, found = np.argsort(rank, kind="stable"), np.zeros(len(order))
    for digit in range(int(order.max()).bit_length()):
        at = by_rank[np.argsort(order[by_rank] >> (digit + 1), kind="stable")]
        above, lacks = order[at] >> (digit + 1), (order[at] >> digit) & 1 == 0
        passed = np.append(0.0, np.cumsum(np.where(lacks, weight[at], 0.0)))
        other = np.append(True, above[1:] != above[:-1])
        start, _ = _runs(other)
        first, last = _runs(other | np.append(True, rank[at][1:] != rank[at][:-1]))
        found[at] += np.where(lacks, 0.0, (passed[first] + passed[last]) / 2 - passed[start])
    return found


def _runs(starts: Mask) -> tuple[Index, Index]:
    """Where the run of each place starts, and where the next one does, shape (n,) each."""
    first = np.flatnonzero(starts)
    number = np.cumsum(starts) - 1
    return first[number], np.append(first[1:], len(starts))[number]
