"""The STARD 2015 checklist: where each item stands in the report, or that the authors write it.

Source: Bossuyt 2015, BMJ 351:h5527, doi:10.1136/bmj.h5527; items told in our own words.
"""

import csv
from dataclasses import dataclass
from importlib.resources import files


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One item: its number, what it asks, which section answers, and what is left to write."""

    number: str
    part: str
    asks: str
    section: str
    left: str


def items() -> list[Item]:
    """All items, in order."""
    text = files("nodewise.report").joinpath("stard.csv").read_text(encoding="utf-8")
    return [Item(**row) for row in csv.DictReader(text.splitlines())]
