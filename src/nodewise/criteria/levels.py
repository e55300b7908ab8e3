"""Facts about neck levels: where they lie against the cricoid, how systems answer to each other."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from nodewise.anatomy import LevelSystem, level_name
from nodewise.criteria.rules import Confidence, Standing, Words

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


@cache
def levels() -> Mapping[tuple[LevelSystem, str], Level]:
    """Every level of every system."""
    text = files("nodewise.criteria").joinpath("tables", "levels.csv").read_text("utf-8")
    rows = csv.DictReader(line for line in text.splitlines() if not line.startswith("#"))
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
        for row in rows
    ]
    return {(level.system, level.level): level for level in found}


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
