import numpy as np
import pytest
from scipy.stats import kurtosis, skew

from nodewise.nodes import on_grid, share_within, shell, summary
from nodewise.volume import Grid


def grid(shape, spacing, origin=(0, 0, 0)):
    affine = np.diag([*spacing, 1.0])
    affine[:3, 3] = origin
    return Grid(shape, affine)


def test_a_region_keeps_its_place_on_a_finer_grid():
    coarse, fine = grid((8, 8, 4), (2, 2, 4)), grid((16, 16, 8), (1, 1, 2), (-0.5, -0.5, -1))
    mask = np.zeros(coarse.shape, bool)
    mask[2:5, 3:6, 1:3] = True
    there = on_grid(mask, coarse, fine)
    assert there.sum() == 8 * mask.sum()
    assert np.array_equal(on_grid(there, fine, coarse), mask)


def test_a_region_beyond_the_other_grid_is_told():
    here, elsewhere = grid((8, 8, 4), (1, 1, 1)), grid((8, 8, 4), (1, 1, 1), (6, 0, 0))
    mask = np.ones(here.shape, bool)
    assert share_within(mask, here, elsewhere) == pytest.approx(0.25)
    assert share_within(mask, here, here) == 1


def test_a_shell_surrounds_the_region_and_leaves_the_neighbours_out():
    where = grid((20, 20, 20), (1, 1, 2))
    mask, neighbour = np.zeros(where.shape, bool), np.zeros(where.shape, bool)
    mask[8:12, 8:12, 9:11] = True
    neighbour[13:, :, :] = True
    around = shell(mask, where, width=2.0, others=neighbour)
    assert around[12, 9, 9]
    assert not around[13, 9, 9]
    assert around[9, 9, 11]
    assert not around[9, 9, 12]
    assert not (around & mask).any()


def test_the_statistics_are_those_of_scipy():
    values = np.random.default_rng(3).gamma(2, size=500)
    found = summary(values)
    assert found["skewness"] == pytest.approx(skew(values))
    assert found["kurtosis"] == pytest.approx(kurtosis(values))
    assert found["p10"] == pytest.approx(np.percentile(values, 10))


def test_what_values_do_not_determine_is_none():
    assert summary(np.array([2.0]))["sd"] is None
    assert summary(np.full(5, 2.0))["skewness"] is None
    assert summary(np.full(5, 2.0))["median"] == 2
