"""Which voxels are worth fitting: those that hold tissue."""

import numpy as np
from numpy.typing import NDArray

from nodewise.volume import Mask


def foreground(signals: NDArray[np.number], *, share: float = 0.12) -> Mask:
    """Voxels whose mean signal exceeds a share of the bright end of the image.

    Args:
        signals: shape (..., m).
        share: of the 99th percentile of the mean over frames.

    Returns:
        Mask of shape (...); voxels without a finite mean are outside.
    """
    mean = np.nan_to_num(np.asarray(signals).mean(axis=-1, dtype=float), posinf=0, neginf=0)
    return np.asarray(mean > share * np.percentile(mean, 99))
