"""Differences of predictive values on the same units."""

import numpy as np
import pytest
from cases import study
from hypothesis import given
from hypothesis import strategies as st

from nodewise.errors import StatsError
from nodewise.stats import (
    negative_predictive_value,
    paired,
    positive_predictive_value,
    predictive_difference,
    specificity_difference,
)

PPV, NPV = "positive predictive value", "negative predictive value"


def two(seed, *, patients=30):
    data = study(seed, patients=patients)
    other = data["score"] + np.random.default_rng(seed + 100).normal(size=len(data["score"])) > 0.4
    rows = data["truth"], data["patient"]
    return paired(data["test"], *rows), paired(other, *rows), rows


@given(seed=st.integers(0, 10_000))
def test_it_is_the_difference_of_the_two_values_and_turns_its_sign(seed):
    first, second, rows = two(seed)
    for name, value in ((PPV, positive_predictive_value), (NPV, negative_predictive_value)):
        found = predictive_difference(name, first, second)
        mirrored = predictive_difference(name, second, first)
        expected = value(first.test, *rows).value - value(second.test, *rows).value
        assert found.value == pytest.approx(expected, abs=1e-12)
        assert (found.low, found.high) == pytest.approx((-mirrored.high, -mirrored.low))


def test_the_error_for_single_units_is_that_of_the_multinomial_cells():
    """The delta method on the eight cells of truth by two calls."""
    first, second, (truth, _) = two(5, patients=100)
    alone = np.arange(len(truth))
    one, other = (paired(each.test, truth, alone) for each in (first, second))
    found = predictive_difference(PPV, one, other)
    cell = one.test * 4 + other.test * 2 + truth
    share = np.bincount(cell, minlength=8) / len(truth)

    def gap(p):
        return p[[5, 7]].sum() / p[4:].sum() - p[[3, 7]].sum() / p[[2, 3, 6, 7]].sum()

    step = 1e-6
    slope = np.array(
        [(gap(share + step * e) - gap(share - step * e)) / (2 * step) for e in np.eye(8)]
    )
    variance = (np.sum(share * slope**2) - np.sum(share * slope) ** 2) / len(truth)
    assert found.error**2 == pytest.approx(variance, rel=0.02)  # CR2 adds 1 in 100


def test_where_all_units_are_called_it_is_the_difference_of_what_is_true_of_them():
    first, second, (truth, patient) = two(7)
    everywhere = paired(np.ones(len(truth), bool), truth, patient)
    found = predictive_difference(PPV, everywhere, everywhere)
    assert found.value == 0
    assert "no variance of this difference" in found.reason
    assert specificity_difference(first, second).value != 0


@pytest.mark.parametrize(
    ("of", "calls", "sentence"),
    [
        (PPV, np.zeros(120, bool), "one test never gives that result"),
        (NPV, np.ones(120, bool), "one test never gives that result"),
        ("sensitivity", np.ones(120, bool), "is of predictive values"),
    ],
)
def test_what_cannot_be_compared_gets_a_sentence(of, calls, sentence):
    first, _, rows = two(9)
    with pytest.raises(StatsError, match=sentence):
        predictive_difference(of, first, paired(calls, *rows))


@pytest.mark.slow
def test_intervals_of_nodes_in_patients_cover():
    rng, held = np.random.default_rng(11), 0
    for _ in range(800):
        patient = np.repeat(np.arange(40), 4)
        shared = rng.normal(size=40)[patient]
        truth = rng.random(160) < 0.4
        scores = [0.6 * shared + 0.8 * rng.normal(size=160) + gain * truth for gain in (1.5, 1.5)]
        read = [paired(score > 0.7, truth, patient) for score in scores]
        found = predictive_difference(PPV, *read)
        held += found.low <= 0 <= found.high
    assert 0.925 < held / 800 < 0.975


def test_no_interval_of_two_patients_passes_what_a_difference_can_be():
    """t(1) is 12.7: one patient's node lost and one found would reach from -6.9 to 5.9."""
    truth, patient = np.zeros(12, bool), np.repeat([1, 2], 6)
    calls = np.zeros((2, 12), bool)
    calls[0, :1], calls[1, 6:8] = True, True
    found = specificity_difference(*(paired(one, truth, patient) for one in calls))
    assert found.error * 12 > 1
    assert (found.low, found.high) == (-1, 1)
