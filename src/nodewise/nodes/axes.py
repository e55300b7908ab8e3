"""Where the axes of a node lie that `size` measures, so that they can be drawn."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nodewise.errors import MeasureError
from nodewise.nodes.size import _faces, _longest
from nodewise.volume import Array, Grid, Mask


@dataclass(frozen=True, slots=True)
class Axes:
    """Ends of the longest axial diameter and of the width across it, each of shape (2, 3), mm."""

    long: Array
    short: Array


def axes(mask: Mask, grid: Grid) -> Axes:
    """The axial diameters on the slice where the longer one is longest, as `size` measures them.

    Args:
        mask: the region, shape (columns, rows, slices).
        grid: where its voxels lie.

    Raises:
        MeasureError: when the region holds no voxel.
    """
    inside = np.argwhere(mask)
    if not len(inside):
        raise MeasureError("the region holds no voxel")
    found = [_on_slice(mask, grid, inside, k) for k in np.unique(inside[:, 2])]
    return max(found, key=lambda each: float(np.linalg.norm(np.ptp(each.long, axis=0))))


def _on_slice(mask: Mask, grid: Grid, inside: NDArray[np.intp], k: int) -> Axes:
    here = inside[inside[:, 2] == k] * [1, 1, 0]
    points = grid.positions(_faces(mask[:, :, k : k + 1], here, k))
    length, vector = _longest(points)
    along = vector / length
    normal = grid.affine[:3, 2] / np.linalg.norm(grid.affine[:3, 2])
    across = np.cross(normal, along)
    across /= np.linalg.norm(across)
    centre = points.mean(axis=0)
    on_long, on_short = (points - centre) @ along, (points - centre) @ across
    ends = np.array([on_short.argmin(), on_short.argmax()])
    short = centre + on_long[ends].mean() * along + on_short[ends][:, None] * across
    return Axes(points[[on_long.argmin(), on_long.argmax()]], short)
