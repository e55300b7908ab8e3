"""Accuracy when only some units have a reference: Begg and Greenes, clustered by patient.

A level that was not dissected has an index result and no reference. Where the index test moved
the surgeon to dissect, sensitivity among dissected levels is too high and specificity too low.
The correction assumes that, given the index result, dissection does not depend on the truth.

Where dissection also goes by side or level, and involvement differs between them, as in the neck,
that does not hold over all units at once: prefer sensitivity_within_strata and
specificity_within_strata, which assume it within each stratum only. This correction is for units
of one kind, or for strata too small to hold verified units of both index results.
"""

from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit

from nodewise.errors import StatsError
from nodewise.stats.distributions import t_quantile
from nodewise.stats.estimate import Estimate, few
from nodewise.stats.inputs import (
    Mask,
    binary,
    known_level,
    partly_known,
    patients,
    same_length,
)
from nodewise.stats.proportions import one_patient
from nodewise.stats.ratio import LOG, LOG_COMPLEMENT, LOGIT, Ratio, Term, ratio, sum_of, term


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parts:
    """What the correction is made of: P(test +), P(truth + | test +), P(truth + | test -)."""

    called: Ratio
    ppv: Ratio
    missed: Ratio
    clusters: int
    verified: int

    @property
    def add(self) -> float:
        """0.5 where a verified group is all alike, else nothing."""
        pure = any(part.hits in (0, part.size) for part in (self.ppv, self.missed))
        return 0.5 if pure else 0.0

    @property
    def fewest(self) -> int:
        """Patients in the smallest group."""
        return min(self.called.patients, self.ppv.patients, self.missed.patients)


def begg_greenes_sensitivity(
    test: ArrayLike, truth: ArrayLike, patient: ArrayLike, *, level: float = 0.95
) -> Estimate:
    """Sensitivity corrected for partial verification.

    Args:
        test: whether the index test is positive, for every unit, shape (n,).
        truth: the reference, None or NaN where it is unknown, shape (n,).
        patient: the patient of each unit, shape (n,).
        level: level of the interval, fraction.

    Source:
        Begg & Greenes, Biometrics 1983;39:207, doi:10.2307/2530820; errors by the delta method
        on the logit scale, here summed by patient.
    """
    parts = _parts(test, truth, patient)
    _refuse_without(parts.ppv.hits + parts.missed.hits, "sensitivity", "involved", parts.verified)
    # logit sensitivity = logit P(T+) + log P(D+|T+) - log P(D+|T-)
    terms = [
        (1.0, term(parts.called, LOGIT)),
        (1.0, term(parts.ppv, LOG, add=parts.add)),
        (-1.0, term(parts.missed, LOG, add=parts.add)),
    ]
    return _estimate("sensitivity, corrected for verification", parts, terms, level)


def begg_greenes_specificity(
    test: ArrayLike, truth: ArrayLike, patient: ArrayLike, *, level: float = 0.95
) -> Estimate:
    """Specificity corrected for partial verification.

    Args:
        test: whether the index test is positive, for every unit, shape (n,).
        truth: the reference, None or NaN where it is unknown, shape (n,).
        patient: the patient of each unit, shape (n,).
        level: level of the interval, fraction.

    Source:
        Begg & Greenes, Biometrics 1983;39:207, doi:10.2307/2530820; errors by the delta method
        on the logit scale, here summed by patient.
    """
    parts = _parts(test, truth, patient)
    free = parts.verified - parts.ppv.hits - parts.missed.hits
    _refuse_without(free, "specificity", "free", parts.verified)
    # logit specificity = -logit P(T+) + log P(D-|T-) - log P(D-|T+)
    terms = [
        (-1.0, term(parts.called, LOGIT)),
        (1.0, term(parts.missed, LOG_COMPLEMENT, add=parts.add)),
        (-1.0, term(parts.ppv, LOG_COMPLEMENT, add=parts.add)),
    ]
    return _estimate("specificity, corrected for verification", parts, terms, level)


def _parts(test: ArrayLike, truth: ArrayLike, patient: ArrayLike) -> _Parts:
    said = binary(test, "test")
    is_so, known = partly_known(truth, "truth")
    same_length(said, is_so, "test and truth")
    clusters = patients(patient, len(said))
    _refuse_unverified(said, known)
    return _Parts(
        called=ratio(said, np.ones(len(said), bool), clusters),
        ppv=ratio(is_so, said & known, clusters),
        missed=ratio(is_so, ~said & known, clusters),
        clusters=clusters.count,
        verified=int(known.sum()),
    )


def _refuse_without(found: float, name: str, kind: str, verified: int) -> None:
    """Half a unit added to nothing is no evidence."""
    if not found:
        raise StatsError(
            f"corrected {name} cannot be estimated: none of {verified} verified units is {kind} "
            "by the reference"
        )


def _refuse_unverified(said: Mask, known: Mask) -> None:
    for called, word in ((said, "positive"), (~said, "negative")):
        if not (called & known).any():
            raise StatsError(
                f"the correction for verification needs verified units among those that the index "
                f"test calls {word}; none of {int(called.sum())} has a reference"
            )


def _estimate(name: str, parts: _Parts, terms: list[tuple[float, Term]], level: float) -> Estimate:
    value, variance = sum_of(terms)
    half = None
    if parts.fewest > 1:
        half = t_quantile(known_level(level), parts.fewest - 1) * sqrt(variance)
    added = "; 0.5 added in the verified units" if parts.add else ""
    return Estimate(
        name=name,
        value=float(expit(value)),
        low=None if half is None else float(expit(value - half)),
        high=None if half is None else float(expit(value + half)),
        level=level,
        method=f"Begg-Greenes, {parts.verified} verified, clustered logit-t{added}",
        denominator=parts.called.size,
        clusters=parts.clusters,
        reason=one_patient(parts.fewest) if half is None else "",
        caution="" if half is None else few(parts.fewest),
    )
