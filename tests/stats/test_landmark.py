import numpy as np
import pytest

from nodewise.errors import StatsError
from nodewise.stats import follow_up, from_landmark, kaplan_meier, survival_at


def test_survival_from_a_landmark_is_conditional_survival():
    rng = np.random.default_rng(1)
    time = rng.exponential(size=200)
    data = follow_up(time, np.ones(200), np.arange(200))
    later = from_landmark(data, 0.5)
    before, after = survival_at(data, 0.5).value, survival_at(data, 1.2).value
    assert survival_at(later.data, 0.7).value == pytest.approx(after / before)


def test_who_left_by_the_landmark_does_not_count():
    data = follow_up([1, 2, 3, 4], [1, 0, 1, 0], ["a", "b", "c", "c"])
    found = from_landmark(data, 2)
    assert found.kept.tolist() == [False, False, True, True]
    assert found.data.time.tolist() == [1, 2]
    assert found.data.clusters.count == 1
    assert kaplan_meier(found.data).value.tolist() == [0.5, 0.5]


def test_a_landmark_after_everybody_left_gets_a_sentence():
    with pytest.raises(StatsError, match="beyond 9"):
        from_landmark(follow_up([1, 2], [1, 0], [1, 2]), 9)
