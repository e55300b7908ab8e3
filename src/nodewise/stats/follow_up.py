"""Times to an event, censored where follow-up ended first."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from nodewise.errors import StatsError
from nodewise.stats.inputs import Array, Clusters, Index, numbers, patients, same_length


@dataclass(frozen=True, slots=True)
class FollowUp:
    """Follow-up of n units.

    Args:
        time: shape (n,), any one unit of time.
        event: 0 where follow-up ended without an event, else the number of its cause, shape (n,).
        clusters: the patient of each unit.
    """

    time: Array
    event: Index
    clusters: Clusters


@dataclass(frozen=True, slots=True)
class RiskTable:
    """What happened at each distinct time.

    Args:
        time: distinct times, shape (g,).
        at_risk: units still under observation, shape (g,).
        events: events of any cause, shape (g,).
        of_cause: events of each cause from 1 on, shape (causes, g).
        place: number of each unit's time, shape (n,).
    """

    time: Array
    at_risk: Array
    events: Array
    of_cause: Array
    place: Index

    def before(self, at: float) -> int:
        """Number of distinct times up to and including this one."""
        return int(np.searchsorted(self.time, at, side="right"))


def follow_up(time: ArrayLike, event: ArrayLike, patient: ArrayLike) -> FollowUp:
    """Check times and events.

    Args:
        time: shape (n,), positive.
        event: 0 (censored), 1, or numbers of competing causes, shape (n,).
        patient: the patient of each unit, shape (n,).
    """
    times, causes = numbers(time, "time"), numbers(event, "event")
    same_length(times, causes, "time and event")
    if len(times) == 0 or np.any(times < 0):
        raise StatsError("follow-up needs times of 0 or more; there is none, or one is negative")
    if np.any((causes != np.round(causes)) | (causes < 0)):
        raise StatsError("event must hold 0 (censored) and whole numbers of causes")
    return FollowUp(times, causes.astype(np.int64), patients(patient, len(times)))


def risk_table(data: FollowUp) -> RiskTable:
    """Count units at risk and events at each distinct time."""
    time, place = np.unique(data.time, return_inverse=True)
    place = place.ravel()
    leaving = np.bincount(place, minlength=len(time))
    at_risk = leaving[::-1].cumsum()[::-1].astype(np.float64)
    causes = range(1, max(int(data.event.max()), 1) + 1)
    of_cause = np.array(
        [np.bincount(place, weights=data.event == cause, minlength=len(time)) for cause in causes]
    )
    return RiskTable(time, at_risk, of_cause.sum(axis=0), of_cause, place.astype(np.int64))
