"""Units of analysis: what the index test and the reference say of a node, level, side, patient.

A level, side or patient is positive on imaging when any of its image nodes is, and by the
reference when any of its specimen nodes is. Only dissected levels have a reference; a dissected
level in which nothing was seen is a negative of the index test.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from nodewise.anatomy import superlevel

ANALYSED, NO_VALUE = "analysed", "no value: nothing fitted, or nothing answered"
NOT_RECORDED = "not recorded whether a node of a dissected level has it"
SIDES = ("left", "right")

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
    """

    region: str
    side: str | None
    level: str | None
    value: float | None
    present: bool | None


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
    """A node, level, side or patient: value and call of the index test, and the reference."""

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
    elif by == "level":
        found = _every_level(neck, cutoff)
    elif by == "side":
        found = [_side(neck, cutoff, side=side) for side in SIDES]
    else:
        found = [_patient(neck, cutoff)]
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
        status=status if reading.value is not None else NO_VALUE,
    )


def _levels(neck: Neck) -> list[tuple[str, str]]:
    """The universe, and whatever else was dissected or drawn."""
    drawn = {
        (reading.side, superlevel(reading.level))
        for reading in neck.readings
        if reading.side in SIDES and reading.level
    }
    return [*UNIVERSE, *sorted((set(neck.reference) | drawn) - set(UNIVERSE))]


def _level(neck: Neck, cutoff: Cutoff, *, side: str, level: str) -> Unit:
    here = [
        reading
        for reading in neck.readings
        if reading.side == side and reading.level and superlevel(reading.level) == level
    ]
    values = [reading.value for reading in here if reading.value is not None]
    value = cutoff.most_suspicious(values)
    unread = bool(here) and not values
    present = neck.reference.get((side, level))
    if unread:
        status = NO_VALUE
    elif (side, level) not in neck.reference:
        status = "not dissected"
    else:
        status = ANALYSED if present is not None else NOT_RECORDED
    return Unit(
        item=f"{side} {level}",
        side=side,
        level=level,
        value=value,
        positive=None if unread or cutoff.value is None else bool(cutoff.positive(value)),
        present=present,
        status=status,
    )


def _side(neck: Neck, cutoff: Cutoff, *, side: str) -> Unit:
    here = {place: found for place, found in neck.reference.items() if place[0] == side}
    unplaced = [each for each in neck.readings if each.side == side and not each.level]
    levels = [each for each in _every_level(neck, cutoff) if each.side == side]
    return _together(levels, cutoff, item=side, reference=here, unplaced=unplaced)


def _patient(neck: Neck, cutoff: Cutoff) -> Unit:
    unplaced = [each for each in neck.readings if each.side not in SIDES or not each.level]
    levels = _every_level(neck, cutoff)
    return _together(levels, cutoff, item="patient", reference=neck.reference, unplaced=unplaced)


def _every_level(neck: Neck, cutoff: Cutoff) -> list[Unit]:
    return [_level(neck, cutoff, side=side, level=level) for side, level in _levels(neck)]


def _together(
    levels: Sequence[Unit],
    cutoff: Cutoff,
    *,
    item: str,
    reference: Mapping[tuple[str, str], bool | None],
    unplaced: Sequence[Reading],
) -> Unit:
    """A side or a patient; positive when any level, or any node without one, is, in both tests.

    Undissected levels count for the index test and stay silent for the reference, which hangs on
    pathology alone: it is open when a dissected level's is and no other level is positive.
    """
    seen = [*(level.value for level in levels), *(each.value for each in unplaced)]
    values = [value for value in seen if value is not None]
    calls = [level.positive for level in levels]
    calls += [cutoff.positive(each.value) for each in unplaced]
    known = list(reference.values())
    present = True if True in known else None if None in known or not known else False
    return Unit(
        item=item,
        side=item if item in SIDES else None,
        level=None,
        value=cutoff.most_suspicious(values),
        positive=True if True in calls else None if None in calls else False,
        present=present,
        status=ANALYSED if present is not None else NOT_RECORDED if known else "no dissected level",
    )
