"""Ultrasound cines: which part of the screen is image, how large its pixels, when each frame was.

A cine shows a screen. What lies outside its image regions (names, dates, settings) is blanked
before anything else sees it. A cine has no place in the patient: its grid is given one of its own,
so that nothing drawn on one cine can be taken for something on another.
"""

import hashlib
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.pixels.processing import apply_color_lut
from pydicom.pixels.utils import iter_pixels

from nodewise.errors import IngestError
from nodewise.ingest import diffusion
from nodewise.ingest.elements import number
from nodewise.ingest.records import Acquisition, Machine, Panel
from nodewise.ingest.sources import Place
from nodewise.volume import Grid

TAGS = (
    "FrameIncrementPointer", "FrameTime", "FrameTimeVector", "CineRate", "EffectiveDuration",
    "SequenceOfUltrasoundRegions", "PhotometricInterpretation", "BitsStored",
    "ManufacturerModelName", "TransducerData", "ProcessingFunction", "MechanicalIndex",
)  # fmt: skip
MULTI_FRAME = ("1.2.840.10008.5.1.4.1.1.3.1", "1.2.840.10008.5.1.4.1.1.3")
STILL = ("1.2.840.10008.5.1.4.1.1.6.1", "1.2.840.10008.5.1.4.1.1.6")
PLANAR, TISSUE, CENTIMETRE = 1, 1, 3  # DICOM PS3.3 C.8.5.5
WHITE = 255
LUMA = np.array([0.299, 0.587, 0.114])  # ITU-R BT.601, as DICOM's YBR_FULL
CLOCKS_DIFFER = 0.2  # part by which a cine's stated duration and its frame times may differ


@dataclass(frozen=True, slots=True, kw_only=True)
class Cine:
    """One multi-frame ultrasound file. It bears the patient's id: it never leaves this room.

    Args:
        times: of its frames, s after the first.
        timed_by: attribute that gave them.
        panels: image parts of the screen.
        spacing: of its columns and rows, mm.
    """

    place: Place
    patient: str
    study: str
    series: str
    instance: str
    day: date | None
    description: str
    vendor: str
    machine: Machine
    rows: int
    columns: int
    times: tuple[float, ...]
    timed_by: str
    panels: tuple[Panel, ...]
    spacing: tuple[float, float]

    @property
    def grid(self) -> Grid:
        """Columns to the left, rows down, one slice of no known thickness, at its own place."""
        away = int(hashlib.sha256(self.instance.encode()).hexdigest()[:5], 16) / 10
        affine = np.diag([*self.spacing, 1.0, 1.0])
        affine[2, 3] = away
        return Grid((self.columns, self.rows, 1), affine)

    @property
    def acquisition(self) -> Acquisition:
        """How it was acquired."""
        return Acquisition(
            modality="US",
            vendor=self.vendor,
            varies="time",
            times=self.times,
            told_apart_by="order of the frames in the file",
            timed_by=self.timed_by,
            part="magnitude",
            scaling="brightness of the screen, 0 to 255",
            panels=self.panels,
            machine=self.machine,
        )


def is_cine(kind: str, image: Dataset) -> bool:
    """Whether a file of this class is an ultrasound cine."""
    return kind in MULTI_FRAME and int(image.get("NumberOfFrames") or 1) > 1


def refuse_still(kind: str, image: Dataset) -> None:
    """Refuse an ultrasound picture, which no bolus can be read of.

    Raises:
        IngestError: saying that it is one.
    """
    if kind in (*MULTI_FRAME, *STILL) or image.get("Modality") == "US":
        raise IngestError("it is one ultrasound picture; cines of several frames are read")


def read(place: Place, image: Dataset, *, day: date | None) -> Cine:
    """What a cine's header says.

    Raises:
        IngestError: when times, image regions or pixels are not told, or not so that they fit.
    """
    _check_pixels(image)
    columns, rows = int(image.Columns), int(image.Rows)
    regions = _planar(image)
    times, timed_by = _times(image, int(image.NumberOfFrames))
    return Cine(
        place=place,
        patient=str(image.PatientID),
        study=str(image.get("StudyInstanceUID", "")),
        series=str(image.SeriesInstanceUID),
        instance=str(image.SOPInstanceUID),
        day=day,
        description=str(image.get("SeriesDescription") or ""),
        vendor=diffusion.vendor(str(image.get("Manufacturer") or "")),
        machine=_machine(image),
        rows=rows,
        columns=columns,
        times=times,
        timed_by=timed_by,
        panels=tuple(_panel(region, columns, rows) for region in regions),
        spacing=_spacing(regions),
    )


def _machine(image: Dataset) -> Machine:
    """Who made the pictures, and how, as far as the header says."""
    return Machine(
        manufacturer=_words(image, "Manufacturer"),
        model=_words(image, "ManufacturerModelName"),
        transducer=_words(image, "TransducerData"),
        processing=_words(image, "ProcessingFunction"),
        mechanical_index=number(image.get("MechanicalIndex")),
    )


def _words(image: Dataset, name: str) -> str:
    """An element's text, of all its values, with single spaces."""
    found = image.get(name) or ""
    parts = found if isinstance(found, list | pydicom.multival.MultiValue) else [found]
    return " ".join(" ".join(map(str, parts)).split())


def _check_pixels(image: Dataset) -> None:
    bits = int(image.get("BitsStored") or image.get("BitsAllocated") or 0)
    kind = str(image.get("PhotometricInterpretation") or "")
    known = kind in ("MONOCHROME2", "RGB", "PALETTE COLOR") or kind.startswith("YBR_")
    if bits != 8 or not known:
        raise IngestError(
            f"its pixels are {kind or 'of no stated kind'} of {bits} bits; brightness of 8 bits in "
            "grey (MONOCHROME2), colour (RGB, YBR) or by a palette can be read"
        )


def _planar(image: Dataset) -> list[Dataset]:
    """Regions of two-dimensional tissue; scales, traces and spectra are none."""
    regions = list(image.get("SequenceOfUltrasoundRegions", ()))
    found = [
        one
        for one in regions
        if (one.get("RegionSpatialFormat"), one.get("RegionDataType")) == (PLANAR, TISSUE)
    ]
    if not found:
        raise IngestError(
            f"it has {len(regions)} ultrasound regions and none of two-dimensional tissue, which "
            "says what of the screen is image and how large its pixels are; the rest may name "
            "the patient"
        )
    return found


def _panel(region: Dataset, columns: int, rows: int) -> Panel:
    """First column and row of a region, and those after its last."""
    ends = ("MinX0", "MinY0", "MaxX1", "MaxY1")
    left, top, right, bottom = (int(region[f"RegionLocation{end}"].value) for end in ends)
    if right > columns or bottom > rows or left >= right or top >= bottom:  # one past the end is
        raise IngestError(  # how some count; further out, the file was made smaller afterwards
            f"its image region ends at column {right} and row {bottom}, the image at "
            f"{columns - 1} and {rows - 1}: it was reduced after the region was written, and the "
            "size of a pixel is lost; a file of its own size is needed"
        )
    return left, top, min(right + 1, columns), min(bottom + 1, rows)


def _spacing(regions: list[Dataset]) -> tuple[float, float]:
    """Distance between columns and between rows, mm."""
    found = []
    for region in regions:
        units = region.get("PhysicalUnitsXDirection"), region.get("PhysicalUnitsYDirection")
        steps = [abs(number(region.get(f"PhysicalDelta{axis}")) or 0.0) for axis in "XY"]
        if units != (CENTIMETRE, CENTIMETRE) or not min(steps) > 0:
            raise IngestError("its image region does not say in cm how large its pixels are")
        found.append([round(10 * step, 6) for step in steps])
    if np.ptp(found, axis=0).max() > 0.01 * found[0][0]:
        raise IngestError("its image regions have pixels of different sizes")
    return found[0][0], found[0][1]


def _times(image: Dataset, frames: int) -> tuple[tuple[float, ...], str]:
    """Times of the frames, s, and what gave them; the file's own pointer goes first."""
    steps = image.get("FrameTimeVector")
    vector = (
        [float(step) for step in steps]
        if isinstance(steps, list | pydicom.multival.MultiValue)
        else []
    )
    step, rate = number(image.get("FrameTime")), number(image.get("CineRate"))
    if vector and image.get("FrameIncrementPointer") != pydicom.tag.Tag("FrameTime"):
        if len(vector) != frames or min(vector[1:]) <= 0:
            raise IngestError(
                f"its {frames} frames have {len(vector)} times in FrameTimeVector, or some that do "
                "not rise; one later than the other is needed for each"
            )
        found, by = np.asarray(np.cumsum([0.0, *vector[1:]]) / 1e3), "FrameTimeVector"
    elif step and step > 0:
        found, by = np.asarray(np.arange(frames) * step / 1e3), "FrameTime"
    elif rate and rate > 0:
        found, by = np.asarray(np.arange(frames) / rate), "CineRate"
    else:
        raise IngestError(
            f"its {frames} frames have no times: neither FrameTime nor FrameTimeVector nor "
            "CineRate is told"
        )
    _check_duration(image, float(found[-1]), by)
    return tuple(found.round(6).tolist()), by


def _check_duration(image: Dataset, lasts: float, by: str) -> None:
    told = number(image.get("EffectiveDuration"))
    if told and abs(told / lasts - 1) > CLOCKS_DIFFER:
        raise IngestError(
            f"it lasts {lasts:g} s by {by} and {told:g} s by EffectiveDuration: frames were "
            "dropped, or it plays at another speed than it was taken"
        )


def fill(path: Path, panels: tuple[Panel, ...]) -> NDArray[np.uint8]:
    """Brightness, shape (columns, rows, 1, frames), 0 outside the panels.

    Raises:
        IngestError: when compressed pixels cannot be decoded here.
    """
    image = pydicom.dcmread(path, stop_before_pixels=True)
    inside = np.zeros((int(image.Rows), int(image.Columns)), bool)
    for left, top, right, bottom in panels:
        inside[top:bottom, left:right] = True
    values = np.zeros((int(image.NumberOfFrames), *inside.shape), np.uint8)
    grey = _palette(image)
    try:
        for number_, frame in enumerate(iter_pixels(path, raw=True)):
            values[number_][inside] = _brightness(frame, image, grey)[inside]
    except (RuntimeError, NotImplementedError, AttributeError, ValueError):
        name = image.file_meta.TransferSyntaxUID.name
        raise IngestError(f"its pixels ({name}) cannot be decoded here") from None
    return values.transpose(2, 1, 0)[:, :, None]


def _palette(image: Dataset) -> NDArray[np.uint8] | None:
    """Brightness of each entry of a file's palette; None when it has none."""
    if image.PhotometricInterpretation != "PALETTE COLOR":
        return None
    colours = apply_color_lut(np.arange(WHITE + 1, dtype=np.uint8), image)
    wide = np.iinfo(colours.dtype).max // WHITE
    return _luma(np.asarray(colours / wide))


def _brightness(
    frame: NDArray[Any], image: Dataset, palette: NDArray[np.uint8] | None
) -> NDArray[np.uint8]:
    """Brightness of a frame, shape (rows, columns): the luma of what is coloured."""
    if palette is not None:
        return np.asarray(palette[frame])
    if frame.ndim == 2:
        return frame
    if image.PhotometricInterpretation == "RGB":
        return _luma(frame)
    return np.asarray(frame[..., 0])


def _luma(colours: NDArray[Any]) -> NDArray[np.uint8]:
    """Luma, shape (...), of red, green and blue, shape (..., 3)."""
    return np.asarray(np.rint(colours @ LUMA), np.uint8)
