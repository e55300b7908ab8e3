"""Units of analysis: what the index test and the reference say of a node, level, side, patient.

A level, side or patient is positive on imaging when any of its image nodes is, and by the
reference when any of its specimen nodes is. Only dissected levels have a reference; a dissected
level in which nothing was seen is a negative of the index test.

A node that was drawn and has no value leaves what holds it unread, even where another node makes it
positive: to keep such positives, and lose the negatives beside them, would favour the positive.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from nodewise.anatomy import superlevel

ANALYSED, UNREAD = "analysed", "a node without a value: nothing fitted, or nothing answered"
UNLIKE = "a node whose images of two visits are not from one machine and setting"
OTHER_SIDE = "a node whose label lies on the other side at another visit"
WITHOUT_VALUE = (UNREAD, UNLIKE, OTHER_SIDE)
"""Of what was drawn and verified, why there is no value."""
NOT_RECORDED = "not recorded whether a node of a dissected level has it"
SIDES = ("left", "right")

Place = tuple[str | None, str | None]
"""Side and level; a side without level is all of it, and neither is the whole neck."""

UNIVERSE = tuple((side, level) for side in SIDES for level in ("I", "II", "III", "IV", "V"))
"""Levels of both sides that a neck is divided into for an analysis by level."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One image node of a participant with the index test's value.

    Args:
        region: its identifier.
        side: left or right, None when unknown.
        level: level or sublevel, None when unknown.
        value: the index test's value; None when nothing could be fitted there.
        present: the reference's answer for this very node; None without one.
        why: it has no value, where it has none.
    """

    region: str
    side: str | None
    level: str | None
    value: float | None
    present: bool | None
    why: str = UNREAD


@dataclass(frozen=True, slots=True, kw_only=True)
class Neck:
    """One participant's image nodes and the reference of the dissected levels.

    Args:
        readings: image nodes.
        reference: (side, level) → whether the pathologist found a metastasis there, for dissected
            levels; None where the count was not recorded.
        excluded: why nothing of this participant may be analysed; empty when it may.
    """

    readings: Sequence[Reading]
    reference: Mapping[tuple[str, str], bool | None] = field(default_factory=dict)
    excluded: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A node, level, side or patient: value and call of the index test, and the reference.

    Args:
        item: which.
        side, level: where; None for what is larger.
        value: the most suspicious one there; None without any.
        positive: the call; None without a cut-off, or where an unread node could change it.
        present: the reference's answer; None without one.
        status: analysed, or why not.
    """

    item: str
    side: str | None
    level: str | None
    value: float | None
    positive: bool | None
    present: bool | None
    status: str


@dataclass(frozen=True, slots=True)
class Cutoff:
    """Direction in which a value speaks for metastasis, and where it begins to; inclusive."""

    direction: Literal["lower", "higher"]
    value: float | None

    def positive(self, value: float | None) -> bool | None:
        """The call for a value; None without a cut-off or without a value."""
        if value is None or self.value is None:
            return None
        return value <= self.value if self.direction == "lower" else value >= self.value

    def most_suspicious(self, values: Sequence[float]) -> float | None:
        """The value that speaks loudest for metastasis."""
        if not values:
            return None
        return min(values) if self.direction == "lower" else max(values)


def units(neck: Neck, cutoff: Cutoff, *, by: str) -> list[Unit]:
    """Units of one participant: `by` is node, level, side or patient."""
    if by == "node":
        found = [_node(reading, cutoff) for reading in neck.readings]
    else:
        found = [_together(neck, cutoff, place=place) for place in _places(neck, by)]
    if not neck.excluded:
        return found
    return [replace(unit, status=neck.excluded) for unit in found]


def _node(reading: Reading, cutoff: Cutoff) -> Unit:
    status = ANALYSED if reading.present is not None else "no reference of its own"
    return Unit(
        item=reading.region,
        side=reading.side,
        level=reading.level,
        value=reading.value,
        positive=cutoff.positive(reading.value),
        present=reading.present,
        status=status if reading.value is not None else reading.why,
    )


def _places(neck: Neck, by: str) -> list[Place]:
    """Levels of the universe and whatever else was dissected or drawn; sides; or the whole neck."""
    if by == "side":
        return [(side, None) for side in SIDES]
    if by != "level":
        return [(None, None)]
    drawn = {
        (reading.side, superlevel(reading.level))
        for reading in neck.readings
        if reading.side in SIDES and reading.level
    }
    return [*UNIVERSE, *sorted((set(neck.reference) | drawn) - set(UNIVERSE))]


def _within(place: Place, side: str | None, level: str | None) -> bool:
    """Whether a level lies in a place; None is everywhere."""
    here = place[1] is None or (level is not None and superlevel(level) == place[1])
    return here and place[0] in (None, side)


def _together(neck: Neck, cutoff: Cutoff, *, place: Place) -> Unit:
    """A level, side or patient; positive when any node there is, in both tests.

    Undissected levels count for the index test and stay silent for the reference, which hangs on
    pathology alone: it is open when a dissected level's is and no other level is positive.
    """
    here = [each for each in neck.readings if _within(place, each.side, each.level)]
    known = [found for there, found in neck.reference.items() if _within(place, *there)]
    calls = [cutoff.positive(each.value) for each in here]
    negative = None if None in calls or cutoff.value is None else False
    present = True if True in known else None if None in known or not known else False
    side, level = place
    if any(each.value is None for each in here):
        status = UNREAD
    elif not known:
        status = "not dissected" if level else "no dissected level"
    else:
        status = ANALYSED if present is not None else NOT_RECORDED
    return Unit(
        item=" ".join(filter(None, place)) or "patient",
        side=side,
        level=level,
        value=cutoff.most_suspicious([each.value for each in here if each.value is not None]),
        positive=True if True in calls else negative,
        present=present,
        status=status,
    )
