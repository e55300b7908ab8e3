"""One model fitted to one series, without a study: files in, maps and a summary out."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from nodewise.errors import ModelError
from nodewise.ingest import alone, nifti_writing
from nodewise.maps import Fit, Outcome, fit, fit_segmented
from nodewise.maps.foreground import foreground
from nodewise.models import MODELS, Ivim, Model, Parameter, Vfa
from nodewise.models.bolus import Bolus
from nodewise.nodes import on_grid
from nodewise.steps import model_sheet
from nodewise.steps.contrast import Contrast, perfused, repetition_time
from nodewise.steps.frames import (
    Frames,
    Samples,
    Stated,
    frames_of,
    series_of,
    takes,
    variation,
)
from nodewise.volume import Grid, Mask

SEGMENTED_ABOVE = 200.0  # s/mm²: blood has faded
RECORD = "fit.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is to be fitted, and how.

    Args:
        model: by name.
        series: NIfTI files, or folders, zips or files of DICOM.
        mask: voxels to fit; all that are brighter than air if None.
        which: set of frames to take when there are several, from 1.
        b_values: to fit, s/mm²; all when empty.
        segmented: whether IVIM goes from the high b-values down.
        stated: what the files do not say.
        contrast: of a dynamic series.
    """

    model: str
    series: tuple[Path, ...]
    mask: Path | None = None
    which: int | None = None
    b_values: Samples = ()
    segmented: bool = False
    stated: Stated = Stated()  # noqa: RUF009  frozen
    contrast: Contrast = Contrast()  # noqa: RUF009  frozen


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """A fit with what it was made from.

    Args:
        model: by name.
        fit: of voxels of the grid's shape.
        grid: where they lie.
        setting: what was known and found of the acquisition, house units.
        inputs: what was read → digests of its content.
    """

    model: str
    fit: Fit
    grid: Grid
    setting: dict[str, Any]
    inputs: dict[str, tuple[str, ...]]


def fitted(wish: Wish) -> Fitted:
    """Read the files and fit the model to every voxel of the mask.

    Raises:
        NodewiseError: saying what the model needs and what was found.
    """
    varied = variation(wish.model)
    read = series_of(wish.series, frames_stated=wish.stated.frames)
    frames = frames_of(read, varied, stated=wish.stated, which=wish.which)
    frames = _chosen(frames, wish)
    mask = _drawn(wish.mask, frames.grid) if wish.mask else foreground(frames.values)
    setting: dict[str, Any] = {varied.field: frames.samples.tolist()}
    inputs = {"series": frames.digests}
    if takes(wish.model, "aif"):
        kinetic = perfused(wish.model, frames, mask, stated=wish.stated, by=wish.contrast)
        found, setting = kinetic.fit, setting | kinetic.setting
        inputs |= {"t1": kinetic.t1} if kinetic.t1 else {}
    else:
        found, more = _FITS.get(wish.model, _plain)(wish, frames, mask)
        setting |= more
    return Fitted(model=wish.model, fit=found, grid=frames.grid, setting=setting, inputs=inputs)


def _drawn(source: Path, grid: Grid) -> Mask:
    """Voxels of a grid whose centres lie in what is drawn."""
    drawn = alone.read_masks(source)
    mask = np.any([on_grid(one, own, grid) for one, own in drawn], axis=0)
    if not mask.any():
        count = sum(int(one.sum()) for one, _ in drawn)
        raise ModelError(
            f"the mask holds no voxel of the series, {alone.shape(grid)}: its {count} voxels are "
            "elsewhere in the patient, or there is none"
        )
    return np.asarray(mask)


def _chosen(frames: Frames, wish: Wish) -> Frames:
    """The frames at the b-values wanted; all when none is."""
    wanted, there = wish.b_values, np.unique(frames.samples)
    if not wanted:
        return frames
    if variation(wish.model).field != "b":
        raise ModelError(f"b-values were chosen, and {wish.model} has none")
    if missing := sorted(set(wanted) - set(there)):
        raise ModelError(
            f"no frames at b {', '.join(f'{b:g}' for b in missing)} s/mm²; "
            f"there are {', '.join(f'{b:g}' for b in there)}"
        )
    kept = np.isin(frames.samples, wanted)
    return replace(frames, values=frames.values[..., kept], samples=frames.samples[kept])


Settled = tuple[Fit, dict[str, Any]]
"""A fit, and what was settled for it beyond the samples."""


def _plain(wish: Wish, frames: Frames, mask: Mask) -> Settled:
    constructor: Callable[..., Model] = MODELS[wish.model]
    model = constructor(**{variation(wish.model).field: frames.samples})
    return fit(model, frames.values, mask), {}


def _ivim(wish: Wish, frames: Frames, mask: Mask) -> Settled:
    if not wish.segmented:
        return _plain(wish, frames, mask)
    model = Ivim(b=frames.samples)
    found = fit_segmented(model, frames.values, mask, threshold=SEGMENTED_ABOVE)
    return found, {"segmented_above": SEGMENTED_ABOVE}


def _vfa(wish: Wish, frames: Frames, mask: Mask) -> Settled:
    tr = repetition_time(frames, wish.stated)
    found = fit(Vfa(flip_angle=frames.samples, tr=tr), frames.values, mask)
    return found, {"tr": np.asarray(tr).tolist()}


def _bolus(wish: Wish, frames: Frames, mask: Mask) -> Settled:
    """What stood before the bolus is subtracted, where the caller says which frames that is."""
    count = wish.contrast.baseline or 0
    values = frames.values
    if count:
        before = values[..., :count].mean(axis=-1, keepdims=True, dtype=float)
        values = np.where(mask[..., None], values - before, 0)
    return _plain(wish, replace(frames, values=values), mask)[0], {"baseline_frames": count}


_FITS: dict[str, Callable[[Wish, Frames, Mask], Settled]] = {
    "ivim": _ivim,
    "vfa": _vfa,
    **{name: _bolus for name, model in MODELS.items() if issubclass(model, Bolus)},
}
"""Models that need more than their samples; `_plain` fits the others."""


def write(found: Fitted, out: Path) -> Path:
    """Write a map, its standard error, both per parameter, the outcomes and what they are.

    Args:
        found: the fit.
        out: folder; it is made where there is none.

    Returns:
        The JSON file that says what the others hold.
    """
    out.mkdir(parents=True, exist_ok=True)
    for each in found.fit.parameters:
        nifti_writing.write(out / f"{each.name}.nii.gz", found.fit.parameter(each.name), found.grid)
        error = found.fit.error(each.name)
        nifti_writing.write(out / f"{each.name}_error.nii.gz", error, found.grid)
    nifti_writing.write(out / "outcome.nii.gz", found.fit.outcome, found.grid)
    path = out / RECORD
    path.write_text(json.dumps(record(found), indent=2, ensure_ascii=False) + "\n", "utf-8")
    return path


def record(found: Fitted) -> dict[str, Any]:
    """What was fitted, how and to what, and what came out, for JSON; house units."""
    sheet = model_sheet.sheet(found.model, MODELS[found.model])
    return {
        "nodewise": version("nodewise"),
        "model": found.model,
        "formula": sheet.formula,
        "source": sheet.source,
        "acquisition": found.setting,
        "inputs": found.inputs,
        "parameters": [_summary(found.fit, each) for each in found.fit.parameters],
        "outcomes": {each.name.lower(): found.fit.count(each) for each in Outcome},
        "outcome_codes": {each.name.lower(): int(each) for each in Outcome},
    }


def _summary(found: Fit, each: Parameter) -> dict[str, Any]:
    """A parameter with the quartiles of its voxels that were fitted, null where there are none."""
    values = found.parameter(each.name)[found.outcome == Outcome.FITTED]
    quartiles = np.percentile(values, [25, 50, 75]).tolist() if len(values) else [None] * 3
    names = ("lower_quartile", "median", "upper_quartile")
    return model_sheet.parameter_record(each) | dict(zip(names, quartiles, strict=True))


def lines(found: Fitted) -> Iterator[str]:
    """The summary for a terminal."""
    told = record(found)
    yield f"{told['model']}: {told['formula']}"
    yield f"{'':<12} {'median':>10}   {'quartiles':<24} unit"
    for each in told["parameters"]:
        middle, low, high = (
            "–" if each[name] is None else f"{each[name]:.4g}"
            for name in ("median", "lower_quartile", "upper_quartile")
        )
        spread = f"{low} to {high}"
        yield f"{each['name']:<12} {middle:>10}   {spread:<24} {each['unit']}"
    asked = {name: count for name, count in told["outcomes"].items() if name != "masked"}
    yield "voxels: " + ", ".join(f"{n} {name.replace('_', ' ')}" for name, n in asked.items())
