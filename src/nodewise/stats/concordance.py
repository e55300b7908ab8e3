"""Whether those with higher scores have their event sooner."""

import numpy as np
from numpy.typing import ArrayLike

from nodewise.errors import StatsError
from nodewise.stats.direction import Direction, upward
from nodewise.stats.distributions import normal_quantile
from nodewise.stats.estimate import Estimate, few
from nodewise.stats.follow_up import FollowUp
from nodewise.stats.inputs import Array, known_level


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
    return _estimate("Harrell's C", data, _gap(data, score, direction), weight, level)


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
    return _estimate("Uno's C", data, _gap(data, score, direction), weight, level)


def free_of_censoring(data: FollowUp) -> Array:
    """Chance to be under follow-up just before each unit's time, shape (n,)."""
    time, place = np.unique(data.time, return_inverse=True)
    place = place.ravel()
    lost = np.bincount(place, weights=data.event == 0)
    died = np.bincount(place, weights=data.event > 0)
    at_risk = (lost + died)[::-1].cumsum()[::-1] - died  # events come before censoring at a tie
    stays = np.cumprod(1 - np.divide(lost, at_risk, out=np.zeros(len(time)), where=at_risk > 0))
    return np.asarray(np.append(1.0, stays[:-1])[place])


def _gap(data: FollowUp, score: ArrayLike, direction: Direction | str) -> Array:
    values = upward(score, direction)
    if len(values) != len(data.time):
        raise StatsError(f"{len(data.time)} units need as many scores; there are {len(values)}")
    return np.asarray(np.sign(values[:, None] - values[None, :]))


def _estimate(name: str, data: FollowUp, gap: Array, weight: Array, level: float) -> Estimate:
    """Concordance from pairs (i has its event before j's time), with weights of events."""
    z = normal_quantile(known_level(level))
    later = data.time[None, :] > data.time[:, None]
    # a censored unit outlives an event at the same time
    later |= (data.time[None, :] == data.time[:, None]) & (data.event == 0)[None, :]
    usable = weight[:, None] * later
    won = usable * (1 + gap) / 2
    total = float(usable.sum())
    if total == 0:
        raise StatsError(f"{name} cannot be estimated: no pair of units can be ordered in time")
    value = float(won.sum()) / total
    part = won - value * usable
    influence = (part.sum(axis=0) + part.sum(axis=1)) / total
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
