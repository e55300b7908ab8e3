"""Accuracy when only some units have a reference, corrected within strata such as side and level.

The contralateral neck is dissected less often than the ipsilateral one and is less often
involved: one correction for all levels then carries the prevalence of what was dissected over to
what was not. Within strata, dissection need only be a matter of chance among units of one side
and level with the same index result.
"""

from dataclasses import dataclass
from math import log, sqrt

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit

from nodewise.errors import StatsError
from nodewise.stats.distributions import t_quantile
from nodewise.stats.estimate import Estimate, few
from nodewise.stats.inputs import (
    Array,
    Clusters,
    Index,
    Mask,
    binary,
    known_level,
    partly_known,
    patients,
    same_length,
)
from nodewise.stats.proportions import one_patient


@dataclass(frozen=True, slots=True, kw_only=True)
class _Units:
    """The units of the strata in which the reference looked at both index results, shape (n,)."""

    test: Mask
    truth: Mask
    known: Mask
    clusters: Clusters
    stratum: Index
    strata: int
    left_out: int


def sensitivity_within_strata(
    test: ArrayLike,
    truth: ArrayLike,
    patient: ArrayLike,
    *,
    stratum: ArrayLike,
    level: float = 0.95,
) -> Estimate:
    """Sensitivity corrected for partial verification within strata.

    Args:
        test: whether the index test is positive, for every unit, shape (n,).
        truth: the reference, None or NaN where it is unknown, shape (n,).
        patient: the patient of each unit, shape (n,).
        stratum: the stratum of each unit, shape (n,).
        level: level of the interval, fraction.

    Source:
        Begg & Greenes, Biometrics 1983;39:207, doi:10.2307/2530820, with a covariate; errors by
        the delta method on the logit scale, summed by patient.

    >>> print(sensitivity_within_strata([1, 1, 0, 0], [1, 0, 1, 0], [1, 2, 3, 4], stratum=[1] * 4))
    0.50 (0.01 to 0.99); 4 nodes in 4 patients; Begg-Greenes within 1 stratum, 4 verified, \
clustered logit-t; 2 patients are too few for an interval that keeps its level
    """
    units = _units(test, truth, patient, stratum)
    return _estimate("sensitivity", units, level)


def specificity_within_strata(
    test: ArrayLike,
    truth: ArrayLike,
    patient: ArrayLike,
    *,
    stratum: ArrayLike,
    level: float = 0.95,
) -> Estimate:
    """Specificity corrected for partial verification within strata.

    Args:
        test: whether the index test is positive, for every unit, shape (n,).
        truth: the reference, None or NaN where it is unknown, shape (n,).
        patient: the patient of each unit, shape (n,).
        stratum: the stratum of each unit, shape (n,).
        level: level of the interval, fraction.

    Source:
        Begg & Greenes, Biometrics 1983;39:207, doi:10.2307/2530820, with a covariate; errors by
        the delta method on the logit scale, summed by patient.
    """
    units = _units(test, truth, patient, stratum)
    # Specificity is the sensitivity of "not called" for "not involved".
    mirrored = _Units(
        test=~units.test, truth=~units.truth, known=units.known,
        clusters=units.clusters, stratum=units.stratum, strata=units.strata,
        left_out=units.left_out,
    )  # fmt: skip
    return _estimate("specificity", mirrored, level)


def _units(test: ArrayLike, truth: ArrayLike, patient: ArrayLike, stratum: ArrayLike) -> _Units:
    said = binary(test, "test")
    is_so, known = partly_known(truth, "truth")
    same_length(said, is_so, "test and truth")
    patients(patient, len(said))
    _, inside = np.unique(np.asarray(stratum), return_inverse=True)
    keep = _verifiable(said, known, inside)
    if not keep.any():
        raise StatsError(
            "the correction within strata needs one where units of both index results have a "
            "reference; there is none"
        )
    _, kept = np.unique(inside[keep], return_inverse=True)
    return _Units(
        test=said[keep],
        truth=is_so[keep],
        known=known[keep],
        clusters=patients(np.asarray(patient)[keep], int(keep.sum())),
        stratum=kept.astype(np.int64),
        strata=int(kept.max()) + 1,
        left_out=int(np.count_nonzero(~keep)),
    )


def _verifiable(said: Mask, known: Mask, stratum: Index) -> Mask:
    """Units of strata whose called and cleared units, if there are any, are verified in part."""
    fine = np.ones(int(stratum.max(initial=-1)) + 1, bool)
    for group in (said, ~said):
        units = np.bincount(stratum[group], minlength=len(fine))
        verified = np.bincount(stratum[group & known], minlength=len(fine))
        fine &= (units == 0) | (verified > 0)
    return fine[stratum]


def _estimate(name: str, units: _Units, level: float) -> Estimate:
    found, found_share = _expected(units, units.test)
    missed, missed_share = _expected(units, ~units.test)
    if found + missed <= 0:
        raise StatsError(f"{name}, corrected within strata, needs verified units that count for it")
    half, reason, caution = None, "", ""
    fewest = min(units.clusters.having(units.known & group) for group in (units.test, ~units.test))
    if fewest < 2:
        reason = one_patient(fewest)
    elif found <= 0 or missed <= 0:
        reason = "no verified unit speaks for the other outcome, so that no error can be reckoned"
    else:
        # d logit = d found / found - d missed / missed, summed by patient
        influence = units.clusters.total(found_share / found - missed_share / missed)
        count = units.clusters.count
        variance = count / (count - 1) * float(np.sum(influence**2))
        if variance > 1e-24:  # less is rounding
            half = t_quantile(known_level(level), count - 1) * sqrt(variance)
            caution = few(fewest)
        else:
            reason = "the patients show no variance of it"
    centre = log(found / missed) if half is not None else 0.0
    return Estimate(
        name=f"{name}, corrected within strata",
        value=found / (found + missed),
        low=None if half is None else float(expit(centre - half)),
        high=None if half is None else float(expit(centre + half)),
        level=level,
        method=_method(units),
        denominator=len(units.test),
        clusters=units.clusters.count,
        reason=reason,
        caution=caution,
    )


def _expected(units: _Units, group: Mask) -> tuple[float, Array]:
    """Expected number of true units in a group, and what each unit adds to it, shape (n,)."""
    verified = group & units.known
    size = np.bincount(units.stratum[group], minlength=units.strata)
    looked = np.bincount(units.stratum[verified], minlength=units.strata)
    true = np.bincount(units.stratum[verified & units.truth], minlength=units.strata)
    share = true / np.maximum(looked, 1)
    weight = size / np.maximum(looked, 1)
    inside = units.stratum
    residual = np.where(verified, weight[inside] * (units.truth - share[inside]), 0.0)
    return float(size @ share), np.where(group, share[inside], 0.0) + residual


def _method(units: _Units) -> str:
    strata = "1 stratum" if units.strata == 1 else f"{units.strata} strata"
    left = f", {units.left_out} units of strata without verification left out"
    return f"Begg-Greenes within {strata}, {int(units.known.sum())} verified, clustered logit-t" + (
        left if units.left_out else ""
    )
