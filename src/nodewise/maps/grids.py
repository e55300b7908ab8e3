"""Grids over rates: even steps of arcsinh, so fine around the typical value and honest at 0."""

import numpy as np

from nodewise.models.base import Parameter
from nodewise.volume import Array


def grid(rate: Parameter, count: int) -> Array:
    """Rates from bound to bound, shape (count,), linear below the typical value and log above."""
    return at_position(rate, np.arange(count, dtype=float), count)


def at_position(rate: Parameter, position: Array, count: int) -> Array:
    """The rate at a position of its grid, shape (...), 0 to count - 1; bounds are met exactly."""
    low, high = np.arcsinh(rate.low / rate.start), np.arcsinh(rate.high / rate.start)
    share = position / (count - 1)
    value = rate.start * np.sinh(low + (high - low) * share)
    return np.clip(
        np.where(share >= 1, rate.high, np.where(share <= 0, rate.low, value)), rate.low, rate.high
    )
