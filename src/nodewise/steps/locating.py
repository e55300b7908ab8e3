"""Levels of drawn nodes from landmarks, outside a study."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nodewise.anatomy import LevelSystem, RegionKind
from nodewise.errors import IngestError
from nodewise.ingest import Problem, Pseudonyms, Region, landmarks, take_in
from nodewise.nodes.landmarks import EDGES, Landmarks, edge
from nodewise.nodes.location import Location, locate


@dataclass(frozen=True, slots=True, kw_only=True)
class Located:
    """A drawn node and where it lies; studies are a participant's days of imaging, from 1."""

    participant: str
    study: int
    label: str
    location: Location


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Nodes with their levels, and what was not used."""

    nodes: tuple[Located, ...]
    unused: tuple[str, ...]
    problems: tuple[Problem, ...]


def nodes(source: Path, told_by: Sequence[Path], *, system: LevelSystem) -> Answer:
    """Levels of the nodes of a file or folder.

    Args:
        source: DICOM segmentations or `_dseg` label volumes; regions that are no nodes are left.
        told_by: Slicer landmark files, or folders of structures' masks.
        system: who names the levels.

    Raises:
        IngestError: when there is no node, or no landmark that is known.
    """
    known, unused = gather(told_by)
    regions, problems = [], []
    for found in take_in([source], Pseudonyms(secrets.token_bytes(32))):
        if isinstance(found, Problem):
            problems.append(found)
        elif isinstance(found, Region) and found.kind in (RegionKind.NODE, None):
            regions.append(found)
    if not regions:
        said = "; ".join(f"{each.where}: {each.found}" for each in problems)
        raise IngestError(f"no node is drawn there{': ' if said else ''}{said}")
    days = sorted({(region.participant, str(region.date)) for region in regions})
    located = tuple(
        Located(
            participant=region.participant,
            study=_study(days, region),
            label=region.label,
            location=locate(region.mask, region.grid, known, system=system),
        )
        for region in regions
    )
    return Answer(nodes=located, unused=unused, problems=tuple(problems))


def _study(days: Sequence[tuple[str, str]], region: Region) -> int:
    mine = [day for who, day in days if who == region.participant]
    return mine.index(str(region.date)) + 1


def gather(paths: Sequence[Path]) -> tuple[Landmarks, tuple[str, ...]]:
    """Landmarks of all files and folders, and names that are no landmark."""
    found: dict[str, Any] = {}
    unused: list[str] = []
    for path in paths:
        if path.is_dir():
            for name, (mask, grid) in landmarks.masks(path).items():
                if _known(name):
                    found |= edge(name, mask, grid)
                else:
                    unused.append(name)
        else:
            for name, points in landmarks.points(path).items():
                found |= {name: points} if _known(name) else {}
                unused += [] if _known(name) else [name]
    if not found:
        raise IngestError(f"no landmark is known there; needed: some of {', '.join(EDGES)}")
    return Landmarks(found), tuple(sorted(unused))


def _known(name: str) -> bool:
    return name.removesuffix(" left").removesuffix(" right") in EDGES


def line(one: Located) -> str:
    """A node in a line: side, level or range, shares, and what would tell more."""
    place = one.location
    levels = " or ".join(place.levels) or "outside every level"
    shares = ", ".join(
        f"{' or '.join(level) or 'outside'} {share:.0%}" for level, share in place.shares.items()
    )
    missing = f"; missing: {', '.join(place.missing)}" if place.missing else ""
    who = f"{one.participant}  study {one.study}  {one.label}"
    return f"{who}: {place.side} {levels} ({place.system}; {shares}{missing})"


def record(one: Located) -> dict[str, Any]:
    """A node as plain values for JSON."""
    place = one.location
    return {
        "participant": one.participant,
        "study": one.study,
        "label": one.label,
        "side": place.side,
        "level": place.level,
        "levels": list(place.levels),
        "level_system": place.system,
        "shares": {"|".join(level) or "outside": share for level, share in place.shares.items()},
        "missing": list(place.missing),
    }
