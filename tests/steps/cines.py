"""Cines of a node whose bolus is known: speckle, breathing, log compression."""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter

from nodewise.ingest import Acquisition
from nodewise.models import Lognormal
from nodewise.models.bolus_measures import MEASURES, measures
from nodewise.steps.cine.curve import Cine, region_curve
from nodewise.steps.cine.motion import REACH
from nodewise.volume import Grid

DYNAMIC_RANGE = 60.0
SPACING = 0.2  # mm
STEP = 0.5  # s
NOISE_FLOOR = 6.0
NODE = np.array([6000.0, 10.0, 2.6, 0.5])
TISSUE = np.array([1500.0, 12.0, 2.9, 0.6])
DRAWN_ON = 40  # frame, from 0


@dataclass(frozen=True, kw_only=True)
class Phantom:
    """Screens, shape (frames, rows, columns), what is drawn on them, and what is true."""

    pixels: np.ndarray
    boxes: list[tuple[int, int, int, int]]
    masks: dict[str, np.ndarray]
    way: np.ndarray
    truth: dict[str, float]


def phantom(rng, *, frames=90, size=(90, 80), breathing=1.0, split=False, node=NODE, looks=1):
    """A node with vessels of uneven strength in tissue that enhances less and later.

    Args:
        rng: of speckle and anatomy.
        frames: how many, 0.5 s apart.
        size: columns and rows of one image part.
        breathing: greatest shift from the frame drawn on, about, mm.
        split: whether a plain image stands to the left of that of contrast.
        node: parameters of its lognormal bolus.
        looks: independent speckle patterns averaged in each frame.
    """
    columns, rows = size
    pad = 30
    x, y = np.meshgrid(
        np.arange(columns + 2 * pad) - columns / 2 - pad,
        np.arange(rows + 2 * pad) - rows / 2 - pad,
        indexing="ij",
    )
    inside, drawn = (x / 17) ** 2 + (y / 13) ** 2 <= 1, (x / 14) ** 2 + (y / 10) ** 2 <= 1
    vessels = 1 + 0.8 * np.clip(12 * gaussian_filter(rng.standard_normal(x.shape), 5), -1, 2)
    vessels /= vessels[drawn].mean()
    plain = 100 + 600 * gaussian_filter(rng.standard_normal(x.shape), 3) + 30 * inside
    time = np.arange(frames) * STEP
    model = Lognormal(time=time)
    power = {True: model.signal(node), False: model.signal(TISSUE)}
    turn = 2 * np.pi * time / 4.1
    way = breathing / SPACING * np.stack([np.sin(turn) / 2, 0.3 * np.sin(turn + 0.7)], axis=1)
    way = np.rint(way - way[DRAWN_ON]).astype(int)
    screens = []
    for number, (right, down) in enumerate(way):
        there = slice(pad - right, pad - right + columns), slice(pad - down, pad - down + rows)
        echo = np.where(inside, power[True][number], power[False][number]) * vessels + NOISE_FLOOR
        shown = compressed(echo[there] * speckle(rng, size, looks))
        if split:
            grey = np.clip(plain[there] + 8 * speckle(rng, size, 1), 0, 255).astype(np.uint8)
            shown = np.concatenate([grey, shown])
        screens.append(shown.T)
    home = np.zeros((columns * (1 + split), rows), bool)
    home[-columns:] = drawn[pad : pad + columns, pad : pad + rows]
    beside = np.roll(home, -25, axis=1)
    return Phantom(
        pixels=np.stack(screens),
        boxes=[(n * columns, 0, (n + 1) * columns, rows) for n in range(1 + split)],
        masks={"N1": home, "muscle": beside & ~home},
        way=way,
        truth={name: float(value) for name, value in measures(model, node).items()},
    )


def speckle(rng, size, looks):
    """Power of fully developed speckle of mean 1, shape of size, with grains of about 0.4 mm."""
    white = rng.standard_normal((2 * looks, *size))
    waves = gaussian_filter(white, (0, 0.8, 0.8), mode="wrap")  # as strong at the rim
    return (waves**2).mean(axis=0) / (waves**2).mean()


def compressed(echo):
    """Brightness of echo power."""
    shown = 255 * 10 * np.log10(np.maximum(echo, 1)) / DYNAMIC_RANGE
    return np.clip(np.rint(shown), 0, 255).astype(np.uint8)


def cine_of(made, *, dynamic_range=DYNAMIC_RANGE):
    """The phantom as it comes out of its file."""
    pixels = made.pixels.transpose(2, 1, 0)[:, :, None]
    acquisition = Acquisition(
        modality="US",
        varies="time",
        times=tuple(np.arange(len(made.pixels)) * STEP),
        panels=tuple(made.boxes),
    )
    grid = Grid(pixels.shape[:3], np.diag([SPACING, SPACING, 1.0, 1.0]))
    return Cine.of(pixels, grid, acquisition, dynamic_range=dynamic_range)


def read(made, *, region="N1", dynamic_range=DYNAMIC_RANGE, model="lognormal"):
    """What is read in a region of the phantom."""
    cine = cine_of(made, dynamic_range=dynamic_range)
    mask = made.masks[region]
    return region_curve(cine, mask, model=model, frame=DRAWN_ON + 1, reach=REACH)


def recovered(repeats, *, seed=1, **condition):
    """Measure → values, errors and truths of repeated phantoms, shape (3, repeats)."""
    rng, found = np.random.default_rng(seed), []
    for _ in range(repeats):
        made = phantom(rng, **condition)
        one = read(made)
        found.append([[each[name] for name in MEASURES]
                      for each in (one.values, one.errors, made.truth)])  # fmt: skip
    return dict(zip(MEASURES, np.array(found).transpose(2, 1, 0), strict=True))
