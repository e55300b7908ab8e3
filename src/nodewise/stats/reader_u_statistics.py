"""Several readers by U-statistics: no model, unbiased variances, by patient."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from math import inf, sqrt

import numpy as np

from nodewise.errors import StatsError
from nodewise.stats.difference import difference
from nodewise.stats.distributions import t_quantile
from nodewise.stats.estimate import Estimate, few
from nodewise.stats.inputs import Array, Mask, known_level
from nodewise.stats.placement import placements
from nodewise.stats.reader_study import (
    ReaderFigures,
    ReaderStudy,
    auc_errors,
    by_patient,
    share_errors,
    small_sample,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """What an accuracy is the quotient of, split up by patient.

    An AUC has shape (t, r, patients, patients): pairs of one patient's positive and another's
    negative units. A sensitivity or specificity has shape (t, r, patients).

    Args:
        name: which accuracy.
        won: pairs won, or hits.
        all: pairs, or units.
        values: accuracies, shape (t, r).
        errors: units' errors, shape (t, r, n).
        among: units that it is an accuracy of, read by somebody, shape (n,).
    """

    name: str
    won: Array
    all: Array
    values: Array
    errors: Array
    among: Mask


@dataclass(frozen=True, slots=True, kw_only=True)
class UStatistics:
    """Accuracies averaged over readers, and their differences.

    Args:
        means: of each test.
        differences: first minus second, for every two tests.
        covariance: of the means, shape (t, t).
    """

    means: tuple[Estimate, ...]
    differences: tuple[Estimate, ...]
    covariance: Array


def u_auc(study: ReaderStudy, *, level: float = 0.95) -> UStatistics:
    """AUCs averaged over readers who stand for others.

    Args:
        study: from reader_study.
        level: level of intervals, fraction.

    Source:
        Gallas, Acad Radiol 2006;13:353, doi:10.1016/j.acra.2005.11.030 (one-shot variance);
        Obuchowski, Gallas & Hillis, Acad Radiol 2012;19:1508, doi:10.1016/j.acra.2012.09.012
        (degrees of freedom); here pairs that share a patient count as one case does there.
    """
    return _analysed(study, auc_sums(study), level)


def u_sensitivity(study: ReaderStudy, *, level: float = 0.95) -> UStatistics:
    """Sensitivities averaged over readers who stand for others.

    Args:
        study: from reader_study, with calls for scores.
        level: level of intervals, fraction.

    Source:
        Gallas, Pennello & Myers, J Opt Soc Am A 2007;24:B70, doi:10.1364/JOSAA.24.000B70 (binary
        performance); here by patient.
    """
    return _analysed(study, share_sums(study, positive=True), level)


def u_specificity(study: ReaderStudy, *, level: float = 0.95) -> UStatistics:
    """Specificities averaged over readers who stand for others.

    Args:
        study: from reader_study, with calls for scores.
        level: level of intervals, fraction.

    Source:
        Gallas, Pennello & Myers, J Opt Soc Am A 2007;24:B70, doi:10.1364/JOSAA.24.000B70 (binary
        performance); here by patient.
    """
    return _analysed(study, share_sums(study, positive=False), level)


def unbiased_figures(study: ReaderStudy, sums: Sums) -> ReaderFigures:
    """Accuracies with U-statistic covariances, for Obuchowski and Rockette's analysis.

    Args:
        study: from reader_study.
        sums: from auc_sums or share_sums.

    Source:
        Gallas et al., Commun Stat Theory Methods 2009;38:2586, doi:10.1080/03610920802610084.
    """
    tests, readers = sums.values.shape
    cells = [(test, reader) for test in range(tests) for reader in range(readers)]
    covariance = np.array([[_covariance(sums, one, two) for two in cells] for one in cells])
    return ReaderFigures(
        name=sums.name,
        values=sums.values,
        covariance=covariance.reshape(tests, readers, tests, readers),
        method="unbiased, by patient",
        units=int(sums.among.sum()),
        clusters=study.clusters.having(sums.among),
    )


def auc_sums(study: ReaderStudy) -> Sums:
    """Pairs won and pairs, by the patients of their two units."""
    values, errors = auc_errors(study)
    won, pairs = [], []
    for cell in np.ndindex(*values.shape):  # where a reader did not use a test, nothing but 0
        one, both = _pairs(study, cell)
        won.append(one)
        pairs.append(both)
    count = study.clusters.count
    shape = (*values.shape, count, count)
    return Sums(
        name="AUC",
        won=np.reshape(won, shape),
        all=np.reshape(pairs, shape),
        values=values,
        errors=errors,
        among=study.seen,
    )


def share_sums(study: ReaderStudy, *, positive: bool) -> Sums:
    """Hits and units by patient."""
    values, errors = share_errors(study, positive=positive)
    seen = study.read & (study.truth == positive)
    hit = seen & (np.abs(study.scores) == float(positive))
    shape = (*values.shape, study.clusters.count)
    rows = [
        [study.clusters.total(row) for row in part.reshape(-1, len(study.truth))]
        for part in (hit, seen)
    ]
    return Sums(
        name="sensitivity" if positive else "specificity",
        won=np.reshape(rows[0], shape),
        all=np.reshape(rows[1], shape),
        values=values,
        errors=errors,
        among=study.seen & (study.truth == positive),
    )


def disjoint(first: Array, second: Array) -> float:
    """Sum of products of entries that share no patient.

    Args:
        first: by patient, shape (k,), or by two patients, shape (k, k).
        second: of the same shape.
    """
    if first.ndim == 1:
        return float(first.sum() * second.sum() - np.sum(first * second))
    row, column, own = second.sum(axis=1), second.sum(axis=0), np.diag(second)
    touching = row[:, None] + row[None, :] + column[:, None] + column[None, :]
    touching = touching - second - second.T - own[:, None] - own[None, :]
    np.fill_diagonal(touching, row + column - own)
    return float(np.sum(first * (second.sum() - touching)))


def _covariance(sums: Sums, one: tuple[int, int], two: tuple[int, int]) -> float:
    """Covariance of two cells: minus the mean product of their centred sums over other patients.

    With as many units in each patient this is the product of their values minus its mean over
    other patients, which is unbiased; uncentred, unequal numbers of units would swamp it.
    """
    if np.isnan(sums.values[one] * sums.values[two]):
        return float("nan")
    apart = disjoint(sums.all[one], sums.all[two])
    if apart <= 0:
        raise StatsError("U-statistics need units of each class from 2 patients or more")
    first, second = (sums.won[cell] - sums.values[cell] * sums.all[cell] for cell in (one, two))
    return -disjoint(first, second) / apart


def _pairs(study: ReaderStudy, cell: tuple[int, ...]) -> tuple[Array, Array]:
    """Pairs won and pairs of one cell, positive units' patients in rows, shape (k, k)."""
    seen, clusters = study.read[cell], study.clusters
    positive, negative = seen & study.truth, seen & ~study.truth
    m, n = clusters.total(positive), clusters.total(negative)
    won = np.zeros((clusters.count, clusters.count))
    scores = study.scores[cell]
    for patient in np.flatnonzero(n):
        against = negative & (clusters.index == patient)
        units = positive | against
        placed = placements(scores[units], study.truth[units])
        share = np.zeros(len(scores))
        share[units] = np.where(study.truth[units], placed, 0.0)
        won[:, patient] = clusters.total(share) * n[patient]
    return won, np.outer(m, n)


def _analysed(study: ReaderStudy, sums: Sums, level: float) -> UStatistics:
    known_level(level)
    tests = len(sums.values)
    fewest = int(np.sum(~np.isnan(sums.values), axis=1).min())
    if fewest < 2:
        raise StatsError(
            "readers can stand for others only if each test was used by 2 or more; there is 1"
        )
    covariance = np.array([[_over_readers(sums, i, j) for j in range(tests)] for i in range(tests)])
    means = tuple(
        _estimate(study, sums, (test,), float(covariance[test, test]), level)
        for test in range(tests)
    )
    differences = []
    for one, two in combinations(range(tests), 2):
        variance = covariance[one, one] + covariance[two, two] - 2 * covariance[one, two]
        differences.append(_estimate(study, sums, (one, two), float(variance), level))
    return UStatistics(means=means, differences=tuple(differences), covariance=covariance)


def _over_readers(sums: Sums, one: int, two: int) -> float:
    """Covariance of two tests' means over their readers.

    The mean covariance of different readers' cells over patients, and what readers of both tests
    have in common: with n and m readers, c of them with both tests, c/(nm) times the covariance
    of those readers' accuracies. With every cell there it is the one-shot estimate.
    """
    readers, too = (np.flatnonzero(~np.isnan(sums.values[test])).tolist() for test in (one, two))
    if min(disjoint(part, part) for part in sums.all[one, readers]) <= 0:
        raise StatsError("U-statistics need units of each class from 2 patients or more")
    apart = [_covariance(sums, (one, a), (two, b)) for a in readers for b in too if a != b]
    both = np.intersect1d(readers, too)
    common = 0.0
    if len(both) > 1:
        common = float(np.cov(sums.values[one, both], sums.values[two, both])[0, 1])
    return float(np.mean(apart)) + len(both) * common / (len(readers) * len(too))


def _estimate(
    study: ReaderStudy, sums: Sums, tests: Sequence[int], variance: float, level: float
) -> Estimate:
    """A mean over readers (one test) or a difference of means (two)."""
    sign = np.array([1.0, -1.0])[: len(tests)]
    value = float(sign @ np.nanmean(sums.values[list(tests)], axis=1))
    words = " - ".join(f"test {test + 1}" for test in tests)
    people = study.clusters.having(sums.among)
    about = Estimate(
        name=f"{sums.name}, {words}",
        value=value,
        method=f"U-statistics, {_counted(sums, tests)}, t (BDG)",
        denominator=int(sums.among.sum()),
        clusters=people,
        level=level,
        caution=few(people),
    )
    if variance <= 0:
        return replace(about, reason="the unbiased variance is not positive", caution="")
    df = _degrees(study, sums, tests, variance)
    if len(tests) == 2:
        return difference(value, variance, df=df, level=level, about=about)
    half = t_quantile(level, df) * sqrt(variance)
    low, high = max(value - half, 0.0), min(value + half, 1.0)
    return replace(about, low=low, high=high, error=sqrt(variance), error_df=df)


def _counted(sums: Sums, tests: Sequence[int]) -> str:
    """The readers behind a mean or a difference; how many used both tests where not all did."""
    there = ~np.isnan(sums.values[list(tests)])
    every, both = int(there.any(axis=0).sum()), int(there.all(axis=0).sum())
    told = f"{every} random readers"
    return told if both == every else f"{told}, {both} of them with both tests"


def _degrees(study: ReaderStudy, sums: Sums, tests: Sequence[int], variance: float) -> float:
    """Satterthwaite's degrees of freedom from positive units, negative units and readers."""
    sign = np.array([1.0, -1.0])[: len(tests)]
    values = sums.values[list(tests)]
    there = ~np.isnan(values)
    each = there.sum(axis=1)
    squares, fewest = 0.0, each.min() - 1.0
    for units in (study.truth, ~study.truth):
        count = study.clusters.having(units)
        parts = by_patient(study, sums.errors, units)
        mean = parts.reshape(*sums.values.shape, -1)[list(tests)].sum(axis=1) / each[:, None]
        part = small_sample(count) * float(np.sum((sign @ mean) ** 2))
        if part > 0:
            squares += part**2 / (count - 1)
            fewest = min(fewest, count - 1.0)
    gap = np.where(there, values - np.nanmean(values, axis=1, keepdims=True), 0.0)
    readers = int(there.any(axis=0).sum())
    of_readers = readers / (readers - 1) * float(np.sum((sign @ (gap / each[:, None])) ** 2))
    squares += of_readers**2 / (each.min() - 1)
    return max(variance**2 / squares, fewest) if squares > 0 else inf
