"""Facts about neck levels: where they lie against the cricoid, how systems answer to each other."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from nodewise.anatomy import LEVELS, LevelSystem, level_name, superlevel
from nodewise.criteria.rules import Confidence, Decision, Standing, Words, exactly, table

OPEN: Words = frozenset({"yes", "no"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """One level of one system."""

    system: LevelSystem
    level: str
    compartment: str
    below_cricoid: str
    meaning: str
    standing: Standing
    confidence: Confidence


@dataclass(frozen=True, slots=True)
class Relation:
    """A level of another system, how it answers, and how sure that is."""

    level: str
    says: str
    standing: Standing = Standing.TEXTBOOK
    confidence: Confidence = Confidence.HIGH


@cache
def levels() -> Mapping[tuple[LevelSystem, str], Level]:
    """Every level of every system."""
    found = [
        Level(
            system=LevelSystem(row["system"]),
            level=row["level"],
            compartment=row["compartment"],
            below_cricoid=row["below_cricoid"],
            meaning=row["meaning"],
            standing=Standing(row["standing"]),
            confidence=Confidence(row["confidence"]),
        )
        for row in _rows("levels")
    ]
    return {(level.system, level.level): level for level in found}


def _rows(name: str) -> Iterator[dict[str, str]]:
    text = files("nodewise.criteria").joinpath("tables", f"{name}.csv").read_text("utf-8")
    yield from csv.DictReader(line for line in text.splitlines() if not line.startswith("#"))


def answering(level: str, system: LevelSystem, to: LevelSystem) -> tuple[Relation, ...]:
    """The levels of another system that answer to a level, and how.

    A level with sublevels answers by them. Surgical levels are imaging levels by another border
    within II, so IIA and IIB answer to II alone.

    >>> [each.level for each in answering("VB", LevelSystem.AJCC, LevelSystem.GREGOIRE)]
    ['VB', 'VC']
    >>> answering("IIB", LevelSystem.AAO_HNS, LevelSystem.AJCC)[0].says
    'split by the accessory nerve there and by the jugular vein here'
    """
    name = level_name(level, system)
    surgical = LevelSystem.AAO_HNS in (system, to)
    if system == to:
        return (Relation(name, "equal"),)
    if surgical and LevelSystem.GREGOIRE not in (system, to):
        if superlevel(name) == "II" and name != "II":
            says = "split by the accessory nerve there and by the jugular vein here"
            return (Relation("II", says),)
        return (Relation(name, "equal"),)
    parts = LEVELS[system].get(name) or (name,)
    if surgical and superlevel(name) == "II":
        parts = LEVELS[system]["II"]  # which sublevel it is does not carry over
    return tuple({each.level: each for each in _crosswalk(parts, system)}.values())


def _crosswalk(parts: Sequence[str], system: LevelSystem) -> Iterator[Relation]:
    """Rows of the crosswalk from some levels."""
    here, there = ("gregoire", "ajcc") if system == LevelSystem.GREGOIRE else ("ajcc", "gregoire")
    for row in _rows("level_crosswalk"):
        if row[here] in parts:
            sure = Standing(row["standing"]), Confidence(row["confidence"])
            yield Relation(row[there], row["relation"], *sure)


def size_group(level: str, system: LevelSystem) -> str:
    """Which size cut-off a level has: II, retropharyngeal or other.

    >>> size_group("IIB", LevelSystem.AJCC), size_group("VIIA", LevelSystem.GREGOIRE)
    ('II', 'retropharyngeal')
    """
    if retropharyngeal(level, system) == {"yes"}:
        return "retropharyngeal"
    return "II" if superlevel(level_name(level, system)) == "II" else "other"


def below_cricoid(level: str | None, system: LevelSystem) -> Words:
    """Whether a level lies below the caudal border of the cricoid: yes, no, or open.

    >>> sorted(below_cricoid("V", LevelSystem.AJCC)), sorted(below_cricoid("VB", LevelSystem.AJCC))
    (['no', 'yes'], ['yes'])
    """
    if level is None:
        return OPEN
    answer = levels()[system, level_name(level, system)].below_cricoid
    return OPEN if answer == "unknown" else frozenset({answer})


def retropharyngeal(level: str | None, system: LevelSystem) -> Words:
    """Whether a level is retropharyngeal: yes, no, or open; a node on no level is cervical."""
    if level is None:
        return frozenset({"no"})
    where = levels()[system, level_name(level, system)].compartment
    if where == "unknown":
        return OPEN
    return frozenset({"yes" if where == "retropharyngeal" else "no"})


def size_rule(levels: Sequence[str], system: LevelSystem, short_axis_mm: float) -> Decision:
    """Whether a node is enlarged for its level, or for any of the levels where it may lie.

    Args:
        levels: where it may lie; none outside every level.
        system: who named them.
        short_axis_mm: in the axial plane.
    """
    groups = frozenset(size_group(level, system) for level in levels) or {"other"}
    size = exactly(round(short_axis_mm, 1))
    return table("size_axial").decide({"level": frozenset(groups), "short_axis_mm": size})
