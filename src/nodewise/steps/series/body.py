"""The body that uptake is relative to: what the files say of it, and the participants table."""

from collections.abc import Iterator
from typing import Any

from nodewise.ingest.records import Tracer
from nodewise.steps.work import Issue

Row = dict[str, Any]
UNITS = {"weight": "kg", "height": "m", "sex": ""}
ALIKE = 0.02
"""Share by which header and table may differ; uptake by weight differs by as much."""


def stated(facts: Row, *, at_index: bool) -> Tracer:
    """What the participants table says; a weight is that of the index visit, and of no other.

    Args:
        facts: row of the participants table.
        at_index: whether the series is one of the index visit.
    """
    return Tracer(
        weight=facts["weight"] if at_index else None,
        height=facts["height"],
        sex=facts["sex"] if facts["sex"] in ("female", "male") else None,
    )


def lent(found: Tracer, table: Tracer) -> Tracer | None:
    """What the table says and the files do not, or not so that it can be used; None if nothing."""
    told = {name: getattr(table, name) for name in UNITS if getattr(found, name) is None}
    more = Tracer.model_validate(told)
    return None if more == Tracer() else more


def completed(found: Tracer, more: Tracer | None) -> Tracer:
    """What the files say, and beside it what was lent."""
    told = {} if more is None else more.model_dump(include=set(UNITS), exclude_none=True)
    wrong = {name: says for name, says in found.wrong.items() if name not in told}
    return found.model_copy(update=told | {"wrong": wrong})


def disagreements(found: Tracer, table: Tracer, *, where: str, participant: str) -> Iterator[Issue]:
    """Where files and table do not say the same, and which of them is used."""
    for name, unit in UNITS.items():
        ours, theirs = getattr(found, name), getattr(table, name)
        if theirs is None or (ours is None and name not in found.wrong) or _alike(ours, theirs):
            continue
        said = f"{name} {_told(theirs, unit)} in the participants table"
        yield Issue(
            where=where,
            found=f"{found.wrong[name]}; {said}"
            if ours is None
            else f"{name} {_told(ours, unit)} in the header, {said}",
            needed=f"one {name}",
            action=f"find out which is right and correct the other; until then the "
            f"{'table' if ours is None else 'header'}'s is used",
            participant=participant,
        )


def _alike(ours: float | str | None, theirs: float | str) -> bool:
    if isinstance(ours, float) and isinstance(theirs, float):
        return abs(ours - theirs) <= ALIKE * max(ours, theirs)
    return ours == theirs


def _told(value: float | str, unit: str) -> str:
    return f"{value:g} {unit}" if isinstance(value, float) else value
