"""Plasma curves convolved with exponentials, exactly, for inputs linear between knots."""

import numpy as np

from nodewise.errors import ModelError
from nodewise.models.aif import Aif
from nodewise.volume import Array


def plasma_and_knots(time: Array, aif: Aif) -> tuple[Array, Array]:
    """Knots up to the last frame, shape (n,), s, and plasma at the frames, shape (m,), mM."""
    if time.ndim != 1 or not np.isfinite(time).all() or (np.diff(time) <= 0).any():
        raise ModelError("a dynamic series needs rising frame times in seconds, one per frame")
    return np.union1d(aif.knots(float(time[-1])), time), aif.plasma(time)


def retained(time: Array, aif: Aif, rate: Array) -> Array:
    """∫ cp(τ) exp(-rate (t - τ)) dτ at each frame.

    Args:
        time: of each frame, rising, shape (m,), s.
        aif: arterial input.
        rate: shape (...), 1/s.

    Returns:
        Shape (..., m), mM s; exact for an input that is linear between its knots.
    """
    knots, _ = plasma_and_knots(time, aif)
    plasma = aif.plasma(knots)
    frame = {float(knot): index for index, knot in enumerate(time)}
    result = np.zeros((*rate.shape, len(time)))
    content = np.zeros(rate.shape)
    steps = np.diff(knots)
    for index, step in enumerate(steps):
        if index == 0 or not np.isclose(step, steps[index - 1], rtol=1e-12, atol=0):
            kept, first, second = _weights(rate * step)
        content = content * kept + step * (first * plasma[index] + second * plasma[index + 1])
        if (at := frame.get(float(knots[index + 1]))) is not None:
            result[..., at] = content
    return result


def _weights(x: Array) -> tuple[Array, Array, Array]:
    """What is kept over one step, and the weights of the input at its ends, each of shape (...).

    They are exp(-x), (1 - exp(-x) - x exp(-x)) / x² and (x - 1 + exp(-x)) / x², by series near 0.
    """
    kept = np.exp(-x)
    near = np.abs(x) < 1e-2
    safe = np.where(near, 1.0, x)
    first = np.where(
        near,
        1 / 2 - x / 3 + x**2 / 8 - x**3 / 30 + x**4 / 144,
        (1 - kept - x * kept) / safe**2,
    )
    second = np.where(
        near,
        1 / 2 - x / 6 + x**2 / 24 - x**3 / 120 + x**4 / 720,
        (x - 1 + kept) / safe**2,
    )
    return kept, first, second
