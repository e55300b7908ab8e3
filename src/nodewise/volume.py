"""An array with its place in the patient."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Grid:
    """Where voxels lie, in DICOM patient coordinates (x to the left, y back, z to the head), mm.

    Args:
        shape: number of columns, rows and slices.
        affine: voxel index (column, row, slice, 1) → mm, shape (4, 4).
    """

    shape: tuple[int, int, int]
    affine: Array

    @property
    def spacing(self) -> Array:
        """Distance between neighbouring voxels along each axis, shape (3,), mm."""
        return np.asarray(np.linalg.norm(self.affine[:3, :3], axis=0))

    @property
    def voxel_volume(self) -> float:
        """Volume of one voxel, mm³."""
        return float(abs(np.linalg.det(self.affine[:3, :3])))

    def positions(self, index: Array) -> Array:
        """Positions of voxel indices, shape (n, 3), in mm, shape (n, 3)."""
        return np.asarray(index @ self.affine[:3, :3].T + self.affine[:3, 3])

    def same_as(self, other: "Grid", *, tolerance: float = 0.05) -> bool:
        """Whether every voxel of both grids lies within tolerance (mm) of its namesake."""
        if self.shape != other.shape:
            return False
        corners = np.array([[i, j, k] for i in (0, 1) for j in (0, 1) for k in (0, 1)], float)
        corners *= np.array(self.shape) - 1
        gap = np.abs(self.positions(corners) - other.positions(corners)).max()
        return bool(gap <= tolerance)


@dataclass(frozen=True, slots=True)
class Volume:
    """Values on a grid.

    Args:
        values: shape (columns, rows, slices) or (columns, rows, slices, frames).
        grid: where they lie.
    """

    values: NDArray[np.generic]
    grid: Grid
