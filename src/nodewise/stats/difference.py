"""A difference with its t interval and its test."""

from dataclasses import replace
from math import inf, sqrt

from nodewise.stats.distributions import t_p, t_quantile
from nodewise.stats.estimate import Estimate, Test
from nodewise.stats.inputs import known_level


def difference(
    value: float, variance: float, *, df: float, level: float, about: Estimate
) -> Estimate:
    """A difference of two shares or areas; limits end at -1 and 1, which it cannot pass.

    Args:
        value: the difference.
        variance: of it.
        df: degrees of freedom, infinite for a normal interval; below 1 there is no interval.
        level: level of the interval, fraction.
        about: name, method and counts of the estimate.
    """
    found = free_difference(value, variance, df=df, level=level, about=about)
    if found.low is None or found.high is None:
        return found
    return replace(found, low=max(found.low, -1.0), high=min(found.high, 1.0))


def free_difference(
    value: float, variance: float, *, df: float, level: float, about: Estimate
) -> Estimate:
    """A difference, its interval value ± t sqrt(variance), and the test that it is 0.

    Args:
        value: the difference.
        variance: of it.
        df: degrees of freedom, infinite for a normal interval; below 1 there is no interval.
        level: level of the interval, fraction.
        about: name, method and counts of the estimate.
    """
    found = replace(about, value=value, level=known_level(level))
    if df < 1:
        return found.lacking("an interval needs units from 2 patients or more in each class")
    if not variance > 1e-24:  # less is rounding
        return found.lacking("the data show no variance of this difference")
    error = sqrt(variance)
    half = t_quantile(level, df) * error
    normal = df == inf
    test = Test(
        name=f"{about.name} is 0",
        statistic=value / error,
        df=() if normal else (df,),
        p=t_p(value / error, df),
        method=about.method,
    )
    return replace(
        found,
        low=value - half,
        high=value + half,
        error=error,
        error_df=None if normal else df,
        test=test,
    )
