"""Standardised uptake of PET, and what is read from a lesion's uptake.

Activity is in Bq/mL, decay-corrected to the start of the series, as `ingest` hands it over.
"""

from typing import Literal

import numpy as np
from scipy.ndimage import convolve

from nodewise.errors import ModelError
from nodewise.volume import Array, Mask

Sex = Literal["female", "male"]


def body_weight(activity: Array, *, dose: float, weight: float) -> Array:
    """SUV by body weight, shape (...), g/mL.

    Args:
        activity: shape (...), Bq/mL.
        dose: injected, decayed to the same time as the activity, Bq.
        weight: kg.

    Source:
        Kinahan and Fletcher, Semin Ultrasound CT MR 2010;31:496, doi:10.1053/j.sult.2010.10.001.

    >>> float(body_weight(np.array(5000.0), dose=350e6, weight=70))
    1.0
    """
    _positive("dose", dose)
    _positive("weight", weight)
    return np.asarray(activity, float) * weight * 1000 / dose  # 1 mL of body weighs 1 g


def lean_body_mass(*, weight: float, height: float, sex: Sex) -> float:
    """Lean body mass, kg, of weight (kg), height (m) and sex.

    Source:
        Janmahasatian et al., Clin Pharmacokinet 2005;44:1051, doi:10.2165/00003088-200544100-00004.

    >>> round(lean_body_mass(weight=70, height=1.75, sex="male"), 1)
    55.9
    """
    _positive("weight", weight)
    _positive("height", height)
    index = weight / height**2
    offset, slope = {"male": (6680, 216), "female": (8780, 244)}[sex]
    return 9270 * weight / (offset + slope * index)


def body_surface(*, weight: float, height: float) -> float:
    """Body surface, m², of weight (kg) and height (m).

    Source:
        Du Bois and Du Bois, Arch Intern Med 1916;17:863, doi:10.1001/archinte.1916.00080130010002.
    """
    _positive("weight", weight)
    _positive("height", height)
    return float(0.007184 * weight**0.425 * (100 * height) ** 0.725)  # published in cm


def lean(activity: Array, *, dose: float, lean_mass: float) -> Array:
    """SUV by lean body mass (SUL), shape (...), g/mL, of activity, shape (...), Bq/mL."""
    return body_weight(activity, dose=dose, weight=lean_mass)


def surface(activity: Array, *, dose: float, area: float) -> Array:
    """SUV by body surface, shape (...), m²/mL, of activity, shape (...), Bq/mL; area in m²."""
    _positive("dose", dose)
    _positive("area", area)
    return np.asarray(activity, float) * area / dose


def peak(uptake: Array, region: Mask, *, spacing: Array) -> float:
    """Greatest mean of uptake in a sphere of 1 cm³ whose centre is a voxel of the region (SUVpeak).

    A voxel at the sphere's rim counts with the part of it that lies inside.

    Args:
        uptake: shape (x, y, z).
        region: shape (x, y, z).
        spacing: of voxels, shape (3,), mm.

    Source:
        Wahl et al., J Nucl Med 2009;50 Suppl 1:122S, doi:10.2967/jnumed.108.057307 (PERCIST).
    """
    _any(region)
    weights = sphere(spacing, radius=(3 / (4 * np.pi)) ** (1 / 3) * 10)
    known = np.isfinite(uptake)
    total = convolve(np.where(known, uptake, 0.0), weights, mode="constant")
    share = convolve(known.astype(float), weights, mode="constant")
    mean = total / np.maximum(share, 1e-12)
    return float(np.where(region & (share > 0.5 * weights.sum()), mean, -np.inf).max())


def sphere(spacing: Array, *, radius: float) -> Array:
    """Part of each voxel inside a sphere around the middle one, shape (i, j, k), odd numbers.

    Args:
        spacing: of voxels, shape (3,), mm.
        radius: mm.
    """
    reach = np.ceil(radius / np.asarray(spacing) + 0.5).astype(int)
    fine = 5  # parts of a voxel's edge
    edges = [
        ((np.arange((2 * r + 1) * fine) + 0.5) / fine - r - 0.5) * step
        for r, step in zip(reach, spacing, strict=True)
    ]
    squares = sum(np.meshgrid(*(edge**2 for edge in edges), indexing="ij"))
    inside = np.asarray(squares <= radius**2, float)
    shape = [part for r in reach for part in (2 * r + 1, fine)]
    return np.asarray(inside.reshape(shape).mean(axis=(1, 3, 5)))


def metabolic_volume(
    uptake: Array, region: Mask, *, threshold: float, voxel_volume: float
) -> float:
    """Volume of the region whose uptake reaches the threshold (MTV), mL.

    Args:
        uptake: shape (...).
        region: shape (...).
        threshold: as the uptake; 2.5, or `fraction_of_maximum`. Report it with the volume.
        voxel_volume: mm³.
    """
    _any(region)
    return float(np.sum(region & (uptake >= threshold)) * voxel_volume / 1000)


def fraction_of_maximum(uptake: Array, region: Mask, *, fraction: float = 0.41) -> float:
    """Threshold at a fraction of the region's greatest uptake, both of shape (...)."""
    _any(region)
    return float(fraction * np.nanmax(uptake[region]))


def total_lesion_glycolysis(
    uptake: Array, region: Mask, *, threshold: float, voxel_volume: float
) -> float:
    """Mean uptake of the metabolic volume times that volume (TLG), mL.

    Args:
        uptake: shape (...).
        region: shape (...).
        threshold: as for `metabolic_volume`.
        voxel_volume: mm³.
    """
    _any(region)
    inside = region & (uptake >= threshold)
    return float(uptake[inside].sum() * voxel_volume / 1000)


def _any(region: Mask) -> None:
    if not np.any(region):
        raise ModelError("uptake needs a region with one voxel or more; found an empty one")


def _positive(name: str, value: float) -> None:
    if not (np.isfinite(value) and value > 0):
        raise ModelError(f"an uptake value needs {name} above 0; found {value}")
