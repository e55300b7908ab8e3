"""Straight lines, two-point ADC, B1, delays and the choice between models."""

from dataclasses import replace

import numpy as np
import pytest
from examples import AIF, EXAMPLES, FAST, FAST_AIF, TIME, B, noisy
from hypothesis import given
from hypothesis import strategies as st

from nodewise.errors import ModelError
from nodewise.maps import Outcome, fit
from nodewise.maps.choice import best_model, model_weights
from nodewise.maps.delay import fit_delayed
from nodewise.maps.loglinear import adc_between, fit_log_linear, linear_t1
from nodewise.maps.transmit import fit_with_b1
from nodewise.models import Adc, Ivim, Patlak, Tofts, TwoCompartmentExchange, Vfa

ANGLES = np.radians([2.0, 5, 10, 15, 20])


@given(d=st.floats(1e-4, 4e-3), s0=st.floats(1, 1e4))
def test_the_straight_line_is_exact_without_noise(d, s0):
    found = fit_log_linear(Adc(b=B), Adc(b=B).signal([s0, d]))
    np.testing.assert_allclose(found.values, [s0, d], rtol=1e-9)
    low, high = Adc(b=np.array([50.0, 800])).signal([s0, d])
    assert adc_between(low, high, b=(50, 800)) == pytest.approx(d)


def test_the_weighted_line_comes_close_to_the_nonlinear_fit():
    signals = np.abs(noisy("adc", 500, 50, np.random.default_rng(1)))
    line, curve = fit_log_linear(Adc(b=B), signals), fit(Adc(b=B), signals)
    ratio = line.parameter("adc") / curve.parameter("adc")
    assert np.nanpercentile(np.abs(ratio - 1), 90) < 0.1
    assert (curve.residual[line.has_value] <= line.residual[line.has_value] + 1e-9).all()


def test_the_line_has_outcomes_too():
    signals = np.array([[100.0, 50, 25], [100, 0, 25], [np.nan, 1, 1], [50, 60, 70]])
    found = fit_log_linear(
        Adc(b=np.array([0.0, 500, 1000])), signals, np.array([True, True, True, True])
    )
    np.testing.assert_array_equal(found.outcome, [0, 2, 2, 3])
    np.testing.assert_array_equal(np.isfinite(found.parameter("adc")), found.has_value)


def test_two_points_without_signal_have_no_adc():
    assert np.isnan(adc_between(np.array([0.0, 5]), np.array([5.0, -1]), b=(0, 1000))).all()
    with pytest.raises(ModelError, match="two rising b-values; found 800 and 100"):
        adc_between(np.ones(1), np.ones(1), b=(800, 100))


def test_the_linear_t1_is_exact_without_noise():
    model = Vfa(flip_angle=ANGLES, tr=5e-3)
    t1 = np.array([0.2, 1.0, 3.0])
    found = linear_t1(model, model.signal(np.stack([np.full(3, 500.0), t1], axis=-1)))
    np.testing.assert_allclose(found, t1, rtol=1e-9)


def test_every_voxel_is_fitted_with_its_own_b1():
    rng = np.random.default_rng(2)
    b1, t1 = rng.uniform(0.6, 1.3, (4, 50)), rng.uniform(0.3, 3, (4, 50))
    model = Vfa(flip_angle=ANGLES, tr=5e-3)
    signals = np.empty((4, 50, 5))
    for place in np.ndindex(4, 50):
        own = replace(model, flip_angle=ANGLES * b1[place])
        signals[place] = own.signal([1000, t1[place]])
    found = fit_with_b1(model, signals, b1)
    np.testing.assert_allclose(found.parameter("t1"), t1, rtol=2e-3)
    ignored = fit(model, signals).parameter("t1")
    assert np.abs(ignored / t1 - 1).max() > 0.3


def test_a_voxel_of_unknown_b1_has_no_t1():
    model = Vfa(flip_angle=ANGLES, tr=5e-3)
    signals = model.signal(np.tile([100, 1.0], (3, 1)))
    found = fit_with_b1(
        model, signals, np.array([1.0, np.nan, 1.0]), mask=np.array([True, True, False])
    )
    np.testing.assert_array_equal(found.outcome, [0, Outcome.NO_SIGNAL, Outcome.MASKED])


def test_a_late_bolus_is_found():
    delays = np.arange(0, 10.5, 0.5)
    truth = np.array([[0.003, 0.05], [0.001, 0.1], [0.006, 0.02]])
    signals = [
        Patlak(time=FAST, aif=replace(FAST_AIF, delay=late)).signal(values)
        for late, values in zip([0.0, 3.5, 8.0], truth, strict=True)
    ]
    found, delay = fit_delayed(
        lambda late: Patlak(time=FAST, aif=replace(FAST_AIF, delay=late)), signals, delays
    )
    np.testing.assert_array_equal(delay, [0, 3.5, 8])
    np.testing.assert_allclose(found.values, truth, rtol=1e-6)


def test_akaike_prefers_the_simpler_of_two_models_that_fit_alike():
    rng = np.random.default_rng(3)
    plain = Adc(b=B).signal(np.tile([100, 1e-3], (300, 1))) + rng.normal(size=(300, 10))
    mixed = Ivim(b=B).signal(np.tile([100, 0.3, 1e-3, 0.05], (300, 1)))
    mixed += rng.normal(size=(300, 10))
    for signals, expected in ((plain, 0), (mixed, 1)):
        fits = [fit(Adc(b=B), signals), fit(Ivim(b=B), signals)]
        assert np.mean(best_model(fits) == expected) > 0.7
        np.testing.assert_allclose(model_weights(fits).sum(axis=0), 1)


def test_nothing_is_chosen_where_nothing_fits():
    fits = [fit(Tofts(time=TIME, aif=AIF), np.zeros((2, 40))) for _ in range(2)]
    assert (best_model(fits) == -1).all()
    assert np.isnan(model_weights(fits)).all()
    with pytest.raises(ModelError, match="two fits or more"):
        best_model(fits[:1])


def test_exchange_with_little_leakage_looks_like_its_own_residue():
    model = EXAMPLES["two_compartment_exchange"]
    values = np.array([0.02, 0.002, 0.2, 0.06])
    amplitudes, rates = model.separate(values)
    fall = (amplitudes * rates).sum()
    assert amplitudes.sum() == pytest.approx(0.02)
    assert fall == pytest.approx(0.02**2 / 0.06)
    assert isinstance(model, TwoCompartmentExchange)
