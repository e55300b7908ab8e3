"""Lumps painted into the neck: capsule, core, what lies within, and what grows beyond."""

from collections.abc import Sequence

import numpy as np
from scipy.ndimage import gaussian_filter

from nodewise.simulate import neck
from nodewise.simulate.neck import CODES, Ellipsoid, Labels
from nodewise.simulate.nodes import Lump
from nodewise.volume import Array

FIRST = 64  # label of the first lump in the fine grid
STRANDS = 0.55  # share of the fat beside a blurred border that is stranded: assumed
SPREAD = 0.7  # mm, over which tumour thins out beyond a border blurred by 1 mm: assumed
_KEPT = frozenset(CODES[name] for name in ("air", "cortex", "artery"))  # what no lump displaces


def paint(labels: Labels, lumps: Sequence[Lump], rng: np.random.Generator) -> None:
    """Put lumps and what is inside them into the fine grid, in place.

    Args:
        labels: code of each fine cell.
        lumps: the first gets code 64, the next 65, and so on.
        rng: source of the strands beside blurred borders.
    """
    for number, lump in enumerate(lumps):
        neck.lump(labels, lump.shape, code=FIRST + number, keep=_KEPT)
        for tissue, size in (("necrosis", lump.core), ("fat", lump.hilus)):
            if size:
                shape = Ellipsoid(lump.shape.centre, lump.shape.radii * size, lump.shape.turn)
                neck.lump(labels, shape, code=CODES[tissue], keep=_KEPT)
        if lump.deposit:
            neck.lump(labels, lump.deposit, code=CODES["deposit"], keep=_KEPT)
    for number, lump in enumerate(lumps):
        if lump.extension and lump.extension.border_mm:
            _blur(labels, lump, rng, code=FIRST + number)


def _blur(labels: Labels, lump: Lump, rng: np.random.Generator, *, code: int) -> None:
    """Tumour that thins out beyond the capsule, and strands in the fat around."""
    extension = lump.extension
    border = extension.border_mm if extension else 0.0
    width = SPREAD * border
    box, outside = neck.distance(lump.shape, beyond=2.0 + 2 * border)
    part = labels[box]
    free = (outside > 0) & (part < FIRST) & ~np.isin(part, list(_KEPT))
    fat = free & (part == CODES["fat"])
    near = outside < 1.5 + border
    part[fat & near & (_grain(part.shape, rng) < STRANDS)] = CODES["stranding"]
    thinning = 0.9 * np.exp(-((outside / width) ** 2))
    into = free if extension and extension.invades else fat
    part[into & (_grain(part.shape, rng) < thinning)] = code


def _grain(shape: tuple[int, ...], rng: np.random.Generator) -> Array:
    """Smooth noise, even between 0 and 1, shape (i, j, k)."""
    noise = gaussian_filter(rng.standard_normal(shape), (1.2, 1.2, 0.4))
    ranks = np.empty(noise.size)
    ranks[noise.ravel().argsort()] = np.linspace(0, 1, noise.size)
    return ranks.reshape(shape)


def bumps(height: float, rng: np.random.Generator, *, count: int = 10) -> Array:
    """An uneven surface: waves in random directions, shape (count, 5).

    Args:
        height: root mean square of the unevenness, relative to the half-axes.
        rng: source of directions, lengths and phases.
        count: of waves.
    """
    direction = rng.standard_normal((count, 3))
    direction *= rng.uniform(4, 10, (count, 1)) / np.linalg.norm(direction, axis=1)[:, None]
    phase = rng.uniform(0, 2 * np.pi, (count, 1))
    return np.hstack([direction, phase, np.full((count, 1), height * np.sqrt(2 / count))])
