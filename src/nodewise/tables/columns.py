"""Columns as tables name them: a line each."""

import polars as pl

from nodewise.table import Column


def text(name: str, meaning: str, *, nullable: bool = True) -> Column:
    """A text."""
    return Column(name, pl.String(), meaning, nullable=nullable)


def number(name: str, unit: str, meaning: str) -> Column:
    """A number in a unit."""
    return Column(name, pl.Float64(), meaning, unit)


def count(name: str, meaning: str) -> Column:
    """A count."""
    return Column(name, pl.Int64(), meaning)


def flag(name: str, meaning: str) -> Column:
    """True or false."""
    return Column(name, pl.Boolean(), meaning)


def date(name: str, meaning: str) -> Column:
    """A day."""
    return Column(name, pl.Date(), meaning + " (shifted by a constant per participant)")


PARTICIPANT = text("participant", "pseudonym, made with the study's key", nullable=False)
VISIT = text("visit", "visit of the trial file, or unassigned", nullable=False)
SIDE = text("side", "left, right or midline of the patient")
LEVEL = text("level", "neck level or sublevel")
READER = text("reader", "who read; none: a measured value; mean: over readers", nullable=False)
SYSTEM = text("level_system", "who named the level: AJCC, AAO-HNS or Gregoire 2013")
