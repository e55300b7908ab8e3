import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from nodewise.errors import MeasureError
from nodewise.nodes import boundary
from nodewise.nodes.boundary import FREE
from nodewise.volume import Grid


def grid_of(spacing=(1, 1, 1), shape=(48, 48, 48)):
    return Grid(shape, np.diag([*spacing, 1.0]).astype(float))


def ball(radius, grid, centre=None):
    index = np.indices(grid.shape).reshape(3, -1).T.astype(float)
    middle = grid.positions((np.array([grid.shape], float) - 1) / 2) if centre is None else centre
    away = np.linalg.norm(grid.positions(index) - middle, axis=1)
    return (away <= radius).reshape(grid.shape)


@pytest.mark.parametrize("radius", [6, 9, 15])
@pytest.mark.parametrize("spacing", [(1, 1, 1), (0.8, 0.8, 1.2)])
def test_a_ball_has_its_surface_and_a_sphericity_of_one(radius, spacing):
    grid = grid_of(spacing)
    found = boundary.form(ball(radius, grid), grid)
    assert found.surface == pytest.approx(4 * np.pi * radius**2, rel=0.04)
    assert found.sphericity == pytest.approx(1, abs=0.03)
    assert found.irregularity < 0.06


@pytest.mark.parametrize("radius", [4, 5, 8])
def test_small_nodes_in_thick_slices_have_nearly_their_surface(radius):
    grid = grid_of((0.7, 0.7, 2.5), (48, 48, 16))
    found = boundary.form(ball(radius, grid), grid)
    assert found.surface == pytest.approx(4 * np.pi * radius**2, rel=0.1)
    assert found.sphericity < 1.1


def test_a_long_node_is_less_spherical_by_the_amount_of_its_shape():
    grid = grid_of()
    x, y, z = np.indices(grid.shape) - 23.5
    found = boundary.form((x / 8) ** 2 + (y / 8) ** 2 + (z / 20) ** 2 <= 1, grid)
    e = np.sqrt(1 - (8 / 20) ** 2)
    surface = 2 * np.pi * 8**2 * (1 + 20 / (8 * e) * np.arcsin(e))  # prolate spheroid
    assert found.surface == pytest.approx(surface, rel=0.03)
    assert found.irregularity < 0.06


def test_spikes_make_a_node_irregular():
    grid = grid_of()
    smooth = ball(9, grid)
    spiked = smooth.copy()
    for axis in range(3):
        place = [slice(22, 26)] * 3
        place[axis] = slice(6, 42)
        spiked[tuple(place)] = True
    before, after = (boundary.form(mask, grid) for mask in (smooth, spiked))
    assert after.irregularity > before.irregularity + 0.3
    assert after.sphericity < before.sphericity - 0.2


@pytest.mark.parametrize("blur", [0.8, 1.5, 2.5])
@pytest.mark.parametrize("spacing", [(1, 1, 1), (0.7, 0.7, 1.4)])
def test_the_width_of_a_margin_is_that_of_the_blur(blur, spacing):
    grid = grid_of(spacing)
    mask = ball(12, grid)
    image = 100 + 80 * gaussian_filter(mask.astype(float), blur / np.array(spacing))
    found = boundary.margin(mask, image, grid)
    assert found.width == pytest.approx(blur, rel=0.15, abs=0.15)
    assert found.contrast == pytest.approx(80, rel=0.08)
    assert found.inside == pytest.approx(180, rel=0.05)


def test_a_sharper_margin_stays_sharper_in_noise():
    grid = grid_of()
    mask = ball(10, grid)
    noise = np.random.default_rng(1).normal(0, 15, grid.shape)
    widths = [
        boundary.margin(mask, 80 * gaussian_filter(mask.astype(float), blur) + noise, grid).width
        for blur in (0.7, 2.2)
    ]
    assert widths[0] < 1.1
    assert widths[1] > 1.8


def test_a_margin_that_the_image_does_not_show_has_no_width():
    grid = grid_of()
    assert boundary.margin(ball(8, grid), np.ones(grid.shape), grid) is None


def test_other_nodes_do_not_blur_the_margin():
    grid = grid_of()
    mask, other = ball(8, grid), ball(6, grid, (38, 23.5, 23.5))
    image = 80.0 * mask + 300.0 * other
    with_other = boundary.margin(mask, image, grid).contrast
    alone = boundary.margin(mask, image, grid, others=other).contrast
    assert alone == pytest.approx(80, rel=0.02)
    assert abs(with_other - 80) > abs(alone - 80) + 5


def test_a_cube_with_one_face_on_a_neighbour_touches_it_with_a_sixth():
    grid = grid_of()
    cube, slab = np.zeros((2, *grid.shape), bool)
    cube[10:20, 10:20, 10:20] = True
    slab[20:24] = True
    found = boundary.contacts(cube, grid, {"muscle": slab})
    assert found == pytest.approx({"muscle": 1 / 6, FREE: 5 / 6})


def test_the_loss_of_the_fat_plane_is_what_fat_does_not_cover():
    grid = grid_of((1, 1, 2))
    cube, muscle = np.zeros((2, *grid.shape), bool)
    cube[10:20, 10:20, 10:15] = True  # 10 mm a side
    muscle[:, :, 15:] = True
    found = boundary.contacts(cube, grid, {"muscle": muscle, "fat": ~muscle & ~cube})
    assert 1 - found["fat"] == pytest.approx(1 / 6)


def test_a_gap_counts_as_touching_up_to_its_width():
    grid = grid_of()
    cube, slab = np.zeros((2, *grid.shape), bool)
    cube[10:20, 10:20, 10:20] = True
    slab[23:30, 10:20, 10:20] = True
    assert boundary.contacts(cube, grid, {"m": slab}, within=3)["m"] > 0.1
    assert boundary.contacts(cube, grid, {"m": slab}, within=2.9)["m"] == 0


def test_a_region_at_the_edge_of_the_image_is_free_there():
    grid = grid_of(shape=(10, 10, 10))
    corner = np.zeros(grid.shape, bool)
    corner[:3, :3, :3] = True
    assert boundary.contacts(corner, grid, {}) == {FREE: 1.0}


@pytest.mark.parametrize(("half", "degrees"), [(slice(None), 360), (slice(24, None), 180)])
def test_encasement_is_the_part_of_the_circumference_that_is_touched(half, degrees):
    grid = grid_of()
    vessel, node = np.zeros((2, *grid.shape), bool)
    vessel[20:28, 20:28, :] = True
    node[half, :, 20:30] = True
    assert boundary.encasement(node & ~vessel, vessel, grid) == pytest.approx(degrees)
    assert boundary.encasement(np.zeros_like(node), vessel, grid) == 0


def test_the_necrotic_fraction_counts_voxels_below_the_value():
    mask = np.ones((2, 2, 1), bool)
    image = np.array([[[1.0], [2.0]], [[3.0], [4.0]]])
    assert boundary.necrotic_fraction(mask, image, below=2.0) == 0.25
    assert boundary.necrotic_fraction(mask, image, below=2.1) == 0.5


def test_fat_in_the_hilum_is_no_necrosis():
    mask, image = np.ones((2, 2, 1), bool), np.array([[[-80.0], [10.0]], [[24.9], [25.0]]])
    assert boundary.necrotic_fraction(mask, image, below=25, above=-30) == 0.5


def test_the_core_lies_deeper_than_the_rim():
    grid = grid_of()
    found = boundary.core(ball(9, grid), grid)
    assert found.sum() == pytest.approx(ball(7.5, grid).sum(), rel=0.1)
    assert not boundary.core(ball(1.6, grid), grid).any()


@pytest.mark.parametrize(("gap", "loss"), [(0, 64 / 600), (2, 1 / 6), (3, 1)])
def test_the_fat_plane_of_a_ct_is_lost_where_no_fat_begins_within_two_millimetres(gap, loss):
    grid = grid_of()
    cube = np.zeros(grid.shape, bool)
    cube[20:30, 20:30, 20:30] = True
    image = np.full(grid.shape, -100.0)
    image[20 - gap : 30 + gap, 20 - gap : 30 + gap, 20 - gap : 30 + gap] = 10.0
    image[:, :, 30:] = 50.0  # muscle above
    image[cube] = 60.0
    assert boundary.fat_plane_loss(cube, image, grid) == pytest.approx(loss)


@pytest.mark.parametrize(
    ("within", "found"),
    [(0, [{0, 1}, {2}, {3}]), (2, [{0, 1}, {2}, {3}]), (3, [{0, 1, 2}, {3}])],
)
def test_nodes_that_touch_hang_together_and_near_ones_when_a_gap_is_allowed(within, found):
    grid = grid_of()
    nodes = np.zeros((4, *grid.shape), bool)
    nodes[0, 5:10, 5:10, 5:10] = True
    nodes[1, 10:15, 5:10, 5:10] = True
    nodes[2, 18:22, 5:10, 5:10] = True  # three voxels of gap
    nodes[3, 40:45, 5:10, 5:10] = True
    assert boundary.groups(list(nodes), grid, within=within) == [frozenset(g) for g in found]


def test_an_empty_region_has_no_boundary():
    grid = grid_of()
    empty = np.zeros(grid.shape, bool)
    with pytest.raises(MeasureError):
        boundary.form(empty, grid)
    with pytest.raises(MeasureError):
        boundary.margin(empty, empty.astype(float), grid)
    with pytest.raises(MeasureError):
        boundary.contacts(empty, grid, {})
