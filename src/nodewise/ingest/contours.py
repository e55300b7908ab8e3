"""Reads DICOM structure sets: each structure as a mask on the series that it was drawn on.

A voxel belongs to a structure when its centre lies inside the contour of its slice; where contours
of a slice overlap, every second one is a hole.
"""

from pathlib import Path

import numpy as np
import pydicom
from pydicom import Dataset

from nodewise.errors import IngestError
from nodewise.ingest import codes
from nodewise.ingest.segmentation import Drawn
from nodewise.volume import Array, Grid, Mask


def drawn(path: Path, on: Grid | None) -> list[Drawn | str]:
    """The structures of a file, each a region or why it is none.

    Raises:
        IngestError: when the series that it was drawn on is not known.
    """
    if on is None:
        raise IngestError("the image series that it was drawn on is not in this import")
    file = pydicom.dcmread(path)
    names = {item.ROINumber: str(item.get("ROIName", "")) for item in file.StructureSetROISequence}
    told = {item.ReferencedROINumber: item for item in file.get("RTROIObservationsSequence", ())}
    return [
        _one(item, names, told.get(item.ReferencedROINumber, Dataset()), on)
        for item in file.ROIContourSequence
    ]


def _one(item: Dataset, names: dict[int, str], observed: Dataset, on: Grid) -> Drawn | str:
    number = item.ReferencedROINumber
    segment = Dataset()
    if "RTROIIdentificationCodeSequence" in observed:
        segment.SegmentedPropertyTypeCodeSequence = observed.RTROIIdentificationCodeSequence
    mask = np.zeros(on.shape, bool)
    try:
        for contour in item.get("ContourSequence", ()):
            if contour.get("ContourGeometricType") == "CLOSED_PLANAR":
                _add(mask, np.reshape(np.asarray(contour.ContourData, float), (-1, 3)), on)
    except IngestError as error:
        return f"structure {number}: {error}"
    if not mask.any():
        return f"structure {number}: it has no voxel on the series that it was drawn on"
    return Drawn(
        label=names.get(number) or f"structure {number}",
        meaning=codes.meaning(segment),
        drawn_by=str(item.get("ROIGenerationAlgorithm") or "unknown"),
        mask=mask,
        grid=on,
    )


def _add(mask: Mask, points: Array, on: Grid) -> None:
    """Turn the voxels inside one contour over; points of shape (n, 3), in mm."""
    index = (points - on.affine[:3, 3]) @ np.linalg.inv(on.affine[:3, :3]).T
    level = round(float(index[:, 2].mean()))
    if np.abs(index[:, 2] - level).max() > 0.5:
        raise IngestError("a contour does not lie in a slice of the series")
    if 0 <= level < mask.shape[2]:
        mask[:, :, level] ^= inside(index[:, :2], (mask.shape[0], mask.shape[1]))


def inside(polygon: Array, shape: tuple[int, int]) -> Mask:
    """Which voxel centres (whole numbers) lie inside a polygon of shape (n, 2).

    >>> inside(np.array([[0.5, 0.5], [2.5, 0.5], [2.5, 1.5], [0.5, 1.5]]), (4, 3)).sum(axis=1)
    array([0, 1, 1, 0])
    """
    mask = np.zeros(shape, bool)
    start, end = polygon, np.roll(polygon, -1, axis=0)
    columns = np.arange(shape[0])
    low = max(0, int(np.ceil(polygon[:, 1].min())))
    high = min(shape[1] - 1, int(np.floor(polygon[:, 1].max())))
    for row in range(low, high + 1):
        crosses = (start[:, 1] <= row) != (end[:, 1] <= row)
        a, b = start[crosses], end[crosses]
        at = np.sort(a[:, 0] + (row - a[:, 1]) * (b[:, 0] - a[:, 0]) / (b[:, 1] - a[:, 1]))
        mask[:, row] = np.searchsorted(at, columns, side="left") % 2 == 1
    return mask
