import numpy as np
import pytest
from cases import study
from hypothesis import given
from hypothesis import strategies as st

from nodewise.errors import StatsError
from nodewise.stats import (
    Direction,
    LockedCutoff,
    at_cutoff,
    best_cutoff,
    cutoff_optimism,
    cutoffs_by_prevalence,
    nearness_to_corner,
    net_gain,
    roc_curve,
    sensitivity,
    specificity,
    transport,
    validate,
    with_sensitivity,
    youden,
)

STUDIES = st.integers(0, 10_000).map(study)


def curve_of(data, direction="higher"):
    return roc_curve(data["score"], data["truth"], data["patient"], direction=direction)


@pytest.fixture
def suicide(case):
    published = case("cutpoint_suicide")
    score, truth = published.column("score"), published.column("y")
    return published, roc_curve(score, truth, np.arange(len(score)), direction="higher")


@pytest.mark.real_data
def test_youdens_cut_off_agrees_with_cutpointr(suicide):
    published, curve = suicide
    found = best_cutoff(curve)
    assert found.value == published.near("youden", "cutpoint")
    assert found.sensitivity == published.near("youden", "sens")
    assert found.specificity == published.near("youden", "spec")
    assert found.midpoint == published.near("midpoint_cutpoint")
    assert curve.area == published.near("youden", "auc")


@pytest.mark.real_data
def test_the_optimism_of_a_chosen_cut_off_agrees_with_cutpointr(suicide):
    published, curve = suicide
    found = cutoff_optimism(curve, rng=np.random.default_rng(1))
    assert found.in_bag == published.near("bootstrap_2000", "youden_in_bag_mean")
    assert found.out_of_bag == published.near("bootstrap_2000", "youden_out_of_bag_mean")
    assert found.optimism == pytest.approx(0.040, abs=0.006)
    assert np.median(found.cutoffs) == published.value("bootstrap_2000")["cutpoint_median"]
    assert np.quantile(found.cutoffs, [0.05, 0.95]).tolist() == [1, 4]


@pytest.mark.real_data
def test_cut_offs_agree_with_proc(case):
    asah = case("delong_asah")
    truth = asah.column("outcome")
    curve = roc_curve(asah.column("s100b"), truth, np.arange(len(truth)), direction="higher")
    for criterion, name in (
        (youden, "youden_s100b"),
        (nearness_to_corner, "closest_topleft_s100b"),
    ):
        found = best_cutoff(curve, criterion)
        assert found.midpoint == asah.near(name, "threshold")
        assert found.sensitivity == asah.near(name, "sensitivity")
        assert found.specificity == asah.near(name, "specificity")


@pytest.mark.parametrize("direction", ["higher", "lower"])
@given(data=STUDIES)
def test_a_cut_off_and_its_midpoint_have_the_accuracy_they_claim(direction, data):
    found = best_cutoff(curve_of(data, direction))
    for value in (found.value, found.midpoint):
        test = at_cutoff(data["score"], value, direction=direction)
        seen = sensitivity(test, data["truth"], data["patient"]).value
        assert seen == pytest.approx(found.sensitivity)
        seen = specificity(test, data["truth"], data["patient"]).value
        assert seen == pytest.approx(found.specificity)


@given(STUDIES, st.floats(0.5, 1))
def test_a_wanted_sensitivity_is_kept(data, least):
    assert best_cutoff(curve_of(data), with_sensitivity(least)).sensitivity >= least - 1e-9


@given(STUDIES)
def test_a_dearer_miss_calls_more_units_positive(data):
    cheap, dear = (best_cutoff(curve_of(data), net_gain(0.3, cost)) for cost in (0.5, 20))
    assert dear.sensitivity >= cheap.sensitivity


@given(STUDIES)
def test_a_commoner_disease_lowers_the_bar(data):
    rows = cutoffs_by_prevalence(curve_of(data), prevalences=[0.05, 0.3, 0.8], cost_ratio=2)
    values = [cutoff.value for _, cutoff in rows]
    assert values == sorted(values, reverse=True)


def test_equal_costs_at_even_odds_are_youdens():
    data = study(4, patients=40)
    assert best_cutoff(curve_of(data), net_gain(0.5, 1)) == best_cutoff(curve_of(data), youden)


def test_a_worthless_score_owes_its_whole_youden_index_to_optimism():
    rng = np.random.default_rng(2)
    patient = np.repeat(np.arange(30), 3)
    curve = roc_curve(rng.normal(size=90), rng.random(90) < 0.4, patient, direction="higher")
    found = cutoff_optimism(curve, rng=rng, resamples=500)
    assert found.apparent > 0.1
    assert found.corrected < found.apparent - 0.05


def test_optimism_is_reproducible():
    curve = curve_of(study(1))
    one, two = (cutoff_optimism(curve, rng=np.random.default_rng(7), resamples=50) for _ in "ab")
    assert np.array_equal(one.cutoffs, two.cutoffs)


def test_a_locked_cut_off_is_judged_and_not_moved():
    data = study(5, patients=30)
    locked = LockedCutoff(value=0.2, direction=Direction.HIGHER, source="a pilot study")
    found = validate(data["score"], data["truth"], data["patient"], cutoff=locked)
    test = data["score"] >= 0.2
    assert found.cutoff is locked
    assert found.sensitivity == sensitivity(test, data["truth"], data["patient"])
    assert found.auc.value == pytest.approx(curve_of(data).area)


def test_predictive_values_move_with_prevalence():
    data = study(6, patients=40)
    rows = transport(data["test"], data["truth"], data["patient"], prevalences=[0.05, 0.2, 0.5])
    assert [p for p, *_ in rows] == [0.05, 0.2, 0.5]
    assert rows[0][1].value < rows[1][1].value < rows[2][1].value
    assert rows[0][2].value > rows[1][2].value > rows[2][2].value


def test_equal_scores_leave_no_cut_off_to_choose():
    curve = roc_curve([1, 1, 1], [0, 1, 0], [1, 2, 3], direction="higher")
    with pytest.raises(StatsError, match="all scores are equal"):
        best_cutoff(curve)


def test_too_few_patients_for_a_resample_get_a_sentence():
    curve = roc_curve([1, 2], [0, 1], [1, 2], direction="higher")
    with pytest.raises(StatsError, match="too few"):
        cutoff_optimism(curve, rng=np.random.default_rng(1), resamples=20)


def test_a_cut_off_that_keeps_a_sensitivity_keeps_less_of_it_elsewhere():
    data = study(4, patients=30)
    curve = roc_curve(data["score"], data["truth"], data["patient"], direction="higher")
    found = cutoff_optimism(
        curve,
        with_sensitivity(0.9),
        judge=lambda sensitivity, specificity: sensitivity,
        rng=np.random.default_rng(1),
        resamples=300,
    )
    assert found.apparent == best_cutoff(curve, with_sensitivity(0.9)).sensitivity >= 0.9
    assert 0 < found.optimism < 0.2
    assert found.corrected < found.apparent
