import numpy as np
import pytest

from nodewise.errors import StatsError
from nodewise.stats import cross_validated, naive_auc, patient_folds


def cohort(seed, *, patients=60, useful=True):
    rng = np.random.default_rng(seed)
    patient = np.repeat(np.arange(patients), 3)
    x = rng.normal(size=(len(patient), 6))
    odds = x[:, 0] * 1.5 - 0.5 if useful else np.full(len(patient), -0.5)
    return x, rng.random(len(patient)) < 1 / (1 + np.exp(-odds)), patient


def test_no_patient_is_parted_and_positive_patients_are_spread():
    _, truth, patient = cohort(1)
    fold = patient_folds(truth, patient, folds=5, rng=np.random.default_rng(2))
    of_patient = [set(fold[patient == p].tolist()) for p in np.unique(patient)]
    assert all(len(folds) == 1 for folds in of_patient)
    positive = [len(set(patient[truth & (fold == k)].tolist())) for k in range(5)]
    assert max(positive) - min(positive) <= 1


def test_a_useful_predictor_predicts_patients_it_never_saw():
    x, truth, patient = cohort(3)
    found = cross_validated(x, truth, patient, rng=np.random.default_rng(4))
    assert naive_auc(found.probability, truth, direction="higher").value > 0.75
    assert found.probability.mean() == pytest.approx(truth.mean(), abs=0.05)


def test_useless_predictors_promise_nothing():
    areas = []
    for seed in range(6):
        x, truth, patient = cohort(seed, useful=False)
        found = cross_validated(x, truth, patient, rng=np.random.default_rng(seed))
        areas.append(naive_auc(found.probability, truth, direction="higher").value)
        assert found.penalties.max() >= 10
    assert np.mean(areas) < 0.56


def test_predictions_are_reproducible():
    x, truth, patient = cohort(5)
    one, two = (cross_validated(x, truth, patient, rng=np.random.default_rng(6)) for _ in "ab")
    assert np.array_equal(one.probability, two.probability)


def test_too_few_patients_for_the_folds_get_a_sentence():
    with pytest.raises(StatsError, match="5 folds need"):
        patient_folds([1, 0, 1, 0], [1, 1, 2, 2], folds=5, rng=np.random.default_rng(1))
