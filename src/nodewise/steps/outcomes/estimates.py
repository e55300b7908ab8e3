"""Rows of the outcome tables: an estimate with its counts, and a curve."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from nodewise.errors import StatsError
from nodewise.stats import (
    Estimate,
    FollowUp,
    Unknown,
    clopper_pearson,
    cumulative_incidence,
    incidence_at,
    kaplan_meier,
    median_time,
    survival_at,
    tried,
)
from nodewise.steps.outcomes.endings import ALL
from nodewise.trial import Outcome, TimeOutcome

Row = dict[str, Any]
INCIDENCE = {1: "incidence", 2: "competing incidence"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stratum:
    """Patients of an outcome whose estimates stand together.

    Args:
        outcome: of the trial file.
        data: their follow-up.
        value_name: what parts them from the others, or what is described; None: nothing.
        name: all, positive or negative.
        start: landmark, day from the origin; the data's times count from it.
        left_out: further patients of the outcome of whom it could not be told.
    """

    outcome: TimeOutcome
    data: FollowUp
    value_name: str | None = None
    name: str = ALL
    start: int = 0
    left_out: int = 0

    def estimate(
        self, quantity: str, call: Callable[[], Estimate], *, at_day: int | None = None
    ) -> Row:
        """One row of the estimates, or why there is none."""
        by_then, followed = np.ones(len(self.data.time), bool), None
        if at_day is not None:
            by_then = self.data.time <= at_day - self.start
            followed = int((self.data.time >= at_day - self.start).sum())
        names = {"value_name": self.value_name, "stratum": self.name, "at_day": at_day}
        counts = {
            "patients": len(self.data.time),
            "events": int((by_then & (self.data.event == 1)).sum()),
            "competing": int((by_then & (self.data.event == 2)).sum()),
            "followed": followed,
            "left_out": self.left_out,
        }
        return estimate_row(self.outcome, quantity, tried(quantity, call)) | names | counts


def estimate_row(outcome: Outcome, quantity: str, estimate: Estimate | Unknown) -> Row:
    """A row of the estimates; p-values are those of confirmatory outcomes alone."""
    facts = estimate.as_dict()
    confirms = outcome.role == "confirmatory"
    return {
        "outcome": outcome.name,
        "role": outcome.role,
        "stratum": ALL,
        "quantity": quantity,
        "method": facts["method"] or "not estimable",
        **{name: facts[name] for name in ("value", "low", "high", "level")},
        "p": facts.get("p") if confirms else None,
        "remark": " ".join(str(facts[name]) for name in ("reason", "caution") if facts.get(name)),
    }


def over_time(stratum: Stratum) -> Iterator[Row]:
    """Shares with and without the event at the outcome's times, and the median time."""
    data, start = stratum.data, stratum.start
    last = float(data.time.max())
    settled = bool(data.event[data.time == last].all())  # then nothing is left to happen
    for at_day in stratum.outcome.at_days:
        at = min(at_day - start, last) if settled else at_day - start
        shares = {"event-free": partial(survival_at, data, at)}
        if stratum.outcome.competing:
            shares = {INCIDENCE[cause]: partial(incidence_at, data, cause, at)
                      for cause in _causes(data)}  # fmt: skip
        for quantity, share in shares.items():
            none = 1.0 if quantity == "event-free" else 0.0
            limited = partial(_limited, share, data, at, without=none)
            call = refused("nobody was followed so long") if at > last else limited
            yield stratum.estimate(quantity, call, at_day=at_day)
    if not stratum.outcome.competing and not start:
        yield stratum.estimate("median time", lambda: median_time(data))
    if stratum.value_name is None:
        yield stratum.estimate("median follow-up", lambda: _median_follow_up(data))


def _limited(
    share: Callable[[], Estimate], data: FollowUp, at: float, *, without: float
) -> Estimate:
    """A share; where it is the one `without` any event, with exact limits.

    They are those of the patients followed so long, or of all where nobody was lost before: who
    was lost says nothing more of them. Each patient is one row here.

    Source:
        Clopper & Pearson, Biometrika 1934;26:404, doi:10.1093/biomet/26.4.404.
    """
    found = share()
    lost = bool((data.event[data.time < at] == 0).any())
    count = int((data.time >= at).sum()) if lost else len(data.time)
    if found.value != without or not count:
        return found
    exact = clopper_pearson(round(found.value * count), count, level=found.level)
    return replace(
        found, low=exact.low, high=exact.high, method=f"{found.method}; {exact.method}", reason="",
        caution=f"nobody had it: exact limits, of the {count} followed so long",
    )  # fmt: skip


def curves(stratum: Stratum) -> Iterator[Row]:
    """The same over time, step by step, up to the day after the horizon."""
    names = {
        "outcome": stratum.outcome.name,
        "value_name": stratum.value_name,
        "stratum": stratum.name,
    }
    for quantity, steps in _steps(stratum):
        for day, value, low, high in steps:
            leaves = stratum.data.time == day
            yield names | {
                "quantity": quantity,
                "day": float(day + stratum.start),
                "value": float(value),
                "low": low,
                "high": high,
                "at_risk": int((stratum.data.time >= day).sum()),
                "lost": int((leaves & (stratum.data.event == 0)).sum()),
            }


Steps = Iterator[tuple[float, float, float | None, float | None]]


def _steps(stratum: Stratum) -> Iterator[tuple[str, Steps]]:
    data = stratum.data
    if not stratum.outcome.competing:
        curve = kaplan_meier(data)
        yield (
            "event-free",
            zip(
                *(part.tolist() for part in (curve.time, curve.value, curve.low, curve.high)),
                strict=True,
            ),
        )
        return
    for cause in _causes(data):
        found = cumulative_incidence(data, cause)
        limits = (incidence_at(data, cause, day) for day in found.time.tolist())
        yield (
            INCIDENCE[cause],
            (
                (day, value, each.low, each.high)
                for day, value, each in zip(
                    found.time.tolist(), found.value.tolist(), limits, strict=True
                )
            ),
        )


def refused(reason: str) -> Callable[[], Estimate]:
    """A call that can only say why there is no estimate."""

    def refuse() -> Estimate:
        raise StatsError(reason)

    return refuse


def _causes(data: FollowUp) -> range:
    """Numbers of the events that there are; the first always."""
    return range(1, max(int(data.event.max()), 1) + 1)


def _median_follow_up(data: FollowUp) -> Estimate:
    """Median time of follow-up, events being what ends it early.

    Source:
        Schemper & Smith, Control Clin Trials 1996;17:343, doi:10.1016/0197-2456(96)00075-X.
    """
    if not (data.event == 0).any():
        raise StatsError("everybody's follow-up ended with an event")
    return median_time(FollowUp(data.time, (data.event == 0).astype(np.int64), data.clusters))
