"""What the header of a DICOM image says, frame by frame, before any pixel is touched."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, BinaryIO

import pydicom
from pydicom import Dataset
from pydicom.tag import Tag
from pydicom.uid import UID

from nodewise.errors import IngestError
from nodewise.ingest import cines, diffusion, frames, pet
from nodewise.ingest.cines import Cine
from nodewise.ingest.elements import day as day_of
from nodewise.ingest.elements import number
from nodewise.ingest.frames import Frame
from nodewise.ingest.pet import Emission
from nodewise.ingest.sources import Place

DEFLATED = b"1.2.840.10008.1.2.1.99"
DICOMDIR = "1.2.840.10008.1.3.10"
SEGMENTATIONS = ("1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.66.7")
PARAMETRIC_MAP = "1.2.840.10008.5.1.4.1.1.30"
MODALITIES = ("MR", "CT", "PT", "NM", "US", "CR", "DX", "MG", "XA", "RF", "OT")
CONTOURS = "1.2.840.10008.5.1.4.1.1.481.3"

_TAGS: list[Any] = [
    "SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID", "PatientID",
    "FrameOfReferenceUID",
    "Modality", "Manufacturer", "SeriesDescription", "ImageType", "FrameType",
    "ComplexImageComponent", "StudyDate", "SeriesDate", "AcquisitionDate", "AcquisitionDateTime",
    "AcquisitionTime", "ContentTime", "AcquisitionNumber", "TemporalPositionIdentifier",
    "TriggerTime", "InstanceNumber", "Rows", "Columns", "NumberOfFrames", "PixelSpacing",
    "SpacingBetweenSlices", "SliceThickness", "ImageOrientationPatient", "ImagePositionPatient",
    "SamplesPerPixel", "BitsAllocated", "PixelRepresentation", "RescaleSlope", "RescaleIntercept",
    "RescaleType", "Units", "RealWorldValueMappingSequence", "MagneticFieldStrength",
    "RepetitionTime", "EchoTime", "InversionTime", "FlipAngle", "DiffusionGradientOrientation",
    "SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence",
    "ReferencedSeriesSequence", "ReferencedFrameOfReferenceSequence", "SegmentSequence",
    0x2005100D, 0x2005100E, *cines.TAGS, *diffusion.TAGS, *diffusion.PRIVATE_TAGS, *pet.TAGS,
]  # fmt: skip
_READ = [Tag(name) for name in _TAGS]


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """One DICOM image file. It bears the patient's id: it never leaves this room.

    Args:
        pixels: where in the file its pixels begin; None when they are compressed.
        dtype: of the stored numbers.
        thickness: of its slices, mm.
        apart: distance between its slices as the scanner says it, mm.
        enhanced: whether each of its frames says for itself what it is.
        emission: what makes activity uptake; PET only.
    """

    place: Place
    patient: str
    study: str
    series: str
    space: str
    instance: str
    number: int
    modality: str
    vendor: str
    day: date | None
    description: str
    sequence: str
    rows: int
    columns: int
    pixels: int | None
    dtype: str
    units: str
    field_strength: float | None
    thickness: float | None
    apart: float | None
    enhanced: bool
    localizer: bool
    frames: tuple[Frame, ...]
    emission: Emission | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """A DICOM segmentation or structure set.

    Args:
        on: image series that it was drawn on, and their instances.
        space: frame of reference that it was drawn in.
        regions: how many; 0 when the file itself must tell.
        size: voxels of each.
    """

    place: Place
    patient: str
    study: str
    instance: str
    day: date | None
    contours: bool
    on: tuple[str, ...]
    space: str
    regions: int
    size: int


def read(place: Place, file: BinaryIO) -> Image | Cine | Drawing | None:
    """What a DICOM file holds; None when it is nothing to take in, such as a DICOMDIR.

    Raises:
        IngestError: when it cannot be taken in.
    """
    if DEFLATED in file.read(1024):
        raise IngestError("it is a deflated DICOM file, which can swell a thousandfold")
    file.seek(0)
    try:
        image = pydicom.dcmread(file, stop_before_pixels=True, force=True, specific_tags=_READ)
    except Exception as error:  # pydicom raises what a broken file makes it raise
        raise IngestError(f"its header breaks off or is damaged ({type(error).__name__})") from None
    kind = str(image.get("SOPClassUID", ""))
    if image.file_meta.get("MediaStorageSOPClassUID") == DICOMDIR or kind == DICOMDIR:
        return None
    _require(image, "PatientID", "SeriesInstanceUID", "SOPInstanceUID")
    if kind in SEGMENTATIONS or kind == CONTOURS:
        return _drawing(place, image, contours=kind == CONTOURS)
    if kind == PARAMETRIC_MAP:
        raise IngestError("it is a parametric map object; images and drawings are read")
    if "Image Storage" not in UID(kind).name:
        return None  # presentation states, reports and the like
    _require(image, "Rows", "Columns")
    if cines.is_cine(kind, image):
        return cines.read(place, image, day=_day(image))
    cines.refuse_still(kind, image)
    return _image(place, image, file)


def _require(image: Dataset, *names: str) -> None:
    for name in names:
        if not str(image.get(name) or "").strip():
            raise IngestError(f"its header has no {name}")


def _drawing(place: Place, image: Dataset, *, contours: bool) -> Drawing:
    on = [str(uid) for item in _drawn_on(image) for uid in _named(item)]
    return Drawing(
        place=place,
        patient=str(image.PatientID),
        study=str(image.get("StudyInstanceUID", "")),
        instance=str(image.SOPInstanceUID),
        day=day_of(image.get("StudyDate")),
        contours=contours,
        on=tuple(on),
        space=_space(image),
        regions=len(image.get("SegmentSequence", ())),
        size=int(image.get("Rows") or 0) * int(image.get("Columns") or 0) * _frames(image),
    )


def _drawn_on(image: Dataset) -> Iterator[Dataset]:
    """The image series that a drawing refers to."""
    yield from image.get("ReferencedSeriesSequence", ())
    for space in image.get("ReferencedFrameOfReferenceSequence", ()):
        for study in space.get("RTReferencedStudySequence", ()):
            yield from study.get("RTReferencedSeriesSequence", ())


def _named(series: Dataset) -> Iterator[str]:
    """A series referred to, and each instance of it: an ultrasound series has many cines."""
    yield series.get("SeriesInstanceUID", "")
    for instance in series.get("ReferencedInstanceSequence", ()):
        yield instance.get("ReferencedSOPInstanceUID", "")


def _known(modality: str) -> str:
    return modality if modality in MODALITIES else "unknown"


def _space(image: Dataset) -> str:
    for space in image.get("ReferencedFrameOfReferenceSequence", ()):
        return str(space.get("FrameOfReferenceUID", ""))
    return str(image.get("FrameOfReferenceUID") or "")


def _image(place: Place, image: Dataset, file: BinaryIO) -> Image:
    maker = diffusion.vendor(str(image.get("Manufacturer") or ""))
    enhanced = "PerFrameFunctionalGroupsSequence" in image
    found = frames.many(image, maker) if enhanced else iter([frames.one(image, maker)])
    if not enhanced and _frames(image) > 1:
        raise IngestError("it has several frames and does not say where each lies")
    if int(image.get("SamplesPerPixel", 1)) != 1:
        raise IngestError("it is a colour image; an image of one value per voxel is needed")
    if "MOSAIC" in str(image.get("ImageType")):
        raise IngestError("it is a mosaic of slices; export it as enhanced DICOM or as NIfTI")
    dtype, modality = _dtype(image), _known(str(image.get("Modality")))
    is_pet = modality == "PT"
    shown, units = pet.in_units(image, found, _units(image)) if is_pet else (found, _units(image))
    return Image(
        place=place,
        patient=str(image.PatientID),
        study=str(image.get("StudyInstanceUID", "")),
        series=str(image.SeriesInstanceUID),
        space=_space(image),
        instance=str(image.SOPInstanceUID),
        number=int(image.get("InstanceNumber") or 0),
        modality=modality,
        vendor=maker,
        day=_day(image),
        description=str(image.get("SeriesDescription") or ""),
        sequence=str(image.get("ScanningSequence") or ""),
        rows=int(image.Rows),
        columns=int(image.Columns),
        pixels=_pixels(image, file, dtype),
        dtype=dtype,
        units=units,
        field_strength=number(image.get("MagneticFieldStrength")),
        thickness=number(image.get("SliceThickness")) or None,
        apart=number(image.get("SpacingBetweenSlices")) or None,
        enhanced=enhanced,
        localizer="LOCALIZER" in str(image.get("ImageType")),
        frames=tuple(shown),
        emission=pet.emission(image) if is_pet else None,
    )


_DAYS = ("AcquisitionDate", "AcquisitionDateTime", "SeriesDate", "StudyDate")


def _day(image: Dataset) -> date | None:
    return next(filter(None, (day_of(image.get(name)) for name in _DAYS)), None)


def _pixels(image: Dataset, file: BinaryIO, dtype: str) -> int | None:
    """Where the pixels begin; the file stands at its pixel data."""
    syntax = image.file_meta.get("TransferSyntaxUID")
    if syntax is not None and syntax.is_compressed:
        return None
    implicit = bool(image.is_implicit_VR) if syntax is None else syntax.is_implicit_VR
    start = file.tell() + (8 if implicit else 12)
    needed = int(image.Rows) * int(image.Columns) * _frames(image) * int(dtype[2:])
    size = file.seek(0, 2)
    if size < start + needed:
        there = max(0, size - start)
        raise IngestError(f"it breaks off: {there} of {needed} bytes of its pixels are there")
    return start


def _dtype(image: Dataset) -> str:
    bits = int(image.get("BitsAllocated") or 0)
    if bits not in (8, 16, 32):
        raise IngestError(f"its values have {bits} bits; 8, 16 or 32 can be read")
    syntax = image.file_meta.get("TransferSyntaxUID")
    order = ">" if syntax is not None and not syntax.is_little_endian else "<"
    return f"{order}{'i' if image.get('PixelRepresentation') else 'u'}{bits // 8}"


def _units(image: Dataset) -> str:
    for item in image.get("RealWorldValueMappingSequence", ()):
        for code in item.get("MeasurementUnitsCodeSequence", ()):
            return str(code.get("CodeValue") or "unknown")
    units = str(image.get("Units") or image.get("RescaleType") or "unknown")
    return "unknown" if units in ("US", "normalized") else units  # both mean: unspecified


def _frames(image: Dataset) -> int:
    return int(image.get("NumberOfFrames") or 1)
