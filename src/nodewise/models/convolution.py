"""Plasma curves convolved with exponentials, exactly, for inputs linear between knots."""

import numpy as np

from nodewise.errors import ModelError
from nodewise.models.aif import Aif
from nodewise.volume import Array

CHUNK = 2_000  # rates at once


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
    plasma, steps = aif.plasma(knots), np.diff(knots)
    if not plasma.any():
        raise ModelError(
            f"the arterial input is 0 until the last frame at {time[-1]:g} s: its bolus arrives "
            "later, or it has none"
        )
    flat = np.asarray(rate, float).ravel()
    result = np.zeros((len(flat), len(time)))
    for first in range(0, len(flat), CHUNK):
        part = slice(first, first + CHUNK)
        result[part] = _recursion(flat[part], plasma, steps)[np.searchsorted(knots, time)].T
    return result.reshape(*np.shape(rate), len(time))


def _recursion(rate: Array, plasma: Array, steps: Array) -> Array:
    """The integral at each of n knots, shape (n, r), for rates, shape (r,).

    Args:
        rate: shape (r,), 1/s.
        plasma: at the knots, shape (n,), mM.
        steps: between knots, shape (n - 1,), s.
    """
    content = np.zeros((len(plasma), len(rate)))
    for index, step in enumerate(steps):
        if index == 0 or abs(step - steps[index - 1]) > 1e-9 * step:
            kept, first, second = (step * weight for weight in _weights(rate * step))
            kept /= step
        row = content[index + 1]
        np.multiply(content[index], kept, out=row)
        row += first * plasma[index]
        row += second * plasma[index + 1]
    return content


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
