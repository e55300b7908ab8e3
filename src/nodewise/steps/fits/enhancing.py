"""Enhancement without a tissue model: numbers and types of a dynamic series' curves, as maps."""

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nodewise.errors import ModelError
from nodewise.ingest import nifti_writing
from nodewise.maps.arrival import bolus_arrival, tissue_curve
from nodewise.maps.foreground import foreground
from nodewise.models import ExtendedTofts, ParkerAif
from nodewise.models.enhancement import (
    FLAT,
    SCHEMES,
    enhancement,
    takashima_type,
    washout_ratio,
    yabuuchi_type,
)
from nodewise.steps.fits.record import number, quartiles, short
from nodewise.steps.series.contrast import BLOCK, Contrast, dynamic, enough_of
from nodewise.steps.series.frames import Frames, Stated, frames_of, series_of, variation
from nodewise.steps.series.regions import Place, place_of
from nodewise.steps.series.t1 import B1
from nodewise.volume import Array, Grid

RECORD, REGIONS = "enhancement.json", "regions.csv"
LATE = 300.0  # s after arrival: where washout is read


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is to be read off a dynamic series.

    Args:
        series: NIfTI files, or folders, zips or files of DICOM.
        mask: voxels; all that are brighter than air if None.
        region_mean: whether each region drawn is read by its mean curve.
        which: set of frames to take when there are several, from 1.
        arrival: of the bolus after the first frame, s; found in the series if None.
        scheme: of curve types, a key of SCHEMES.
        injection: when the agent was given after the first frame, s; TAKASHIMA counts from it.
        flat: relative enhancement below which a curve counts as flat, 1.
        b1: map of actual over nominal flip angle, for concentrations.
        stated: what the files do not say.
        contrast: what makes concentrations of signals; areas are in a.u.·s without a relaxivity.
    """

    series: tuple[Path, ...]
    mask: Path | None = None
    region_mean: bool = False
    which: int | None = None
    arrival: float | None = None
    scheme: str = "yabuuchi"
    injection: float | None = None
    flat: float = FLAT
    b1: Path | None = None
    stated: Stated = Stated()  # noqa: RUF009  frozen
    contrast: Contrast = Contrast()  # noqa: RUF009  frozen


@dataclass(frozen=True, slots=True, kw_only=True)
class Enhanced:
    """Numbers and types of curves.

    Args:
        numbers: name → unit and values of voxels, of the grid's shape, or of regions.
        kinds: type of each curve by the scheme, "" where there is none.
        scheme: a key of SCHEMES.
        place: where they were read.
        grid: where the series lies.
        setting: what was known and found.
        inputs: what was read → digests.
    """

    numbers: dict[str, tuple[str, Array]]
    kinds: NDArray[np.str_]
    scheme: str
    place: Place
    grid: Grid
    setting: dict[str, Any]
    inputs: dict[str, tuple[str, ...]]


def enhanced(wish: Wish) -> Enhanced:
    """Read the files, find the arrival and read every curve.

    Raises:
        NodewiseError: saying what is needed and what was found.
    """
    if wish.region_mean and not wish.mask:
        raise ModelError("--region-mean needs regions: draw them and name the file with --mask")
    if wish.scheme == "takashima" and wish.injection is None:
        raise ModelError("the types of Takashima 1993 count from the injection: say --injection")
    read = series_of(wish.series, frames_stated=wish.stated.frames)
    frames = frames_of(read, variation("tofts"), stated=wish.stated, which=wish.which)
    place = place_of(frames, wish.mask, means=wish.region_mean)
    curves = _curves(frames, place)
    arrival = wish.arrival if wish.arrival is not None else _arrival(frames)
    areas, unit, inputs = _areas(wish, frames, place, curves)
    return Enhanced(
        numbers=_numbers(frames.samples, (curves, areas), arrival=arrival, unit=unit, place=place),
        kinds=_spread(_kinds(frames.samples, curves, wish=wish, arrival=arrival), place, ""),
        scheme=wish.scheme,
        place=place,
        grid=frames.grid,
        setting={"time": frames.samples.tolist(), "arrival": arrival, "flat": wish.flat}
        | ({} if wish.injection is None else {"injection": wish.injection}),
        inputs={"series": frames.digests} | inputs,
    )


def _curves(frames: Frames, place: Place) -> NDArray[Any]:
    """Signals of the voxels, or regions, wanted, shape (n, m)."""
    return place.of(frames.values)[place.wanted]


def _blocks(curves: NDArray[Any]) -> list[slice]:
    """Rows of curves, shape (n, m), as many at once as memory should hold in full precision."""
    return [slice(first, first + BLOCK) for first in range(0, max(len(curves), 1), BLOCK)]


def _arrival(frames: Frames) -> float:
    """When the bolus arrives, s, by the neck's relative enhancement, as a stand-in for mM."""
    signals = np.asarray(frames.values[enough_of(foreground(frames.values))], float)
    with np.errstate(divide="ignore", invalid="ignore"):
        risen = signals / signals[:, :2].mean(axis=1, keepdims=True) - 1
    time = frames.samples
    return bolus_arrival(
        time,
        tissue_curve(risen),
        lambda when: ExtendedTofts(time=time, aif=ParkerAif(arrival=when)),
    )


def _areas(
    wish: Wish, frames: Frames, place: Place, curves: NDArray[Any]
) -> tuple[NDArray[Any], str, dict[str, tuple[str, ...]]]:
    """What areas are taken of, shape (n, m), their unit, and digests of what made them."""
    if wish.contrast.relaxivity is None and wish.contrast.t1 is None:
        return curves, "a.u.·s", {}
    b1 = B1.read(wish.b1) if wish.b1 else None
    series = dynamic(frames, wish.contrast, stated=wish.stated, b1=b1)
    return series.concentration(place)[place.wanted], "mM·s", {"t1": series.t1.digests}


def _numbers(
    time: Array,
    curves: tuple[NDArray[Any], NDArray[Any]],
    *,
    arrival: float,
    unit: str,
    place: Place,
) -> dict[str, tuple[str, Array]]:
    """Every number with its unit; areas are of the second curves, all others of the first."""
    signals, amounts = curves
    parts = [_read(time, signals[rows], amounts[rows], arrival) for rows in _blocks(signals)]
    units = {"time_to_peak": "s", "wash_in": "1/s", "wash_out": "1/s", "area_60": unit}
    units |= {"area_90": unit}
    return {
        name: (
            units.get(name, "1"),
            _spread(np.concatenate([part[name] for part in parts]), place, np.nan),
        )
        for name in parts[0]
    }


def _read(
    time: Array, signals: NDArray[Any], amounts: NDArray[Any], arrival: float
) -> dict[str, Array]:
    """Every number of curves, shape (n, m), each of shape (n,); areas are those of amounts."""
    one, two = (enhancement(time, each, arrival=arrival) for each in (signals, amounts))
    return {
        "time_to_peak": one.time_to_peak,
        "relative": one.relative,
        "wash_in": one.wash_in,
        "wash_out": one.wash_out,
        "washout_ratio": washout_ratio(time, signals, arrival=arrival, after=LATE),
        "area_60": two.area_60,
        "area_90": two.area_90,
    }


def _kinds(time: Array, curves: NDArray[Any], *, wish: Wish, arrival: float) -> NDArray[np.str_]:
    """The type of each curve, shape (n,)."""
    return np.concatenate(
        [_kind(time, curves[rows], wish=wish, arrival=arrival) for rows in _blocks(curves)]
    )


def _kind(time: Array, curves: NDArray[Any], *, wish: Wish, arrival: float) -> NDArray[np.str_]:
    if wish.scheme == "takashima" and wish.injection is not None:
        return takashima_type(
            time, curves, arrival=arrival, injection=wish.injection, flat=wish.flat
        )
    return yabuuchi_type(time, curves, arrival=arrival, flat=wish.flat)


def _spread(values: NDArray[Any], place: Place, empty: float | str) -> NDArray[Any]:
    """Values of what was wanted, shape (n,), where it lies."""
    if place.means:
        return values
    whole = np.full(place.mask.shape, empty, values.dtype)
    whole[place.wanted] = values
    return whole


def write(found: Enhanced, out: Path) -> None:
    """Write a map a number and one of types, or a table of regions, and the record."""
    out.mkdir(parents=True, exist_ok=True)
    if found.place.means:
        with (out / REGIONS).open("w", encoding="utf-8", newline="") as file:
            rows = list(regions(found))
            table = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
            table.writeheader()
            table.writerows(rows)
    else:
        for name, (_, values) in found.numbers.items():
            nifti_writing.write(out / f"{name}.nii.gz", values, found.grid)
        codes = np.zeros(found.kinds.shape, np.uint8)
        for letter, code in _codes(found).items():
            codes[found.kinds == letter] = code
        nifti_writing.write(out / "curve_type.nii.gz", codes, found.grid)
    told = json.dumps(record(found), indent=2, ensure_ascii=False)
    (out / RECORD).write_text(told + "\n", "utf-8")


def regions(found: Enhanced) -> Iterator[dict[str, Any]]:
    """A row per region."""
    for place, region in enumerate(found.place.regions):
        numbers = {name: number(values[place]) for name, (_, values) in found.numbers.items()}
        kind = {"curve_type": str(found.kinds[place]) or None, "scheme": SCHEMES[found.scheme].name}
        yield {"region": place + 1, "voxels": int(region.sum())} | numbers | kind


def record(found: Enhanced) -> dict[str, Any]:
    """What was read and how, for JSON; house units."""
    scheme = SCHEMES[found.scheme]
    told = {
        "nodewise": version("nodewise"),
        "acquisition": found.setting,
        "inputs": found.inputs,
        "numbers": [
            {"name": name, "unit": unit, "known": int(np.isfinite(values).sum())}
            | quartiles(values[np.isfinite(values)])
            for name, (unit, values) in found.numbers.items()
        ],
        "scheme": {
            "name": scheme.name,
            "source": scheme.source,
            "standing": scheme.standing,
            "types": scheme.types,
            "codes": {"none": 0} | _codes(found),
            "counts": {letter: int((found.kinds == letter).sum()) for letter in scheme.types},
        },
        "asked": int(found.place.wanted.sum()),
    }
    return told | ({"regions": list(regions(found))} if found.place.means else {})


def _codes(found: Enhanced) -> dict[str, int]:
    return {letter: place + 1 for place, letter in enumerate(SCHEMES[found.scheme].types)}


def lines(found: Enhanced) -> Iterator[str]:
    """The summary for a terminal."""
    told = record(found)
    what = "regions" if found.place.means else "voxels"
    yield f"bolus arrives {told['acquisition']['arrival']:.4g} s after the first frame"
    yield f"{'':<14} {'median':>10}   {'quartiles':<24} {'unit':<7} {what:>8}"
    for each in told["numbers"]:
        spread = f"{short(each['lower_quartile'])} to {short(each['upper_quartile'])}"
        yield (
            f"{each['name']:<14} {short(each['median']):>10}   {spread:<24} {each['unit']:<7} "
            f"{each['known']:>8}"
        )
    scheme = told["scheme"]
    yield f"curve types by {scheme['name']}:"
    for letter, meaning in scheme["types"].items():
        yield f"  {letter} {scheme['counts'][letter]:>8}  {meaning}"
    none = told["asked"] - sum(scheme["counts"].values())
    yield f"  – {none:>8}  none: no enhancement, or too short a series"
    yield f"Note: this scheme is {scheme['standing']}."
