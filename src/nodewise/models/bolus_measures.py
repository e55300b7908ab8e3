"""What a clinic reads off a fitted bolus: peak, times, rates, areas, and how sure they are.

Wash-in starts where the tangent at the steepest rise crosses zero, and wash-out ends where that at
the steepest fall does. Units of signal are arbitrary: peaks, rates and areas compare within one
machine and setting, or as ratios.

Source:
    Names and formulas are those of the bolus set of VueBox (Bracco), which have no paper of their
    own; the models' sources stand with them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from scipy.special import gammainc, log_ndtr, ndtr

from nodewise.models.bolus import (
    Bolus,
    FirstPassage,
    GammaVariate,
    LocalDensityRandomWalk,
    Lognormal,
)
from nodewise.volume import Array

MEASURES: dict[str, tuple[str, str]] = {
    "peak": ("a.u.", "greatest signal"),
    "time_to_peak": ("s", "from the time that frames count from"),
    "wash_in_start": ("s", "zero of the tangent at the steepest rise, from the same time"),
    "wash_out_end": ("s", "zero of the tangent at the steepest fall, from the same time"),
    "rise_time": ("s", "from wash_in_start to the peak"),
    "fall_time": ("s", "from the peak to wash_out_end"),
    "wash_in_rate": ("a.u./s", "steepest rise"),
    "wash_out_rate": ("a.u./s", "steepest fall, as a positive number"),
    "wash_in_area": ("a.u.·s", "area from wash_in_start to the peak"),
    "wash_out_area": ("a.u.·s", "area from the peak to wash_out_end"),
    "wash_in_wash_out_area": ("a.u.·s", "their sum"),
    "area": ("a.u.·s", "area of the whole curve"),
    "perfusion_index": ("a.u.", "wash_in_area / rise_time"),
    "mean_transit_time": ("s", "mean time of the whole curve since wash_in_start"),
}
"""Name → unit and meaning."""

BISECTIONS = 50


@dataclass(frozen=True)
class _Curve:
    """What one model's curve of area 1 has in closed form, or nearly.

    Args:
        steepest: times of the steepest rise and fall, s since arrival, of the model's two rates
            after arrival and its peak time, shape (...) each.
        share: part of the area up to a time since arrival, of that time and the two rates.
    """

    steepest: Callable[[Array, Array, Array], tuple[Array, Array]]
    share: Callable[[Array, Array, Array], Array]


def measures(model: Bolus, values: Array) -> dict[str, Array]:
    """Every measure of fitted curves, shape (...) each.

    A gamma variate with alpha of 1 or less rises steepest where it begins: what rests on that
    slope is NaN.

    Args:
        model: one of the four.
        values: its parameters, shape (..., 4).
    """
    values = np.asarray(values, float)
    amplitude, rates = model.separate(values)
    area, arrival, first, second = amplitude[..., 0], *np.moveaxis(rates, -1, 0)
    curve, top = _CURVES[type(model)], model.peak_time(values)
    rising, falling = curve.steepest(first, second, top)
    start, rise = _tangent(model, rising, first, second)
    end, fall = _tangent(model, falling, first, second)
    before, half, after = (area * curve.share(time, first, second) for time in (start, top, end))
    return {
        "peak": model.peak(values),
        "time_to_peak": arrival + top,
        "wash_in_start": arrival + start,
        "wash_out_end": arrival + end,
        "rise_time": top - start,
        "fall_time": end - top,
        "wash_in_rate": area * rise,
        "wash_out_rate": -area * fall,
        "wash_in_area": half - before,
        "wash_out_area": after - half,
        "wash_in_wash_out_area": after - before,
        "area": area,
        "perfusion_index": (half - before) / (top - start),
        "mean_transit_time": model.transit_time(values) - start,
    }


def _tangent(model: Bolus, time: Array, first: Array, second: Array) -> tuple[Array, Array]:
    """Where the tangent at a time since arrival crosses zero, and its slope; shape (...) each."""
    place = time[..., None], first[..., None], second[..., None]
    relative = model.log_slopes(*place)[0][..., 0]
    return time - 1 / relative, relative * model.curve(*place)[..., 0]


def _steepest_lognormal(mu: Array, sigma: Array, _: Array) -> tuple[Array, Array]:
    """Roots of h² + h = 1 / sigma² with ln time = mu + sigma² (h - 1), shape (...) each."""
    root = np.sqrt(1 + 4 / sigma**2)
    rising, falling = (np.exp(mu + sigma**2 * ((sign * root - 1) / 2 - 1)) for sign in (-1, 1))
    return np.asarray(rising), np.asarray(falling)


def _share_lognormal(time: Array, mu: Array, sigma: Array) -> Array:
    """Distribution function of the lognormal, shape (...)."""
    return np.asarray(ndtr((np.log(time) - mu) / sigma))


def _steepest_gamma(rise: Array, alpha: Array, _: Array) -> tuple[Array, Array]:
    """Beta (alpha ∓ √alpha), shape (...) each."""
    beta, kink = rise / alpha, np.where(alpha > 1, 1.0, np.nan)
    return kink * beta * (alpha - np.sqrt(alpha)), beta * (alpha + np.sqrt(alpha))


def _share_gamma(time: Array, rise: Array, alpha: Array) -> Array:
    """Distribution function of the gamma, shape (...)."""
    return np.asarray(gammainc(alpha + 1, time * alpha / rise))


def _steepest_walk(transit: Array, skew: Array, top: Array, *, power: float) -> tuple[Array, Array]:
    """Of u^-power e^(-skew (u + 1/u) / 2), u = time / transit, shape (...) each.

    Its second derivative has the sign of (power + skew (u - 1/u) / 2)² + power - skew / u, which
    changes once on either side of the peak.
    """
    peak = np.log(top / transit)
    found = []
    for away in (peak - np.log(1e3), peak + np.log(1e2)):
        near, far = peak, away
        for _ in range(BISECTIONS):
            middle = (near + far) / 2
            u = np.exp(middle)
            bends_up = (power + skew / 2 * (u - 1 / u)) ** 2 + power > skew / u
            near, far = np.where(bends_up, near, middle), np.where(bends_up, middle, far)
        found.append(transit * np.exp((near + far) / 2))
    return found[0], found[1]


def _share_first_passage(time: Array, transit: Array, skew: Array) -> Array:
    """Distribution function of the inverse Gaussian, shape (...)."""
    u = time / transit
    root = np.sqrt(skew / u)
    back = np.exp(2 * skew + log_ndtr(-root * (u + 1)))
    return np.asarray(ndtr(root * (u - 1)) + back)


def _share_random_walk(time: Array, transit: Array, skew: Array) -> Array:
    """Distribution function of the inverse Gaussian's reciprocal, shape (...)."""
    return 1 - _share_first_passage(transit / time, np.ones_like(transit), skew)


_CURVES: dict[type[Bolus], _Curve] = {
    Lognormal: _Curve(_steepest_lognormal, _share_lognormal),
    GammaVariate: _Curve(_steepest_gamma, _share_gamma),
    LocalDensityRandomWalk: _Curve(partial(_steepest_walk, power=0.5), _share_random_walk),
    FirstPassage: _Curve(partial(_steepest_walk, power=1.5), _share_first_passage),
}


def covariance(model: Bolus, values: Array, signals: Array) -> Array:
    """Covariance of fitted parameters, shape (n, 4, 4), infinite where they are not determined.

    Speckle's noise grows with the signal and is alike in neighbouring frames: the residual tells
    its variance, constant + part of the signal's square, and its correlation from frame to frame.

    Args:
        model: of m frames.
        values: its parameters at the least-squares optimum, shape (n, 4).
        signals: that it was fitted to, shape (n, m).
    """
    slopes = _slopes(model.signal, model, values)
    scale = np.sqrt(np.einsum("inm,inm->ni", slopes, slopes))
    determined = (scale > 0).all(axis=1)
    scale[~determined] = 1.0
    slopes /= scale.T[..., None]
    information = np.einsum("inm,jnm->nij", slopes, slopes)
    determined &= np.linalg.matrix_rank(information, tol=1e-10, hermitian=True) == len(slopes)
    found = np.full(information.shape, np.inf)
    if determined.any():
        bread, slopes = np.linalg.inv(information[determined]), slopes[:, determined]
        curve = model.signal(values[determined])
        pulls, alike = _noisy(slopes, bread, curve=curve, residual=signals[determined] - curve)
        both = scale[determined, :, None] * scale[determined, None]
        found[determined] = bread @ _summed(pulls, alike) @ bread / both
    return found


def _noisy(slopes: Array, bread: Array, *, curve: Array, residual: Array) -> tuple[Array, Array]:
    """Slopes times the noise's standard deviation, and its correlation from frame to frame.

    Args:
        slopes: by parameter, shape (4, n, m).
        bread: inverse of their products' sums, shape (n, 4, 4).
        curve: fitted, shape (n, m).
        residual: of the fit, shape (n, m).

    Returns:
        Shapes (4, n, m) and (n,).
    """
    count, frames = len(slopes), residual.shape[1]
    residual = residual * np.sqrt(frames / (frames - count))
    spread = np.sqrt(_variance(curve**2, residual**2))
    plain = residual / spread
    alike = np.sum(plain[:, 1:] * plain[:, :-1], axis=1) / np.sum(plain**2, axis=1)
    return slopes * spread, np.clip(alike, 0, 0.95)


def _variance(square: Array, residual: Array, *, rounds: int = 3) -> Array:
    """Variance constant + part · square of the signal, shape (n, m), by weighted least squares.

    Args:
        square: of the signal, shape (n, m).
        residual: squared, shape (n, m).
        rounds: of weights that follow the variance found.
    """
    weight = np.ones_like(square)
    least = np.maximum(1e-3 * residual.mean(axis=1, keepdims=True), np.finfo(float).tiny)
    for _ in range(rounds):
        mean_x, mean_y = (
            np.sum(weight * each, axis=1, keepdims=True) / weight.sum(axis=1, keepdims=True)
            for each in (square, residual)
        )
        off = weight * (square - mean_x)
        part = np.sum(off * (residual - mean_y), axis=1, keepdims=True)
        part = np.maximum(part / np.sum(off * (square - mean_x), axis=1, keepdims=True), 0)
        through = np.sum(weight * square * residual, axis=1, keepdims=True)
        through = through / np.sum(weight * square**2, axis=1, keepdims=True)
        above = mean_y > part * mean_x
        constant = np.where(above, mean_y - part * mean_x, 0)
        variance = np.maximum(constant + np.where(above, part, through) * square, least)
        weight = 1 / variance**2
    return np.asarray(variance)


def _summed(pulls: Array, alike: Array) -> Array:
    """Sums of products of pulls, shape (4, n, m), of all frames, weighted by alike^distance.

    Args:
        pulls: shape (4, n, m).
        alike: correlation of neighbours, shape (n,).

    Returns:
        Shape (n, 4, 4).
    """
    total = np.einsum("inm,jnm->nij", pulls, pulls)
    before = np.zeros(pulls.shape[:2])
    for frame in range(1, pulls.shape[2]):
        before = alike * (before + pulls[..., frame - 1])
        product = np.einsum("in,jn->nij", before, pulls[..., frame])
        total += product + product.swapaxes(1, 2)
    return np.asarray(total)


def measure_errors(model: Bolus, values: Array, spread: Array) -> dict[str, Array]:
    """Standard errors of every measure, shape (n,) each, by the delta method.

    Args:
        model: whose parameters they are.
        values: at the optimum, shape (n, 4).
        spread: their covariance, shape (n, 4, 4).
    """
    known = np.isfinite(spread).all(axis=(1, 2))
    found = {name: np.full(len(values), np.inf) for name in MEASURES}
    names = list(MEASURES)
    every = _slopes(
        lambda at: np.stack([measures(model, at)[name] for name in names], axis=-1),
        model,
        values[known],
    )  # (4, n, names)
    variance = np.einsum("ink,nij,jnk->nk", every, spread[known], every)
    for place, name in enumerate(names):
        found[name][known] = np.sqrt(np.maximum(variance[:, place], 0))
    return found


def _slopes(of: Callable[[Array], Array], model: Bolus, values: Array) -> Array:
    """Derivatives, shape (4, n, k), by each parameter, of what is of values, shape (n, 4)."""
    slopes = []
    for place, parameter in enumerate(model.parameters):
        step = 1e-5 * (np.abs(values[:, place]) + min(parameter.start, 1.0))
        above, below = values.copy(), values.copy()
        above[:, place] += step
        below[:, place] -= step
        slopes.append((of(above) - of(below)) / (2 * step[:, None]))
    return np.stack(slopes)
