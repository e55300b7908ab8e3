"""Files of real scanners, against what dcm2niix makes of them."""

import subprocess
import zipfile
from pathlib import Path

import nibabel
import numpy as np
import pytest

pytestmark = pytest.mark.real_data

DIFFUSION = {
    "ge_signa_pioneer_dwi_classic": "ge_Ax_DWI_TENSOR_R3_2",
    "philips_ingenia_dwi_classic_3slices": "philips_dwi_701_DTI_Biobank_2mm_MB3S2_EPI_cl",
    "toshiba_galan_dwi_classic_3slices": "toshiba_10006_DTI_ALL_20d",
}


@pytest.mark.parametrize("archive", DIFFUSION)
def test_b_values_are_those_of_dcm2niix(shared, imported, archive):
    folder = shared / "data" / "dwi-vendors"
    (series,) = imported(folder / f"{archive}.zip").series
    reference = np.loadtxt(folder / "ref" / f"{DIFFUSION[archive]}.bval")
    assert series.acquisition.b_values == tuple(np.sort(np.round(reference)))


def converted(archive: Path, folder: Path) -> list[nibabel.Nifti1Image]:
    """What dcm2niix makes of a zip, in the order of its file names."""
    dcm2niix = pytest.importorskip("dcm2niix", reason="the oracle dcm2niix is not installed")
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(folder / "in")
    (folder / "out").mkdir()
    command = [dcm2niix.bin, "-z", "n", "-b", "n", "-o", folder / "out", folder / "in"]
    subprocess.run(command, check=True, capture_output=True)
    return [nibabel.load(path) for path in sorted((folder / "out").glob("*.nii"))]


def at_places_of(image, grid):
    """An image's values on a grid that has the same voxels in another order."""
    to_lps = np.diag([-1.0, -1, 1, 1]) @ image.affine
    index = np.stack(np.meshgrid(*map(np.arange, grid.shape), indexing="ij"), -1).reshape(-1, 3)
    places = grid.positions(index.astype(float))
    found = (places - to_lps[:3, 3]) @ np.linalg.inv(to_lps[:3, :3]).T
    assert np.abs(found - np.rint(found)).max() < 0.02  # voxel centres lie on voxel centres
    i, j, k = np.rint(found).astype(int).T
    values = np.asarray(image.dataobj)[i, j, k]
    return values.reshape(*grid.shape, *values.shape[1:])


@pytest.mark.parametrize("archive", DIFFUSION)
def test_every_diffusion_voxel_lies_where_dcm2niix_puts_it(shared, imported, tmp_path, archive):
    path = shared / "data" / "dwi-vendors" / f"{archive}.zip"
    (series,) = imported(path).series
    (image,) = converted(path, tmp_path)
    ours = series.volume.values
    theirs = at_places_of(image, series.volume.grid)
    for value in set(np.round(series.acquisition.b_values)):
        mine = ours[..., np.equal(series.acquisition.b_values, value)].astype(float)
        bvals = np.round(np.loadtxt(next((tmp_path / "out").glob("*.bval"))))
        yours = theirs[..., bvals == value].astype(float)
        scale = mine.max()
        np.testing.assert_allclose(mine.sum(-1) / scale, yours.sum(-1) / scale, atol=1e-4)


def test_two_echoes_and_the_phase_are_three_volumes_as_in_dcm2niix(shared, imported, tmp_path):
    path = shared / "data" / "multi-echo" / "siemens_gre_2echo_dicom.zip"
    series = {one.acquisition.part: one for one in imported(path).series}
    images = converted(path, tmp_path)
    echoes, phase = series["magnitude"], series["phase"]
    assert echoes.acquisition.echo_times == (0.00519, 0.00765)
    made = [at_places_of(image, echoes.volume.grid) for image in images]
    for ours in (*np.moveaxis(echoes.volume.values, -1, 0), phase.volume.values):
        assert any(np.array_equal(ours, theirs) for theirs in made)


def test_an_incomplete_multi_echo_series_is_told(shared, imported):
    result = imported(shared / "data" / "multi-echo" / "siemens_t2se_multiecho_dcmstack.zip")
    assert "1 of 3 slices at echo time 40 ms; 1 of 3 slices at echo time 60 ms" in result.found()


def test_a_phantoms_flip_angles_are_one_series_and_its_echoes_another(shared, imported):
    archive = "mrbias_testset_B_T1_T2_dicom.zip"
    series = imported(shared / "data" / "relaxometry-phantom" / archive).series
    (angles,) = (one for one in series if one.acquisition.varies == "flip_angle")
    (echoes,) = (one for one in series if one.acquisition.varies == "echo_time")
    assert np.degrees(angles.acquisition.flip_angles).round().tolist() == [2, 5, 10, 15, 20, 25, 30]
    assert angles.acquisition.repetition_time == pytest.approx(0.0073)
    assert angles.volume.values.shape == (256, 256, 4, 7)
    np.testing.assert_allclose(echoes.acquisition.echo_times, np.arange(1, 33) / 100)
    inverted = [one.acquisition.inversion_time for one in series if one not in (angles, echoes)]
    assert sorted(inverted) == pytest.approx(
        [0.035, 0.075, 0.1, 0.125, 0.15, 0.25, 1.0, 1.5, 2.0, 3.0]
    )


def test_a_scanners_map_without_unit_is_told(shared, imported):
    result = imported(shared / "data" / "adc-dicom" / "adc_dicom.zip")
    (series,) = result.series
    assert series.acquisition.derived
    assert series.acquisition.units == "unknown"
    assert "without a unit" in result.found()


def test_an_old_siemens_header_gives_its_b_value(shared, imported):
    result = imported(shared / "data" / "dwi-vendors" / "siemens_trio_csa_b0_phi_removed.dcm")
    assert result.series[0].volume.values.shape[:2] == (128, 128)


def test_pictures_without_a_place_are_told(shared, imported):
    result = imported(shared / "data" / "ultrasound")
    assert not result.series
    assert len(result.problems) == len(list((shared / "data" / "ultrasound").glob("*.dcm")))
