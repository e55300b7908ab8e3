import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodewise.errors import StatsError
from nodewise.stats import fit_logistic, fit_ordinal


def grades(seed, *, patients=60, cuts=(-1.0, 0.5, 1.5)):
    rng = np.random.default_rng(seed)
    patient = np.repeat(np.arange(patients), 3)
    x = rng.normal(size=(len(patient), 2))
    hidden = x @ [1.2, 0.0] + rng.logistic(size=len(patient))
    return x, np.searchsorted(cuts, hidden), patient


@given(st.integers(0, 300))
def test_two_grades_make_a_logistic_model(seed):
    x, grade, patient = grades(seed, cuts=(0.3,))
    found, logistic = fit_ordinal(x, grade, patient), fit_logistic(x, grade, patient)
    assert found.slopes == pytest.approx(logistic.coefficients[1:])
    assert found.thresholds[0] == pytest.approx(-logistic.coefficients[0])
    assert np.diag(found.covariance)[1:] == pytest.approx(np.diag(logistic.covariance)[1:])


@given(st.integers(0, 300))
def test_turning_the_grades_turns_the_slopes(seed):
    x, grade, patient = grades(seed)
    found, turned = fit_ordinal(x, grade, patient), fit_ordinal(x, -grade, patient)
    assert turned.slopes == pytest.approx(-found.slopes, abs=1e-8)
    assert turned.log_likelihood == pytest.approx(found.log_likelihood)


@given(st.integers(0, 300))
def test_only_the_order_of_grades_matters(seed):
    x, grade, patient = grades(seed)
    found, spaced = fit_ordinal(x, grade, patient), fit_ordinal(x, 10.0 * grade**2, patient)
    assert spaced.slopes == pytest.approx(found.slopes)


def test_probabilities_of_grades_add_up_and_fit_their_frequencies():
    x, grade, patient = grades(1, patients=300)
    found = fit_ordinal(x, grade, patient).probability(x)
    assert found.sum(axis=1) == pytest.approx(np.ones(len(x)))
    frequency = np.bincount(grade) / len(grade)
    assert found.mean(axis=0) == pytest.approx(frequency, abs=0.01)


def test_without_predictors_thresholds_are_the_frequencies():
    _, grade, patient = grades(2)
    found = fit_ordinal(np.zeros((len(grade), 0)), grade, patient)
    below = np.cumsum(np.bincount(grade))[:-1] / len(grade)
    assert found.thresholds == pytest.approx(np.log(below / (1 - below)))


def test_the_truth_is_found_and_repeating_every_node_changes_no_error():
    x, grade, patient = grades(3, patients=400)
    found = fit_ordinal(x, grade, patient)
    errors = np.sqrt(np.diag(found.covariance))[3:]
    assert np.all(np.abs(found.slopes - [1.2, 0.0]) < 3 * errors)
    again = fit_ordinal(np.tile(x, (2, 1)), np.tile(grade, 2), np.tile(patient, 2))
    assert again.covariance == pytest.approx(found.covariance)


def test_separated_grades_have_no_fit_but_a_penalised_one():
    x, grade = np.arange(6.0), [0, 0, 1, 1, 2, 2]
    with pytest.raises(StatsError, match="separate the grades"):
        fit_ordinal(x, grade, np.arange(6))
    assert 0 < fit_ordinal(x, grade, np.arange(6), penalty=1.0).slopes[0] < 5


def test_one_grade_gets_a_sentence():
    with pytest.raises(StatsError, match="all units have one"):
        fit_ordinal([1.0, 2.0], [3, 3], [1, 2])
