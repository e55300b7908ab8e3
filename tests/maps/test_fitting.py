"""The fitter: recovery of known truth, agreement with SciPy, and hard inputs."""

import tracemalloc

import numpy as np
import pytest
from examples import AIF, EXAMPLES, TIME, B, noisy, tissue
from hypothesis import given, settings
from hypothesis import strategies as st

from nodewise.errors import ModelError
from nodewise.maps import Outcome, fit, onerate
from nodewise.maps.fitting import fit_rows, solver_of
from nodewise.models import Adc, Ivim, Tofts

EACH_MODEL = pytest.mark.parametrize("name", EXAMPLES)


@EACH_MODEL
def test_known_tissue_is_found_again(name):
    values = tissue(name, 500, np.random.default_rng(1))
    result = fit(EXAMPLES[name], EXAMPLES[name].signal(values))
    assert result.count(Outcome.FITTED) + result.count(Outcome.AT_BOUND) == 500
    np.testing.assert_allclose(result.values, values, rtol=2e-4, atol=1e-6)


@EACH_MODEL
def test_the_residual_is_what_the_values_leave_of_the_signal(name):
    signals = noisy(name, 100, 50, np.random.default_rng(9))
    result = fit(EXAMPLES[name], signals)
    left = np.sqrt(((EXAMPLES[name].signal(result.values) - signals) ** 2).mean(axis=1))
    np.testing.assert_allclose(result.residual, left, rtol=1e-5)


@EACH_MODEL
def test_standard_errors_say_how_far_the_values_scatter(name):
    rng = np.random.default_rng(5)
    truth = tissue(name, 1, rng) if name != "ivim" else np.array([[200, 0.2, 1e-3, 0.03]])
    clean = EXAMPLES[name].signal(truth)
    signals = clean + rng.normal(size=(4000, clean.shape[1])) * clean.max() / 200
    result = fit(EXAMPLES[name], signals)
    spread = result.values[result.has_value].std(axis=0)
    stated = np.sqrt((result.errors[result.has_value] ** 2).mean(axis=0))
    np.testing.assert_allclose(stated, spread, rtol=0.1)


def alike(values, other):
    """Whether voxels' values, shape (n, p), are another fit's, far within its standard errors."""
    near = np.isclose(values, other.values, rtol=1e-5, atol=1e-9)
    return (near | (np.abs(values - other.values) <= 1e-3 * other.errors)).all(axis=1)


@EACH_MODEL
def test_order_and_blocks_and_threads_change_nothing(name, monkeypatch):
    signals = noisy(name, 600, 40, np.random.default_rng(2))
    once = fit(EXAMPLES[name], signals)
    monkeypatch.setattr("nodewise.maps.fitting.BLOCK", 1)
    monkeypatch.setattr("nodewise.maps.fitting.FEWEST", 70)
    again = fit(EXAMPLES[name], signals[::-1].reshape(20, 30, -1), threads=2)
    same = alike(again.values.reshape(600, -1)[::-1], once)
    assert np.mean(same) > 0.99  # one in a thousand has two valleys of the same depth
    np.testing.assert_array_equal(again.outcome.ravel()[::-1][same], once.outcome[same])


@EACH_MODEL
@settings(max_examples=4, deadline=None)
@given(factor=st.floats(1e-6, 1e6))
def test_a_louder_signal_has_louder_amplitudes_and_the_same_rates(name, factor):
    model = EXAMPLES[name]
    signals = noisy(name, 8, 50, np.random.default_rng(3))
    one, other = fit(model, signals), fit(model, factor * signals)
    rates = model.separate(one.values)[1]
    np.testing.assert_allclose(model.separate(other.values)[1], rates, rtol=1e-4)


@pytest.mark.parametrize("name", ["adc", "ivim", "vfa"])
def test_the_order_of_the_samples_does_not_matter(name):
    model, rng = EXAMPLES[name], np.random.default_rng(4)
    order = rng.permutation(len(model.samples))
    signals = noisy(name, 50, 60, rng)
    field = "b" if name != "vfa" else "flip_angle"
    shuffled = type(model)(**{**vars(model), field: model.samples[order]})
    assert alike(fit(shuffled, signals[:, order]).values, fit(model, signals)).all()


def test_repeated_b_values_weigh_as_their_mean():
    twice = Adc(b=np.array([0.0, 0, 500, 500, 1000, 1000]))
    once = Adc(b=np.array([0.0, 500, 1000]))
    signals = np.array([[100.0, 104, 60, 58, 36, 39]])
    mean = signals.reshape(1, 3, 2).mean(axis=2)
    np.testing.assert_allclose(fit(twice, signals).values, fit(once, mean).values, rtol=1e-7)


@EACH_MODEL
@pytest.mark.parametrize(
    ("hard", "outcome"),
    [
        (0.0, Outcome.NO_SIGNAL),
        (np.nan, Outcome.NO_SIGNAL),
        (np.inf, Outcome.NO_SIGNAL),
        (-5.0, Outcome.NO_SIGNAL),
    ],
)
def test_signals_that_hold_nothing_have_an_outcome(name, hard, outcome):
    model = EXAMPLES[name]
    result = fit(model, np.full((3, len(model.samples)), hard))
    assert (result.outcome == outcome).all()
    assert np.isnan(result.values).all()


@EACH_MODEL
@pytest.mark.parametrize(
    "kind", ["constant", "saturated", "one sample", "noise", "rising", "tiny", "huge"]
)
def test_odd_signals_end_in_a_number_with_an_outcome_or_in_none(name, kind):
    model, rng = EXAMPLES[name], np.random.default_rng(6)
    m = len(model.samples)
    odd = {
        "constant": np.full((4, m), 7.0),
        "saturated": np.minimum(noisy(name, 4, 50, rng), noisy(name, 4, 50, rng).mean()),
        "one sample": np.eye(4, m),
        "noise": rng.normal(size=(400, m)),
        "rising": np.tile(np.arange(m, dtype=float), (4, 1)),
        "tiny": np.full((4, m), 1e-30) * np.arange(m, 0, -1),
        "huge": np.array([[1e300], [1e140]]) * noisy(name, 2, 50, rng),
    }[kind]
    result = fit(model, odd)
    np.testing.assert_array_equal(np.isfinite(result.values).all(axis=-1), result.has_value)
    np.testing.assert_array_equal(np.isnan(result.errors).any(axis=-1), ~result.has_value)
    np.testing.assert_array_equal(np.isfinite(result.aic), result.has_value)


def test_a_constant_signal_has_no_diffusion_and_says_that_it_is_at_a_bound():
    result = fit(Adc(b=B), np.full(10, 50.0))
    assert result.outcome == Outcome.AT_BOUND
    np.testing.assert_allclose(result.values, [50, 0], atol=1e-12)


def test_without_blood_its_speed_is_not_determined():
    result = fit(Ivim(b=B), Adc(b=B).signal([100, 1e-3]))
    assert result.outcome == Outcome.AT_BOUND
    assert result.parameter("d") == pytest.approx(1e-3, rel=1e-6)
    assert not result.determined("d_star")


def test_a_space_greater_than_one_is_flagged_and_not_cut():
    model = Tofts(time=TIME, aif=AIF)
    result = fit(model, model.signal([0.004, 1.3]))
    assert result.outcome == Outcome.AT_BOUND
    assert result.parameter("ve") == pytest.approx(1.3, rel=1e-3)


def test_a_mask_leaves_the_rest_untouched():
    signals = Adc(b=B).signal(np.tile([100, 1e-3], (2, 3, 1)))
    mask = np.array([[True, False, False], [False, True, False]])
    result = fit(Adc(b=B), signals, mask)
    np.testing.assert_array_equal(result.outcome == Outcome.MASKED, ~mask)
    np.testing.assert_array_equal(np.isfinite(result.parameter("adc")), mask)


def test_a_single_mean_curve_is_fitted_by_the_same_call():
    result = fit(Adc(b=B), Adc(b=B).signal([100, 1e-3]))
    assert result.values.shape == (2,)
    assert result.outcome.shape == ()


def test_whole_numbers_are_signals_too():
    signals = Adc(b=B).signal([1000, 1e-3]).astype(np.int16)
    assert fit(Adc(b=B), signals).parameter("adc") == pytest.approx(1e-3, rel=0.01)


def test_as_many_samples_as_parameters_leave_the_errors_open():
    result = fit(Adc(b=np.array([0.0, 1000])), np.array([100.0, 40]))
    assert result.parameter("adc") == pytest.approx(np.log(2.5) / 1000)
    assert np.isinf(result.errors).all()


@pytest.mark.parametrize(
    ("model", "shape", "message"),
    [
        (Adc(b=np.array([500.0, 500, 500])), (2, 3), "as many different samples; found 1 among 3"),
        (Ivim(b=np.array([0.0, 100, 800])), (2, 3), "ivim has 4 parameters"),
        (Adc(b=B), (4, 9), "last axis of the signals must hold the model's 10 samples"),
        (Adc(b=np.array([0.0, np.nan, 800])), (2, 3), "one finite number per sample"),
        (Tofts(time=np.array([0.0]), aif=AIF), (5, 1), "found 1 among 1"),
    ],
)
def test_an_acquisition_that_cannot_do_is_refused_in_a_sentence(model, shape, message):
    with pytest.raises(ModelError, match=message):
        fit(model, np.ones(shape))


@pytest.mark.parametrize("mask", [None, np.ones(0, bool)], ids=["no mask", "mask"])
def test_no_voxels_are_fitted_to_nothing(mask):
    result = fit(Adc(b=B), np.ones((0, 10)), mask)
    assert (result.values.shape, result.errors.shape, result.outcome.shape) == (
        (0, 2),
        (0, 2),
        (0,),
    )


def test_complex_signals_are_refused_as_their_real_part_is_no_magnitude():
    with pytest.raises(ModelError, match="found complex signals"):
        fit(Adc(b=B), np.ones((2, 10), complex))


def test_a_mask_of_another_shape_is_refused():
    with pytest.raises(ModelError, match=r"mask must have the voxels' shape \(4,\)"):
        fit(Adc(b=B), np.ones((4, 10)), np.ones(3, bool))


def test_an_unknown_parameter_is_named_with_those_there_are():
    with pytest.raises(ModelError, match="adc has no parameter 'f'; it has s0, adc"):
        fit(Adc(b=B), np.ones(10)).parameter("f")


@pytest.mark.parametrize("name", ["adc", "vfa", "tofts", "extended_tofts"])
def test_a_finer_grid_changes_nothing(name, monkeypatch):
    signals = noisy(name, 200, 30, np.random.default_rng(8))
    coarse = fit(EXAMPLES[name], signals)
    monkeypatch.setattr(onerate, "INTERPOLATION_ERROR", 0.0)
    fine = fit(EXAMPLES[name], signals)
    np.testing.assert_allclose(fine.residual, coarse.residual, rtol=1e-6)


def test_what_the_data_leave_open_is_said():
    rng = np.random.default_rng(7)
    clear, vague = ([100, 0.3, 1e-3, 0.05], 200), ([100, 0.03, 1e-3, 0.05], 15)
    share = []
    for values, snr in (clear, vague):
        clean = Ivim(b=B).signal(values)
        result = fit(Ivim(b=B), clean + rng.normal(size=(500, 10)) * 100 / snr)
        assert result.determined("d").mean() > 0.6
        share.append(result.determined("d_star").mean())
    assert share[0] > 0.95
    assert share[1] < 0.5


@pytest.mark.parametrize("name", ["adc", "extended_tofts", "kurtosis", "patlak"])
def test_beyond_one_block_only_the_maps_need_memory(name, monkeypatch):
    model, block = EXAMPLES[name], 1024
    monkeypatch.setattr(type(solver_of(model)), "block", block)
    signals = noisy(name, block, 40, np.random.default_rng(3))
    peaks = []
    for blocks in (2, 6):
        tracemalloc.start()
        fit_rows(model, lambda rows: signals[rows % block], np.ones(blocks * block, bool))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    numbers = 2 * len(model.parameters) + 2 + 3  # values, errors, residual, AIC; rows and outcome
    assert peaks[1] - peaks[0] < 4 * block * numbers * 8 + 1e5
