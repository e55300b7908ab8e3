"""Where a model is fitted: in every voxel of what is drawn, or to each region's mean."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nodewise.errors import ModelError
from nodewise.ingest import alone
from nodewise.maps.foreground import foreground
from nodewise.nodes import on_grid
from nodewise.steps.series.frames import Frames
from nodewise.volume import Grid, Mask


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Voxels one by one, or the means of regions in their stead.

    Args:
        regions: what is drawn, one or more, each of the grid's shape.
        means: whether a region's mean is fitted, as if it were one voxel.
    """

    regions: tuple[Mask, ...]
    means: bool = False

    @property
    def mask(self) -> Mask:
        """All that is drawn, of the grid's shape."""
        return np.asarray(np.any(self.regions, axis=0))

    @property
    def wanted(self) -> Mask:
        """What is to be fitted of `of`: the mask, or every region, shape (regions,)."""
        return np.ones(len(self.regions), bool) if self.means else self.mask

    def of(self, values: NDArray[Any]) -> NDArray[Any]:
        """Values of voxels as they are, or one for each region.

        Args:
            values: signals of the grid's shape (..., m), of which a region has the mean, or a
                map, shape (...), of which it has the median, as maps have outliers; voxels that
                are not finite in every frame do not count.
        """
        if not self.means:
            return values
        return np.stack([_middle(values[region]) for region in self.regions])


def place_of(frames: Frames, source: Path | None, *, means: bool) -> Place:
    """Where to fit frames: in what is drawn; in all that is brighter than air if nothing is.

    Raises:
        ModelError: when a mask holds no voxel of the series.
    """
    if source is None:
        return Place(regions=(foreground(frames.values),), means=means)
    return Place(regions=drawn(source, frames.grid), means=means)


def drawn(source: Path, grid: Grid) -> tuple[Mask, ...]:
    """Each drawing of a file that has voxels of a grid, by the rule of the voxel's centre.

    Raises:
        ModelError: when none has.
    """
    there = alone.read_masks(source)
    regions = tuple(mask for one, own in there if (mask := on_grid(one, own, grid)).any())
    if not regions:
        count = sum(int(one.sum()) for one, _ in there)
        raise ModelError(
            f"the mask holds no voxel of the series, {alone.shape(grid)}: its {count} voxels are "
            "elsewhere in the patient, or there is none"
        )
    return regions


def _middle(values: NDArray[Any]) -> NDArray[Any]:
    """Mean of signals, shape (n, m), or median of a map, shape (n,); NaN if none is finite."""
    finite = values[np.isfinite(values).reshape(len(values), -1).all(axis=1)]
    if not len(finite):
        return np.full(values.shape[1:], np.nan)
    return np.asarray(np.median(finite) if values.ndim == 1 else finite.mean(axis=0, dtype=float))
