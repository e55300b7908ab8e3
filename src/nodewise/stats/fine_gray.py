"""Regression of the cumulative incidence of one cause when others compete with it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from nodewise.errors import StatsError
from nodewise.stats.cox import FARTHEST, determined, ratio_of_hazards, standardised
from nodewise.stats.estimate import Estimate, few
from nodewise.stats.follow_up import FollowUp
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
    """Units and the distinct times.

    Args:
        x: predictors, standardised, shape (n, p).
        spread: their standard deviations, shape (p,).
        event: of the cause, shape (n,).
        other: had another event, shape (n,).
        lost: was lost to follow-up, shape (n,).
        place: number of each unit's time, shape (n,).
        stays: chance to be under follow-up just before each distinct time, shape (g,).
    """

    x: Array
    spread: Array
    event: Mask
    other: Mask
    lost: Mask
    place: Index
    stays: Array

    def summed(self, values: Array) -> Array:
        """Sums at each distinct time of values of shape (n,), shape (g,)."""
        return np.asarray(np.bincount(self.place, values, len(self.stays)), np.float64)

    def at_risk(self, values: Array) -> Array:
        """Sums over risk sets at each distinct time, other events weighed, shape (g,)."""
        gone = np.where(self.other, values / self.stays[self.place], 0.0)
        return _from_here(self.summed(values)) + self.stays * _before(self.summed(gone))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sums:
    """At one coefficient: the likelihood, its slope and curvature, and what the risk sets hold.

    Args:
        log_likelihood: of the fit.
        score: shape (p,).
        information: shape (p, p).
        risk: hazard of each unit, shape (n,).
        mean: predictors of those at risk at each distinct time, shape (g, p).
        hazard: steps of the baseline hazard, shape (g,).
    """

    log_likelihood: float
    score: Array
    information: Array
    risk: Array
    mean: Array
    hazard: Array


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
    sample = _sample(data, predictors, cause)
    beta = np.zeros(sample.x.shape[1])
    for _ in range(50):
        sums = _sums(sample, beta)
        try:
            step = np.linalg.solve(sums.information, sums.score)
        except np.linalg.LinAlgError:
            break
        beta = beta + step * min(1.0, 4.0 / max(np.abs(step @ sample.x.T).max(), 1e-12))
        if np.ptp(sample.x @ beta) > FARTHEST:
            break
        if not determined(sums.information):
            break
        if np.abs(step).max() < 1e-9:
            return _fit(data, sample, beta, _sums(sample, beta))
    raise StatsError(
        "the Fine-Gray model has no finite fit: a predictor orders all events or depends on another"
    )


def _sample(data: FollowUp, predictors: ArrayLike, cause: int) -> _Sample:
    x, _, spread = standardised(data, predictors)
    event = data.event
    if not (event == cause).any():
        raise StatsError(f"a Fine-Gray model needs events of cause {cause}; there is none")
    place = np.unique(data.time, return_inverse=True)[1].ravel()
    leaving = np.bincount(place).astype(np.float64)
    lost = np.bincount(place, weights=event == 0)
    after = np.cumprod(1 - lost / _from_here(leaving))
    return _Sample(
        x=x,
        spread=spread,
        event=event == cause,
        other=(event > 0) & (event != cause),
        lost=event == 0,
        place=place,
        stays=np.append(1.0, after[:-1]),
    )


def _sums(sample: _Sample, beta: Array) -> _Sums:
    """Weighted sums over the risk sets at one coefficient."""
    risk = np.exp(sample.x @ beta)
    deaths = sample.summed(sample.event.astype(np.float64))
    having = deaths > 0
    s0 = np.where(having, sample.at_risk(risk), 1.0)
    hazard = deaths / s0
    means = [np.where(having, sample.at_risk(risk * c) / s0, 0.0) for c in sample.x.T]
    mean = np.stack(means, axis=1)
    own = sample.x[sample.event]
    information = -(mean.T * deaths) @ mean
    for i, j in np.ndindex(*information.shape):
        information[i, j] += sample.at_risk(risk * sample.x[:, i] * sample.x[:, j]) @ hazard
    return _Sums(
        log_likelihood=float((own @ beta).sum() - deaths @ np.log(s0)),
        score=own.sum(axis=0) - deaths @ mean,
        information=information,
        risk=risk,
        mean=mean,
        hazard=hazard,
    )


def _each(sample: _Sample, sums: _Sums) -> Array:
    """What each unit adds to the score, and through the weights for censoring, shape (n, p)."""
    found = np.empty_like(sample.x)
    place, stays, risk = sample.place, sample.stays, sums.risk
    past, to_come = np.cumsum(sums.hazard), _from_here(stays * sums.hazard)
    gone = np.where(sample.other, risk / stays[place], 0.0)
    at_risk = _from_here(sample.summed(np.ones(len(place))))
    lost = sample.summed(sample.lost.astype(np.float64))
    for k, mean in enumerate(sums.mean.T):
        x, moved = sample.x[:, k], mean * sums.hazard
        later = _from_here(stays * moved)
        # eta: the event, the hazard until one's own time, and with another event after it
        eta = np.where(sample.event, x - mean[place], 0.0)
        eta -= risk * (x * past[place] - np.cumsum(moved)[place])
        eta -= gone * (x * _next(to_come)[place] - _next(later)[place])
        # psi: a loss at u moves the weights of those gone before u, from u on
        q = _before(sample.summed(gone * x)) * to_come - _before(sample.summed(gone)) * later
        psi = np.where(sample.lost, (q / at_risk)[place], 0.0)
        psi -= np.cumsum(q * lost / at_risk**2)[place]
        found[:, k] = eta + psi
    return found


def _from_here(values: Array) -> Array:
    """Sums over each time and all later ones, shape (g,)."""
    return np.asarray(np.cumsum(values[::-1])[::-1])


def _next(values: Array) -> Array:
    """Values of the next time, 0 after the last, shape (g,)."""
    return np.append(values[1:], 0.0)


def _before(values: Array) -> Array:
    """Sums over all earlier times, shape (g,)."""
    return np.append(0.0, np.cumsum(values)[:-1])


def _fit(data: FollowUp, sample: _Sample, beta: Array, sums: _Sums) -> FineGrayFit:
    inverse = np.asarray(np.linalg.inv(sums.information), np.float64)
    each = _each(sample, sums)
    moved = np.array([data.clusters.total(column) for column in each.T]).T @ inverse
    scale = np.outer(sample.spread, sample.spread)
    return FineGrayFit(
        coefficients=beta / sample.spread,
        covariance=moved.T @ moved / scale,
        model_covariance=inverse / scale,
        log_likelihood=sums.log_likelihood,
        events=int(sample.event.sum()),
        clusters=data.clusters.count,
    )
