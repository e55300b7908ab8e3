"""A virtual scanner: from tissue to the noisy signal of every voxel."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter
from scipy.sparse import csr_matrix

from nodewise.models import ExtendedTofts, Ivim, ParkerAif, Vfa
from nodewise.models.vfa import spoiled_gradient_echo
from nodewise.simulate.neck import CELL, FINE, Labels
from nodewise.simulate.tissue import VALUES
from nodewise.volume import Array

Signals = NDArray[np.float32]
Block = tuple[int, int, int]
Cell = TypeVar("Cell", np.uint8, np.float32)

B_VALUES = np.array([0, 10, 20, 40, 80, 100, 200, 500, 750, 1000], float)
FLIP_ANGLES = np.radians([2.0, 5.0, 10.0, 15.0, 20.0])
TR_SPGR, DCE_ANGLE = 5e-3, np.radians(15.0)  # s, rad
DCE_FRAMES, DCE_SPACING = 40, 4.5  # s
COARSE = (4, 4, 2)  # fine cells a voxel of DWI, VFA and DCE: 2.5 × 2.5 × 5 mm
PLANE = (2, 2, 2)  # of T2w and the multi-echo series: 1.25 × 1.25 × 5 mm
CUBE = (8, 8, 2)  # of PET: 5 × 5 × 5 mm
THIN = (2, 2, 1)  # of CT: 1.25 × 1.25 × 2.5 mm
ECHO_TIMES = np.array([3.0, 6.5, 10.0, 13.5, 17.0, 20.5, 24.0]) * 1e-3  # s
SNR = {"dwi": 40.0, "vfa": 60.0, "dce": 40.0, "t2w": 30.0, "mgre": 60.0}
"""Signal of a lesion (b = 0, largest flip angle, before contrast, first echo) over the noise of
one channel."""
CT_NOISE = 12.0  # HU: assumed
CT_OFFSET = 1024  # stored number of 0 HU
_REFERENCE = {"dwi": 1.0, "vfa": 0.022, "dce": 0.026, "t2w": 0.75, "mgre": 0.9}  # that signal
_COUNTS = {"dwi": 600.0, "vfa": 40000.0, "dce": 40000.0, "t2w": 1000.0, "mgre": 2000.0}
"""Stored per unit."""
_GRAIN = 0.06  # relative, between neighbouring T2w voxels
_SHADING = 0.12  # how much brighter the surface coils make one part than another


@dataclass(frozen=True, slots=True)
class Mixture:
    """Which tissues each voxel holds.

    Args:
        shape: of the grid, (columns, rows, slices).
        fractions: of each voxel's volume, sparse, shape (voxels, compartments).
        values: of each compartment, in the order of tissue.VALUES, shape (compartments, 10).
    """

    shape: tuple[int, int, int]
    fractions: csr_matrix
    values: Array

    def of(self, *names: str) -> Array:
        """Values of these names, shape (compartments, len(names))."""
        return self.values[:, [VALUES.index(name) for name in names]]


@dataclass(frozen=True, slots=True)
class Dynamics:
    """What turns tissue into a contrast curve.

    Args:
        haematocrit: of the trial file's perfusion map.
        relaxivity: of the same, 1/s/mM.
        arrival: of the bolus, s after the first frame.
    """

    haematocrit: float
    relaxivity: float
    arrival: float = 27.0


def mixture(
    labels: Labels,
    values: Mapping[int, Sequence[float]],
    within: Mapping[int, Sequence[float]],
    rng: np.random.Generator,
) -> Mixture:
    """Partial volumes on the coarse grid, with lesions that differ from voxel to voxel.

    Args:
        labels: code of each fine cell, shape (320, 320, 48).
        values: of each code, in the order of tissue.VALUES.
        within: relative spread of each of them inside a lesion, by code; others are even.
        rng: source of that spread.
    """
    shape, voxel, code, share = partial_volumes(labels)
    fixed = sorted(set(values) - set(within))
    column = np.zeros(256, int)
    column[fixed] = np.arange(len(fixed))
    own = np.isin(code, list(within))
    index = column[code]
    index[own] = len(fixed) + np.arange(own.sum())
    table, spread = _by_code(values), _by_code(within)
    lesion = code[own]
    noise = rng.standard_normal((len(lesion), len(VALUES)))
    table = np.vstack([table[fixed], table[lesion] * np.exp(spread[lesion] * noise)])
    size = (int(np.prod(shape)), len(table))
    return Mixture(shape, csr_matrix((share, (voxel, index)), shape=size), table)


def _by_code(values: Mapping[int, Sequence[float]]) -> Array:
    table = np.zeros((256, len(VALUES)))
    for code, each in values.items():
        table[code] = each
    return table


def partial_volumes(
    labels: Labels,
) -> tuple[Block, NDArray[np.intp], NDArray[np.intp], NDArray[np.float32]]:
    """Shape of the coarse grid, and of every tissue in every voxel: voxel, code and share."""
    shape, cells = _blocks(labels, COARSE)
    first = cells[:, 0]
    mixed = (cells != first[:, None]).any(axis=1)
    even = np.flatnonzero(~mixed)
    uneven = np.flatnonzero(mixed)
    key = np.arange(len(uneven))[:, None] * 256 + cells[uneven].astype(np.intp)
    count = np.bincount(key.ravel(), minlength=len(uneven) * 256)
    found = np.flatnonzero(count)
    voxel = np.concatenate([even, uneven[found // 256]])
    code = np.concatenate([first[even].astype(np.intp), found % 256])
    share = np.concatenate([np.ones(len(even)), count[found] / cells.shape[1]])
    return shape, voxel, code, share.astype(np.float32)


def _blocks(cells: NDArray[Cell], block: Block) -> tuple[Block, NDArray[Cell]]:
    i, j, k = (size // step for size, step in zip(FINE, block, strict=True))
    split = cells.reshape(i, block[0], j, block[1], k, block[2]).transpose(0, 2, 4, 1, 3, 5)
    return (i, j, k), split.reshape(i * j * k, -1)


def spacing(block: Block) -> Array:
    """Voxel size of a grid whose voxels hold this many fine cells, shape (3,), mm."""
    return np.asarray(CELL * block, float)


def times() -> Array:
    """When the frames of the dynamic series are taken, shape (40,), s."""
    return np.asarray(np.arange(DCE_FRAMES) * DCE_SPACING, float)


def diffusion_weighted(tissue: Mixture) -> Signals:
    """Signal at each b-value, shape (columns, rows, slices, 10)."""
    return _mixed(tissue, Ivim(b=B_VALUES).signal(tissue.of("dwi", "f", "d", "d_star")))


def variable_flip_angle(tissue: Mixture) -> Signals:
    """Signal at each flip angle, shape (columns, rows, slices, 5)."""
    model = Vfa(flip_angle=FLIP_ANGLES, tr=TR_SPGR)
    return _mixed(tissue, model.signal(tissue.of("m0", "t1")))


def dynamic(tissue: Mixture, dynamics: Dynamics) -> Signals:
    """Signal of each frame of the contrast series, shape (columns, rows, slices, 40)."""
    aif = ParkerAif(arrival=dynamics.arrival, haematocrit=dynamics.haematocrit)
    uptake = ExtendedTofts(time=times(), aif=aif).signal(tissue.of("ktrans", "ve", "vp"))
    r1 = 1 / tissue.of("t1") + dynamics.relaxivity * uptake
    return _mixed(tissue, tissue.of("m0") * spoiled_gradient_echo(DCE_ANGLE, tr=TR_SPGR, r1=r1))


def _mixed(tissue: Mixture, signals: Array) -> Signals:
    frames = tissue.fractions @ signals.astype(np.float32)
    return frames.reshape(*tissue.shape, -1)


def t2_weighted(
    labels: Labels, brightness: Mapping[int, float], rng: np.random.Generator
) -> Signals:
    """Signal on the finer grid, shape (160, 160, 24), from that of each code."""
    signals = averaged(labels, brightness, PLANE)
    return np.asarray(signals * texture(signals.shape, rng), np.float32)


def multi_echo(
    labels: Labels,
    signal: Mapping[int, float],
    r2_star: Mapping[int, float],
    rng: np.random.Generator,
) -> Signals:
    """Gradient echoes, shape (160, 160, 24, 7).

    Args:
        labels: code of each fine cell.
        signal: of each code without decay.
        r2_star: of each code, 1/s.
        rng: source of the grain.
    """
    frames = [
        averaged(labels, {c: signal[c] * np.exp(-r2_star[c] * echo) for c in signal}, PLANE)
        for echo in ECHO_TIMES
    ]
    grain = texture(frames[0].shape, rng)
    return np.stack([frame * grain for frame in frames], axis=-1)


def tomography(
    labels: Labels, density: Mapping[int, float], rng: np.random.Generator
) -> NDArray[np.uint16]:
    """Stored numbers of a CT, shape (160, 160, 48): HU with noise, 0 HU at CT_OFFSET.

    Args:
        labels: code of each fine cell.
        density: of each code, HU.
        rng: source of the noise.
    """
    values = gaussian_filter(averaged(labels, density, THIN), (0.5, 0.5, 0))
    values += CT_NOISE * rng.standard_normal(values.shape, np.float32)
    return np.clip(np.rint(values + CT_OFFSET), 0, 4095).astype(np.uint16)


def averaged(labels: Labels, quantity: Mapping[int, float], block: Block) -> Signals:
    """Mean of what each code stands for over the fine cells of every voxel, shape (i, j, k)."""
    table = np.zeros(256, np.float32)
    table[list(quantity)] = list(quantity.values())
    shape, cells = _blocks(table[labels], block)
    return np.asarray(cells.mean(axis=1, dtype=np.float32).reshape(shape), np.float32)


def block(kind: str) -> Block:
    """How many fine cells a voxel of a sequence holds."""
    return {"t2w": PLANE, "mgre": PLANE, "ct": THIN, "pet": CUBE}.get(kind, COARSE)


def texture(shape: tuple[int, ...], rng: np.random.Generator) -> Signals:
    """How tissue's own grain modulates T2-weighted signal: mean 1, shape (i, j, k)."""
    grain = gaussian_filter(rng.standard_normal(shape, np.float32), (0.9, 0.9, 0))
    return np.asarray(1 + _GRAIN * grain / grain.std(), np.float32)


def shading(shape: tuple[int, ...], rng: np.random.Generator) -> Signals:
    """How strongly the coils receive each voxel: smooth, mean near 1, shape (i, j, k)."""
    i, j, k = (np.linspace(-1, 1, size, dtype=np.float32) for size in shape)
    slope = rng.uniform(-1, 1, 3).astype(np.float32) * _SHADING
    bowl = np.float32(_SHADING) * (i[:, None] ** 2 + j**2 - 1)
    plane = slope[0] * i[:, None] + slope[1] * j
    return np.asarray(1 + (bowl + plane)[..., None] + slope[2] * k)


def stored(
    kind: str, signals: Signals, gain: Signals, rng: np.random.Generator
) -> NDArray[np.uint16]:
    """What the scanner stores: magnitudes with noise, as whole numbers.

    Args:
        kind: dwi, vfa, dce, t2w or mgre.
        signals: shape (i, j, k) or (i, j, k, m).
        gain: of the coils, shape (i, j, k).
        rng: source of the noise.
    """
    received = (
        signals * (gain if signals.ndim == 3 else gain[..., None]) * np.float32(_COUNTS[kind])
    )
    noisy = rician(received, noise(kind), rng)
    noisy += np.float32(0.5)
    return np.minimum(noisy, np.float32(65535), out=noisy).astype(np.uint16)


def noise(kind: str) -> float:
    """Standard deviation of the noise in one channel, stored units."""
    return _REFERENCE[kind] * _COUNTS[kind] / SNR[kind]


def rician(signals: Signals, sigma: float, rng: np.random.Generator) -> Signals:
    """Magnitude of signals with Gaussian noise of standard deviation sigma in both channels.

    Source:
        Gudbjartsson and Patz, Magn Reson Med 1995;34:910, doi:10.1002/mrm.1910340618.
    """
    magnitude = rng.standard_normal(signals.shape, np.float32)
    magnitude *= np.float32(sigma)
    magnitude += signals
    imaginary = rng.standard_normal(signals.shape, np.float32)
    imaginary *= np.float32(sigma)
    magnitude *= magnitude
    imaginary *= imaginary
    magnitude += imaginary
    return np.sqrt(magnitude, out=magnitude)
