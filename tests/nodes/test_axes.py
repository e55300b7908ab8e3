import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodewise.errors import MeasureError
from nodewise.nodes import size
from nodewise.nodes.axes import axes
from nodewise.volume import Grid

COS, SIN = np.cos(0.3), np.sin(0.3)
TILT = np.array(
    [[1.2, 0, 0, 5], [0, 0.9 * COS, -2.5 * SIN, -7], [0, 0.9 * SIN, 2.5 * COS, 3], [0, 0, 0, 1]]
)
GRID = Grid((12, 12, 6), TILT)
BLOBS = st.lists(
    st.tuples(st.integers(1, 10), st.integers(1, 10), st.integers(1, 4)), min_size=1, max_size=40
)


@given(BLOBS)
def test_the_lines_are_as_long_as_the_size_says(voxels):
    mask = np.zeros(GRID.shape, bool)
    mask[tuple(np.array(voxels).T)] = True
    measured, drawn = size(mask, GRID), axes(mask, GRID)
    long, short = (np.linalg.norm(np.diff(line, axis=0)) for line in (drawn.long, drawn.short))
    assert long == pytest.approx(measured.axial_long_axis_mm)
    assert short == pytest.approx(measured.short_axis_mm)


def test_both_lines_lie_on_one_slice_across_each_other():
    mask = np.zeros(GRID.shape, bool)
    mask[2:9, 4:7, 2] = True
    drawn = axes(mask, GRID)
    index = np.linalg.inv(TILT) @ np.vstack([np.vstack([drawn.long, drawn.short]).T, np.ones(4)])
    assert index[2] == pytest.approx(2)
    assert np.diff(drawn.long, axis=0) @ np.diff(drawn.short, axis=0).T == pytest.approx(0)


def test_an_empty_region_has_no_axes():
    with pytest.raises(MeasureError, match="no voxel"):
        axes(np.zeros(GRID.shape, bool), GRID)
