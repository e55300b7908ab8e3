import itertools

import numpy as np
import pytest

from nodewise.errors import MeasureError
from nodewise.nodes.growing import STEPS, grow
from nodewise.volume import Grid

GRID = Grid((48, 48, 12), np.diag([1.0, 1.0, 3.0, 1.0]))
PLACES = GRID.positions(np.indices(GRID.shape).reshape(3, -1).T.astype(float))


@pytest.fixture
def rng():
    return np.random.default_rng(5)


def ellipsoid(radii, centre=(24, 24, 18)):
    away = (PLACES - np.array(centre)) / np.array(radii)
    return (np.linalg.norm(away, axis=1) <= 1).reshape(GRID.shape)


def dice(one, other):
    return 2 * (one & other).sum() / (one.sum() + other.sum())


def image(node, noise, rng, around=60.0):
    """A node of 100 between fat (brighter) on one side and muscle (darker) on the other."""
    ground = np.where(np.arange(GRID.shape[0])[:, None, None] < 24, 160.0, around)
    values = np.where(node, 100.0, np.broadcast_to(ground, GRID.shape))
    return values + rng.normal(0, noise, GRID.shape)


@pytest.mark.parametrize("radius", [4.0, 6.0, 9.0])
@pytest.mark.parametrize("noise", [0.0, 8.0])
def test_a_node_between_fat_and_muscle_is_found(radius, noise, rng):
    node = ellipsoid((radius, radius, 1.3 * radius))
    values = image(node, noise, rng)
    for told in (None, radius):
        growth = grow(values, GRID, seed=(24, 24, 6), radius=told)
        assert dice(growth.region(growth.best), node) > 0.85


def test_regions_grow_with_the_step_hang_together_and_hold_the_seed(rng):
    values = image(ellipsoid((6, 6, 8)), 15.0, rng)
    growth = grow(values, GRID, seed=(24, 25, 6), radius=6.0)
    regions = [growth.region(step) for step in range(1, int(growth.steps.max()) + 1)]
    assert len(regions) <= STEPS
    assert all(region[24, 25, 6] for region in regions)
    for smaller, larger in itertools.pairwise(regions):
        assert not np.any(smaller & ~larger)


def test_nothing_lies_beyond_the_reach(rng):
    values = rng.normal(100, 10, GRID.shape)
    growth = grow(values, GRID, seed=(24, 24, 6), radius=5.0)
    away = np.linalg.norm(PLACES - np.array([24, 24, 18]), axis=1).reshape(GRID.shape)
    assert away[growth.steps > 0].max() <= 1.4 * 5


def test_brightness_and_contrast_of_the_image_change_nothing(rng):
    values = image(ellipsoid((6, 6, 8)), 5.0, rng)
    one = grow(values, GRID, seed=(24, 24, 6), radius=6.0)
    other = grow(7 * values + 300, GRID, seed=(24, 24, 6), radius=6.0)
    assert one.best == other.best
    assert np.array_equal(one.steps, other.steps)


def test_a_seed_at_the_border_of_the_image_stays_within(rng):
    values = rng.normal(100, 10, GRID.shape)
    growth = grow(values, GRID, seed=(0, 0, 0), radius=4.0)
    assert growth.steps.shape == GRID.shape
    assert growth.steps[0, 0, 0] == 1


@pytest.mark.parametrize("seed", [(-1, 0, 0), (0, 48, 0)])
def test_a_seed_outside_the_image_is_refused(seed):
    with pytest.raises(MeasureError, match="outside the image"):
        grow(np.zeros(GRID.shape), GRID, seed=seed)


def test_an_even_image_is_refused():
    with pytest.raises(MeasureError, match="same everywhere"):
        grow(np.ones(GRID.shape), GRID, seed=(24, 24, 6), radius=5.0)
