"""Predictions for patients who had no part in making the model."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from nodewise.errors import StatsError
from nodewise.stats.inputs import Array, Clusters, Index, Mask, binary, patients
from nodewise.stats.logistic import LogisticFit, design, fit_logistic
from nodewise.stats.placement import both_classes

PENALTIES = (0.01, 0.1, 1.0, 10.0, 100.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossValidated:
    """Predictions from nested cross-validation.

    Args:
        probability: of each unit, by a model that never saw its patient, shape (n,).
        fold: outer fold of each unit, shape (n,).
        penalties: penalty that each outer fold's inner folds chose, shape (folds,).
    """

    probability: Array
    fold: Index
    penalties: Array


@dataclass(frozen=True, slots=True)
class _Sample:
    """Predictors, shape (n, p), the reference, shape (n,), and the patients."""

    x: Array
    truth: Mask
    clusters: Clusters

    def part(self, chosen: Mask) -> "_Sample":
        """Some units."""
        index = self.clusters.index[chosen]
        return _Sample(self.x[chosen], self.truth[chosen], patients(index, len(index)))


def patient_folds(
    truth: ArrayLike, patient: ArrayLike, *, folds: int, rng: np.random.Generator
) -> Index:
    """Folds that never part a patient, with positive patients spread evenly, shape (n,).

    Args:
        truth: whether the reference is positive, shape (n,).
        patient: the patient of each unit, shape (n,).
        folds: number of folds.
        rng: source of random numbers.
    """
    is_so = binary(truth, "truth")
    return _folds(is_so, patients(patient, len(is_so)), folds, rng)


def cross_validated(
    predictors: ArrayLike,
    truth: ArrayLike,
    patient: ArrayLike,
    *,
    rng: np.random.Generator,
    folds: int = 5,
) -> CrossValidated:
    """A ridge logistic model whose penalty is chosen in inner folds of each outer fold.

    Predictors are standardised by the training patients of each fold.

    Args:
        predictors: shape (n, p).
        truth: whether the reference is positive, shape (n,).
        patient: the patient of each unit, shape (n,).
        rng: source of random numbers.
        folds: number of outer and of inner folds.

    Source:
        Varma & Simon, BMC Bioinformatics 2006;7:91, doi:10.1186/1471-2105-7-91 (nesting).
    """
    is_so = binary(truth, "truth")
    both_classes(is_so)
    sample = _Sample(design(predictors)[:, 1:], is_so, patients(patient, len(is_so)))
    fold = _folds(is_so, sample.clusters, folds, rng)
    probability, chosen = np.empty(len(is_so)), np.empty(folds)
    for k in range(folds):
        training = sample.part(fold != k)
        chosen[k] = _best_penalty(training, folds, rng, PENALTIES)
        probability[fold == k] = _predicted(training, sample.x[fold == k], float(chosen[k]))
    return CrossValidated(probability=probability, fold=fold, penalties=chosen)


def _folds(truth: Mask, clusters: Clusters, folds: int, rng: np.random.Generator) -> Index:
    positive = clusters.total(truth) > 0
    fewest = min(int(positive.sum()), clusters.having(~truth))
    if not 2 <= folds <= fewest:
        raise StatsError(
            f"{folds} folds need as many patients with positive units, and with negative ones; "
            f"there are {fewest} in the smaller group"
        )
    order = rng.permutation(clusters.count)
    order = order[np.argsort(~positive[order], kind="stable")]  # positive patients dealt first
    of_patient = np.empty(clusters.count, np.int64)
    of_patient[order] = np.arange(clusters.count) % folds
    return np.asarray(of_patient[clusters.index])


def _best_penalty(
    sample: _Sample, folds: int, rng: np.random.Generator, penalties: Sequence[float]
) -> float:
    """The penalty with the least log loss in inner folds."""
    fold = _folds(sample.truth, sample.clusters, folds, rng)
    loss = np.zeros(len(penalties))
    for k in range(folds):
        training, held_out = sample.part(fold != k), fold == k
        for number, penalty in enumerate(penalties):
            p = np.clip(_predicted(training, sample.x[held_out], penalty), 1e-9, 1 - 1e-9)
            right = np.where(sample.truth[held_out], p, 1 - p)
            loss[number] -= float(np.log(right).sum())
    return float(penalties[int(np.argmin(loss))])


def _predicted(training: _Sample, x: Array, penalty: float) -> Array:
    centre, scale = training.x.mean(axis=0), training.x.std(axis=0)
    scale = np.where(scale > 0, scale, 1.0)
    fit: LogisticFit = fit_logistic(
        (training.x - centre) / scale, training.truth, training.clusters.index, penalty=penalty
    )
    return fit.probability((x - centre) / scale)
