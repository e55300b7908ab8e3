"""What tissues are like: distributions of lesions from the literature, fixed values elsewhere.

`lesions.csv` gives each value's source and whether it is published or assumed; `tissues.csv` holds
the surroundings, which are our assumptions throughout: they make a neck look like a neck.
"""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
from scipy.special import ndtr, ndtri

from nodewise.volume import Array

VALUES = ("dwi", "d", "f", "d_star", "m0", "t1", "ktrans", "ve", "vp", "t2w")
"""What the virtual scanner must know of a tissue: relative signals, and house units otherwise."""

DRAWN = ("adc", "f", "d_star", "ktrans", "ve", "vp", "t1", "t2w")
"""What is drawn of a lesion for diffusion and perfusion."""

LESION_DWI = 1.0  # signal at b = 0 relative to fluid at 1.6: assumed
LESION_M0 = 1.0
SHARED_WITHIN_PATIENT = 0.2  # correlation between nodes of one patient: assumed


@dataclass(frozen=True, slots=True)
class Distribution:
    """A normal distribution cut at its ends, and how much voxels of one lesion differ."""

    mean: float
    sd: float
    low: float
    high: float
    within: float

    def quantile(self, deviate: Array) -> Array:
        """Values for standard normal deviates, both of shape (...)."""
        low, high = ndtr((np.array([self.low, self.high]) - self.mean) / self.sd)
        return np.asarray(self.mean + self.sd * ndtri(low + (high - low) * ndtr(deviate)))


@cache
def lesions() -> dict[str, dict[str, Distribution]]:
    """Distributions by kind of lesion and parameter."""
    result: dict[str, dict[str, Distribution]] = {}
    for row in _rows("lesions.csv"):
        numbers = (float(row[name]) for name in ("mean", "sd", "low", "high", "within"))
        result.setdefault(row["lesion"], {})[row["parameter"]] = Distribution(*numbers)
    return result


@cache
def tissues() -> dict[str, tuple[float, ...]]:
    """Values, in the order of VALUES, of every tissue that is no lesion."""
    return {
        row["tissue"]: tuple(float(row[name]) for name in VALUES) for row in _rows("tissues.csv")
    }


@cache
def surroundings(quantity: str) -> dict[str, float]:
    """One column of `tissues.csv`, by tissue: what only one kind of scan needs to know.

    Args:
        quantity: t2w; ct, HU; gre, gradient-echo signal without decay; r2_star and r2_star_iron,
            1/s at 3 T, before iron oxide and a day after it; suv, g/mL.
    """
    return {row["tissue"]: float(row[quantity]) for row in _rows("tissues.csv")}


def _rows(name: str) -> list[dict[str, str]]:
    text = files("nodewise.simulate").joinpath(name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def draw(
    lesion: str, patient: Array, rng: np.random.Generator, *, names: Sequence[str] = DRAWN
) -> dict[str, float]:
    """True values of one lesion.

    Args:
        lesion: a kind of `lesions.csv`.
        patient: what lesions of one patient have in common, standard normal, shape (len(names),).
        rng: source of what is the lesion's own.
        names: parameters of `lesions.csv` to draw.
    """
    own = rng.standard_normal(len(names))
    shared = SHARED_WITHIN_PATIENT
    deviate = np.sqrt(shared) * patient + np.sqrt(1 - shared) * own
    kinds = lesions()[lesion]
    return {name: float(kinds[name].quantile(z)) for name, z in zip(names, deviate, strict=True)}


def mono_exponential(signal: Array, b_values: Array) -> Array:
    """ADC of least squares by trying every one, to 1e-6 mm²/s: slow, and sure of its optimum.

    Args:
        signal: shape (n, m).
        b_values: shape (m,), s/mm².

    Returns:
        Shape (n,), mm²/s.
    """
    candidates = np.arange(1e-4, 4e-3, 1e-6)
    curves = np.exp(-b_values[:, None] * candidates)
    explained = (signal @ curves) ** 2 / (curves**2).sum(axis=0)
    return np.asarray(candidates[explained.argmax(axis=1)])


def diffusion(adc: Array, f: Array, d_star: Array, b_values: Array) -> Array:
    """The d with which a bi-exponential signal has this ADC over these b-values.

    Args:
        adc: wanted, shape (n,), mm²/s.
        f: perfusion fraction, shape (n,).
        d_star: pseudo-diffusion, shape (n,), mm²/s.
        b_values: of the ADC's fit, shape (m,), s/mm².

    Returns:
        Shape (n,), mm²/s.
    """
    d = adc.copy()
    fast = f[:, None] * np.exp(-b_values * d_star[:, None])
    for _ in range(6):
        slow = (1 - f[:, None]) * np.exp(-b_values * d[:, None])
        d = np.clip(d + adc - mono_exponential(fast + slow, b_values), 5e-5, None)
    return d
