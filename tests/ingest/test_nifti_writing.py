"""Maps written as NIfTI lie where they lay."""

import nibabel
import numpy as np
import pytest

from nodewise.errors import IngestError
from nodewise.ingest import nifti, nifti_writing
from nodewise.volume import Grid

TURNED = np.array([[0, -2.0, 0, 10], [1.5, 0, 0, -20], [0, 0, 4, 30], [0, 0, 0, 1]])
GRID = Grid((3, 4, 2), TURNED)


@pytest.mark.parametrize("kind", ["f8", "f4", "u1", "i2"])
def test_what_is_written_reads_back_on_the_same_grid(tmp_path, kind):
    values = np.arange(24).reshape(GRID.shape).astype(kind)
    nifti_writing.write(tmp_path / "map.nii.gz", values, GRID)
    read = nifti.load(tmp_path / "map.nii.gz")
    np.testing.assert_array_equal(read.values, values)
    assert read.grid.same_as(GRID, tolerance=1e-4)
    assert read.values.dtype == (np.dtype("f4") if kind[0] == "f" else np.dtype(kind))


def test_voxels_without_a_fit_stay_nan(tmp_path):
    values = np.full(GRID.shape, np.nan)
    values[0, 0, 0] = 1e-3
    nifti_writing.write(tmp_path / "map.nii.gz", values, GRID)
    read = nifti.load(tmp_path / "map.nii.gz").values
    assert np.isnan(read).sum() == 23
    assert read[0, 0, 0] == np.float32(1e-3)


def test_both_transforms_say_the_same_to_other_software(tmp_path):
    nifti_writing.write(tmp_path / "map.nii", np.zeros(GRID.shape), GRID)
    header = nibabel.load(tmp_path / "map.nii").header
    np.testing.assert_allclose(header.get_sform(), header.get_qform(), atol=1e-5)
    assert header.get_xyzt_units()[0] == "mm"


def test_values_that_do_not_fill_the_grid_are_refused(tmp_path):
    with pytest.raises(IngestError, match=r"\(3, 4\) do not fill a grid of \(3, 4, 2\)"):
        nifti_writing.write(tmp_path / "map.nii", np.zeros((3, 4)), GRID)
