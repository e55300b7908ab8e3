"""Landmarks of the neck as edges: points in mm along which a border of a level runs.

Coordinates are DICOM's: x to the patient's left, y back, z to the head. A landmark is told by
points set on the edge that counts, or by a mask from which the edge is taken.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nodewise.anatomy import Side
from nodewise.errors import MeasureError
from nodewise.volume import Array, Grid, Mask

LATERAL = (Side.LEFT, Side.RIGHT)
BODY = "body of "
"""Before a structure's name: all its points, not the edge alone."""


def _lowest(points: Array, sign: float) -> Array:
    return points[[points[:, 2].argmin()]]


def _highest(points: Array, sign: float) -> Array:
    return points[[points[:, 2].argmax()]]


def _backmost(points: Array, sign: float) -> Array:
    return points[[points[:, 1].argmax()]]


def _each_slice(points: Array, pick: Callable[[Array], int]) -> Array:
    heights = np.round(points[:, 2], 3)
    slices = [points[heights == height] for height in np.unique(heights)]
    return np.array([here[pick(here)] for here in slices])


def _back_by_slice(points: Array, sign: float) -> Array:
    return _each_slice(points, lambda here: int(here[:, 1].argmax()))


def _medial_by_slice(points: Array, sign: float) -> Array:
    return _each_slice(points, lambda here: int((sign * here[:, 0]).argmin()))


def _posterolateral_by_slice(points: Array, sign: float) -> Array:
    return _each_slice(points, lambda here: int((here[:, 1] + sign * here[:, 0]).argmax()))


def _front_by_slice(points: Array, sign: float) -> Array:
    return _each_slice(points, lambda here: int(here[:, 1].argmin()))


def _angle(points: Array, sign: float) -> Array:
    return points[[(points[:, 1] - points[:, 2]).argmax()]]


def _inner_by_depth(points: Array, sign: float) -> Array:
    depths = np.round(points[:, 1], 3)
    rows = [points[depths == depth] for depth in np.unique(depths)]
    return np.array([here[int((sign * here[:, 0]).argmin())] for here in rows])


EDGES: Mapping[str, Callable[[Array, float], Array]] = {
    "skull base": _lowest,
    "c1": _lowest,
    "hyoid": _lowest,
    "cricoid": _lowest,
    "clavicle": _highest,
    "manubrium": _highest,
    "innominate vein": _highest,
    "submandibular gland": _backmost,
    "sternocleidomastoid": _back_by_slice,
    "carotid": _medial_by_slice,
    "jugular vein": _back_by_slice,
    "anterior scalene": _posterolateral_by_slice,
    "digastric": _medial_by_slice,
    "transverse cervical vessels": _lowest,
    "thyroid cartilage": _lowest,
    "strap muscles": _back_by_slice,
    "mandible": _lowest,
    "mandible angle": _angle,
    "inner mandible": _inner_by_depth,
    "masseter": _front_by_slice,
    "orbit": _lowest,
    "ear canal": _highest,
    "mastoid": _medial_by_slice,
    "mastoid tip": _lowest,
    "occipital protuberance": _lowest,
    "parotid": lambda points, sign: points,
}
"""Structure → its edge that counts. Paired ones bear a side after their name."""

PAIRED = (
    "submandibular gland", "sternocleidomastoid", "carotid", "jugular vein", "anterior scalene",
    "digastric", "strap muscles", "inner mandible", "masseter", "mastoid", "parotid",
)  # fmt: skip

ALSO: Mapping[str, tuple[str, ...]] = {
    "mandible": ("mandible angle left", "mandible angle right", "inner mandible left",
                 "inner mandible right"),
    "mastoid left": ("mastoid tip left",), "mastoid right": ("mastoid tip right",),
}  # fmt: skip
"""Landmarks that the mask of another structure tells with its own edge."""

MASK_ALONE = ("parotid",)
"""Structures whose points tell nothing."""

FOLLOWED = (
    "sternocleidomastoid", "carotid", "jugular vein", "anterior scalene", "strap muscles",
    "masseter", "mastoid", "inner mandible",
)  # fmt: skip
"""Structures that change place from slice to slice (the mandible: from front to back)."""

BEYOND = 10.0
"""How far beyond its points such a structure is taken to go on, mm."""


@dataclass(frozen=True, slots=True)
class Edge:
    """A landmark's edge at n heights.

    Args:
        x: shape (n,), mm.
        y: shape (n,), mm.
        known: whether the landmark reaches there, shape (n,).
    """

    x: Array
    y: Array
    known: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Landmarks:
    """What is known of a neck.

    Args:
        points: landmark (paired ones with their side) → points, shape (n, 3), mm.
    """

    points: Mapping[str, Array]

    def height(self, name: str) -> float | None:
        """Where a landmark stands, mm; None when it is missing."""
        found = self._all(name)
        return None if found is None else float(found[:, 2].mean())

    def along(self, name: str, side: Side, at: Array, *, axis: int = 2) -> Edge | None:
        """Where a paired landmark runs; None when it is missing.

        Between points the edge is straight. A muscle or vessel is known up to 10 mm beyond its
        points and no further; gland and digastric stand for the whole level.

        Args:
            name: of the landmark.
            side: its side.
            at: heights z (axis 2) or depths y (axis 1) that are asked, shape (n,), mm.
            axis: which of them.
        """
        found = self.points.get(f"{name} {side}")
        if found is None:
            return None
        edge = found[found[:, axis].argsort()]
        low, high = edge[0, axis] - BEYOND, edge[-1, axis] + BEYOND
        near = (at >= low) & (at <= high)
        return Edge(
            x=np.interp(at, edge[:, axis], edge[:, 0]),
            y=np.interp(at, edge[:, axis], edge[:, 1]),
            known=near if name in FOLLOWED else np.ones(len(at), bool),
        )

    def midline(self) -> float:
        """The x of the neck's middle, mm.

        Raises:
            MeasureError: when no landmark tells it.
        """
        single = [self._all(name) for name in ("hyoid", "cricoid", "manubrium")]
        known = [float(points[:, 0].mean()) for points in single if points is not None]
        for name in PAIRED:
            pair = [
                self.points[key] for side in LATERAL if (key := f"{name} {side}") in self.points
            ]
            if len(pair) == 2:
                known.append(float(np.mean([points[:, 0].mean() for points in pair])))
        if not known:
            raise MeasureError(
                "no landmark tells the midline; needed: hyoid, cricoid or manubrium, or a paired "
                f"landmark on both sides; there is {', '.join(sorted(self.points)) or 'none'}"
            )
        return float(np.mean(known))

    def _all(self, name: str) -> Array | None:
        """A landmark's points, of both sides where it is told by side."""
        parts = [self.points[key] for key in (name, *(f"{name} {side}" for side in LATERAL))
                 if key in self.points]  # fmt: skip
        return np.concatenate(parts) if parts else None


def structure_of(name: str) -> str:
    """A landmark's name without its side."""
    return name.removesuffix(" left").removesuffix(" right")


def edge(name: str, mask: Mask, grid: Grid) -> dict[str, Array]:
    """A structure's edges and body from its mask, under their names as landmarks.

    Args:
        name: structure, with its side when it is paired.
        mask: shape of the grid.
        grid: where it lies.

    Raises:
        MeasureError: when the structure is unknown or its mask is empty.
    """
    if structure_of(name) not in EDGES:
        raise MeasureError(f"'{name}' is no landmark; there is {', '.join(EDGES)}")
    points = grid.positions(np.argwhere(mask).astype(float))
    if not len(points):
        raise MeasureError(f"the mask of {name} holds no voxel")
    told = {each: _picked(each, points) for each in (name, *ALSO.get(name, ()))}
    return told | {f"{BODY}{name}": points}


def _picked(name: str, points: Array) -> Array:
    """The edge that counts; of a structure in one piece, on its own half."""
    sign = -1.0 if name.endswith(" right") else 1.0
    if name.startswith(("mandible angle", "inner mandible")):
        points = points[sign * (points[:, 0] - points[:, 0].mean()) >= 0]
    return EDGES[structure_of(name)](points, sign)
