"""Closed forms that scanners and older studies use: for comparison with published values."""

import numpy as np
from numpy.typing import NDArray

from nodewise.errors import ModelError
from nodewise.maps.fitting import Fit, Outcome, check
from nodewise.models.adc import Adc
from nodewise.models.vfa import Vfa
from nodewise.volume import Array, Mask


def fit_log_linear(model: Adc, signals: NDArray[np.number], mask: Mask | None = None) -> Fit:
    """ADC by the straight line through ln S, each sample weighted with S².

    The weights give each logarithm the variance it has under even noise; the nonlinear fit,
    `fit(Adc(b), …)`, needs none and is less biased at low signal.

    Args:
        model: Adc with its b-values.
        signals: shape (..., m); a voxel with a sample of 0 or less ends as NO_SIGNAL.
        mask: voxels to fit, shape (...); all when left out.

    Source:
        Veraart et al., NeuroImage 2013;81:335, doi:10.1016/j.neuroimage.2013.05.028.
    """
    signals = np.asarray(signals)
    check(model, signals.shape, mask)
    curves = np.asarray(signals, float)
    good = np.isfinite(curves).all(axis=-1) & (curves > 0).all(axis=-1)
    logs = np.log(np.where(good[..., None], curves, 1.0))
    weights = np.where(good[..., None], curves, 1.0) ** 2
    line = _line(model.samples, logs, weights)
    values = np.stack([np.exp(line[0]), -line[1]], axis=-1)
    left = (np.where(good[..., None], curves - model.signal(values), 0.0) ** 2).sum(axis=-1)
    return _record(model, values, (line[2], left, good), mask)


def _line(x: Array, y: Array, weights: Array) -> tuple[Array, Array, Array]:
    """Intercept, slope and 1 / Σ w (x - mean)², shape (...), of y, shape (..., m), on x, (m,)."""
    total = weights.sum(axis=-1)
    middle = (weights * x).sum(axis=-1) / total
    off = x - middle[..., None]
    spread = 1 / (weights * off**2).sum(axis=-1)
    slope = (weights * off * y).sum(axis=-1) * spread
    return (weights * y).sum(axis=-1) / total - slope * middle, slope, spread


def _record(model: Adc, values: Array, parts: tuple[Array, Array, Mask], mask: Mask | None) -> Fit:
    """The record of values, shape (..., 2), with spread, residual and where signal is, (...)."""
    spread, left, good = parts
    samples = len(model.samples)
    wanted = np.ones(good.shape, bool) if mask is None else np.asarray(mask, bool)
    d = values[..., 1]
    at_bound = (d <= model.rates[0].low) | (d >= model.rates[0].high)
    outcome = np.where(at_bound, Outcome.AT_BOUND, Outcome.FITTED)
    outcome = np.where(wanted, np.where(good, outcome, Outcome.NO_SIGNAL), Outcome.MASKED)
    kept = wanted & good
    noise = left / (samples - 2) if samples > 2 else np.full(good.shape, np.inf)
    errors = np.sqrt(np.stack([noise, noise * spread], axis=-1))
    tiny = np.finfo(float).tiny
    return Fit(
        model="adc_log_linear",
        parameters=model.parameters,
        values=np.where(kept[..., None], values, np.nan),
        errors=np.where(kept[..., None], errors, np.nan),
        residual=np.where(kept, np.sqrt(left / samples), np.nan),
        aic=np.where(kept, samples * np.log(np.maximum(left / samples, tiny)) + 6, np.nan),
        outcome=outcome.astype(np.uint8),
    )


def adc_between(low: Array, high: Array, *, b: tuple[float, float]) -> Array:
    """ADC between two b-values, ln(low / high) / (b_high - b_low), shape (...), mm²/s.

    Args:
        low: signal at the lower b-value, shape (...).
        high: signal at the higher b-value, shape (...).
        b: both b-values, the lower first, s/mm².

    Returns:
        NaN where a signal is 0 or less.

    >>> float(adc_between(np.array(100.0), np.array(50.0), b=(0, 1000)).round(6))
    0.000693
    """
    if not 0 <= b[0] < b[1]:
        raise ModelError(f"an ADC needs two rising b-values; found {b[0]:g} and {b[1]:g}")
    low, high = np.asarray(low, float), np.asarray(high, float)
    with np.errstate(divide="ignore", invalid="ignore"):
        quotient = np.where((low > 0) & (high > 0), low / high, np.nan)
    return np.asarray(np.log(quotient) / (b[1] - b[0]))


def linear_t1(model: Vfa, signals: NDArray[np.number]) -> Array:
    """T1 by the straight line of S / sin α on S / tan α, shape (...), s; NaN where it has none.

    It weighs noise unevenly: `fit(Vfa(…), …)` is the better estimate.

    Args:
        model: Vfa with one repetition time.
        signals: shape (..., m).

    Source:
        Deoni et al., Magn Reson Med 2003;49:515, doi:10.1002/mrm.10407.
    """
    if np.ndim(model.tr) != 0:
        raise ModelError("the straight line needs one repetition time for all flip angles")
    signals = np.asarray(signals, float)
    y, x = signals / np.sin(model.samples), signals / np.tan(model.samples)
    off = x - x.mean(axis=-1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = (off * y).sum(axis=-1) / (off**2).sum(axis=-1)
        e1 = np.where((slope > 0) & (slope < 1), slope, np.nan)
        return np.asarray(-np.asarray(model.tr) / np.log(e1))
