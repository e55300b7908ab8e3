"""Whether raters put units in one order."""

from dataclasses import dataclass

import numpy as np

from nodewise.errors import StatsError
from nodewise.stats.distributions import chi2_p
from nodewise.stats.estimate import Test
from nodewise.stats.inputs import Array, Index
from nodewise.stats.ratings import Ratings


@dataclass(frozen=True, slots=True, kw_only=True)
class Concordance:
    """Kendall's coefficient.

    Args:
        w: 0 (no common order) to 1 (one order).
        test: that there is no common order; units taken as independent.
    """

    w: float
    test: Test


def kendall(rated: Ratings) -> Concordance:
    """Kendall's W, corrected for ties.

    Args:
        rated: from ratings, none missing.

    Source:
        Kendall & Babington Smith, Ann Math Stat 1939;10:275, doi:10.1214/aoms/1177732186.
    """
    if np.any(rated.code < 0):
        raise StatsError("Kendall's W needs every rating; some are missing")
    units, raters = rated.code.shape
    ranks = np.array([_ranks(column) for column in rated.code.T])
    ties = sum(float(np.sum(t**3 - t)) for t in (np.bincount(column) for column in rated.code.T))
    spread = float(np.sum((ranks.sum(axis=0) - raters * (units + 1) / 2) ** 2))
    largest = raters**2 * (units**3 - units) - raters * ties
    if largest <= 0:
        raise StatsError("Kendall's W cannot be estimated: every rater gave one rating to all")
    w = 12 * spread / largest
    statistic = raters * (units - 1) * w
    test = Test(
        name="no common order",
        statistic=statistic,
        df=(units - 1.0,),
        p=chi2_p(statistic, units - 1),
        method="Kendall's W, chi-squared, units taken as independent",
    )
    return Concordance(w=w, test=test)


def _ranks(code: Index) -> Array:
    """Mid-ranks, shape (n,)."""
    count = np.bincount(code)
    below = np.cumsum(count) - count
    return np.asarray((below + (count + 1) / 2)[code])
