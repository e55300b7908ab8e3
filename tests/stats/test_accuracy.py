import numpy as np
import pytest
from cases import numbers_of, study
from hypothesis import given
from hypothesis import strategies as st

from nodewise.errors import StatsError
from nodewise.stats import (
    Counts,
    accuracy,
    counts,
    diagnostic_odds_ratio,
    likelihood_ratio_negative,
    likelihood_ratio_positive,
    negative_predictive_value,
    positive_predictive_value,
    sensitivity,
    specificity,
)

ALL = [
    sensitivity,
    specificity,
    accuracy,
    positive_predictive_value,
    negative_predictive_value,
    likelihood_ratio_positive,
    likelihood_ratio_negative,
    diagnostic_odds_ratio,
]
STUDIES = st.integers(0, 10_000).map(study)


def from_cells(cells: Counts):
    """One unit a patient."""
    test = np.repeat([1, 1, 0, 0], [cells.tp, cells.fp, cells.fn, cells.tn])
    truth = np.repeat([1, 0, 1, 0], [cells.tp, cells.fp, cells.fn, cells.tn])
    return test, truth, np.arange(cells.total)


def test_every_measure_is_what_its_definition_says():
    data = from_cells(Counts(tp=30, fp=8, fn=10, tn=52))
    values = [measure(*data).value for measure in ALL]
    expected = [30 / 40, 52 / 60, 82 / 100, 30 / 38, 52 / 62]
    expected += [0.75 / (8 / 60), 0.25 / (52 / 60), 30 * 52 / (8 * 10)]
    assert values == pytest.approx(expected)


@pytest.mark.parametrize("measure", ALL)
@given(data=STUDIES)
def test_repeating_every_node_changes_nothing(measure, data):
    test, truth, patient = data["test"], data["truth"], data["patient"]
    if not 0 < truth.sum() < len(truth) or not 0 < test.sum() < len(test):
        return
    cells = counts(test, truth)
    if 0 in (cells.tp, cells.fp, cells.fn, cells.tn) and measure in ALL[5:]:
        return  # what is added to a zero cell weighs less in a larger table
    once = measure(test, truth, patient)
    twice = measure(np.tile(test, 2), np.tile(truth, 2), np.tile(patient, 2))
    assert numbers_of(once) == pytest.approx(numbers_of(twice))


@given(data=STUDIES)
def test_swapping_the_classes_swaps_sensitivity_and_specificity(data):
    test, truth, patient = data["test"], data["truth"], data["patient"]
    if not 0 < truth.sum() < len(truth):
        return
    assert numbers_of(sensitivity(test, truth, patient)) == pytest.approx(
        numbers_of(specificity(~test, ~truth, patient))
    )


def test_a_bad_test_turned_round_mirrors_the_likelihood_ratios():
    test, truth, patient = from_cells(Counts(tp=30, fp=8, fn=10, tn=52))
    found = likelihood_ratio_positive(test, truth, patient)
    turned = likelihood_ratio_negative(1 - test, truth, patient)
    assert numbers_of(found) == pytest.approx(numbers_of(turned))


def test_at_the_studys_own_prevalence_the_stated_and_the_plain_value_agree():
    data = from_cells(Counts(tp=30, fp=8, fn=10, tn=52))
    for measure in (positive_predictive_value, negative_predictive_value):
        assert measure(*data, prevalence=0.4).value == pytest.approx(measure(*data).value)


def test_a_rarer_disease_lowers_the_positive_predictive_value():
    data = from_cells(Counts(tp=30, fp=8, fn=10, tn=52))
    values = [positive_predictive_value(*data, prevalence=p).value for p in (0.05, 0.2, 0.5)]
    assert values == sorted(values)


@pytest.mark.parametrize("measure", ALL[5:])
def test_one_half_is_added_at_zero_cells_only_and_said(measure):
    whole = measure(*from_cells(Counts(tp=30, fp=8, fn=10, tn=52)))
    empty = measure(*from_cells(Counts(tp=30, fp=0, fn=10, tn=52)))
    assert "0.5" not in whole.method
    assert "0.5 added to every cell" in empty.method
    assert 0 < empty.low < empty.value < empty.high < np.inf


def test_a_zero_cell_gives_haldanes_odds_ratio_and_its_error():
    found = diagnostic_odds_ratio(*from_cells(Counts(tp=30, fp=0, fn=10, tn=52)))
    assert found.value == pytest.approx(30.5 * 52.5 / (0.5 * 10.5))
    half = np.log(found.high / found.value) / 2.02269  # t(39): 40 positive patients
    haldane = np.sqrt(1 / 30.5 + 1 / 0.5 + 1 / 10.5 + 1 / 52.5)
    assert half == pytest.approx(haldane, rel=0.01)


def test_more_nodes_of_the_same_patients_do_not_make_a_zero_cell_surer():
    data = study(1)
    truth, patient = data["truth"], data["patient"]
    once = likelihood_ratio_positive(truth, truth, patient)
    often = likelihood_ratio_positive(np.tile(truth, 9), np.tile(truth, 9), np.tile(patient, 9))
    width = [np.log(found.high / found.low) for found in (once, often)]
    assert width[0] == pytest.approx(width[1], rel=0.01)


@pytest.mark.parametrize(
    ("measure", "truth", "sentence"),
    [
        (sensitivity, [0, 0, 0], "sensitivity cannot be estimated: none of 3"),
        (specificity, [1, 1, 1], "specificity cannot be estimated: none of 3"),
        (likelihood_ratio_positive, [0, 0, 0], "none of these 3 is positive"),
        (diagnostic_odds_ratio, [1, 1, 1], "none of these 3 is negative"),
    ],
)
def test_one_class_gets_a_sentence(measure, truth, sentence):
    with pytest.raises(StatsError, match=sentence):
        measure([1, 0, 1], truth, [1, 2, 3])


def test_no_positive_call_leaves_no_positive_predictive_value():
    with pytest.raises(StatsError, match="positive predictive value cannot be estimated"):
        positive_predictive_value([0, 0], [1, 0], [1, 2])


@pytest.mark.parametrize("measure", ALL)
def test_one_patient_gets_a_value_and_a_reason(measure):
    found = measure([1, 0, 1, 0], [1, 0, 0, 1], [5, 5, 5, 5])
    assert found.low is None
    assert "2 patients or more" in found.reason


@pytest.mark.parametrize("prevalence", [0.0, 1.0, 20.0])
def test_a_prevalence_lies_between_0_and_1(prevalence):
    with pytest.raises(StatsError, match="prevalence lies between 0 and 1"):
        positive_predictive_value([1, 0], [1, 0], [1, 2], prevalence=prevalence)


def test_test_and_truth_of_unequal_length_are_refused():
    with pytest.raises(StatsError, match="they have 2 and 3"):
        counts([1, 0], [1, 0, 1])


@pytest.mark.real_data
@pytest.mark.parametrize("test", ["1", "2"])
def test_every_value_agrees_with_dtcompair(case, test):
    paired = case("paired_dta_dtcompair")
    data = paired.column(f"y{test}"), paired.column("d")
    patient = np.arange(len(data[0]))
    names = ["sensitivity", "specificity", "ppv", "npv", "pdlr", "ndlr"]
    for measure, name in zip([*ALL[:2], *ALL[3:7]], names, strict=True):
        expected = paired.near("acc_paired", f"test{test}", name, "est")
        assert measure(*data, patient).value == expected


@pytest.mark.real_data
def test_single_nodes_of_many_patients_give_the_likelihood_ratio_intervals_of_dtcompair(case):
    paired = case("paired_dta_dtcompair")
    test, truth = paired.column("y1"), paired.column("d")
    found = likelihood_ratio_positive(test, truth, np.arange(len(test)))
    published = paired.value("acc_paired")["test1"]["pdlr"]
    # the peer: normal quantile and no small-sample factor; 712 patients make up the rest
    assert (found.low, found.high) == pytest.approx((published["lcl"], published["ucl"]), rel=2e-3)


@pytest.mark.slow
@pytest.mark.parametrize("measure", [likelihood_ratio_positive, diagnostic_odds_ratio])
def test_log_intervals_cover_what_they_should(measure):
    rng = np.random.default_rng(7)
    covered, runs, patients = 0, 1000, 40
    # the mean over patients of expit(shift + N(0, 1)) by quadrature
    nodes, weights = np.polynomial.hermite_e.hermegauss(40)
    sens, fpr = (
        np.sum(weights / (1 + np.exp(-(shift + 0.7 * nodes)))) / weights.sum()
        for shift in (1.2, -1.2)
    )
    ratios = {likelihood_ratio_positive: sens / fpr}
    ratios[diagnostic_odds_ratio] = sens * (1 - fpr) / ((1 - sens) * fpr)
    for _ in range(runs):
        patient = np.repeat(np.arange(patients), 6)
        shared = 0.7 * rng.normal(size=patients)[patient]
        truth = rng.random(len(patient)) < 0.35
        test = rng.random(len(patient)) < 1 / (1 + np.exp(-(np.where(truth, 1.2, -1.2) + shared)))
        found = measure(test, truth, patient)
        covered += found.low <= ratios[measure] <= found.high
    assert 0.93 < covered / runs < 0.98
