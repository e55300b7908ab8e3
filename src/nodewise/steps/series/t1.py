"""T1 before contrast and the transmit field, on the voxels where they are needed."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nodewise.errors import ModelError
from nodewise.ingest import Series
from nodewise.maps import Fit, fit
from nodewise.maps.foreground import foreground
from nodewise.maps.transmit import fit_with_b1
from nodewise.models import Vfa
from nodewise.steps.series.frames import Frames, Stated, frames_of, series_of, variation
from nodewise.steps.series.resampling import lone_volume, map_of, resampled
from nodewise.volume import Array, Grid

LONGEST_T1 = 20.0  # s; a map whose values are larger is in ms
USUAL_B1 = (0.2, 2.0)  # a map beyond is in per cent or degrees


@dataclass(frozen=True, slots=True, kw_only=True)
class B1:
    """A map of actual over nominal flip angle, where it lies and its digest."""

    values: Array
    grid: Grid
    digest: str

    @classmethod
    def read(cls, source: Path) -> "B1":
        """The map of a file.

        Raises:
            ModelError: when it is in per cent or degrees.
        """
        values, grid, digest = map_of(source, "a B1 map")
        values = np.where(values > 0, values, np.nan)
        _usual(values, "a B1 map must hold actual over nominal flip angle, about 1", USUAL_B1)
        return cls(values=values, grid=grid, digest=digest)

    def on(self, target: Grid) -> Array:
        """The map on another grid, of its shape; NaN where unknown."""
        return resampled(self.values, self.grid, target, word="the B1 map")


@dataclass(frozen=True, slots=True, kw_only=True)
class T1:
    """T1 on the grid of a dynamic series.

    Args:
        values: shape of the grid, s; NaN where unknown.
        b1: actual over nominal flip angle of that series, 1: of the grid's shape, or one for all.
        digests: of what they were made from.
    """

    values: Array
    b1: Array
    digests: tuple[str, ...]

    @classmethod
    def read(cls, source: Path | None, grid: Grid, b1: B1 | None) -> "T1":
        """T1 from a map in s or a series of flip angles.

        Raises:
            ModelError: when there is none, or it lies elsewhere.
        """
        if source is None:
            raise ModelError(
                "signals become concentrations by T1 before contrast: name a series of flip angles "
                "or a T1 map with --t1; or say --concentration if the series holds mM already"
            )
        found, own, digests = _t1_map(series_of([source]), b1)
        values = resampled(found, own, grid, word="T1")
        if b1 is None:
            return cls(values=values, b1=np.array(1.0), digests=digests)
        field = b1.on(grid)
        known = np.isfinite(field)
        return cls(
            values=np.where(known, values, np.nan),
            b1=np.where(known, field, 1.0),
            digests=(*digests, b1.digest),
        )


def flip_angle_fit(frames: Frames, stated: Stated, b1: Array | None) -> Fit:
    """T1 of every voxel brighter than air, from flip angles; b1 of the grid's shape."""
    model = Vfa(flip_angle=frames.samples, tr=repetition_time(frames, stated))
    tissue = foreground(frames.values)
    if b1 is None:
        return fit(model, frames.values, tissue)
    return fit_with_b1(model, frames.values, b1, mask=tissue)


def repetition_time(frames: Frames, stated: Stated) -> float | Array:
    """Repetition time, one or one per flip angle, s."""
    if stated.repetition_time is not None:
        return stated.repetition_time
    known = [tr for tr in frames.repetition_times if tr is not None]
    if len(known) < len(frames.repetition_times):
        raise ModelError("the repetition time is missing from the files; state it with --tr")
    return known[0] if len(set(known)) == 1 else np.asarray(known)


def _t1_map(series: Sequence[Series], b1: B1 | None) -> tuple[Array, Grid, tuple[str, ...]]:
    """T1, s, where it lies and the digests of its source: one volume, or flip angles to fit."""
    if len(series) == 1 and series[0].volume.values.ndim == 3:
        values, grid, digest = lone_volume(series, "a T1 map")
        values = np.where(values > 0, values, np.nan)
        _usual(values, "a T1 map must be in s", (0.0, LONGEST_T1))
        return values, grid, (digest,)
    frames = frames_of(series, variation("vfa"), stated=Stated())
    found = flip_angle_fit(frames, Stated(), b1.on(frames.grid) if b1 else None)
    return found.parameter("t1"), frames.grid, frames.digests


def _usual(values: Array, needed: str, between: tuple[float, float]) -> None:
    """Refuse a map in another unit."""
    known = values[np.isfinite(values)]
    typical = float(np.median(known)) if known.size else 0.0
    if not between[0] < typical < between[1]:
        raise ModelError(f"{needed}; the median of this one is {typical:g}")
