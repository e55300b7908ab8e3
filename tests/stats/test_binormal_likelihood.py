"""The binormal curve by maximum likelihood."""

import numpy as np
import pytest
from cases import study
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.special import ndtr

from nodewise.errors import StatsError
from nodewise.stats import binormal_likelihood, roc_curve


def fitted(score, truth, patient=None):
    patient = np.arange(len(truth)) if patient is None else patient
    return binormal_likelihood(roc_curve(score, truth, patient, direction="higher"))


@pytest.fixture(scope="module")
def hanley_mcneil():
    """Ratings of 109 CT images, Hanley & McNeil, Radiology 1982;143:29, table I."""
    negative, positive = [33, 6, 6, 11, 2], [3, 2, 2, 11, 33]
    score = np.concatenate([np.repeat(np.arange(1, 6), part) for part in (negative, positive)])
    return score, np.repeat([0, 1], [58, 51])


def test_ratings_have_the_published_fit(hanley_mcneil):
    """Stata's rocfit on the same table: its manual prints these, with observed information."""
    found = fitted(*hanley_mcneil)
    assert (found.curve.a, found.curve.b) == pytest.approx((1.656782, 0.713002), abs=5e-6)
    assert found.log_likelihood == pytest.approx(-123.64855, abs=5e-6)
    assert found.area.value == pytest.approx(0.911331, abs=5e-6)
    errors = np.sqrt(np.diag(found.model_covariance))
    assert errors == pytest.approx([0.310456, 0.215882], rel=0.01)
    assert found.area.error == pytest.approx(0.0295, rel=0.03)


def test_no_other_curve_makes_the_ratings_more_likely(hanley_mcneil):
    score, truth = hanley_mcneil

    def unlikely(place):
        a, b, cuts = place[0], place[1], np.cumsum([place[2], *np.exp(place[3:])])
        ends = np.concatenate([[-np.inf], cuts, [np.inf]])
        negative = np.diff(ndtr(ends))[score[truth == 0] - 1]
        positive = np.diff(ndtr(b * ends - a))[score[truth == 1] - 1]
        return -np.log(negative).sum() - np.log(positive).sum()

    best = minimize(
        unlikely, [1, 1, 0, -1, -1, -1], method="Nelder-Mead", options={"maxiter": 9000}
    )
    found = fitted(score, truth)
    assert -best.fun == pytest.approx(found.log_likelihood, abs=1e-4)
    assert best.x[:2] == pytest.approx([found.curve.a, found.curve.b], abs=0.02)


def test_many_scores_of_two_normal_distributions_give_them_back():
    rng = np.random.default_rng(3)
    truth = rng.random(20_000) < 0.4
    found = fitted(rng.normal(size=20_000) * np.where(truth, 1.25, 1) + 1.5 * truth, truth)
    errors = np.sqrt(np.diag(found.covariance))
    assert abs(found.curve.a - 1.2) < 3 * errors[0]
    assert abs(found.curve.b - 0.8) < 3 * errors[1]
    assert errors == pytest.approx(np.sqrt(np.diag(found.model_covariance)), rel=0.05)
    assert found.categories <= 200


@settings(max_examples=12)
@given(seed=st.integers(0, 300))
def test_only_the_order_of_scores_matters_and_repeated_nodes_change_nothing(seed):
    data = study(seed, patients=20)
    truth, patient = data["truth"], data["patient"]
    found = fitted(data["score"], truth, patient)
    bent = fitted(np.exp(data["score"]), truth, patient)
    twice = fitted(np.tile(data["score"], 2), np.tile(truth, 2), np.tile(patient, 2))
    for other in (bent, twice):
        assert other.curve.a == pytest.approx(found.curve.a, abs=1e-4)
        assert other.area.low == pytest.approx(found.area.low, abs=1e-4)
    assert np.trace(twice.model_covariance) < 0.6 * np.trace(found.model_covariance)


def test_a_curve_that_hooks_says_where():
    rng = np.random.default_rng(5)
    truth = np.arange(400) < 200
    found = fitted(np.where(truth, rng.normal(0.4, 3, 400), rng.normal(0, 1, 400)), truth)
    assert "crosses chance at a specificity of" in found.area.caution


@pytest.mark.parametrize(
    ("score", "truth", "sentence"),
    [
        (np.arange(20), np.arange(20) > 9, "perfectly separated"),
        (np.zeros(20), np.arange(20) > 9, "all tied"),
        (np.repeat([0, 1, 2], [8, 4, 8]), np.repeat([0, 0, 1, 1], [8, 2, 2, 8]), "no maximum"),
    ],
)
def test_degenerate_scores_get_a_sentence(score, truth, sentence):
    with pytest.raises(StatsError, match=sentence):
        fitted(score, truth)


def test_one_patient_in_a_class_has_a_curve_without_an_interval():
    score, truth = np.array([1, 2, 3, 2, 3, 4, 5, 1.5]), np.array([0, 0, 0, 1, 1, 1, 1, 0])
    found = fitted(score, truth, np.where(truth == 1, 9, np.arange(8))).area
    assert found.low is None
    assert "both classes from 2 patients" in found.reason


@pytest.mark.slow
def test_the_interval_covers_where_nodes_share_their_patient():
    rng, held = np.random.default_rng(9), 0
    for _ in range(400):
        patient = np.repeat(np.arange(40), 4)
        truth = rng.random(160) < 0.4
        shared = rng.normal(size=40)[patient]
        score = np.sqrt(0.3) * shared + np.sqrt(0.7) * rng.normal(size=160) + 1.2 * truth
        area = fitted(score, truth, patient).area
        held += area.low <= ndtr(1.2 / np.sqrt(2)) <= area.high
    assert 0.925 < held / 400 < 0.98
