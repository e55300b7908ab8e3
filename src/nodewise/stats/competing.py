"""Competing events: the chance of one cause when another may come first."""

from dataclasses import dataclass
from math import exp, log, sqrt

import numpy as np

from nodewise.errors import StatsError
from nodewise.stats.distributions import normal_quantile
from nodewise.stats.estimate import Estimate, few
from nodewise.stats.follow_up import FollowUp, RiskTable, risk_table
from nodewise.stats.inputs import Array, known_level


@dataclass(frozen=True, slots=True, kw_only=True)
class Incidence:
    """Cumulative incidence of one cause.

    Args:
        time: distinct times, shape (g,).
        value: share with that event by each time, shape (g,).
    """

    time: Array
    value: Array


def cumulative_incidence(data: FollowUp, cause: int) -> Incidence:
    """The Aalen-Johansen estimate; tied times are taken as they are, none is jittered.

    Args:
        data: from follow_up.
        cause: number of the event.

    Source:
        Aalen & Johansen, Scand J Stat 1978;5:141.
    """
    table = risk_table(data)
    _known(table, cause)
    return Incidence(time=table.time, value=np.cumsum(_steps(table, cause)))


def incidence_at(data: FollowUp, cause: int, at: float, *, level: float = 0.95) -> Estimate:
    """Cumulative incidence of one cause at one time.

    Args:
        data: from follow_up.
        cause: number of the event.
        at: a time within follow-up.
        level: level of the interval, fraction.

    Source:
        Aalen & Johansen, Scand J Stat 1978;5:141; errors by the infinitesimal jackknife of
        patients; limits log-log as in Choudhury, Stat Med 2002;21:1129, doi:10.1002/sim.1070.
    """
    z = normal_quantile(known_level(level))
    if not 0 <= at <= data.time.max():
        raise StatsError(f"follow-up ends at {data.time.max():g}; {at:g} lies outside")
    table = risk_table(data)
    _known(table, cause)
    stop = table.before(at)
    value = float(_steps(table, cause)[:stop].sum())
    error = sqrt(float(np.sum(data.clusters.total(_influence(data, table, cause, stop)) ** 2)))
    limits: tuple[float, float] | None = None
    reason = "no interval where all or none had the event, or in one patient"
    if 0 < value < 1 and data.clusters.count > 1 and not error > 1e-12:  # less is rounding
        reason = "the patients show no variance of it"
    elif 0 < value < 1 and data.clusters.count > 1:
        half = z * error / abs(value * log(value))
        limits = value ** exp(half), value ** exp(-half)
    return Estimate(
        name=f"cumulative incidence of cause {cause} at {at:g}",
        value=value,
        low=None if limits is None else limits[0],
        high=None if limits is None else limits[1],
        level=level,
        method="Aalen-Johansen, log-log",
        numerator=int((data.event == cause).sum()),
        denominator=len(data.time),
        clusters=data.clusters.count,
        unit="patient" if data.clusters.count == len(data.time) else "node",
        error=error,
        reason="" if limits else reason,
        caution=few(data.clusters.count) if limits else "",
    )


def _known(table: RiskTable, cause: int) -> None:
    if not 1 <= cause <= len(table.of_cause):
        raise StatsError(f"causes are numbered 1 to {len(table.of_cause)}; {cause} was asked for")


def _before(table: RiskTable) -> Array:
    """Share without any event just before each time."""
    after = np.cumprod(1 - table.events / table.at_risk)
    return np.append(1.0, after[:-1])


def _steps(table: RiskTable, cause: int) -> Array:
    return np.asarray(_before(table) * table.of_cause[cause - 1] / table.at_risk)


def _influence(data: FollowUp, table: RiskTable, cause: int, stop: int) -> Array:
    """Derivative of the incidence by each unit's weight, shape (n,)."""
    counted = np.arange(len(table.time)) < stop
    step = np.where(counted, _steps(table, cause), 0.0)
    left = table.at_risk - table.events
    own = np.divide(1.0, left, out=np.zeros_like(left), where=left > 0)
    hazard = np.cumsum(own * table.events / table.at_risk)  # what staying at risk has cost so far
    earlier = np.append(0.0, hazard[:-1])
    later = step.sum() - np.cumsum(step)  # incidence still to come after each time
    place, event = table.place, data.event
    through_survival = (
        np.cumsum(step * earlier)[place]
        + hazard[place] * later[place]
        - np.where(event > 0, own[place] * later[place], 0.0)
    )
    scale = np.where(counted, _before(table) / table.at_risk, 0.0)
    direct = np.where(event == cause, scale[place], 0.0)
    direct -= np.cumsum(scale * table.of_cause[cause - 1] / table.at_risk)[place]
    return np.asarray(through_survival + direct)
