"""Regression of the cumulative incidence of one cause when others compete with it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from nodewise.errors import StatsError
from nodewise.stats.cox import FARTHEST, determined, ratio_of_hazards, standardised
from nodewise.stats.estimate import Estimate, few
from nodewise.stats.follow_up import FollowUp
from nodewise.stats.influence import Complex, Weighted, influences
from nodewise.stats.inputs import Array, Index, Mask, two_patients


@dataclass(frozen=True, slots=True, kw_only=True)
class FineGrayFit:
    """A fitted model.

    Args:
        coefficients: log subdistribution hazard ratios, shape (p,).
        covariance: by patient, shape (p, p).
        model_covariance: inverse information, shape (p, p).
        log_likelihood: of the fit (weighted partial likelihood).
        events: number of events of the cause.
        clusters: number of patients.
    """

    coefficients: Array
    covariance: Array
    model_covariance: Array
    log_likelihood: float
    events: int
    clusters: int

    def hazard_ratio(self, predictor: int, *, level: float = 0.95) -> Estimate:
        """The subdistribution hazard ratio of one predictor, with errors by patient.

        Args:
            predictor: its number, from 0.
            level: level of the interval, fraction.
        """
        about = Estimate(
            name=f"subdistribution hazard ratio of predictor {predictor + 1}",
            value=1.0,
            level=level,
            method="Fine-Gray, errors by patient",
            numerator=self.events,
            clusters=self.clusters,
            caution=few(self.clusters),
        )
        variances = (
            self.covariance[predictor, predictor],
            self.model_covariance[predictor, predictor],
        )
        return ratio_of_hazards(about, float(self.coefficients[predictor]), variances)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sample:
    """Units sorted by time.

    Args:
        x: predictors, standardised, shape (n, p).
        spread: their standard deviations, shape (p,).
        event: of the cause, shape (n,).
        other: had another event, shape (n,).
        lost: was lost to follow-up, shape (n,).
        starts: where each distinct time begins, shape (g,).
        place: number of each unit's time, shape (n,).
    """

    x: Array
    spread: Array
    event: Mask
    other: Mask
    lost: Mask
    starts: Index
    place: Index


@dataclass(frozen=True, slots=True)
class _Sums:
    """Log likelihood, score (b, p), and means and spreads of predictors in the risk sets."""

    log_likelihood: Complex
    score: Complex
    information: Array


def fit_fine_gray(data: FollowUp, predictors: ArrayLike, *, cause: int = 1) -> FineGrayFit:
    """Fit by Newton's method; errors take in that the weights for censoring are estimated.

    Units with another event stay in the risk set, weighed by the chance that they would still be
    under follow-up.

    Args:
        data: from follow_up, with causes numbered from 1.
        predictors: shape (n, p).
        cause: whose incidence is modelled.

    Source:
        Fine & Gray, J Am Stat Assoc 1999;94:496, doi:10.1080/01621459.1999.10474144; ties as
        Breslow's; errors sum the published terms eta + psi over each patient.
    """
    two_patients(data.clusters)
    order = np.argsort(data.time, kind="stable")
    sample = _sample(data, predictors, cause, order)
    units = np.ones((1, len(order)), complex)
    beta = np.zeros(sample.x.shape[1])
    for _ in range(50):
        sums = _sums(sample, beta, units)
        try:
            step = np.linalg.solve(sums.information, sums.score[0].real)
        except np.linalg.LinAlgError:
            break
        beta = beta + step * min(1.0, 4.0 / max(np.abs(step @ sample.x.T).max(), 1e-12))
        if np.ptp(sample.x @ beta) > FARTHEST:
            break
        if not determined(sums.information):
            break
        if np.abs(step).max() < 1e-9:
            return _fit(data, sample, beta, order)
    raise StatsError(
        "the Fine-Gray model has no finite fit: a predictor orders all events or depends on another"
    )


def _sample(data: FollowUp, predictors: ArrayLike, cause: int, order: Index) -> _Sample:
    x, _, spread = standardised(data, predictors)
    event = data.event[order]
    if not (event == cause).any():
        raise StatsError(f"a Fine-Gray model needs events of cause {cause}; there is none")
    times, place = np.unique(data.time[order], return_inverse=True)
    return _Sample(
        x=x[order],
        spread=spread,
        event=event == cause,
        other=(event > 0) & (event != cause),
        lost=event == 0,
        starts=np.searchsorted(data.time[order], times),
        place=place.ravel(),
    )


def _sums(sample: _Sample, beta: Array, units: Complex) -> _Sums:
    """Weighted sums over risk sets; units of shape (b, n)."""
    risk = np.exp(sample.x @ beta)
    stays = _stays(sample, units)
    terms = [np.ones(len(risk)), *sample.x.T]
    parts = [_at_risk(sample, units * (risk * term), stays) for term in terms]
    deaths = np.add.reduceat(units * sample.event, sample.starts, axis=1)
    having = deaths.real[0] > 0.5
    s0 = np.where(having, parts[0], 1)
    means = [np.where(having, part / s0, 0) for part in parts[1:]]
    own = [(units * sample.event) @ column for column in sample.x.T]
    score = np.stack(
        [o - (deaths * m).sum(axis=1) for o, m in zip(own, means, strict=True)], axis=1
    )
    likelihood = (units * sample.event) @ (sample.x @ beta) - (deaths * np.log(s0)).sum(axis=1)
    information = np.empty((len(beta), len(beta)))
    for i, j in np.ndindex(*information.shape):
        both = _at_risk(sample, units[:1] * (risk * sample.x[:, i] * sample.x[:, j]), stays[:1])
        spread = np.where(having, both / s0[:1], 0) - means[i][:1] * means[j][:1]
        information[i, j] = float((deaths[:1] * spread).sum().real)
    return _Sums(likelihood, score, information)


def _stays(sample: _Sample, units: Complex) -> Complex:
    """Chance to be under follow-up just before each distinct time, shape (b, g).

    Its derivative by a unit's weight is Fine and Gray's: a loss at u moves it from u on.
    """
    leaving = np.add.reduceat(units, sample.starts, axis=1)
    lost = np.add.reduceat(units * sample.lost, sample.starts, axis=1)
    hazard = lost / np.cumsum(leaving[:, ::-1], axis=1)[:, ::-1]
    after = np.cumprod(1 - hazard.real, axis=1)
    before = np.concatenate([np.ones((len(units), 1)), after[:, :-1]], axis=1)
    return np.asarray(before * np.exp(np.cumsum(hazard.real - hazard, axis=1)))


def _at_risk(sample: _Sample, values: Complex, stays: Complex) -> Complex:
    """Sums over risk sets at each distinct time, other events weighed, shape (b, g)."""
    total = np.add.reduceat(values, sample.starts, axis=1)
    still = np.cumsum(total[:, ::-1], axis=1)[:, ::-1]
    gone = np.where(sample.other, values / stays[:, sample.place], 0)
    gone = np.cumsum(np.add.reduceat(gone, sample.starts, axis=1), axis=1)
    earlier = np.concatenate([np.zeros((len(values), 1)), gone[:, :-1]], axis=1)
    return np.asarray(still + stays * earlier)


def _fit(data: FollowUp, sample: _Sample, beta: Array, order: Index) -> FineGrayFit:
    units = len(order)
    sums = _sums(sample, beta, np.ones((1, units), complex))
    inverse = np.asarray(np.linalg.inv(sums.information), np.float64)
    each = np.empty((units, len(beta)))
    for k in range(len(beta)):
        each[order, k] = influences(_score_of(sample, beta, k), units)
    moved = np.array([data.clusters.total(column) for column in each.T]).T @ inverse
    scale = np.outer(sample.spread, sample.spread)
    return FineGrayFit(
        coefficients=beta / sample.spread,
        covariance=moved.T @ moved / scale,
        model_covariance=inverse / scale,
        log_likelihood=float(sums.log_likelihood[0].real),
        events=int(sample.event.sum()),
        clusters=data.clusters.count,
    )


def _score_of(sample: _Sample, beta: Array, predictor: int) -> Weighted:
    """One predictor's score as a function of units' weights."""

    def score(units: Complex) -> Complex:
        return np.asarray(_sums(sample, beta, units).score[:, predictor])

    return score
