"""Noise of magnitudes, and iron oxide's pure numbers."""

import numpy as np
import pytest

from nodewise.errors import ModelError
from nodewise.models.noise import background_noise, without_noise_floor
from nodewise.models.uspio import delta_r2_star, relative_change, signal_ratio


def rician(true, noise, rng, count=200_000):
    return np.abs(true + noise * (rng.normal(size=count) + 1j * rng.normal(size=count)))


def test_the_noise_is_read_from_air():
    air = rician(0.0, 7.0, np.random.default_rng(1))
    assert background_noise(air) == pytest.approx(7, rel=0.01)


@pytest.mark.parametrize("true", [2.0, 3.0, 8.0])
def test_the_floor_taken_off_leaves_less_bias(true):
    signals = rician(true, 1.0, np.random.default_rng(2))
    corrected = without_noise_floor(signals, noise=1.0)
    assert abs(corrected.mean() - true) < 0.25 * abs(signals.mean() - true)


def test_a_negative_noise_is_refused():
    with pytest.raises(ModelError, match="0 or more; found -1"):
        without_noise_floor(np.ones(3), noise=-1)


def test_iron_is_counted_as_rate_and_as_ratio():
    assert delta_r2_star(np.array(20.0), np.array(80.0)) == 60
    before, after = signal_ratio(np.array(90.0), np.array(60.0)), signal_ratio(30.0, 60.0)
    assert relative_change(before, after) == pytest.approx(-2 / 3)
    assert np.isnan(signal_ratio(1.0, 0.0))
