"""What is read of a region's uptake: maximum, peak, and the volume above a threshold."""

from dataclasses import dataclass

import numpy as np

from nodewise.errors import ModelError
from nodewise.models import suv
from nodewise.volume import Array, Grid, Mask


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """From which uptake on a voxel counts to the metabolic volume.

    Args:
        value: uptake, or a fraction of the region's greatest.
        of_maximum: whether it is such a fraction.
    """

    value: float = 0.41
    of_maximum: bool = True

    @classmethod
    def of(cls, stated: float | None) -> "Threshold":
        """As a trial file says it: below 1, a fraction; nothing, 41 % of the greatest."""
        return cls() if stated is None else cls(value=stated, of_maximum=stated < 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesion:
    """What is read in one region; uptake in the standard's unit.

    Args:
        voxels: of the region that have a value.
        suv_max: greatest voxel.
        suv_peak: greatest mean in a sphere of 1 cm³ around a voxel of the region.
        suv_mean: of the metabolic volume.
        threshold: of the metabolic volume.
        metabolic_volume: of voxels at the threshold or above (MTV), mL.
        total_glycolysis: suv_mean times it (TLG), mL times the unit.
    """

    voxels: int
    suv_max: float
    suv_peak: float
    suv_mean: float
    threshold: float
    metabolic_volume: float
    total_glycolysis: float


def lesion(values: Array, region: Mask, grid: Grid, *, above: Threshold) -> Lesion:
    """What is read in one region that has a value in some voxel.

    Args:
        values: uptake, shape of the grid.
        region: shape of the grid.
        grid: where they lie.
        above: the threshold of the metabolic volume.

    Raises:
        ModelError: when it has none.
    """
    reach = np.ceil(10 / grid.spacing).astype(int)
    region = region & np.isfinite(values)
    inside = np.argwhere(region)
    if not len(inside):
        raise ModelError("uptake needs a region with one voxel or more that has a value")
    box = tuple(
        slice(max(low - more, 0), high + more + 1)
        for low, high, more in zip(inside.min(0), inside.max(0), reach, strict=True)
    )
    near, there = values[box], region[box]
    threshold, voxel = above.value, grid.voxel_volume
    if above.of_maximum:
        threshold = suv.fraction_of_maximum(near, there, fraction=above.value)
    volume = suv.metabolic_volume(near, there, threshold=threshold, voxel_volume=voxel)
    total = suv.total_lesion_glycolysis(near, there, threshold=threshold, voxel_volume=voxel)
    return Lesion(
        voxels=len(inside),
        suv_max=float(near[there].max()),
        suv_peak=suv.peak(near, there, spacing=grid.spacing),
        suv_mean=total / volume if volume else float("nan"),
        threshold=threshold,
        metabolic_volume=volume,
        total_glycolysis=total,
    )
