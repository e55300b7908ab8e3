"""What tests share: where the real files lie, and what happens when they do not."""

import os
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
SHARED = Path(os.environ.get("NODEWISE_SHARED", ROOT.parent / "shared"))


def missing(what: str) -> None:
    """Skip on a user's machine; fail where everything is required to be there."""
    if os.environ.get("NODEWISE_REQUIRE_SERVICES"):
        pytest.fail(f"{what}, and NODEWISE_REQUIRE_SERVICES is set")
    pytest.skip(what)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real files and published cases."""
    if not (SHARED / "data").is_dir():
        missing("the folder ../shared with real files is absent")
    return SHARED


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """Debian's Chromium, driven by playwright."""
    program = shutil.which("chromium")
    if program is None:
        missing("Debian's Chromium is not installed")
    from playwright.sync_api import sync_playwright

    flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    flags += ["--disable-dev-shm-usage"]  # which a container keeps small
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, args=flags)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Callable[..., str]]:
    """Makes a PostgreSQL schema, empty or like another's, and gives its address."""
    sql = pytest.importorskip("sqlalchemy")
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"))
    if not programs:
        missing("PostgreSQL is not installed")
    place = Path(tempfile.mkdtemp(prefix="nodewise-"))  # in reach of the server's own user
    run = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    if run:
        shutil.chown(place, "postgres")
    control, quiet = [*run, programs[-1], "-D", place / "data"], {"stdout": subprocess.DEVNULL}
    create = [*run, programs[-1].with_name("initdb"), "-D", place / "data", "-A", "trust"]
    create += ["-U", "postgres", "-E", "UTF8", "--locale=C"]  # whatever this machine's locale is
    subprocess.run(create, check=True, cwd=place, **quiet)
    options = f"-k {place} -c listen_addresses= -c fsync=off"
    subprocess.run([*control, "-w", "-o", options, "start"], check=True, cwd=place, **quiet)
    server = f"postgresql+psycopg://postgres@/postgres?host={place}"
    engine = sql.create_engine(server, isolation_level="AUTOCOMMIT")

    @cache
    def dumped(name: str) -> str:
        dump = [*run, programs[-1].with_name("pg_dump"), "-h", place, "-U", "postgres"]
        found = subprocess.run(
            [*dump, "--inserts", "-n", name], check=True, cwd=place, capture_output=True, text=True
        )
        lines = found.stdout.splitlines()
        return "\n".join(line for line in lines if not line.startswith("\\"))  # psql's own words

    def database(like: str = "") -> str:
        name = "study_" + secrets.token_hex(6)
        old = like.rpartition("%3D")[2]
        script = dumped(old).replace(old, name) if like else f"CREATE SCHEMA {name}"
        with engine.connect() as connection:
            connection.connection.cursor().execute(script)
            connection.invalidate()  # the script changes its session
        return f"{server}&options=-csearch_path%3D{name}"

    yield database
    engine.dispose()
    subprocess.run([*control, "-m", "immediate", "stop"], check=True, cwd=place, **quiet)
    shutil.rmtree(place)


@pytest.fixture(scope="session")
def lasting() -> Iterator[Any]:
    """A child that reads files for test after test: its start takes longer than most tests."""
    from nodewise.ingest.children import Children

    class Lasting(Children):
        def __exit__(self, *_: object) -> None:
            """The next import finds it at work."""

    found = Lasting(workers=1)
    yield found
    Children.__exit__(found)


@pytest.fixture
def lasting_child(lasting: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Import and read with that child, in tests that are not about children's lives."""
    from nodewise.ingest import alone, take

    for room in (alone, take):
        monkeypatch.setattr(room, "Children", lambda **_: lasting)


@pytest.fixture(scope="session")
def screen():
    """Writes an ultrasound cine: pixels of shape (frames, rows, columns[, 3]), one image region."""
    import numpy as np
    import pydicom
    from pydicom.dataset import FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian, generate_uid

    def region(box):
        one = pydicom.Dataset()
        one.RegionSpatialFormat = one.RegionDataType = 1
        one.RegionFlags = 0
        one.RegionLocationMinX0, one.RegionLocationMinY0 = box[:2]
        one.RegionLocationMaxX1, one.RegionLocationMaxY1 = box[2] - 1, box[3] - 1
        one.PhysicalUnitsXDirection = one.PhysicalUnitsYDirection = 3
        one.PhysicalDeltaX = one.PhysicalDeltaY = 0.02
        return one

    def write(path, pixels, *, boxes=None, **elements):
        pixels = np.ascontiguousarray(pixels, np.uint8)
        rows, columns = pixels.shape[1:3]
        colour = pixels.ndim == 4
        one = pydicom.Dataset()
        one.file_meta = FileMetaDataset()
        one.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        given = {
            "SOPClassUID": "1.2.840.10008.5.1.4.1.1.3.1", "SOPInstanceUID": generate_uid(),
            "StudyInstanceUID": "1.2.3", "SeriesInstanceUID": "1.2.3.4", "PatientID": "SIM-0001",
            "PatientName": "Simulated^Person", "Modality": "US", "Manufacturer": "MAKER",
            "StudyDate": "20240105", "Rows": rows, "Columns": columns,
            "NumberOfFrames": len(pixels), "SamplesPerPixel": 3 if colour else 1,
            "PhotometricInterpretation": "RGB" if colour else "MONOCHROME2",
            "BitsAllocated": 8, "BitsStored": 8, "HighBit": 7, "PixelRepresentation": 0,
            "FrameTime": 100.0, "PixelData": pixels.tobytes(),
            "SequenceOfUltrasoundRegions": [
                region(box) for box in boxes or [(0, 0, columns, rows)]
            ],
        } | ({"PlanarConfiguration": 0} if colour else {}) | elements  # fmt: skip
        for name, value in given.items():
            if value is not None:
                setattr(one, name, value)
        path.parent.mkdir(parents=True, exist_ok=True)
        one.save_as(path, enforce_file_format=True)
        return path

    return write


@pytest.fixture(scope="session")
def outlined():
    """Writes a DICOM segmentation of regions, label → mask of (rows, columns), drawn on a cine."""
    import numpy as np
    import pydicom
    from highdicom.seg import Segmentation, SegmentDescription
    from pydicom.uid import generate_uid

    from nodewise.anatomy import LevelSystem, RegionKind, Side
    from nodewise.ingest import codes

    def segment(number, label):
        reference = label == "muscle"
        kind = RegionKind.REFERENCE_TISSUE if reference else RegionKind.NODE
        place = {} if reference else {"level": "IIA", "level_system": LevelSystem.AJCC}
        meaning = codes.Meaning(kind=kind, side=Side.LEFT, **place)
        return SegmentDescription(
            number,
            label,
            segmented_property_category=codes.category(kind),
            segmented_property_type=codes.TYPES[kind],
            algorithm_type="MANUAL",
            tracking_id=label,
            tracking_uid=generate_uid(),
            anatomic_regions=codes.regions(meaning),
        )

    def write(path, cine, regions, *, frame=1):
        source = pydicom.dcmread(cine)
        source.SOPClassUID, source.Laterality = "1.2.840.10008.5.1.4.1.1.6.1", ""
        for name in ("PatientBirthDate", "PatientSex", "AccessionNumber", "StudyID", "StudyTime"):
            setattr(source, name, "")
        source.InstanceNumber, source.ReferringPhysicianName = 1, ""
        del source.NumberOfFrames
        made = Segmentation(
            source_images=[source],
            pixel_array=np.stack(list(regions.values()), axis=-1)[None].astype(np.uint8),
            segmentation_type="BINARY",
            segment_descriptions=[segment(n, label) for n, label in enumerate(regions, 1)],
            series_instance_uid=generate_uid(),
            series_number=2,
            sop_instance_uid=generate_uid(),
            instance_number=1,
            manufacturer="test",
            manufacturer_model_name="test",
            software_versions="1",
            device_serial_number="0",
        )
        for group in made.PerFrameFunctionalGroupsSequence:
            drawn_on = group.DerivationImageSequence[0].SourceImageSequence[0]
            drawn_on.ReferencedFrameNumber = frame
        path.parent.mkdir(parents=True, exist_ok=True)
        made.save_as(path)
        return path

    return write
