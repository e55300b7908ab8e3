"""Voxels as a reading page shows them: along the patient's axes, in sixteen bits, with labels."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nodewise.volume import Array, Grid, Mask


@dataclass(frozen=True, slots=True)
class Quantised:
    """Values in sixteen bits: value = intercept + slope × level.

    Args:
        levels: shape of the values.
        slope: value per level.
        intercept: value of level 0.
    """

    levels: NDArray[np.uint16]
    slope: float
    intercept: float


def turned(values: NDArray[np.generic], grid: Grid) -> tuple[NDArray[np.generic], Grid]:
    """The same voxels with axes that run to the patient's left, back and head, nearest to them.

    No voxel is interpolated; an oblique acquisition stays oblique.

    Args:
        values: shape (columns, rows, slices).
        grid: where they lie.
    """
    axes, signs = _axes(grid)
    affine = grid.affine.copy()
    shape = np.array(grid.shape)
    affine[:3, :3] = grid.affine[:3, axes] * signs
    backwards = [axis for axis, sign in zip(axes, signs, strict=True) if sign < 0]
    for axis in backwards:
        affine[:3, 3] += grid.affine[:3, axis] * (shape[axis] - 1)
    found = np.transpose(np.flip(values, tuple(backwards)), axes)
    columns, rows, slices = found.shape
    return found, Grid((columns, rows, slices), affine)


def turned_back(values: NDArray[np.generic], grid: Grid) -> NDArray[np.generic]:
    """Turned voxels as the grid holds them: the way back from `turned`.

    Args:
        values: along the patient's axes.
        grid: where they shall lie.
    """
    axes, signs = _axes(grid)
    backwards = tuple(axis for axis, sign in zip(axes, signs, strict=True) if sign < 0)
    return np.flip(np.transpose(values, np.argsort(axes)), backwards)


def quantised(values: NDArray[np.generic]) -> Quantised:
    """Values in sixteen bits; what is not finite becomes the lowest.

    Whole numbers, as scanners store them, are kept exactly; others are spread over their range.
    """
    if values.dtype.kind in "bui":
        least, most = int(values.min(initial=0)), int(values.max(initial=0))
        if most - least <= 65535:
            return Quantised((values.astype(np.int64) - least).astype(np.uint16), 1.0, float(least))
    finite = np.isfinite(values)
    low, high = (np.min(values[finite]), np.max(values[finite])) if finite.any() else (0.0, 0.0)
    filled = np.where(finite, values, low).astype(np.float64)
    exact = high - low <= 65535 and np.array_equal(filled, np.rint(filled))
    slope = 1.0 if exact else float(high - low) / 65535 or 1.0
    levels = np.rint((filled - low) / slope).astype(np.uint16)
    return Quantised(levels, slope, float(low))


def labelled(masks: Sequence[tuple[Mask, Grid]], onto: Grid) -> NDArray[np.uint8]:
    """Regions on another grid, nearest voxel: 0 for none, n for the n-th region."""
    found = np.zeros(onto.shape, np.uint8)
    for number, (mask, grid) in enumerate(masks, 1):
        here, place = _overlap(mask, grid, onto)
        found[place][here] = number
    return found


def centre(mask: Mask, grid: Grid) -> Array:
    """Centre of a region, shape (3,), mm."""
    return np.asarray(grid.positions(np.argwhere(mask).mean(axis=0)[None])[0])


def _axes(grid: Grid) -> tuple[list[int], NDArray[np.int_]]:
    """For each patient axis the voxel axis nearest to it, and whether it runs along or against."""
    cosines = grid.affine[:3, :3] / grid.spacing
    left = [0, 1, 2]
    axes = []
    for patient in np.argsort(-np.abs(cosines).max(axis=1)):
        axis = max(left, key=lambda each: abs(cosines[patient, each]))
        left.remove(axis)
        axes.append((int(patient), axis))
    order = [axis for _, axis in sorted(axes)]
    return order, np.array([1 if cosines[row, axis] > 0 else -1 for row, axis in enumerate(order)])


def _overlap(
    mask: Mask, grid: Grid, onto: Grid
) -> tuple[NDArray[np.bool_], tuple[slice, slice, slice]]:
    """Where a mask covers voxels of another grid: within a box, and the box."""
    box = np.argwhere(mask)
    low, high = box.min(axis=0) - 1, box.max(axis=0) + 1
    corners = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)])
    back = np.linalg.inv(onto.affine)
    there = grid.positions(low + corners * (high - low)) @ back[:3, :3].T + back[:3, 3]
    first = np.clip(np.floor(there.min(axis=0)), 0, np.array(onto.shape)).astype(int)
    last = np.clip(np.ceil(there.max(axis=0)) + 1, 0, np.array(onto.shape)).astype(int)
    index = np.stack(
        np.meshgrid(*[np.arange(a, b) for a, b in zip(first, last, strict=True)], indexing="ij"),
        axis=-1,
    )
    inverse = np.linalg.inv(grid.affine)
    source = onto.positions(index.reshape(-1, 3)) @ inverse[:3, :3].T + inverse[:3, 3]
    nearest = np.rint(source).astype(int)
    inside = np.all((nearest >= 0) & (nearest < np.array(mask.shape)), axis=1)
    here = np.zeros(len(nearest), bool)
    here[inside] = mask[tuple(nearest[inside].T)]
    box_of = tuple(slice(int(a), int(b)) for a, b in zip(first, last, strict=True))
    return here.reshape(index.shape[:3]), (box_of[0], box_of[1], box_of[2])
