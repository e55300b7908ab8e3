"""Reads DICOM segmentations: each segment as a mask, on the grid of the series it was drawn on."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pydicom

from nodewise.errors import IngestError
from nodewise.ingest import codes
from nodewise.ingest.codes import Meaning
from nodewise.ingest.elements import number
from nodewise.volume import Array, Grid, Mask

BACKGROUND = 0
"""The segment number that a label map uses for what is not drawn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """One region as drawn, without whose it is.

    Args:
        frame: of a cine, that it was drawn on, from 1.
    """

    label: str
    meaning: Meaning
    drawn_by: str
    mask: Mask
    grid: Grid
    frame: int | None = None


def drawn(path: Path, numbers: Sequence[int], on: Grid | None) -> list[Drawn | str]:
    """The segments of a file at these places of its list, each a region or why it is none.

    A file that leaves out empty slices is filled up to the grid of the series that it was drawn
    on, where that is known and its slices lie there; else a region keeps its own grid.
    """
    import highdicom  # takes longer to import than many a drawing to read

    file = highdicom.seg.segread(path)
    segments = [file.SegmentSequence[number] for number in numbers]
    segments = [one for one in segments if int(one.SegmentNumber) != BACKGROUND]
    if not segments:
        return []
    if not file.get("FrameOfReferenceUID"):
        return list(_on_screen(file, segments, on))
    try:
        volume = file.get_volume(
            segment_numbers=[int(one.SegmentNumber) for one in segments], combine_segments=False
        )
    except (ValueError, RuntimeError) as error:
        raise IngestError(f"its slices make no regular grid ({type(error).__name__})") from None
    affine = np.asarray(volume.affine[:, [2, 1, 0, 3]], float)
    masks = volume.array.transpose(3, 2, 1, 0) > 0
    return [
        _one(one, *_placed(mask, affine, on)) for one, mask in zip(segments, masks, strict=True)
    ]


def _on_screen(
    file: pydicom.Dataset, segments: Sequence[pydicom.Dataset], on: Grid | None
) -> Iterator[Drawn | str]:
    """Segments drawn on an image without a place in the patient, pixel for pixel."""
    frames: Mask = np.asarray(file.pixel_array.reshape(-1, file.Rows, file.Columns) > 0)
    shared = file.SharedFunctionalGroupsSequence[0].get("SegmentIdentificationSequence")
    of = [
        int((group.get("SegmentIdentificationSequence") or shared)[0].ReferencedSegmentNumber)
        for group in file.PerFrameFunctionalGroupsSequence
    ]
    shape = (int(file.Columns), int(file.Rows), 1)
    grid = on or Grid(shape, np.eye(4))
    for segment in segments:
        name = int(segment.SegmentNumber)
        drawn_in = [n for n, each in enumerate(of) if each == name and frames[n].any()]
        if grid.shape != shape:
            yield f"segment {name}: it was drawn on an image of another size than the cine's"
        elif len(drawn_in) > 1:
            yield f"segment {name}: it is drawn on {len(drawn_in)} frames; one is needed"
        else:
            mask = np.asarray(np.any(frames[drawn_in], axis=0)).T[..., None]
            found = _one(segment, mask, grid)
            if isinstance(found, Drawn):
                group = file.PerFrameFunctionalGroupsSequence[drawn_in[0]]
                found = replace(found, frame=_frame(group))
            yield found


def _frame(group: pydicom.Dataset) -> int:
    """The frame of a cine that a frame of its segmentation was drawn on; the first if untold."""
    for derived in group.get("DerivationImageSequence", ()):
        for source in derived.get("SourceImageSequence", ()):
            if told := source.get("ReferencedFrameNumber"):
                return int(number(told) or 1)
    return 1


def _one(segment: pydicom.Dataset, mask: Mask, grid: Grid) -> Drawn | str:
    number = segment.SegmentNumber
    try:
        meaning = codes.meaning(segment)
    except IngestError as error:
        return f"segment {number}: {error}"
    if not mask.any():
        return f"segment {number}: it is empty"
    label = str(segment.get("TrackingID") or segment.get("SegmentLabel") or "").strip()
    return Drawn(
        label=label or f"segment {number}",
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
