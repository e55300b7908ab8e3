"""Samples that the scanner clipped at its greatest number: found, told, and left out of a fit."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nodewise.maps import Fit, Outcome, fit
from nodewise.models import Model
from nodewise.volume import Mask

ENOUGH = 10  # voxels that hold a series' greatest value twice: chance makes none of them


def clipped(signals: NDArray[Any], wanted: Mask) -> tuple[float, int]:
    """The greatest value, and how many voxels reach it; 0 voxels where that looks like chance.

    Args:
        signals: shape (..., m).
        wanted: shape (...).
    """
    inside = signals[wanted]
    greatest = float(inside.max(initial=0, where=np.isfinite(inside)))
    times = (inside == greatest).sum(axis=-1)
    return greatest, int((times > 0).sum()) if (times > 1).sum() >= ENOUGH else 0


def fit_unclipped(
    make: Callable[[Mask], Model], signals: NDArray[Any], wanted: Mask, *, level: float
) -> Fit:
    """The fit of each voxel's samples below a level.

    Args:
        make: the model of the samples kept, shape (m,).
        signals: shape (..., m).
        wanted: voxels to fit, shape (...).
        level: at which, and above which, samples are left out.

    Returns:
        A voxel with fewer samples left than the model needs ends as NO_SIGNAL.
    """
    result = fit(make(np.ones(signals.shape[-1], bool)), signals, np.zeros_like(wanted))
    result.outcome[wanted] = Outcome.NO_SIGNAL
    kept = ~(signals[wanted] >= level)
    places = np.flatnonzero(wanted)
    flat = signals.reshape(-1, signals.shape[-1])
    patterns, which = np.unique(kept, axis=0, return_inverse=True)
    for number, pattern in enumerate(patterns):
        model = make(pattern)
        if len(np.unique(model.samples)) < len(model.parameters):
            continue
        here = np.unravel_index(places[which.ravel() == number], wanted.shape)
        one = fit(model, flat[np.ravel_multi_index(here, wanted.shape)][:, pattern])
        for name in ("values", "errors", "residual", "aic", "outcome"):
            getattr(result, name)[here] = getattr(one, name)
    return result
