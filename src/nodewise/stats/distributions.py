"""Quantiles and tail areas. Tails come from survival functions: 3.8e-26 is not 0."""

from scipy import special


def normal_quantile(level: float) -> float:
    """Half-width of a two-sided normal interval of this level, in standard errors."""
    return float(special.ndtri((1 + level) / 2))


def t_quantile(level: float, df: float) -> float:
    """Half-width of a two-sided t interval of this level, in standard errors."""
    return float(special.stdtrit(df, (1 + level) / 2))


def normal_p(z: float) -> float:
    """Two-sided p value of a standard normal statistic."""
    return float(2 * special.ndtr(-abs(z)))


def t_p(t: float, df: float) -> float:
    """Two-sided p value of a t statistic."""
    return float(2 * special.stdtr(df, -abs(t)))


def chi2_p(statistic: float, df: float) -> float:
    """Upper tail of chi-squared."""
    return float(special.chdtrc(df, statistic))


def f_p(statistic: float, df1: float, df2: float) -> float:
    """Upper tail of F."""
    return float(special.fdtrc(df1, df2, statistic))


def t_below(t: float, df: float) -> float:
    """Chance of a t statistic below this value; an infinite df is the normal distribution."""
    return float(special.stdtr(df, t))
