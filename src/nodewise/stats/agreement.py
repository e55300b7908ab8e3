"""Agreement of raters beyond chance, clustered by patient; missing ratings are allowed."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from math import sqrt

import numpy as np

from nodewise.errors import StatsError
from nodewise.stats.distributions import t_quantile
from nodewise.stats.estimate import Estimate, few
from nodewise.stats.influence import (
    Complex,
    Weighted,
    influences,
    value_of,
    variance_by_patient,
)
from nodewise.stats.inputs import Array, Clusters, Index, known_level
from nodewise.stats.proportions import one_patient
from nodewise.stats.ratings import Ratings


class Coefficient(StrEnum):
    """How chance agreement is reckoned."""

    PERCENT = "percent agreement"
    KAPPA = "kappa"  # Cohen's for two raters, Conger's for more: each rater's own frequencies
    FLEISS = "Fleiss kappa"  # frequencies pooled over raters
    GWET = "Gwet AC"  # stands rare categories; AC1 unweighted, AC2 weighted
    BRENNAN_PREDIGER = "Brennan-Prediger"  # every category alike


class Weighting(StrEnum):
    """How near misses count."""

    NOMINAL = "nominal"
    ORDINAL = "ordinal"
    LINEAR = "linear"
    QUADRATIC = "quadratic"


class Metric(StrEnum):
    """What a difference of two ratings means to Krippendorff's alpha."""

    NOMINAL = "nominal"
    ORDINAL = "ordinal"
    INTERVAL = "interval"
    RATIO = "ratio"


@dataclass(frozen=True, slots=True)
class _Tally:
    """What the coefficients are made of.

    Args:
        counts: raters who gave each category, shape (n, q).
        given: whether rater g gave category k, shape (raters, n, q).
        nearness: credit for each two categories, shape (q, q).
    """

    counts: Array
    given: Array
    nearness: Array


@dataclass(frozen=True, slots=True)
class _Found:
    """Patterns of ratings: each unit's, shape (n,), and units of each, shape (p,)."""

    pattern: Index
    size: Array
    clusters: Clusters


def agreement(
    rated: Ratings,
    coefficient: Coefficient | str,
    *,
    weighting: Weighting | str = Weighting.NOMINAL,
    level: float = 0.95,
) -> Estimate:
    """Agreement of two or more raters.

    Where ratings are missing, a unit with a single rating adds nothing to the observed agreement's
    error. Gwet's own formula takes the share of units with two ratings for known, so that such a
    unit moves the coefficient towards 0; simulation finds that error too large.

    Args:
        rated: from ratings.
        coefficient: how chance agreement is reckoned.
        weighting: how near misses count.
        level: level of the interval, fraction.

    Source:
        Gwet, Br J Math Stat Psychol 2008;61:29, doi:10.1348/000711006X126600 (AC1, missing
        ratings); Conger, Psychol Bull 1980;88:322, doi:10.1037/0033-2909.88.2.322; Fleiss, Psychol
        Bull 1971;76:378, doi:10.1037/h0031619; Cohen, Psychol Bull 1968;70:213,
        doi:10.1037/h0026256; Brennan & Prediger, Educ Psychol Meas 1981;41:687,
        doi:10.1177/001316448104100307.

    >>> from nodewise.stats.ratings import ratings
    >>> rated = ratings([[1, 1], [1, 2], [2, 2], [2, 2]] * 6, [k // 2 for k in range(24)])
    >>> print(agreement(rated, "kappa"))
    0.50 (0.33 to 0.67); 24 nodes in 12 patients; clustered, t
    """
    which, how = Coefficient(coefficient), Weighting(weighting)
    _some_pairs(rated)
    patterns, found = _patterns(rated)
    tally = _tally(patterns, how)
    chance = _CHANCE[which]

    def statistic(weights: Complex) -> Complex:
        by_chance = chance(tally, weights)
        return np.asarray((_observed(tally, weights) - by_chance) / (1 - by_chance))

    if abs(1 - chance(tally, found.size[None, :].astype(complex))[0]) < 1e-12:
        raise StatsError(
            f"{which} cannot be estimated: all ratings are of one category, "
            "so that chance would agree as often"
        )
    name = str(which) if how is Weighting.NOMINAL else f"{which}, {how} weights"
    return _estimate(name, statistic, found, level)


def krippendorff(rated: Ratings, metric: Metric | str, *, level: float = 0.95) -> Estimate:
    """Krippendorff's alpha, whatever is missing.

    Its error is that of alpha itself; Gwet's leaves out the term for small samples, and so is about
    1 + 1 / ratings times as large.

    Args:
        rated: from ratings.
        metric: what a difference of two ratings means.
        level: level of the interval, fraction.

    Source:
        Krippendorff, Computing Krippendorff's alpha-reliability, 2011; Hayes & Krippendorff, Commun
        Methods Meas 2007;1:77, doi:10.1080/19312450709336664.
    """
    _some_pairs(rated)
    patterns, found = _patterns(rated)
    counts = patterns.counts
    size = counts.sum(axis=1)
    paired = size >= 2
    if np.count_nonzero(counts[paired].sum(axis=0)) < 2:
        raise StatsError("alpha cannot be estimated: all ratings are of one category")
    own = counts[:, :, None] * counts[:, None, :]
    own -= counts[:, :, None] * np.eye(counts.shape[1])
    pairs = np.where(paired[:, None, None], own / np.maximum(size - 1, 1)[:, None, None], 0.0)
    given = np.where(paired[:, None], counts, 0.0)

    def statistic(weights: Complex) -> Complex:
        frequency = weights @ given
        total = frequency.sum(axis=1)
        distance = _distance(Metric(metric), frequency, rated.categories)
        seen = np.einsum("bn,nkl->bkl", weights, pairs)
        observed = (seen * distance).sum(axis=(1, 2)) / total
        chance = frequency[:, :, None] * frequency[:, None, :] * distance
        return np.asarray(1 - observed * total * (total - 1) / chance.sum(axis=(1, 2)))

    return _estimate(f"Krippendorff alpha, {Metric(metric)}", statistic, found, level)


def light(rated: Ratings, *, weighting: Weighting | str = Weighting.NOMINAL) -> float:
    """Mean of Cohen's kappa over all pairs of raters.

    Args:
        rated: from ratings.
        weighting: how near misses count.

    Source:
        Light, Psychol Bull 1971;76:365, doi:10.1037/h0031643.
    """
    raters = range(rated.code.shape[1])
    pairs = [replace(rated, code=rated.code[:, [a, b]]) for a in raters for b in raters if a < b]
    return float(
        np.mean([agreement(pair, Coefficient.KAPPA, weighting=weighting).value for pair in pairs])
    )


def _observed(tally: _Tally, weights: Complex) -> Complex:
    """Share of agreeing pairs, averaged over units with two ratings or more."""
    counts, size = tally.counts, tally.counts.sum(axis=1)
    paired = size >= 2
    agreeing = (counts * (counts @ tally.nearness - 1)).sum(axis=1)
    share = np.where(paired, agreeing / np.maximum(size * (size - 1), 1), 0.0)
    return np.asarray((weights @ share) / (weights @ paired.astype(float)))


def _pooled(tally: _Tally, weights: Complex) -> Complex:
    """Frequency of each category over all raters, shape (b, q)."""
    size = tally.counts.sum(axis=1)
    rated = size > 0
    share = tally.counts / np.maximum(size, 1)[:, None]
    return np.asarray((weights @ share) / (weights @ rated.astype(float))[:, None])


def _fleiss(tally: _Tally, weights: Complex) -> Complex:
    pooled = _pooled(tally, weights)
    return np.asarray(np.einsum("bk,kl,bl->b", pooled, tally.nearness, pooled))


def _gwet(tally: _Tally, weights: Complex) -> Complex:
    pooled, q = _pooled(tally, weights), len(tally.nearness)
    return np.asarray(tally.nearness.sum() / (q * (q - 1)) * (pooled * (1 - pooled)).sum(axis=1))


def _brennan_prediger(tally: _Tally, weights: Complex) -> Complex:
    return np.full(len(weights), tally.nearness.mean(), complex)


def _percent(tally: _Tally, weights: Complex) -> Complex:
    return np.zeros(len(weights), complex)


def _conger(tally: _Tally, weights: Complex) -> Complex:
    """Mean over pairs of raters of the agreement that their own frequencies would give."""
    hits = np.einsum("bn,gnk->bgk", weights, tally.given)
    own = hits / hits.sum(axis=2, keepdims=True)
    raters, summed = own.shape[1], own.sum(axis=1)
    every = np.einsum("bk,kl,bl->b", summed, tally.nearness, summed)
    same = np.einsum("bgk,kl,bgl->b", own, tally.nearness, own)
    return np.asarray((every - same) / (raters * (raters - 1)))


_CHANCE: dict[Coefficient, Callable[[_Tally, Complex], Complex]] = {
    Coefficient.PERCENT: _percent,
    Coefficient.KAPPA: _conger,
    Coefficient.FLEISS: _fleiss,
    Coefficient.GWET: _gwet,
    Coefficient.BRENNAN_PREDIGER: _brennan_prediger,
}


def _tally(rated: Ratings, weighting: Weighting) -> _Tally:
    q = len(rated.categories)
    if q < 2:
        raise StatsError("agreement cannot be estimated: all ratings are of one category")
    given = np.array(
        [[column == k for k in range(q)] for column in rated.code.T], np.float64
    ).transpose(0, 2, 1)
    if not given.any(axis=(1, 2)).all():
        raise StatsError("one rater gave no rating at all; leave that rater out")
    return _Tally(rated.counts, given, _nearness(rated.categories, weighting))


def _nearness(categories: Array, weighting: Weighting) -> Array:
    """Credit for two categories: 1 for the same, less the further apart, shape (q, q)."""
    q = len(categories)
    if weighting is Weighting.NOMINAL:
        return np.eye(q)
    if weighting is Weighting.ORDINAL:
        places = np.abs(np.subtract.outer(np.arange(q), np.arange(q)))
        return np.asarray(1 - places * (places + 1) / (q * (q - 1)))
    apart = np.abs(np.subtract.outer(categories, categories))
    power = 1 if weighting is Weighting.LINEAR else 2
    return np.asarray(1 - (apart / apart.max()) ** power)


def _distance(metric: Metric, frequency: Complex, categories: Array) -> Complex:
    """Squared difference of two categories, shape (b, q, q) or (1, q, q)."""
    apart = np.subtract.outer(categories, categories)
    if metric is Metric.NOMINAL:
        return np.asarray([apart != 0], complex)
    if metric is Metric.INTERVAL:
        return np.asarray([apart**2], complex)
    if metric is Metric.RATIO:
        summed = np.add.outer(categories, categories)
        return np.asarray([(apart / np.where(summed == 0, 1, summed)) ** 2], complex)
    middle = np.cumsum(frequency, axis=1) - frequency / 2
    return np.asarray((middle[:, :, None] - middle[:, None, :]) ** 2)


def _some_pairs(rated: Ratings) -> None:
    if not ((rated.code >= 0).sum(axis=1) >= 2).any():
        raise StatsError("agreement needs units that 2 raters rated; there is none")


def _patterns(rated: Ratings) -> tuple[Ratings, _Found]:
    """Units with the same ratings taken together: one of each, and how to find them again."""
    code, index, count = np.unique(rated.code, axis=0, return_inverse=True, return_counts=True)
    found = _Found(index.ravel(), count.astype(np.float64), rated.clusters)
    return replace(rated, code=code), found


def _estimate(name: str, statistic: Weighted, found: _Found, level: float) -> Estimate:
    count, units = found.clusters.count, len(found.pattern)

    def of_patterns(weights: Complex) -> Complex:
        return statistic(weights * found.size)

    about = Estimate(
        name=name,
        value=value_of(of_patterns, len(found.size)),
        level=known_level(level),
        method="clustered, t",
        denominator=units,
        clusters=count,
    )
    if count < 2:
        return about.lacking(one_patient(count))
    each = influences(of_patterns, len(found.size)) / found.size
    error = sqrt(variance_by_patient(each[found.pattern], found.clusters))
    if error < 1e-12:
        return about.lacking("all patients show the same agreement: these data show no variance")
    half = t_quantile(level, count - 1) * error
    return replace(
        about,
        low=max(about.value - half, -1.0),
        high=min(about.value + half, 1.0),
        error=error,
        error_df=count - 1,
        caution=few(count),
    )
