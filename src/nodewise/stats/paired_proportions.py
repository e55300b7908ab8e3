"""The difference of two proportions on the same units: sensitivity or specificity of two tests."""

from dataclasses import replace
from math import inf, sqrt

import numpy as np
from numpy.typing import ArrayLike

from nodewise.errors import StatsError
from nodewise.stats.accuracy import Paired
from nodewise.stats.bisection import root
from nodewise.stats.difference import difference
from nodewise.stats.discordance import (
    Discordance,
    among_units,
    discordance,
    obuchowski,
    sign_flip,
)
from nodewise.stats.distributions import normal_quantile
from nodewise.stats.estimate import Estimate, few
from nodewise.stats.inputs import known_level

SMALL = 30
"""Below this many patients the test counts all sign flips; Obuchowski's is too cautious there."""


def paired_difference(
    first: ArrayLike, second: ArrayLike, patient: ArrayLike, *, level: float = 0.95
) -> Estimate:
    """Share of hits by the first test minus share of hits by the second, on the same units.

    The interval is a ratio estimator's with t(patients - 1); the test is Obuchowski's, or counts
    all sign flips of patients where there are fewer than 30.

    Args:
        first: whether the first test hits, shape (n,).
        second: whether the second test hits, shape (n,).
        patient: the patient of each unit, shape (n,).
        level: level of the interval, fraction.

    Source:
        Obuchowski, Stat Med 1998;17:1495, doi:10.1002/(SICI)1097-0258(19980715)17:13<1495::
        AID-SIM863>3.0.CO;2-I.
    """
    return _estimate("difference", discordance(first, second, patient), level)


def sensitivity_difference(first: Paired, second: Paired, *, level: float = 0.95) -> Estimate:
    """Sensitivity of the first test minus that of the second, on the same units.

    Args:
        first: test, truth and patients, from paired.
        second: the same for the other test.
        level: level of the interval, fraction.
    """
    same_units(first, second)
    found = among_units(first.test, second.test, first.truth, first.clusters)
    return _estimate("difference of sensitivities", found, level)


def specificity_difference(first: Paired, second: Paired, *, level: float = 0.95) -> Estimate:
    """Specificity of the first test minus that of the second, on the same units.

    Args:
        first: test, truth and patients, from paired.
        second: the same for the other test.
        level: level of the interval, fraction.
    """
    same_units(first, second)
    found = among_units(~first.test, ~second.test, ~first.truth, first.clusters)
    return _estimate("difference of specificities", found, level)


def tango(first_only: int, second_only: int, units: int, *, level: float = 0.95) -> Estimate:
    """The score interval of a paired difference as if all units were independent.

    Args:
        first_only: units that only the first test hits.
        second_only: units that only the second test hits.
        units: all units.
        level: level of the interval, fraction.

    Source:
        Tango, Stat Med 1998;17:891, doi:10.1002/(SICI)1097-0258(19980430)17:8<891::
        AID-SIM780>3.0.CO;2-B; Nam, Biometrics 1997;53:1422, doi:10.2307/2533508 is its test.
    """
    z = normal_quantile(known_level(level))
    if units < 1 or first_only + second_only > units:
        raise StatsError(f"{first_only} and {second_only} units of {units} cannot be")
    value = (first_only - second_only) / units

    def score(of: float) -> float:
        return tango_score(first_only, second_only, units, at=of)

    low = root(lambda d: score(d) - z, -1 + 1e-12, value)
    high = root(lambda d: score(d) + z, value, 1 - 1e-12)
    return Estimate(
        name="difference",
        value=value,
        low=low,
        high=high,
        level=level,
        method="naive Tango score, nodes taken as independent",
        denominator=units,
    )


def tango_score(first_only: int, second_only: int, units: int, *, at: float) -> float:
    """Tango's score statistic of a paired difference at a value it is tested against.

    Args:
        first_only: units that only the first test hits.
        second_only: units that only the second test hits.
        units: all units.
        at: the difference under the hypothesis.

    Source:
        Tango, Stat Med 1998;17:891.
    """
    b, c, n = first_only, second_only, units
    # 2n q² + B q - c at (1 - at) = 0 for the share q of second-only units under the hypothesis
    linear = -b - c + (2 * n - b + c) * at
    constant = -c * at * (1 - at)
    share = (sqrt(max(linear**2 - 8 * n * constant, 0.0)) - linear) / (4 * n)
    variance = n * (2 * share + at * (1 - at))
    gap = b - c - n * at
    if variance <= 0:
        return 0.0 if gap == 0 else inf * (1 if gap > 0 else -1)
    return gap / sqrt(variance)


def same_units(first: Paired, second: Paired) -> None:
    """Refuse two tests that are not of the same units."""
    if len(first.truth) != len(second.truth) or np.any(first.truth != second.truth):
        raise StatsError("two tests are compared on the same units; their references differ")


def _estimate(name: str, found: Discordance, level: float) -> Estimate:
    excess, sizes = found.excess, found.sizes
    count, units = len(excess), int(sizes.sum())
    value = float(excess.sum() / units)
    free = excess - value * sizes
    variance = 0.0 if count < 2 else float(count / (count - 1) * np.sum(free**2) / units**2)
    about = Estimate(
        name=name,
        value=value,
        method="clustered ratio, t",
        denominator=units,
        clusters=count,
        caution=few(count),
    )
    estimate = difference(value, variance, df=count - 1, level=level, about=about)
    if not np.any(found.first + found.second):
        return replace(estimate, reason="the two tests agree on every unit")
    if count < 2:
        return estimate
    test = sign_flip(found) if count < SMALL else obuchowski(found)
    return replace(estimate, test=test, method=f"{estimate.method}; test: {test.method}")
