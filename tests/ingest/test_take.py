"""The whole import: broken files among good ones, and no name that surfaces."""

import json
import subprocess

import nibabel
import numpy as np
import pydicom
import pytest
from pydicom.uid import DeflatedExplicitVRLittleEndian, RLELossless

from nodewise.ingest import Pseudonyms, take_in, whereabouts

SECRET = "ZZTOP^SECRET"
KEY = b"a key for tests only"


@pytest.fixture
def imported(lasting_child, imported_by_children):
    return imported_by_children


def test_a_truncated_file_is_told_by_place_and_content_and_the_rest_goes_on(
    write, imported_by_children, tmp_path
):
    write(tmp_path / "good")
    broken = write(tmp_path / "worse", SeriesInstanceUID="1.7", slices=5)[1]
    broken.write_bytes(broken.read_bytes()[:-10])
    result = imported_by_children(tmp_path)
    (told,) = (one for one in result.problems if "breaks off" in one.found)
    assert "30 of 40 bytes of its pixels" in told.found
    assert "of 8 in source 1 (SHA-256 " in told.where
    assert broken.name not in told.where
    assert len(result.series) == 1


@pytest.mark.parametrize("length", [0, 100, 131, 140, 300, 500, 700])
def test_a_file_cut_anywhere_is_told(write, imported, tmp_path, length):
    good, broken, _ = write(tmp_path)
    broken.write_bytes(good.read_bytes()[:length])
    assert imported(tmp_path).problems


def test_a_deflated_file_is_refused_unread(header, imported, tmp_path):
    one = header()
    one.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    one.save_as(tmp_path / "deflated.dcm", enforce_file_format=True)
    assert "deflated" in imported(tmp_path).found()


def test_compressed_pixels_are_decoded(header, imported, tmp_path):
    one = header(PixelData=np.arange(20, dtype="<u2").tobytes())
    one.compress(RLELossless)
    one.save_as(tmp_path / "a.dcm", enforce_file_format=True)
    values = imported(tmp_path).series[0].volume.values
    np.testing.assert_array_equal(values[..., 0], np.arange(20).reshape(4, 5).T)


def test_an_image_without_patient_is_told(write, imported, tmp_path):
    write(tmp_path, PatientID="")
    assert "no PatientID" in imported(tmp_path).found()


@pytest.mark.parametrize(
    ("elements", "says"),
    [
        ({"ImageType": ["ORIGINAL", "PRIMARY", "M", "MOSAIC"]}, "mosaic"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.30"}, "parametric map"),
        ({"SamplesPerPixel": 3}, "colour"),
        ({"NumberOfFrames": 2}, "several frames"),
        ({"BitsAllocated": 64}, "64 bits"),
        ({"ImagePositionPatient": None}, "where in the patient"),
    ],
)
def test_an_image_that_would_be_misread_is_refused(header, imported, tmp_path, elements, says):
    header(**elements).save_as(tmp_path / "a.dcm", enforce_file_format=True)
    result = imported(tmp_path)
    assert not result.series
    assert says in result.found()


def test_what_is_no_image_is_passed_over(header, imported, tmp_path):
    header(SOPClassUID="1.2.840.10008.5.1.4.1.1.11.1").save_as(
        tmp_path / "presentation.dcm", enforce_file_format=True
    )
    assert not imported(tmp_path).all


def test_an_image_without_date_is_told_and_kept(write, imported, tmp_path):
    write(tmp_path, AcquisitionDate=None, StudyDate=None)
    result = imported(tmp_path)
    assert result.series[0].date is None
    assert "no date" in result.found()


def test_files_of_other_kinds_are_counted(write, imported, tmp_path):
    write(tmp_path)
    (tmp_path / "ZZTOP.exe").write_bytes(b"MZ")
    (tmp_path / "report.pdf").write_bytes(b"%PDF")
    assert imported(tmp_path).found() == (
        "source 1: files that are neither DICOM, NIfTI nor a table: 1"
    )


def test_progress_ends_where_it_said_it_would(write, tmp_path):
    write(tmp_path)
    told = []
    list(take_in([tmp_path], Pseudonyms(b"sixteen bytes ok"), progress=lambda *a: told.append(a)))
    assert told[-1] == (6, 6)
    assert [done for done, _ in told] == sorted(done for done, _ in told)


@pytest.fixture
def started(monkeypatch):
    """Every process that a test starts."""
    found = []

    class Noted(subprocess.Popen):
        def __init__(self, *given, **named):
            super().__init__(*given, **named)
            found.append(self)

    monkeypatch.setattr(subprocess, "Popen", Noted)
    return found


def test_an_import_that_is_broken_off_leaves_no_child(write, started, tmp_path):
    for number in range(30):
        write(
            tmp_path, SeriesInstanceUID=f"1.{number}", value=number, StudyInstanceUID=f"1.{number}"
        )
    taking = take_in([tmp_path], Pseudonyms(b"sixteen bytes ok"))
    next(taking)
    assert [each for each in started if each.poll() is None]  # they are at work
    taking.close()
    assert [each for each in started if each.poll() is None] == []


IDENTITY = dict.fromkeys(
    (
        "PatientName", "OtherPatientNames", "PatientBirthName", "PatientMotherBirthName",
        "PatientAddress", "ReferringPhysicianName", "PerformingPhysicianName", "OperatorsName",
        "InstitutionName", "InstitutionAddress", "StationName", "AccessionNumber", "StudyID",
        "PatientComments", "ImageComments", "StudyDescription", "SeriesDescription",
        "ProtocolName", "RequestingPhysician", "DeviceSerialNumber", "PatientID", "Modality",
        "AdditionalPatientHistory", "RequestedProcedureDescription", "ContentCreatorName",
    ),
    SECRET,
)  # fmt: skip


def planted(write, folder):
    """A hospital that writes a name wherever one can be."""
    scans = folder / SECRET / f"{SECRET}.study"
    write(scans / SECRET, **IDENTITY)
    write(scans / "bad", **IDENTITY | {"SeriesInstanceUID": "1.8"}, slices=5)[2].unlink()
    write(scans / "map", **IDENTITY | {"SeriesInstanceUID": "1.6"},
          ImageType=["DERIVED", "SECONDARY", "ADC"], value=7)  # fmt: skip
    broken = write(scans / "cut", **IDENTITY | {"SeriesInstanceUID": "1.9"}, value=3)[0]
    broken.write_bytes(broken.read_bytes()[:-9])
    (folder / f"{SECRET}.dcm").write_bytes(b"DICM" * 99)
    (folder / f"{SECRET}.csv").write_text(f"{SECRET},{SECRET}\n{SECRET},1\n")
    (folder / f"{SECRET}_specimen_nodes.csv").write_text(
        f"patient_id,specimen_node,side,level,level_system,metastatic,{SECRET}\n"
        f"{SECRET},1,left,II,AJCC,yes,{SECRET}\n"
        f"{SECRET},1,left,II,AJCC,yes,{SECRET}\n"
        f"{SECRET},2,{SECRET},{SECRET},{SECRET},yes,{SECRET}\n"
        f"{SECRET},3,left,{SECRET},AJCC,{SECRET},{SECRET}\n"
    )
    place = folder / f"sub-{SECRET}"
    place.mkdir()
    for suffix, values in (("T2w", np.zeros((2, 2, 2), "i2")), ("dwi", np.ones((2, 2, 2), "i2"))):
        path = place / f"sub-{SECRET}_{suffix}.nii.gz"
        nibabel.save(nibabel.Nifti1Image(values, np.eye(4)), path)
        facts = {
            "PatientName": SECRET,
            "AcquisitionDate": "2024-01-05",
            "SeriesDescription": SECRET,
        }
        path.with_name(path.name.replace(".nii.gz", ".json")).write_text(json.dumps(facts))


def test_a_planted_name_surfaces_nowhere(write, imported_by_children, tmp_path, capfd):
    planted(write, tmp_path / "in")
    result = imported_by_children(tmp_path / "in")
    assert len(result.series) >= 3
    assert len(result.problems) >= 8
    assert len(result.rows["specimen_nodes"]) == 2
    for one in result.series:
        assert SECRET in one.description or one.description  # kept to recognise, never stored
        object.__setattr__(one, "description", "")
    shown = repr(result.all) + "".join(frame.write_csv() for frame in result.rows.values())
    printed = "".join(capfd.readouterr())
    for text in (shown, printed):
        assert "ZZTOP" not in text
        assert "SECRET" not in text
        assert "20240105" not in text
        assert "2024-01-05" not in text


def test_the_files_behind_a_mark_are_found_again(write, imported, tmp_path):
    paths = write(tmp_path, slices=5)
    paths.pop(2).unlink()
    mark = imported(tmp_path).problems[0].where.split()[-1]
    assert sorted(whereabouts([tmp_path], Pseudonyms(KEY))[mark]) == sorted(paths)


def test_every_identity_bearing_element_was_planted(write, tmp_path):
    path = write(tmp_path, **IDENTITY)[0]
    image = pydicom.dcmread(path)
    assert all(SECRET in str(image[name].value) for name in IDENTITY)
