import numpy as np
import pytest
from cases import study
from hypothesis import given
from hypothesis import strategies as st

from nodewise.stats import auc, naive_auc, resampled_auc, scored
from nodewise.stats.resampling import patient_weights, patient_wins


@given(st.integers(0, 1000).map(study))
def test_a_resample_has_the_auc_of_its_units_written_out(data):
    found = scored(data["score"], data["truth"], data["patient"], direction="higher")
    weights = next(
        patient_weights(found.clusters, found.truth, rng=np.random.default_rng(4), resamples=3)
    )
    areas = resampled_auc(found, rng=np.random.default_rng(4), resamples=3)
    for weight, area in zip(weights, areas, strict=True):
        units = np.repeat(np.arange(len(found.truth)), weight[data["patient"]].astype(int))
        written_out = naive_auc(data["score"][units], data["truth"][units], direction="higher")
        assert area == pytest.approx(written_out.value)


def test_wins_add_up_to_the_auc():
    data = study(6)
    found = scored(data["score"], data["truth"], data["patient"], direction="lower")
    pairs = data["truth"].sum() * (~data["truth"]).sum()
    expected = naive_auc(data["score"], data["truth"], direction="lower").value
    assert patient_wins(found).sum() / pairs == pytest.approx(expected)


def test_resamples_always_bring_both_classes():
    found = scored([1, 2, 3, 4, 5], [0, 1, 0, 0, 0], [1, 2, 3, 4, 5], direction="higher")
    areas = resampled_auc(found, rng=np.random.default_rng(1), resamples=500)
    assert np.all(np.isfinite(areas))


def test_the_spread_of_resamples_is_near_obuchowskis_error():
    data = study(9, patients=80)
    found = scored(data["score"], data["truth"], data["patient"], direction="higher")
    areas = resampled_auc(found, rng=np.random.default_rng(1), resamples=4000)
    estimate = auc(data["score"], data["truth"], data["patient"], direction="higher")
    logit_half = (
        np.log(estimate.high / (1 - estimate.high)) - np.log(estimate.low / (1 - estimate.low))
    ) / 2
    error = logit_half / 2 * estimate.value * (1 - estimate.value)
    assert areas.std() == pytest.approx(error, rel=0.08)


def test_many_patients_take_another_way_to_the_same_areas():
    rng = np.random.default_rng(3)
    patient = np.arange(2_100)
    truth = rng.random(2_100) < 0.4
    score = np.round(truth + rng.normal(size=2_100), 1)
    found = scored(score, truth, patient, direction="higher")
    weights = next(
        patient_weights(found.clusters, found.truth, rng=np.random.default_rng(4), resamples=2)
    )
    areas = resampled_auc(found, rng=np.random.default_rng(4), resamples=2)
    for weight, area in zip(weights, areas, strict=True):
        units = np.repeat(patient, weight.astype(int))
        written_out = naive_auc(score[units], truth[units], direction="higher").value
        assert area == pytest.approx(written_out)
