"""Slices with a place in the patient become stacks on one grid."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nodewise.errors import IngestError
from nodewise.ingest.frames import Frame
from nodewise.ingest.headers import Image
from nodewise.volume import Array, Grid

SAME_PLACE = 0.1
"""Slices closer than this are one, mm."""

UNEVEN = 0.02
"""Steps between slices may differ by this share of the step."""

Rank = tuple[float, ...]
"""What orders frames."""


@dataclass(frozen=True, slots=True)
class Slice:
    """One frame of one file."""

    image: Image
    frame: Frame


@dataclass(frozen=True, slots=True)
class Stack:
    """The slices of one frame, from the feet up in an axial series; None where one is missing."""

    slices: tuple[Slice | None, ...]

    @property
    def missing(self) -> int:
        """How many slices are missing."""
        return self.slices.count(None)


def same_plane(slices: Iterable[Slice]) -> list[list[Slice]]:
    """Slices parted by orientation and voxel size."""
    parts: list[list[Slice]] = []
    for one in slices:
        for part in parts:
            if _alike(part[0].frame, one.frame):
                part.append(one)
                break
        else:
            parts.append([one])
    return parts


def _alike(a: Frame, b: Frame) -> bool:
    if a.orientation == b.orientation and a.spacing == b.spacing:
        return True
    turned = max(abs(x - y) for x, y in zip(a.orientation, b.orientation, strict=True))
    scaled = max(abs(x / y - 1) for x, y in zip(a.spacing, b.spacing, strict=True))
    return turned < 1e-3 and scaled < 1e-3


def levels(slices: Sequence[Slice]) -> tuple[list[int], Array]:
    """Which slice position each belongs to, and the positions, shape (k, 3), in mm.

    Raises:
        IngestError: when slices of one level lie beside each other.
    """
    places = np.array([one.frame.position for one in slices])
    level = heights(slices)
    firsts = places[np.unique(level, return_index=True)[1]]
    apart = float(np.abs(places - firsts[level]).max())
    if apart > 2 * SAME_PLACE:
        raise IngestError(f"slices at one height lie up to {apart:.1f} mm beside each other")
    return [int(x) for x in level], firsts


def heights(slices: Sequence[Slice]) -> NDArray[np.int_]:
    """Which level each slice lies at, counted along the normal, shape (n,)."""
    height = np.array([one.frame.position for one in slices]) @ _normal(slices[0].frame)
    order = np.argsort(height, kind="stable")
    level = np.empty(len(slices), int)
    level[order] = np.cumsum(np.diff(height[order], prepend=-np.inf) > SAME_PLACE) - 1
    return level


def _normal(frame: Frame) -> Array:
    along, across = np.reshape(frame.orientation, (2, 3))
    return np.cross(along, across)


def grid(one: Slice, positions: Array) -> Grid:
    """The grid of slices at these positions, shape (k, 3), in mm.

    Raises:
        IngestError: when the positions are not evenly spaced along a line.
    """
    along, across = np.reshape(one.frame.orientation, (2, 3))
    between_rows, between_columns = one.frame.spacing
    affine = np.eye(4)
    affine[:3, 0] = along * between_columns
    affine[:3, 1] = across * between_rows
    affine[:3, 2] = _step(one, positions)
    affine[:3, 3] = positions[0]
    return Grid((one.image.columns, one.image.rows, len(positions)), affine)


def _step(one: Slice, positions: Array) -> Array:
    count = len(positions)
    if count == 1:
        return _normal(one.frame) * (one.image.apart or one.image.thickness or 1.0)
    step = np.asarray((positions[-1] - positions[0]) / (count - 1))
    even = positions[0] + np.arange(count)[:, None] * step
    size = float(np.linalg.norm(step))
    _check_told(one.image, size)
    if np.abs(positions - even).max() > max(SAME_PLACE, UNEVEN * size):
        gaps = np.linalg.norm(np.diff(positions, axis=0), axis=1)
        usual, widest = float(np.median(gaps)), int(np.argmax(gaps))
        raise IngestError(
            f"its slices lie {usual:.2f} mm apart, but {gaps[widest]:.2f} mm between "
            f"slices {widest + 1} and {widest + 2} of {count}"
        )
    return step


def _check_told(image: Image, size: float) -> None:
    """Find every second slice missing, which leaves the others even."""
    told, thick = image.apart or 0.0, image.thickness or 0.0
    if told >= thick > 0 and size > 1.5 * told:  # some scanners mean the gap between slices
        raise IngestError(f"its slices lie {size:.2f} mm apart, but the scanner says {told:.2f} mm")


def stacks(
    slices: Sequence[Slice], level: Sequence[int], *, ranks: Sequence[Rank], count: int
) -> dict[Rank, Stack]:
    """Slices of equal rank as one stack, with None at each of count levels that lacks one."""
    found: dict[Rank, list[Slice | None]] = {}
    for one, height, rank in zip(slices, level, ranks, strict=True):
        found.setdefault(rank, [None] * count)[height] = one
    return {rank: Stack(tuple(stack)) for rank, stack in found.items()}
