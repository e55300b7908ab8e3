"""Obuchowski and Rockette's analysis of several readers and tests."""

from dataclasses import dataclass, replace
from itertools import combinations
from math import inf, sqrt

import numpy as np

from nodewise.errors import StatsError
from nodewise.stats.difference import difference
from nodewise.stats.distributions import chi2_p, f_p, t_quantile
from nodewise.stats.estimate import Estimate, Test, few
from nodewise.stats.inputs import Array, known_level
from nodewise.stats.reader_study import ReaderFigures

NOTHING = 1e-24
"""A variance below this is rounding."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Components:
    """Mean squares and covariances of an accuracy of t tests by r readers.

    Args:
        tests: mean square of tests.
        interaction: mean square of tests by readers.
        error: mean variance over patients.
        same_reader: mean covariance of one reader's tests (Cov1).
        same_test: mean covariance of readers of one test (Cov2).
        neither: mean covariance of other readers' other tests (Cov3).
        reader: variance between readers.
        test_by_reader: variance of tests by readers.
    """

    tests: float
    interaction: float
    error: float
    same_reader: float
    same_test: float
    neither: float
    reader: float
    test_by_reader: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderAnalysis:
    """What several readers show.

    Args:
        components: mean squares and covariances.
        test: whether all tests have one accuracy; None with a single test.
        means: accuracy of each test, averaged over readers.
        differences: first minus second, for every two tests.
    """

    components: Components
    test: Test | None
    means: tuple[Estimate, ...]
    differences: tuple[Estimate, ...]


@dataclass(frozen=True, slots=True)
class _Error:
    """Variance of a test's mean over readers that does not cancel in differences, and its df."""

    variance: float
    df: float


def obuchowski_rockette(figures: ReaderFigures, *, level: float = 0.95) -> ReaderAnalysis:
    """Readers and patients both stand for others like them.

    Args:
        figures: from reader_auc, reader_sensitivity, reader_specificity or reader_jackknife.
        level: level of intervals, fraction.

    Source:
        Obuchowski & Rockette, Commun Stat Simul Comput 1995;24:285,
        doi:10.1080/03610919508813243; degrees of freedom of Hillis, Stat Med 2007;26:596,
        doi:10.1002/sim.2532.
    """
    tests, readers = _shape(figures, fewest=2)
    found = components(figures)
    shared = readers * max(found.same_test - found.neither, 0.0)
    error = found.interaction + shared  # denominator of Hillis 2007
    df = inf
    if tests > 1 and found.interaction > 0:
        df = error**2 / (found.interaction**2 / ((tests - 1) * (readers - 1)))
    test = None
    if tests > 1:
        _positive(error)
        statistic = found.tests / error
        test = _equal(figures, statistic, f_p(statistic, tests - 1, df), (tests - 1.0, df))
    return ReaderAnalysis(
        components=found,
        test=test,
        means=tuple(_mean(figures, i, level, random=True) for i in range(tests)),
        differences=_differences(figures, _Error(error / readers, df), level, "random readers"),
    )


def fixed_readers(figures: ReaderFigures, *, level: float = 0.95) -> ReaderAnalysis:
    """Patients stand for others, the conclusion is for these readers only.

    Args:
        figures: from reader_auc and the like.
        level: level of intervals, fraction.

    Source:
        Obuchowski & Rockette, Commun Stat Simul Comput 1995;24:285,
        doi:10.1080/03610919508813243; Hillis, Stat Med 2007;26:596, doi:10.1002/sim.2532.
    """
    tests, readers = _shape(figures, fewest=1)
    found = components(figures)
    error = found.error - found.same_reader
    error += (readers - 1) * max(found.same_test - found.neither, 0.0)
    test = None
    if tests > 1:
        _positive(error)
        statistic = (tests - 1) * found.tests / error
        test = _equal(figures, statistic, chi2_p(statistic, tests - 1), (tests - 1.0,))
    return ReaderAnalysis(
        components=found,
        test=test,
        means=tuple(_mean(figures, i, level, random=False) for i in range(tests)),
        differences=_differences(figures, _Error(error / readers, inf), level, "fixed readers"),
    )


def fixed_cases(figures: ReaderFigures, *, level: float = 0.95) -> ReaderAnalysis:
    """Readers stand for others, the conclusion is for these patients only.

    Args:
        figures: from reader_auc and the like.
        level: level of intervals, fraction.

    Source:
        Hillis, Stat Med 2007;26:596, doi:10.1002/sim.2532.
    """
    tests, readers = _shape(figures, fewest=2)
    bare = replace(figures, covariance=np.zeros_like(figures.covariance))
    found = components(bare)
    df = (tests - 1.0) * (readers - 1.0) if tests > 1 else inf
    test = None
    if tests > 1:
        _positive(found.interaction)
        statistic = found.tests / found.interaction
        test = _equal(figures, statistic, f_p(statistic, tests - 1, df), (tests - 1.0, df))
    error = _Error(found.interaction / readers, df)
    return ReaderAnalysis(
        components=found,
        test=test,
        means=tuple(_mean(bare, i, level, random=True) for i in range(tests)),
        differences=_differences(figures, error, level, "fixed cases"),
    )


def reader_differences(
    figures: ReaderFigures, first: int, second: int, *, level: float = 0.95
) -> tuple[Estimate, ...]:
    """One test minus another, reader by reader; errors over patients.

    Args:
        figures: from reader_auc and the like.
        first: number of one test, from 0.
        second: number of the other.
        level: level of intervals, fraction.
    """
    estimates = []
    for reader in range(figures.values.shape[1]):
        block = figures.covariance[[first, second], reader][:, [first, second], reader]
        variance = float(block[0, 0] + block[1, 1] - 2 * block[0, 1])
        value = float(figures.values[first, reader] - figures.values[second, reader])
        about = _about(figures, f"{figures.name}, reader {reader + 1}", "t over patients")
        estimates.append(
            difference(value, variance, df=figures.clusters - 1, level=level, about=about)
        )
    return tuple(estimates)


def components(figures: ReaderFigures) -> Components:
    """Mean squares and covariances.

    Args:
        figures: from reader_auc and the like.

    Source:
        Hillis, Stat Med 2007;26:596, doi:10.1002/sim.2532.
    """
    values, covariance = figures.values, figures.covariance
    tests, readers = values.shape
    by_test, by_reader = values.mean(axis=1), values.mean(axis=0)
    residual = values - by_test[:, None] - by_reader[None, :] + values.mean()
    of_tests = readers * by_test.var(ddof=1) if tests > 1 else 0.0
    of_readers = tests * by_reader.var(ddof=1) if readers > 1 else 0.0
    between = max(tests - 1, 1) * max(readers - 1, 1)
    interaction = float(np.sum(residual**2) / between)
    same_test = np.eye(tests, dtype=bool)[:, None, :, None]
    same_reader = np.eye(readers, dtype=bool)[None, :, None, :]
    error = _mean_of(covariance, same_test & same_reader)
    cov1 = _mean_of(covariance, ~same_test & same_reader)
    cov2 = _mean_of(covariance, same_test & ~same_reader)
    cov3 = _mean_of(covariance, ~same_test & ~same_reader)
    return Components(
        tests=float(of_tests),
        interaction=interaction,
        error=error,
        same_reader=cov1,
        same_test=cov2,
        neither=cov3,
        reader=float((of_readers - interaction) / tests - cov1 + cov3),
        test_by_reader=interaction - error + cov1 + cov2 - cov3,
    )


def _mean(figures: ReaderFigures, test: int, level: float, *, random: bool) -> Estimate:
    """A test's mean over readers, from its own readings alone; Cov2 below 0 counts as 0."""
    values, block = figures.values[test], figures.covariance[test, :, test, :]
    readers = len(values)
    apart = ~np.eye(readers, dtype=bool)
    shared = readers * max(float(block[apart].mean()), 0.0) if readers > 1 else 0.0
    if random:
        spread = float(values.var(ddof=1))
        total = spread + shared
        df = total**2 / (spread**2 / (readers - 1)) if spread > 0 else inf
        method = f"{readers} random readers, {figures.method}"
    else:
        total = float(np.trace(block)) / readers + shared * (readers - 1) / readers
        df, method = inf, f"{readers} fixed readers, {figures.method}"
    about = _about(figures, f"{figures.name}, test {test + 1}", method)
    found = replace(about, value=float(values.mean()), level=known_level(level))
    if not total > NOTHING:
        return found.lacking("readers and patients show no variance of this mean")
    error = sqrt(total / readers)
    half = t_quantile(level, df) * error
    return replace(
        found,
        low=max(found.value - half, 0.0),
        high=min(found.value + half, 1.0),
        error=error,
        error_df=None if df == inf else df,
    )


def _differences(
    figures: ReaderFigures, error: _Error, level: float, kind: str
) -> tuple[Estimate, ...]:
    means = figures.values.mean(axis=1)
    estimates = []
    for one, two in combinations(range(len(means)), 2):
        name = f"difference of {figures.name}, test {one + 1} - test {two + 1}"
        estimates.append(
            difference(
                float(means[one] - means[two]),
                2 * error.variance,
                df=error.df,
                level=level,
                about=_about(figures, name, f"Obuchowski-Rockette, {kind}, {figures.method}"),
            )
        )
    return tuple(estimates)


def _about(figures: ReaderFigures, name: str, method: str) -> Estimate:
    return Estimate(
        name=name,
        value=0.0,
        method=method,
        denominator=figures.units,
        clusters=figures.clusters,
        caution=few(figures.clusters),
    )


def _equal(figures: ReaderFigures, statistic: float, p: float, df: tuple[float, ...]) -> Test:
    return Test(
        name=f"equal {figures.name} of {len(figures.values)} tests",
        statistic=statistic,
        p=p,
        df=df,
        method=f"Obuchowski-Rockette, {figures.method}",
    )


def _mean_of(
    covariance: Array, where: Array | np.ndarray[tuple[int, ...], np.dtype[np.bool_]]
) -> float:
    chosen = covariance[np.broadcast_to(where, covariance.shape).astype(bool)]
    return float(chosen.mean()) if len(chosen) else 0.0


def _shape(figures: ReaderFigures, *, fewest: int) -> tuple[int, int]:
    tests, readers = figures.values.shape
    if readers < fewest:
        raise StatsError(
            f"readers can stand for others only if there are {fewest} or more; there is {readers}"
        )
    return tests, readers


def _positive(error: float) -> None:
    if not error > NOTHING:
        raise StatsError("readers and patients show no variance: the tests cannot be compared")
