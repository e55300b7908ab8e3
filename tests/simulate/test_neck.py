import numpy as np
import pytest

from nodewise.simulate import neck
from nodewise.simulate.neck import CODES, Ellipsoid
from nodewise.simulate.nodes import places


@pytest.fixture(scope="module")
def labels():
    return neck.paint(neck.build(np.random.default_rng(4)))


def at(labels: np.ndarray, place: tuple[float, float, float]) -> str:
    cell = (np.add(place, [100, 100, 0]) / neck.CELL).astype(int)
    return list(CODES)[labels[tuple(cell)]]


@pytest.mark.parametrize(
    ("place", "tissue"),
    [
        ((0, -36, 15), "air"),  # trachea
        ((0, 15.5, 60), "cord"),
        ((0, -22, 90), "air"),  # pharynx
        ((0, -95, 20), "air"),  # before the neck
        ((57, 2, 105), "gland"),  # parotid
        ((-57, 2, 105), "gland"),
        ((24, -19, 40), "artery"),
        ((32, -16, 45), "vein"),
        ((14, 30, 50), "muscle"),
        ((0, -48, 98), "fat"),  # the tongue's septum
    ],
)
def test_the_neck_holds_what_anatomy_says(labels, place, tissue):
    around = {
        at(labels, tuple(np.add(place, [dx, dy, 0]))) for dx in (-2, 0, 2) for dy in (-2, 0, 2)
    }
    assert tissue in around


def test_a_neck_is_nearly_symmetrical(labels):
    body = labels != CODES["air"]
    assert (body == body[::-1]).mean() > 0.93


def test_two_people_are_not_alike(labels):
    other = neck.paint(neck.build(np.random.default_rng(5)))
    assert 0.05 < (labels != other).mean() < 0.4


def test_the_middle_of_every_level_lies_inside_the_body(labels):
    for place in places().values():
        middle = (place.low + place.high) / 2
        for mirror in (1, -1):
            assert at(labels, tuple(middle * [mirror, 1, 1])) not in ("air", "cord", "csf")


def test_levels_follow_hyoid_and_cricoid_from_head_to_foot():
    where = places()
    hyoid, cricoid = 65, 30
    assert min(where[name].low[2] for name in ("IA", "IB", "IIA", "IIB")) >= hyoid
    assert where["III"].high[2] < hyoid
    assert where["III"].low[2] > cricoid > where["IV"].high[2]
    assert where["VA"].low[2] > cricoid > where["VB"].high[2]
    assert where["VA"].low[1] > where["III"].high[1]


@pytest.mark.parametrize("radii", [(3, 4, 6), (8, 8, 12), (12, 10, 15)])
def test_an_ellipsoid_fills_its_volume(radii):
    _, inside = neck.occupied(Ellipsoid(np.array([20.0, 3, 60]), np.array(radii, float), 0.6))
    volume = 4 / 3 * np.pi * np.prod(radii)
    assert inside.sum() * neck.CELL.prod() == pytest.approx(volume, rel=0.04)


def test_an_ellipsoid_at_the_edge_is_cut_without_error():
    box, inside = neck.occupied(Ellipsoid(np.array([20.0, 3, 1]), np.full(3, 6.0), 0.0))
    assert box[2].start == 0
    assert inside.shape == tuple(each.stop - each.start for each in box)


def test_a_lump_spares_what_it_must_keep(labels):
    painted = labels.copy()
    kept = frozenset({CODES["artery"]})
    neck.lump(painted, Ellipsoid(np.array([26.0, -18, 45]), np.full(3, 8.0), 0), code=99, keep=kept)
    assert (painted == 99).any()
    assert ((labels == CODES["artery"]) == (painted == CODES["artery"])).all()
