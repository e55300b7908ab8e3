"""Standardised uptake of a PET series: a map, and what is read in each region drawn."""

import csv
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from nodewise.errors import ModelError
from nodewise.ingest import nifti_writing
from nodewise.ingest.records import Acquisition, Tracer
from nodewise.steps.fits.record import number, short
from nodewise.steps.series.frames import series_of
from nodewise.steps.series.lesion import Lesion, Threshold, lesion
from nodewise.steps.series.regions import drawn
from nodewise.steps.series.resampling import one_series
from nodewise.steps.series.standardising import (
    UNITS,
    LackingError,
    Standard,
    dose_then,
    standardised,
)
from nodewise.volume import Array, Grid

RECORD, REGIONS, MAP = "uptake.json", "regions.csv", "suv.nii.gz"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is to be read off a PET series.

    Args:
        series: a NIfTI file, or a folder, zip or files of DICOM.
        mask: regions.
        stated: what the caller says of tracer and patient; it stands above what the files say.
        above: the threshold of the metabolic volume.
        by: what activity is standardised by.
        becquerel: whether the caller says that the series holds Bq/mL, corrected for attenuation
            and decay, where its files say nothing of it.
    """

    series: tuple[Path, ...]
    mask: Path
    stated: Tracer
    above: Threshold
    by: Standard = "weight"
    becquerel: bool = False


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
    _of_pet(one.acquisition)
    unit, found = one.acquisition.units, one.acquisition.tracer or Tracer()
    if wish.becquerel:
        unit = "BQML" if unit == "unknown" else unit
        found = found if found.corrected is False else found.model_copy(update={"corrected": True})
    tracer, sources = _above(wish.stated, found)
    try:
        values = standardised(np.asarray(one.volume.values, float), tracer, unit=unit, by=wish.by)
    except LackingError as lack:
        options = ", ".join(f"--{name.replace('_', '-')}" for name in lack.names)
        raise ModelError(f"{lack}: say {options}") from None
    grid = one.volume.grid
    used = {name: value for name, value in tracer.model_dump().items() if name in sources}
    return Uptake(
        values=values,
        grid=grid,
        lesions=tuple(
            lesion(values, region, grid, above=wish.above) for region in drawn(wish.mask, grid)
        ),
        setting={"by": wish.by, "unit": UNITS[wish.by], "dose_then": dose_then(tracer, unit)}
        | used
        | {"scaling": one.acquisition.scaling, "told_by": sources}
        | {"threshold": wish.above.value, "of_maximum": wish.above.of_maximum},
        inputs={"series": (one.digest,)},
    )


def _of_pet(acquisition: Acquisition) -> None:
    """Refuse what is certainly no PET; a bare NIfTI file is called MR, and has no repetition time.

    Raises:
        ModelError: saying what it is.
    """
    called = acquisition.modality
    if called in ("CT", "US") or (called == "MR" and acquisition.repetition_time):
        raise ModelError(f"uptake needs a PET series; this one is {called}")


def _above(stated: Tracer, found: Tracer) -> tuple[Tracer, dict[str, str]]:
    """What is known of tracer and patient, and what told each of it.

    Raises:
        ModelError: when the caller states what cannot be.
    """
    if (stated.since or 0) < 0 or (stated.half_life is not None and not stated.half_life > 0):
        raise ModelError("the time since injection is 0 or more, and the half-life above 0")
    own = {name: value for name in FACTS if (value := getattr(stated, name)) is not None}
    wrong = {name: told for name, told in found.wrong.items() if name not in own}
    there = [name for name in FACTS if getattr(found, name) is not None]
    sources = dict.fromkeys(there, "files") | dict.fromkeys(own, "option")
    if sources.get("since") == "files":
        sources["since"] = f"files, {found.timed_by}"
    return found.model_copy(update=own | {"wrong": wrong}), sources


FACTS = ("dose", "half_life", "since", "weight", "height", "sex")
"""What an option may state."""


def write(found: Uptake, out: Path) -> None:
    """Write the map, the table and the record."""
    out.mkdir(parents=True, exist_ok=True)
    nifti_writing.write(out / MAP, found.values, found.grid)
    with (out / REGIONS).open("w", encoding="utf-8", newline="") as file:
        names = ["region", *(each.name for each in fields(Lesion))]
        table = csv.DictWriter(file, names, lineterminator="\n")
        table.writeheader()
        table.writerows(_numbered(found))
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
                for name, value in each.items()
            }
            for each in _numbered(found)
        ],
    }


def _numbered(found: Uptake) -> list[dict[str, Any]]:
    """Rows of the regions, by their numbers in the file of the mask."""
    return [{"region": place} | asdict(each) for place, each in enumerate(found.lesions, 1)]


def _told(setting: dict[str, Any]) -> Iterator[str]:
    """What tracer and patient were taken to be, and what said so."""
    for name, (factor, unit) in SHOWN.items():
        if name in setting:
            source = setting["told_by"][name]
            yield f"{name.replace('_', ' ')} {short(setting[name] / factor)} {unit} ({source})"


SHOWN = {
    "dose": (1e6, "MBq"), "since": (60, "min since injection"), "half_life": (60, "min"),
    "weight": (1, "kg"), "height": (1, "m"),
}  # fmt: skip
"""Facts as the terminal shows them: house units a unit, and its name."""


def lines(found: Uptake) -> Iterator[str]:
    """The table for a terminal."""
    setting = found.setting
    fraction = f"{setting['threshold']:.0%} of the region's greatest"
    rule = fraction if setting["of_maximum"] else f"uptake {setting['threshold']:g}"
    yield f"uptake by {setting['by']}, {setting['unit']}; metabolic volume from {rule}"
    if told := ", ".join(_told(setting)):
        yield told
    yield (
        f"{'region':>6} {'voxels':>7} {'SUVmax':>8} {'SUVpeak':>8} {'SUVmean':>8} "
        f"{'MTV / mL':>9} {'TLG':>8}"
    )
    for place, each in enumerate(found.lesions, 1):
        numbers = (each.suv_max, each.suv_peak, each.suv_mean)
        shown = " ".join(f"{short(number(one)):>8}" for one in numbers)
        yield (
            f"{place:>6} {each.voxels:>7} {shown} {short(each.metabolic_volume):>9} "
            f"{short(each.total_glycolysis):>8}"
        )
