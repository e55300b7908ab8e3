"""Intraclass correlation: six forms, with intervals for independent and for clustered units."""

from dataclasses import dataclass, replace
from enum import StrEnum
from math import atanh, nan, sqrt

import numpy as np
from numpy.typing import NDArray
from scipy.special import fdtri

from nodewise.errors import StatsError
from nodewise.stats.distributions import t_quantile
from nodewise.stats.estimate import Estimate, few
from nodewise.stats.influence import Complex, influences, variance_by_patient
from nodewise.stats.inputs import known_level
from nodewise.stats.measurement import Measured
from nodewise.stats.proportions import one_patient

NO_LIMITS = "units differ no more than measurements of one unit do"


class Icc(StrEnum):
    """The six forms of Shrout and Fleiss."""

    ICC1 = "ICC(1,1)"  # each unit has raters of its own
    ICC2 = "ICC(2,1)"  # raters stand for others: absolute agreement
    ICC3 = "ICC(3,1)"  # these raters only: consistency
    ICC1K = "ICC(1,k)"
    ICC2K = "ICC(2,k)"
    ICC3K = "ICC(3,k)"


@dataclass(frozen=True, slots=True)
class _Squares:
    """Mean squares: between units, within units, between raters, residual; units and raters."""

    between: Complex
    within: Complex
    raters: Complex
    residual: Complex
    n: Complex
    k: int


def icc(data: Measured, form: Icc | str, *, level: float = 0.95) -> Estimate:
    """An intraclass correlation.

    With one unit a patient the interval is Shrout and Fleiss's; with more it is symmetric on
    Fisher's scale, its error summed by patient, with t(patients - 1).

    Args:
        data: from measured.
        form: which of the six.
        level: level of the interval, fraction.

    Source:
        Shrout & Fleiss, Psychol Bull 1979;86:420, doi:10.1037/0033-2909.86.2.420; McGraw & Wong,
        Psychol Methods 1996;1:30, doi:10.1037/1082-989X.1.1.30 (intervals).
    """
    which, count = Icc(form), data.clusters.count
    known_level(level)
    squares = _squares(data, np.ones((1, len(data.values)), complex))
    if abs(squares.between[0]) + abs(squares.within[0]) < 1e-300:
        raise StatsError("all measurements are equal: an intraclass correlation has no meaning")
    value = _value(squares, which)
    single = count == len(data.values)
    found = Estimate(
        name=str(which),
        value=value,
        level=level,
        method="Shrout-Fleiss F" if single else "clustered, Fisher z, t",
        denominator=len(data.values),
        clusters=count,
    )
    if count < 2:
        return found.lacking(one_patient(count))
    error = squares.within if which in (Icc.ICC1, Icc.ICC1K) else squares.residual
    if abs(error[0]) <= 1e-12 * (abs(squares.between[0]) + abs(squares.raters[0])):
        return found.lacking("measurements of a unit differ nowhere: these data show no error")
    with np.errstate(all="ignore"):  # limits that are no numbers are refused here
        low, high = _limits(squares, which, level) if single else _clustered(data, which, level)
    if not (-np.inf < low <= value <= high < np.inf and low < high):
        return found.lacking(NO_LIMITS if value <= 0 else "the data show no variance of it")
    return replace(found, low=low, high=high, caution=few(count))


def _squares(data: Measured, weights: Complex) -> _Squares:
    """Analysis of variance of weighted units; weights of shape (b, n)."""
    x, k = data.values, data.values.shape[1]
    n = weights.sum(axis=1)
    means = x.mean(axis=1)
    columns = weights @ x / n[:, None]
    grand = columns.mean(axis=1)
    between = k * (weights * (means - grand[:, None]) ** 2).sum(axis=1) / (n - 1)
    inside = weights @ ((x - means[:, None]) ** 2).sum(axis=1)
    raters = n * ((columns - grand[:, None]) ** 2).sum(axis=1)
    residual = (inside - raters) / ((n - 1) * (k - 1))
    return _Squares(between, inside / (n * (k - 1)), raters / (k - 1), residual, n, k)


def _value(s: _Squares, which: Icc) -> float:
    """The coefficient; refused where its denominator is not above 0."""
    top, bottom = (part[0].real for part in _form(s, which))
    if not bottom > 1e-12 * float(abs(s.between[0]) + abs(s.within[0])):
        raise StatsError(f"{which} has no meaning here: {NO_LIMITS}")
    return float(top / bottom)


def _form(s: _Squares, which: Icc) -> tuple[NDArray[np.complex128], NDArray[np.complex128]]:
    """What a coefficient is a ratio of."""
    b, w, j, e, n, k = s.between, s.within, s.raters, s.residual, s.n, s.k
    parts = {
        Icc.ICC1: (b - w, b + (k - 1) * w),
        Icc.ICC2: (b - e, b + (k - 1) * e + k * (j - e) / n),
        Icc.ICC3: (b - e, b + (k - 1) * e),
        Icc.ICC1K: (b - w, b),
        Icc.ICC2K: (b - e, b + (j - e) / n),
        Icc.ICC3K: (b - e, b),
    }
    return parts[which]


def _clustered(data: Measured, which: Icc, level: float) -> tuple[float, float]:
    """Fisher's z with the error summed by patient."""

    def fisher(weights: Complex) -> Complex:
        top, bottom = _form(_squares(data, weights), which)
        return np.arctanh(top / bottom)

    units = len(data.values)
    value = _value(_squares(data, np.ones((1, units), complex)), which)
    if not abs(value) < 1:
        return nan, nan  # Fisher's scale ends at -1 and 1
    centre = atanh(value)
    error = sqrt(variance_by_patient(influences(fisher, units), data.clusters))
    half = t_quantile(level, data.clusters.count - 1) * error
    return float(np.tanh(centre - half)), float(np.tanh(centre + half))


def _limits(s: _Squares, which: Icc, level: float) -> tuple[float, float]:
    """Shrout and Fleiss's limits from F distributions."""
    b, w, j, e = (part[0].real for part in (s.between, s.within, s.raters, s.residual))
    n, k, upper = s.n[0].real, s.k, (1 + level) / 2
    averaged = which in (Icc.ICC1K, Icc.ICC2K, Icc.ICC3K)
    if which in (Icc.ICC2, Icc.ICC2K):
        low, high = _agreement_limits((b, j, e), n, k, upper)
    else:
        error, df = (w, n * (k - 1)) if which in (Icc.ICC1, Icc.ICC1K) else (e, (n - 1) * (k - 1))
        ratio = b / error
        fl, fu = ratio / fdtri(n - 1, df, upper), ratio * fdtri(df, n - 1, upper)
        low, high = (fl - 1) / (fl + k - 1), (fu - 1) / (fu + k - 1)
    if averaged:  # Spearman and Brown
        low, high = (k * end / (1 + (k - 1) * end) for end in np.array([low, high]))
    return float(low), float(high)


def _agreement_limits(
    squares: tuple[float, float, float], n: float, k: int, upper: float
) -> tuple[float, float]:
    """Limits of ICC(2,1), with Satterthwaite's degrees of freedom."""
    b, j, e = squares
    value = (b - e) / (b + (k - 1) * e + k * (j - e) / n)
    fj = j / e
    part = n * (1 + (k - 1) * value) - k * value
    v = (k - 1) * (n - 1) * (k * value * fj + part) ** 2
    v /= (n - 1) * k**2 * value**2 * fj**2 + part**2
    f_low, f_high = fdtri(n - 1, v, upper), fdtri(v, n - 1, upper)
    low = n * (b - f_low * e) / (f_low * (k * j + (k * n - k - n) * e) + n * b)
    high = n * (f_high * b - e) / (k * j + (k * n - k - n) * e + n * f_high * b)
    return float(low), float(high)
