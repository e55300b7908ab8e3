"""One visit to the scanners: headers, places and files of every series."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from pathlib import Path

import numpy as np
from pydicom import Dataset

from nodewise.simulate import files, mishaps, pet, scanner, vendors
from nodewise.simulate.neck import EXTENT
from nodewise.simulate.people import Person, Visit
from nodewise.simulate.vendors import Vendor
from nodewise.volume import Array, Grid

SERIES_NUMBERS = {"t2w": 2, "dwi": 3, "mgre": 4, "vfa": 10, "dce": 20, "ct": 30, "pet": 40}
MINUTES = {"t2w": 0, "dwi": 5, "mgre": 5, "vfa": 12, "dce": 18, "ct": 60, "pet": 150}
MODALITIES = {"ct": "CT", "pet": "PT"}
INJECTED_AFTER = 12.0  # s from the first frame; the rest of the way to the neck is circulation


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """Who is imaged, when, on what, and how the slices lie."""

    person: Person
    visit: Visit
    maker: Vendor
    seed: int
    tilt: float
    offset: Array
    start: datetime

    @property
    def study_uid(self) -> str:
        """Identifier of the study."""
        return files.uid(self.seed, self.person.number, self.visit.name, *self._apart)

    @property
    def frame_of_reference(self) -> str:
        """Identifier of the coordinates that all series of the visit share."""
        space = (self.visit.name, *self._apart, "frame of reference")
        return files.uid(self.seed, self.person.number, *space)

    @property
    def _apart(self) -> tuple[str, ...]:
        if self.maker is vendors.CT:
            return ("CT",)
        return ("PT",) if self.maker in vendors.PET.values() else ()

    @property
    def folder(self) -> Path:
        """Where the visit's series lie, below the folder of all scans."""
        return Path(self.person.patient_id) / self.visit.name.replace(" ", "-")

    def of(self, modality: str) -> "Examination":
        """The examination by this modality: CT and PET are studies and scanners of their own."""
        if modality == "PT":
            return replace(self, maker=vendors.PET[self.maker.manufacturer])
        return replace(self, maker=vendors.CT) if modality == "CT" else self

    def grid(self, block: tuple[int, int, int]) -> Grid:
        """The grid whose voxels hold this many fine cells."""
        spacing = scanner.spacing(block)
        shape = (np.array(EXTENT) / spacing).round().astype(int)
        cos, sin = np.cos(self.tilt), np.sin(self.tilt)
        axes = np.array([[1, 0, 0], [0, cos, -sin], [0, sin, cos]])
        corner = np.array([-EXTENT[0] / 2, -EXTENT[1] / 2, -EXTENT[2] / 2]) + spacing / 2
        affine = np.eye(4)
        affine[:3, :3] = axes * spacing
        affine[:3, 3] = axes @ corner + self.offset
        return Grid((int(shape[0]), int(shape[1]), int(shape[2])), affine)


def examination(person: Person, visit: Visit, seed: int, rng: np.random.Generator) -> Examination:
    """The examination of a visit; all visits of a person are on one scanner."""
    maker = vendors.vendor(person.number, field_strength=person.field_strength)
    tilt, offset = vendors.orientation(maker, rng)
    if "ct" in visit.sequences:
        tilt = 0.0  # CT and MR share coordinates, as after registration
    start = datetime.combine(visit.day, time(8)) + timedelta(minutes=int(rng.integers(0, 480)))
    return Examination(
        person=person, visit=visit, maker=maker, seed=seed, tilt=tilt, offset=offset, start=start
    )


def scans(of: Examination, kind: str, pixels: files.Pixels) -> Iterator[tuple[str, files.Scan]]:
    """The series of one sequence and their folders' names: one, but one for each flip angle."""
    of = of.of(MODALITIES.get(kind, "MR"))
    grid = of.grid(scanner.block(kind))
    start = of.start + timedelta(minutes=MINUTES[kind])
    number = SERIES_NUMBERS[kind]
    if kind != "vfa":
        frames, seconds = _frames(of, kind, start)
        scan = files.Scan(
            header=header(of, kind, number), pixels=pixels.reshape(*grid.shape, -1), grid=grid,
            frames=frames, start=start, seconds=seconds, from_head=of.maker.from_head,
            multi_frame=_multi_frame(of, kind),
        )  # fmt: skip
        yield f"{number:02d}-{kind}", scan
        return
    for index, angle in enumerate(np.degrees(scanner.FLIP_ANGLES)):
        shared = header(of, kind, number + index)
        shared.FlipAngle = round(float(angle), 3)
        scan = files.Scan(
            header=shared, pixels=pixels[..., index : index + 1], grid=grid, frames=[Dataset()],
            start=start + timedelta(minutes=index), seconds=[0.0], from_head=of.maker.from_head,
            multi_frame=_multi_frame(of, kind),
        )  # fmt: skip
        yield f"{number + index:02d}-{kind}-{angle:.0f}", scan


def _multi_frame(of: Examination, kind: str) -> bool:
    classic_dynamic = vendors.dynamic_is_classic(of.person.number)
    return of.maker.enhanced or (kind == "dce" and not classic_dynamic)


def _frames(of: Examination, kind: str, start: datetime) -> tuple[list[Dataset], list[float]]:
    if kind == "dwi":
        maker = vendors.SIEMENS if of.maker.enhanced else of.maker
        frames = [vendors.diffusion(maker, b) for b in scanner.B_VALUES]
        return frames, [20.0 * index for index in range(len(frames))]
    if kind == "dce":
        seconds = [float(second) for second in scanner.times()]
        clocks = [files.clock(start + timedelta(seconds=second)) for second in seconds]
        return [vendors.phase(of.maker, n, clock) for n, clock in enumerate(clocks)], seconds
    if kind == "mgre":
        return [vendors.echo(n, time) for n, time in enumerate(scanner.ECHO_TIMES, 1)], [
            0.0 for _ in scanner.ECHO_TIMES
        ]
    return [Dataset()], [0.0]


def header(of: Examination, kind: str, number: int) -> Dataset:
    """What all files of one series share."""
    dataset = identity(of)
    dataset.SeriesInstanceUID = files.uid(of.study_uid, number)
    dataset.SeriesNumber = number
    dataset.SeriesDescription = description(of.maker, kind)
    dataset.ProtocolName = dataset.SeriesDescription
    dataset.SeriesDate = dataset.StudyDate
    dataset.SeriesTime = files.clock(of.start + timedelta(minutes=MINUTES[kind]))
    dataset.update(_own(of, kind))
    if kind == "dce":
        _contrast(dataset, of)
    return dataset


def _own(of: Examination, kind: str) -> Dataset:
    """What the series of a modality say."""
    if kind == "ct":
        return _tomography()
    if kind != "pet":
        return _resonance(of, kind)
    number = of.person.number
    given = pet.shot(number, of.person.sex, of.seed)
    start = of.start + timedelta(minutes=MINUTES[kind])
    return pet.header(given, of.maker, start, weight_known=number != mishaps.NO_WEIGHT)


def _tomography() -> Dataset:
    dataset = Dataset()
    dataset.Modality = "CT"
    dataset.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    dataset.KVP, dataset.ConvolutionKernel = "120", "Br40"
    dataset.ContrastBolusAgent = "iodinated contrast medium"
    dataset.RescaleIntercept, dataset.RescaleSlope = f"{-scanner.CT_OFFSET}", "1"
    dataset.RescaleType = "HU"
    return dataset


def _resonance(of: Examination, kind: str) -> Dataset:
    dataset = Dataset()
    repetition, echo = vendors.repetition_and_echo(kind)
    dataset.Modality = "MR"
    dataset.MagneticFieldStrength = of.maker.field_strength
    dataset.ImageType = ["ORIGINAL", "PRIMARY", "DIFFUSION" if kind == "dwi" else "M", "NONE"]
    dataset.ScanningSequence = {"dwi": "EP", "t2w": "SE"}.get(kind, "GR")
    dataset.SequenceVariant = "SK" if kind in ("dwi", "t2w") else "SP"
    dataset.ScanOptions = "FS" if kind == "dwi" else ""
    dataset.MRAcquisitionType = "2D" if kind in ("dwi", "t2w") else "3D"
    dataset.RepetitionTime, dataset.EchoTime = repetition, echo
    dataset.EchoTrainLength = {"t2w": 16, "mgre": len(scanner.ECHO_TIMES)}.get(kind, 1)
    angle = {"dce": float(np.degrees(scanner.DCE_ANGLE)), "mgre": 15.0}.get(kind, 90.0)
    dataset.FlipAngle = round(angle, 3)
    return dataset


def _contrast(dataset: Dataset, of: Examination) -> None:
    start = of.start + timedelta(minutes=MINUTES["dce"])
    dataset.ContrastBolusAgent = "gadolinium chelate"
    dataset.ContrastBolusStartTime = files.clock(start + timedelta(seconds=INJECTED_AFTER))
    dataset.NumberOfTemporalPositions = scanner.DCE_FRAMES
    dataset.TemporalResolution = scanner.DCE_SPACING * 1000


def description(maker: Vendor, kind: str) -> str:
    """What the maker calls the series."""
    plain = {
        "dwi": "ep2d_diff_tra", "vfa": "fl3d_vfa_tra", "dce": "fl3d_dyn_tra",
        "mgre": "fl3d_mgre_t2star_tra", "ct": "neck 2.5 Br40 contrast", "pet": "PET neck AC",
    }  # fmt: skip
    return maker.t2_description if kind == "t2w" else plain[kind]


def identity(of: Examination) -> Dataset:
    """Patient, study and scanner."""
    person = of.person
    dataset = Dataset()
    dataset.SpecificCharacterSet = "ISO_IR 100"
    dataset.PatientName, dataset.PatientID = person.name, person.patient_id
    dataset.PatientBirthDate = person.born.strftime("%Y%m%d")
    dataset.PatientSex = person.sex[:1].upper()
    dataset.StudyInstanceUID = of.study_uid
    dataset.StudyDate = of.visit.day.strftime("%Y%m%d")
    dataset.StudyTime = files.clock(of.start)
    dataset.StudyID, dataset.AccessionNumber = "1", ""
    dataset.ReferringPhysicianName = ""
    kinds = {vendors.CT: "CT neck"} | dict.fromkeys(vendors.PET.values(), "PET-CT neck")
    dataset.StudyDescription = kinds.get(of.maker, "MR neck")
    dataset.Manufacturer = of.maker.manufacturer
    dataset.ManufacturerModelName = of.maker.model
    dataset.DeviceSerialNumber, dataset.SoftwareVersions = "0", "1"
    dataset.PatientPosition = "HFS"
    dataset.BodyPartExamined = "NECK"
    dataset.FrameOfReferenceUID = of.frame_of_reference
    dataset.PositionReferenceIndicator = ""
    return dataset
