"""Exact methods for independent units, such as patients."""

from scipy.special import bdtr, betaincinv

from nodewise.errors import StatsError
from nodewise.stats.estimate import Estimate, Test
from nodewise.stats.inputs import known_level


def clopper_pearson(hits: int, units: int, *, level: float = 0.95) -> Estimate:
    """A proportion of independent units with an interval that covers at least its level.

    Args:
        hits: number of hits.
        units: number of independent units, such as patients.
        level: level of the interval, fraction.

    Source:
        Clopper & Pearson, Biometrika 1934;26:404, doi:10.1093/biomet/26.4.404.

    >>> print(clopper_pearson(0, 10))
    0.00 (0.00 to 0.31); 10 patients; Clopper-Pearson
    """
    if not 0 <= hits <= units or units < 1:
        raise StatsError(f"{hits} hits among {units} units cannot be")
    tail = (1 - known_level(level)) / 2
    return Estimate(
        name="proportion",
        value=hits / units,
        low=0.0 if hits == 0 else float(betaincinv(hits, units - hits + 1, tail)),
        high=1.0 if hits == units else float(betaincinv(hits + 1, units - hits, 1 - tail)),
        level=level,
        method="Clopper-Pearson",
        numerator=hits,
        denominator=units,
        unit="patient",
    )


def exact_mcnemar(first_only: int, second_only: int) -> Test:
    """McNemar's test by the binomial distribution, for independent units.

    Args:
        first_only: units that only the first test hits.
        second_only: units that only the second test hits.

    Source:
        Clopper & Pearson, Biometrika 1934;26:404 (binomial); McNemar, Psychometrika 1947;12:153,
        doi:10.1007/BF02295996.
    """
    both = first_only + second_only
    if both < 1:
        raise StatsError("the two tests agree on every unit: there is no difference to test")
    fewer = min(first_only, second_only)
    return Test(
        name="difference is 0",
        statistic=float(first_only - second_only),
        p=min(1.0, 2 * float(bdtr(fewer, both, 0.5))),
        method="exact McNemar, independent units",
    )
