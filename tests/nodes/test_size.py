import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nodewise.errors import MeasureError
from nodewise.nodes import size
from nodewise.volume import Grid


def grid(shape, spacing, turn=0.0):
    c, s = np.cos(turn), np.sin(turn)
    rotation = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])
    affine = np.eye(4)
    affine[:3, :3] = rotation @ np.diag(spacing)
    affine[:3, 3] = (7, -12, 30)
    return Grid(shape, affine)


def ellipsoid(shape, spacing, diameters):
    index = np.indices(shape).astype(float)
    centre = (np.array(shape) - 1) / 2
    away = sum(
        ((index[axis] - centre[axis]) * spacing[axis] * 2 / diameters[axis]) ** 2
        for axis in range(3)
    )
    return away <= 1


@pytest.mark.parametrize("turn", [0.0, 0.3])
def test_the_diameters_of_an_ellipsoid_are_found_within_a_voxel(turn):
    shape, spacing, diameters = (60, 60, 40), (0.5, 0.5, 1.0), (20.0, 12.0, 25.0)
    found = size(ellipsoid(shape, spacing, diameters), grid(shape, spacing, turn))
    assert found.volume == pytest.approx(np.pi / 6 * np.prod(diameters), rel=0.02)
    assert found.long_axis_mm == pytest.approx(25, abs=0.7)
    assert found.short_axis_3d_mm == pytest.approx(12, abs=0.3)
    assert found.axial_long_axis_mm == pytest.approx(20, abs=0.5)
    assert found.short_axis_mm == pytest.approx(12, abs=0.7)
    assert found.long_to_short == pytest.approx(20 / 12, rel=0.05)


def test_a_sphere_is_as_long_as_it_is_wide_within_half_a_voxel():
    rng = np.random.default_rng(1)
    shape, spacing = (24, 24, 24), (1.0, 1.0, 1.0)
    index = np.indices(shape).astype(float)
    found = []
    for _ in range(40):
        centre = 11.5 + rng.uniform(-0.5, 0.5, 3)
        away = sum((index[axis] - centre[axis]) ** 2 for axis in range(3))
        found.append(size(away <= 25, grid(shape, spacing)))
    assert np.mean([each.short_axis_3d_mm for each in found]) == pytest.approx(10, abs=0.1)
    assert np.mean([each.axial_long_axis_mm for each in found]) == pytest.approx(10.5, abs=0.3)


def test_one_voxel_is_as_large_as_itself():
    mask = np.zeros((3, 3, 3), bool)
    mask[1, 1, 1] = True
    found = size(mask, grid((3, 3, 3), (2.0, 2.0, 5.0)))
    assert found.volume == pytest.approx(20)
    assert found.long_axis_mm == pytest.approx(5)
    assert found.axial_long_axis_mm == pytest.approx(2)
    assert found.short_axis_mm == pytest.approx(2)


def test_a_region_at_the_edge_of_the_image_is_measured():
    mask = np.zeros((4, 4, 2), bool)
    mask[:, 0, 0] = True
    found = size(mask, grid((4, 4, 2), (1.0, 1.0, 1.0)))
    assert found.axial_long_axis_mm == pytest.approx(4)
    assert found.short_axis_mm == pytest.approx(1)


def test_an_empty_region_is_refused():
    with pytest.raises(MeasureError, match="no voxel"):
        size(np.zeros((3, 3, 3), bool), grid((3, 3, 3), (1, 1, 1)))


@settings(max_examples=25, deadline=None)
@given(st.tuples(*[st.integers(1, 6)] * 3), st.integers(0, 3), st.floats(0.5, 3))
def test_moving_a_region_changes_nothing_and_scaling_scales(extent, offset, scale):
    mask = np.zeros((12, 12, 12), bool)
    mask[: extent[0], : extent[1], : extent[2]] = True
    moved = np.roll(mask, offset, axis=(0, 1, 2))
    here, there = (size(each, grid(mask.shape, (1, 1, 1))) for each in (mask, moved))
    larger = size(mask, grid(mask.shape, (scale, scale, scale)))
    assert here.long_axis_mm == pytest.approx(there.long_axis_mm)
    assert here.short_axis_mm == pytest.approx(there.short_axis_mm)
    assert larger.long_axis_mm == pytest.approx(scale * here.long_axis_mm)
    assert larger.volume == pytest.approx(scale**3 * here.volume)
    assert here.short_axis_mm <= here.axial_long_axis_mm + 1e-9 <= here.long_axis_mm + 2e-9
