"""What an outline beside the node does to its peak, in the scenes of the simulated study."""

from collections.abc import Iterator

import numpy as np
from scipy.ndimage import binary_erosion

from docs.wording import signed
from nodewise.anatomy import RegionKind
from nodewise.simulate import ceus, ultrasound
from nodewise.simulate.nodes import VISIBLE, Lump
from nodewise.simulate.ultrasound import PIXEL
from nodewise.volume import Array, Mask

PATIENTS = 40
OFF = (0.2, 0.4, 0.8)  # mm along each axis, standard deviation; the study's is the second
INSET = (0.0, 0.4, 0.8)  # mm that are left out along the border
SIZES = {"under 8 mm": (0, 8), "8 to 12 mm": (8, 12), "over 12 mm": (12, 99)}  # short axis


def rows() -> Iterator[str]:
    """Of a table: how far peaks lie from that of the whole node, by displacement and size."""
    axes, off = _all()
    for name, (low, high) in SIZES.items():
        here = off[(axes >= low) & (axes < high)]
        for place, moved in enumerate(OFF):
            cells = [_cell(here[:, place, inset]) for inset in range(len(INSET))]
            yield f"| {name} | {len(here)} | {moved:g} mm | {' | '.join(cells)} |"


def _cell(off: Array) -> str:
    """Median and spread of peaks, shape (n,), relative to 1."""
    low, middle, high = np.nanpercentile(off, [16, 50, 84])
    return f"{signed(100 * (middle - 1))} ± {50 * (high - low):.0f}"


def _all() -> tuple[Array, Array]:
    """Short axes, shape (n,), and peaks over the whole node's, shape (n, moved, inset)."""
    rng, axes, off = np.random.default_rng(1), [], []
    for number in range(1, PATIENTS + 1):
        person = ceus.person(number, ("ceus",), np.random.default_rng([1, number]))
        for lump in person.lumps:
            if lump.seen and lump.kind is RegionKind.NODE and lump.short_axis >= VISIBLE:
                axes.append(lump.short_axis)
                off.append(_moved(lump, person.arrival, rng))
    return np.array(axes), np.array(off)


def _moved(lump: Lump, arrival: float, rng: np.random.Generator) -> Array:
    """Peaks of moved and shrunk outlines over that of the node, shape (moved, inset)."""
    scene = ultrasound.scene(lump, rng, treated=True)
    seconds = np.arange(0, 60, 0.5)
    curves = ultrasound.curves(lump, seconds, arrival=arrival, treated=True)
    added = [curves.get(name, 0 * seconds) for name in ultrasound.TISSUES]
    way, whole = rng.standard_normal(2) / PIXEL, _peak(scene, np.array(added), scene.node)
    found = [
        [
            _peak(scene, np.array(added), _shrunk(np.roll(scene.node, shift, (0, 1)), inset))
            for inset in INSET
        ]
        for shift in (np.rint(moved * way).astype(int) for moved in OFF)
    ]
    return np.array(found) / whole


def _shrunk(mask: Mask, inset: float) -> Mask:
    """A mask, shape (columns, rows), without what is nearer than this to its border, mm."""
    steps = np.arange(-3, 4) * PIXEL
    near = np.hypot(steps[:, None], steps) <= inset + 1e-6
    return np.asarray(binary_erosion(mask, near))


def _peak(scene: ultrasound.Scene, added: Array, mask: Mask) -> float:
    """Greatest mean of what contrast adds, of tissues' curves, shape (tissues, m), in a mask."""
    if mask.sum() < 10:
        return np.nan
    return float((added[scene.tissue[mask]] * scene.within[mask][:, None]).mean(axis=0).max())
