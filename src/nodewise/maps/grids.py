"""Grids over rates: even steps of the logarithm, or of arcsinh where the rate may be 0."""

import numpy as np

from nodewise.models.base import Parameter
from nodewise.volume import Array


def grid(rate: Parameter, count: int) -> Array:
    """Rates from bound to bound, shape (count,), finest where rates are small."""
    return at_position(rate, np.arange(count, dtype=float), count)


def at_position(rate: Parameter, position: Array, count: int) -> Array:
    """The rate at a position of its grid, shape (...), 0 to count - 1; bounds are met exactly."""
    share = position / (count - 1)
    if rate.low > 0:
        value = rate.low * (rate.high / rate.low) ** share
    else:  # linear below the typical value, logarithmic above
        low, high = np.arcsinh(rate.low / rate.start), np.arcsinh(rate.high / rate.start)
        value = rate.start * np.sinh(low + (high - low) * share)
    return np.where(share >= 1, rate.high, np.where(share <= 0, rate.low, value))
