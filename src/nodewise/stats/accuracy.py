"""Sensitivity, specificity, predictive values and accuracy at one cut-off."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from nodewise.stats.estimate import Estimate
from nodewise.stats.inputs import Clusters, Mask, binary, patients, same_length
from nodewise.stats.proportions import among


@dataclass(frozen=True, slots=True)
class Paired:
    """Index test and reference of the same units.

    Args:
        test: whether the index test is positive, shape (n,).
        truth: whether the reference is positive, shape (n,).
        clusters: the patient of each unit.
    """

    test: Mask
    truth: Mask
    clusters: Clusters


def paired(test: ArrayLike, truth: ArrayLike, patient: ArrayLike) -> Paired:
    """Check index test, reference and patients, each of shape (n,)."""
    said, is_so = binary(test, "test"), binary(truth, "truth")
    same_length(said, is_so, "test and truth")
    return Paired(said, is_so, patients(patient, len(said)))


def sensitivity(
    test: ArrayLike, truth: ArrayLike, patient: ArrayLike, *, level: float = 0.95
) -> Estimate:
    """The share of units positive by the reference that the index test finds.

    Args:
        test: whether the index test is positive, shape (n,).
        truth: whether the reference is positive, shape (n,).
        patient: the patient of each unit, shape (n,).
        level: level of the interval, fraction.

    >>> patient = [k // 2 for k in range(24)]
    >>> print(sensitivity([1, 0, 1, 1, 0, 0] * 4, [1, 1, 1, 1, 1, 0] * 4, patient))
    0.60 (0.36 to 0.80); 20 nodes in 12 patients; clustered logit-t
    """
    data = paired(test, truth, patient)
    name = "sensitivity"
    return among(data.test, data.truth, data.clusters, name=name, level=level)


def specificity(
    test: ArrayLike, truth: ArrayLike, patient: ArrayLike, *, level: float = 0.95
) -> Estimate:
    """The share of units negative by the reference that the index test calls negative.

    Args:
        test: whether the index test is positive, shape (n,).
        truth: whether the reference is positive, shape (n,).
        patient: the patient of each unit, shape (n,).
        level: level of the interval, fraction.
    """
    data = paired(test, truth, patient)
    name = "specificity"
    return among(~data.test, ~data.truth, data.clusters, name=name, level=level)


def accuracy(
    test: ArrayLike, truth: ArrayLike, patient: ArrayLike, *, level: float = 0.95
) -> Estimate:
    """The share of units on which index test and reference agree.

    Args:
        test: whether the index test is positive, shape (n,).
        truth: whether the reference is positive, shape (n,).
        patient: the patient of each unit, shape (n,).
        level: level of the interval, fraction.
    """
    data = paired(test, truth, patient)
    every = np.ones(len(data.test), bool)
    return among(data.test == data.truth, every, data.clusters, name="accuracy", level=level)
