"""The empirical ROC curve, and a band around it that resamples patients."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from nodewise.errors import StatsError
from nodewise.stats.direction import Direction, pointing
from nodewise.stats.distributions import t_quantile
from nodewise.stats.inputs import Array, Clusters, known_level, patients
from nodewise.stats.placement import Ranked, classes, ranked
from nodewise.stats.resampling import patient_weights

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
    """

    thresholds: Array
    sensitivity: Array
    specificity: Array
    direction: Direction
    clusters: int
    positives: int
    negatives: int
    _sample: "_Sample" = field(repr=False, compare=False)

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


@dataclass(frozen=True, slots=True)
class _Sample:
    """The sorted data behind a curve."""

    sorted: Ranked
    clusters: Clusters
    truth: Array


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
    values, is_so = classes(score, truth, direction)
    clusters = patients(patient, len(values))
    data = ranked(values, is_so)
    last = np.append(np.flatnonzero(np.diff(data.group)), len(values) - 1)
    thresholds = values[data.order[last]][::-1]
    sign = 1.0 if pointing(direction) is Direction.HIGHER else -1.0
    return Roc(
        thresholds=np.append(np.inf, thresholds) * sign,
        sensitivity=_from_the_top(data.positive),
        specificity=1 - _from_the_top(data.negative),
        direction=pointing(direction),
        clusters=clusters.count,
        positives=int(is_so.sum()),
        negatives=int((~is_so).sum()),
        _sample=_Sample(data, clusters, is_so.astype(np.float64)),
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
    sample = _resampled(curve, grid, rng=rng, resamples=resamples)
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


def _from_the_top(count: Array) -> Array:
    """Share of units at or above each distinct score, from none to all, shape (g + 1,)."""
    return np.asarray(np.append(0.0, np.cumsum(count[::-1])) / count.sum())


def _resampled(curve: Roc, grid: Array, *, rng: np.random.Generator, resamples: int) -> Array:
    """Curves of resampled patients over false positive fractions, shape (resamples, m)."""
    data, clusters = curve._sample.sorted, curve._sample.clusters
    patient = clusters.index[data.order]
    truth = curve._sample.truth[data.order]
    group = data.group
    curves = np.empty((resamples, len(grid)))
    for b, weight in enumerate(patient_weights(clusters, curve._sample.truth, rng, resamples)):
        drawn = weight[patient]
        total = np.bincount(group, weights=drawn).astype(np.float64)
        positive = np.bincount(group, weights=drawn * truth).astype(np.float64)
        false_positives, sensitivity = _from_the_top(total - positive), _from_the_top(positive)
        curves[b] = at_false_positives(grid, false_positives, sensitivity)
    return curves


def _steadied(centre: Array, error: Array, clusters: int) -> Array:
    """Standard errors that do not vanish where the curve comes near 0 or 1."""
    middle = (centre > 0.1) & (centre < 0.9) & (error > 0)
    size = float(clusters)
    if middle.any():
        size = float(np.median((centre * (1 - centre))[middle] / error[middle] ** 2))
    drawn_in = (size * centre + 2) / (size + 4)
    return np.maximum(error, np.sqrt(drawn_in * (1 - drawn_in) / (size + 4)))
