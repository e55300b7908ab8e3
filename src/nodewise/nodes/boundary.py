"""A node's boundary as numbers: form, sharpness, what it touches, necrosis, coalescence.

These are measurements, not a verdict: which of them speak for extranodal extension is for readers
and for statistics to say.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation, distance_transform_edt, gaussian_filter
from scipy.optimize import curve_fit
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import ConvexHull, QhullError
from scipy.special import erf

from nodewise.errors import MeasureError
from nodewise.volume import Array, Grid, Mask

REACH = 5.0
"""Distance to both sides of the margin that tells its sharpness, mm."""

FAT_HU = (-190.0, -30.0)
"""Attenuation of fat on CT (established knowledge, confidence high), HU."""

FAT_WITHIN = 2.0
"""How far from the margin fat may begin for its plane to be there, mm: nodewise's convention, for
the voxels of the margin itself hold part of both."""

NECROSIS_HU = 25.0
"""Attenuation below which a node does not enhance on contrast-enhanced CT (established knowledge,
10 to 25 HU are usual; confidence medium), HU. What is as dark as fat is a hilum."""

RIM = 1.5
"""Depth below the margin to which voxels hold fat and node together, mm: nodewise's convention."""

FREE = "free"
"""The share of a surface that touches no neighbour that was asked about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """How compact a node is.

    Args:
        surface: area of its surface, mm².
        sphericity: surface of the ball of its volume / its surface; 1 of a ball.
        irregularity: share of its convex hull that it does not fill; 0 of a convex node.
    """

    surface: float
    sphericity: float
    irregularity: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Margin:
    """The image across the margin: an error function fitted to values against distance.

    Args:
        width: its standard deviation, mm; small is sharp. It holds the scanner's blur, the
            roughness of the margin and the error of the drawing together.
        contrast: inside minus outside, in the image's units.
        inside: level towards the centre, in the image's units.
    """

    width: float
    contrast: float
    inside: float


def form(mask: Mask, grid: Grid) -> Form:
    """Surface, sphericity and irregularity of a region.

    The surface is the total variation of the slightly blurred mask, which is free of the steps
    of voxels (counting faces makes a ball's surface half too large). The blur, of standard
    deviation s, takes 4 π s² from a ball's surface, which is put back. Of balls from 4 mm radius
    the surface is within 5 % on 1 mm voxels and within 10 % at slices of 2.5 to 3 mm; of long
    nodes in thick slices it is up to 11 % too small.

    Args:
        mask: shape of the grid.
        grid: where it lies.
    """
    box = _cut(mask, grid, margin=4 * float(grid.spacing.max()))
    sigma = float(grid.spacing.max()) * 0.7
    soft = gaussian_filter(box.astype(float), sigma / grid.spacing)
    slopes = np.gradient(soft, *grid.spacing)
    surface = float(np.sqrt(sum(slope**2 for slope in slopes)).sum() * grid.voxel_volume)
    surface += 4 * np.pi * sigma**2
    volume = float(mask.sum() * grid.voxel_volume)
    return Form(
        surface=surface,
        sphericity=float(np.pi ** (1 / 3) * (6 * volume) ** (2 / 3) / surface),
        irregularity=_unfilled(box, grid, volume),
    )


def _unfilled(box: Mask, grid: Grid, volume: float) -> float:
    """Share of the convex hull of the surface that is not filled."""
    points = np.concatenate([centres for _, centres, _ in _faces(box)]) * grid.spacing
    try:
        return float(max(0.0, 1 - volume / ConvexHull(points).volume))
    except QhullError:
        return 0.0


def margin(
    mask: Mask, image: NDArray[np.floating], grid: Grid, *, others: Mask | None = None
) -> Margin | None:
    """How sharply the image changes across the node's margin; None where it does not change.

    Args:
        mask: the node, shape of the grid.
        image: values on the same grid.
        grid: where both lie.
        others: other regions; they are left out.

    Returns:
        The fitted edge, from values within 5 mm of the margin.
    """
    box = around(mask, grid, REACH)
    away = _signed_distance(mask[box], grid)
    used = np.abs(away) <= REACH
    if others is not None:
        used &= ~others[box] | mask[box]
    distance, values = away[used], np.asarray(image[box][used], float)
    steps, spread = _profile(distance, values)
    if len(steps) < 5:
        return None
    means = spread[0]
    start = (float(means[:2].mean()), float(means[-2:].mean()), 0.0, float(grid.spacing.mean()))
    if abs(start[0] - start[1]) <= 1e-9 * max(abs(start[0]), 1.0):
        return None
    bounds = ([-np.inf, -np.inf, -REACH / 2, 0.05], [np.inf, np.inf, REACH / 2, REACH])
    try:
        fitted, _ = curve_fit(
            _edge, steps, means, start, sigma=1 / np.sqrt(spread[1]), bounds=bounds
        )
    except (RuntimeError, ValueError):
        return None
    inside, outside, _, width = (float(value) for value in fitted)
    return Margin(width=width, contrast=inside - outside, inside=inside)


def _edge(distance: Array, inside: float, outside: float, shift: float, width: float) -> Array:
    share = (1 + erf((distance - shift) / (np.sqrt(2) * width))) / 2
    return np.asarray(inside + (outside - inside) * share)


def _profile(distance: Array, values: Array) -> tuple[Array, tuple[Array, Array]]:
    """Distances in steps of half a millimetre: centre, and mean and number of the values there."""
    step = np.round(distance * 2).astype(int)
    kinds, place = np.unique(step, return_inverse=True)
    count = np.bincount(place).astype(float)
    centre = np.bincount(place, distance) / count
    return centre[: len(kinds)], (np.bincount(place, values) / count, count)


def _signed_distance(mask: Mask, grid: Grid) -> Array:
    """Distance to the surface, negative inside, shape of the mask, mm.

    The surface lies between voxel centres, half a voxel's way from the nearest on either side.
    """
    if not mask.any() or mask.all():
        raise MeasureError("a margin needs a region with something around it")
    outside = distance_transform_edt(~mask, sampling=grid.spacing)
    inside = distance_transform_edt(mask, sampling=grid.spacing)
    half = float(grid.spacing.min()) / 2
    return np.asarray(np.where(mask, half - inside, outside - half))


def contacts(
    mask: Mask, grid: Grid, neighbours: Mapping[str, Mask], *, within: float = 0.0
) -> dict[str, float]:
    """Share of a region's surface that touches each neighbour; the rest is free.

    With the fat around as a neighbour, 1 minus its share is the loss of the fat plane.

    Args:
        mask: the region, shape of the grid.
        grid: where it lies.
        neighbours: name → mask of the same shape; where two overlap, the first counts.
        within: gap that still counts as touching, mm.

    Returns:
        Neighbour's name → share of the surface's area, 0 to 1; together with `free` they make 1.
    """
    if not mask.any():
        raise MeasureError("the region holds no voxel")
    box = around(mask, grid, within)
    mask = mask[box]
    near = {name: _near(other[box] & ~mask, grid, within) for name, other in neighbours.items()}
    area = dict.fromkeys((*neighbours, FREE), 0.0)
    padded = np.pad(mask, 1)
    for axis, _, outside in _faces(padded):
        size = grid.voxel_volume / float(grid.spacing[axis])
        here = tuple(np.clip(outside - 1, 0, np.array(mask.shape) - 1).T)
        left = np.ones(len(outside), bool)
        for name, close in near.items():
            touched = left & close[here]
            area[name] += float(touched.sum()) * size
            left &= ~touched
        area[FREE] += float(left.sum()) * size
    whole = sum(area.values())
    return {name: size / whole for name, size in area.items()}


def encasement(node: Mask, vessel: Mask, grid: Grid) -> float:
    """Degrees of a vessel's circumference that a node touches, on the slice where it is most.

    Args:
        node: shape of the grid.
        vessel: shape of the grid.
        grid: where both lie.
    """
    share = 0.0
    for k in np.flatnonzero((vessel & ~node).any(axis=(0, 1))):
        around = np.pad(vessel[:, :, k] & ~node[:, :, k], 1)
        touched = whole = 0.0
        for axis, _, outside in _faces(around[:, :, None], axes=(0, 1)):
            size = float(grid.spacing[1 - axis])
            inside_node = np.pad(node[:, :, k], 1)[outside[:, 0], outside[:, 1]]
            touched += float(inside_node.sum()) * size
            whole += len(outside) * size
        share = max(share, touched / whole)
    return 360 * share


def fat_plane_loss(mask: Mask, image: NDArray[np.floating], grid: Grid) -> float:
    """Share of a node's surface without fat within 2 mm; 0 of a node in fat, 1 of one without any.

    Args:
        mask: the node, shape of the grid.
        image: CT on the same grid, HU.
        grid: where both lie.
    """
    box = around(mask, grid, FAT_WITHIN)
    values = np.asarray(image[box], float)
    fat = (values >= FAT_HU[0]) & (values <= FAT_HU[1])
    return 1 - contacts(mask[box], grid, {"fat": fat}, within=FAT_WITHIN)["fat"]


def core(mask: Mask, grid: Grid) -> Mask:
    """A region without its rim of 1.5 mm, where fat and node share voxels; empty of a thin one."""
    box = around(mask, grid, 0)
    inner = np.zeros_like(mask)
    inner[box] = _signed_distance(mask[box], grid) < -RIM
    return inner


def necrotic_fraction(
    mask: Mask, image: NDArray[np.floating], *, below: float, above: float = -np.inf
) -> float:
    """Share of a node's voxels that enhance less than a value.

    Args:
        mask: the node.
        image: contrast-enhanced values, shape of the mask.
        below: the value, in the image's units; it belongs to the measurement and is stored with it.
        above: what is no brighter than this is fat, not necrosis.
    """
    values = image[mask]
    if not len(values):
        raise MeasureError("the region holds no voxel")
    return float(np.mean((values < below) & (values > above)))


def groups(nodes: Sequence[Mask], grid: Grid, *, within: float) -> list[frozenset[int]]:
    """Nodes that hang together: each node's place in the sequence, group by group.

    With a gap of 0 these are coalescent masses (no fat left between neighbours), with a wider one
    clusters, which are no sign of extension.

    Args:
        nodes: masks, each of the grid's shape.
        grid: where they lie.
        within: gap that still joins two nodes, mm.
    """
    joined = np.zeros((len(nodes), len(nodes)), bool)
    for first, mask in enumerate(nodes):
        box = around(mask, grid, within)
        reach = binary_dilation(_near(mask[box], grid, within), np.ones((3, 3, 3), bool))
        for second in range(first + 1, len(nodes)):
            joined[first, second] = bool((reach & nodes[second][box]).any())
    _, labels = connected_components(csr_array(joined), directed=False)
    return [frozenset(np.flatnonzero(labels == label).tolist()) for label in np.unique(labels)]


def _near(mask: Mask, grid: Grid, within: float) -> Mask:
    if within <= 0 or not mask.any():
        return mask
    return np.asarray(distance_transform_edt(~mask, sampling=grid.spacing) <= within)


def around(mask: Mask, grid: Grid, margin: float) -> tuple[slice, ...]:
    """The box of a region and at least a margin (mm) and a voxel around it, within the grid."""
    inside = np.argwhere(mask)
    if not len(inside):
        raise MeasureError("the region holds no voxel")
    reach = np.ceil(margin / grid.spacing).astype(int) + 1
    low, high = np.maximum(inside.min(0) - reach, 0), inside.max(0) + reach + 1
    return tuple(slice(start, stop) for start, stop in zip(low, high, strict=True))


def _cut(mask: Mask, grid: Grid, *, margin: float) -> Mask:
    """The region with empty voxels around it, at least `margin` mm."""
    box = mask[around(mask, grid, 0)]
    return np.pad(box, [(reach, reach) for reach in np.ceil(margin / grid.spacing).astype(int)])


def _faces(box: Mask, axes: Sequence[int] = (0, 1, 2)) -> list[tuple[int, Array, NDArray[np.intp]]]:
    """Faces between inside and outside, axis by axis: their centres and the voxels outside.

    The box must have empty voxels around the region along these axes.
    """
    found = []
    for axis in axes:
        step = np.diff(box.astype(np.int8), axis=axis)
        at = np.argwhere(step)
        centres = at.astype(float)
        centres[:, axis] += 0.5
        outside = at.copy()
        outside[:, axis] += step[tuple(at.T)] < 0
        found.append((axis, centres, outside))
    return found
