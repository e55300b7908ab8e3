from contextlib import contextmanager

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodewise.errors import StatsError
from nodewise.stats import (
    auc,
    brier_score,
    fit_cox,
    follow_up,
    sensitivity,
    survival_at,
    time_accuracy,
    time_auc,
    time_auc_against_others,
    time_auc_difference,
    time_brier,
)
from nodewise.stats.moment import Moment

TIMES = (730, 1825, 2920)


def influence_row_by_row(moment, slope):
    """timeROC's errors, where tied rows leave one after the other.

    It counts a loss at the first of the tied rows and takes the rows off the risk set in their
    order, so that its error hangs on that order; the weights themselves are right.
    """
    order = np.argsort(moment.place, kind="stable")
    row, n = np.argsort(order), len(order)
    place = moment.place[order]
    at_risk, lost = n - np.arange(n), moment.lost[order]
    own = slope * moment.weights()
    reach = np.where(moment.free, np.searchsorted(place, moment.end), row + 1)
    past = np.cumsum(np.bincount(reach, weights=own, minlength=n + 1)[::-1])[::-1][1:]
    first = np.searchsorted(place, moment.place)
    through = np.where(moment.lost, (past / at_risk)[first], 0.0)
    return own + through - np.cumsum(past * lost / at_risk**2)[row]


@pytest.fixture
def row_by_row(monkeypatch):
    @contextmanager
    def taken():
        with monkeypatch.context() as patch:
            patch.setattr(Moment, "influence", influence_row_by_row)
            yield

    return taken


@pytest.fixture
def pbc(case):
    published = case("time_dependent_auc_pbc")
    time, units = published.column("time"), np.arange(len(published.rows))
    return (
        published,
        follow_up(time, published.column("ev"), units),
        follow_up(time, published.column("evc"), units),
    )


@pytest.mark.real_data
@pytest.mark.parametrize(("marker", "direction"), [("bili", "higher"), ("albumin", "lower")])
def test_the_auc_at_a_time_and_its_error_agree_with_timeroc(pbc, marker, direction, row_by_row):
    published, data, _ = pbc
    for k, at in enumerate(TIMES):
        found = time_auc(data, published.column(marker), at, direction=direction)
        assert found.value == published.near(f"auc_{marker}_ipcw", "auc", k)
        with row_by_row():
            tied = time_auc(data, published.column(marker), at, direction=direction)
        assert tied.error == published.near(f"auc_{marker}_ipcw", "se", k)
        assert found.error == pytest.approx(tied.error, rel=2e-5)


@pytest.mark.real_data
def test_two_markers_are_compared_as_timeroc_compares_them(pbc, row_by_row):
    published, data, _ = pbc
    markers = published.column("bili"), published.column("albumin")
    for k, at in enumerate(TIMES):
        with row_by_row():
            found = time_auc_difference(data, markers, at, direction=["higher", "lower"])
        assert found.test.p == published.near("compare_bili_albumin_p", k)


@pytest.mark.real_data
def test_competing_events_agree_with_timeroc(pbc):
    published, _, data = pbc
    name = "competing_auc_bili_defA_defB"
    for k, at in enumerate(TIMES):
        bili = published.column("bili")
        free = time_auc(data, bili, at, direction="higher").value
        others = time_auc_against_others(data, bili, at, direction="higher").value
        assert free == published.near(name, "AUC_1", k)
        assert others == published.near(name, "AUC_2", k)


@pytest.mark.real_data
def test_accuracy_at_a_locked_cut_off_agrees_with_timeroc(pbc, row_by_row):
    published, data, _ = pbc
    name = "sens_spec_ppv_npv_at_bili_1.9"
    for k, at in enumerate(TIMES):
        with row_by_row():
            found = time_accuracy(data, published.column("bili") > 1.9, at)
        assert found.sensitivity.value == published.near(name, "TP", k)
        assert 1 - found.specificity.value == published.near(name, "FP", k)
        assert found.positive_predictive_value.value == published.near(name, "PPV", k)
        assert found.negative_predictive_value.value == published.near(name, "NPV", k)
        assert found.sensitivity.error == published.near(name, "se_TP", k)
        assert found.specificity.error == published.near(name, "se_FP", k)


@pytest.mark.real_data
def test_a_cox_models_auc_and_brier_score_agree_with_riskregression(pbc):
    published, data, _ = pbc
    bili, albumin, age = (published.column(name) for name in ("bili", "albumin", "age"))
    x = np.stack([np.log(bili), albumin, age], axis=1)
    fit = fit_cox(data, x)
    for k, at in enumerate(TIMES):
        found = time_auc(data, x @ fit.coefficients, at, direction="higher")
        assert found.value == published.near("score_auc_cox", "AUC", k)
        assert found.error == published.near("score_auc_cox", "se", k)
        model = time_brier(data, fit.chance(x, at), at)
        null = time_brier(data, np.full(len(x), 1 - survival_at(data, at).value), at)
        for score, name in ((model, "score_brier_cox"), (null, "score_brier_null")):
            assert score.value == published.near(name, "Brier", k)
            assert score.error == published.near(name, "se", k)


def test_without_censoring_the_brier_score_at_a_time_is_the_plain_one():
    data, score, patient = uncensored(2)
    at = float(np.median(data.time))
    p = 1 / (1 + np.exp(-score))
    plain = brier_score(p, data.time <= at, patient)
    found = time_brier(data, p, at)
    assert (found.value, found.error) == pytest.approx((plain.value, plain.error))


def test_predictions_lie_between_0_and_1():
    data, score, _ = uncensored(2)
    with pytest.raises(StatsError, match="between 0 and 1"):
        time_brier(data, score * 9, float(np.median(data.time)))


def uncensored(seed):
    rng = np.random.default_rng(seed)
    patient = np.repeat(np.arange(20), 3)
    score = rng.normal(size=60)
    time = rng.exponential(np.exp(-score))
    return follow_up(time, np.ones(60), patient), score, patient


@given(st.integers(0, 500))
def test_without_censoring_it_is_the_plain_auc_and_sensitivity(seed):
    data, score, patient = uncensored(seed)
    at = float(np.median(data.time))
    early = data.time <= at
    found = time_auc(data, score, at, direction="higher")
    assert found.value == pytest.approx(auc(score, early, patient, direction="higher").value)
    seen = time_accuracy(data, score > 0, at).sensitivity.value
    assert seen == pytest.approx(sensitivity(score > 0, early, patient).value)


@given(st.integers(0, 500))
def test_repeating_every_unit_changes_nothing(seed):
    data, score, patient = uncensored(seed)
    rng = np.random.default_rng(seed)
    event = rng.random(60) < 0.6
    at = float(np.median(data.time))
    once = time_auc(follow_up(data.time, event, patient), score, at, direction="higher")
    twice = time_auc(
        follow_up(np.tile(data.time, 2), np.tile(event, 2), np.tile(patient, 2)),
        np.tile(score, 2),
        at,
        direction="higher",
    )
    assert (once.value, once.error) == pytest.approx((twice.value, twice.error))


def test_a_score_against_itself_shows_no_difference():
    data, score, _ = uncensored(1)
    at = float(np.median(data.time))
    found = time_auc_difference(data, [score, score], at, direction=["higher", "higher"])
    assert (found.value, found.test) == (0, None)
    assert "no variance" in found.reason


def test_a_time_before_any_event_or_after_all_gets_a_sentence():
    data = follow_up([2, 3, 4], [1, 0, 1], [1, 2, 3])
    with pytest.raises(StatsError, match="no unit had the event"):
        time_auc(data, [1, 2, 3], 1, direction="higher")
    with pytest.raises(StatsError, match="without an event is still under follow-up"):
        time_auc(data, [1, 2, 3], 9, direction="higher")


def test_as_many_scores_as_units_are_needed():
    data = follow_up([2, 3, 4], [1, 0, 1], [1, 2, 3])
    with pytest.raises(StatsError, match="as many scores"):
        time_auc(data, [1, 2], 2, direction="higher")
