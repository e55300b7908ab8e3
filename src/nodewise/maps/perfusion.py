"""From a dynamic series and a T1 map to perfusion maps, in one call."""

import numpy as np
from numpy.typing import NDArray

from nodewise.errors import ModelError
from nodewise.maps.fitting import Fit, check, fit_rows, shaped
from nodewise.models.base import Model
from nodewise.models.concentration import SpgrConcentration
from nodewise.volume import Array, Mask


def fit_perfusion(
    kinetics: Model,
    signals: NDArray[np.number],
    t1: Array,
    *,
    sequence: SpgrConcentration,
    mask: Mask | None = None,
) -> Fit:
    """Signals → concentration, by each voxel's own T1 → kinetic parameters.

    A voxel without a T1, or whose signal no concentration explains, ends as NO_SIGNAL.

    Args:
        kinetics: model of concentration over time, such as ExtendedTofts.
        signals: of the dynamic series, shape (..., m).
        t1: before contrast, shape (...), s; NaN where unknown.
        sequence: how the series was acquired, and which of its frames precede contrast.
        mask: voxels to fit, shape (...); all when left out.

    Returns:
        The kinetic model's fit, shape (...); its residual is in mM.
    """
    signals = np.asarray(signals)
    check(kinetics, signals.shape, mask)
    if np.shape(t1) != signals.shape[:-1]:
        raise ModelError(
            f"the T1 map must have the voxels' shape {signals.shape[:-1]}; found {np.shape(t1)}"
        )
    flat, t1 = signals.reshape(-1, signals.shape[-1]), np.asarray(t1, float).ravel()
    wanted = np.ones(len(flat), bool) if mask is None else np.asarray(mask, bool).ravel()

    def read(rows: NDArray[np.intp]) -> Array:
        return sequence.concentration(flat[rows], t1=t1[rows])

    return shaped(fit_rows(kinetics, read, wanted), signals.shape)
