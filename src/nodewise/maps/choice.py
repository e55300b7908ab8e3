"""Which of several models a voxel or region supports, by Akaike's criterion."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from nodewise.errors import ModelError
from nodewise.maps.fitting import Fit
from nodewise.volume import Array


def best_model(fits: Sequence[Fit]) -> NDArray[np.intp]:
    """Place in the sequence of the fit with the least AIC, shape (...), -1 where none has a value.

    Args:
        fits: two or more of the same signals.

    Source:
        Akaike, IEEE Trans Automat Contr 1974;19:716, doi:10.1109/TAC.1974.1100705.
    """
    criteria = _criteria(fits)
    nearest = criteria.argmin(axis=0)
    return np.asarray(np.where(np.isfinite(criteria).any(axis=0), nearest, -1))


def model_weights(fits: Sequence[Fit]) -> Array:
    """How far each fit is supported among these, shape (models, ...), summing to 1; NaN if none is.

    Args:
        fits: two or more of the same signals.

    Source:
        Burnham and Anderson, Sociol Methods Res 2004;33:261, doi:10.1177/0049124104268644.
    """
    criteria = _criteria(fits)
    least = criteria.min(axis=0)
    some = np.isfinite(least)
    likelihood = np.exp(-(criteria - np.where(some, least, 0.0)) / 2)
    return np.asarray(
        np.where(some, likelihood / np.where(some, likelihood.sum(axis=0), 1), np.nan)
    )


def _criteria(fits: Sequence[Fit]) -> Array:
    """AIC, shape (models, ...), infinite where a fit has no value."""
    shapes = {fit.outcome.shape for fit in fits}
    if len(fits) < 2 or len(shapes) != 1:
        raise ModelError(
            f"a choice needs two fits or more of the same voxels; found {len(fits)} "
            f"of shapes {', '.join(map(str, sorted(shapes)))}"
        )
    return np.stack([np.where(fit.has_value, fit.aic, np.inf) for fit in fits])
