import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodewise.errors import StatsError
from nodewise.stats import Cusum, cusum_path, limit_for, signal_probability

LEARNING = Cusum(null=0.4, alternative=0.2, limit=2)


@pytest.mark.real_data
def test_the_sum_agrees_with_the_published_sequence(case):
    published = case("lc_cusum")
    found = cusum_path(published.column("failure"), LEARNING)
    assert LEARNING.success_weight == published.near("weights", "success")
    assert LEARNING.failure_weight == published.near("weights", "failure")
    assert found.score == pytest.approx(published.value("score_sequence"))
    assert found.first_signal == published.value("first_signal_case")


@pytest.mark.real_data
def test_run_lengths_agree_with_exact_dynamic_programming(case):
    published = case("lc_cusum")
    for rate, name in ((0.4, "inadequate_p0"), (0.2, "adequate_p1")):
        for cases in (50, 100):
            expected = published.near(f"P_signal_within_n_{name}", f"n{cases}")
            assert signal_probability(LEARNING, rate=rate, cases=cases) == expected


@given(st.floats(0.05, 0.95))
def test_a_few_cases_can_be_written_out(rate):
    plan = Cusum(null=0.4, alternative=0.2, limit=0.8)
    # three successes make 0.86; after any failure the sum starts again
    three = (1 - rate) ** 3
    assert signal_probability(plan, rate=rate, cases=3) == pytest.approx(three)
    assert signal_probability(plan, rate=rate, cases=4) == pytest.approx(three + rate * three)


def test_exact_chances_agree_with_simulated_readers():
    rng = np.random.default_rng(3)
    paths = [cusum_path(rng.random(60) < 0.3, LEARNING).first_signal for _ in range(2000)]
    share = np.mean([signal is not None for signal in paths])
    assert share == pytest.approx(signal_probability(LEARNING, rate=0.3, cases=60), abs=0.035)


def test_a_better_reader_signals_learning_sooner():
    chances = [signal_probability(LEARNING, rate=r, cases=40) for r in (0.5, 0.4, 0.3, 0.2, 0.1)]
    assert chances == sorted(chances)


def test_monitoring_signals_a_worse_reader_sooner():
    slipping = Cusum(null=0.2, alternative=0.4, limit=3)
    chances = [signal_probability(slipping, rate=r, cases=40) for r in (0.1, 0.2, 0.3, 0.4)]
    assert chances == sorted(chances)


def test_a_computed_limit_keeps_the_chance_of_a_false_signal_and_hardly_less():
    limit = limit_for(null=0.4, alternative=0.2, false_signal=0.05, cases=50)
    kept = signal_probability(Cusum(null=0.4, alternative=0.2, limit=limit), rate=0.4, cases=50)
    lower = Cusum(null=0.4, alternative=0.2, limit=limit - 1e-3)
    assert kept <= 0.05 < signal_probability(lower, rate=0.4, cases=50)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: Cusum(null=0.4, alternative=0.4, limit=2), "two different failure rates"),
        (lambda: Cusum(null=0.4, alternative=0.0, limit=2), "between 0 and 1"),
        (lambda: Cusum(null=0.4, alternative=0.2, limit=0), "limit is positive"),
        (lambda: signal_probability(LEARNING, rate=0.4, cases=0), "1 case or more"),
        (lambda: limit_for(null=0.4, alternative=0.2, false_signal=1, cases=9), "between 0 and 1"),
    ],
)
def test_impossible_plans_get_a_sentence(call, sentence):
    with pytest.raises(StatsError, match=sentence):
        call()


def test_cases_of_several_alike_nodes_give_no_more_false_signals_than_cases_of_one():
    rng = np.random.default_rng(3)
    limit = limit_for(null=0.4, alternative=0.15, false_signal=0.1, cases=20)
    plan = Cusum(null=0.4, alternative=0.15, limit=limit)
    signals = []
    for _ in range(2000):
        rate = rng.beta(0.4 * 2, 0.6 * 2, 20)  # nodes of a patient alike: correlation 1/3
        failed = rng.binomial(5, rate) / 5
        signals.append(cusum_path(failed, plan).first_signal is not None)
    assert np.mean(signals) <= 0.1
