"""What makes readers' accuracies vary: tests, readers, patients."""

from dataclasses import dataclass
from itertools import combinations

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

    Where readers lack tests, mean squares are what readers' variances within tests, and those of
    their differences between tests, come to; with every cell there these are the same numbers.
    """

    tests: float
    interaction: float
    error: float
    same_reader: float
    same_test: float
    neither: float
    reader: float
    test_by_reader: float


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
    within, interaction = _spread(figures)
    between = within - interaction
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


def _spread(figures: ReaderFigures) -> tuple[float, float]:
    """Mean variance of readers within tests, and the part that tests do not share."""
    values, there = figures.values, figures.there
    if values.shape[1] == 1:
        return 0.0, 0.0
    alone = [
        float(row[has].var(ddof=1)) for row, has in zip(values, there, strict=True) if has.sum() > 1
    ]
    within = float(np.mean(alone)) if alone else 0.0
    if len(values) == 1:
        return within, 0.0
    apart = []
    for one, two in combinations(range(len(values)), 2):
        both = there[one] & there[two]
        if both.sum() > 1:
            apart.append(float((values[one, both] - values[two, both]).var(ddof=1)) / 2)
    return within, float(np.mean(apart)) if apart else within


def mean_where(covariance: Array, where: Mask) -> float:
    """Mean of the known covariances of some pairs of cells; 0 where there is none.

    Args:
        covariance: shape (t, r, t, r).
        where: which pairs, to be broadcast to that shape (t, r, t, r).
    """
    chosen = covariance[np.broadcast_to(where, covariance.shape)]
    known = chosen[~np.isnan(chosen)]
    return float(known.mean()) if len(known) else 0.0
