"""NIfTI files become series and regions, by what BIDS writes into their names."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from functools import partial
from pathlib import Path

from nodewise.ingest import nifti
from nodewise.ingest.children import Failure
from nodewise.ingest.kinds import Nifti
from nodewise.ingest.nifti import Named
from nodewise.ingest.reception import Reception, Whose, unreadable
from nodewise.ingest.records import Problem, Region, Series

DRAWN = "dseg"
"""The suffix of volumes of labels."""

Session = tuple[str, str]
"""Patient and session."""


def taken(files: Sequence[Nifti], reception: Reception) -> Iterator[Series | Region | Problem]:
    """Series of all files, then the regions drawn on them."""
    series: dict[tuple[str, str, str], list[Path]] = defaultdict(list)
    drawings: list[tuple[Named, Nifti]] = []
    for file in files:
        told = nifti.named(file.place.path)
        if told is None:
            yield unreadable(file.place, "its name does not say whose it is (sub-…, as in BIDS)")
        elif told.suffix == DRAWN:
            drawings.append((told, file))
        else:
            series[told.patient, told.session, told.series].append(file.place.path)
    days: dict[Session, date] = {}
    yield from _series(series, reception, days)
    yield from _regions(drawings, reception, days)


def _series(
    series: dict[tuple[str, str, str], list[Path]], reception: Reception, days: dict[Session, date]
) -> Iterator[Series | Problem]:
    tasks = ((key, partial(nifti.read, sorted(paths))) for key, paths in sorted(series.items()))
    for (patient, session, name), read in reception.children.answers(tasks):
        where = reception.where("NIfTI", f"{patient}/{session}/{name}")
        if isinstance(read, Failure):
            yield reception.problem(
                Whose(patient=patient, day=None, where=where),
                found=read.found,
                needed="a volume with its .bval and JSON files beside it",
                action="put them beside it, or convert it again; it was left out",
            )
        else:
            day = read.day or nifti.day_of(session)
            if day:
                days.setdefault((patient, session), day)
            yield from reception.series(
                Whose(patient=patient, day=day, where=where),
                read.volume,
                read.acquisition,
                description=read.description or name.rpartition("_")[2],
                files=read.files,
            )
        reception.steps.take(len(series[patient, session, name]))


def _regions(
    drawings: Sequence[tuple[Named, Nifti]], reception: Reception, days: dict[Session, date]
) -> Iterator[Region | Problem]:
    tasks = ((named, partial(nifti.drawn, file.place.path)) for named, file in drawings)
    for named, found in reception.children.answers(tasks):
        whose = Whose(
            patient=named.patient,
            day=days.get((named.patient, named.session)) or nifti.day_of(named.session),
            where=reception.where("NIfTI", f"{named.patient}/{named.session}/{named.stem}"),
        )
        yield from reception.regions(whose, found)
