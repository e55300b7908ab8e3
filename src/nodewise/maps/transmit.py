"""T1 from variable flip angles where the transmit field varies from voxel to voxel."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from nodewise.errors import ModelError
from nodewise.maps.fitting import Fit, Outcome, check, fit
from nodewise.models.vfa import Vfa
from nodewise.volume import Array, Mask

STEP = 0.02  # of B1 between the fits that a voxel lies between


def fit_with_b1(
    model: Vfa, signals: NDArray[np.number], b1: Array, *, mask: Mask | None = None
) -> Fit:
    """The VFA fit with every voxel's own flip angles, b1 · nominal.

    Each voxel is fitted at the two multiples of STEP around its B1, and what lies between is
    interpolated: T1 goes nearly as 1 / B1², so that what is left out is below 1e-3 of it.

    Args:
        model: Vfa with its nominal flip angles.
        signals: shape (..., m).
        b1: actual over nominal flip angle, shape (...), 1; NaN or 0 where unknown.
        mask: voxels to fit, shape (...); all when left out.

    Returns:
        A voxel of unknown B1 ends as NO_SIGNAL.
    """
    signals, b1 = np.asarray(signals), np.asarray(b1, float)
    check(model, signals.shape, mask)
    if b1.shape != signals.shape[:-1]:
        raise ModelError(
            f"the B1 map must have the voxels' shape {signals.shape[:-1]}; found {b1.shape}"
        )
    wanted = np.ones(b1.shape, bool) if mask is None else np.asarray(mask, bool)
    known = wanted & np.isfinite(b1) & (b1 > STEP)
    result = fit(model, signals, np.zeros_like(known))
    result.outcome[wanted & ~known] = Outcome.NO_SIGNAL
    cell = np.floor(np.where(known, b1, 0) / STEP).astype(int)
    for place in np.unique(cell[known]):
        here = known & (cell == place)
        _between(model, signals, place, (here, b1[here] / STEP - place), result)
    return result


def _between(
    model: Vfa,
    signals: NDArray[np.number],
    place: int,
    voxels: tuple[Mask, Array],
    result: Fit,
) -> None:
    """Write what lies between the fits at two B1 into the voxels, shape (...), at shares, (n,)."""
    here, share = voxels
    low, high = (
        fit(replace(model, flip_angle=model.samples * STEP * edge), signals[here])
        for edge in (place, place + 1)
    )
    for name in ("values", "errors", "residual", "aic"):
        below, above = getattr(low, name), getattr(high, name)
        weight = share[:, None] if below.ndim == 2 else share
        getattr(result, name)[here] = below + (above - below) * weight
    result.outcome[here] = np.maximum(low.outcome, high.outcome)
