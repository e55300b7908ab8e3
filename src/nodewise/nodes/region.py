"""A region on another grid, and the tissue around it."""

import numpy as np
from scipy.ndimage import distance_transform_edt

from nodewise.volume import Grid, Mask


def on_grid(mask: Mask, grid: Grid, target: Grid) -> Mask:
    """The region on another grid: a voxel belongs to it when its centre does.

    Args:
        mask: shape of `grid`.
        grid: where the mask lies.
        target: where it is wanted.

    Returns:
        Mask of the target's shape.
    """
    if grid.same_as(target):
        return mask
    index = np.indices(target.shape).reshape(3, -1).T.astype(float)
    there = np.linalg.inv(grid.affine)
    source = np.rint(target.positions(index) @ there[:3, :3].T + there[:3, 3]).astype(int)
    within = np.all((source >= 0) & (source < grid.shape), axis=1)
    found = np.zeros(len(index), bool)
    found[within] = mask[tuple(source[within].T)]
    return found.reshape(target.shape)


def share_within(mask: Mask, grid: Grid, target: Grid) -> float:
    """Share of the region's voxels whose centres lie inside another grid."""
    points = grid.positions(np.argwhere(mask).astype(float))
    there = np.linalg.inv(target.affine)
    index = points @ there[:3, :3].T + there[:3, 3]
    inside = np.all((index >= -0.5) & (index <= np.array(target.shape) - 0.5), axis=1)
    return float(inside.mean()) if len(inside) else 0.0


def shell(mask: Mask, grid: Grid, *, width: float, others: Mask | None = None) -> Mask:
    """The tissue within `width` mm around a region, without other regions.

    Distances run from voxel centre to the nearest voxel centre of the region.
    """
    reach = np.ceil(width / grid.spacing).astype(int) + 1
    inside = np.argwhere(mask)
    low = np.maximum(inside.min(0) - reach, 0)
    high = np.minimum(inside.max(0) + reach + 1, mask.shape)
    box = tuple(slice(start, stop) for start, stop in zip(low, high, strict=True))
    around = np.zeros_like(mask)
    away = distance_transform_edt(~mask[box], sampling=grid.spacing)
    around[box] = (away > 0) & (away <= width)
    return around if others is None else around & ~others
