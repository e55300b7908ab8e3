import numpy as np
import pytest
from cases import study
from hypothesis import given
from hypothesis import strategies as st

from nodewise.errors import StatsError
from nodewise.stats import at_cutoff, naive_auc, roc_band, roc_curve, sensitivity, specificity

STUDIES = st.integers(0, 10_000).map(study)


@pytest.mark.parametrize("direction", ["higher", "lower"])
@given(data=STUDIES)
def test_every_point_is_the_accuracy_at_its_threshold(direction, data):
    score, truth, patient = data["score"], data["truth"], data["patient"]
    curve = roc_curve(score, truth, patient, direction=direction)
    for k in (1, len(curve.thresholds) // 2, -1):
        test = at_cutoff(score, curve.thresholds[k], direction=direction)
        assert curve.sensitivity[k] == pytest.approx(sensitivity(test, truth, patient).value)
        assert curve.specificity[k] == pytest.approx(specificity(test, truth, patient).value)


@given(STUDIES)
def test_the_area_under_the_curve_is_the_auc(data):
    score, truth, patient = data["score"], data["truth"], data["patient"]
    curve = roc_curve(score, truth, patient, direction="lower")
    assert curve.area == pytest.approx(naive_auc(score, truth, direction="lower").value)


@given(STUDIES)
def test_the_curve_climbs_from_nobody_to_everybody(data):
    curve = roc_curve(data["score"], data["truth"], data["patient"], direction="higher")
    assert (curve.sensitivity[0], curve.specificity[0]) == (0, 1)
    assert (curve.sensitivity[-1], curve.specificity[-1]) == (1, 0)
    assert np.all(np.diff(curve.sensitivity) >= 0)
    assert np.all(np.diff(curve.specificity) <= 0)


def test_a_band_holds_the_curve_and_is_reproducible():
    data = study(2, patients=30)
    curve = roc_curve(data["score"], data["truth"], data["patient"], direction="higher")
    first, second = (roc_band(curve, rng=np.random.default_rng(5), resamples=200) for _ in "ab")
    assert np.all((first.low <= first.sensitivity) & (first.sensitivity <= first.high))
    assert np.array_equal(first.low, second.low)


def test_a_band_for_the_whole_curve_is_wider_than_one_for_each_point():
    data = study(2, patients=30)
    curve = roc_curve(data["score"], data["truth"], data["patient"], direction="higher")
    rng = np.random.default_rng(5)
    point, whole = (roc_band(curve, rng=rng, simultaneous=kind) for kind in (False, True))
    assert np.sum(whole.high - whole.low) > 1.2 * np.sum(point.high - point.low)


def test_a_perfect_curve_still_has_a_band_of_some_width():
    curve = roc_curve([1, 2, 3, 4], [0, 0, 1, 1], [1, 2, 3, 4], direction="higher")
    band = roc_band(curve, rng=np.random.default_rng(1), resamples=50)
    assert band.low[50] < 1


def test_one_patient_has_no_band():
    curve = roc_curve([1, 2], [0, 1], [1, 1], direction="higher")
    with pytest.raises(StatsError, match="2 patients or more"):
        roc_band(curve, rng=np.random.default_rng(1))


@pytest.mark.real_data
def test_sensitivity_at_a_fixed_specificity_agrees_with_proc(case):
    asah = case("delong_asah")
    truth = asah.column("outcome")
    curve = roc_curve(asah.column("s100b"), truth, np.arange(len(truth)), direction="higher")
    expected = asah.near("sens_at_spec_0.9_s100b", "sensitivity")
    assert curve.sensitivity_at([0.9])[0] == expected


@pytest.mark.slow
def test_bands_cover_what_they_should():
    from scipy.special import ndtr, ndtri

    rng = np.random.default_rng(3)
    grid = np.linspace(0, 1, 101)
    true = ndtr(1.2 + ndtri(grid))
    whole, point, runs = 0, np.zeros(101), 200
    for _ in range(runs):
        patient = np.repeat(np.arange(40), 5)
        truth = rng.random(200) < 0.4
        common = rng.normal(size=40)[patient]
        score = 1.2 * truth + 0.5 * common + np.sqrt(0.75) * rng.normal(size=200)
        curve = roc_curve(score, truth, patient, direction="higher")
        band = roc_band(curve, rng=rng, resamples=300, simultaneous=True)
        whole += np.all((band.low <= true) & (true <= band.high))
        band = roc_band(curve, rng=rng, resamples=300)
        point += (band.low <= true) & (true <= band.high)
    assert whole / runs > 0.88
    assert point[5:80].mean() / runs > 0.91
