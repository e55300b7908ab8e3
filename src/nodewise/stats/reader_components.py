"""What makes readers' accuracies vary: tests, readers, patients."""

from dataclasses import dataclass

import numpy as np

from nodewise.stats.inputs import Array, Mask
from nodewise.stats.reader_study import ReaderFigures


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

    Where readers lack tests, the mean square of tests by readers is what tests and readers leave
    over by least squares; with every cell there these are the same numbers.
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
class Spread:
    """How the accuracies of readers scatter.

    Args:
        apart: variance that a reader's tests do not share: the mean square of tests by readers.
        alike: variance that they share.
        error: covariance of these two estimates, shape (2, 2).
    """

    apart: float
    alike: float
    error: Array


def components(figures: ReaderFigures) -> Components:
    """Mean squares and covariances.

    Args:
        figures: from reader_auc and the like.

    Source:
        Hillis, Stat Med 2007;26:596, doi:10.1002/sim.2532.
    """
    covariance = figures.covariance
    tests, readers = figures.values.shape
    by_test = np.nanmean(figures.values, axis=1)
    found = spread(figures)
    interaction, between = found.apart, found.alike
    if tests == 1:
        interaction, between = 0.0, found.apart
    same_test = np.eye(tests, dtype=bool)[:, None, :, None]
    same_reader = np.eye(readers, dtype=bool)[None, :, None, :]
    error = mean_where(covariance, same_test & same_reader)
    cov1 = mean_where(covariance, ~same_test & same_reader)
    cov2 = mean_where(covariance, same_test & ~same_reader)
    cov3 = mean_where(covariance, ~same_test & ~same_reader)
    each = tests / float(np.sum(1 / figures.there.sum(axis=1)))  # readers of a test
    return Components(
        tests=each * float(by_test.var(ddof=1)) if tests > 1 else 0.0,
        interaction=interaction,
        error=error,
        same_reader=cov1,
        same_test=cov2,
        neither=cov3,
        reader=between - cov1 + cov3,
        test_by_reader=interaction - error + cov1 + cov2 - cov3,
    )


def spread(figures: ReaderFigures) -> Spread:
    """Least squares on the cells that are there: what readers leave over, then readers.

    Args:
        figures: from reader_auc and the like.

    Source:
        Henderson, Biometrics 1953;9:226, doi:10.2307/3001853 (method 3).
    """
    tests, readers = incidence(figures)
    values = figures.values[figures.there]
    fitted = _onto(np.hstack([tests, readers]))
    between = fitted - _onto(tests)  # readers, tests being equal
    left, df = round(len(values) - np.trace(fitted)), round(np.trace(between))
    squares = float(np.sum((between @ values) ** 2))
    if not left:
        apart = squares / max(df, 1)
        return Spread(apart=apart, alike=0.0, error=np.diag([2 * apart**2 / max(df, 1), 0.0]))
    apart = float(np.sum((values - fitted @ values) ** 2)) / left
    weight = float(np.trace(readers.T @ between @ readers))
    alike = (squares - df * apart) / weight if df else 0.0
    together = between @ (apart * np.eye(len(values)) + max(alike, 0.0) * readers @ readers.T)
    mixed = np.array([[1.0, 0.0], [-df / weight, 1 / weight]]) if df else np.eye(2)
    own = np.diag([2 * apart**2 / left, 2 * float(np.trace(together @ together))])
    return Spread(apart=apart, alike=alike, error=mixed @ own @ mixed.T)


def incidence(figures: ReaderFigures) -> tuple[Array, Array]:
    """Which test and which reader each cell is of, shapes (cells, t) and (cells, r)."""
    test, reader = np.nonzero(figures.there)
    tests, readers = (np.eye(count) for count in figures.values.shape)
    return tests[test], readers[reader]


def _onto(columns: Array) -> Array:
    """What projects onto the space of some columns, shape (cells, cells)."""
    return columns @ np.linalg.pinv(columns)


def mean_where(covariance: Array, where: Mask) -> float:
    """Mean of the known covariances of some pairs of cells; 0 where there is none.

    Args:
        covariance: shape (t, r, t, r).
        where: which pairs, to be broadcast to that shape (t, r, t, r).
    """
    chosen = covariance[np.broadcast_to(where, covariance.shape)]
    known = chosen[~np.isnan(chosen)]
    return float(known.mean()) if len(known) else 0.0
