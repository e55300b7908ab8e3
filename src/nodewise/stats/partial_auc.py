"""The part of the ROC curve that a study can use: a range of specificity or of sensitivity."""

from enum import StrEnum

import numpy as np
from scipy.special import expit, logit

from nodewise.errors import StatsError
from nodewise.stats.distributions import t_quantile
from nodewise.stats.estimate import Estimate, few
from nodewise.stats.inputs import Array, known_level
from nodewise.stats.proportions import wilson
from nodewise.stats.resampling import resampled_curves
from nodewise.stats.roc import Roc, at_false_positives


class Axis(StrEnum):
    """Which accuracy a range is of."""

    SPECIFICITY = "specificity"
    SENSITIVITY = "sensitivity"


def partial_area(
    curve: Roc, *, low: float, high: float = 1.0, over: Axis | str = Axis.SPECIFICITY
) -> float:
    """Area under the part of the curve with specificity (or sensitivity) from low to high.

    Args:
        curve: from roc_curve.
        low: lower end of the range, fraction.
        high: upper end, fraction.
        over: what the range is of.

    Source:
        McClish, Med Decis Making 1989;9:190, doi:10.1177/0272989X8900900307.
    """
    _range(low, high)
    return _area(1 - curve.specificity, curve.sensitivity, (low, high), Axis(over))


def mcclish(area: float, *, low: float, high: float = 1.0) -> float:
    """A partial area standardised so that chance is 0.5 and perfection 1.

    Args:
        area: from partial_area.
        low: lower end of its range, fraction.
        high: upper end, fraction.

    Source:
        McClish, Med Decis Making 1989;9:190, doi:10.1177/0272989X8900900307.
    """
    chance, perfect = ((1 - low) ** 2 - (1 - high) ** 2) / 2, high - low
    return 0.5 * (1 + (area - chance) / (perfect - chance))


def partial_auc(
    curve: Roc,
    *,
    low: float,
    over: Axis | str = Axis.SPECIFICITY,
    rng: np.random.Generator,
    level: float = 0.95,
) -> Estimate:
    """McClish's standardised partial AUC above a specificity (or sensitivity), with its interval.

    The standard error comes from 2000 resamples of patients; the interval is symmetric on the
    logit scale of the area as a share of the largest possible one, with t(patients - 1).

    Args:
        curve: from roc_curve.
        low: lower end of the range, which reaches to 1, fraction.
        over: what the range is of.
        rng: source of random numbers.
        level: level of the interval, fraction.

    Source:
        McClish, Med Decis Making 1989;9:190, doi:10.1177/0272989X8900900307.
    """
    axis = Axis(over)
    width = 1 - low
    share = partial_area(curve, low=low, over=axis) / width
    curves = resampled_curves(curve.data, rng=rng, resamples=2000)
    sample = np.array([_area(x, y, (low, 1.0), axis) for x, y in curves]) / width
    limits = _limits(share, sample, curve.data.fewest, known_level(level))
    ends = [None if end is None else mcclish(end * width, low=low) for end in limits]
    return _about(
        curve,
        name=f"standardised partial AUC, {axis} {low:g} to 1",
        value=mcclish(share * width, low=low),
        limits=(ends[0], ends[1]),
        level=level,
    )


def sensitivity_at_specificity(
    curve: Roc, specificity: float, *, rng: np.random.Generator, level: float = 0.95
) -> Estimate:
    """Sensitivity where the curve has a given specificity, with its interval.

    The cut-off is found in these data, so the interval carries its uncertainty too.

    Args:
        curve: from roc_curve.
        specificity: fraction.
        rng: source of random numbers.
        level: level of the interval, fraction.

    Source:
        Platt et al., Stat Med 2000;19:313 (bootstrap), here by patients.
    """
    _range(specificity, 1.0 + 1e-9)
    value = float(curve.sensitivity_at([specificity])[0])
    curves = resampled_curves(curve.data, rng=rng, resamples=2000)
    wanted = np.array([1 - specificity])
    sample = np.array([at_false_positives(wanted, *points)[0] for points in curves])
    return _about(
        curve,
        name=f"sensitivity at specificity {specificity:g}",
        value=value,
        limits=_limits(value, sample, curve.data.fewest, known_level(level)),
        level=level,
    )


def _range(low: float, high: float) -> None:
    if not 0 <= low < high <= 1.0 + 1e-9:
        raise StatsError(f"a range lies within 0 to 1; {low:g} to {high:g} was asked for")


def _area(
    false_positives: Array, sensitivity: Array, between: tuple[float, float], axis: Axis
) -> float:
    low, high = between
    x, y = false_positives, sensitivity
    if axis is Axis.SENSITIVITY:  # the same curve seen from the other side
        x, y = 1 - sensitivity[::-1], 1 - false_positives[::-1]
    ends = np.array([1 - high, 1 - low])
    at_ends = at_false_positives(ends, x, y)
    inside = (x > ends[0]) & (x < ends[1])
    xs = np.concatenate([ends[:1], x[inside], ends[1:]])
    # at the right end a vertical stretch does not count, and as an end point it has no width
    ys = np.concatenate([at_ends[:1], y[inside], [_from_the_left(ends[1], x, y)]])
    return float(np.trapezoid(ys, xs))


def _from_the_left(wanted: float, x: Array, y: Array) -> float:
    """Height of the curve just before it may climb at this place."""
    left = int(np.searchsorted(x, wanted - 1e-12, side="left"))
    if left < len(x) and abs(x[left] - wanted) <= 1e-12:
        return float(y[left])
    return float(at_false_positives(np.array([wanted]), x, y)[0])


def _limits(
    value: float, sample: Array, patients: int, level: float
) -> tuple[float | None, float | None]:
    """Logit-t limits from resamples; Wilson's with patients as units at 0 and 1."""
    if patients < 2:
        return None, None
    error = float(sample.std(ddof=1))
    if not 0 < value < 1 or error == 0:
        return wilson(min(max(value, 0.0), 1.0), patients, level=level)
    half = t_quantile(level, patients - 1) * error / (value * (1 - value))
    return float(expit(logit(value) - half)), float(expit(logit(value) + half))


def _about(
    curve: Roc, *, name: str, value: float, limits: tuple[float | None, float | None], level: float
) -> Estimate:
    fewest = curve.data.fewest
    return Estimate(
        name=name,
        value=value,
        low=limits[0],
        high=limits[1],
        level=level,
        method="2000 resamples of patients, logit-t",
        denominator=len(curve.data.truth),
        clusters=curve.clusters,
        reason="" if fewest > 1 else "an interval needs both classes from 2 patients or more",
        caution=few(fewest) if fewest > 1 else "",
    )
