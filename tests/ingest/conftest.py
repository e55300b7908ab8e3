"""Scanner files made in the test, with values that say where they lie."""

import pickle
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.dataset import FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

from nodewise.ingest import Problem, Pseudonyms, Region, Rows, Series, Taken, take, take_in
from nodewise.ingest.children import _answer

KEY = b"a key for tests only"
COLUMNS, ROWS = 5, 4


def image(**elements: object) -> pydicom.Dataset:
    """A classic MR image; elements by keyword, private ones as `tag_00431039=(vr, value)`."""
    one = pydicom.Dataset()
    defaults = {
        "SOPClassUID": "1.2.840.10008.5.1.4.1.1.4",
        "SOPInstanceUID": generate_uid(),
        "StudyInstanceUID": "1.2.3",
        "SeriesInstanceUID": "1.2.3.4",
        "FrameOfReferenceUID": "1.2.3.9",
        "PatientID": "SIM-0001",
        "PatientName": "Simulated^Person",
        "Modality": "MR",
        "Manufacturer": "SIEMENS",
        "ImageType": ["ORIGINAL", "PRIMARY", "M"],
        "ScanningSequence": "EP",
        "StudyDate": "20240105",
        "AcquisitionDate": "20240105",
        "PixelSpacing": [2.0, 3.0],
        "SliceThickness": 4.0,
        "ImageOrientationPatient": [1, 0, 0, 0, 1, 0],
        "ImagePositionPatient": [-10, -20, 0],
        "Rows": ROWS,
        "Columns": COLUMNS,
        "SamplesPerPixel": 1,
        "PhotometricInterpretation": "MONOCHROME2",
        "BitsAllocated": 16,
        "BitsStored": 16,
        "HighBit": 15,
        "PixelRepresentation": 0,
        "RepetitionTime": 4000,
        "EchoTime": 60,
        "FlipAngle": 90,
    }
    for name, value in (defaults | elements).items():
        if name.startswith("tag_"):
            one.add_new(int(name[4:], 16), *value)
        elif value is not None:
            setattr(one, name, value)
    if "PixelData" not in one:
        one.PixelData = np.zeros((one.Rows, one.Columns), "<u2").tobytes()
    one.file_meta = FileMetaDataset()
    one.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    one.file_meta.MediaStorageSOPClassUID = one.SOPClassUID
    one.file_meta.MediaStorageSOPInstanceUID = one.SOPInstanceUID
    return one


def stack(folder: Path, *, slices: int = 3, value: int = 0, **elements: object) -> list[Path]:
    """One volume as classic files; a voxel's value is value + 100 slice + 10 row + column."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for number in range(slices):
        row, column = np.mgrid[:ROWS, :COLUMNS]
        pixels = (value + 100 * number + 10 * row + column).astype("<u2")
        place = [-10, -20, 4.0 * number]
        made = image(ImagePositionPatient=place, PixelData=pixels.tobytes(), **elements)
        path = folder / f"{generate_uid()}.dcm"
        made.save_as(path, enforce_file_format=True)
        paths.append(path)
    return paths


@pytest.fixture
def write() -> Callable[..., list[Path]]:
    return stack


@pytest.fixture
def header() -> Callable[..., pydicom.Dataset]:
    return image


class Import:
    """All that came out of sources, by kind."""

    def __init__(self, taken: Sequence[Taken]) -> None:
        self.all = list(taken)
        self.series = [one for one in taken if isinstance(one, Series)]
        self.regions = [one for one in taken if isinstance(one, Region)]
        self.rows = {one.table: one.frame for one in taken if isinstance(one, Rows)}
        self.problems = [one for one in taken if isinstance(one, Problem)]

    def found(self) -> str:
        return "\n".join(f"{one.where}: {one.found}" for one in self.problems)


class InProcess:
    """Stands in for child processes where a test is not about them: their start takes long."""

    def __init__(self, **_: object) -> None: ...

    def __enter__(self):
        return self

    def __exit__(self, *_: object) -> None: ...

    def answers(self, tasks):
        for name, task in tasks:
            yield name, pickle.loads(_answer(task, 0))


def run(*sources: Path) -> Import:
    return Import(list(take_in(sources, Pseudonyms(KEY))))


@pytest.fixture
def imported_by_children() -> Callable[..., Import]:
    return run


@pytest.fixture
def imported(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Import]:
    monkeypatch.setattr(take, "Children", InProcess)
    return run
