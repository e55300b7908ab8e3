"""The neck: structures as stacks of ellipses, painted into a fine grid one over the other.

`neck.csv` says where they lie: centre and half-axes in mm at some heights above the clavicle,
x to the patient's left, y to the back. Caudal edge of the hyoid at 65 mm, of the cricoid at 30 mm.
The shapes are ours, after textbook axial anatomy.
"""

import csv
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from nodewise.simulate.tissue import tissues
from nodewise.volume import Array, Mask

Labels = NDArray[np.uint8]
Box = tuple[slice, slice, slice]

EXTENT = (200.0, 200.0, 120.0)  # mm, that the phantom fills
FINE = (320, 320, 48)  # cells that hold one tissue each
CELL = np.array(EXTENT) / FINE
CODES = {name: code for code, name in enumerate(tissues())}
DISC_EVERY, DISC = 17.0, 4.5  # mm


@dataclass(frozen=True, slots=True)
class Structure:
    """A stack of ellipses.

    Args:
        name: of the structure.
        tissue: what it is made of.
        paired: whether the right side has one too.
        turn: of the ellipses about the body's axis, rad.
        boxy: whether they are fuller at the corners.
        back: where it is cut off behind, mm.
        z: heights at which it is described, shape (n,), mm.
        x: centre to the left at these heights, shape (n,), mm.
        y: centre backwards, shape (n,), mm.
        width: half-axis across, shape (n,), mm.
        depth: half-axis backwards, shape (n,), mm.
    """

    name: str
    tissue: str
    paired: bool
    turn: float
    boxy: bool
    back: float
    z: Array
    x: Array
    y: Array
    width: Array
    depth: Array


@dataclass(frozen=True, slots=True)
class Build:
    """What makes one person's neck differ from the drawing.

    Args:
        x: where each fine cell lies in the drawing, shape (320, 320), mm.
        y: the same backwards.
        shifts: of each structure, right and left, shape (structures, 2, 2), mm.
        sizes: factor of each structure's half-axes, shape (structures, 2).
    """

    x: NDArray[np.float32]
    y: NDArray[np.float32]
    shifts: Array
    sizes: Array


@dataclass(frozen=True, slots=True)
class Ellipsoid:
    """A lump in the fine grid.

    Args:
        centre: shape (3,), mm.
        radii: half-axes, shape (3,), mm.
        turn: about the body's axis, rad.
        bumps: waves over its surface, shape (n, 5): wave vector against the direction from the
            centre, phase, and height relative to the half-axes; none is smooth.
    """

    centre: Array
    radii: Array
    turn: float
    bumps: Array = field(default_factory=lambda: np.zeros((0, 5)))

    @property
    def reach(self) -> Array:
        """Half the size of a box that surely holds it, shape (3,), mm."""
        largest = np.array([*np.full(2, self.radii[:2].max()), self.radii[2]])
        return np.asarray(largest * (1 + np.abs(self.bumps[:, 4]).sum()))


@cache
def structures() -> tuple[Structure, ...]:
    """What a neck holds, in the order of painting."""
    text = files("nodewise.simulate").joinpath("neck.csv").read_text(encoding="utf-8")
    return tuple(_structure(row) for row in csv.DictReader(text.splitlines()))


def _structure(row: dict[str, str]) -> Structure:
    z = np.array(row["z"].split(), float)
    knots = {
        name: np.broadcast_to(np.array(row[name].split(), float), z.shape)
        for name in ("x", "y", "width", "depth")
    }
    return Structure(
        row["structure"], row["tissue"], row["paired"] == "yes",
        np.radians(float(row["turn"])), row["boxy"] == "yes", float(row["back"] or "inf"),
        z, **knots,
    )  # fmt: skip


def build(rng: np.random.Generator) -> Build:
    """One person's proportions: overall size, gentle asymmetry, and every structure's own."""
    wide, deep = 1 + 0.035 * rng.standard_normal(2)
    wave = rng.uniform(0, 2 * np.pi, 4)
    x, y = np.meshgrid(_centres(0), _centres(1), indexing="ij")
    bent_x = x / wide + 1.2 * np.sin(x / 19 + wave[0]) + 1.5 * np.sin(y / 27 + wave[1])
    bent_y = y / deep + 1.2 * np.sin(y / 17 + wave[2]) + 1.5 * np.sin(x / 23 + wave[3])
    count = len(structures())
    shifts = 0.7 * rng.standard_normal((count, 2, 2))
    shifts[:2] = 0  # the outline and what lies under it move together
    sizes = 1 + 0.05 * np.clip(rng.standard_normal((count, 2)), -2, 2)
    sizes[:2] = 1
    return Build(bent_x.astype(np.float32), bent_y.astype(np.float32), shifts, sizes)


def _centres(axis: int) -> Array:
    return np.asarray((np.arange(FINE[axis]) + 0.5) * CELL[axis] - EXTENT[axis] / 2)


def heights() -> Array:
    """Height of every fine slice above the lowest edge, shape (48,), mm."""
    return np.asarray((np.arange(FINE[2]) + 0.5) * CELL[2])


def paint(person: Build) -> Labels:
    """The tissue of every fine cell as a code of CODES, shape (320, 320, 48)."""
    labels = np.zeros(FINE, np.uint8)
    for index, structure in enumerate(structures()):
        for side in (0, 1) if structure.paired else (0,):
            _paint(labels, structure, person, place=(index, side))
    return labels


def _paint(labels: Labels, structure: Structure, person: Build, *, place: tuple[int, int]) -> None:
    z = heights()
    levels = np.flatnonzero((z >= structure.z[0] - 1) & (z <= structure.z[-1] + 1))
    x, y, width, depth = (
        np.interp(z[levels], structure.z, knots).astype(np.float32)
        for knots in (structure.x, structure.y, structure.width, structure.depth)
    )
    mirror = -1 if place[1] else 1
    x, y = mirror * x + person.shifts[place][0], y + person.shifts[place][1]
    width, depth = width * person.sizes[place], depth * person.sizes[place]
    reach = float(np.maximum(width, depth).max()) + 8
    box = tuple(
        slice(*np.clip(((ends + EXTENT[0] / 2) / CELL[0]).astype(int), 0, FINE[0]))
        for ends in (np.array([at.min() - reach, at.max() + reach]) for at in (x, y))
    )
    inside = _inside(
        person.x[box][..., None] - x.astype(np.float32),
        person.y[box][..., None] - y.astype(np.float32),
        structure,
        half_axes=(width.astype(np.float32), depth.astype(np.float32)),
        turn=mirror * structure.turn,
    )
    if np.isfinite(structure.back):
        inside &= (person.y[box] < structure.back)[..., None]
    part = labels[(*box, slice(levels[0], levels[-1] + 1))]
    part[inside] = CODES[structure.tissue]
    if structure.name == "vertebral marrow":
        disc = (z[levels] % DISC_EVERY) < DISC
        part[inside & disc] = CODES["cartilage"]


def _inside(
    across: NDArray[np.float32],
    along: NDArray[np.float32],
    structure: Structure,
    *,
    half_axes: tuple[NDArray[np.float32], NDArray[np.float32]],
    turn: float,
) -> Mask:
    if turn:
        cos, sin = np.float32(np.cos(turn)), np.float32(np.sin(turn))
        across, along = across * cos + along * sin, along * cos - across * sin
    first, second = np.abs(across / half_axes[0]), np.abs(along / half_axes[1])
    if structure.boxy:  # power 2.5: fuller at the corners
        return np.asarray(first * first * np.sqrt(first) + second * second * np.sqrt(second) <= 1)
    return np.asarray(first * first + second * second <= 1)


def lump(labels: Labels, shape: Ellipsoid, *, code: int, keep: frozenset[int]) -> None:
    """Paint an ellipsoid over everything but the tissues to keep; it may lie partly outside."""
    box, inside = occupied(shape)
    part = labels[box]
    part[inside & ~np.isin(part, list(keep))] = code


def occupied(shape: Ellipsoid) -> tuple[Box, Mask]:
    """The box of fine cells around a lump, and which of them lie inside."""
    box, outside = distance(shape)
    return box, outside <= 0


def distance(shape: Ellipsoid, *, beyond: float = 0.0) -> tuple[Box, Array]:
    """How far the cells of a box around a lump lie outside its surface.

    Args:
        shape: the lump.
        beyond: how much farther than the lump the box reaches, mm.

    Returns:
        The box, and mm along the way from the centre, negative inside, shape of the box.
    """
    reach = shape.reach + beyond
    origin = np.array([EXTENT[0] / 2, EXTENT[1] / 2, 0])
    low = np.clip(np.floor((shape.centre + origin - reach) / CELL).astype(int), 0, FINE)
    high = np.clip(np.ceil((shape.centre + origin + reach) / CELL).astype(int), 0, FINE)
    start = origin + shape.centre
    x, y, z = np.meshgrid(
        *((np.arange(low[a], high[a]) + 0.5) * CELL[a] - start[a] for a in range(3)), indexing="ij"
    )
    cos, sin = np.cos(shape.turn), np.sin(shape.turn)
    way = np.stack([x * cos + y * sin, y * cos - x * sin, z], axis=-1) / shape.radii
    length = np.sqrt((way**2).sum(axis=-1))
    box = (slice(low[0], high[0]), slice(low[1], high[1]), slice(low[2], high[2]))
    if not len(shape.bumps):
        return box, (length - 1) * shape.radii[:2].mean()
    waves = way / np.maximum(length, 1e-9)[..., None] @ shape.bumps[:, :3].T + shape.bumps[:, 3]
    return box, (length - 1 - np.sin(waves) @ shape.bumps[:, 4]) * shape.radii[:2].mean()
