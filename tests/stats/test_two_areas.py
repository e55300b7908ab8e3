"""How many units show a difference of two AUCs of the same units."""

import numpy as np
import pytest
from golden import table
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import ndtr

from nodewise.errors import StatsError
from nodewise.stats import (
    auc_covariance,
    even_binormal,
    expected_areas,
    pilot_areas,
    two_areas_power,
    two_areas_units,
)
from nodewise.stats.binormal import Binormal
from nodewise.stats.two_areas import both_below

AREAS = st.floats(0.55, 0.95)


def test_a_pilot_of_single_nodes_is_planned_as_by_proc():
    nodes = {name: column.astype(float) for name, column in table("stats_nodes").items()}
    expected = table("comparisons_expected", key="name")
    areas = auc_covariance(
        [nodes["adc"], nodes["ktrans"]],
        nodes["truth"],
        np.arange(len(nodes["truth"])),
        direction=["lower", "higher"],
    )
    positive = int(nodes["truth"].sum())
    pilot = pilot_areas(areas, positive)
    found = two_areas_units(pilot, power=0.9)
    assert found == pytest.approx(expected["two_curves_cases"], rel=1e-9)
    power = two_areas_power(pilot, units=positive)
    assert power == pytest.approx(expected["two_curves_power"], rel=1e-9)


def test_the_expected_covariance_is_that_of_very_many_normal_scores():
    rng, n, ratio = np.random.default_rng(7), 60_000, 1.5
    curves = Binormal(a=1.4, b=0.8), Binormal(a=0.9, b=1.2)
    alike = 0.6, 0.3

    def pair(size, correlation):
        return rng.multivariate_normal([0, 0], [[1, correlation], [correlation, 1]], size).T

    # an ROC curve of a and b: positive units lie at a / b, spread 1 / b, negative ones at 0 and 1
    positive = [(curve.a + z) / curve.b for curve, z in zip(curves, pair(n, alike[0]), strict=True)]
    negative = pair(int(n * ratio), alike[1])
    scores = [np.concatenate(both) for both in zip(positive, negative, strict=True)]
    truth = np.arange(len(scores[0])) < n
    areas = auc_covariance(scores, truth, np.arange(len(truth)), direction="higher")
    found = expected_areas(*curves, alike=alike, controls_per_case=ratio)
    shown = pilot_areas(areas, n)
    assert (found.first, found.second) == pytest.approx((shown.first, shown.second), rel=0.02)
    assert found.both == pytest.approx(shown.both, rel=0.05)
    assert found.difference == pytest.approx(shown.difference, abs=0.005)


@given(h=st.floats(-4, 4), k=st.floats(-4, 4), correlation=st.floats(-0.99, 0.99))
def test_two_normal_numbers_lie_below_as_often_as_their_complements_allow(h, k, correlation):
    """Phi(h) = P(X<h, Y<k) + P(X<h, Y>k), and -Y correlates with X the other way."""
    below = both_below(h, k, correlation=correlation)
    beside = both_below(h, -k, correlation=-correlation)
    assert below + beside == pytest.approx(float(ndtr(h)), abs=1e-9)
    assert -1e-12 <= below <= min(ndtr(h), ndtr(k)) + 1e-12


def test_independent_and_central_numbers_have_closed_forms():
    assert both_below(0.3, -1.0, correlation=0) == pytest.approx(0.6179114222 * 0.1586552539)
    found = both_below(0.0, 0.0, correlation=-0.7)
    assert found == pytest.approx(0.25 + np.arcsin(-0.7) / (2 * np.pi))


@given(first=AREAS, second=AREAS, power=st.floats(0.55, 0.95), correlation=st.floats(0, 0.8))
def test_power_and_units_are_each_others_inverse(first, second, power, correlation):
    if abs(first - second) < 0.01:
        return
    expected = expected_areas(
        even_binormal(first), even_binormal(second), alike=(correlation,) * 2, controls_per_case=2
    )
    if expected.variance_if_alike <= 0:  # the steeper curve's variance lies below the covariance
        with pytest.raises(StatsError, match="no variance"):
            two_areas_units(expected, power=power)
        return
    units = two_areas_units(expected, power=power)
    assert two_areas_power(expected, units=units) == pytest.approx(power)


def test_scores_that_agree_need_fewer_units():
    curves = even_binormal(0.85), even_binormal(0.75)
    needed = [
        two_areas_units(expected_areas(*curves, alike=(r, r), controls_per_case=1))
        for r in (0.0, 0.4, 0.8)
    ]
    assert needed == sorted(needed, reverse=True)


@pytest.mark.parametrize(
    ("first", "second", "alike", "ratio", "sentence"),
    [
        (0.8, 0.8, (0.5, 0.5), 1, "cannot be shown to differ"),
        (0.8, 0.7, (1.0, 0.5), 1, "between -1 and 1"),
        (0.8, 0.7, (0.5, 0.5), 0, "negative units"),
        (0.8, 1.0, (0.5, 0.5), 1, "between 0 and 1"),
    ],
)
def test_what_cannot_be_planned_gets_a_sentence(first, second, alike, ratio, sentence):
    def needed():
        curves = even_binormal(first), even_binormal(second)
        return two_areas_units(expected_areas(*curves, alike=alike, controls_per_case=ratio))

    with pytest.raises(StatsError, match=sentence):
        needed()


def test_a_pilot_of_two_scores_that_rank_alike_shows_nothing():
    score, truth = np.arange(20.0), np.arange(20) % 3 > 0
    areas = auc_covariance([score, -score], truth, np.arange(20), direction=["higher", "lower"])
    with pytest.raises(StatsError, match="alike"):
        two_areas_units(pilot_areas(areas, 20))
    with pytest.raises(StatsError, match="two scores"):
        pilot_areas(auc_covariance([score], truth, np.arange(20), direction="higher"), 20)
