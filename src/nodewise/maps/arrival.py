"""When the bolus arrives, read from the series itself: a population AIF does not know."""

from collections.abc import Callable

import numpy as np
from scipy.optimize import nnls

from nodewise.errors import ModelError
from nodewise.models.base import Model
from nodewise.volume import Array

ENOUGH = 5_000  # voxels for a median that no longer moves


def tissue_curve(concentration: Array) -> Array:
    """Median concentration of the tissue that enhances more than most but is no vessel, shape (m,).

    Vessels and glands saturate and would draw the arrival forward by most of a second, which
    costs a fifth of vp.

    Args:
        concentration: of voxels with tissue, shape (n, m), mM; rows that are not finite are left
            out.
    """
    kept = concentration[np.isfinite(concentration).all(axis=1)]
    if not len(kept):
        raise ModelError("no voxel of the dynamic series has a concentration in every frame")
    peak = np.percentile(kept, 95, axis=1)
    low, high = np.percentile(peak, [50, 80])
    return np.asarray(np.median(kept[(peak >= low) & (peak <= high)], axis=0))


def bolus_arrival(time: Array, curve: Array, kinetics: Callable[[float], Model]) -> float:
    """The arrival time at which a kinetic model explains a tissue's mean curve best.

    Args:
        time: of the frames, shape (m,), s.
        curve: concentration, shape (m,), mM.
        kinetics: arrival (s) → model of that curve.

    Returns:
        Arrival after the first frame, s, to 0.25 s.
    """
    span = float(time[-1] - time[0])
    if len(time) < 6 or not np.isfinite(curve).all():
        raise ModelError(f"bolus arrival needs 6 frames or more with signal; found {len(time)}")
    coarse = np.arange(0, span / 2, max(span / len(time) / 2, 0.5))
    best = min(coarse, key=lambda arrival: _misfit(kinetics(arrival), curve))
    fine = np.clip(best + np.arange(-2, 2.25, 0.25), 0, None)
    return float(min(fine, key=lambda arrival: _misfit(kinetics(arrival), curve)))


def _misfit(model: Model, curve: Array) -> float:
    """Smallest distance of the curve to the model over a coarse grid of its one rate."""
    bases = model.basis(_RATES[:, None])
    return min(float(nnls(basis.T, curve)[1]) for basis in bases)


_RATES = np.geomspace(1e-4, 0.1, 24)  # 1/s: from hardly any washout to that of a gland
