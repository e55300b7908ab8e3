"""Proof, for every model there is, that the fitter ends at the optimum that SciPy finds.

SciPy is given more than we are: the true tissue, our own answer and starts all over the bounds.
"""

from collections.abc import Iterator

import numpy as np
import pytest
from examples import EXAMPLES, tissue
from scipy.optimize import least_squares, nnls

from nodewise.maps import fit

SCATTERED = 60  # random rates a voxel; SciPy goes down from the best two
EXCESS = 1e-6  # of the cost: more than that above SciPy's is not the optimum
TOLERANCES = {"x_scale": "jac", "xtol": 1e-13, "ftol": 1e-13, "gtol": 1e-13}
EACH_MODEL = pytest.mark.parametrize("name", EXAMPLES)


def voxels(name, count, rng):
    """True values and signals at SNR 20 to 100."""
    values = tissue(name, count, rng)
    signals = EXAMPLES[name].signal(values)
    snr = np.exp(rng.uniform(np.log(20), np.log(100), (count, 1)))
    signals += rng.normal(size=signals.shape) * signals.max(axis=1, keepdims=True) / snr
    return values, np.abs(signals) if EXAMPLES[name].magnitude else signals


def projected(model, curve, basis):
    """Amplitudes of least distance, none below 0, and what they leave of a curve."""
    if not model.magnitude:
        amplitudes, _ = nnls(basis.T, curve)
        return amplitudes, amplitudes @ basis - curve
    found = []
    for negative in range(len(curve) + 1):
        sign = np.where(np.argsort(np.argsort(model.samples)) < negative, -1, 1)
        amplitudes, _ = nnls(basis.T, curve * sign)
        found.append((amplitudes, np.abs(amplitudes @ basis) - curve))
    return min(found, key=lambda pair: pair[1] @ pair[1])


def descended(model, curve, rates):
    """Cost at which SciPy ends from some rates, with amplitudes and rates free within bounds."""
    count = len(model.parameters) - len(model.rates)
    amplitudes, _ = projected(model, curve, model.basis(rates))
    low = np.array([0.0] * count + [rate.low for rate in model.rates])
    high = np.array([np.inf] * count + [rate.high for rate in model.rates])
    scale = np.r_[np.full(count, amplitudes.max() + 1e-12), [rate.start for rate in model.rates]]
    start = np.clip(np.r_[amplitudes, rates] / scale, low / scale, high / scale)

    def left(x):
        curve_there = (x * scale)[:count] @ model.basis((x * scale)[count:])
        return (np.abs(curve_there) if model.magnitude else curve_there) - curve

    def slopes(x):
        amplitudes, rates = (x * scale)[:count, None], (x * scale)[count:, None]
        columns = model.columns(rates)
        changes = model.changes(rates, columns, amplitudes=amplitudes)
        sign = np.sign(amplitudes[:, 0] @ columns[..., 0]) if model.magnitude else 1.0
        return (np.concatenate([columns, changes])[..., 0] * sign).T * scale

    bounds = (low / scale, high / scale)
    found = least_squares(left, start, slopes, bounds=bounds, max_nfev=300, **TOLERANCES)
    return 2 * found.cost


def starts(model, curve, known, rng) -> Iterator[np.ndarray]:
    """Rates known beforehand, within bounds, and the best of many scattered ones."""
    low = np.array([rate.low for rate in model.rates])
    high = np.array([rate.high for rate in model.rates])
    yield from (np.clip(rates, low, high) for rates in known)
    typical = np.array([rate.start for rate in model.rates])
    scattered = np.clip(typical * np.exp(rng.normal(size=(SCATTERED, len(low))) * 1.5), low, high)
    left = [projected(model, curve, basis)[1] for basis in model.basis(scattered)]
    costs = np.square(left).sum(axis=1)
    yield from scattered[np.argsort(costs)[:2]]


def excess(name, count, seed):
    """How far above the least cost known ours lies, relatively, for each voxel."""
    model, rng = EXAMPLES[name], np.random.default_rng(seed)
    truth, signals = voxels(name, count, rng)
    values = fit(model, signals).values
    ours = ((model.signal(values) - signals) ** 2).sum(axis=1)
    if not model.rates:
        basis = model.basis(np.empty(0))
        least = [projected(model, curve, basis)[1] for curve in signals]
        return ours / [left @ left for left in least] - 1
    known = np.stack([model.separate(values)[1], model.separate(truth)[1]], axis=1)
    least = [
        min(descended(model, curve, rates) for rates in starts(model, curve, pair, rng))
        for curve, pair in zip(signals, known, strict=True)
    ]
    return ours / least - 1


@EACH_MODEL
def test_a_few_voxels_are_at_the_optimum(name):
    assert excess(name, 3, seed=1).max() <= EXCESS


@pytest.mark.slow
@EACH_MODEL
def test_of_a_thousand_voxels_all_but_one_are_at_the_optimum(name):
    above = excess(name, 1000, seed=2) > EXCESS
    assert above.mean() <= 0.001
