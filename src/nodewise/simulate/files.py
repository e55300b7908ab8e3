"""Series as DICOM files, classic or enhanced, written fast enough for a whole cohort.

What all files of a series share is encoded once; only the few elements that differ are encoded
for each file. UIDs follow from the seed, so that a cohort's files are the same each time.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from struct import pack

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_data_element
from pydicom.sequence import Sequence as Items
from pydicom.uid import (
    UID,
    CTImageStorage,
    EnhancedMRImageStorage,
    ExplicitVRLittleEndian,
    MRImageStorage,
    PositronEmissionTomographyImageStorage,
)  # fmt: skip

from nodewise.volume import Grid

_IN_GROUPS = {
    "RepetitionTime", "EchoTime", "FlipAngle", "EchoTrainLength", "ScanningSequence",
    "SequenceVariant", "ScanOptions", "PositionReferenceIndicator", "TemporalResolution",
    "NumberOfTemporalPositions",
}  # fmt: skip
"""What a multi-frame object says in its functional groups, or not at all."""

Pixels = NDArray[np.uint16]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """One series to be written.

    Args:
        header: what all its files share, geometry and pixel format apart.
        pixels: stored values, shape (columns, rows, slices, frames).
        grid: where they lie.
        frames: what differs between frames in a classic file, one each.
        start: of the first frame.
        seconds: of each frame after the first.
        from_head: whether slices are numbered from the head down.
        multi_frame: whether it is one object, or one file a slice and frame.
    """

    header: Dataset
    pixels: Pixels
    grid: Grid
    frames: Sequence[Dataset]
    start: datetime
    seconds: Sequence[float]
    from_head: bool = False
    multi_frame: bool = False

    def written(self) -> Iterator[bytes]:
        """The contents of its files, one after another."""
        return iter([enhanced(self)]) if self.multi_frame else classic(self)

    def slices(self) -> range:
        """Slice indices in the order of their numbers."""
        count = self.grid.shape[2]
        return range(count - 1, -1, -1) if self.from_head else range(count)


def uid(*words: object) -> str:
    """An identifier made from what it names; adding .1, .2 and so on makes others."""
    digest = hashlib.sha256("/".join(map(str, words)).encode()).digest()
    return f"2.25.{int.from_bytes(digest[:13], 'big')}"


def clock(moment: datetime) -> str:
    """A DICOM time."""
    return moment.strftime("%H%M%S.%f")


def classic(scan: Scan) -> Iterator[bytes]:
    """One file a slice and frame, in the order of their instance numbers."""
    shared = encoded(_whole(scan))
    places = {k: encoded(_place(scan, k)) for k in scan.slices()}
    number = 0
    for frame, differs in enumerate(scan.frames):
        in_frame = shared | encoded(differs)
        for k in scan.slices():
            number += 1
            instance = f"{scan.header.SeriesInstanceUID}.{number}"
            elements = in_frame | places[k]
            elements[0x00080018] = _short_element(0x00080018, b"UI", instance.encode())
            elements[0x00200013] = _short_element(0x00200013, b"IS", str(number).encode())
            elements[0x7FE00010] = _pixel_data(scan.pixels[:, :, k, frame].T)
            yield _meta(_sop_class(scan), instance) + _joined(elements)


def _sop_class(scan: Scan) -> UID:
    kinds = {"CT": CTImageStorage, "PT": PositronEmissionTomographyImageStorage}
    return kinds.get(scan.header.Modality, MRImageStorage)


def _whole(scan: Scan) -> Dataset:
    dataset = Dataset()
    dataset.update(scan.header)
    dataset.update(_pixel_format(scan.grid))
    dataset.SOPClassUID = _sop_class(scan)
    dataset.PixelSpacing = [_short(scan.grid.spacing[1]), _short(scan.grid.spacing[0])]
    dataset.SliceThickness = dataset.SpacingBetweenSlices = _short(scan.grid.spacing[2])
    dataset.ImageOrientationPatient = _orientation(scan.grid)
    dataset.AcquisitionDate = dataset.ContentDate = scan.header.StudyDate
    dataset.AcquisitionTime = dataset.ContentTime = clock(scan.start)
    return dataset


def _place(scan: Scan, k: int) -> Dataset:
    dataset = Dataset()
    dataset.ImagePositionPatient = _position(scan.grid, k)
    dataset.SliceLocation = _short(float(scan.grid.affine[2, 3] + k * scan.grid.spacing[2]))
    return dataset


def source(scan: Scan, k: int) -> Dataset:
    """The header of a slice of the first frame, as a mask that is drawn on it refers to it."""
    dataset = _whole(scan)
    dataset.update(_place(scan, k))
    dataset.InstanceNumber = list(scan.slices()).index(k) + 1
    dataset.SOPInstanceUID = f"{scan.header.SeriesInstanceUID}.{dataset.InstanceNumber}"
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    return dataset


def enhanced(scan: Scan) -> bytes:
    """One multi-frame object of all slices and frames, slices within frames."""
    dataset = Dataset()
    dataset.update({e.tag: e for e in scan.header if e.keyword not in _IN_GROUPS})
    dataset.update(_pixel_format(scan.grid))
    count = len(scan.frames) * scan.grid.shape[2]
    dataset.SOPClassUID = EnhancedMRImageStorage
    dataset.SOPInstanceUID = f"{scan.header.SeriesInstanceUID}.1"
    dataset.InstanceNumber = 1
    dataset.NumberOfFrames = count
    dataset.ContentDate, dataset.ContentTime = scan.header.StudyDate, clock(scan.start)
    dataset.AcquisitionDateTime = _moment(scan.start)
    dataset.update(_image_type(scan))
    dataset.PresentationLUTShape, dataset.LossyImageCompression = "IDENTITY", "00"
    _dimensions(dataset)
    dataset.SharedFunctionalGroupsSequence = Items([_shared_groups(scan)])
    elements = encoded(dataset)
    per_frame = b"".join(_item(group) for group in _frame_groups(scan))
    elements[0x52009230] = _sequence(0x52009230, per_frame)
    order = scan.pixels[:, :, list(scan.slices())].transpose(3, 2, 1, 0)
    elements[0x7FE00010] = _pixel_data(order)
    return _meta(EnhancedMRImageStorage, str(dataset.SOPInstanceUID)) + _joined(elements)


def _dimensions(dataset: Dataset) -> None:
    organisation = f"{dataset.SeriesInstanceUID}.9"
    holder = Dataset()
    holder.DimensionOrganizationUID = organisation
    dataset.DimensionOrganizationSequence = Items([holder])
    items = []
    for pointer in (0x00209057, 0x00209128):  # InStackPositionNumber, TemporalPositionIndex
        item = Dataset()
        item.DimensionOrganizationUID = organisation
        item.DimensionIndexPointer, item.FunctionalGroupPointer = pointer, 0x00209111
        items.append(item)
    dataset.DimensionIndexSequence = Items(items)


def _image_type(scan: Scan) -> Dataset:
    """What the Enhanced MR Image module and its frame type say alike."""
    dataset = Dataset()
    dataset.PixelPresentation, dataset.VolumetricProperties = "MONOCHROME", "VOLUME"
    dataset.VolumeBasedCalculationTechnique = "NONE"
    dataset.ComplexImageComponent = "MAGNITUDE"
    diffusion = "DIFFUSION" in scan.header.ImageType
    dataset.AcquisitionContrast = "DIFFUSION" if diffusion else "UNKNOWN"
    return dataset


def _shared_groups(scan: Scan) -> Dataset:
    timing = Dataset()
    timing.RepetitionTime = scan.header.RepetitionTime
    timing.FlipAngle = float(scan.header.FlipAngle)
    timing.EchoTrainLength = 1
    frame_type = _image_type(scan)
    frame_type.FrameType = scan.header.ImageType
    echo = Dataset()
    echo.EffectiveEchoTime = float(scan.header.EchoTime)
    measures, plane, rescale = Dataset(), Dataset(), Dataset()
    measures.PixelSpacing = [_short(scan.grid.spacing[1]), _short(scan.grid.spacing[0])]
    measures.SliceThickness = measures.SpacingBetweenSlices = _short(scan.grid.spacing[2])
    plane.ImageOrientationPatient = _orientation(scan.grid)
    rescale.RescaleIntercept, rescale.RescaleSlope, rescale.RescaleType = "0", "0.5", "US"
    group = Dataset()
    group.MRTimingAndRelatedParametersSequence = Items([timing])
    group.MRImageFrameTypeSequence = Items([frame_type])
    if "EchoTime" not in scan.frames[0]:
        group.MREchoSequence = Items([echo])
    group.PixelMeasuresSequence = Items([measures])
    group.PlaneOrientationSequence = Items([plane])
    group.PixelValueTransformationSequence = Items([rescale])
    return group


def _frame_groups(scan: Scan) -> Iterator[dict[int, bytes]]:
    """Encoded items of the per-frame groups: position, diffusion and time."""
    positions = {}
    for k in scan.slices():
        plane = Dataset()
        plane.ImagePositionPatient = _position(scan.grid, k)
        holder = Dataset()
        holder.PlanePositionSequence = Items([plane])
        positions[k] = encoded(holder)
    for frame, (differs, seconds) in enumerate(zip(scan.frames, scan.seconds, strict=True), 1):
        shared = encoded(_frame_group(differs, seconds))
        content = encoded(_frame_content(scan, frame, seconds))
        for stack, k in enumerate(scan.slices(), 1):
            content[0x00209057] = _short_element(0x00209057, b"UL", pack("<I", stack))
            content[0x00209157] = _short_element(0x00209157, b"UL", pack("<II", stack, frame))
            yield shared | positions[k] | {0x00209111: _sequence(0x00209111, _item(content))}


def _frame_content(scan: Scan, frame: int, seconds: float) -> Dataset:
    content = Dataset()
    content.FrameAcquisitionDateTime = _moment(scan.start + timedelta(seconds=seconds))
    content.FrameReferenceDateTime = content.FrameAcquisitionDateTime
    content.StackID, content.TemporalPositionIndex = "1", frame
    return content


def _frame_group(differs: Dataset, seconds: float) -> Dataset:
    group = Dataset()
    if "DiffusionBValue" in differs:
        diffusion = Dataset()
        diffusion.DiffusionBValue = differs.DiffusionBValue
        diffusion.DiffusionDirectionality = differs.DiffusionDirectionality
        group.MRDiffusionSequence = Items([diffusion])
    if "EchoTime" in differs:
        echo = Dataset()
        echo.EffectiveEchoTime = float(differs.EchoTime)
        group.MREchoSequence = Items([echo])
    temporal = Dataset()
    temporal.TemporalPositionTimeOffset = seconds
    group.TemporalPositionSequence = Items([temporal])
    return group


def encoded(dataset: Dataset) -> dict[int, bytes]:
    """Each element's bytes by tag, explicit little endian."""
    result = {}
    for element in dataset:
        buffer = DicomBytesIO()
        buffer.is_little_endian, buffer.is_implicit_VR = True, False
        write_data_element(buffer, element, ["iso8859"])
        result[int(element.tag)] = buffer.getvalue()
    return result


def _joined(elements: dict[int, bytes]) -> bytes:
    return b"".join(elements[tag] for tag in sorted(elements))


def _item(elements: dict[int, bytes]) -> bytes:
    content = _joined(elements)
    return b"\xfe\xff\x00\xe0" + len(content).to_bytes(4, "little") + content


def _sequence(tag: int, items: bytes) -> bytes:
    return _tag(tag) + b"SQ\x00\x00" + len(items).to_bytes(4, "little") + items


def _pixel_data(pixels: Pixels) -> bytes:
    content = np.ascontiguousarray(pixels).astype("<u2", copy=False).tobytes()
    return _tag(0x7FE00010) + b"OW\x00\x00" + len(content).to_bytes(4, "little") + content


def _tag(tag: int) -> bytes:
    return (tag >> 16).to_bytes(2, "little") + (tag & 0xFFFF).to_bytes(2, "little")


def _short_element(tag: int, kind: bytes, content: bytes) -> bytes:
    """An element with a length of two bytes, padded to an even one."""
    padding = b"" if len(content) % 2 == 0 else b"\0" if kind == b"UI" else b" "
    content += padding
    return _tag(tag) + kind + len(content).to_bytes(2, "little") + content


def _meta(sop_class: str, instance: str) -> bytes:
    """Preamble and file meta information."""
    elements = dict(_shared_meta(sop_class))
    elements[0x00020003] = _short_element(0x00020003, b"UI", instance.encode())
    content = _joined(elements)
    length = _short_element(0x00020000, b"UL", pack("<I", len(content)))
    return bytes(128) + b"DICM" + length + content


@cache
def _shared_meta(sop_class: str) -> dict[int, bytes]:
    meta = Dataset()
    meta.FileMetaInformationVersion = b"\0\1"
    meta.MediaStorageSOPClassUID = sop_class
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.ImplementationClassUID = uid("nodewise")
    return encoded(meta)


def _pixel_format(grid: Grid) -> Dataset:
    dataset = Dataset()
    dataset.Columns, dataset.Rows = grid.shape[0], grid.shape[1]
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, 16, 15
    dataset.PixelRepresentation = 0
    return dataset


def _orientation(grid: Grid) -> list[float]:
    axes = grid.affine[:3, :2] / grid.spacing[:2]
    return [_short(value) for value in axes.T.ravel()]


def _position(grid: Grid, k: int) -> list[float]:
    return [_short(value) for value in grid.affine[:3, 2] * k + grid.affine[:3, 3]]


def _short(value: float) -> float:
    """A number that fits the sixteen characters of a decimal string."""
    return round(float(value), 6)


def _moment(moment: datetime) -> str:
    return moment.strftime("%Y%m%d%H%M%S.%f")
