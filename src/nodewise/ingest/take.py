"""Takes in what a hospital hands over: sources in, series, regions, tables and problems out."""

import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path

from nodewise.errors import IngestError
from nodewise.ingest import pixels, plans, segmentation
from nodewise.ingest.children import Children, Failure
from nodewise.ingest.headers import Drawing, Image
from nodewise.ingest.kinds import Foreign, Kind, Nifti, Sheet, Unreadable, look
from nodewise.ingest.pixels import Values
from nodewise.ingest.plans import Plan, Trouble
from nodewise.ingest.pseudonyms import Pseudonyms
from nodewise.ingest.records import Problem, Region, Rows, Series, Taken, digest
from nodewise.ingest.segmentation import Drawn
from nodewise.ingest.sheets import TABLES, Checker, load, recognised
from nodewise.ingest.sources import Place, find
from nodewise.volume import Grid, Volume

Progress = Callable[[int, int], None]

BATCH = 64
"""Files whose headers are read as one task."""


@dataclass(frozen=True, slots=True)
class _Found:
    """All files by kind."""

    images: list[Image] = field(default_factory=list)
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
    steps = _Steps(progress)
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
        steps.total = 2 * len(places)
        found = _Found()
        yield from _looked_at(places, children, found, steps)
        yield from _tables(found.sheets, pseudonyms, children)
        yield from _images(found, pseudonyms, children, steps)
        steps.take(steps.total - steps.done)


@dataclass(slots=True)
class _Steps:
    """Tells how far the work is."""

    progress: Progress | None
    total: int = 0
    done: int = 0

    def take(self, count: int) -> None:
        self.done = min(self.done + count, self.total)
        if self.progress:
            self.progress(self.done, self.total)


def _looked_at(
    places: Sequence[Place], children: Children, found: _Found, steps: _Steps
) -> Iterator[Problem]:
    """Sort the files into found; those that break their reader are looked at one by one."""
    batches = [places[i : i + BATCH] for i in range(0, len(places), BATCH)]
    again: list[Sequence[Place]] = []
    for batch, kinds in children.answers((batch, partial(look, batch)) for batch in batches):
        if isinstance(kinds, Failure):
            again += [[place] for place in batch]
            continue
        yield from _sorted_in(kinds, found)
        steps.take(len(batch))
    for batch, kinds in children.answers((batch, partial(look, batch)) for batch in again):
        if isinstance(kinds, Failure):
            yield _unreadable(batch[0], kinds.found)
        else:
            yield from _sorted_in(kinds, found)
        steps.take(1)


def _sorted_in(kinds: Iterable[Kind], found: _Found) -> Iterator[Problem]:
    for kind in kinds:
        match kind:
            case Image():
                found.images.append(kind)
            case Drawing():
                found.drawings.append(kind)
            case Sheet():
                found.sheets.append(kind)
            case Nifti():
                found.niftis.append(kind)
            case Foreign():
                found.foreign.append(kind)
            case Unreadable():
                yield _unreadable(kind.place, kind.found)


def _unreadable(place: Place, found: str) -> Problem:
    return Problem(
        where=place.where(),
        found=found,
        needed="a file that can be read whole",
        action="copy or export it again; it was left out",
    )


def _tables(
    sheets: Sequence[Sheet], pseudonyms: Pseudonyms, children: Children
) -> Iterator[Rows | Problem]:
    checker = Checker(pseudonyms)
    tasks = ((sheet.place, partial(load, sheet.place.path)) for sheet in sheets)
    for place, text in children.answers(tasks):
        if isinstance(text, Failure):
            yield _unreadable(place, text.found)
        elif table := recognised(text, place.path.stem):
            yield from checker.rows(text, table)
        else:
            yield Problem(
                where=place.where(),
                found="a table that is neither by name nor by columns one of a study's",
                needed=f"a file named {', '.join(TABLES)}, or their columns",
                action="rename it, or leave it out of the import",
            )


def _images(
    found: _Found, pseudonyms: Pseudonyms, children: Children, steps: _Steps
) -> Iterator[Taken]:
    """Series of all studies, then the regions drawn on them."""
    once, twice = _once(found.images)
    if twice:
        yield Problem(
            where="DICOM files",
            found=f"{twice} images are there more than once",
            needed="each image once",
            action="nothing: the first of each was taken in",
        )
    planned: list[Plan] = []
    for images in _studies(once, pseudonyms):
        for answer in plans.plans(images):
            if isinstance(answer, Plan):
                planned.append(answer)
            else:
                yield _trouble(answer, pseudonyms)
    tasks = ((plan, partial(pixels.fill, pixels.recipe(plan))) for plan in planned)
    seen: set[str] = set()
    for plan, values in children.answers(tasks):
        yield from _series(plan, values, pseudonyms, seen)
        steps.take(plan.files)
    yield from _regions(found.drawings, planned, pseudonyms, children)


def _once(images: Iterable[Image]) -> tuple[list[Image], int]:
    """Images without those that are there again, and how many were."""
    seen: dict[str, Image] = {}
    count = 0
    for image in images:
        seen.setdefault(image.instance, image)
        count += 1
    return list(seen.values()), count - len(seen)


def _studies(images: Iterable[Image], pseudonyms: Pseudonyms) -> list[list[Image]]:
    """Images by patient and study, patients in the order of their pseudonyms."""
    studies: dict[tuple[str, str], list[Image]] = defaultdict(list)
    for image in images:
        studies[pseudonyms.participant(image.patient), image.study].append(image)
    days = {key: min(image.day or date.max for image in studies[key]) for key in studies}
    return [studies[key] for key in sorted(studies, key=lambda key: (key[0], days[key], key[1]))]


def _place_of(image: Image, pseudonyms: Pseudonyms) -> str:
    return f"{image.modality} series {pseudonyms.mark(image.series)}"


def _trouble(trouble: Trouble, pseudonyms: Pseudonyms) -> Problem:
    return Problem(
        where=_place_of(trouble.image, pseudonyms),
        found=trouble.found,
        needed=trouble.needed,
        action=trouble.action,
        participant=pseudonyms.participant(trouble.image.patient),
    )


def _series(
    plan: Plan, values: Values | Failure, pseudonyms: Pseudonyms, seen: set[str]
) -> Iterator[Taken]:
    image = plan.first.image
    who = pseudonyms.participant(image.patient)
    problem = partial(Problem, where=_place_of(image, pseudonyms), participant=who)
    if isinstance(values, Failure):
        yield problem(
            found=values.found,
            needed="pixels that can be read within the limits",
            action="export the series again; it was left out",
        )
        return
    volume = Volume(values, plan.grid)
    name = digest(who, volume, plan.acquisition)
    if name in seen:
        yield problem(
            found="another series of this participant has the same content",
            needed="each series once",
            action="nothing: the first was taken in",
        )
        return
    seen.add(name)
    if plan.acquisition.derived and plan.acquisition.units == "unknown":
        yield problem(
            found="a map computed by the scanner, without a unit",
            needed="the unit of its values",
            action="nothing: it is kept and not fitted, and its unit is not guessed",
        )
    if image.day is None:
        yield problem(
            found="it has no date",
            needed="the day of acquisition, which decides the visit",
            action="export the series with its dates",
        )
    yield Series(
        participant=who,
        date=pseudonyms.date(image.patient, image.day) if image.day else None,
        description=image.description,
        volume=volume,
        acquisition=plan.acquisition,
        files=plan.files,
        digest=name,
    )


def _regions(
    drawings: Sequence[Drawing],
    planned: Sequence[Plan],
    pseudonyms: Pseudonyms,
    children: Children,
) -> Iterator[Region | Problem]:
    grids: dict[str, tuple[Grid, date | None]] = {}
    for plan in planned:
        for stack in plan.stacks:
            for one in stack.slices:
                if one is not None:
                    grids.setdefault(one.image.series, (plan.grid, one.image.day))
    tasks = (
        ((drawing, day), partial(segmentation.drawn, drawing.place.path, numbers, on))
        for drawing in drawings
        for on, day in [_drawn_on(drawing, grids)]
        for numbers in segmentation.chunks(drawing.regions, drawing.size)
    )
    for (drawing, day), answer in children.answers(tasks):
        found = [answer.found] if isinstance(answer, Failure) else answer
        yield from _drawn(found, drawing, day, pseudonyms)


def _drawn(
    found: Sequence[Drawn | str], drawing: Drawing, day: date | None, pseudonyms: Pseudonyms
) -> Iterator[Region | Problem]:
    regions = [one for one in found if isinstance(one, Drawn)]
    told = [one for one in found if isinstance(one, str)]
    if strange := sum(region.meaning.kind is None for region in regions):
        told.append(f"{strange} of its regions are of no kind that is known here")
    for region in regions:
        yield _region(region, drawing, day, pseudonyms)
    for says in told:
        yield Problem(
            where=f"drawing {pseudonyms.mark(drawing.instance)}",
            found=says,
            needed="regions with a place in the patient and a code for their kind",
            action="correct the drawing and export it again; what could be read was taken in",
            participant=pseudonyms.participant(drawing.patient),
        )


def _drawn_on(
    drawing: Drawing, grids: dict[str, tuple[Grid, date | None]]
) -> tuple[Grid | None, date | None]:
    for series in drawing.on:
        if series in grids:
            return grids[series]
    return None, drawing.day


def _region(one: Drawn, drawing: Drawing, day: date | None, pseudonyms: Pseudonyms) -> Region:
    day = day or drawing.day
    return Region(
        participant=pseudonyms.participant(drawing.patient),
        date=pseudonyms.date(drawing.patient, day) if day else None,
        label=one.label,
        kind=one.meaning.kind,
        side=one.meaning.side,
        level=one.meaning.level,
        level_system=one.meaning.level_system,
        drawn_by=one.drawn_by,
        mask=one.mask,
        grid=one.grid,
    )
