"""Obuchowski and Rockette's analysis of several readers and tests."""

from dataclasses import dataclass, replace
from itertools import combinations
from math import inf, sqrt

import numpy as np

from nodewise.errors import StatsError
from nodewise.stats.difference import difference
from nodewise.stats.distributions import chi2_p, f_p, t_quantile
from nodewise.stats.estimate import Estimate, Test, Unknown, few
from nodewise.stats.inputs import known_level
from nodewise.stats.reader_components import Components, components
from nodewise.stats.reader_study import ReaderFigures
from nodewise.stats.unequal_readers import effects, equality

NOTHING = 1e-24
"""A variance below this is rounding."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderAnalysis:
    """What several readers show.

    Args:
        components: mean squares and covariances.
        test: whether all tests have one accuracy; None with a single test.
        means: accuracy of each test, averaged over its readers.
        differences: first minus second, for every two tests; where readers lack some of three tests
            or more, of readers being equal.
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

    Readers who used some of the tests only are kept: each test has the mean of its own readers.
    Of two tests, errors of both means share what the readers of both have in common, and who used
    what must not hang on skill. Three tests or more are compared by one model of all cells, which
    sets a reader's tests against each other first: differences are then those of equal readers.

    Args:
        figures: from reader_auc, reader_sensitivity, reader_specificity or reader_jackknife.
        level: level of intervals, fraction.

    Source:
        Obuchowski & Rockette, Commun Stat Simul Comput 1995;24:285,
        doi:10.1080/03610919508813243; degrees of freedom of Hillis, Stat Med 2007;26:596,
        doi:10.1002/sim.2532; readers who lack one of two tests: the same variance of a difference
        of means, written out for unequal sets of readers; one of more tests: its model by
        generalised least squares, as of Hillis, Stat Med 2014;33:330, doi:10.1002/sim.5926, with
        errors of Kenward & Roger, Biometrics 1997;53:983, doi:10.2307/2533558.
    """
    tests, readers = _shape(figures, fewest=2)
    found = components(figures)
    if not figures.there.all():
        shared = max(found.same_test - found.neither, 0.0)
        return _incomplete(figures, found, level, shared=shared, kind="random readers")
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

    Readers who lack a test are left out: their own accuracy would pass for the test's.

    Args:
        figures: from reader_auc and the like.
        level: level of intervals, fraction.

    Source:
        Obuchowski & Rockette, Commun Stat Simul Comput 1995;24:285,
        doi:10.1080/03610919508813243; Hillis, Stat Med 2007;26:596, doi:10.1002/sim.2532.
    """
    figures = _with_every_test(figures)
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
    if not figures.there.all():
        return _incomplete(bare, found, level, shared=0.0, kind="fixed cases")
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
) -> tuple[Estimate | Unknown, ...]:
    """One test minus another, reader by reader; errors over patients.

    Args:
        figures: from reader_auc and the like.
        first: number of one test, from 0.
        second: number of the other.
        level: level of intervals, fraction.
    """
    estimates: list[Estimate | Unknown] = []
    for reader in range(figures.values.shape[1]):
        if not figures.there[[first, second], reader].all():
            name = f"{figures.name}, reader {reader + 1}"
            estimates.append(Unknown(name=name, reason="this reader used one of the tests only"))
            continue
        block = figures.covariance[[first, second], reader][:, [first, second], reader]
        variance = float(block[0, 0] + block[1, 1] - 2 * block[0, 1])
        value = float(figures.values[first, reader] - figures.values[second, reader])
        about = _about(figures, f"{figures.name}, reader {reader + 1}", "t over patients")
        estimates.append(
            difference(value, variance, df=figures.clusters - 1, level=level, about=about)
        )
    return tuple(estimates)


def _mean(figures: ReaderFigures, test: int, level: float, *, random: bool) -> Estimate:
    """A test's mean over readers, from its own readings alone; Cov2 below 0 counts as 0."""
    there = figures.there[test]
    values = figures.values[test, there]
    block = figures.covariance[test][there][:, test][:, there]
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


def _incomplete(
    figures: ReaderFigures, found: Components, level: float, *, shared: float, kind: str
) -> ReaderAnalysis:
    """The analysis where some readers lack tests; shared is Cov2 - Cov3."""
    tests = range(len(figures.values))
    few_readers = np.flatnonzero(figures.there.sum(axis=1) < 2)
    if len(few_readers):
        raise StatsError(
            f"test {few_readers[0] + 1} was used by 1 reader; readers can stand for others only "
            "if 2 or more used each test"
        )
    test: Test | None = None
    gaps: tuple[Estimate, ...] = ()
    if len(tests) > 2:
        test, gaps = _modelled(figures, level, shared=shared, kind=kind)
    elif len(tests) == 2:
        gaps = (_gap(figures, (0, 1), level, shared=shared, kind=kind),)
        if gaps[0].test is not None:
            squared, df = gaps[0].test.statistic ** 2, gaps[0].error_df or inf
            test = _equal(figures, squared, gaps[0].test.p, (1.0, df))
    return ReaderAnalysis(
        components=found,
        test=test,
        means=tuple(_mean(figures, i, level, random=True) for i in tests),
        differences=gaps,
    )


def _modelled(
    figures: ReaderFigures, level: float, *, shared: float, kind: str
) -> tuple[Test, tuple[Estimate, ...]]:
    """The test of all and every difference, from one model of all cells."""
    found = effects(figures, shared=shared)
    statistic, df = equality(found)
    gaps = []
    for one, two in combinations(range(len(found.values)), 2):
        contrast = np.eye(len(found.values))[one] - np.eye(len(found.values))[two]
        name = f"difference of {figures.name}, test {one + 1} - test {two + 1}"
        method = f"Obuchowski-Rockette, {kind}, least squares within readers, {figures.method}"
        gaps.append(
            difference(
                float(contrast @ found.values),
                found.variance(contrast),
                df=found.df(contrast),
                level=level,
                about=_about(figures, name, method),
            )
        )
    return _equal(figures, statistic, f_p(statistic, *df), df), tuple(gaps)


def _gap(
    figures: ReaderFigures, tests: tuple[int, int], level: float, *, shared: float, kind: str
) -> Estimate:
    """One test's mean minus another's, over unequal sets of readers.

    With n and m readers, c of them with both tests, the variance is S11/n + S22/m - 2c S12/(nm)
    + 2 (Cov2 - Cov3), S from readers' accuracies; with n = m = c it is Hillis' 2007.
    """
    one, two = (figures.values[test] for test in tests)
    has, too = (figures.there[test] for test in tests)
    both = has & too
    parts = one[has].var(ddof=1) / has.sum(), two[too].var(ddof=1) / too.sum()
    common = np.cov(one[both], two[both])[0, 1] if both.sum() > 1 else 0.0
    of_readers = sum(parts) - 2 * both.sum() * common / (has.sum() * too.sum())
    if has.all() and too.all():
        of_readers = (one - two).var(ddof=1) / has.size  # the same, without rounding
    ends = has.sum() - 1.0, too.sum() - 1.0
    df = min(ends)
    if not both.any() and of_readers > 0:  # Welch
        df = of_readers**2 / sum(part**2 / end for part, end in zip(parts, ends, strict=True))
    variance = float(max(of_readers, 0.0) + 2 * shared)
    name = f"difference of {figures.name}, test {tests[0] + 1} - test {tests[1] + 1}"
    method = f"Obuchowski-Rockette, {kind}, {both.sum()} of {(has | too).sum()} with both tests"
    return difference(
        float(one[has].mean() - two[too].mean()),
        variance,
        df=float(df * (variance / of_readers) ** 2) if of_readers > 0 else inf,
        level=level,
        about=_about(figures, name, f"{method}, {figures.method}"),
    )


def _with_every_test(figures: ReaderFigures) -> ReaderFigures:
    """The figures of the readers who used every test."""
    kept = figures.there.all(axis=0)
    if kept.all():
        return figures
    if not kept.any():
        raise StatsError("no reader used every test: fixed readers cannot be compared")
    return replace(
        figures,
        values=figures.values[:, kept],
        covariance=figures.covariance[:, kept][:, :, :, kept],
        method=f"{figures.method}, the {kept.sum()} of {kept.size} readers with every test",
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
