from datetime import date
from io import BytesIO
from pathlib import Path

import numpy as np
import pydicom
import pytest
from nibabel.nifti1 import load as load_nifti

from nodewise.simulate import files, mpmri, scanner
from nodewise.simulate.examination import examination, scans

SIEMENS, GE, PHILIPS = 1, 2, 3


def made(number: int, kind: str) -> list[tuple[str, files.Scan]]:
    """A participant's series whose stored values say where they are."""
    rng = np.random.default_rng([1, number])
    person = mpmri.person(number, ("dwi",), rng)
    of = examination(person, person.visits[0], 1, rng)
    columns, rows, slices = (160, 160, 24) if kind in ("t2w", "mgre") else (80, 80, 24)
    frames = {"dwi": 10, "vfa": 5, "dce": 40, "t2w": 1, "mgre": 7}[kind]
    i, j, k, m = np.ogrid[:columns, :rows, :slices, :frames]
    pixels = (i + 200 * (j % 10) + 2000 * k + m).astype(np.uint16)
    return list(scans(of, kind, pixels))


def read(scan: files.Scan) -> list[pydicom.Dataset]:
    return [pydicom.dcmread(BytesIO(content)) for content in scan.written()]


@pytest.mark.parametrize("number", [SIEMENS, GE])
def test_a_classic_file_shows_its_own_slice_and_frame(number):
    ((_, scan),) = made(number, "dwi")
    for image in read(scan)[::37]:
        k = np.linalg.solve(scan.grid.affine, [*map(float, image.ImagePositionPatient), 1])[2]
        frame = (int(image.InstanceNumber) - 1) // 24
        assert (scan.pixels[:, :, round(k), frame] == image.pixel_array.T).all()


def test_an_enhanced_object_shows_its_slices_and_frames_in_the_stated_order():
    ((_, scan),) = made(PHILIPS, "dwi")
    (image,) = read(scan)
    for index in range(0, 240, 37):
        group = image.PerFrameFunctionalGroupsSequence[index]
        place = group.PlanePositionSequence[0].ImagePositionPatient
        k = round(np.linalg.solve(scan.grid.affine, [*map(float, place), 1])[2])
        b_value = group.MRDiffusionSequence[0].DiffusionBValue
        frame = list(scanner.B_VALUES).index(b_value)
        assert (scan.pixels[:, :, k, frame] == image.pixel_array[index].T).all()


def test_each_maker_says_b_values_in_its_own_way():
    siemens, ge = read(made(SIEMENS, "dwi")[0][1]), read(made(GE, "dwi")[0][1])
    assert [image.DiffusionBValue for image in siemens[::24]] == list(scanner.B_VALUES)
    assert (0x0043, 0x1039) not in ge[0]
    assert [image[0x0043, 0x1039].value[0] for image in ge[24::24]] == list(scanner.B_VALUES[1:])
    assert not any("DiffusionBValue" in image for image in ge)


def test_flip_angles_are_series_of_their_own_that_differ_in_nothing_else():
    series = [read(scan)[0] for _, scan in made(SIEMENS, "vfa")]
    assert [float(image.FlipAngle) for image in series] == [2, 5, 10, 15, 20]
    assert len({image.SeriesInstanceUID for image in series}) == 5
    for name in ("RepetitionTime", "EchoTime", "ImagePositionPatient", "SeriesDescription"):
        assert len({str(image[name].value) for image in series}) == 1


@pytest.mark.parametrize("number", [SIEMENS, GE])
def test_phases_of_a_classic_dynamic_series_can_be_told_apart(number):
    images = read(made(number, "dce")[0][1])
    if number == SIEMENS:
        assert len({image.AcquisitionTime for image in images}) == 40
    else:
        assert len({image.AcquisitionTime for image in images}) == 1
        assert {image.TemporalPositionIdentifier for image in images} == set(range(1, 41))


def test_phases_of_an_enhanced_dynamic_series_say_their_time():
    (image,) = read(made(PHILIPS, "dce")[0][1])
    groups = image.PerFrameFunctionalGroupsSequence[::24]
    found = [group.TemporalPositionSequence[0].TemporalPositionTimeOffset for group in groups]
    assert found == list(scanner.times())


@pytest.mark.parametrize("number", [SIEMENS, GE])
def test_echoes_of_a_classic_series_say_their_time(number):
    images = read(made(number, "mgre")[0][1])
    found = [(int(image.EchoNumbers), float(image.EchoTime)) for image in images[::24]]
    assert found == [(n, pytest.approx(1000 * te)) for n, te in enumerate(scanner.ECHO_TIMES, 1)]


def test_echoes_of_an_enhanced_series_say_their_time_frame_by_frame():
    (image,) = read(made(PHILIPS, "mgre")[0][1])
    assert "MREchoSequence" not in image.SharedFunctionalGroupsSequence[0]
    groups = image.PerFrameFunctionalGroupsSequence[::24]
    found = [group.MREchoSequence[0].EffectiveEchoTime / 1000 for group in groups]
    assert found == pytest.approx(scanner.ECHO_TIMES)


def test_identifiers_are_valid_unique_and_the_same_each_time():
    first, again = read(made(SIEMENS, "t2w")[0][1]), read(made(SIEMENS, "t2w")[0][1])
    uids = [image.SOPInstanceUID for image in first]
    assert len(set(uids)) == len(uids)
    assert all(uid.is_valid for uid in uids)
    assert uids == [image.SOPInstanceUID for image in again]
    assert uids[0] == first[0].file_meta.MediaStorageSOPInstanceUID


def test_dates_are_the_visit_s():
    image = read(made(SIEMENS, "t2w")[0][1])[0]
    person = mpmri.person(SIEMENS, ("dwi",), np.random.default_rng([1, SIEMENS]))
    assert date.fromisoformat(image.StudyDate) == person.visits[0].day


@pytest.mark.parametrize("number", [SIEMENS, GE, PHILIPS])
@pytest.mark.parametrize("kind", ["dwi", "t2w"])
def test_dcm2niix_finds_every_voxel_where_it_was_put(number, kind, tmp_path: Path):
    dcm2niix = pytest.importorskip("dcm2niix")
    ((_, scan),) = made(number, kind)
    (tmp_path / "dicom").mkdir()
    for index, content in enumerate(scan.written()):
        (tmp_path / "dicom" / f"{index:04d}.dcm").write_bytes(content)
    dcm2niix.main(["-z", "n", "-f", "out", "-o", str(tmp_path), str(tmp_path / "dicom")])
    image = load_nifti(tmp_path / "out.nii")
    values = image.get_fdata().reshape(*image.shape[:3], -1)
    to_lps = np.diag([-1.0, -1, 1, 1]) @ image.affine
    for i, j, k in ((0, 0, 0), (31, 7, 5), (12, 70, 23)):
        place = scan.grid.positions(np.array([[i, j, k]], float))[0]
        index = tuple(np.rint(np.linalg.solve(to_lps, [*place, 1])[:3]).astype(int))
        slope = 0.5 if number == PHILIPS else 1
        assert values[index] == pytest.approx(scan.pixels[i, j, k] * slope)
    # At b = 0 GE writes no b-value, and Philips's trace images pass for a derived map there.
    if kind == "dwi" and number == SIEMENS:
        assert (tmp_path / "out.bval").read_text().split() == [f"{b:.0f}" for b in scanner.B_VALUES]
