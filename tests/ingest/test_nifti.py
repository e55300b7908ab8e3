"""NIfTI files with what lies beside them."""

import gzip
import json
from datetime import date

import nibabel
import numpy as np
import pytest


@pytest.fixture
def volume(tmp_path):
    """Write a NIfTI with a sidecar and a b-value table."""

    def write(name, values, *, facts=None, b=None, affine=None):
        path = tmp_path / "sub-A" / f"sub-A_ses-20240105_{name}.nii.gz"
        path.parent.mkdir(exist_ok=True)
        place = np.diag([2.0, 3, 4, 1]) if affine is None else affine
        nibabel.save(nibabel.Nifti1Image(values, place), path)
        stem = str(path).removesuffix(".nii.gz")
        if facts:
            with open(f"{stem}.json", "w") as file:
                json.dump(facts, file)
        if b:
            with open(f"{stem}.bval", "w") as file:
                file.write(" ".join(map(str, b)))
        return path

    return write


def counted(*shape):
    return np.arange(np.prod(shape), dtype="i2").reshape(shape)


def test_diffusion_with_its_b_values_and_facts(volume, imported, tmp_path):
    facts = {"RepetitionTime": 4.0, "EchoTime": 0.06, "MagneticFieldStrength": 3}
    volume("dwi", counted(3, 4, 2, 3), facts=facts, b=(0, 0.003, 800))
    (series,) = imported(tmp_path).series
    assert series.acquisition.varies == "b_value"
    assert series.acquisition.b_values == (0, 0, 800)
    assert (series.acquisition.repetition_time, series.acquisition.echo_time) == (4, 0.06)
    np.testing.assert_array_equal(series.volume.values, counted(3, 4, 2, 3))
    assert series.date < date(2024, 1, 5)


def test_right_and_front_become_left_and_back(volume, imported, tmp_path):
    affine = np.array([[2.0, 0, 0, 10], [0, 3, 0, 20], [0, 0, 4, 30], [0, 0, 0, 1]])
    volume("T2w", counted(3, 4, 2), affine=affine)
    grid = imported(tmp_path).series[0].volume.grid
    np.testing.assert_allclose(grid.positions(np.array([[1.0, 1, 1]])), [[-12, -23, 34]])


@pytest.mark.parametrize(
    ("b", "says"),
    [
        (None, "without a .bval"),
        ((0, 800), "3 frames, the .bval file beside it 2"),
        ((0, -5, 800), "negative"),
        (("0", "x", "800"), "no number"),
    ],
)
def test_b_values_that_are_missing_or_wrong_are_told(volume, imported, tmp_path, b, says):
    volume("dwi", counted(3, 4, 2, 3), b=b)
    volume("T2w", counted(3, 4, 2))
    result = imported(tmp_path)
    assert says in result.found()
    assert len(result.series) == 1


def test_flip_angles_are_sorted_into_one_series(volume, imported, tmp_path):
    for number, angle in enumerate((12, 2, 5), 1):
        facts = {"FlipAngle": angle, "RepetitionTimeExcitation": 0.0054}
        volume(f"flip-{number}_VFA", counted(3, 4, 2) + 100 * angle, facts=facts)
    (series,) = imported(tmp_path).series
    np.testing.assert_allclose(np.degrees(series.acquisition.flip_angles), [2, 5, 12])
    assert series.acquisition.repetition_time == 0.0054
    assert series.volume.values[0, 0, 0].tolist() == [200, 500, 1200]
    assert series.files == 3


def test_a_dynamic_series_needs_times(volume, imported, tmp_path):
    volume("dce", counted(3, 4, 2, 3), facts={"VolumeTiming": [10.0, 14.5, 19.0]})
    volume("acq-b_dce", counted(3, 4, 2, 3))
    result = imported(tmp_path)
    assert result.series[0].acquisition.times == (0, 4.5, 9)
    assert "neither b-values (.bval) nor times" in result.found()


def test_a_cine_tells_its_machine_in_the_words_of_bids(volume, imported, tmp_path):
    facts = {"Modality": "US", "TemporalResolution": 0.5, "Manufacturer": "Philips"}
    volume("us", counted(5, 4, 1, 3), facts=facts | {"ManufacturersModelName": "EPIQ  7"})
    (one,) = imported(tmp_path).series
    assert one.acquisition.machine.name == "Philips EPIQ 7"


def test_labels_become_regions_by_their_table(volume, imported, tmp_path):
    labels = np.zeros((3, 4, 2), "u1")
    labels[0, 1, 1], labels[2], labels[1, 0, 0] = 1, 2, 7
    path = volume("dseg", labels)
    rows = (
        "index\tlabel\tkind\tside\tlevel\tlevel_system",
        "1\tN1\tnode\tleft\tIIa\tAJCC",
        "2\tM\treference tissue\t\t\t",
        "3\tN2\tnode\tleft\t\t",
        "4\tN3\tnodule\t\t\t",
    )
    table = path.with_name(path.name.replace(".nii.gz", ".tsv"))
    table.write_text("\n".join(rows))
    volume("T2w", counted(3, 4, 2))
    result = imported(tmp_path)
    node, muscle = result.regions
    assert (node.label, node.kind, node.side, node.level) == ("N1", "node", "left", "IIA")
    assert (muscle.kind, muscle.side, muscle.level) == ("reference tissue", None, None)
    np.testing.assert_array_equal(node.mask, labels == 1)
    assert node.grid.same_as(result.series[0].volume.grid)
    assert node.date == result.series[0].date
    told = result.found()
    assert "row 4 of its table: no voxel" in told
    assert "row 5 of its table has an index, kind, side or level that is none" in told
    assert "label 7 is in the volume and not in its table" in told


def test_a_header_that_declares_more_than_the_file_can_hold_is_refused(volume, imported, tmp_path):
    path = volume("T2w", counted(3, 4, 2))
    raw = bytearray(gzip.decompress(path.read_bytes()))
    raw[40:56] = np.array([3, 30000, 30000, 12000, 1, 1, 1, 1], "<i2").tobytes()
    path.write_bytes(gzip.compress(bytes(raw)))
    assert "declares 21600000000000 bytes" in imported(tmp_path).found()


def test_a_damaged_volume_is_told(volume, imported, tmp_path):
    path = volume("T2w", counted(3, 4, 2))
    path.write_bytes(path.read_bytes()[:60])
    volume("dwi", counted(3, 4, 2, 2), b=(0, 500))
    result = imported(tmp_path)
    assert len(result.series) == len(result.problems) == 1


def test_a_volume_that_names_nobody_is_told(imported, tmp_path):
    nibabel.save(nibabel.Nifti1Image(counted(3, 4, 2), np.eye(4)), tmp_path / "ZZTOP.nii")
    result = imported(tmp_path)
    assert "does not say whose it is" in result.found()
    assert "ZZTOP" not in result.found()


@pytest.mark.real_data
def test_a_real_multi_shell_series(shared, imported, tmp_path):
    folder = shared / "data" / "multi-b"
    for ending in (".nii.gz", ".bval"):
        copy = tmp_path / f"sub-1_ses-20200101_dwi{ending}"
        copy.write_bytes((folder / f"small_101D{ending}").read_bytes())
    (series,) = imported(tmp_path).series
    image = nibabel.load(folder / "small_101D.nii.gz")
    np.testing.assert_array_equal(series.volume.values, np.asarray(image.dataobj))
    assert series.acquisition.b_values == tuple(np.loadtxt(folder / "small_101D.bval"))
    index = np.array([[2.0, 3, 4]])
    right = nibabel.affines.apply_affine(image.affine, index) * [-1, -1, 1]
    np.testing.assert_allclose(series.volume.grid.positions(index), right)
