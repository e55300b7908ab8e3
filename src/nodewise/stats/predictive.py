"""Predictive values: at the study's own prevalence, or at a stated one."""

from math import log

from numpy.typing import ArrayLike
from scipy.special import expit

from nodewise.errors import StatsError
from nodewise.stats.accuracy import Paired, paired
from nodewise.stats.estimate import Estimate, few
from nodewise.stats.likelihood import NEGATIVE, POSITIVE, Contrast, log_estimate
from nodewise.stats.proportions import among, one_patient


def positive_predictive_value(
    test: ArrayLike,
    truth: ArrayLike,
    patient: ArrayLike,
    *,
    prevalence: float | None = None,
    level: float = 0.95,
) -> Estimate:
    """The share of units called positive that are positive by the reference.

    Args:
        test: whether the index test is positive, shape (n,).
        truth: whether the reference is positive, shape (n,).
        patient: the patient of each unit, shape (n,).
        prevalence: where the test is to be used, fraction; None: as in these data.
        level: level of the interval, fraction.

    Source:
        Mercaldo et al., Stat Med 2007;26:2170, doi:10.1002/sim.2677, logit interval (stated
        prevalence); here errors are summed by patient.
    """
    data, name = paired(test, truth, patient), "positive predictive value"
    if prevalence is None:
        return among(data.truth, data.test, data.clusters, name=name, level=level)
    return _at(prevalence, data, POSITIVE, level).named(name)


def negative_predictive_value(
    test: ArrayLike,
    truth: ArrayLike,
    patient: ArrayLike,
    *,
    prevalence: float | None = None,
    level: float = 0.95,
) -> Estimate:
    """The share of units called negative that are negative by the reference.

    Args:
        test: whether the index test is positive, shape (n,).
        truth: whether the reference is positive, shape (n,).
        patient: the patient of each unit, shape (n,).
        prevalence: where the test is to be used, fraction; None: as in these data.
        level: level of the interval, fraction.

    Source:
        Mercaldo et al., Stat Med 2007;26:2170, doi:10.1002/sim.2677, logit interval (stated
        prevalence); here errors are summed by patient.
    """
    data, name = paired(test, truth, patient), "negative predictive value"
    if prevalence is None:
        return among(~data.truth, ~data.test, data.clusters, name=name, level=level)
    return _at(prevalence, data, NEGATIVE, level).named(name)


def _at(prevalence: float, data: Paired, contrast: Contrast, level: float) -> Estimate:
    """Bayes' theorem on the logit scale: odds after = odds before × likelihood ratio."""
    if not 0 < prevalence < 1:
        raise StatsError(f"a prevalence lies between 0 and 1; {prevalence:g} was stated")
    found = log_estimate(data, contrast, level=level)
    sign = 1 if contrast is POSITIVE else -1
    logit = sign * (log(prevalence / (1 - prevalence)) + found.value)
    half = found.half
    return Estimate(
        name=contrast.name,
        value=float(expit(logit)),
        low=None if half is None else float(expit(logit - half)),
        high=None if half is None else float(expit(logit + half)),
        level=level,
        method=f"at prevalence {prevalence:g}, {found.method.replace('log', 'logit', 1)}",
        denominator=found.cells.total,
        clusters=found.clusters,
        reason=one_patient(found.fewest) if half is None else "",
        caution="" if half is None else few(found.fewest),
    )
