"""The empirical ROC curve, and a band around it that resamples patients."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from nodewise.errors import StatsError
from nodewise.stats.direction import Direction
from nodewise.stats.distributions import t_quantile
from nodewise.stats.inputs import Array, known_level
from nodewise.stats.placement import ranked
from nodewise.stats.resampling import from_the_top, resampled_curves
from nodewise.stats.scored import Scored, scored

_ROUNDING = 1e-12  # 1 - 0.9 and 0.1 are one false positive fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class Roc:
    """An empirical ROC curve, from 'nobody is positive' to 'everybody is'.

    Args:
        thresholds: a unit is positive at its threshold or beyond, shape (g + 1,); the first is
            infinite: nobody is positive.
        sensitivity: shape (g + 1,).
        specificity: shape (g + 1,).
        direction: whether higher or lower scores speak for disease.
        clusters: patients.
        positives: number of positive units.
        negatives: number of negative units.
        data: the units behind the curve.
    """

    thresholds: Array
    sensitivity: Array
    specificity: Array
    direction: Direction
    clusters: int
    positives: int
    negatives: int
    data: Scored = field(repr=False, compare=False)

    @property
    def area(self) -> float:
        """Area under the curve by trapezoids, which is the AUC."""
        return float(np.trapezoid(self.sensitivity, 1 - self.specificity))

    def sensitivity_at(self, specificity: ArrayLike) -> Array:
        """Sensitivity at given specificities, on the straight lines between observed points.

        Args:
            specificity: shape (m,).
        """
        return at_false_positives(
            1 - np.asarray(specificity, np.float64), 1 - self.specificity, self.sensitivity
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """A confidence band of an ROC curve over a grid of specificities.

    Args:
        specificity: grid, shape (m,).
        sensitivity: the curve there, shape (m,).
        low: lower limit, shape (m,).
        high: upper limit, shape (m,).
        level: level, fraction.
        method: how it was made.
    """

    specificity: Array
    sensitivity: Array
    low: Array
    high: Array
    level: float
    method: str


def roc_curve(
    score: ArrayLike, truth: ArrayLike, patient: ArrayLike, *, direction: Direction | str
) -> Roc:
    """The empirical ROC curve.

    Args:
        score: shape (n,).
        truth: whether the reference is positive, shape (n,).
        patient: the patient of each unit, shape (n,).
        direction: whether higher or lower scores speak for disease.

    >>> curve = roc_curve([1, 2, 3, 4], [0, 1, 0, 1], [1, 1, 2, 2], direction="higher")
    >>> curve.thresholds.tolist(), curve.sensitivity.tolist(), curve.specificity.tolist()
    ([inf, 4.0, 3.0, 2.0, 1.0], [0.0, 0.5, 0.5, 1.0, 1.0], [1.0, 1.0, 0.5, 0.5, 0.0])
    """
    data = scored(score, truth, patient, direction=direction)
    order = ranked(data.score, data.truth)
    last = np.append(np.flatnonzero(np.diff(order.group)), len(data.score) - 1)
    thresholds = data.score[order.order[last]][::-1]
    sign = 1.0 if data.direction is Direction.HIGHER else -1.0
    return Roc(
        thresholds=np.append(np.inf, thresholds) * sign,
        sensitivity=from_the_top(order.positive),
        specificity=1 - from_the_top(order.negative),
        direction=data.direction,
        clusters=data.clusters.count,
        positives=int(data.truth.sum()),
        negatives=int((~data.truth).sum()),
        data=data,
    )


def roc_band(
    curve: Roc,
    *,
    rng: np.random.Generator,
    simultaneous: bool = False,
    level: float = 0.95,
    resamples: int = 2000,
) -> Band:
    """A band by resampling patients with all their units.

    Standard errors come from the resamples. A pointwise band holds its level at each specificity
    by itself; a simultaneous one holds it for the whole curve at once (sup-t). Near 0 and 1, where
    resamples hardly differ, the error is that of Agresti and Coull at the curve's effective size.

    Args:
        curve: from roc_curve.
        rng: source of random numbers.
        simultaneous: for the whole curve at once.
        level: level of the band, fraction.
        resamples: number of resamples.

    Source:
        Field & Welsh, J R Stat Soc B 2007;69:369, doi:10.1111/j.1467-9868.2007.00593.x (clusters);
        Montiel Olea & Plagborg-Møller, J Appl Econom 2019;34:1, doi:10.1002/jae.2656 (sup-t).
    """
    known_level(level)
    if curve.clusters < 2:
        raise StatsError("a band needs units from 2 patients or more; these come from 1")
    grid = np.linspace(0, 1, 101)
    centre = curve.sensitivity_at(1 - grid)
    curves = resampled_curves(curve.data, rng=rng, resamples=resamples)
    sample = np.array([at_false_positives(grid, *points) for points in curves])
    error = _steadied(centre, sample.std(axis=0, ddof=1), curve.clusters)
    if simultaneous:
        quantile = float(np.quantile((np.abs(sample - centre) / error).max(axis=1), level))
    else:
        quantile = t_quantile(level, curve.clusters - 1)
    kind = "simultaneous (sup-t)" if simultaneous else "pointwise (t)"
    return Band(
        specificity=1 - grid,
        sensitivity=centre,
        low=np.clip(centre - quantile * error, 0, 1),
        high=np.clip(centre + quantile * error, 0, 1),
        level=level,
        method=f"{kind} band, {resamples} resamples of {curve.clusters} patients",
    )


def at_false_positives(wanted: Array, false_positives: Array, sensitivity: Array) -> Array:
    """Sensitivity at given false positive fractions, the highest where the curve is vertical.

    Args:
        wanted: false positive fractions, shape (m,).
        false_positives: of the curve, ascending, shape (g,).
        sensitivity: of the curve, ascending, shape (g,).
    """
    left = np.searchsorted(false_positives, wanted + _ROUNDING, side="right") - 1
    right = np.minimum(left + 1, len(false_positives) - 1)
    gap = false_positives[right] - false_positives[left]
    share = np.clip((wanted - false_positives[left]) / np.where(gap > 0, gap, 1), 0, 1)
    return np.asarray(sensitivity[left] + share * (sensitivity[right] - sensitivity[left]))


def _steadied(centre: Array, error: Array, clusters: int) -> Array:
    """Standard errors that do not vanish where the curve comes near 0 or 1."""
    middle = (centre > 0.1) & (centre < 0.9) & (error > 0)
    size = float(clusters)
    if middle.any():
        size = float(np.median((centre * (1 - centre))[middle] / error[middle] ** 2))
    drawn_in = (size * centre + 2) / (size + 4)
    return np.maximum(error, np.sqrt(drawn_in * (1 - drawn_in) / (size + 4)))
