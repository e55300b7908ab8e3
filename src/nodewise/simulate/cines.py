"""Ultrasound cines as DICOM multi-frame files, and what was drawn on them, as three machines write.

One machine shows contrast alone, one the plain image beside it, one tints its grey by a palette.
All of them burn the patient's name into the screen, outside the region that they call image.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from io import BytesIO
from pathlib import Path

import numpy as np
import pydicom
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.sequence import Sequence as Items
from pydicom.uid import (
    ExplicitVRLittleEndian,
    UltrasoundImageStorage,
    UltrasoundMultiFrameImageStorage,
)

from nodewise.anatomy import LevelSystem, RegionKind
from nodewise.ingest import codes
from nodewise.simulate import files, mishaps, ultrasound
from nodewise.simulate.contours import Contour, described, saved
from nodewise.simulate.examination import Examination, identity
from nodewise.simulate.nodes import VISIBLE, Lump
from nodewise.simulate.people import Person, Visit
from nodewise.simulate.ultrasound import PIXEL, SIZE, Cine, Shown
from nodewise.simulate.vendors import Vendor

TOP, RIGHT = 12, 8  # rows above the picture and columns beside it
BETWEEN = timedelta(minutes=9)  # from one cine to the next, when bubbles are gone
SERIES, SEGMENTATION = 20, 90  # numbers of the series
GAIN = 0.25  # spread of the logarithm of a day's gain: assumed
DRAWING_ERROR = 0.4  # mm by which a drawn border is off: assumed
_TINT = (1.06, 0.82)  # of red and blue against grey


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """One maker's habits."""

    maker: str
    model: str
    dynamic_range: float
    split: bool = False
    palette: bool = False
    vector: bool = False

    @property
    def vendor(self) -> Vendor:
        """The machine as other scanners are told."""
        return Vendor(
            manufacturer=self.maker, model=self.model, field_strength=0.0, enhanced=False,
            from_head=False, t2_description="",
        )  # fmt: skip

    @property
    def columns(self) -> int:
        """Width of the screen."""
        return (2 if self.split else 1) * SIZE[0] + RIGHT

    @property
    def left(self) -> int:
        """First column of the contrast image."""
        return SIZE[0] if self.split else 0


MACHINES = (
    Machine(maker="Mindray", model="Resona 7", dynamic_range=60.0),
    Machine(maker="Philips", model="EPIQ 7", dynamic_range=55.0, split=True, vector=True),
    Machine(maker="SAMSUNG MEDISON", model="RS85", dynamic_range=65.0, palette=True),
)
"""In turn, by the participant's number; dB that their displays show: as the trial file says."""


def sonography(person: Person, scans: Path, seed: int, rng: np.random.Generator) -> None:
    """Write the cines of all visits of a person, and what was drawn on them."""
    for visit in person.visits:
        machine, of = _machine(person, visit), _examination(person, visit, seed, rng)
        gain = float(np.exp(GAIN * rng.standard_normal()))
        imaged = [
            lump.untreated if visit.before_treatment else lump
            for lump in sorted(person.lumps, key=lambda lump: lump.label)
            if lump.seen and lump.kind is RegionKind.NODE
        ]
        for number, lump in enumerate((one for one in imaged if one.short_axis >= VISIBLE), 1):
            shown = Shown(arrival=person.arrival, gain=gain, dynamic_range=machine.dynamic_range)
            cine = ultrasound.cine(lump, rng, shown, treated=not visit.before_treatment)
            first = number == 1 and visit.before_treatment
            drawn = mishaps.misplaced(lump, person.number) if first else lump
            contours = _contours(drawn, machine, cine, rng)
            _write(of, number, cine=cine, contours=contours, folder=scans / of.folder)


def _examination(person: Person, visit: Visit, seed: int, rng: np.random.Generator) -> Examination:
    start = datetime.combine(visit.day, time(8)) + timedelta(minutes=int(rng.integers(0, 400)))
    return Examination(
        person=person, visit=visit, maker=_machine(person, visit).vendor, seed=seed, tilt=0.0,
        offset=np.zeros(3), start=start,
    )  # fmt: skip


def _machine(person: Person, visit: Visit) -> Machine:
    """What a participant is imaged by: one machine at every visit, but for one participant."""
    changed = person.number == mishaps.OTHER_MACHINE and not visit.before_treatment
    return MACHINES[(person.number + changed) % len(MACHINES)]


def _write(
    of: Examination, number: int, *, cine: Cine, contours: Sequence[Contour], folder: Path
) -> None:
    when = of.start + number * BETWEEN
    header = _header(of, number, when)
    contents = {
        f"{SERIES}-ceus": _file(header, _screen(of, cine, when), cine),
        f"{SEGMENTATION}-seg": _segmentation(header, contours, number=number, when=when),
    }
    for name, content in contents.items():
        (folder / name).mkdir(parents=True, exist_ok=True)
        (folder / name / f"IM{number:04d}.dcm").write_bytes(content)


def _screen(of: Examination, cine: Cine, when: datetime) -> NDArray[np.uint8]:
    """What the screen shows: text above, images, a bar of grey beside, (frames, rows, columns)."""
    machine = _machine(of.person, of.visit)
    shown = np.zeros((len(cine.pixels), SIZE[1] + TOP, machine.columns), np.uint8)
    label = Image.new("L", (machine.columns, TOP))
    words = f"{of.person.name.replace('^', ' ')} {when:%d.%m.%y %H:%M}"
    ImageDraw.Draw(label).text((1, 0), words, fill=255)
    shown[:, :TOP] = np.asarray(label)
    bar = np.linspace(255, 0, SIZE[1], dtype=np.uint8)
    shown[:, TOP:, -RIGHT + 2 : -1] = bar[:, None]
    if machine.split:
        shown[:, TOP:, : SIZE[0]] = cine.tissue_pixels
    shown[:, TOP:, machine.left : machine.left + SIZE[0]] = cine.pixels
    return shown


def _header(of: Examination, number: int, when: datetime) -> Dataset:
    """All but frames."""
    machine = _machine(of.person, of.visit)
    dataset = identity(of)
    for name in ("FrameOfReferenceUID", "PositionReferenceIndicator", "PatientPosition"):
        del dataset[name]
    dataset.StudyDescription, dataset.SeriesDescription = "US neck", "node, contrast"
    dataset.Modality, dataset.ImageType = "US", ["ORIGINAL", "PRIMARY"]
    dataset.SeriesInstanceUID = files.uid(of.study_uid, SERIES)
    dataset.SeriesNumber, dataset.InstanceNumber = SERIES, number
    dataset.SeriesDate = dataset.ContentDate = dataset.AcquisitionDate = dataset.StudyDate
    dataset.ContentTime = dataset.AcquisitionTime = files.clock(when)
    dataset.SeriesTime = files.clock(of.start)
    dataset.SOPClassUID = UltrasoundMultiFrameImageStorage
    dataset.SOPInstanceUID = f"{dataset.SeriesInstanceUID}.{number}"
    dataset.ContrastBolusAgent = "microbubbles of sulphur hexafluoride"
    dataset.BurnedInAnnotation, dataset.LossyImageCompression = "YES", "00"
    dataset.Laterality = ""
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    if machine.palette:
        _tint(dataset)
    dataset.Rows, dataset.Columns = SIZE[1] + TOP, machine.columns
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 8, 8, 7
    dataset.PixelRepresentation = 0
    lefts = (0, machine.left) if machine.split else (0,)
    dataset.SequenceOfUltrasoundRegions = Items([_region(left) for left in lefts])
    if machine.vector:
        steps = [0.0, *[1000 * ultrasound.SECONDS] * (ultrasound.FRAMES - 1)]
        dataset.FrameTimeVector, dataset.FrameIncrementPointer = steps, 0x00181065
    else:
        dataset.FrameTime, dataset.FrameIncrementPointer = 1000 * ultrasound.SECONDS, 0x00181063
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    return dataset


def _tint(dataset: Dataset) -> None:
    """A palette of brown tones, each as bright as the grey that it stands for."""
    grey = np.arange(256.0)
    red, blue = (np.clip(grey * factor, 0, 255) for factor in _TINT)
    green = np.clip((grey - 0.299 * red - 0.114 * blue) / 0.587, 0, 255)
    dataset.PhotometricInterpretation = "PALETTE COLOR"
    for name, values in (("Red", red), ("Green", green), ("Blue", blue)):
        table = np.rint(values * 257).astype("<u2")
        setattr(dataset, f"{name}PaletteColorLookupTableDescriptor", [256, 0, 16])
        setattr(dataset, f"{name}PaletteColorLookupTableData", table.tobytes())


def _region(left: int) -> Dataset:
    """Where a picture lies on the screen, and how large its pixels are."""
    region = Dataset()
    region.RegionSpatialFormat, region.RegionDataType, region.RegionFlags = 1, 1, 0
    region.RegionLocationMinX0, region.RegionLocationMinY0 = left, TOP
    region.RegionLocationMaxX1 = left + SIZE[0] - 1
    region.RegionLocationMaxY1 = TOP + SIZE[1] - 1
    region.PhysicalUnitsXDirection = region.PhysicalUnitsYDirection = 3
    region.PhysicalDeltaX = region.PhysicalDeltaY = PIXEL / 10
    return region


def _file(header: Dataset, screen: NDArray[np.uint8], cine: Cine) -> bytes:
    dataset = Dataset()
    dataset.update(header)
    dataset.file_meta = header.file_meta
    dataset.NumberOfFrames = len(screen)
    dataset.EffectiveDuration = float(cine.seconds[-1])
    dataset.PixelData = screen.tobytes() + b"\0" * (screen.size % 2)
    buffer = BytesIO()
    dataset.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def _contours(lump: Lump, machine: Machine, cine: Cine, rng: np.random.Generator) -> list[Contour]:
    """The node and a piece of muscle, as somebody drew them on one frame."""
    system = LevelSystem.AJCC if lump.level else None
    node = codes.Meaning(
        kind=RegionKind.NODE, side=lump.side, level=lump.level, level_system=system
    )
    muscle = codes.Meaning(kind=RegionKind.REFERENCE_TISSUE, side=lump.side)
    off = np.rint(DRAWING_ERROR * rng.standard_normal(2) / PIXEL).astype(int)
    drawn = np.roll(cine.node, off, (0, 1))
    return [
        Contour(label=lump.label, meaning=node, mask=_on_screen(drawn, machine)),
        Contour(label="muscle", meaning=muscle, mask=_on_screen(cine.muscle, machine)),
    ]


def _on_screen(mask: NDArray[np.bool_], machine: Machine) -> NDArray[np.bool_]:
    """A mask of the picture, shape (columns, rows), on the whole screen, (columns, rows, 1)."""
    screen = np.zeros((machine.columns, SIZE[1] + TOP, 1), bool)
    screen[machine.left : machine.left + SIZE[0], TOP:, 0] = mask
    return screen


def _segmentation(
    header: Dataset, contours: Sequence[Contour], *, number: int, when: datetime
) -> bytes:
    """A SEG object that names the cine and the frame on which its regions were drawn."""
    series = files.uid(header.SeriesInstanceUID, "segmentation")
    numbered = (SEGMENTATION, number)
    seg = described(contours, [_still(header)], series=series, numbered=numbered, when=when)
    for holder in seg.PerFrameFunctionalGroupsSequence:
        for source in holder.DerivationImageSequence[0].SourceImageSequence:
            source.ReferencedSOPClassUID = UltrasoundMultiFrameImageStorage
            source.ReferencedFrameNumber = ultrasound.DRAWN_ON + 1
    for holder in seg.ReferencedSeriesSequence:
        for source in holder.ReferencedInstanceSequence:
            source.ReferencedSOPClassUID = UltrasoundMultiFrameImageStorage
    return saved(seg)


def _still(header: Dataset) -> Dataset:
    """One frame in the cine's stead: the library refuses cines, which have no place in space."""
    still = pydicom.Dataset()
    still.update(header)
    still.file_meta = header.file_meta
    still.SOPClassUID = UltrasoundImageStorage
    still.PhotometricInterpretation = "MONOCHROME2"
    for name in [each.keyword for each in still if "Palette" in each.keyword]:
        del still[name]
    still.PixelData = bytes(still.Rows * still.Columns)
    return still
