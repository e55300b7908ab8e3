import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit
from scipy.stats import t

from nodewise.errors import StatsError
from nodewise.stats import begg_greenes_sensitivity, begg_greenes_specificity
from nodewise.stats.stratified_verification import (
    sensitivity_within_strata,
    specificity_within_strata,
)


def drum():
    """Liver scans of 650 patients, 344 verified. Source: Begg & Greenes, Biometrics 1983;39:207."""
    cells = [
        (1, 1.0, 231),
        (1, 0.0, 32),
        (1, np.nan, 166),
        (0, 1.0, 27),
        (0, 0.0, 54),
        (0, np.nan, 140),
    ]
    test, truth = (np.concatenate([np.full(n, c[i]) for *c, n in cells]) for i in (0, 1))
    return test, truth, np.arange(len(test))


def test_one_stratum_gives_the_published_correction():
    test, truth, patient = drum()
    stratum = np.zeros(len(test))
    sensitivity = sensitivity_within_strata(test, truth, patient, stratum=stratum)
    specificity = specificity_within_strata(test, truth, patient, stratum=stratum)
    assert sensitivity.value == pytest.approx(0.83646671543526, abs=1e-8)
    assert specificity.value == pytest.approx(0.738398018166804, abs=1e-8)


def test_one_stratum_gives_the_interval_of_the_pooled_correction():
    test, truth, patient = drum()
    stratum = np.zeros(len(test))
    for within, pooled in (
        (sensitivity_within_strata, begg_greenes_sensitivity),
        (specificity_within_strata, begg_greenes_specificity),
    ):
        one, other = within(test, truth, patient, stratum=stratum), pooled(test, truth, patient)
        assert (one.low, one.high) == pytest.approx((other.low, other.high), abs=2e-3)


def test_strata_add_up_by_their_own_shares():
    # Stratum a: 10 called, 10 verified, 8 true; 10 cleared, 5 verified, 2 true → 8 found, 4 missed.
    # Stratum b: 10 called, 2 verified, 1 true; 80 cleared, 8 verified, 1 true → 5 found, 10 missed.
    rows = [
        *[("a", 1, 1)] * 8, *[("a", 1, 0)] * 2, *[("a", 0, 1)] * 2, *[("a", 0, 0)] * 3,
        *[("a", 0, None)] * 5, ("b", 1, 1), ("b", 1, 0), *[("b", 1, None)] * 8,
        ("b", 0, 1), *[("b", 0, 0)] * 7, *[("b", 0, None)] * 72,
    ]  # fmt: skip
    stratum, test, truth = zip(*rows, strict=True)
    patient = np.arange(len(rows)) // 3
    sensitivity = sensitivity_within_strata(test, truth, patient, stratum=stratum)
    specificity = specificity_within_strata(test, truth, patient, stratum=stratum)
    assert sensitivity.value == pytest.approx(13 / 27)
    assert specificity.value == pytest.approx(76 / 83)


def test_a_stratum_without_verification_is_left_out_and_counted():
    test, truth, patient = drum()
    more = np.ones(7), np.full(7, np.nan), np.arange(1000, 1007)
    joined = [np.concatenate(pair) for pair in zip((test, truth, patient), more, strict=True)]
    stratum = np.repeat(["a", "b"], [len(test), 7])
    found = sensitivity_within_strata(*joined, stratum=stratum)
    alone = sensitivity_within_strata(test, truth, patient, stratum=np.zeros(len(test)))
    assert (found.value, found.low, found.high) == (alone.value, alone.low, alone.high)
    assert "7 units of strata without verification left out" in found.method


def test_no_verified_stratum_is_refused_with_a_sentence():
    with pytest.raises(StatsError, match="both index results have a reference"):
        sensitivity_within_strata([1, 0], [1, None], [1, 2], stratum=["a", "a"])


def test_without_clusters_the_error_is_that_of_a_plain_logit():
    # 6 found and 4 missed of 20 patients with a unit each: variance = 20/19 (1/6 + 1/4).
    test, truth = [1] * 6 + [0] * 4 + [0] * 8 + [1] * 2, [1] * 10 + [0] * 10
    found = sensitivity_within_strata(test, truth, np.arange(20), stratum=[0] * 20)
    half = t.ppf(0.975, 19) * np.sqrt(20 / 19 * (1 / 6 + 1 / 4))
    limits = expit([np.log(6 / 4) - half, np.log(6 / 4) + half])
    assert (found.low, found.high) == pytest.approx(tuple(limits))


@given(
    rows=st.lists(
        st.tuples(st.booleans(), st.booleans(), st.integers(0, 5), st.integers(0, 2)), min_size=8
    )
)
def test_full_verification_needs_no_correction(rows):
    test, truth, patient, stratum = (np.array(column) for column in zip(*rows, strict=True))
    if not truth.any():
        return
    found = sensitivity_within_strata(test, truth, patient, stratum=stratum)
    assert found.value == pytest.approx(test[truth].mean())


@pytest.mark.slow
def test_the_interval_covers_where_verification_and_prevalence_hang_on_the_stratum():
    """60 patients × 2 strata × 3 units: the pooled correction misses, this one covers 95 %."""
    rng, inside, pooled_inside, runs = np.random.default_rng(7), 0, 0, 1000
    truth_rate, looked, called = np.array([0.5, 0.1]), np.array([0.9, 0.3]), np.array([0.05, 0.7])
    for _ in range(runs):
        patient, stratum = np.repeat(np.arange(60), 6), np.tile([0, 0, 0, 1, 1, 1], 60)
        frailty = np.repeat(rng.normal(0, 0.5, 60), 6)
        odds = truth_rate[stratum] / (1 - truth_rate[stratum]) * np.exp(frailty)
        truth = rng.random(360) < odds / (1 + odds)
        test = rng.random(360) < called[truth.astype(int)]
        known = rng.random(360) < np.where(test, 1.0, looked[stratum])
        partly = np.where(known, truth, np.nan)
        found = sensitivity_within_strata(test, partly, patient, stratum=stratum)
        pooled = begg_greenes_sensitivity(test, partly, patient)
        inside += found.low <= 0.7 <= found.high
        pooled_inside += pooled.low <= 0.7 <= pooled.high
    assert inside / runs == pytest.approx(0.95, abs=0.02)
    assert pooled_inside / runs < 0.9
