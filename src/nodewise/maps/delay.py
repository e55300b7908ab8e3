"""Kinetic fits that also find how much later than in the artery the bolus reaches each voxel."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from nodewise.errors import ModelError
from nodewise.maps.fitting import Fit, fit
from nodewise.models.base import Model
from nodewise.volume import Array, Mask


def fit_delayed(
    kinetics: Callable[[float], Model],
    signals: NDArray[np.number],
    delays: Array,
    *,
    mask: Mask | None = None,
) -> tuple[Fit, Array]:
    """The fit at the delay with the least residual, chosen voxel by voxel.

    Args:
        kinetics: delay (s) → model, as `lambda s: Patlak(time, replace(aif, delay=s))`.
        signals: concentrations, shape (..., m).
        delays: to try, rising, shape (d,), s; their spacing bounds the delay's error.
        mask: voxels to fit, shape (...); all when left out.

    Returns:
        The fit, and each voxel's delay, shape (...), s, NaN where there is no fit.
    """
    delays = np.asarray(delays, float)
    if delays.ndim != 1 or len(delays) == 0 or (np.diff(delays) <= 0).any():
        raise ModelError("a delayed fit needs one or more rising delays in seconds")
    best = fit(kinetics(float(delays[0])), signals, mask)
    delay = np.where(best.has_value, delays[0], np.nan)
    for trial in delays[1:]:
        other = fit(kinetics(float(trial)), signals, mask)
        lower = other.has_value & ~(other.residual >= best.residual)
        for name in ("values", "errors", "residual", "aic", "outcome"):
            getattr(best, name)[lower] = getattr(other, name)[lower]
        delay[lower] = trial
    best.aic[...] += 2  # the delay was estimated too
    return best, delay
