"""One participant: painted, imaged, operated on and written down."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from nodewise.anatomy import RegionKind
from nodewise.simulate import files, mishaps, neck, pet, scanner, truth
from nodewise.simulate.cines import sonography
from nodewise.simulate.contours import Contour, drawn, segmentation
from nodewise.simulate.examination import Examination, examination, scans
from nodewise.simulate.neck import CODES, Labels
from nodewise.simulate.nodes import Lump
from nodewise.simulate.painting import FIRST, paint
from nodewise.simulate.people import Person
from nodewise.simulate.readers import Case
from nodewise.simulate.scanner import Dynamics, Mixture, Signals
from nodewise.simulate.specimens import Row, report
from nodewise.simulate.studies import STUDIES
from nodewise.simulate.tissue import (
    LESION_DWI,
    LESION_M0,
    VALUES,
    diffusion,
    lesions,
    surroundings,
    tissues,
)  # fmt: skip
from nodewise.volume import Array

SEGMENTATION, SECOND_SEGMENTATION = 90, 91  # their series numbers
AFTER = 7  # sets the generator of what becomes of a participant apart from that of the images
DRAWN_ON = ("dwi", "ct", "mgre")
"""Sequences that a reader draws on: a visit has one of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One participant to make.

    Args:
        number: from 1.
        seed: of the cohort.
        arms: of the trial.
        sequences: to be imaged at the first visit.
        b_values: over which a node's true ADC is defined, s/mm².
        dynamics: haematocrit and relaxivity.
        scans: folder of all scans.
    """

    number: int
    seed: int
    arms: frozenset[str]
    sequences: tuple[str, ...]
    b_values: tuple[float, ...]
    dynamics: Dynamics
    scans: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """Rows of every table, the truth's included, and what readers get to see."""

    rows: dict[str, list[Row]]
    case: Case | None = None


def participant(task: Task) -> Made:
    """Write one participant's scans; return what is written down of him or her."""
    rng = np.random.default_rng([task.seed, task.number])
    study = STUDIES[task.arms]
    person = study.person(task.number, task.sequences, rng)
    if "dwi" in task.sequences:
        person = replace(person, lumps=_diffusing(person.lumps, np.array(task.b_values)))
    if "ceus" in task.sequences:
        sonography(person, task.scans, task.seed, rng)
    else:
        tissue = neck.paint(neck.build(rng))
        for visit in person.visits:
            of = examination(person, visit, task.seed, rng)
            _visit(of, tissue.copy(), task, rng)
    rows = _rows(person, rng)
    after = np.random.default_rng([task.seed, task.number, AFTER])
    made = Made(rows=rows | study.after(person, rows["specimens"], after))
    if study.panel and person.visits:
        last = person.visits[-1].name
        case = Case(
            number=person.number, patient_id=person.patient_id, visit=last,
            arm=str(person.facts["arm"]), items=study.items(person),
        )  # fmt: skip
        made = replace(made, case=case)
    return made


def _rows(person: Person, rng: np.random.Generator) -> dict[str, list[Row]]:
    pathology = report(person.lumps, person.dissection, rng)
    whose = {"patient_id": person.patient_id}
    day = {"surgery_date": person.surgery}
    return {
        "participants": [whose | person.facts],
        "dissections": [whose | row | day for row in pathology.dissections],
        "specimen_nodes": [whose | row for row in pathology.described],
        "specimens": [whose | row for row in pathology.truth],
        "nodes": truth.nodes(person),
    }


def _diffusing(lumps: Sequence[Lump], b_values: Array) -> tuple[Lump, ...]:
    """The lumps, with the diffusion coefficient that makes their ADC."""
    adc, f, d_star = (np.array([lump.values[n] for lump in lumps]) for n in ("adc", "f", "d_star"))
    found = diffusion(adc, f, d_star, b_values)
    return tuple(
        replace(lump, values=lump.values | {"d": float(d)})
        for lump, d in zip(lumps, found, strict=True)
    )


def _visit(of: Examination, labels: Labels, task: Task, rng: np.random.Generator) -> None:
    lumps = present(of)
    paint(labels, lumps, rng)
    drawn_on = {}
    for kind, pixels in _images(of, labels, lumps, task=task, rng=rng):
        for name, scan in scans(of, kind, pixels):
            _write(task.scans / of.folder / name, scan)
            if kind in DRAWN_ON:
                drawn_on[kind] = scan
    for kind, scan in drawn_on.items():
        contours = drawn(lumps, labels, kind=kind, rng=rng)
        _keep(of, task.scans / of.folder, scan, contours)


def _images(
    of: Examination,
    labels: Labels,
    lumps: Sequence[Lump],
    *,
    task: Task,
    rng: np.random.Generator,
) -> Iterator[tuple[str, files.Pixels]]:
    """Stored values of each sequence of a visit."""
    mixture = None
    values = {code: list(each) for code, each in enumerate(tissues().values())}
    if "dwi" in of.visit.sequences:
        values |= {FIRST + n: _values(lump) for n, lump in enumerate(lumps)}
        within = {FIRST + n: _within(lump) for n, lump in enumerate(lumps)}
        mixture = scanner.mixture(labels, values, within, rng)
    coils = np.random.default_rng(rng.integers(2**63))
    for kind in of.visit.sequences:
        if kind == "pet":
            own = np.random.default_rng([task.seed, task.number, 18, 1])
            yield kind, pet.counts(labels, _of(lumps, "suv"), own)
            continue
        if kind == "ct":
            yield kind, scanner.tomography(labels, _of(lumps, "ct"), coils)
            continue
        if kind == "t2w":
            signals = scanner.t2_weighted(labels, _of(lumps, "t2w"), coils)
        elif mixture:
            dynamics = replace(task.dynamics, arrival=of.person.arrival)
            signals = _signals(kind, mixture, dynamics)
        else:
            iron = "r2_star_iron" if of.visit.name == "post" else "r2_star"
            signals = scanner.multi_echo(labels, _of(lumps, "gre"), _of(lumps, iron), coils)
        gain = scanner.shading(signals.shape[:3], coils)
        yield kind, scanner.stored(kind, signals, gain, rng)


def _signals(kind: str, mixture: Mixture, dynamics: Dynamics) -> Signals:
    if kind == "dwi":
        return scanner.diffusion_weighted(mixture)
    if kind == "vfa":
        return scanner.variable_flip_angle(mixture)
    return scanner.dynamic(mixture, dynamics)


def _of(lumps: Sequence[Lump], quantity: str) -> dict[int, float]:
    """A quantity of every code: of the tissues around, and of each lump."""
    around = {CODES[tissue]: value for tissue, value in surroundings(quantity).items()}
    return around | {FIRST + n: lump.values[quantity] for n, lump in enumerate(lumps)}


def present(of: Examination) -> tuple[Lump, ...]:
    """What is in the neck at a visit: after surgery, only nodes of levels left alone."""
    if not of.visit.after_surgery:
        return of.person.lumps
    took = of.person.dissection.took
    return tuple(
        lump for lump in of.person.lumps if lump.kind is RegionKind.NODE and not took(lump)
    )


def _values(lump: Lump) -> list[float]:
    known = lump.values | {"dwi": LESION_DWI, "m0": LESION_M0}
    return [known[name] for name in VALUES]


def _within(lump: Lump) -> list[float]:
    spread = {name: each.within for name, each in lesions()[lump.tissue].items()}
    spread |= {"d": spread["adc"], "dwi": 0.06, "m0": 0.02}
    return [spread[name] for name in VALUES]


def _write(folder: Path, scan: files.Scan) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for number, content in enumerate(scan.written(), 1):
        (folder / f"IM{number:04d}.dcm").write_bytes(content)


def _keep(of: Examination, folder: Path, scan: files.Scan, contours: list[Contour]) -> None:
    """Write the reader's contours as SEG; spoil some of the mpMRI study's, and their series."""
    spoils = "dwi" in of.visit.sequences
    if spoils and of.person.number == mishaps.NO_LEVEL and not of.visit.after_surgery:
        contours = mishaps.without_level(contours)
    _segment(folder / f"{SEGMENTATION}-seg", contours, scan, number=SEGMENTATION)
    if spoils:
        _spoil(of, folder, scan, contours)


def _spoil(of: Examination, folder: Path, scan: files.Scan, contours: list[Contour]) -> None:
    number, first = of.person.number, not of.visit.after_surgery
    if number == mishaps.OTHER_GRID and first:
        strange, grid = mishaps.other_grid(contours, scan.grid)
        elsewhere = replace(scan, grid=grid, pixels=scan.pixels[:60, :60])
        place = folder / f"{SECOND_SEGMENTATION}-seg"
        _segment(place, strange, elsewhere, number=SECOND_SEGMENTATION)
    series = next(folder.glob("*-dwi"))
    if number == mishaps.UNREADABLE and first:
        mishaps.cut_short(series)
    if number == mishaps.INCOMPLETE and of.visit.name == "month 3":
        frame = int(np.flatnonzero(scanner.B_VALUES == 500)[0])
        mishaps.lose_slices(series, frame=frame, slices=scan.grid.shape[2])


def _segment(folder: Path, contours: list[Contour], scan: files.Scan, *, number: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    content = segmentation(contours, scan, number=number, when=scan.start)
    (folder / "IM0001.dcm").write_bytes(content)
