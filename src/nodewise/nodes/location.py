"""A node's level from landmarks: the share of it in each level, and a range where one is missing.

Every voxel is asked where it lies against each landmark; the tables of `criteria` tell which level
that is. A landmark that is missing leaves the levels open that it would tell apart.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from nodewise.anatomy import LevelSystem, Side, superlevel
from nodewise.criteria.rules import Fact, exactly, table
from nodewise.errors import MeasureError
from nodewise.nodes.landmarks import BODY, LATERAL, Landmarks
from nodewise.volume import Array, Grid, Mask

Answers = NDArray[np.int8]
YES, NO, OPEN = 1, 0, -1

TABLES = {
    LevelSystem.AJCC: "level_borders_ajcc",
    LevelSystem.GREGOIRE: "level_borders_gregoire",
}
LOWER_NECK_MM = 20.0
"""Height above the manubrium at which Grégoire's IVb and the supraclavicular Vc end or begin."""

HEIGHTS: tuple[tuple[str, str, float], ...] = (
    ("above_canal", "ear canal", 0),
    ("above_skull_base", "skull base", 0),
    ("above_mastoid", "mastoid tip", 0),
    ("above_c1", "c1", 0),
    ("above_angle", "mandible angle", 0),
    ("above_hyoid", "hyoid", 0),
    ("above_thyroid", "thyroid cartilage", 0),
    ("above_cricoid", "cricoid", 0),
    ("above_lower_neck", "manubrium", LOWER_NECK_MM),
    ("above_manubrium", "manubrium", 0),
    ("above_innominate", "innominate vein", 0),
)
"""Question, landmark and height above it, mm, from head to chest."""

ASIDE = (
    ("above_clavicle", "clavicle", "above_cricoid", YES),
    ("above_vessels", "transverse cervical vessels", "above_cricoid", YES),
    ("above_orbit", "orbit", "above_c1", NO),
    ("above_protuberance", "occipital protuberance", "above_c1", NO),
    ("above_mandible", "mandible", "above_hyoid", NO),
)
"""Question and landmark of heights without a fixed place among the others, and what settles them:
who is above the cricoid is above the clavicle, who is below the hyoid below the mandible."""

BESIDE = (
    ("lateral_to_carotid", "carotid", 1, 2),
    ("between_digastrics", "digastric", -1, 2),
    ("lateral_to_mastoid", "mastoid", 1, 2),
    ("lateral_to_mandible", "inner mandible", 1, 1),
)
"""Question, landmark, lateral (1) or medial (-1) to it, and the axis along which it runs."""

BEHIND = (
    ("behind_gland", "submandibular gland"),
    ("behind_muscle", "sternocleidomastoid"),
    ("behind_vein", "jugular vein"),
    ("behind_straps", "strap muscles"),
    ("behind_masseter", "masseter"),
)
"""Question and landmark."""

NEEDS = {question: str(named) for question, named, *_ in (*HEIGHTS, *ASIDE, *BESIDE, *BEHIND)} | {
    "behind_line": "sternocleidomastoid and anterior scalene",
    "touches_vein": "mask of the jugular vein",
    "in_parotid": "mask of the parotid",
}  # fmt: skip
"""Question → the landmark that answers it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """Where a node lies.

    Args:
        side: where most of it lies.
        system: who names the levels.
        levels: the level that holds most of it; several where landmarks that are missing leave
            them open; none outside every level.
        shares: possible levels of a part of the node → that part's share of it.
        missing: landmarks that would tell the levels apart.
        origins: level → where its borders come from, and how sure that is.
    """

    side: Side
    system: LevelSystem
    levels: tuple[str, ...]
    shares: Mapping[tuple[str, ...], float]
    missing: tuple[str, ...]
    origins: Mapping[str, str]

    @property
    def level(self) -> str | None:
        """The level, or the common superlevel of several; None where neither is certain."""
        if len(self.levels) == 1:
            return self.levels[0]
        common = {superlevel(level) for level in self.levels}
        return common.pop() if len(common) == 1 else None


def locate(mask: Mask, grid: Grid, landmarks: Landmarks, *, system: LevelSystem) -> Location:
    """A node's side and level.

    Args:
        mask: the node, shape of the grid.
        grid: where it lies.
        landmarks: what is known of the neck.
        system: AJCC (imaging) or Grégoire.

    Raises:
        MeasureError: when the mask is empty, nothing tells the midline, or the system's levels
            are not told by images.
    """
    if system not in TABLES:
        raise MeasureError(f"levels of {system} are set at surgery and cannot be told by images")
    points = grid.positions(np.argwhere(mask).astype(float))
    if not len(points):
        raise MeasureError("the region holds no voxel")
    left = points[:, 0] > landmarks.midline()
    reach = float(np.linalg.norm(grid.spacing))
    touching = _touches(points, landmarks, reach)
    shares: dict[tuple[str, ...], float] = {}
    missing: set[str] = set()
    origins: dict[str, str] = {}
    for side, here in zip(LATERAL, (points[left], points[~left]), strict=True):
        if not len(here):
            continue
        asked = questions(here, side, landmarks) | {"touches_vein": np.full(len(here), touching)}
        asked["in_parotid"] = _in_parotid(here, landmarks.points.get(f"{BODY}parotid {side}"),
                                          asked, reach / 2)  # fmt: skip
        for answers, count in _distinct(asked):
            found = table(TABLES[system]).decide(answers)
            shares[found.answers] = shares.get(found.answers, 0.0) + count / len(points)
            missing |= {_needed(name, side) for name in found.open_facts}
            origins |= {row.answer: row.origin for row in found.possible}
    levels = _most(shares)
    return Location(
        side=Side.LEFT if left.mean() >= 0.5 else Side.RIGHT,
        system=system,
        levels=levels,
        shares=dict(sorted(shares.items(), key=lambda part: -part[1])),
        missing=tuple(sorted(missing)),
        origins={level: origins[level] for level in levels},
    )


def questions(points: Array, side: Side, landmarks: Landmarks) -> dict[str, Answers]:
    """Every question of the tables asked of points of one side.

    Args:
        points: shape (n, 3), mm.
        side: theirs.
        landmarks: what is known.

    Returns:
        Question → yes (1), no (0) or open (-1), shape (n,).
    """
    x, y, z = points.T
    asked = _heights(z, landmarks)
    outward = 1.0 if side is Side.LEFT else -1.0
    for question, name in BEHIND:
        edge = landmarks.along(name, side, z)
        asked[question] = _open(z) if edge is None else _answer(y > edge.y, edge.known)
    for question, name, sign, axis in BESIDE:
        edge = landmarks.along(name, side, points[:, axis], axis=axis)
        asked[question] = (
            _open(z) if edge is None else _answer(sign * outward * (x - edge.x) >= 0, edge.known)
        )
    asked["behind_line"] = _behind_line(points, side, landmarks)
    return asked


def _heights(z: Array, landmarks: Landmarks) -> dict[str, Answers]:
    """Above or below each height; who is above one is above all further down."""
    asked: dict[str, Answers] = {}
    for question, name, above in HEIGHTS:
        height = landmarks.height(name)
        asked[question] = _open(z) if height is None else _answer(z >= height + above)
    names = [question for question, _, _ in HEIGHTS]
    for upper, lower in pairwise(names):
        asked[lower] = np.where(asked[upper] == YES, np.int8(YES), asked[lower])
    for lower, upper in pairwise(reversed(names)):
        asked[upper] = np.where(asked[lower] == NO, np.int8(NO), asked[upper])
    for question, name, settled_by, settled in ASIDE:
        height = landmarks.height(name)
        known = _open(z) if height is None else _answer(z >= height)
        asked[question] = np.where(asked[settled_by] == settled, np.int8(settled), known)
    return asked


def _in_parotid(
    points: Array, gland: Array | None, asked: Mapping[str, Answers], reach: float
) -> Answers:
    """Inside the gland's mask; never below the mandible's angle nor above the ear canal."""
    if gland is None:
        found = _open(points)
    else:
        found = _answer(np.asarray(cKDTree(gland).query(points)[0]) <= reach * 1.001)
    beyond = (asked["above_angle"] == NO) | (asked["above_canal"] == YES)
    return np.where(beyond, np.int8(NO), found)


def _behind_line(points: Array, side: Side, landmarks: Landmarks) -> Answers:
    """Behind the line from the back of the sternocleidomastoid to the anterior scalene."""
    x, y, z = points.T
    muscle = landmarks.along("sternocleidomastoid", side, z)
    scalene = landmarks.along("anterior scalene", side, z)
    if muscle is None or scalene is None:
        return _open(z)
    run = muscle.x - scalene.x
    run = np.where(np.abs(run) < 1e-6, 1e-6, run)
    line = scalene.y + (muscle.y - scalene.y) * (x - scalene.x) / run
    return _answer(y > line, muscle.known & scalene.known)


def _touches(points: Array, landmarks: Landmarks, reach: float) -> int:
    """Whether the node touches a jugular vein's mask: voxels that are neighbours touch."""
    veins = [landmarks.points.get(f"{BODY}jugular vein {side}") for side in LATERAL]
    known = [vein for vein in veins if vein is not None]
    if not known:
        return OPEN
    nearest = min(float(np.min(cKDTree(vein).query(points)[0])) for vein in known)
    return YES if nearest <= reach * 1.001 else NO


def _distinct(asked: Mapping[str, Answers]) -> list[tuple[dict[str, Fact], int]]:
    """Different sets of answers as facts, each with the number of points that gives it."""
    words = {YES: "yes", NO: "no", OPEN: None}
    rows, counts = np.unique(np.stack(list(asked.values()), axis=1), axis=0, return_counts=True)
    return [
        ({name: exactly(words[int(code)]) for name, code in zip(asked, row, strict=True)}, int(n))
        for row, n in zip(rows, counts, strict=True)
    ]


def _most(shares: Mapping[tuple[str, ...], float]) -> tuple[str, ...]:
    """Levels that could hold the most of the node."""
    levels = dict.fromkeys(level for possible in shares for level in possible)
    least = {level: shares.get((level,), 0.0) for level in levels}
    most = {
        level: sum(share for possible, share in shares.items() if level in possible)
        for level in levels
    }
    best = max(least.values(), default=0.0)
    if shares.get((), 0.0) > max(most.values(), default=0.0):
        return ()
    return tuple(level for level in levels if most[level] > best - 1e-9)


def _needed(question: str, side: Side) -> str:
    landmark = NEEDS[question]
    return landmark if question.startswith("above") else f"{landmark} {side}"


def _answer(yes: NDArray[np.bool_], known: NDArray[np.bool_] | None = None) -> Answers:
    found = yes.astype(np.int8)
    return found if known is None else np.where(known, found, np.int8(OPEN))


def _open(z: Array) -> Answers:
    return np.full(len(z), OPEN, np.int8)
