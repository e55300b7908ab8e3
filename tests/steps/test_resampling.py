"""A map on other voxels: linear in mm, and never made up."""

import numpy as np
import pytest

from nodewise.errors import ModelError
from nodewise.steps.series.resampling import resampled
from nodewise.volume import Grid

TURNED = np.array([[1.9, 0.2, 0, 2], [-0.2, 1.9, 0.3, 3], [0, -0.3, 2.5, 1], [0, 0, 0, 1.0]])
OWN = Grid((20, 20, 12), np.diag([3.0, 3, 4, 1]))
OTHER = Grid((12, 10, 6), TURNED)


def field(grid):
    """A map that is linear in mm, shape of the grid."""
    index = np.indices(grid.shape).reshape(3, -1).T.astype(float)
    return (grid.positions(index) @ [0.02, -0.01, 0.03] + 1).reshape(grid.shape)


def test_what_is_linear_in_millimetres_stays_so_on_turned_voxels():
    found = resampled(field(OWN), OWN, OTHER, word="T1")
    inside = np.isfinite(found)
    assert inside.mean() > 0.9
    below = OTHER.positions(np.argwhere(inside).astype(float)).min(axis=1) < 0
    exact = field(OTHER)[inside]
    np.testing.assert_allclose(found[inside][~below], exact[~below], rtol=1e-9)


def test_what_is_unknown_lends_nothing_to_its_neighbours():
    values = field(OWN)
    values[8:, :, :] = np.nan
    found = resampled(values, OWN, OTHER, word="T1")
    known = np.isfinite(found)
    place = OTHER.positions(np.argwhere(known).astype(float))[:, 0]
    assert place.max() < 8 * 3.0
    assert found[known].min() >= np.nanmin(values)
    assert found[known].max() <= np.nanmax(values)


def test_a_map_elsewhere_is_refused_and_one_that_ends_leaves_the_rest_unknown():
    away = Grid(OTHER.shape, TURNED + 1000 * np.eye(4, k=3))
    with pytest.raises(ModelError, match="T1 must lie where the series does, 12 × 10 × 6"):
        resampled(field(OWN), OWN, away, word="T1")
    long = Grid((40, 10, 6), OTHER.affine)
    found = resampled(field(OWN), OWN, long, word="T1")
    assert np.isfinite(found[:12]).mean() > 0.9
    assert np.isnan(found[-5:]).all()
