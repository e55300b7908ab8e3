import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodewise.errors import StatsError
from nodewise.stats import follow_up, gray, gray_test, log_rank


def cohort(seed, *, groups=2, patients=90, effect=0.0):
    rng = np.random.default_rng(seed)
    group = np.arange(patients) % groups
    time = rng.exponential(np.exp(-effect * group))
    event = np.where(rng.random(patients) < 0.35, 2, 1)
    lost = rng.exponential(2.0, size=patients)
    return np.minimum(time, lost), np.where(time <= lost, event, 0), group


@pytest.mark.real_data
@pytest.mark.parametrize("cause", [1, 2])
def test_grays_test_agrees_with_cmprsk(case, cause):
    published = case("competing_mgus2")
    time = published.column("etime")
    data = follow_up(time, published.column("event"), np.arange(len(time)))
    found = gray_test(data, published.words("sex"), cause)
    assert found.statistic == published.near("gray_test_sex", f"event{cause}", "stat")
    assert found.p == published.near("gray_test_sex", f"event{cause}", "pv")


@pytest.mark.parametrize("groups", [2, 3])
@given(seed=st.integers(0, 300))
def test_the_names_and_order_of_groups_change_nothing(groups, seed):
    time, event, group = cohort(seed, groups=groups)
    data = follow_up(time, event, np.arange(len(time)))
    words = np.array(["c", "a", "b"])[group]
    assert gray_test(data, words).statistic == pytest.approx(gray_test(data, group).statistic)


@given(st.integers(0, 300))
def test_only_the_order_of_times_matters(seed):
    time, event, group = cohort(seed)
    units = np.arange(len(time))
    found = gray_test(follow_up(time, event, units), group)
    later = gray_test(follow_up(time**3, event, units), group)
    assert later.statistic == pytest.approx(found.statistic)


def test_without_competing_events_it_is_near_the_log_rank_test():
    time, event, group = cohort(3, patients=400, effect=0.3)
    data = follow_up(time, event > 0, np.arange(400))
    expected = log_rank(data, group).statistic
    assert gray_test(data, group).statistic == pytest.approx(expected, rel=0.05)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: gray_test(follow_up([1, 2, 3], [1, 2, 1], [1, 1, 2]), [0, 1, 1]), "more patients"),
        (lambda: gray_test(follow_up([1, 2], [1, 2], [1, 2]), [0, 0]), "2 groups or more"),
        (lambda: gray_test(follow_up([1, 2], [1, 2], [1, 2]), [0, 1], 3), "there is none"),
    ],
)
def test_what_cannot_be_compared_gets_a_sentence(call, sentence):
    with pytest.raises(StatsError, match=sentence):
        call()


def test_patients_add_up_to_the_score_and_their_squares_come_near_grays_variance():
    time, event, group = cohort(5, groups=3, patients=300)
    data = follow_up(time, event, np.arange(300))
    found = gray._count(data, group, 1)
    times = np.unique(time[event > 0])
    each = np.array([
        gray._added(found, k, t >= times, (t == times) * e, cause=1)
        for t, e, k in zip(time, event, group, strict=True)
    ])  # fmt: skip
    assert each.sum(axis=0) == pytest.approx(gray._observed_less_expected(found))
    assert np.diag(each.T @ each) == pytest.approx(np.diag(gray._spread(found)), rel=0.15)


def test_units_copied_within_patients_count_once():
    time, event, group = cohort(4, patients=200, effect=0.4)
    twice = [np.tile(row, 2) for row in (time, event, np.arange(200), group)]
    by_patient = gray_test(follow_up(*twice[:3]), twice[3])
    one = gray_test(follow_up(time, event, np.arange(200)), group)
    naive = gray_test(follow_up(*twice[:2], np.arange(400)), twice[3])
    assert by_patient.method == "Gray, errors by patient"
    assert by_patient.statistic == pytest.approx(one.statistic, rel=0.15)
    assert naive.statistic == pytest.approx(2 * one.statistic, rel=0.05)


@pytest.mark.slow
@pytest.mark.parametrize("within", [False, True], ids=["patients of one group", "groups within"])
def test_the_test_by_patient_keeps_its_level(within):
    rng, found = np.random.default_rng(6), []
    for _ in range(500):
        patient = np.repeat(np.arange(60), 3)
        frailty = np.exp(rng.normal(size=60))[patient]
        time, lost = frailty * rng.exponential(size=180), rng.uniform(0.5, 3, 180)
        cause = np.where(rng.random(180) < rng.beta(0.5, 0.5, 60)[patient], 2, 1)
        rows = np.minimum(time, lost), np.where(time <= lost, cause, 0)
        group = np.tile([0, 1, 0], 60) if within else patient % 2
        one, other = (gray_test(follow_up(*rows, who), group) for who in (patient, range(180)))
        found.append((one.p < 0.05, other.p < 0.05))
    by_patient, naive = np.mean(found, axis=0)
    assert 0.03 < by_patient < 0.075
    assert naive > 0.075 or within


@pytest.mark.slow
def test_grays_test_keeps_its_level():
    rejected = 0
    for seed in range(1000):
        time, event, group = cohort(seed, groups=3)
        test = gray_test(follow_up(np.round(time, 1), event, np.arange(90)), group)
        rejected += test.p < 0.05
    assert 0.03 < rejected / 1000 < 0.07
