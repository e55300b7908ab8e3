"""A contrast cine outside a study: regions followed, boluses fitted, ratios to a reference."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import hypot
from pathlib import Path
from typing import Any

import numpy as np

from nodewise.errors import IngestError, ModelError, NodewiseError
from nodewise.ingest import Series, alone
from nodewise.ingest.alone import Outline
from nodewise.steps.cine.curve import CURVES, Cine, RegionCurve, check_model, region_curve
from nodewise.steps.cine.maps import PixelMaps, pixel_maps
from nodewise.steps.cine.motion import REACH

SMOOTH = 0.5  # mm
BESIDE = (
    "Beside a NIfTI cine lies a JSON file that says that it is ultrasound, and when each frame "
    'was, in s: {"Modality": "US", "FrameTimesStart": [0, 0.1, …]}'
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is to be read off a cine.

    Args:
        cine: a DICOM or NIfTI file.
        mask: regions drawn on one of its frames.
        dynamic_range: of the display, dB.
        model: of the bolus.
        reference: label of the region that others are compared with.
        frame: that the regions were drawn on, from 1; as the mask's file says if None, else 1.
        injection: of the agent after the first frame, s; times count from it.
        until: s after the first frame; later frames are left out.
        reach: how far a region is looked for, mm.
        smooth: standard deviation of the smoothing before maps are fitted, mm.
    """

    cine: Path
    mask: Path
    dynamic_range: float
    model: str = "lognormal"
    reference: str | None = None
    frame: int | None = None
    injection: float = 0.0
    until: float | None = None
    reach: float = REACH
    smooth: float = SMOOTH


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """One region as it was drawn and what was read in it.

    Args:
        label: as it was drawn.
        frame: that it was drawn on, from 1.
        frame_told: whether file or caller said so.
        curve: its bolus; None where it could not be read.
        maps: of its pixels.
        why: it could not be read; empty when it was.
    """

    label: str
    frame: int
    frame_told: bool
    curve: RegionCurve | None = None
    maps: PixelMaps | None = None
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A cine, its regions, and what it was made from."""

    wish: Wish
    cine: Cine
    regions: tuple[Region, ...]
    digest: str

    @property
    def reference(self) -> RegionCurve | None:
        """What others are compared with."""
        found = (one.curve for one in self.regions if one.label == self.wish.reference)
        return next(found, None)

    def ratio(self, curve: RegionCurve, name: str) -> tuple[float, float]:
        """A measure in arbitrary units over that of the reference, and its standard error."""
        other = self.reference
        if other is None or other is curve or "a.u." not in CURVES[name]:
            return np.nan, np.nan
        value, under = curve.values[name], other.values[name]
        if not under > 0:
            return np.nan, np.nan
        error, wrong = curve.errors[name], other.errors[name]
        return value / under, hypot(error / under, value * wrong / under**2)


def read(wish: Wish) -> Read:
    """Read the files, follow every region, and fit a bolus to its mean and to its pixels.

    Raises:
        NodewiseError: saying what is missing.
    """
    check_model(wish.model)
    if wish.reach <= 0 or wish.smooth < 0:
        raise ModelError("a region is looked for over more than 0 mm, and smoothing is 0 or more")
    one = _one(wish.cine)
    whole = Cine.of(
        one.volume.values, one.volume.grid, one.acquisition, dynamic_range=wish.dynamic_range
    )
    outlines = alone.read_outlines(wish.mask, whole.pixels.shape[:2], cine=wish.cine)
    labels = [each.label for each in outlines]
    if wish.reference is not None and wish.reference not in labels:
        raise ModelError(f"no region is called '{wish.reference}'; there are {', '.join(labels)}")
    cine = _chosen(whole, wish)
    regions = tuple(_region(cine, each, wish) for each in outlines)
    if not any(each.curve for each in regions):
        raise ModelError(f"no region could be read: {regions[0].why}")
    return Read(wish=wish, cine=cine, regions=regions, digest=one.digest)


def _one(path: Path) -> Series:
    """The only cine in a file."""
    try:
        lone = alone.read([path])
    except IngestError as error:
        raise IngestError(f"{error}. {BESIDE}") from None
    found = [one for one in lone.series if one.volume.values.ndim == 4]
    if len(found) == 1 and found[0].acquisition.modality == "US":
        return found[0]
    if len(found) == 1 and alone.is_nifti(path):
        raise ModelError(f"the file is {found[0].acquisition.modality}, or does not say. {BESIDE}")
    told = "; ".join(each.found for each in lone.problems)
    raise ModelError(
        f"one cine of ultrasound is read at a time; {told or f'found {len(found)} of them'}. Give "
        "the file as the machine stored it: a DICOM multi-frame image, no still and no film"
    )


def _chosen(cine: Cine, wish: Wish) -> Cine:
    """The frames wanted, with times from the injection."""
    kept = np.ones(len(cine.time), bool) if wish.until is None else cine.time <= wish.until
    return replace(
        cine, pixels=cine.pixels[..., : int(kept.sum())], time=cine.time[kept] - wish.injection
    )


def _region(cine: Cine, drawn: Outline, wish: Wish) -> Region:
    told = wish.frame or drawn.frame
    region = Region(label=drawn.label, frame=told or 1, frame_told=told is not None)
    try:
        curve = region_curve(
            cine, drawn.mask, model=wish.model, frame=region.frame, reach=wish.reach
        )
    except NodewiseError as error:
        return replace(region, why=str(error))
    maps = pixel_maps(cine, curve, model=wish.model, smooth=wish.smooth)
    return replace(region, curve=curve, maps=maps)


def whole_maps(regions: Sequence[Region]) -> tuple[dict[str, np.ndarray[Any, Any]], Any]:
    """Maps of all regions as one, shape (columns, rows): measure → values, and outcomes."""
    (_, first), *others = [(one.curve.mask, one.maps) for one in regions if one.curve and one.maps]
    values, outcome = {name: first.values[name].copy() for name in CURVES}, first.outcome.copy()
    for inside, maps in others:
        for name, whole in values.items():
            whole[inside] = maps.values[name][inside]
        outcome[inside] = maps.outcome[inside]
    return values, outcome
