from math import exp, sqrt

import numpy as np
import pytest
from cases import study
from hypothesis import given
from hypothesis import strategies as st

from nodewise.errors import StatsError
from nodewise.stats import (
    Accuracy,
    accuracy_ratio,
    kosinski,
    leisenring,
    likelihood_ratio_positive,
    paired,
)
from nodewise.stats.accuracy_ratio import log_ratio

STUDIES = st.integers(0, 10_000).map(study)


def two(data):
    truth, patient = data["truth"], data["patient"]
    return paired(data["test"], truth, patient), paired(data["score"] > 0.9, truth, patient)


@pytest.fixture
def peers(case):
    published = case("paired_dta_dtcompair")
    truth = published.column("d")
    tests = [paired(published.column(y), truth, np.arange(len(truth))) for y in ("y1", "y2")]
    return published, *tests


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("of", "path"),
    [
        (Accuracy.SENSITIVITY, ("sesp_rel", "sensitivity", "rel.sens", "se.log.rel.sens")),
        (Accuracy.SPECIFICITY, ("sesp_rel", "specificity", "rel.spec", "se.log.rel.spec")),
        (Accuracy.FALSE_POSITIVES, ("tpf_fpf_rel", "fpf", "rel.fpf", "se.log.rel.fpf")),
        (Accuracy.PPV, ("pv_relative_moskowitz_pepe", "ppv", "rppv", "se.log.rppv")),
        (Accuracy.NPV, ("pv_relative_moskowitz_pepe", "npv", "rnpv", "se.log.rnpv")),
    ],
)
def test_relative_accuracies_agree_with_dtcompair(peers, of, path):
    published, first, second = peers
    entry, part, value, error = path
    found, variance, _ = log_ratio(of, second, first, small_sample=False)
    assert exp(found) == published.near(entry, part, value)
    assert sqrt(variance) == published.near(entry, part, error)


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("of", "part"), [(Accuracy.POSITIVE_RATIO, "pdlr"), (Accuracy.NEGATIVE_RATIO, "ndlr")]
)
def test_likelihood_ratios_compared_agree_with_gu_and_pepes_regression(peers, of, part):
    published, first, second = peers
    found, variance, _ = log_ratio(of, first, second, small_sample=False)
    assert exp(found) == published.near("dlr_regtest_gu_pepe", part, "ratio")
    assert sqrt(variance) == published.near("dlr_regtest_gu_pepe", part, "se.log")


@pytest.mark.real_data
@pytest.mark.parametrize(("of", "part"), [(Accuracy.PPV, "ppv"), (Accuracy.NPV, "npv")])
def test_score_tests_of_predictive_values_agree_with_dtcompair(peers, of, part):
    published, first, second = peers
    for test, name in (
        (leisenring, "pv_generalized_score_leisenring"),
        (kosinski, "pv_weighted_gs_kosinski"),
    ):
        assert test(of, first, second).statistic == published.near(name, part, "test.statistic")
        assert test(of, first, second).p == published.near(name, part, "p.value")


def test_a_p_value_too_small_for_a_difference_from_1_is_not_0():
    truth, patient = np.repeat([1, 0], 400), np.arange(800)
    first = paired(truth, truth, patient)
    wrong = np.concatenate([np.repeat([1, 0], 200), np.repeat([1, 0], 200)])
    assert (
        0 < leisenring("positive predictive value", first, paired(wrong, truth, patient)).p < 1e-20
    )


@given(STUDIES)
def test_swapping_the_tests_inverts_the_ratio(data):
    first, second = two(data)
    try:
        found = accuracy_ratio("positive likelihood ratio", first, second)
    except StatsError:
        return
    inverse = accuracy_ratio("positive likelihood ratio", second, first)
    assert inverse.value == pytest.approx(1 / found.value)
    if found.low is not None:
        assert (inverse.low, inverse.high) == pytest.approx((1 / found.high, 1 / found.low))


def test_the_ratio_is_the_ratio_of_the_estimates():
    data = study(3, patients=40)
    first, second = two(data)
    found = accuracy_ratio("positive likelihood ratio", first, second)
    parts = [likelihood_ratio_positive(d.test, d.truth, data["patient"]) for d in (first, second)]
    assert found.value == pytest.approx(parts[0].value / parts[1].value)


def test_repeating_every_node_changes_no_ratio():
    data = study(3, patients=40)
    again = {name: np.tile(column, 3) for name, column in data.items()}
    once, often = (accuracy_ratio("sensitivity", *two(d)) for d in (data, again))
    assert (once.low, once.high) == pytest.approx((often.low, often.high))
    tests = [leisenring("negative predictive value", *two(d)).statistic for d in (data, again)]
    assert tests[0] == pytest.approx(tests[1])


def test_a_test_that_never_hits_has_no_ratio():
    first, second = paired([1, 0], [1, 0], [1, 2]), paired([0, 0], [1, 0], [1, 2])
    with pytest.raises(StatsError, match="one has none"):
        accuracy_ratio("sensitivity", first, second)
    with pytest.raises(StatsError, match="never gives that result"):
        kosinski("positive predictive value", first, second)


def test_score_tests_are_of_predictive_values_only():
    first = paired([1, 0], [1, 0], [1, 2])
    with pytest.raises(StatsError, match="compares predictive values"):
        leisenring("sensitivity", first, first)
