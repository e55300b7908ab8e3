"""Units of analysis: what the index test and the reference say of a node, level, side, patient.

A level, side or patient is positive on imaging when any of its image nodes is, and by the
reference when any of its specimen nodes is. Only dissected levels have a reference; a dissected
level in which nothing was seen is a negative of the index test.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from nodewise.anatomy import superlevel

UNIVERSE = tuple(
    (side, level) for side in ("left", "right") for level in ("I", "II", "III", "IV", "V")
)
"""Levels of both sides that a neck is divided into for an analysis by level."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One image node of a participant with the index test's value.

    Args:
        region: its identifier.
        side: left or right, None when unknown.
        level: level or sublevel, None when unknown.
        value: the index test's value; None when nothing could be fitted there.
        metastatic: the reference's answer for this very node; None without one.
        excluded: why the node may not be analysed; empty when it may.
    """

    region: str
    side: str | None
    level: str | None
    value: float | None
    metastatic: bool | None
    excluded: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Neck:
    """One participant's image nodes and the reference of the dissected levels.

    Args:
        readings: image nodes.
        reference: (side, level) → whether the pathologist found a metastasis there, for dissected
            levels; None where the count was not recorded.
    """

    readings: Sequence[Reading]
    reference: Mapping[tuple[str, str], bool | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A node, level, side or patient: value and call of the index test, and the reference."""

    item: str
    side: str | None
    level: str | None
    value: float | None
    positive: bool | None
    metastatic: bool | None
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
        return [_node(reading, cutoff) for reading in neck.readings]
    levels = [_level(neck, cutoff, side=side, level=level) for side, level in _levels(neck)]
    if by == "level":
        return levels
    if by == "side":
        return [
            _together([level for level in levels if level.side == side], cutoff, item=side)
            for side in ("left", "right")
        ]
    return [_together(levels, cutoff, item="patient")]


def _node(reading: Reading, cutoff: Cutoff) -> Unit:
    status = reading.excluded or (
        "no value: no voxel could be fitted"
        if reading.value is None
        else "no reference"
        if reading.metastatic is None
        else "analysed"
    )
    return Unit(
        item=reading.region,
        side=reading.side,
        level=reading.level,
        value=reading.value,
        positive=cutoff.positive(reading.value),
        metastatic=reading.metastatic,
        status=status,
    )


def _levels(neck: Neck) -> list[tuple[str, str]]:
    """The universe, and whatever else was dissected or drawn."""
    drawn = {
        (reading.side, superlevel(reading.level))
        for reading in neck.readings
        if reading.side in ("left", "right") and reading.level
    }
    others = sorted((set(neck.reference) | drawn) - set(UNIVERSE), key=str)
    return [*UNIVERSE, *others]


def _level(neck: Neck, cutoff: Cutoff, *, side: str, level: str) -> Unit:
    here = [
        reading
        for reading in neck.readings
        if reading.side == side and reading.level and superlevel(reading.level) == level
    ]
    excluded = next((reading.excluded for reading in here if reading.excluded), "")
    value = cutoff.most_suspicious([each.value for each in here if each.value is not None])
    unknown = value is None and bool(here)
    dissected = (side, level) in neck.reference
    metastatic = neck.reference.get((side, level))
    status = excluded or (
        "no value: no voxel could be fitted"
        if unknown
        else "not dissected"
        if not dissected
        else "nodes positive not recorded"
        if metastatic is None
        else "analysed"
    )
    call = None if unknown or cutoff.value is None else bool(cutoff.positive(value))
    return Unit(
        item=f"{side} {level}",
        side=side,
        level=level,
        value=value,
        positive=call,
        metastatic=metastatic,
        status=status,
    )


def _together(levels: Sequence[Unit], cutoff: Cutoff, *, item: str) -> Unit:
    """A side or a patient from its levels; positive when any level is, in both tests.

    Undissected levels count for the index test and stay silent for the reference.
    """
    known = [level for level in levels if level.status == "analysed"]
    seen = [level.value for level in levels if level.value is not None]
    calls = [level.positive for level in levels]
    positive = True if True in calls else None if None in calls else False
    excluded = next(
        (each.status for each in levels if each.status.startswith(("interval", "not eligible"))), ""
    )
    metastatic = any(level.metastatic for level in known) if known else None
    return Unit(
        item=item,
        side=item if item in ("left", "right") else None,
        level=None,
        value=cutoff.most_suspicious(seen),
        positive=positive,
        metastatic=metastatic,
        status=excluded or ("analysed" if known else "no dissected level"),
    )
