"""A map outside a study, brought onto the grid on which it is needed."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from scipy.ndimage import map_coordinates

from nodewise.errors import ModelError
from nodewise.ingest import Series
from nodewise.ingest.alone import shape
from nodewise.steps.series.frames import series_of
from nodewise.volume import Array, Grid


def map_of(source: Path, word: str) -> tuple[Array, Grid, str]:
    """The one volume of a map's files, where it lies, and its digest.

    Args:
        source: NIfTI file, or DICOM files of one series.
        word: what the map is called in a sentence.

    Raises:
        ModelError: when there is more than one volume.
    """
    return lone_volume(series_of([source]), word)


def lone_volume(series: Sequence[Series], word: str) -> tuple[Array, Grid, str]:
    """The volume of the one series that there is; see `map_of`."""
    one = one_series(series, word)
    return np.asarray(one.volume.values, float), one.volume.grid, one.digest


def one_series(series: Sequence[Series], word: str) -> Series:
    """The one series of one volume among series; word is what it is called in a sentence.

    Raises:
        ModelError: when there is none, or more than one.
    """
    volumes = [one for one in series if one.volume.values.ndim == 3]
    if len(volumes) != 1:
        raise ModelError(
            f"{word} must be one series of one volume; found {len(volumes)} of them among "
            f"{len(series)} series"
        )
    return volumes[0]


def resampled(values: Array, grid: Grid, target: Grid, *, word: str) -> Array:
    """Values at the centres of other voxels, linear in mm between those that are known.

    Args:
        values: shape of `grid`; NaN where unknown.
        grid: where they lie.
        target: where they are wanted.
        word: what they are called in a sentence.

    Returns:
        Shape of `target`; NaN outside, and where no neighbour is known.

    Raises:
        ModelError: when the two grids do not overlap.
    """
    if grid.same_as(target):
        return values
    known = np.isfinite(values)
    filled, there = np.where(known, values, 0.0), np.linalg.inv(grid.affine)
    result = np.full(target.shape, np.nan)
    plane = np.indices((*target.shape[:2], 1)).reshape(3, -1).T.astype(float)
    for number in range(target.shape[2]):
        index = target.positions(plane + np.array([0, 0, number])) @ there[:3, :3].T + there[:3, 3]
        beyond = (index < -0.5) | (index > np.array(grid.shape) - 0.5)
        index = np.clip(index, 0, np.array(grid.shape) - 1).T  # half a voxel at the rim is its own
        weight = map_coordinates(known.astype(float), index, order=1)
        weight[beyond.any(axis=1)] = 0.0
        total = map_coordinates(filled, index, order=1)
        here = np.divide(total, weight, out=np.full(len(weight), np.nan), where=weight > 0.01)
        result[:, :, number] = here.reshape(target.shape[:2])
    if not np.isfinite(result).any():
        raise ModelError(
            f"{word} must lie where the series does, {shape(target)}; found {shape(grid)} "
            "elsewhere in the patient, or without a value there"
        )
    return result
