"""Not worse than, as good as: one-sided tests of a difference against a margin."""

from nodewise.errors import StatsError
from nodewise.stats.distributions import t_below
from nodewise.stats.estimate import Estimate, Test


def noninferiority(difference: Estimate, *, margin: float) -> Test:
    """Whether the first test is less than a margin worse than the second.

    Args:
        difference: first minus second, where more is better, with its standard error.
        margin: how much worse still counts as no worse, positive.

    Source:
        Blackwelder, Control Clin Trials 1982;3:345, doi:10.1016/0197-2456(82)90024-1.
    """
    value, error, df = _with_error(difference, margin)
    statistic = (value + margin) / error
    return Test(
        name=f"first is worse by {margin:g} or more",
        statistic=statistic,
        p=t_below(-statistic, df),
        df=() if difference.error_df is None else (df,),
        method=f"{_interval_s(difference)}, one-sided",
    )


def equivalence(difference: Estimate, *, margin: float) -> Test:
    """Whether two tests differ by less than a margin either way: two one-sided tests.

    Args:
        difference: first minus second, with its standard error.
        margin: how large a difference still counts as none, positive.

    Source:
        Schuirmann, J Pharmacokinet Biopharm 1987;15:657, doi:10.1007/BF01068419.
    """
    value, error, df = _with_error(difference, margin)
    statistic = (margin - abs(value)) / error
    return Test(
        name=f"the tests differ by {margin:g} or more",
        statistic=statistic,
        p=t_below(-statistic, df),
        df=() if difference.error_df is None else (df,),
        method=f"{_interval_s(difference)}, two one-sided tests",
    )


def _interval_s(difference: Estimate) -> str:
    """How the interval was made, without the test of no difference that goes with it."""
    return difference.method.partition("; test:")[0]


def _with_error(difference: Estimate, margin: float) -> tuple[float, float, float]:
    if not margin > 0:
        raise StatsError(f"a margin is positive; {margin:g} was given")
    if difference.error is None:
        why = difference.reason or "it has no symmetric interval"
        raise StatsError(f"{difference.name} cannot be held against a margin: {why}")
    df = 1e12 if difference.error_df is None else difference.error_df
    return difference.value, difference.error, df
