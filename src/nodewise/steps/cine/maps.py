"""The bolus in every pixel of a region of a cine, once the region stands still."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from nodewise.maps import Fit, Outcome, fit
from nodewise.steps.cine.curve import WITHIN, Cine, RegionCurve, clocked, read_off
from nodewise.volume import Array

CHUNK = 1000  # pixels at once
FAR = 3.0  # standard deviations of the smoothing that are looked at around a region
RELATIVE = ("quality",)  # measures without a standard error


@dataclass(frozen=True, slots=True, kw_only=True)
class PixelMaps:
    """Measures of every pixel, shape (columns, rows), and what became of its fit.

    Args:
        values: measure → value; NaN outside the region and where the data do not determine it.
        outcome: of the fit.
    """

    values: dict[str, Array]
    outcome: NDArray[np.uint8]


def pixel_maps(cine: Cine, found: RegionCurve, *, model: str, smooth: float) -> PixelMaps:
    """Fit a bolus to every pixel of a region.

    Args:
        cine: of m frames.
        found: the region, followed.
        model: by name.
        smooth: standard deviation of the smoothing of echo power in the plane, mm.
    """
    kept = found.motion.kept
    curves = _standing(cine, found, smooth=smooth)
    count = int(kept[: found.baseline].sum())
    if count:
        curves -= curves[:, :count].mean(axis=1, keepdims=True)
    rises = found.values["wash_in_start"]
    bolus = clocked(model, cine.time[kept], rises=rises if np.isfinite(rises) else 0.0)
    fits = fit(bolus.model, curves)
    shape, inside = found.mask.shape, found.mask
    maps: dict[str, Array] = {}
    for start in range(0, len(curves), CHUNK):
        part = slice(start, start + CHUNK)
        values, errors = read_off(bolus, _rows(fits, part), curves[part])
        for name, value in values.items():
            known = np.isfinite(value)
            if name not in RELATIVE:
                known &= errors[name] <= WITHIN * np.abs(value)
            whole = maps.setdefault(name, np.full(int(inside.sum()), np.nan))
            whole[part] = np.where(known, value, np.nan)
    outcome = np.full(shape, Outcome.MASKED, np.uint8)
    outcome[inside] = fits.outcome
    return PixelMaps(
        values={name: _spread(values, inside) for name, values in maps.items()}, outcome=outcome
    )


def _rows(fits: Fit, part: slice) -> Fit:
    """Some pixels of a fit."""
    names = ("values", "errors", "residual", "aic", "outcome")
    return replace(fits, **{name: getattr(fits, name)[part] for name in names})


def _spread(values: Array, inside: NDArray[np.bool_]) -> Array:
    whole = np.full(inside.shape, np.nan)
    whole[inside] = values
    return whole


def _standing(cine: Cine, found: RegionCurve, *, smooth: float) -> Array:
    """Smoothed echo power of the region's pixels in every frame kept, shape (pixels, frames)."""
    sigma = smooth / cine.spacing
    more = np.ceil(FAR * sigma).astype(int)
    inside = np.argwhere(found.mask)
    low, high = inside.min(0) - more, inside.max(0) + more + 1
    columns, rows = (np.arange(a, b) for a, b in zip(low, high, strict=True))
    size, table = cine.pixels.shape[:2], cine.linear
    at = inside[:, 0] - low[0], inside[:, 1] - low[1]
    frames = []
    for number in np.flatnonzero(found.motion.kept):
        x, y = found.motion.shifts[number]
        place = np.ix_(np.clip(columns + x, 0, size[0] - 1), np.clip(rows + y, 0, size[1] - 1))
        power = table[cine.pixels[..., number][place]]
        frames.append(gaussian_filter(power, sigma)[at])
    return np.stack(frames, axis=1)
