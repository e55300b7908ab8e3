"""Takes in what a hospital hands over: sources in, series, regions, tables and problems out."""

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from nodewise.errors import IngestError
from nodewise.ingest import bids, scans
from nodewise.ingest.children import Children, Failure
from nodewise.ingest.cines import Cine
from nodewise.ingest.headers import Drawing, Image
from nodewise.ingest.kinds import Foreign, Kind, Nifti, Sheet, Unreadable, look
from nodewise.ingest.pseudonyms import Pseudonyms
from nodewise.ingest.reception import Progress, Reception, Steps, unreadable
from nodewise.ingest.records import Problem, Rows, Taken
from nodewise.ingest.sheets import TABLES, Checker, load, recognised
from nodewise.ingest.sources import Place, find

BATCH = 64
"""Files whose headers are read as one task."""


@dataclass(frozen=True, slots=True)
class _Found:
    """All files by kind."""

    images: list[Image] = field(default_factory=list)
    cines: list[Cine] = field(default_factory=list)
    drawings: list[Drawing] = field(default_factory=list)
    sheets: list[Sheet] = field(default_factory=list)
    niftis: list[Nifti] = field(default_factory=list)
    foreign: list[Foreign] = field(default_factory=list)


def take_in(
    sources: Sequence[Path],
    pseudonyms: Pseudonyms,
    *,
    workers: int = 2,
    progress: Progress | None = None,
) -> Iterator[Taken]:
    """Everything in folders, zips and tables, one thing at a time, and every problem met.

    Files are opened in child processes with limited memory and time. What cannot be taken in is a
    `Problem` and the rest goes on. Folders with a hidden-truth marker are not entered.

    Args:
        sources: folders, zips and files.
        pseudonyms: made with the study's key.
        workers: number of child processes.
        progress: told the number of steps done and in all; each file is looked at, then read.

    Raises:
        IngestError: when a source does not exist, or there is no file in any.
    """
    with (
        tempfile.TemporaryDirectory(prefix="nodewise-") as scratch,
        Children(workers=workers) as children,
    ):
        places: list[Place] = []
        for answer in find(sources, Path(scratch)):
            if isinstance(answer, Place):
                places.append(answer)
            else:
                yield answer
        if not places:
            raise IngestError("there is no file in the sources given")
        reception = Reception(pseudonyms, children, Steps(progress, total=2 * len(places)))
        found = _Found()
        yield from _looked_at(places, reception, found)
        yield from _foreign(found.foreign)
        yield from _tables(found.sheets, reception)
        yield from scans.taken(found.images, found.cines, found.drawings, reception=reception)
        yield from bids.taken(found.niftis, reception)
        reception.steps.take(reception.steps.total)


def whereabouts(
    sources: Sequence[Path], pseudonyms: Pseudonyms, *, workers: int = 2
) -> dict[str, list[Path]]:
    """The files behind the marks of problems, for whoever holds both the files and the key.

    Paths may name patients: print them, never store them.
    """
    found: dict[str, list[Path]] = {}
    with (
        tempfile.TemporaryDirectory(prefix="nodewise-") as scratch,
        Children(workers=workers) as children,
    ):
        places = [one for one in find(sources, Path(scratch)) if isinstance(one, Place)]
        batches = ((i, partial(look, places[i : i + BATCH])) for i in range(0, len(places), BATCH))
        for _, kinds in children.answers(batches):
            for kind in () if isinstance(kinds, Failure) else kinds:
                if isinstance(kind, Image | Cine | Drawing):
                    uid = kind.series if isinstance(kind, Image) else kind.instance
                    found.setdefault(pseudonyms.mark(uid), []).append(kind.place.path)
    return found


def _looked_at(places: Sequence[Place], reception: Reception, found: _Found) -> Iterator[Problem]:
    """Sort the files into found; those that break their reader are looked at one by one."""
    batches = [places[i : i + BATCH] for i in range(0, len(places), BATCH)]
    again: list[Sequence[Place]] = []
    tasks = ((batch, partial(look, batch)) for batch in batches)
    for batch, kinds in reception.children.answers(tasks):
        if isinstance(kinds, Failure):
            again += [[place] for place in batch]
            continue
        yield from _sorted_in(kinds, found)
        reception.steps.take(len(batch))
    tasks = ((batch, partial(look, batch)) for batch in again)
    for batch, kinds in reception.children.answers(tasks):
        if isinstance(kinds, Failure):
            yield unreadable(batch[0], kinds.found)
        else:
            yield from _sorted_in(kinds, found)
        reception.steps.take(1)


def _sorted_in(kinds: Iterable[Kind], found: _Found) -> Iterator[Problem]:
    homes: dict[type, list[Any]] = {
        Image: found.images,
        Cine: found.cines,
        Drawing: found.drawings,
        Sheet: found.sheets,
        Nifti: found.niftis,
        Foreign: found.foreign,
    }
    for kind in kinds:
        if isinstance(kind, Unreadable):
            yield unreadable(kind.place, kind.found)
        else:
            homes[type(kind)].append(kind)


def _foreign(files: Sequence[Foreign]) -> Iterator[Problem]:
    for source in sorted({file.place.source for file in files}):
        count = sum(file.place.source == source for file in files)
        yield Problem(
            where=f"source {source}",
            found=f"files that are neither DICOM, NIfTI nor a table: {count}",
            needed="scanner files, masks and tables",
            action="nothing, if they do not matter: they were left out",
        )


def _tables(sheets: Sequence[Sheet], reception: Reception) -> Iterator[Rows | Problem]:
    checker = Checker(reception.pseudonyms)
    tasks = ((sheet.place, partial(load, sheet.place.path)) for sheet in sheets)
    for place, text in reception.children.answers(tasks):
        if isinstance(text, Failure):
            yield unreadable(place, text.found)
        elif table := recognised(text, place.path.stem):
            yield from checker.rows(text, table)
        else:
            yield Problem(
                where=place.where(),
                found="a table that is neither by name nor by columns one of a study's",
                needed=f"a file named {', '.join(TABLES)}, or their columns",
                action="rename it, or leave it out of the import",
            )
