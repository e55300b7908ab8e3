"""Magnitude images never fall to zero: what noise adds, taken off before a fit."""

import numpy as np

from nodewise.errors import ModelError
from nodewise.volume import Array


def without_noise_floor(signals: Array, *, noise: float) -> Array:
    """Signals, shape (...), with what Rician noise adds on average taken off.

    Args:
        signals: magnitudes, shape (...).
        noise: standard deviation of the real and the imaginary part, as the signals.

    Returns:
        √|S² - noise²|, shape (...), whose bias is least down to SNR 1.

    Source:
        Gudbjartsson and Patz, Magn Reson Med 1995;34:910, doi:10.1002/mrm.1910340618.

    >>> without_noise_floor(np.array([5.0, 13.0]), noise=5.0)
    array([ 0., 12.])
    """
    if not (np.isfinite(noise) and noise >= 0):
        raise ModelError(f"noise needs a standard deviation of 0 or more; found {noise}")
    return np.asarray(np.sqrt(np.abs(np.asarray(signals, float) ** 2 - noise**2)))


def background_noise(magnitudes: Array) -> float:
    """Noise's standard deviation from magnitudes of air, shape (n,): √(mean of S² / 2).

    Source:
        Henkelman, Med Phys 1985;12:232, doi:10.1118/1.595711.
    """
    return float(np.sqrt(np.mean(np.asarray(magnitudes, float) ** 2) / 2))
