import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodewise.reading import display
from nodewise.volume import Grid


def grid_of(axes, signs, shape=(4, 5, 6), spacing=(1.0, 2.0, 3.0)):
    affine = np.eye(4)
    affine[:3, :3] = 0
    for voxel, (patient, sign) in enumerate(zip(axes, signs, strict=True)):
        affine[patient, voxel] = sign * spacing[voxel]
    affine[:3, 3] = (10, -20, 30)
    return Grid(shape, affine)


@pytest.mark.parametrize("axes", list(itertools.permutations(range(3))))
@pytest.mark.parametrize("signs", list(itertools.product((1, -1), repeat=3)))
def test_turning_moves_no_voxel_in_the_patient(axes, signs):
    grid = grid_of(axes, signs)
    values = np.arange(120.0).reshape(grid.shape)
    turned, place = display.turned(values, grid)
    assert turned.shape == place.shape
    assert np.all(np.diag(place.affine[:3, :3]) > 0)
    index = np.argwhere(values >= 0)
    before = dict(zip(values.ravel(), map(tuple, grid.positions(index)), strict=True))
    for index in np.argwhere(turned >= 0)[::7]:
        position = place.positions(index[None].astype(float))[0]
        assert before[turned[tuple(index)]] == pytest.approx(tuple(position))


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=40))
def test_sixteen_bits_keep_every_value_within_half_a_step(values):
    array = np.array(values)
    found = display.quantised(array)
    back = found.intercept + found.slope * found.levels
    assert np.abs(back - array).max() <= found.slope * 0.5 + 1e-6


def test_whole_numbers_are_kept_exactly():
    found = display.quantised(np.array([-1024.0, 3071.0, 40.0]))
    assert (found.slope, found.intercept) == (1.0, -1024.0)
    assert found.levels.tolist() == [0, 4095, 1064]


def test_what_is_not_finite_becomes_the_lowest_and_a_flat_image_stays_flat():
    found = display.quantised(np.array([np.nan, 1.0, 3.0, np.inf]))
    assert found.levels.tolist() == [0, 0, 2, 0]
    assert display.quantised(np.full(3, 7.0)).levels.tolist() == [0, 0, 0]


def test_regions_on_another_grid_keep_their_place_and_number():
    coarse = Grid((10, 10, 10), np.diag([2.0, 2, 2, 1]))
    fine = Grid((20, 20, 20), np.diag([1.0, 1, 1, 1]) + np.array([[0, 0, 0, -0.5]] * 3 + [[0] * 4]))
    first, second = np.zeros((2, 10, 10, 10), bool)
    first[2:4, 3:5, 4:6] = True
    second[9, 9, 9] = True
    found = display.labelled([(first, coarse), (second, coarse)], fine)
    assert np.argwhere(found == 1).min(axis=0).tolist() == [4, 6, 8]
    assert (found == 1).sum() == 8 * first.sum()
    assert (found == 2).sum() > 0


def test_the_centre_of_a_region_is_in_millimetres():
    grid = Grid((10, 10, 10), np.diag([2.0, 2, 3, 1]))
    mask = np.zeros(grid.shape, bool)
    mask[4:7, 4:7, 2] = True
    assert display.centre(mask, grid).tolist() == [10.0, 10.0, 6.0]
