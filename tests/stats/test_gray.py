import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodewise.errors import StatsError
from nodewise.stats import follow_up, gray_test, log_rank


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
        (lambda: gray_test(follow_up([1, 2], [1, 2], [1, 1]), [0, 1]), "one unit a patient"),
        (lambda: gray_test(follow_up([1, 2], [1, 2], [1, 2]), [0, 0]), "2 groups or more"),
        (lambda: gray_test(follow_up([1, 2], [1, 2], [1, 2]), [0, 1], 3), "there is none"),
    ],
)
def test_what_cannot_be_compared_gets_a_sentence(call, sentence):
    with pytest.raises(StatsError, match=sentence):
        call()


@pytest.mark.slow
def test_grays_test_keeps_its_level():
    rejected = 0
    for seed in range(1000):
        time, event, group = cohort(seed, groups=3)
        test = gray_test(follow_up(np.round(time, 1), event, np.arange(90)), group)
        rejected += test.p < 0.05
    assert 0.03 < rejected / 1000 < 0.07
