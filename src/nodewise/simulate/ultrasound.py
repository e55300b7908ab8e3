"""A virtual ultrasound machine: cines of one node while a bolus of microbubbles passes.

The scene is a plane of fat above muscle with the node between them. Every tissue's echo power is a
log-normal bolus on a faint base; speckle multiplies it, breathing moves it, and the display
compresses it. All of it is linear echo power until the last step.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from nodewise.models import Lognormal
from nodewise.simulate.nodes import Lump, Response
from nodewise.simulate.tissue import lesions
from nodewise.volume import Array, Mask

PIXEL = 0.4  # mm
SIZE = (120, 84)  # columns and rows of the picture: 48 × 34 mm
MARGIN = 26  # pixels around it that motion may bring into view
FRAMES, SECONDS = 60, 1.0  # number, and between them
FLOOR, PEAK = 8.0, 600.0  # echo power of noise, and of muscle at its peak
DRAWN_ON = 20  # frame on which regions are drawn, near the peak
TISSUES = ("fat", "muscle", "benign", "metastatic", "regressed", "necrosis", "fascia")
_SURROUNDINGS = {"fat": (0.4, 28.0, 0.6), "muscle": (1.0, 26.0, 0.6)}
"""Peak over muscle's, time to peak in s, spread: assumed."""
_BASE = {"fat": 25.0, "muscle": 30.0, "fascia": 900.0}  # echo power without contrast: assumed
_NODE_BASE = 15.0
_SWALLOWS = 0.15  # share of cines in which the patient swallows
_GRAIN = (0.9, 0.8)  # pixels along columns and rows over which speckle is alike
MUSCLE_REGION = ((7.0, 31.0), (5.0, 2.0))  # centre and half-axes of the reference region, mm


@dataclass(frozen=True, slots=True)
class Scene:
    """What lies in the plane.

    Args:
        tissue: index of each pixel's tissue, margin included, shape (columns, rows).
        within: how much more contrast than its tissue a pixel has, mean near 1, same shape.
        node: the node, shape (columns, rows).
        muscle: the reference region, shape (columns, rows).
    """

    tissue: NDArray[np.intp]
    within: NDArray[np.float32]
    node: Mask
    muscle: Mask


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What a bolus and a machine make of a scene.

    Args:
        arrival: of the bolus, s after the first frame.
        gain: of the machine that day; arbitrary units.
        dynamic_range: of its display, dB.
    """

    arrival: float
    gain: float
    dynamic_range: float


@dataclass(frozen=True, slots=True)
class Cine:
    """What the machine stores.

    Args:
        pixels: compressed contrast image, shape (frames, rows, columns).
        tissue_pixels: the same of the plain image beside it.
        seconds: of each frame, shape (frames,).
        node: as it lies on the frame on which it is drawn, shape (columns, rows).
        muscle: the reference region there.
    """

    pixels: NDArray[np.uint8]
    tissue_pixels: NDArray[np.uint8]
    seconds: Array
    node: Mask
    muscle: Mask


def shares(lump: Lump, *, treated: bool) -> dict[str, float]:
    """Share of the node that each tissue has."""
    response = lump.response or Response(before=lump.shape)
    dead = response.necrosis if treated else response.necrosis_before
    viable = response.viable if treated else 1 - response.necrosis_before
    bed = {"metastatic": viable, "necrosis": dead, "regressed": max(1 - viable - dead, 0.0)}
    return {name: response.bed * share for name, share in bed.items()} | {
        "benign": 1 - response.bed
    }


def curves(lump: Lump, seconds: Array, *, arrival: float, treated: bool) -> dict[str, Array]:
    """Echo power that contrast adds to each tissue, over that of muscle at its peak, shape (m,)."""
    own = {name: lump.values[name] for name in ("peak", "time_to_peak", "spread")}
    known = dict(_SURROUNDINGS)
    for tissue in ("benign", "metastatic", "regressed"):
        there = {name: lump.values.get(f"{tissue} {name}", own[name]) for name in own}
        known[tissue] = (there["peak"], there["time_to_peak"], there["spread"])
    response = lump.response or Response(before=lump.shape)
    found = {}
    for tissue, (peak, at, spread) in known.items():
        more = response.inflamed if treated and tissue in ("benign", "regressed") else 1.0
        found[tissue] = more * peak * _bolus(seconds, arrival, at, spread)
    return found


def _bolus(seconds: Array, arrival: float, at: float, spread: float) -> Array:
    """A log-normal bolus of height 1 that peaks at this time, shape (m,)."""
    mu = np.log(max(at - arrival, 3.0)) + spread**2
    model = Lognormal(time=seconds)
    curve = model.signal(np.array([1.0, arrival, mu, spread]))
    height = np.exp(-mu + spread**2 / 2) / (np.sqrt(2 * np.pi) * spread)
    return np.asarray(curve / height)


def true_values(lump: Lump, *, arrival: float, treated: bool) -> dict[str, float]:
    """Peak over muscle's, and time to peak, of a node's mean curve as it truly is."""
    seconds = np.arange(0, FRAMES * SECONDS, 0.05)
    of = curves(lump, seconds, arrival=arrival, treated=treated)
    part = shares(lump, treated=treated)
    mean = np.sum([part[name] * of[name] for name in part if name in of], axis=0)
    peak = float(mean.max() / of["muscle"].max())
    return {"peak_to_muscle": peak, "time_to_peak": float(seconds[mean.argmax()])}


def scene(lump: Lump, rng: np.random.Generator, *, treated: bool) -> Scene:
    """The plane through a node's middle."""
    x, y = _places()
    radii = lump.shape.radii[:2]
    middle = (SIZE[0] * PIXEL / 2, 4.5 + float(max(radii)))
    wave = 0.5 * np.sin(x / 6 + rng.uniform(0, 6))
    tissue = np.where(y + wave > 28.0, TISSUES.index("muscle"), TISSUES.index("fat"))
    for line in (2.5, 28.0):
        tissue[np.abs(y + wave - line) < 0.4] = TISSUES.index("fascia")
    inside = _distance(x, y, middle, radii, lump.shape.turn)
    tissue[(inside < 1.08) & (inside >= 1)] = TISSUES.index("fascia")  # its capsule
    node = inside < 1
    tissue[node] = _composed(
        inside[node], shares(lump, treated=treated), _field(x.shape, rng)[node]
    )
    spread = {name: each["peak"].within for name, each in lesions().items() if "peak" in each}
    relative = np.array([spread.get(name, 0.15) for name in TISSUES])[tissue]
    within = np.exp(relative * _field(x.shape, rng) - relative**2 / 2).astype(np.float32)
    muscle = _distance(x, y, *MUSCLE_REGION, 0.0) < 1
    return Scene(tissue, within, node, muscle & (tissue == TISSUES.index("muscle")))


def _places() -> tuple[Array, Array]:
    """Where each pixel lies, margin included, each of shape (columns, rows), mm."""
    across, down = ((np.arange(n + 2 * MARGIN) - MARGIN + 0.5) * PIXEL for n in SIZE)
    return across[:, None] + 0 * down, 0 * across[:, None] + down


def _distance(
    x: Array, y: Array, middle: tuple[float, float], radii: Array | tuple[float, ...], turn: float
) -> Array:
    """Distance from an ellipse's middle, 1 on its border, shape (columns, rows)."""
    cos, sin = np.cos(turn), np.sin(turn)
    across, down = x - middle[0], y - middle[1]
    along, aside = across * cos + down * sin, down * cos - across * sin
    return np.asarray(np.hypot(along / radii[0], aside / radii[1]))


def _field(shape: tuple[int, ...], rng: np.random.Generator) -> Array:
    """Smooth noise of standard deviation 1, shape (columns, rows)."""
    noise = gaussian_filter(rng.standard_normal(shape), 3.0)
    return np.asarray(noise / noise.std())


def _composed(inside: Array, part: Mapping[str, float], field: Array) -> NDArray[np.intp]:
    """Tissue of each pixel of a node: necrosis in the middle, lymphatic tissue at the rim."""
    ranks = np.empty(len(inside))
    ranks[np.argsort(inside + 0.15 * field)] = np.linspace(0, 1, len(inside), endpoint=False)
    core, bed = part["necrosis"], 1 - part["benign"]
    tissue = np.full(len(inside), TISSUES.index("benign"))
    tissue[ranks < core] = TISSUES.index("necrosis")
    around = np.flatnonzero((ranks >= core) & (ranks < bed))
    order = around[np.argsort(field[around])]
    living = round(len(inside) * part["metastatic"])
    tissue[order[:living]] = TISSUES.index("metastatic")
    tissue[order[living:]] = TISSUES.index("regressed")
    return tissue


def motion(rng: np.random.Generator) -> NDArray[np.intp]:
    """How far the scene has moved in each frame, shape (frames, 2), pixels."""
    time = np.arange(FRAMES, dtype=float) * SECONDS
    breath = rng.uniform(0.3, 1.2) * np.sin(2 * np.pi * time / 4.2 + rng.uniform(0, 6))
    drift = np.cumsum(0.06 * rng.standard_normal((FRAMES, 2)), axis=0)
    moved = drift + breath[:, None] * np.array([0.25, 1.0])
    if rng.random() < _SWALLOWS:
        at = int(rng.integers(30, FRAMES - 3))
        moved[at : at + 2] += rng.choice([-1, 1]) * 8.0  # mm: too far to be followed
    return np.asarray(np.clip(np.rint(moved / PIXEL), -MARGIN, MARGIN), np.intp)


def cine(lump: Lump, rng: np.random.Generator, shown: Shown, *, treated: bool) -> Cine:
    """A cine of one node: noise, speckle, motion and compression included.

    Args:
        lump: with its response.
        rng: source of all that is random.
        shown: bolus and machine.
        treated: whether treatment is over.
    """
    seconds, gain = np.arange(FRAMES, dtype=float) * SECONDS, shown.gain
    of = curves(lump, seconds, arrival=shown.arrival, treated=treated)
    there, moved = scene(lump, rng, treated=treated), motion(rng)
    table = np.zeros((FRAMES, len(TISSUES)), np.float32)
    for tissue, curve in of.items():
        table[:, TISSUES.index(tissue)] = PEAK * gain * curve
    base = gain * np.array([_BASE.get(name, _NODE_BASE) for name in TISSUES], np.float32)
    still = (base[there.tissue] * _speckle(there.tissue.shape, rng)).astype(np.float32)
    frames, plain = [], []
    bright = (still * 40).astype(np.float32)
    for number, (dx, dy) in enumerate(moved):
        window = tuple(
            slice(MARGIN - d, MARGIN - d + n) for d, n in zip((dx, dy), SIZE, strict=True)
        )
        contrast = table[number][there.tissue[window]] * there.within[window]
        power = contrast * _speckle(SIZE, rng) + still[window]
        power += FLOOR * rng.standard_exponential(SIZE, np.float32)
        frames.append(_compressed(power, shown.dynamic_range))
        plain.append(_compressed(bright[window] * rng.uniform(0.97, 1.03), shown.dynamic_range))
    dx, dy = moved[DRAWN_ON]
    drawn = tuple(slice(MARGIN - d, MARGIN - d + n) for d, n in zip((dx, dy), SIZE, strict=True))
    return Cine(np.stack(frames), np.stack(plain), seconds, there.node[drawn], there.muscle[drawn])


def _speckle(shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.float32]:
    """Speckle of echo power: exponential, alike over a grain, mean 1, shape (columns, rows)."""
    noise = rng.standard_exponential(shape, np.float32)
    return np.asarray(gaussian_filter(noise, _GRAIN), np.float32)


def _compressed(power: NDArray[np.float32], dynamic_range: float) -> NDArray[np.uint8]:
    """Echo power as a display of this many dB shows it, shape (rows, columns)."""
    level = np.log10(np.maximum(power, 1.0)) * np.float32(10 * 255 / dynamic_range)
    return np.clip(np.rint(level.T), 0, 255).astype(np.uint8)
