"""IVIM with a prior from the region."""

import numpy as np
import pytest
from examples import B

from nodewise.errors import ModelError
from nodewise.maps import Outcome, fit
from nodewise.maps.shrinkage import fit_shrunken
from nodewise.models import Ivim


def region(count, snr, rng):
    spread = rng.normal(size=(count, 3)) * 0.15
    values = np.array([100, 0.15, 1e-3, 0.03]) * np.exp(np.insert(spread, 0, 0, axis=1))
    signals = Ivim(b=B).signal(values)
    return values, signals + rng.normal(size=signals.shape) * 100 / snr


def error(found, truth, name, place):
    return np.median(np.abs(found.parameter(name) / truth[:, place] - 1))


@pytest.mark.parametrize("snr", [20, 40])
def test_a_regions_voxels_help_each_other(snr):
    truth, signals = region(800, snr, np.random.default_rng(snr))
    alone, together = fit(Ivim(b=B), signals), fit_shrunken(Ivim(b=B), signals)
    for name, place in (("f", 1), ("d", 2), ("d_star", 3)):
        assert error(together, truth, name, place) < 0.8 * error(alone, truth, name, place)
    assert together.has_value.all()


def test_without_noise_nothing_is_shrunk():
    truth, _ = region(100, 50, np.random.default_rng(1))
    found = fit_shrunken(Ivim(b=B), Ivim(b=B).signal(truth))
    np.testing.assert_allclose(found.values, truth, rtol=0.01)


def test_posterior_deviations_cover_the_truth():
    truth, signals = region(2000, 30, np.random.default_rng(3))
    found = fit_shrunken(Ivim(b=B), signals)
    covered = np.abs(found.values - truth) < 1.96 * found.errors
    assert (covered.mean(axis=0)[1:] > 0.85).all()


def test_a_value_that_the_prior_draws_beyond_the_model_s_bounds_is_said_to_be_there():
    truth, _ = region(100, 50, np.random.default_rng(6))
    found = fit_shrunken(Ivim(b=B), Ivim(b=B).signal(truth * [1, 1, 1, 0.1]))
    slow = found.parameter("d_star") < Ivim.parameters[3].low
    assert slow.sum() > 50
    np.testing.assert_array_equal(found.outcome == Outcome.AT_BOUND, slow)


def test_masked_and_empty_voxels_stay_out():
    _, signals = region(60, 40, np.random.default_rng(4))
    signals[3] = 0
    mask = np.arange(60) < 50
    found = fit_shrunken(Ivim(b=B), signals, mask)
    assert found.outcome[3] == Outcome.NO_SIGNAL
    assert (found.outcome[50:] == Outcome.MASKED).all()
    assert np.isnan(found.values[3]).all()


def test_a_few_voxels_are_no_region():
    _, signals = region(5, 40, np.random.default_rng(5))
    with pytest.raises(ModelError, match="needs a region of 20 voxels with signal; found 5"):
        fit_shrunken(Ivim(b=B), signals)
