import numpy as np
import pytest

from nodewise.anatomy import LevelSystem, Side
from nodewise.errors import MeasureError
from nodewise.nodes.landmarks import Landmarks, edge
from nodewise.nodes.location import locate
from nodewise.volume import Grid

AJCC, GREGOIRE = LevelSystem.AJCC, LevelSystem.GREGOIRE
GRID = Grid((130, 120, 150), np.diag([1.0, 1.0, 1.0, 1.0]) + np.array(
    [[0, 0, 0, -65], [0, 0, 0, -70], [0, 0, 0, -30], [0, 0, 0, 0]], float))  # fmt: skip

SINGLE = {
    "skull base": (0, 0, 110), "c1": (0, 0, 95), "hyoid": (0, -40, 65), "cricoid": (0, -35, 30),
    "clavicle": (0, -30, 3), "manubrium": (0, -45, -5), "innominate vein": (0, -40, -25),
    "transverse cervical vessels": (0, 0, 16), "ear canal": (0, 0, 118), "mastoid tip": (0, 0, 100),
    "mandible angle": (0, 0, 85), "thyroid cartilage": (0, -40, 45), "orbit": (0, -60, 114),
    "mandible": (0, -65, 68), "occipital protuberance": (0, 45, 119),
}  # fmt: skip
PAIRS = {
    "submandibular gland": (30, -30, 70), "sternocleidomastoid": (45, 5, 60),
    "carotid": (20, -15, 60), "jugular vein": (30, -5, 60), "anterior scalene": (22, -3, 20),
    "digastric": (9, -50, 70), "strap muscles": (12, -38, 40), "masseter": (45, -35, 90),
    "mastoid": (40, 0, 105),
}  # fmt: skip


def landmarks(*without):
    points = {name: np.array([place], float) for name, place in SINGLE.items()}
    for name, (x, y, _) in PAIRS.items():
        edge = [(x, y, z) for z in range(-20, 121, 20)]
        points |= {f"{name} left": np.array(edge, float),
                   f"{name} right": np.array(edge, float) * (-1, 1, 1)}  # fmt: skip
    gland = np.argwhere(ball(48, -25, 95, 6)) + GRID.affine[:3, 3]
    jaw = np.array([(35, y, 75) for y in range(-68, -10, 5)], float)
    for side, sign in (("left", 1), ("right", -1)):
        points |= {f"body of parotid {side}": gland * (sign, 1, 1),
                   f"inner mandible {side}": jaw * (sign, 1, 1)}  # fmt: skip
    return Landmarks({name: at for name, at in points.items() if name not in without})


def ball(x, y, z, radius=3):
    i, j, k = np.ogrid[tuple(map(slice, GRID.shape))]
    left, back, up = GRID.affine[:3, 3]
    return (i + left - x) ** 2 + (j + back - y) ** 2 + (k + up - z) ** 2 <= radius**2


PLACES = [
    ((0, -55, 72), "IA", "IA"),
    ((25, -45, 72), "IB", "IB"),
    ((32, -15, 75), "IIA", "IIA"),
    ((35, -10, 102), "IIA", "VIIB"),
    ((30, -15, 50), "III", "III"),
    ((30, -20, 22), "IV", "IVA"),
    ((30, -20, 8), "IV", "IVB"),
    ((48, 15, 50), "VA", "VA"),
    ((48, 15, 24), "VB", "VB"),
    ((5, -45, 40), "VI", "VIA"),
    ((5, -30, 40), "VI", "VIB"),
    ((5, -30, 55), "VI", "VI"),
    ((48, -25, 95), "PAROTID", "VIII"),
    ((45, -50, 90), "FACIAL", "IX"),
    ((50, -2, 110), "OCCIPITAL", "XA"),
    ((40, 30, 114), "OCCIPITAL", "XB"),
    ((48, 15, 80), "VA", "XB"),
    ((8, -10, 80), "RETROPHARYNGEAL", "VIIA"),
    ((5, -30, -15), "VII", None),
    ((30, -20, -3), "SUPRACLAVICULAR", "IVB"),
]


@pytest.mark.parametrize(("place", "ajcc", "gregoire"), PLACES)
@pytest.mark.parametrize("sign", [1, -1])
def test_a_node_lies_in_the_level_of_its_landmarks(place, ajcc, gregoire, sign):
    x, y, z = place
    mask = ball(sign * x, y, z, 2)
    found = locate(mask, GRID, landmarks(), system=AJCC)
    assert found.level == ajcc
    assert locate(mask, GRID, landmarks(), system=GREGOIRE).level == gregoire
    if x > 2:
        assert found.side == (Side.LEFT if sign > 0 else Side.RIGHT)


def test_shares_add_up_and_the_larger_one_names_the_level():
    found = locate(ball(30, -15, 64, 5), GRID, landmarks(), system=AJCC)  # centre below the hyoid
    assert sum(found.shares.values()) == pytest.approx(1)
    assert found.level == "III"
    assert 0.3 < found.shares["IIA",] < 0.5 < found.shares["III",] < 0.7


@pytest.mark.parametrize(
    ("place", "without", "levels", "common"),
    [
        ((32, 0, 75), ["jugular vein left"], ("IIA", "IIB"), "II"),
        ((30, -15, 62), ["hyoid"], ("IIA", "III"), None),
        ((30, -15, 40), ["sternocleidomastoid left"], ("III", "VA"), None),
        ((20, -50, 72), ["digastric left"], ("IA", "IB"), "I"),
        ((30, -20, 20), ["anterior scalene left"], ("IV", "VB"), None),
        ((30, -20, 20), ["anterior scalene right"], ("IV",), "IV"),
        ((32, -15, 90), ["body of parotid left"], ("PAROTID", "IIA"), None),
        ((32, -15, 75), ["body of parotid left"], ("IIA",), "IIA"),
        ((45, -45, 90), ["masseter left"], ("FACIAL", "IB"), None),
        ((25, -45, 72), ["inner mandible left"], ("FACIAL", "IB"), None),
    ],
)
def test_a_missing_landmark_leaves_a_range_and_is_named(place, without, levels, common):
    found = locate(ball(*place), GRID, landmarks(*without), system=AJCC)
    assert (found.levels, found.level) == (levels, common)
    if len(levels) > 1:
        assert any(without[0].removeprefix("body of ") in each for each in found.missing)


def test_without_the_hyoid_a_node_above_the_cricoid_is_still_above_the_clavicle():
    found = locate(ball(30, -15, 62), GRID, landmarks("hyoid", "clavicle"), system=AJCC)
    assert found.levels == ("IIA", "III")


def test_iib_needs_a_plane_of_fat_behind_the_vein():
    vein = ball(30, -9, 75, 4)
    known = landmarks("jugular vein left").points | edge("jugular vein left", vein, GRID)
    levels = [
        locate(ball(30, y, 75, 3), GRID, Landmarks(known), system=AJCC).level for y in (-1, 2)
    ]
    assert levels == ["IIA", "IIB"]


def test_without_the_veins_mask_contact_stays_open():
    found = locate(ball(32, 0, 75, 2), GRID, landmarks(), system=AJCC)
    assert found.levels == ("IIA", "IIB")
    assert found.missing == ("mask of the jugular vein left",)


def test_edges_of_masks_are_what_levels_are_measured_from():
    mask = ball(40, 0, 60, 10)
    back = edge("sternocleidomastoid left", mask, GRID)["sternocleidomastoid left"]
    assert back[:, 1].max() == 10
    assert len(back) == 21
    assert edge("hyoid", mask, GRID)["hyoid"][0, 2] == 50
    assert edge("carotid left", mask, GRID)["carotid left"][:, 0].min() == 30
    assert edge("carotid right", mask, GRID)["carotid right"][:, 0].max() == 50
    assert edge("submandibular gland left", mask, GRID)["submandibular gland left"].shape == (1, 3)


def test_a_mandible_tells_its_lower_edge_its_angles_and_its_inner_sides():
    jaw = np.zeros(GRID.shape, bool)
    for left in (25, 100):  # a body that runs back and a branch that rises, on both sides
        jaw[left : left + 5, 10:60, 95:105] = True
        jaw[left : left + 5, 50:60, 95:140] = True
    found = edge("mandible", jaw, GRID)
    assert found["mandible"][0, 2] == 65
    assert found["mandible angle left"][0, 1:].tolist() == [-11, 65]
    assert set(found["inner mandible left"][:, 0]) == {35}
    assert set(found["inner mandible right"][:, 0]) == {-36}
    assert set(edge("mastoid left", jaw, GRID)) >= {"mastoid left", "mastoid tip left"}


def test_a_node_in_the_parotid_is_told_by_the_glands_mask_alone():
    inside, beside = ball(48, -25, 95, 2), ball(38, -15, 95, 2)
    found = [locate(mask, GRID, landmarks(), system=AJCC).level for mask in (inside, beside)]
    assert found == ["PAROTID", "IIA"]


def test_without_the_strap_muscles_level_vi_is_not_divided():
    found = locate(ball(5, -30, 40), GRID, landmarks("strap muscles left"), system=GREGOIRE)
    assert (found.levels, found.level) == (("VIA", "VIB"), "VI")
    assert found.missing == ("strap muscles left",)


def test_surgical_levels_cannot_be_told_by_images():
    with pytest.raises(MeasureError, match="set at surgery"):
        locate(ball(0, 0, 0), GRID, landmarks(), system=LevelSystem.AAO_HNS)


def test_without_a_midline_there_is_no_side():
    with pytest.raises(MeasureError, match="midline"):
        locate(ball(0, 0, 0), GRID, Landmarks({"clavicle": np.zeros((1, 3))}), system=AJCC)


@pytest.mark.parametrize(("name", "says"), [("tonsil", "no landmark"), ("hyoid", "no voxel")])
def test_a_mask_that_is_no_landmark_is_refused(name, says):
    with pytest.raises(MeasureError, match=says):
        edge(name, np.zeros(GRID.shape, bool), GRID)


def test_a_muscle_is_known_no_further_than_its_points_reach():
    points = dict(landmarks().points)
    points["sternocleidomastoid left"] = np.array([[45.0, 5.0, 60.0]])
    near, far = (
        locate(ball(30, -15, z, 2), GRID, Landmarks(points), system=AJCC) for z in (52, 35)
    )
    assert near.levels == ("III",)
    assert far.levels == ("III", "VA")
    assert far.missing == ("sternocleidomastoid left",)
