"""Which of several models each voxel, or region, of one series supports."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nodewise.errors import ModelError
from nodewise.ingest import nifti_writing
from nodewise.maps import Fit
from nodewise.maps.choice import best_model, model_weights
from nodewise.steps.fits import record as fit_record
from nodewise.steps.fits.fitting import Fitted
from nodewise.volume import Array

RECORD = "choice.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Models of the same samples, and which is supported best.

    Args:
        fits: of each model.
        best: place of the best from 0, -1 where there is none, shape as a fit's.
        weights: how far each is supported, shape (models, ...), their sum 1.
    """

    fits: tuple[Fitted, ...]
    best: NDArray[np.intp]
    weights: Array


def chosen(fits: Sequence[Fitted]) -> Choice:
    """The choice by Akaike's criterion, corrected for few samples (AICc).

    Raises:
        ModelError: when a model has too many parameters for the samples to be compared.

    Source:
        Hurvich and Tsai, Biometrika 1989;76:297, doi:10.1093/biomet/76.2.297.
    """
    corrected = [_corrected(each) for each in fits]
    return Choice(fits=tuple(fits), best=best_model(corrected), weights=model_weights(corrected))


def _corrected(one: Fitted) -> Fit:
    """The fit with AICc in place of AIC."""
    samples = one.samples
    sought = len(one.fit.parameters) + 1 + ("delay_up_to" in one.setting)  # the noise's too
    if samples < sought + 2:
        raise ModelError(
            f"{one.model} finds {sought} numbers, the noise's with them, and needs "
            f"{sought + 2} samples or more to be compared; found {samples}"
        )
    more = 2 * sought * (sought + 1) / (samples - sought - 1)
    return replace(one.fit, aic=one.fit.aic + more)


def write(found: Choice, out: Path) -> None:
    """Write each model's maps in a folder of its name, and the choice beside them."""
    for one in found.fits:
        fit_record.write(one, out / one.model)
    if not found.fits[0].place.means:
        grid = found.fits[0].grid
        nifti_writing.write(out / "best_model.nii.gz", (found.best + 1).astype(np.uint8), grid)
        for one, weight in zip(found.fits, found.weights, strict=True):
            nifti_writing.write(out / f"weight_{one.model}.nii.gz", weight, grid)
    told = json.dumps(summary(found), indent=2, ensure_ascii=False)
    (out / RECORD).write_text(told + "\n", "utf-8")


def summary(found: Choice) -> dict[str, Any]:
    """The choice for JSON."""
    names = [one.model for one in found.fits]
    told: dict[str, Any] = {
        "criterion": "AICc",
        "codes": {"none": 0} | {name: place + 1 for place, name in enumerate(names)},
        "best_in": {name: int((found.best == place).sum()) for place, name in enumerate(names)},
        "mean_weight": {
            name: None if np.isnan(weight).all() else float(np.nanmean(weight))
            for name, weight in zip(names, found.weights, strict=True)
        },
    }
    if found.fits[0].place.means:
        told["regions"] = [names[place] if place >= 0 else None for place in found.best]
    return told


def record(found: Choice) -> dict[str, Any]:
    """The choice and each model's own record, for JSON."""
    return {"choice": summary(found), "models": [fit_record.record(one) for one in found.fits]}


def lines(found: Choice) -> Iterator[str]:
    """Each model's summary, and the choice, for a terminal."""
    for one in found.fits:
        yield from fit_record.lines(one)
        yield ""
    told = summary(found)
    yield f"{'best by AICc in':<28} {'':<8} mean weight"
    for name, count in told["best_in"].items():
        weight = told["mean_weight"][name]
        share = "–" if weight is None else f"{weight:.2f}"
        yield f"{name:<28} {count:>8} {share:>11}"
