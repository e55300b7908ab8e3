"""The binormal ROC curve that makes the observed scores most likely, with errors by patient."""

from dataclasses import dataclass, replace
from math import sqrt

import numpy as np
from scipy.special import ndtr, ndtri

from nodewise.errors import StatsError
from nodewise.stats.binormal import Binormal
from nodewise.stats.distributions import t_quantile
from nodewise.stats.estimate import Estimate, few
from nodewise.stats.inputs import Array, Index, known_level
from nodewise.stats.placement import ranked
from nodewise.stats.roc import Roc

MOST_CATEGORIES = 200
"""Categories beyond which neighbours are put together; their loss is far below the errors."""

_RANGE = 0.02, 50.0  # a ratio of spreads beyond these means that the likelihood has no maximum
_FAR = 8.0  # standard deviations between the classes, likewise
_HOOK = 0.01  # share of negative units below which a hook of the curve is not worth a word
_FLOOR = 1e-300


@dataclass(frozen=True, slots=True, kw_only=True)
class BinormalFit:
    """A fitted curve.

    Args:
        curve: its a and b.
        covariance: of a and b by patient (robust), shape (2, 2).
        model_covariance: of a and b as if units were independent, shape (2, 2).
        area: its AUC, with an interval.
        categories: of scores that the fit rests on.
        log_likelihood: at the fit.
    """

    curve: Binormal
    covariance: Array
    model_covariance: Array
    area: Estimate
    categories: int
    log_likelihood: float


@dataclass(frozen=True, slots=True)
class _Counts:
    """Units by category of score, shape (k,), and the category of each unit, shape (n,)."""

    negative: Array
    positive: Array
    of: Index


def binormal_likelihood(curve: Roc, *, level: float = 0.95) -> BinormalFit:
    """Fit Sensitivity = Phi(a + b Phi^-1(1 - specificity)) by maximum likelihood.

    Scores count by their order alone: runs of one class are one category. Errors are a sandwich
    over patients; the interval of the area is symmetric on the scale of normal deviates, with t
    and the patients of the smaller class.

    Args:
        curve: from roc_curve.
        level: level of the interval, fraction.

    Source:
        Dorfman & Alf, J Math Psychol 1969;6:487, doi:10.1016/0022-2496(69)90019-4; categories of
        continuous scores as in Metz et al., Stat Med 1998;17:1033,
        doi:10.1002/(SICI)1097-0258(19980515)17:9<1033::AID-SIM784>3.0.CO;2-Z.
    """
    known_level(level)
    counts = _categories(curve)
    place = _climbed(_start(counts), counts)
    a, b = float(place[0]), float(np.exp(place[1]))
    _has_maximum(a, b)
    negative, positive = _slopes(place)
    information = _information(negative, positive, counts)
    inverse = np.linalg.inv(information)
    scale = np.diag([1.0, b])  # from log b to b
    added = [part[1] / part[0][:, None] @ inverse[:, :2] @ scale for part in (negative, positive)]
    each = np.where(curve.data.truth[:, None], added[1][counts.of], added[0][counts.of])
    totals = np.array([curve.data.clusters.total(column) for column in each.T])
    count = curve.clusters
    robust = totals @ totals.T * count / max(count - 1, 1)
    plain = scale @ inverse[:2, :2] @ scale
    fitted = Binormal(a=a, b=b)
    return BinormalFit(
        curve=fitted,
        covariance=robust,
        model_covariance=plain,
        area=_area(fitted, robust, curve, level),
        categories=len(counts.negative),
        log_likelihood=_log_likelihood(place, counts),
    )


def _categories(curve: Roc) -> _Counts:
    """Runs of scores of one class put together, and neighbours where there are too many."""
    sorted_ = ranked(curve.data.score, curve.data.truth)
    kind = np.where(sorted_.negative == 0, 1, np.where(sorted_.positive == 0, -1, 0))
    new = np.append(True, (kind[1:] != kind[:-1]) | (kind[1:] == 0))
    run = np.cumsum(new) - 1
    if run[-1] >= MOST_CATEGORIES:
        passed = np.cumsum(sorted_.negative + sorted_.positive)
        share = np.floor(passed / passed[-1] * (MOST_CATEGORIES - 1e-9)).astype(np.int64)
        run = np.unique(share[np.searchsorted(run, run)], return_inverse=True)[1].ravel()
    of = np.empty(len(curve.data.score), np.int64)
    of[sorted_.order] = run[sorted_.group]
    negative = np.bincount(run, weights=sorted_.negative).astype(np.float64)
    positive = np.bincount(run, weights=sorted_.positive).astype(np.float64)
    if len(negative) < 3:
        raise StatsError(
            "a binormal curve needs scores of 3 categories or more that tell the classes apart "
            f"by degrees; there are {len(negative)}: all tied, or perfectly separated"
        )
    return _Counts(negative, positive, of)


def _start(counts: _Counts) -> Array:
    """a, log b and cut points from the observed shares, shape (k + 1,)."""
    shares = [
        (np.cumsum(part)[:-1] + 0.5) / (part.sum() + 1)
        for part in (counts.negative, counts.positive)
    ]
    cuts, up = ndtri(shares[0]), ndtri(shares[1])
    cuts = np.maximum.accumulate(cuts + 1e-6 * np.arange(len(cuts)))
    b = float(np.clip(np.std(up) / max(np.std(cuts), 1e-3), 0.2, 5.0))
    return np.concatenate([[b * cuts.mean() - up.mean(), np.log(b)], cuts])


def _climbed(place: Array, counts: _Counts) -> Array:
    """Fisher scoring with halved steps, to the top of the likelihood."""
    height = _log_likelihood(place, counts)
    for _ in range(200):
        negative, positive = _slopes(place)
        score = negative[1].T @ (counts.negative / negative[0])
        score += positive[1].T @ (counts.positive / positive[0])
        step = np.linalg.solve(_information(negative, positive, counts), score)
        if float(score @ step) < 1e-12:  # twice what the likelihood can still gain
            break
        step = step * min(1.0, 3.0 / max(float(np.abs(step[:2]).max()), 1e-12))  # b in sight
        for half in 0.5 ** np.arange(40):
            trial = place + half * step
            if (
                np.all(np.diff(trial[2:]) > 0)
                and (found := _log_likelihood(trial, counts)) > height
            ):
                break
        else:
            break
        place, height = trial, found
        _has_maximum(float(place[0]), float(np.exp(place[1])))
    return place


def _slopes(place: Array) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
    """Chances of each category, shape (k,), and their slopes, shape (k, k + 1), by class."""
    a, b, cuts = place[0], np.exp(place[1]), place[2:]
    k = len(cuts) + 1
    found = []
    for is_positive, shift, scale in ((False, 0.0, 1.0), (True, a, b)):
        ends = scale * cuts - shift
        chance = np.maximum(np.diff(np.concatenate([[0.0], ndtr(ends), [1.0]])), _FLOOR)
        density = np.exp(-(ends**2) / 2) / sqrt(2 * np.pi)
        below = np.zeros((k - 1, k + 1))  # slopes of the chance to lie below each cut point
        below[np.arange(k - 1), 2 + np.arange(k - 1)] = density * scale
        if is_positive:
            below[:, 0], below[:, 1] = -density, density * scale * cuts
        edge = np.zeros((1, k + 1))
        found.append((chance, np.diff(np.concatenate([edge, below, edge]), axis=0)))
    return found[0], found[1]


def _information(
    negative: tuple[Array, Array], positive: tuple[Array, Array], counts: _Counts
) -> Array:
    """Expected information, shape (k + 1, k + 1)."""
    found = np.zeros(2 * negative[1].shape[1:])
    for (chance, slope), units in ((negative, counts.negative), (positive, counts.positive)):
        found += units.sum() * slope.T @ (slope / chance[:, None])
    return found


def _log_likelihood(place: Array, counts: _Counts) -> float:
    (negative, _), (positive, _) = _slopes(place)
    return float(counts.negative @ np.log(negative) + counts.positive @ np.log(positive))


def _area(fitted: Binormal, covariance: Array, curve: Roc, level: float) -> Estimate:
    spread = 1 + fitted.b**2
    place = fitted.a / sqrt(spread)
    slope = np.array([1.0, -fitted.a * fitted.b / spread]) / sqrt(spread)
    error, fewest = sqrt(float(slope @ covariance @ slope)), curve.data.fewest
    found = Estimate(
        name="binormal AUC",
        value=fitted.area,
        level=level,
        method="binormal by maximum likelihood, errors by patient",
        denominator=len(curve.data.truth),
        clusters=curve.clusters,
    )
    if fewest < 2:
        return found.lacking("an interval needs both classes from 2 patients or more")
    half = t_quantile(level, fewest - 1) * error
    words = [few(fewest), _hook(fitted)]
    return replace(
        found,
        low=float(ndtr(place - half)),
        high=float(ndtr(place + half)),
        error=error * float(np.exp(-(place**2) / 2)) / sqrt(2 * np.pi),
        error_df=fewest - 1.0,
        caution="; ".join(word for word in words if word),
    )


def _hook(fitted: Binormal) -> str:
    """Where the curve falls below chance, as binormal curves of unequal spreads do somewhere."""
    if fitted.b == 1:
        return ""
    crossing = float(ndtr(fitted.a / (1 - fitted.b)))
    if not _HOOK < crossing < 1 - _HOOK:
        return ""
    return f"the curve crosses chance at a specificity of {1 - crossing:.2f}"


def _has_maximum(a: float, b: float) -> None:
    if not (_RANGE[0] < b < _RANGE[1] and abs(a) < _FAR * max(b, 1.0)):
        raise StatsError(
            "the binormal likelihood has no maximum in these scores: the classes are separated, "
            "or one of them hardly spreads; the empirical curve stands"
        )
