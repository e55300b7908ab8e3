"""Cut-offs: chosen in development data with their optimism, locked, and put to the test."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from nodewise.errors import StatsError
from nodewise.stats.accuracy import accuracy, sensitivity, specificity
from nodewise.stats.auc import auc
from nodewise.stats.direction import Direction, at_cutoff
from nodewise.stats.estimate import Estimate
from nodewise.stats.inputs import Array, Index, Mask
from nodewise.stats.placement import ranked
from nodewise.stats.predictive import negative_predictive_value, positive_predictive_value
from nodewise.stats.resampling import from_the_top, patient_weights
from nodewise.stats.roc import Roc

Criterion = Callable[[Array, Array], Array]
"""What a cut-off should have most of, from sensitivities and specificities, shape (g,)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cutoff:
    """A cut-off chosen in these data, so that its accuracy here is too good.

    Args:
        value: an observed score; units at it or beyond are positive.
        midpoint: halfway to the next score that is negative, which gives the same accuracy here.
        sensitivity: in these data.
        specificity: in these data.
    """

    value: float
    midpoint: float
    sensitivity: float
    specificity: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Optimism:
    """How much too good a chosen cut-off looks.

    Args:
        apparent: criterion where the cut-off was chosen.
        in_bag: mean criterion of cut-offs chosen in resamples, there.
        out_of_bag: mean criterion of the same cut-offs among patients who were not drawn.
        cutoffs: cut-offs chosen in resamples, shape (resamples,).
    """

    apparent: float
    in_bag: float
    out_of_bag: float
    cutoffs: Array

    @property
    def optimism(self) -> float:
        """What choosing and judging in the same patients adds."""
        return self.in_bag - self.out_of_bag

    @property
    def corrected(self) -> float:
        """What to expect of the cut-off in other patients."""
        return self.apparent - self.optimism


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedCutoff:
    """A cut-off that was fixed before these data were seen.

    Args:
        value: in the score's unit.
        direction: whether higher or lower scores speak for disease.
        source: where it comes from.
    """

    value: float
    direction: Direction
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Validation:
    """A locked cut-off in new data; nothing is optimised again."""

    cutoff: LockedCutoff
    sensitivity: Estimate
    specificity: Estimate
    positive_predictive_value: Estimate
    negative_predictive_value: Estimate
    accuracy: Estimate
    auc: Estimate


def youden(sensitivity: Array, specificity: Array) -> Array:
    """Sensitivity + specificity - 1.

    Args:
        sensitivity: shape (g,).
        specificity: shape (g,).

    Source:
        Youden, Cancer 1950;3:32.
    """
    return np.asarray(sensitivity + specificity - 1)


def nearness_to_corner(sensitivity: Array, specificity: Array) -> Array:
    """Minus the distance from the corner where both are 1.

    Args:
        sensitivity: shape (g,).
        specificity: shape (g,).

    Source:
        Perkins & Schisterman, Am J Epidemiol 2006;163:670, doi:10.1093/aje/kwj063.
    """
    return np.asarray(-np.hypot(1 - sensitivity, 1 - specificity))


def net_gain(prevalence: float, cost_ratio: float) -> Criterion:
    """Criterion that weighs a missed positive as so many false alarms.

    Args:
        prevalence: where the test is to be used, fraction.
        cost_ratio: harm of a missed positive over harm of a false alarm.

    Source:
        Zweig & Campbell, Clin Chem 1993;39:561.
    """
    weight = (1 - prevalence) / (prevalence * cost_ratio)
    return lambda sensitivity, specificity: sensitivity - weight * (1 - specificity)


def with_sensitivity(least: float) -> Criterion:
    """Criterion of the best specificity that keeps a sensitivity.

    Args:
        least: lowest sensitivity that will do, fraction.
    """
    return lambda sensitivity, specificity: np.where(
        sensitivity >= least - 1e-12, specificity, specificity - 2
    )


def best_cutoff(curve: Roc, criterion: Criterion = youden) -> Cutoff:
    """The cut-off with most of a criterion; of several the one that calls fewest positive.

    Args:
        curve: from roc_curve.
        criterion: youden, nearness_to_corner, net_gain(...) or with_sensitivity(...).
    """
    _overlap(curve)
    scores = criterion(curve.sensitivity[1:], curve.specificity[1:])
    best = int(np.argmax(scores)) + 1
    value = float(curve.thresholds[best])
    last = len(curve.thresholds) - 1
    beyond = float(curve.thresholds[best + 1]) if best < last else value
    return Cutoff(
        value=value,
        midpoint=(value + beyond) / 2,
        sensitivity=float(curve.sensitivity[best]),
        specificity=float(curve.specificity[best]),
    )


def cutoff_optimism(
    curve: Roc,
    criterion: Criterion = youden,
    *,
    judge: Criterion | None = None,
    rng: np.random.Generator,
    resamples: int = 2000,
) -> Optimism:
    """Choose again in resamples of patients, and judge in the patients left out.

    Args:
        curve: from roc_curve.
        criterion: what the cut-off should have most of.
        judge: what the chosen cut-off is judged by, such as the sensitivity that with_sensitivity
            is to keep; None: by the criterion.
        rng: source of random numbers.
        resamples: number of resamples.

    Source:
        Efron & Tibshirani, J Am Stat Assoc 1997;92:548, doi:10.1080/01621459.1997.10474007
        (out-of-bag); Leeflang et al., Clin Chem 2008;54:729, doi:10.1373/clinchem.2007.096032.
    """
    _overlap(curve)
    data, chosen, judged = curve.data, [], judge or criterion
    order = ranked(data.score, data.truth)
    patient, truth = data.clusters.index[order.order], data.truth[order.order]
    for weights in patient_weights(data.clusters, data.truth, rng=rng, resamples=resamples):
        for weight in weights:
            drawn = weight[patient]
            inside = _accuracies(drawn, truth, order.group)
            outside = _accuracies((drawn == 0).astype(float), truth, order.group)
            if inside is not None and outside is not None:
                best = int(np.argmax(criterion(*inside)))
                elsewhere = judged(outside[0][[best]], outside[1][[best]])
                chosen.append((best, judged(*inside)[best], elsewhere[0]))
    if not chosen:
        raise StatsError("no resample left patients of both classes out: there are too few")
    table = np.array(chosen)
    here = curve.sensitivity[1:], curve.specificity[1:]
    return Optimism(
        apparent=float(judged(*here)[int(np.argmax(criterion(*here)))]),
        in_bag=float(table[:, 1].mean()),
        out_of_bag=float(table[:, 2].mean()),
        cutoffs=curve.thresholds[1:][table[:, 0].astype(int)],
    )


def validate(
    score: ArrayLike,
    truth: ArrayLike,
    patient: ArrayLike,
    *,
    cutoff: LockedCutoff,
    level: float = 0.95,
) -> Validation:
    """Put a locked cut-off to the test in new patients.

    Args:
        score: shape (n,).
        truth: whether the reference is positive, shape (n,).
        patient: the patient of each unit, shape (n,).
        cutoff: fixed beforehand.
        level: level of intervals, fraction.

    Source:
        Altman & Royston, Stat Med 2000;19:453, doi:10.1002/(SICI)1097-0258(20000229)19:4<453::
        AID-SIM350>3.0.CO;2-5.
    """
    test = at_cutoff(score, cutoff.value, direction=cutoff.direction)
    return Validation(
        cutoff=cutoff,
        sensitivity=sensitivity(test, truth, patient, level=level),
        specificity=specificity(test, truth, patient, level=level),
        positive_predictive_value=positive_predictive_value(test, truth, patient, level=level),
        negative_predictive_value=negative_predictive_value(test, truth, patient, level=level),
        accuracy=accuracy(test, truth, patient, level=level),
        auc=auc(score, truth, patient, direction=cutoff.direction, level=level),
    )


def transport(
    test: ArrayLike,
    truth: ArrayLike,
    patient: ArrayLike,
    *,
    prevalences: Sequence[float],
    level: float = 0.95,
) -> tuple[tuple[float, Estimate, Estimate], ...]:
    """Predictive values of one cut-off where the disease is rarer or more common.

    Args:
        test: whether the index test is positive at the cut-off, shape (n,).
        truth: whether the reference is positive, shape (n,).
        patient: the patient of each unit, shape (n,).
        prevalences: where the test may be used, fractions.
        level: level of intervals, fraction.

    Returns:
        Prevalence, positive and negative predictive value, a row for each prevalence.
    """
    rows = []
    for p in prevalences:
        positive = positive_predictive_value(test, truth, patient, prevalence=p, level=level)
        negative = negative_predictive_value(test, truth, patient, prevalence=p, level=level)
        rows.append((p, positive, negative))
    return tuple(rows)


def cutoffs_by_prevalence(
    curve: Roc, *, prevalences: Sequence[float], cost_ratio: float
) -> tuple[tuple[float, Cutoff], ...]:
    """Where the best cut-off lies as the disease gets rarer or more common.

    Args:
        curve: from roc_curve.
        prevalences: where the test may be used, fractions.
        cost_ratio: harm of a missed positive over harm of a false alarm.

    Returns:
        Prevalence and cut-off, a row for each prevalence.
    """
    return tuple((p, best_cutoff(curve, net_gain(p, cost_ratio))) for p in prevalences)


def _accuracies(weight: Array, truth: Mask, group: Index) -> tuple[Array, Array] | None:
    """Sensitivity and specificity at each observed score; None where a class is missing."""
    total = np.bincount(group, weights=weight).astype(np.float64)
    positive = np.bincount(group, weights=weight * truth).astype(np.float64)
    negative = total - positive
    if not positive.any() or not negative.any():
        return None
    return from_the_top(positive)[1:], 1 - from_the_top(negative)[1:]


def _overlap(curve: Roc) -> None:
    if len(curve.thresholds) < 3:
        raise StatsError("a cut-off cannot be chosen: all scores are equal")
