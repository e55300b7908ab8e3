"""Signals and a T1 map → concentrations → kinetic maps."""

import numpy as np
import pytest

from nodewise.errors import ModelError
from nodewise.maps import Outcome, fit, fit_perfusion
from nodewise.models import ExtendedTofts, ParkerAif, SpgrConcentration

TIME = np.arange(0, 240, 6.0)
MODEL = ExtendedTofts(time=TIME, aif=ParkerAif(arrival=25))
SEQUENCE = SpgrConcentration(tr=4e-3, flip_angle=0.26, relaxivity=4.5, baseline=slice(4))
TRUTH = np.array([[0.002, 0.2, 0.02], [0.005, 0.4, 0.08], [0.01, 0.35, 0.0]])
T1 = np.array([1.2, 0.9, 2.0])
SIGNALS = SEQUENCE.signal(MODEL.signal(TRUTH), t1=T1, s0=np.array([500.0, 800, 300]))


def test_the_chain_gives_back_what_went_in():
    result = fit_perfusion(MODEL, SIGNALS, T1, sequence=SEQUENCE)
    np.testing.assert_allclose(result.values, TRUTH, rtol=1e-4, atol=1e-7)


def test_the_chain_is_its_two_steps():
    rng = np.random.default_rng(1)
    noisy = (SIGNALS + rng.normal(size=SIGNALS.shape))[:, None, :]
    together = fit_perfusion(MODEL, noisy, T1[:, None], sequence=SEQUENCE)
    apart = fit(MODEL, SEQUENCE.concentration(noisy, t1=T1[:, None]))
    np.testing.assert_array_equal(together.values, apart.values)


def test_a_wrong_t1_biases_and_a_missing_one_is_an_outcome():
    t1 = T1 * np.array([1, np.nan, 1.2])
    result = fit_perfusion(MODEL, SIGNALS, t1, sequence=SEQUENCE)
    np.testing.assert_array_equal(result.outcome[:2], [Outcome.FITTED, Outcome.NO_SIGNAL])
    assert result.parameter("ktrans")[2] != pytest.approx(TRUTH[2, 0], rel=0.05)


def test_a_t1_map_of_another_shape_is_refused():
    with pytest.raises(ModelError, match=r"T1 map must have the voxels' shape \(3,\)"):
        fit_perfusion(MODEL, SIGNALS, T1[:2], sequence=SEQUENCE)
