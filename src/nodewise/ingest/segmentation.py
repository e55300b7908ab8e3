"""Reads DICOM segmentations: each segment as a mask, on the grid of the series it was drawn on."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pydicom

from nodewise.errors import IngestError
from nodewise.ingest import codes
from nodewise.ingest.codes import Meaning
from nodewise.volume import Array, Grid, Mask

if TYPE_CHECKING:
    from highdicom.seg import Segmentation

BACKGROUND = 0
"""The segment number that a label map uses for what is not drawn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """One region as drawn, without whose it is."""

    label: str
    meaning: Meaning
    drawn_by: str
    mask: Mask
    grid: Grid


def drawn(path: Path, numbers: Sequence[int], on: Grid | None) -> list[Drawn | str]:
    """The segments of a file at these places of its list, each a region or why it is none.

    A file that leaves out empty slices is filled up to the grid of the series that it was drawn
    on, where that is known and its slices lie there; else a region keeps its own grid.
    """
    import highdicom  # takes longer to import than many a drawing to read

    file = highdicom.seg.segread(path)
    segments = [file.SegmentSequence[number] for number in numbers]
    return [_one(file, one, on) for one in segments if int(one.SegmentNumber) != BACKGROUND]


def _one(file: "Segmentation", segment: pydicom.Dataset, on: Grid | None) -> Drawn | str:
    label = str(segment.get("TrackingID") or segment.get("SegmentLabel") or "").strip()
    try:
        meaning = codes.meaning(segment)
        volume = file.get_volume(
            segment_numbers=[int(segment.SegmentNumber)], combine_segments=False
        )
    except (IngestError, ValueError, RuntimeError, AttributeError) as error:
        told = str(error) if isinstance(error, IngestError) else "its slices make no regular grid"
        return f"segment {segment.get('SegmentNumber')}: {told}"
    mask, affine = volume.array[..., 0].transpose(2, 1, 0) > 0, volume.affine[:, [2, 1, 0, 3]]
    mask, grid = _placed(mask, affine, on)
    if not mask.any():
        return f"segment {segment.SegmentNumber}: it is empty"
    return Drawn(
        label=label or f"segment {segment.SegmentNumber}",
        meaning=meaning,
        drawn_by=str(segment.get("SegmentAlgorithmType") or "unknown"),
        mask=mask,
        grid=grid,
    )


def _placed(mask: Mask, affine: Array, on: Grid | None) -> tuple[Mask, Grid]:
    """The mask on the grid it was drawn on when its voxels lie there, else on its own."""
    if np.linalg.det(affine[:3, :3]) < 0:  # slices in the other direction than the series'
        mask = mask[:, :, ::-1]
        affine = affine @ _reversal(mask.shape[2])
    own = Grid((mask.shape[0], mask.shape[1], mask.shape[2]), np.asarray(affine, float))
    if on is None:
        return mask, own
    moved = np.linalg.solve(on.affine, own.affine)
    shift = np.round(moved[:3, 3]).astype(int)
    far = np.array(mask.shape) - 1
    ends = np.array([[0, 0, 0], far]) @ moved[:3, :3].T + moved[:3, 3]
    inside = (shift >= 0).all() and (shift + mask.shape <= on.shape).all()
    if not inside or np.abs(ends - [shift, shift + far]).max() > 0.05:
        return mask, own
    whole = np.zeros(on.shape, bool)
    (i, j, k), (columns, rows, slices) = shift, mask.shape
    whole[i : i + columns, j : j + rows, k : k + slices] = mask
    return whole, on


def _reversal(count: int) -> Array:
    matrix = np.diag([1.0, 1.0, -1.0, 1.0])
    matrix[2, 3] = count - 1
    return matrix


def chunks(regions: int, size: int) -> Iterator[range]:
    """Places in the list of segments, so few at a time that their masks fit in memory."""
    step = max(1, 256 * 1024**2 // max(size, 1))
    for start in range(0, regions, step):
        yield range(start, min(start + step, regions))
