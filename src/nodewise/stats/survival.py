"""Kaplan-Meier and restricted mean times, with errors by patient."""

from dataclasses import dataclass, replace
from math import exp, inf, log, sqrt

import numpy as np
from numpy.typing import ArrayLike

from nodewise.errors import StatsError
from nodewise.stats.difference import free_difference
from nodewise.stats.distributions import normal_quantile
from nodewise.stats.estimate import Estimate, few
from nodewise.stats.follow_up import FollowUp, RiskTable, risk_table
from nodewise.stats.inputs import Array, Clusters, binary, known_level, same_length


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """A survival curve with its pointwise limits.

    Args:
        time: distinct times, shape (g,).
        value: share without an event after each, shape (g,).
        error: standard error by patient, shape (g,).
        low: lower log-log limit, shape (g,).
        high: upper log-log limit, shape (g,).
        at_risk: units under observation just before, shape (g,).
    """

    time: Array
    value: Array
    error: Array
    low: Array
    high: Array
    at_risk: Array


def kaplan_meier(data: FollowUp, *, level: float = 0.95) -> Curve:
    """The share without any event, over time.

    Args:
        data: from follow_up.
        level: level of the pointwise limits, fraction.

    Source:
        Kaplan & Meier, J Am Stat Assoc 1958;53:457, doi:10.1080/01621459.1958.10501452; errors by
        the infinitesimal jackknife of patients, which for single units is Greenwood's.
    """
    z = normal_quantile(known_level(level))
    table = risk_table(data)
    value = _survival(table)
    error = np.sqrt([_variance(data, table, k) for k in range(len(table.time))])
    inside = (value > 0) & (value < 1)
    safe = np.where(inside, value, 0.5)
    half = z * error / (safe * np.abs(np.log(safe)))
    # log-log: S to the power exp(±half)
    low = np.where(inside, safe ** np.exp(half), value)
    high = np.where(inside, safe ** np.exp(-half), value)
    return Curve(
        time=table.time, value=value, error=error, low=low, high=high, at_risk=table.at_risk
    )


def survival_at(data: FollowUp, at: float, *, level: float = 0.95) -> Estimate:
    """The share without any event at one time.

    Args:
        data: from follow_up.
        at: a time within follow-up.
        level: level of the interval, fraction.

    Source:
        Kalbfleisch & Prentice, The Statistical Analysis of Failure Time Data, 1980 (log-log).
    """
    z = normal_quantile(known_level(level))
    _within(data, at)
    table = risk_table(data)
    k = table.before(at) - 1
    value = float(_survival(table)[k]) if k >= 0 else 1.0
    about = _about(data, f"event-free at {at:g}", "Kaplan-Meier, log-log", level)
    if not 0 < value < 1:
        return _with(about, value, reason="no interval where all or none had an event")
    error = sqrt(_variance(data, table, k))
    half = z * error / abs(value * log(value))
    return _with(about, value, limits=(value ** exp(half), value ** exp(-half)), error=error)


def median_time(data: FollowUp, *, level: float = 0.95) -> Estimate:
    """The time by which half had an event.

    Args:
        data: from follow_up.
        level: level of the interval, fraction.

    Source:
        Brookmeyer & Crowley, Biometrics 1982;38:29, doi:10.2307/2530286, on the log-log scale.
    """
    curve = kaplan_meier(data, level=level)
    ends = [_first_below(curve.time, part) for part in (curve.value, curve.low, curve.high)]
    if ends[0] is None:
        raise StatsError("the median time was not reached: fewer than half had an event")
    about = _about(data, "median time", "Kaplan-Meier, log-log", level)
    if ends[1] is None or ends[2] is None:
        return _with(about, ends[0], reason="a limit of the median was not reached")
    if ends[1] == ends[2]:
        return _with(about, ends[0], reason="both limits fall on one time: too many share it")
    return _with(about, ends[0], limits=(ends[1], ends[2]))


def restricted_mean(data: FollowUp, until: float, *, level: float = 0.95) -> Estimate:
    """Mean time without an event up to a horizon: the area under the curve.

    Args:
        data: from follow_up.
        until: horizon, within follow-up; any later one where nobody is left without an event.
        level: level of the interval, fraction.

    Source:
        Irwin, J Hyg 1949;47:188; Royston & Parmar, BMC Med Res Methodol 2013;13:152,
        doi:10.1186/1471-2288-13-152. The error is that of the mean, not the spread of times.
    """
    z = normal_quantile(known_level(level))
    value, influence = _area(data, until)
    error = sqrt(float(np.sum(data.clusters.total(influence) ** 2)))
    about = _about(data, f"restricted mean time to {until:g}", "area under Kaplan-Meier", level)
    return _with(about, value, limits=(value - z * error, value + z * error), error=error)


def restricted_mean_difference(
    data: FollowUp, group: ArrayLike, until: float, *, level: float = 0.95
) -> Estimate:
    """Mean time without an event up to a horizon in one of two groups minus that in the other.

    Units of one patient may lie in both groups: what they add to the errors is taken together.

    Args:
        data: from follow_up.
        group: 1 or true for the first of the difference, 0 or false for the other, shape (n,).
        until: horizon, within the follow-up of both.
        level: level of the interval, fraction.

    Source:
        Royston & Parmar, BMC Med Res Methodol 2013;13:152, doi:10.1186/1471-2288-13-152; errors by
        the infinitesimal jackknife of patients.
    """
    first = binary(group, "group")
    same_length(data.time, first, "follow-up and group")
    if not 0 < first.sum() < len(first):
        raise StatsError("a difference of mean times needs 2 groups; all units are in one")
    value, influence, fewest = 0.0, np.zeros(len(first)), data.clusters.count
    for sign, part in ((1.0, first), (-1.0, ~first)):
        clusters = Clusters(data.clusters.index[part], data.clusters.count)
        mean, added = _area(FollowUp(data.time[part], data.event[part], clusters), until)
        value += sign * mean
        influence[part] = sign * added
        fewest = min(fewest, data.clusters.having(part))
    name = f"difference of restricted mean times to {until:g}"
    about = _about(data, name, "areas under Kaplan-Meier", level)
    variance = float(np.sum(data.clusters.total(influence) ** 2))
    df = inf if fewest > 1 else 0
    about = replace(about, caution=few(fewest))
    return free_difference(value, variance, df=df, level=level, about=about)


def _area(data: FollowUp, until: float) -> tuple[float, Array]:
    """Area under the curve up to a horizon, and its derivative by each unit's weight."""
    table = risk_table(data)
    if _survival(table)[-1] > 0 or until < 0:
        _within(data, until)
    stop = table.before(until)
    survival = np.append(1.0, _survival(table)[:stop])
    edges = np.concatenate([[0.0], table.time[:stop], [until]])
    area = np.diff(edges) * survival
    remaining = np.append(area[::-1].cumsum()[::-1][1:], np.zeros(len(table.time) - stop))
    return float(area.sum()), -_martingale(data, table, remaining)


def _survival(table: RiskTable) -> Array:
    return np.asarray(np.cumprod(1 - table.events / table.at_risk))


def _variance(data: FollowUp, table: RiskTable, k: int) -> float:
    """Variance of survival after the k-th time, by patient."""
    survival = float(np.prod(1 - table.events[: k + 1] / table.at_risk[: k + 1]))
    weight = np.where(np.arange(len(table.time)) <= k, survival, 0.0)
    influence = _martingale(data, table, weight)
    return float(np.sum(data.clusters.total(influence) ** 2))


def _martingale(data: FollowUp, table: RiskTable, weight: Array) -> Array:
    """Sum over times of weight × (own event - own share of events) / (at risk - events).

    Args:
        data: from follow_up.
        table: from risk_table.
        weight: at each distinct time, shape (g,).
    """
    left = table.at_risk - table.events
    own = np.divide(weight, left, out=np.zeros_like(weight), where=left > 0)
    shared = np.cumsum(own * table.events / table.at_risk)
    return np.where(data.event > 0, own[table.place], 0.0) - shared[table.place]


def _first_below(time: Array, part: Array) -> float | None:
    below = np.flatnonzero(part <= 0.5 + 1e-12)
    return float(time[below[0]]) if len(below) else None


def _within(data: FollowUp, at: float) -> None:
    if not 0 <= at <= data.time.max():
        raise StatsError(f"follow-up ends at {data.time.max():g}; {at:g} lies outside")


def _about(data: FollowUp, name: str, method: str, level: float) -> Estimate:
    return Estimate(
        name=name,
        value=0.0,
        level=level,
        method=method,
        numerator=int((data.event > 0).sum()),
        denominator=len(data.time),
        clusters=data.clusters.count,
        unit="patient" if data.clusters.count == len(data.time) else "node",
    )


def _with(
    about: Estimate,
    value: float,
    *,
    limits: tuple[float, float] | None = None,
    error: float | None = None,
    reason: str = "",
) -> Estimate:
    """The estimate with its figures."""
    found = replace(about, value=value)
    if about.clusters == 1:
        return found.lacking("an interval needs units from 2 patients or more; there is 1")
    if limits is not None and error is not None and not error > 1e-12 * abs(value):
        return found.lacking("all fared alike until then: the data show no variance")
    return replace(
        about,
        value=value,
        low=None if limits is None else limits[0],
        high=None if limits is None else limits[1],
        error=error,
        reason=reason,
        caution=few(about.clusters or 0) if limits is not None else "",
    )
