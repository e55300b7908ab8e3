"""Standardised uptake of a PET series: a map, and what is read in each region drawn."""

import csv
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

import numpy as np

from nodewise.errors import ModelError
from nodewise.ingest import nifti_writing
from nodewise.models import suv
from nodewise.steps.fit_record import number, short
from nodewise.steps.frames import series_of
from nodewise.steps.regions import drawn
from nodewise.steps.resampling import one_series
from nodewise.volume import Array, Grid, Mask

BECQUEREL = ("BQML", "Bq/mL")
FLUORINE_18 = 6586.2  # s, half-life: 109.77 min
RECORD, REGIONS, MAP = "uptake.json", "regions.csv", "suv.nii.gz"
Standard = Literal["weight", "lean", "surface"]
UNITS: dict[Standard, str] = {"weight": "g/mL", "lean": "g/mL", "surface": "m²/mL"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Patient:
    """What uptake is relative to.

    Args:
        dose: injected, Bq.
        weight: kg.
        height: m.
        sex: of the formula of lean mass.
    """

    dose: float
    weight: float
    height: float | None = None
    sex: suv.Sex | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is to be read off a PET series.

    Args:
        series: a NIfTI file, or a folder, zip or files of DICOM.
        mask: regions.
        patient: for the standard.
        by: what activity is standardised by.
        since: from the injection to the time to which the series is decay-corrected, s.
        half_life: of the tracer, s.
        threshold: of the metabolic volume: uptake, or with `of_maximum` a fraction of the greatest.
        of_maximum: whether the threshold is such a fraction.
        becquerel: whether the caller says that the series holds Bq/mL, as its files do not.
    """

    series: tuple[Path, ...]
    mask: Path
    patient: Patient
    by: Standard = "weight"
    since: float
    half_life: float = FLUORINE_18
    threshold: float = 0.41
    of_maximum: bool = True
    becquerel: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesion:
    """What is read in one region; uptake in the standard's unit.

    Args:
        region: its number in the file of the mask.
        voxels: of the region.
        suv_max: greatest voxel.
        suv_peak: greatest mean in a sphere of 1 cm³ around a voxel of the region.
        suv_mean: of the metabolic volume.
        threshold: of the metabolic volume.
        metabolic_volume: of voxels at the threshold or above (MTV), mL.
        total_glycolysis: suv_mean times it (TLG), mL times the unit.
    """

    region: int
    voxels: int
    suv_max: float
    suv_peak: float
    suv_mean: float
    threshold: float
    metabolic_volume: float
    total_glycolysis: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Uptake:
    """Uptake of a series, its lesions, and what it was made from."""

    values: Array
    grid: Grid
    lesions: tuple[Lesion, ...]
    setting: dict[str, Any]
    inputs: dict[str, tuple[str, ...]]


def uptake(wish: Wish) -> Uptake:
    """Read the files and standardise.

    Raises:
        NodewiseError: saying what is missing.
    """
    one = one_series(series_of(wish.series), "a PET series")
    unit = one.acquisition.units
    if unit not in BECQUEREL and not (unit == "unknown" and wish.becquerel):
        raise ModelError(
            f"uptake needs activity in Bq/mL; the series is in {unit}"
            f"{'' if unit != 'unknown' else ': say --becquerel if it is in Bq/mL'}"
        )
    if wish.since < 0 or not wish.half_life > 0:
        raise ModelError("the time since injection is 0 or more, and the half-life above 0")
    dose = wish.patient.dose * 2 ** (-wish.since / wish.half_life)
    values = _standardised(np.asarray(one.volume.values, float), wish, dose=dose)
    grid = one.volume.grid
    regions = drawn(wish.mask, grid)
    return Uptake(
        values=values,
        grid=grid,
        lesions=tuple(
            lesion(values, region, grid, wish=wish, place=place)
            for place, region in enumerate(regions, 1)
        ),
        setting={"by": wish.by, "unit": UNITS[wish.by], "dose_then": dose, "since": wish.since}
        | {"half_life": wish.half_life, "threshold": wish.threshold, "of_maximum": wish.of_maximum},
        inputs={"series": (one.digest,)},
    )


def _standardised(activity: Array, wish: Wish, *, dose: float) -> Array:
    """Uptake, shape as the activity's."""
    patient = wish.patient
    if wish.by == "weight":
        return suv.body_weight(activity, dose=dose, weight=patient.weight)
    if patient.height is None:
        raise ModelError(f"uptake by {wish.by} needs the height: say --height")
    if wish.by == "surface":
        area = suv.body_surface(weight=patient.weight, height=patient.height)
        return suv.surface(activity, dose=dose, area=area)
    if patient.sex is None:
        raise ModelError("lean mass needs the sex of its formula: say --sex")
    mass = suv.lean_body_mass(weight=patient.weight, height=patient.height, sex=patient.sex)
    return suv.lean(activity, dose=dose, lean_mass=mass)


def lesion(values: Array, region: Mask, grid: Grid, *, wish: Wish, place: int) -> Lesion:
    """What is read in one region, shape of the grid."""
    reach = np.ceil(10 / grid.spacing).astype(int)
    inside = np.argwhere(region)
    box = tuple(
        slice(max(low - more, 0), high + more + 1)
        for low, high, more in zip(inside.min(0), inside.max(0), reach, strict=True)
    )
    near, there = values[box], region[box]
    threshold = wish.threshold
    if wish.of_maximum:
        threshold = suv.fraction_of_maximum(near, there, fraction=wish.threshold)
    volume = suv.metabolic_volume(near, there, threshold=threshold, voxel_volume=grid.voxel_volume)
    total = suv.total_lesion_glycolysis(
        near, there, threshold=threshold, voxel_volume=grid.voxel_volume
    )
    return Lesion(
        region=place,
        voxels=len(inside),
        suv_max=float(np.nanmax(near[there])),
        suv_peak=suv.peak(near, there, spacing=grid.spacing),
        suv_mean=total / volume if volume else float("nan"),
        threshold=threshold,
        metabolic_volume=volume,
        total_glycolysis=total,
    )


def write(found: Uptake, out: Path) -> None:
    """Write the map, the table and the record."""
    out.mkdir(parents=True, exist_ok=True)
    nifti_writing.write(out / MAP, found.values, found.grid)
    with (out / REGIONS).open("w", encoding="utf-8", newline="") as file:
        names = [each.name for each in fields(Lesion)]
        table = csv.DictWriter(file, names, lineterminator="\n")
        table.writeheader()
        table.writerows(asdict(each) for each in found.lesions)
    told = json.dumps(record(found), indent=2, ensure_ascii=False)
    (out / RECORD).write_text(told + "\n", "utf-8")


def record(found: Uptake) -> dict[str, Any]:
    """What was read and how, for JSON."""
    return {
        "nodewise": version("nodewise"),
        "setting": found.setting,
        "inputs": found.inputs,
        "suv_peak": "greatest mean in a sphere of 1 cm³ whose centre is a voxel of the region",
        "regions": [
            {
                name: number(value) if isinstance(value, float) else value
                for name, value in asdict(each).items()
            }
            for each in found.lesions
        ],
    }


def lines(found: Uptake) -> Iterator[str]:
    """The table for a terminal."""
    setting = found.setting
    fraction = f"{setting['threshold']:.0%} of the region's greatest"
    rule = fraction if setting["of_maximum"] else f"uptake {setting['threshold']:g}"
    yield f"uptake by {setting['by']}, {setting['unit']}; metabolic volume from {rule}"
    yield (
        f"{'region':>6} {'voxels':>7} {'SUVmax':>8} {'SUVpeak':>8} {'SUVmean':>8} "
        f"{'MTV / mL':>9} {'TLG':>8}"
    )
    for each in found.lesions:
        numbers = (each.suv_max, each.suv_peak, each.suv_mean)
        shown = " ".join(f"{short(number(one)):>8}" for one in numbers)
        yield (
            f"{each.region:>6} {each.voxels:>7} {shown} {short(each.metabolic_volume):>9} "
            f"{short(each.total_glycolysis):>8}"
        )
