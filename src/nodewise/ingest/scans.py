"""DICOM images become series, and what is drawn on them becomes regions."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from functools import partial
from typing import TypeVar

from nodewise.ingest import cines, contours, pixels, plans, segmentation
from nodewise.ingest.children import Failure
from nodewise.ingest.cines import Cine
from nodewise.ingest.headers import Drawing, Image
from nodewise.ingest.plans import Plan
from nodewise.ingest.pseudonyms import Pseudonyms
from nodewise.ingest.reception import Reception, Whose
from nodewise.ingest.records import Problem, Region, Series
from nodewise.ingest.segmentation import Drawn
from nodewise.volume import Grid, Volume


def taken(
    images: Sequence[Image],
    shown: Sequence[Cine],
    drawings: Sequence[Drawing],
    *,
    reception: Reception,
) -> Iterator[Series | Region | Problem]:
    """Series of all studies, then the regions drawn on them."""
    once, own = _once(images), _once(shown)
    if twice := len(images) + len(shown) - len(once) - len(own):
        yield Problem(
            where="DICOM files",
            found=f"{twice} images are there more than once",
            needed="each image once",
            action="nothing: the first of each was taken in",
        )
    planned: list[Plan] = []
    for study in _studies(once, reception.pseudonyms):
        for answer in plans.plans(study):
            if isinstance(answer, Plan):
                planned.append(answer)
            else:
                yield reception.problem(
                    _whose(answer.image, reception),
                    found=answer.found,
                    needed=answer.needed,
                    action=answer.action,
                )
    yield from _series(planned, reception)
    yield from _cines(own, reception)
    grounds = _grounds(planned) | {(one.instance, ""): (one.grid, one.day) for one in own}
    yield from _regions(drawings, grounds, reception)


OneFile = TypeVar("OneFile", Image, Cine)


def _once(images: Iterable[OneFile]) -> list[OneFile]:
    """Images without those that are there again."""
    seen: dict[str, OneFile] = {}
    for image in images:
        seen.setdefault(image.instance, image)
    return list(seen.values())


def _studies(images: Iterable[Image], pseudonyms: Pseudonyms) -> list[list[Image]]:
    """Images by patient and study, patients in the order of their pseudonyms."""
    studies: dict[tuple[str, str], list[Image]] = defaultdict(list)
    for image in images:
        studies[pseudonyms.participant(image.patient), image.study].append(image)
    days = {key: min(image.day or date.max for image in studies[key]) for key in studies}
    return [studies[key] for key in sorted(studies, key=lambda key: (key[0], days[key], key[1]))]


def _whose(image: Image, reception: Reception) -> Whose:
    where = reception.where(f"{image.modality} series", image.series)
    return Whose(patient=image.patient, day=image.day, where=where)


def _series(planned: Sequence[Plan], reception: Reception) -> Iterator[Series | Problem]:
    tasks = ((plan, partial(pixels.fill, pixels.recipe(plan))) for plan in planned)
    for plan, values in reception.children.answers(tasks):
        image = plan.first.image
        whose = _whose(image, reception)
        if isinstance(values, Failure):
            yield reception.problem(
                whose,
                found=values.found,
                needed="pixels that can be read within the limits",
                action="export the series again; it was left out",
            )
        else:
            yield from reception.series(
                whose,
                Volume(values, plan.grid),
                plan.acquisition,
                description=image.description,
                files=plan.files,
            )
        reception.steps.take(plan.files)


def _cines(own: Sequence[Cine], reception: Reception) -> Iterator[Series | Problem]:
    """Every cine as a series of its own."""
    tasks = ((one, partial(cines.fill, one.place.path, one.panels)) for one in own)
    for one, values in reception.children.answers(tasks):
        where = reception.where("US series", one.instance)
        whose = Whose(patient=one.patient, day=one.day, where=where)
        if isinstance(values, Failure):
            yield reception.problem(
                whose,
                found=values.found,
                needed="pixels that can be read within the limits",
                action="export the cine again, or fewer frames of it; it was left out",
            )
        else:
            yield from reception.series(
                whose,
                Volume(values, one.grid),
                one.acquisition,
                description=one.description,
                files=1,
            )
        reception.steps.take(1)


Ground = tuple[Grid, date | None]
"""What is drawn on: the grid of a series, and its day."""


def _grounds(planned: Iterable[Plan]) -> dict[tuple[str, str], Ground]:
    """The ground that each series is, by its UID and its frame of reference."""
    grounds: dict[tuple[str, str], Ground] = {}
    for plan in planned:
        images = {id(one.image): one.image for stack in plan.stacks for one in stack.slices if one}
        for image in images.values():
            grounds.setdefault((image.series, image.space), (plan.grid, image.day))
    return grounds


def _ground(drawing: Drawing, grounds: dict[tuple[str, str], Ground]) -> Ground | None:
    """What a drawing was drawn on: series or cine that it names, else the only one in its space."""
    named = [ground for (series, _), ground in grounds.items() if series in drawing.on]
    near = [ground for (_, space), ground in grounds.items() if space and space == drawing.space]
    if named:
        return named[0]
    return near[0] if drawing.contours and len(near) == 1 else None


def _regions(
    drawings: Sequence[Drawing], grounds: dict[tuple[str, str], Ground], reception: Reception
) -> Iterator[Region | Problem]:
    for whose, found in reception.children.answers(_drawing_tasks(drawings, grounds, reception)):
        yield from reception.regions(whose, found)


def _drawing_tasks(
    drawings: Sequence[Drawing], grounds: dict[tuple[str, str], Ground], reception: Reception
) -> Iterator[tuple[Whose, Callable[[], list[Drawn | str]]]]:
    for drawing in drawings:
        on, day = _ground(drawing, grounds) or (None, None)
        whose = Whose(
            patient=drawing.patient,
            day=day or drawing.day,
            where=reception.where("drawing", drawing.instance),
        )
        path = drawing.place.path
        if drawing.contours:
            yield whose, partial(contours.drawn, path, on)
            continue
        for numbers in segmentation.chunks(drawing.regions, drawing.size):
            yield whose, partial(segmentation.drawn, path, numbers, on)
