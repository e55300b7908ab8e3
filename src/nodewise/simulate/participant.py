"""One participant: painted, imaged, operated on and written down."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from nodewise.anatomy import RegionKind
from nodewise.simulate import files, mishaps, mpmri, neck, scanner, truth
from nodewise.simulate.contours import Contour, drawn, segmentation
from nodewise.simulate.examination import Examination, examination, scans
from nodewise.simulate.neck import CODES, Ellipsoid, Labels
from nodewise.simulate.nodes import Lump
from nodewise.simulate.people import Person
from nodewise.simulate.scanner import Dynamics, Mixture, Signals
from nodewise.simulate.specimens import Row, report
from nodewise.simulate.tissue import (
    LESION_DWI,
    LESION_M0,
    VALUES,
    diffusion,
    lesions,
    tissues,
)  # fmt: skip
from nodewise.volume import Array

STUDIES = {frozenset(mpmri.ARMS): mpmri.person}
"""Who comes to which study, by the names of its arms."""

SEGMENTATION, SECOND_SEGMENTATION = 90, 91  # their series numbers
_FIRST = 64  # label of the first lump in the fine grid
_KEPT = frozenset(CODES[name] for name in ("air", "cortex", "artery"))  # what no lump displaces


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


def participant(task: Task) -> dict[str, list[Row]]:
    """Write one participant's scans; return the rows of every table, the truth's included."""
    rng = np.random.default_rng([task.seed, task.number])
    person = STUDIES[task.arms](task.number, task.sequences, rng)
    person = replace(person, lumps=_diffusing(person.lumps, np.array(task.b_values)))
    tissue = neck.paint(neck.build(rng))
    for visit in person.visits:
        of = examination(person, visit, task.seed, rng)
        _visit(of, tissue.copy(), task, rng)
    return _rows(person, rng)


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
    paint(labels, lumps)
    values = {code: list(each) for code, each in enumerate(tissues().values())}
    values |= {_FIRST + n: _values(lump) for n, lump in enumerate(lumps)}
    within = {_FIRST + n: _within(lump) for n, lump in enumerate(lumps)}
    mixture = scanner.mixture(labels, values, within, rng)
    coils = np.random.default_rng(rng.integers(2**63))
    diffusion_scan = None
    for kind in of.visit.sequences:
        signals = (
            scanner.t2_weighted(labels, values, coils)
            if kind == "t2w"
            else _signals(kind, mixture, replace(task.dynamics, arrival=of.person.arrival))
        )
        gain = scanner.shading(signals.shape[:3], coils)
        pixels = scanner.stored(kind, signals, gain, rng)
        for name, scan in scans(of, kind, pixels):
            _write(task.scans / of.folder / name, scan)
            diffusion_scan = scan if kind == "dwi" else diffusion_scan
    if diffusion_scan:
        _draw(of, task, diffusion_scan, rng)


def _signals(kind: str, mixture: Mixture, dynamics: Dynamics) -> Signals:
    if kind == "dwi":
        return scanner.diffusion_weighted(mixture)
    if kind == "vfa":
        return scanner.variable_flip_angle(mixture)
    return scanner.dynamic(mixture, dynamics)


def present(of: Examination) -> tuple[Lump, ...]:
    """What is in the neck at a visit: after surgery, only nodes of levels left alone."""
    if not of.visit.after_surgery:
        return of.person.lumps
    took = of.person.dissection.took
    return tuple(
        lump for lump in of.person.lumps if lump.kind is RegionKind.NODE and not took(lump)
    )


def paint(labels: Labels, lumps: Sequence[Lump]) -> None:
    """Put lumps and the cores of necrotic ones into the fine grid, in place."""
    for number, lump in enumerate(lumps):
        neck.lump(labels, lump.shape, code=_FIRST + number, keep=_KEPT)
        if lump.core:
            shape = Ellipsoid(lump.shape.centre, lump.shape.radii * lump.core, lump.shape.turn)
            neck.lump(labels, shape, code=CODES["necrosis"], keep=_KEPT)


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


def _draw(of: Examination, task: Task, scan: files.Scan, rng: np.random.Generator) -> None:
    """The reader's contours as SEG; what goes wrong with them and with their series."""
    contours, first = drawn(present(of), rng), not of.visit.after_surgery
    folder = task.scans / of.folder
    if task.number == mishaps.NO_LEVEL and first:
        contours = mishaps.without_level(contours)
    _segment(folder / f"{SEGMENTATION}-seg", contours, scan, number=SEGMENTATION)
    if task.number == mishaps.OTHER_GRID and first:
        strange, grid = mishaps.other_grid(contours, scan.grid)
        elsewhere = replace(scan, grid=grid, pixels=scan.pixels[:60, :60])
        place = folder / f"{SECOND_SEGMENTATION}-seg"
        _segment(place, strange, elsewhere, number=SECOND_SEGMENTATION)
    series = next(folder.glob("*-dwi"))
    if task.number == mishaps.UNREADABLE and first:
        mishaps.cut_short(series)
    if task.number == mishaps.INCOMPLETE and of.visit.name == "month 3":
        frame = int(np.flatnonzero(scanner.B_VALUES == 500)[0])
        mishaps.lose_slices(series, frame=frame, slices=scan.grid.shape[2])


def _segment(folder: Path, contours: list[Contour], scan: files.Scan, *, number: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    content = segmentation(contours, scan, number=number, when=scan.start)
    (folder / "IM0001.dcm").write_bytes(content)
