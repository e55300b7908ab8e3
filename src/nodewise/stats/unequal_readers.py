"""Three tests or more of which some readers lack some: one model for every cell that is there."""

from dataclasses import dataclass
from math import inf

import numpy as np

from nodewise.errors import StatsError
from nodewise.stats.inputs import Array
from nodewise.stats.reader_components import incidence, spread
from nodewise.stats.reader_study import ReaderFigures

NOTHING = 1e-30
"""A variance of readers below this is rounding."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Effects:
    """Accuracies of t tests, readers being equal.

    Args:
        values: shape (t,); their contrasts alone count.
        covariance: of their contrasts, shape (t, t).
        slopes: what a unit of variance apart and alike adds to it, shape (2, t, t).
        error: covariance of these two variances, shape (2, 2).
    """

    values: Array
    covariance: Array
    slopes: Array
    error: Array

    def variance(self, contrast: Array) -> float:
        """Of a contrast of tests, shape (t,)."""
        return float(contrast @ self.covariance @ contrast)

    def df(self, contrast: Array) -> float:
        """Satterthwaite's degrees of freedom of a contrast of tests, shape (t,)."""
        slope = contrast @ self.slopes @ contrast
        unsure = float(slope @ self.error @ slope)
        return 2 * self.variance(contrast) ** 2 / unsure if unsure > 0 else inf


def effects(figures: ReaderFigures, *, shared: float) -> Effects:
    """Generalised least squares: a reader's tests are compared with each other first.

    An accuracy is that of its test, plus what the reader's tests share (variance alike), plus what
    they do not (apart), plus what the readers of a test share (Cov2 - Cov3) and what all share,
    which cancels in contrasts. With every cell there this is Hillis' 2007, with readers of one
    test each his reader-nested design of 2014.

    Args:
        figures: from reader_auc and the like.
        shared: Cov2 - Cov3.

    Source:
        Model: Obuchowski & Rockette, Commun Stat Simul Comput 1995;24:285,
        doi:10.1080/03610919508813243; Hillis, Stat Med 2014;33:330, doi:10.1002/sim.5926. Errors
        of weights that are estimated: Kenward & Roger, Biometrics 1997;53:983,
        doi:10.2307/2533558, equation (4).
    """
    _told(figures)
    found = spread(figures)
    tests, readers = incidence(figures)
    alike = max(found.alike, 0.0)
    apart = max(found.apart, 1e-9 * alike, NOTHING)
    parts = np.stack([np.eye(len(tests)), readers @ readers.T])
    weight = np.linalg.inv(apart * parts[0] + alike * parts[1])
    free = np.linalg.inv(tests.T @ weight @ tests)
    fit = free @ tests.T @ weight
    slopes = fit @ parts @ fit.T
    twice = np.einsum("pia,ab,qjb->pqij", fit @ parts, weight, fit @ parts)
    through = np.einsum("pij,jk,qkl->pqil", slopes, tests.T @ weight @ tests, slopes)
    unsure = np.einsum("pq,pqij->ij", found.error, twice - through)
    return Effects(
        values=fit @ figures.values[figures.there],
        covariance=free + 2 * unsure + shared * np.eye(len(free)),
        slopes=slopes,
        error=found.error,
    )


def equality(found: Effects) -> tuple[float, tuple[float, float]]:
    """F of equal accuracies, with its degrees of freedom.

    Args:
        found: from effects.

    Source:
        Expected value of F over errors of the variances: Kenward & Roger, Biometrics 1997;53:983,
        doi:10.2307/2533558; the degrees of freedom that match it, as in Fai & Cornelius, J Stat
        Comput Simul 1996;54:363, doi:10.1080/00949659608811740.
    """
    count = len(found.values)
    centred = np.eye(count) - 1 / count
    variances, axes = np.linalg.eigh(centred @ found.covariance @ centred)
    if not variances[1] > 1e-24:
        raise StatsError("readers and patients show no variance: the tests cannot be compared")
    inverse = axes[:, 1:] / variances[1:] @ axes[:, 1:].T
    statistic = float(found.values @ inverse @ found.values) / (count - 1)
    moved = inverse @ found.slopes
    unsure = float(np.einsum("pq,pij,qji", found.error, moved, moved))
    return statistic, (count - 1.0, 2 * (count - 1) / unsure if unsure > 0 else inf)


def _told(figures: ReaderFigures) -> None:
    """Refuse cells that cannot tell what a reader's tests share from what they do not."""
    there = figures.there
    each = there.sum(axis=0)
    if each.max() == 1:
        return  # nested: both are one
    tests, readers = incidence(figures)
    if np.linalg.matrix_rank(np.hstack([tests, readers])) == len(tests):
        raise StatsError(
            f"{there.sum()} readings, each a test by a reader, leave nothing over once "
            f"{len(there)} tests and {(each > 0).sum()} readers are fitted: differences between "
            "tests cannot be judged; more readers are needed who used the same two tests"
        )
