"""Levels of drawn nodes from landmarks, outside a study, and what answers to a level elsewhere."""

import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nodewise.anatomy import LevelSystem, RegionKind, level_name
from nodewise.criteria import levels
from nodewise.criteria.rules import Decision, table, told
from nodewise.errors import IngestError
from nodewise.ingest import Problem, Pseudonyms, Region, landmarks, take_in
from nodewise.nodes import size
from nodewise.nodes.landmarks import EDGES, MASK_ALONE, Landmarks, edge, structure_of
from nodewise.nodes.location import Location, locate


@dataclass(frozen=True, slots=True, kw_only=True)
class Located:
    """A drawn node and where it lies; studies are a participant's days of imaging, from 1."""

    participant: str
    study: int
    label: str
    location: Location
    short_axis_mm: float

    @property
    def enlarged(self) -> Decision:
        """Whether its short axis reaches the cut-off of its level."""
        place = self.location
        return levels.size_rule(place.levels, place.system, self.short_axis_mm)


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
            short_axis_mm=size(region.mask, region.grid).short_axis_mm,
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
                if _known(name) and structure_of(name) not in MASK_ALONE:
                    found[name] = points
                else:
                    unused.append(name)
    if not found:
        raise IngestError(f"no landmark is known there; needed: some of {', '.join(EDGES)}")
    return Landmarks(found), tuple(sorted(unused))


def _known(name: str) -> bool:
    return structure_of(name) in EDGES


def line(one: Located) -> str:
    """A node in a line: side, level or range, shares, and what would tell more."""
    place = one.location
    here = " or ".join(place.levels) or "outside every level"
    shares = ", ".join(
        f"{' or '.join(level) or 'outside'} {share:.0%}" for level, share in place.shares.items()
    )
    missing = f"; missing: {', '.join(place.missing)}" if place.missing else ""
    who = f"{one.participant}  study {one.study}  {one.label}"
    found = one.enlarged
    size = f"short axis {one.short_axis_mm:.1f} mm, {_answers(found)} ({_rows(found)})"
    borders = "; ".join(dict.fromkeys(place.origins.values()))
    return f"{who}: {place.side} {here} ({place.system}; {shares}{missing}); {size}\n  {borders}"


def _answers(found: Decision) -> str:
    return " or ".join(found.answers)


def _rows(found: Decision) -> str:
    """The rows of the size table that could decide, each once."""
    return "; ".join(
        dict.fromkeys(
            f"level {told(row.conditions['level'])}: {row.says}" for row in found.possible
        )
    )


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
        "borders": dict(place.origins),
        "short_axis_mm": one.short_axis_mm,
        "size": _answers(one.enlarged),
        "size_rules": [row.origin for row in one.enlarged.possible],
    }


def crosswalk(level: str, system: LevelSystem) -> dict[str, Any]:
    """What a level is, its size cut-offs, and what answers to it in the other systems."""
    about = levels.levels()[system, level_name(level, system)]
    group = levels.size_group(about.level, system)
    return {
        "level": about.level,
        "system": system,
        "meaning": about.meaning,
        "origin": f"{about.standing.says}; confidence {about.confidence.says}",
        "below_cricoid": about.below_cricoid,
        "size": [
            {"scheme": name, "answer": row.answer, "says": row.says, "origin": row.origin}
            for name in ("size_axial", "size_ultrasound")
            for row in table(name).rows
            if group in told(row.conditions["level"]).split() and row.answer == "enlarged"
        ],
        "answers_to": [
            {
                "system": other,
                "level": each.level,
                "says": each.says,
                "origin": f"{each.standing.says}; confidence {each.confidence.says}",
            }
            for other in LevelSystem
            if other is not system
            for each in levels.answering(about.level, system, other)
        ],
    }


def crosswalk_lines(found: Mapping[str, Any]) -> Iterator[str]:
    """What the terminal shows of a level."""
    below = {"yes": "below", "no": "above", "unknown": "above or below"}[found["below_cricoid"]]
    yield f"{found['system']} {found['level']}: {found['meaning']} [{found['origin']}]"
    yield f"  {below} the caudal border of the cricoid"
    for each in found["size"]:
        yield f"  {each['scheme'].replace('_', ' ')}: {each['says']} [{each['origin']}]"
    for each in found["answers_to"]:
        yield f"  {each['system']} {each['level']}: {each['says']} [{each['origin']}]"
