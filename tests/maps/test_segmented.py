"""IVIM in three steps."""

import numpy as np
import pytest

from nodewise.errors import ModelError
from nodewise.maps import Outcome, fit, fit_segmented
from nodewise.models import Ivim

B = np.array([0.0, 10, 20, 40, 80, 110, 200, 400, 600, 800])


def test_without_noise_and_with_fast_blood_the_steps_are_exact():
    truth = np.array([[100, 0.1, 1e-3, 0.15], [80, 0.25, 7e-4, 0.12]])
    result = fit_segmented(Ivim(b=B), Ivim(b=B).signal(truth))
    np.testing.assert_allclose(result.values, truth, rtol=1e-4)


def test_its_diffusion_fails_grossly_less_often_than_the_full_fit():
    rng = np.random.default_rng(1)
    clean = Ivim(b=B).signal([100, 0.12, 1e-3, 0.03])
    signals = clean + rng.normal(size=(20_000, 10)) * 100 / 30
    wrong = [
        np.mean(~(np.abs(found.parameter("d") / 1e-3 - 1) < 0.5))
        for found in (fit(Ivim(b=B), signals), fit_segmented(Ivim(b=B), signals))
    ]
    assert wrong[1] < wrong[0] / 2


def test_standard_errors_say_how_far_the_values_scatter():
    clean = Ivim(b=B).signal([100, 0.12, 1e-3, 0.1])
    signals = clean + np.random.default_rng(2).normal(size=(20_000, 10))
    result = fit_segmented(Ivim(b=B), signals)
    stated = np.sqrt((result.errors**2).mean(axis=0))
    np.testing.assert_allclose(stated[:3], result.values.std(axis=0)[:3], rtol=0.05)


def test_more_signal_at_high_b_than_in_all_is_flagged_as_no_blood():
    signals = Ivim(b=B).signal([100, 0.0, 1e-3, 0.05])
    signals[0] = 90
    result = fit_segmented(Ivim(b=B), signals)
    assert result.outcome == Outcome.AT_BOUND
    assert result.parameter("f") == 0


@pytest.mark.parametrize("hard", [0.0, np.nan, -1.0])
def test_signals_that_hold_nothing_have_an_outcome(hard):
    result = fit_segmented(Ivim(b=B), np.full((2, 10), hard))
    assert (result.outcome == Outcome.NO_SIGNAL).all()
    assert np.isnan(result.values).all()


def test_a_mask_is_kept():
    signals = Ivim(b=B).signal(np.tile([100, 0.1, 1e-3, 0.1], (3, 1)))
    result = fit_segmented(Ivim(b=B), signals, np.array([True, False, True]))
    np.testing.assert_array_equal(result.outcome, [0, 1, 0])


def test_its_d_star_scatters_no_more_over_a_node_than_that_of_the_full_fit():
    rng = np.random.default_rng(3)
    clean = Ivim(b=B).signal([1, 0.1, 1e-3, 2e-2])
    signals = clean + rng.normal(size=(10_000, 10)) / 25
    spread = [
        np.median(found.parameter("d_star").reshape(-1, 25), axis=1).std()
        for found in (fit_segmented(Ivim(b=B), signals), fit(Ivim(b=B), signals))
    ]
    assert spread[0] < spread[1]


def test_without_blood_its_speed_is_left_undetermined():
    result = fit_segmented(Ivim(b=B), Ivim(b=B).signal([100, 0.0, 1e-3, 0.05]))
    assert result.outcome == Outcome.AT_BOUND
    assert np.isinf(result.error("d_star"))
    assert result.parameter("d_star") == 5e-3


def test_b_values_on_one_side_of_the_threshold_are_refused():
    with pytest.raises(ModelError, match="needs a b-value below 200 s/mm² and two from there on"):
        fit_segmented(Ivim(b=B[:7]), np.ones((2, 7)))
