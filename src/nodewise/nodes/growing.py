"""A node grown from a point: voxels in the order in which they join it, and where to stop.

A path from the node's core to a voxel costs what its voxels differ from the core. Voxels join by
rising cost, so that the regions of all steps lie within each other and hang together. The step is
chosen at which the region's border has the strongest contrast for its roundness and size; a person
may take another. On simulated necks this found the true node better than region growing by
confidence intervals or neighbourhoods, random walks and watersheds (docs/marking.md).

Source:
    Minimal paths from a seed: Cohen and Kimmel, Int J Comput Vis 1997;24:57,
    doi:10.1023/A:1007922224810. The choice of the step is nodewise's own.
"""

from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

from nodewise.errors import MeasureError
from nodewise.volume import Array, Grid, Mask

STEPS = 60
CORE, REACH = 0.4, 1.4
"""Parts of the expected radius: what is surely node, and what a node never goes beyond."""
GUESSES = (3.0, 4.5, 6.5, 9.0, 12.0)
"""Expected radii that are tried when none is given, mm."""
_SMOOTH = 0.4  # voxels, within the slice
_SURE = 0.4  # spread of the log of a node's radius about the expected one
_FLOOR = 0.015  # cost of a path through tissue like the core, of the surroundings' spread
_HALF = [step for step in product((-1, 0, 1), repeat=3) if step > (0, 0, 0)]


@dataclass(frozen=True, slots=True)
class Growth:
    """Voxels in the order of joining.

    Args:
        steps: the step at which a voxel joins, from 1; 0 for never; shape of the grid.
        best: step with the strongest border.
        quality: of that border, in the image's unit; it compares growths in one image only.
    """

    steps: NDArray[np.uint8]
    best: int
    quality: float

    def region(self, step: int) -> Mask:
        """The region at a step, its holes filled."""
        return np.asarray(ndimage.binary_fill_holes((self.steps > 0) & (self.steps <= step)))


def grow(
    values: Array, grid: Grid, *, seed: tuple[int, int, int], radius: float | None = None
) -> Growth:
    """Grow a node from a voxel.

    Args:
        values: one image, shape (columns, rows, slices).
        grid: where its voxels lie.
        seed: a voxel near the node's middle.
        radius: expected, mm; several are tried when it is not given.

    Raises:
        MeasureError: when the seed lies outside the image, or the image is even around it.
    """
    if not all(0 <= at < size for at, size in zip(seed, values.shape, strict=True)):
        raise MeasureError("the point lies outside the image")
    tried = [_grown(values, grid, seed, each) for each in ([radius] if radius else GUESSES)]
    found = [growth for growth in tried if growth is not None]
    if not found:
        raise MeasureError("the image is the same everywhere around this point")
    return max(found, key=lambda growth: growth.quality)


def _grown(values: Array, grid: Grid, seed: tuple[int, int, int], radius: float) -> Growth | None:
    """A node of about that radius; none where the image is even as far as it reaches."""
    box, away = _around(grid, seed, REACH * radius)
    inside = away <= REACH * radius
    image = np.asarray(values[box], float)
    smooth = ndimage.gaussian_filter(image, (_SMOOTH, _SMOOTH, 0))
    core = (away <= CORE * radius) | (away == 0)
    spread = float(smooth[inside].std())
    if not spread > 0:
        return None
    differs = np.abs(smooth - np.median(smooth[core])) / spread + _FLOOR
    cost = _cost(differs, inside, core, grid.spacing)
    order = np.sort(cost[inside & np.isfinite(cost)])
    least = min(int(core.sum()), len(order) - 1)
    counts = np.unique(np.geomspace(max(least, 1), 0.95 * len(order), STEPS).astype(int))
    limits = order[np.minimum(counts, len(order) - 1)]
    steps = np.searchsorted(limits, cost) + 1
    steps[(steps > len(limits)) | ~inside] = 0
    found = [_quality(image, (steps > 0) & (steps <= n), grid, radius=radius)
             for n in range(1, len(limits) + 1)]  # fmt: skip
    whole = np.zeros(grid.shape, np.uint8)
    whole[box] = steps
    return Growth(whole, int(np.argmax(found)) + 1, float(max(found)))


def _around(
    grid: Grid, seed: tuple[int, int, int], reach: float
) -> tuple[tuple[slice, slice, slice], Array]:
    """The box around a voxel, two voxels wider than a reach, and distances from it, mm."""
    width = np.ceil(reach / grid.spacing).astype(int) + 2
    low = np.maximum(np.array(seed) - width, 0)
    high = np.minimum(np.array(seed) + width + 1, grid.shape)
    box = tuple(slice(int(a), int(b)) for a, b in zip(low, high, strict=True))
    index = np.stack(np.meshgrid(*[np.arange(a, b) for a, b in zip(low, high, strict=True)],
                                 indexing="ij"), axis=-1)  # fmt: skip
    away = np.linalg.norm((index - np.array(seed)) @ grid.affine[:3, :3].T, axis=-1)
    return (box[0], box[1], box[2]), np.asarray(away, float)


def _cost(differs: Array, inside: Mask, core: Mask, spacing: Array) -> Array:
    """Cheapest path from the core to each voxel; none leads through what lies outside."""
    number = np.full(differs.shape, -1)
    number[inside] = np.arange(inside.sum())
    rows, columns, weights = [], [], []
    for step in _HALF:
        here, there = _shifted(step, number.shape), _shifted(tuple(-s for s in step), number.shape)
        both = inside[here] & inside[there]
        rows.append(number[here][both])
        columns.append(number[there][both])
        length = float(np.linalg.norm(np.array(step) * spacing))
        weights.append(length * (differs[here][both] + differs[there][both]) / 2)
    size = int(inside.sum())
    pairs = (np.concatenate(rows), np.concatenate(columns))
    graph = csr_matrix((np.concatenate(weights), pairs), shape=(size, size))
    starts = number[core & inside]
    found = np.full(differs.shape, np.inf)
    found[inside] = dijkstra(graph, directed=False, indices=starts, min_only=True)
    return found


def _shifted(step: tuple[int, ...], shape: tuple[int, ...]) -> tuple[slice, ...]:
    """Voxels that have a neighbour one step away."""
    return tuple(slice(max(-s, 0), n - max(s, 0)) for s, n in zip(step, shape, strict=True))


def _quality(image: Array, region: Mask, grid: Grid, *, radius: float) -> float:
    """Mean contrast across a region's border, less for a ragged one or one of unexpected size."""
    filled = ndimage.binary_fill_holes(region)
    area = contrast = 0.0
    for axis, length in enumerate(grid.spacing):
        border = np.diff(filled.astype(np.int8), axis=axis) != 0
        face = grid.voxel_volume / length
        area += face * border.sum()
        contrast += face * float(np.abs(np.diff(image, axis=axis))[border].sum())
    volume = filled.sum() * grid.voxel_volume
    if not area or not volume:
        return 0.0
    sphericity = np.pi ** (1 / 3) * (6 * volume) ** (2 / 3) / area
    surprise = np.log((3 * volume / (4 * np.pi)) ** (1 / 3) / radius) / _SURE
    return float(contrast / area * np.sqrt(sphericity) * np.exp(-(surprise**2) / 2))
