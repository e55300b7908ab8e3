"""Endings: for each outcome, how and when each participant's follow-up ended."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from nodewise.steps.outcomes.histories import History
from nodewise.trial import RELAPSES, TimeOutcome
from nodewise.truth import ANALYSED

Row = dict[str, Any]
ALL = "all"
NO_FIELD = "nobody recorded whether the relapse lies in the treated field"


def endings(
    outcome: TimeOutcome, histories: Mapping[str, History], excluded: Mapping[str, str]
) -> Iterator[Row]:
    """Rows of the outcome_units table for a time to an event.

    Args:
        outcome: of the trial file.
        histories: of the participants of its arms.
        excluded: participant → why he or she takes no part at all.
    """
    for who, history in histories.items():
        status = excluded.get(who) or history.fault
        days, event = None, None
        if not status:
            days, event, status = _ending(outcome, history)
        yield {
            "outcome": outcome.name,
            "stratum": ALL,
            "participant": who,
            "days": days,
            "event": event,
            "status": status or ANALYSED,
        }


def _ending(outcome: TimeOutcome, history: History) -> tuple[int | None, int | None, str]:
    """Days and event, or why there are none; beyond the horizon nothing is counted.

    An event on the day of a competing one comes first.
    """
    assert history.last is not None  # a history without it has a fault
    origin = history.origins[outcome.origin]
    last = (history.last - origin).days
    if last < 0:
        return None, None, f"follow-up ended before the {outcome.origin}"
    first = min(_happened(outcome, history, origin), default=None)
    if first is None or first[0] > outcome.horizon:
        return min(last, outcome.horizon + 1), 0, ""
    day, cause, name = first
    if outcome.in_field and name in RELAPSES and history.in_field[name] is None:
        return None, None, NO_FIELD
    if day < 0:
        return None, None, f"{name} before the {outcome.origin}"
    return day, cause, ""


def _happened(
    outcome: TimeOutcome, history: History, origin: date
) -> Iterator[tuple[int, int, str]]:
    """Day, cause and name of the outcome's events; not those outside the field."""
    for cause, events in ((1, outcome.events), (2, outcome.competing)):
        for name in (each for each in events if each in history.events):
            outside = name in RELAPSES and history.in_field[name] is False
            if not (outcome.in_field and outside):
                yield (history.events[name] - origin).days, cause, name
