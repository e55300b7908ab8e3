"""Maps of what was measured as it is: nothing is fitted."""

import numpy as np

from nodewise.maps import Fit, Outcome
from nodewise.models import Parameter
from nodewise.volume import Array


def unfitted(values: Array, parameter: Parameter) -> Fit:
    """Values as a map of one parameter, without errors; a voxel without a value has no signal.

    Args:
        values: shape (...); NaN where there is none.
        parameter: what they are.
    """
    there = np.isfinite(values)
    blank = np.full(values.shape, np.nan)
    outcome = np.where(there, Outcome.FITTED, Outcome.NO_SIGNAL)
    return Fit(
        model=parameter.name,
        parameters=(parameter,),
        values=np.where(there, values, np.nan)[..., None],
        errors=blank[..., None],
        residual=blank,
        aic=blank,
        outcome=outcome.astype(np.uint8),
    )
