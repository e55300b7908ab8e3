"""When the bolus arrives, read from the series itself: a population AIF does not know."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

from nodewise.errors import ModelError
from nodewise.models.base import Model
from nodewise.volume import Array


def enhancing_curve(signals: NDArray[np.number]) -> Array:
    """Mean relative enhancement of the fifth of the voxels that enhances most, shape (m,).

    Args:
        signals: of the voxels with tissue, shape (n, m); the first two frames are the baseline.
    """
    before = signals[:, :2].mean(axis=1, keepdims=True, dtype=float)
    rise = signals / np.where(before > 0, before, np.nan) - 1
    peak = np.nanmax(rise, axis=1, initial=-np.inf)
    return np.asarray(np.nanmean(rise[peak >= np.nanpercentile(peak, 80)], axis=0))


def bolus_arrival(time: Array, curve: Array, kinetics: Callable[[float], Model]) -> float:
    """The arrival time at which a kinetic model explains a tissue's mean curve best.

    Args:
        time: of the frames, shape (m,), s.
        curve: concentration or relative enhancement, shape (m,).
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
