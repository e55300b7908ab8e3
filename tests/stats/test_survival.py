import numpy as np
import pytest
from golden import table
from hypothesis import given
from hypothesis import strategies as st

from nodewise.errors import StatsError
from nodewise.stats import (
    cumulative_incidence,
    follow_up,
    incidence_at,
    kaplan_meier,
    log_rank,
    median_time,
    restricted_mean,
    restricted_mean_difference,
    survival_at,
)

ROWS = st.lists(st.tuples(st.integers(1, 9), st.integers(0, 2)), min_size=6, max_size=40).filter(
    lambda rows: any(event for _, event in rows)
)


def split(rows):
    time, event = (np.array(column) for column in zip(*rows, strict=True))
    return time.astype(float), event


@pytest.fixture
def veteran(case):
    published = case("survival_veteran")
    time = published.column("time")
    return published, follow_up(time, published.column("status"), np.arange(len(time)))


@pytest.mark.real_data
def test_kaplan_meier_agrees_with_r(veteran):
    published, data = veteran
    name = "km_loglog_at_30_90_180_365"
    for k, at in enumerate((30, 90, 180, 365)):
        found = survival_at(data, at)
        assert found.value == published.near(name, "surv", k)
        assert found.error == published.near(name, "se", k)
        assert (found.low, found.high) == (
            published.near(name, "lo", k),
            published.near(name, "hi", k),
        )
    curve = kaplan_meier(data)
    k = int(np.searchsorted(curve.time, 90, side="right")) - 1
    assert (curve.value[k], curve.low[k]) == (
        published.near(name, "surv", 1),
        published.near(name, "lo", 1),
    )


@pytest.mark.real_data
def test_the_median_and_the_restricted_mean_agree_with_r(veteran):
    published, data = veteran
    median = median_time(data)
    assert median.value == published.near("median_loglog", "median")
    assert (median.low, median.high) == (52, 100)
    mean = restricted_mean(data, 365)
    assert mean.value == published.near("rmst_365", "rmean")
    # lifelines gives the variance of min(T, t), some 100 times this square
    assert mean.error == published.near("rmst_365", "se")


@pytest.mark.real_data
def test_the_log_rank_test_agrees_with_r(veteran):
    published, data = veteran
    treatment, cell = published.words("trt"), published.words("celltype")
    assert log_rank(data, treatment).statistic == published.near("logrank_trt", "chisq")
    assert log_rank(data, treatment).p == published.near("logrank_trt", "p")
    assert log_rank(data, cell).statistic == published.near("logrank_celltype", "chisq")
    assert log_rank(data, cell).p == published.near("logrank_celltype", "p")
    stratified = log_rank(data, treatment, cell).statistic
    assert stratified == published.near("logrank_trt_strata_celltype", "chisq")


@pytest.mark.real_data
def test_the_aalen_johansen_estimate_and_its_error_agree_with_r_and_jitter_nothing(case):
    published = case("competing_mgus2")
    time = published.column("etime")
    data = follow_up(time, published.column("event"), np.arange(len(time)))
    for k, at in enumerate((60, 120, 240, 360)):
        for cause in (1, 2):
            found = incidence_at(data, cause, at)
            assert found.value == published.near("aj_survival", f"p{cause}", k)
            assert found.error == published.near("aj_survival", f"se{cause}", k)
            expected = published.near("cif_60_120_240_360", f"est_event{cause}", k)
            assert found.value == expected
    assert incidence_at(data, 1, 60).value == pytest.approx(0.0341037, abs=1e-6)


@pytest.mark.real_data
def test_errors_of_eyes_by_patient_agree_with_r(case):
    published = case("survival_clustered_retinopathy")
    for arm in (0, 1):
        chosen = published.column("trt") == arm
        data = follow_up(
            published.column("futime")[chosen],
            published.column("status")[chosen],
            published.words("id")[chosen],
        )
        for k, at in enumerate((12, 36, 60)):
            found = survival_at(data, at)
            assert found.value == published.near("km_cluster_se_12_36_60", "surv", 3 * arm + k)
            expected = published.near("km_cluster_se_12_36_60", "se_cluster", 3 * arm + k)
            assert found.error == expected


def test_without_censoring_survival_is_the_share_still_alive():
    data = follow_up([1, 2, 3, 4], [1, 1, 1, 1], [1, 2, 3, 4])
    assert kaplan_meier(data).value == pytest.approx([0.75, 0.5, 0.25, 0])
    assert restricted_mean(data, 4).value == pytest.approx(2.5)


@given(ROWS)
def test_survival_and_all_incidences_add_up_to_1(rows):
    time, event = split(rows)
    data = follow_up(time, event, np.arange(len(time)))
    total = kaplan_meier(data).value
    for cause in range(1, int(event.max()) + 1):
        total = total + cumulative_incidence(data, cause).value
    assert total == pytest.approx(np.ones(len(total)))


@given(ROWS)
def test_repeating_every_unit_of_a_patient_changes_nothing(rows):
    time, event = split(rows)
    patient = np.arange(len(time)) // 2
    once = follow_up(time, event, patient)
    twice = follow_up(np.tile(time, 2), np.tile(event, 2), np.tile(patient, 2))
    for estimate in (lambda d: survival_at(d, 1.0), lambda d: restricted_mean(d, time.max())):
        found, again = estimate(once), estimate(twice)
        assert (found.value, found.error) == pytest.approx((again.value, again.error))


@given(ROWS)
def test_the_error_is_the_derivative_by_each_weight(rows):
    time, event = split(rows)
    units = np.arange(len(time))
    at, cause = float(np.median(time)), int(event.max())
    found = incidence_at(follow_up(time, event, units), cause, at)
    # a unit counted 200 times beside units counted 200 times each is a weight changed by 1/200
    gaps = []
    base = found.value
    for unit in units:
        extra = np.append(np.tile(units, 200), unit)
        more = incidence_at(follow_up(time[extra], event[extra], np.arange(len(extra))), cause, at)
        gaps.append((more.value - base) * 200)
    if found.value > 0:
        assert np.sqrt(np.sum(np.square(gaps))) == pytest.approx(found.error, rel=0.05, abs=1e-9)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: follow_up([1, -2], [1, 0], [1, 2]), "one is negative"),
        (lambda: follow_up([1, 2], [0.5, 0], [1, 2]), "whole numbers"),
        (lambda: follow_up([1, np.nan], [1, 0], [1, 2]), "missing"),
        (lambda: median_time(follow_up([1, 2, 3], [1, 0, 0], [1, 2, 3])), "not reached"),
        (lambda: survival_at(follow_up([1, 2], [1, 0], [1, 2]), 5), "5 lies outside"),
        (lambda: incidence_at(follow_up([1, 2], [1, 0], [1, 2]), 3, 1), "3 was asked for"),
    ],
)
def test_follow_up_that_cannot_answer_gets_a_sentence(call, sentence):
    with pytest.raises(StatsError, match=sentence):
        call()


def test_no_event_by_a_time_has_a_value_and_a_reason():
    found = survival_at(follow_up([2, 3, 4], [1, 0, 1], [1, 2, 3]), 1)
    assert (found.value, found.low) == (1, None)
    assert "all or none" in found.reason


def test_the_difference_of_restricted_means_is_that_of_r():
    expected = table("comparisons_expected", key="name")
    columns = {name: column.astype(float) for name, column in table("stats_patients").items()}
    data = follow_up(columns["time"], columns["event"], np.arange(len(columns["time"])))
    found = restricted_mean_difference(data, columns["positive"], 24)
    assert found.value == pytest.approx(expected["rmst_difference"], rel=1e-9)
    assert found.error == pytest.approx(expected["rmst_difference_se"], rel=1e-9)
    assert found.test.statistic == pytest.approx(found.value / found.error)


def test_groups_of_the_same_patients_differ_by_less_than_their_errors_add_up_to():
    rng = np.random.default_rng(3)
    frailty = np.repeat(rng.exponential(size=50), 2)
    time = frailty * rng.uniform(0.8, 1.2, 100)
    group, patient = np.tile([0, 1], 50), np.repeat(np.arange(50), 2)
    together = restricted_mean_difference(follow_up(time, np.ones(100), patient), group, 1)
    apart = restricted_mean_difference(follow_up(time, np.ones(100), np.arange(100)), group, 1)
    assert together.value == apart.value
    assert together.error < apart.error / 2


@given(rows=ROWS)
def test_turning_the_groups_turns_the_difference_of_means(rows):
    time, event = split(rows)
    data, group = follow_up(time, event, np.arange(len(time)) // 2), np.arange(len(time)) % 2
    until = min(time[group == 0].max(), time[group == 1].max())
    found, turned = (restricted_mean_difference(data, g, until) for g in (group, 1 - group))
    assert found.value == pytest.approx(-turned.value, abs=1e-12)
    assert (found.low is None) == (turned.low is None)
    if found.low is not None:
        assert found.low == pytest.approx(-turned.high, abs=1e-9)


@pytest.mark.parametrize(
    ("group", "until", "sentence"),
    [
        ([1, 1, 1], 2, "all units are in one"),
        ([0, 1, 1], 2, "2 lies outside"),
        ([0, 1], 1, "length"),
    ],
)
def test_a_difference_of_means_that_cannot_be_had_gets_a_sentence(group, until, sentence):
    with pytest.raises(StatsError, match=sentence):
        restricted_mean_difference(follow_up([1, 2, 3], [0, 1, 1], [1, 2, 3]), group, until)
