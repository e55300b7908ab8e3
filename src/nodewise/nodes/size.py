"""How large a region is: volume and diameters, free of the half voxel that counting adds.

Diameters are taken between the faces where the mask begins and ends, not between voxel centres
(a voxel too short) nor between voxel corners (up to a diagonal too long). Being the longest of
many, the longest diameter of a round region is still about half a voxel over.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import ConvexHull, QhullError
from scipy.spatial.distance import pdist, squareform

from nodewise.errors import MeasureError
from nodewise.volume import Array, Grid, Mask


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """Size of a region: mm³, mm, and the ratio of the two axial diameters."""

    volume: float
    long_axis_mm: float
    short_axis_3d_mm: float
    axial_long_axis_mm: float
    short_axis_mm: float
    long_to_short: float
    voxels: int


def size(mask: Mask, grid: Grid) -> Size:
    """Volume and diameters of a region.

    Args:
        mask: the region, shape (columns, rows, slices).
        grid: where its voxels lie.

    Returns:
        volume: voxels × voxel volume, mm³.
        long_axis_mm: longest distance between two points of its surface.
        short_axis_3d_mm: smallest axis of the ellipsoid with the region's second moments.
        axial_long_axis_mm, short_axis_mm: on the slice where the axial diameter is longest, that
            diameter and the region's width across it.
    """
    inside: NDArray[np.intp] = np.argwhere(mask)
    if not len(inside):
        raise MeasureError("the region holds no voxel")
    faces = _faces(mask, inside)
    long, short = max(
        (_axial(_faces(mask[:, :, k : k + 1], inside[inside[:, 2] == k] * [1, 1, 0], k), grid)
         for k in np.unique(inside[:, 2])),
        key=lambda pair: pair[0],
    )  # fmt: skip
    return Size(
        volume=len(inside) * grid.voxel_volume,
        long_axis_mm=_longest(grid.positions(faces))[0],
        short_axis_3d_mm=_smallest_principal(inside, grid),
        axial_long_axis_mm=long,
        short_axis_mm=short,
        long_to_short=long / short,
        voxels=len(inside),
    )


def _faces(mask: Mask, inside: NDArray[np.intp], slice_number: int | None = None) -> Array:
    """Centres of the faces between inside and outside, in voxel index units, shape (n, 3).

    With a slice number, only faces within that slice's plane count, and they are put on it.
    """
    low, high = inside.min(0), inside.max(0) + 1
    box = np.pad(mask[low[0] : high[0], low[1] : high[1], low[2] : high[2]], 1)
    found = []
    for axis in range(3 if slice_number is None else 2):
        here = np.argwhere(np.diff(box.astype(np.int8), axis=axis)).astype(float)
        here[:, axis] += 0.5
        found.append(here)
    faces = np.concatenate(found) - 1 + low
    if slice_number is not None:
        faces[:, 2] = slice_number
    return np.asarray(faces, float)


def _axial(faces: Array, grid: Grid) -> tuple[float, float]:
    """Longest diameter of points in one plane, and their width across it, mm."""
    points = grid.positions(faces)
    long, direction = _longest(points)
    normal = grid.affine[:3, 2] / np.linalg.norm(grid.affine[:3, 2])
    across = np.cross(normal, direction)
    return long, float(np.ptp(points @ across / np.linalg.norm(across)))


def _longest(points: Array) -> tuple[float, Array]:
    """Longest distance between two points, and the vector that spans it."""
    points = _outline(points)
    distances = squareform(pdist(points))
    first, last = np.unravel_index(distances.argmax(), distances.shape)
    return float(distances[first, last]), points[last] - points[first]


def _outline(points: Array) -> Array:
    """Corners of the convex hull; of points in a plane, of the hull within it."""
    centred = points - points.mean(0)
    rank = int(np.linalg.matrix_rank(centred, tol=1e-6))
    if len(points) < 10 or rank < 2:
        return points
    _, _, axes = np.linalg.svd(centred, full_matrices=False)
    try:
        return np.asarray(points[ConvexHull(centred @ axes[:rank].T).vertices])
    except QhullError:
        return points


def _smallest_principal(inside: NDArray[np.intp], grid: Grid) -> float:
    """Smallest diameter of the solid ellipsoid with the region's covariance: 2 √(5 λ).

    A voxel's own extent adds spacing² / 12 to the variance of the voxel centres.
    """
    step = grid.affine[:3, :3]
    centres = grid.positions(inside.astype(float))
    spread = np.cov(centres.T, bias=True) if len(centres) > 1 else np.zeros((3, 3))
    smallest = np.linalg.eigvalsh(spread + step @ step.T / 12)[0]
    return float(2 * np.sqrt(5 * smallest))
