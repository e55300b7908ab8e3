"""Cox regression; errors are by patient where patients bring several units."""

from dataclasses import dataclass, replace
from math import exp, sqrt

import numpy as np
from numpy.typing import ArrayLike

from nodewise.errors import StatsError
from nodewise.stats.distributions import normal_p, normal_quantile
from nodewise.stats.estimate import Estimate, Test, few
from nodewise.stats.follow_up import FollowUp
from nodewise.stats.inputs import Array, known_level, two_patients
from nodewise.stats.ratio import LARGEST_LOG
from nodewise.stats.risk_sets import RiskSets, risk_sets

FARTHEST = 30.0
"""Log hazards of two units further apart than this mean that the fit runs off to infinity."""

LEAST_INFORMATION = 1e-12
"""Information on one standard deviation of a predictor; less is what rounding left of 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CoxFit:
    """A fitted model.

    Args:
        coefficients: log hazard ratios, shape (p,).
        covariance: by patient (robust), shape (p, p).
        model_covariance: inverse information, shape (p, p).
        log_likelihood: at no effect and at the fit, shape (2,).
        events: number of events.
        units: number of units.
        clusters: number of patients.
        centre: means of the predictors, shape (p,).
        time: event times, shape (g,).
        hazard: cumulative baseline hazard at the means after each, shape (g,).
    """

    coefficients: Array
    covariance: Array
    model_covariance: Array
    log_likelihood: Array
    events: int
    units: int
    clusters: int
    centre: Array
    time: Array
    hazard: Array

    def chance(self, predictors: ArrayLike, at: float) -> Array:
        """Chance of the event by a time, shape (n,).

        Args:
            predictors: shape (n, p).
            at: the time.
        """
        x = np.asarray(predictors, np.float64)
        x = x[:, None] if x.ndim == 1 else x
        past = np.append(0.0, self.hazard)[np.searchsorted(self.time, at, side="right")]
        return np.asarray(1 - np.exp(-past * np.exp((x - self.centre) @ self.coefficients)))

    def hazard_ratio(self, predictor: int, *, level: float = 0.95) -> Estimate:
        """The hazard ratio of one predictor.

        Errors are by patient where patients bring several units; else those of the model, whose
        intervals keep their level with far fewer events.

        Args:
            predictor: its number, from 0.
            level: level of the interval, fraction.
        """
        alone = self.clusters == self.units
        about = Estimate(
            name=f"hazard ratio of predictor {predictor + 1}",
            value=1.0,
            level=level,
            method="Cox (Efron)" if alone else "Cox (Efron), errors by patient",
            numerator=self.events,
            clusters=self.clusters,
            caution=few(self.clusters),
        )
        model = self.model_covariance[predictor, predictor]
        variances = (model if alone else self.covariance[predictor, predictor], model)
        return ratio_of_hazards(about, float(self.coefficients[predictor]), variances)


def fit_cox(data: FollowUp, predictors: ArrayLike, *, efron: bool = True) -> CoxFit:
    """Fit by Newton's method, with the covariance of the model and a sandwich over patients.

    Args:
        data: from follow_up; any cause counts as the event.
        predictors: shape (n, p).
        efron: Efron's way with ties; else Breslow's.

    Source:
        Cox, J R Stat Soc B 1972;34:187, doi:10.1111/j.2517-6161.1972.tb00899.x; Efron, J Am Stat
        Assoc 1977;72:557, doi:10.1080/01621459.1977.10480613; Lin & Wei, J Am Stat Assoc
        1989;84:1074, doi:10.1080/01621459.1989.10478874 (sandwich).
    """
    two_patients(data.clusters)
    x, centre, spread = standardised(data, predictors)
    if not (data.event > 0).any():
        raise StatsError("a Cox model needs events; there is none")
    beta = np.zeros(x.shape[1])
    sets = risk_sets(data, x, beta, efron=efron)
    start = sets.log_likelihood
    for _ in range(50):
        try:
            step = np.linalg.solve(sets.information(), sets.score())
        except np.linalg.LinAlgError:
            break
        beta = beta + step * min(1.0, 4.0 / max(np.abs(step @ x.T).max(), 1e-12))
        if np.ptp(x @ beta) > FARTHEST:
            break
        sets = risk_sets(data, x, beta, efron=efron)
        if not determined(sets.information()):
            break
        if np.abs(step).max() < 1e-9:
            return replace(_fit(data, beta, start, sets, spread), centre=centre)
    raise StatsError(
        "the Cox model has no finite fit: a predictor orders all events or depends on another"
    )


def standardised(data: FollowUp, predictors: ArrayLike) -> tuple[Array, Array, Array]:
    """Predictors less their means over their standard deviations, shape (n, p), and both (p,)."""
    x = np.asarray(predictors, np.float64)
    x = x[:, None] if x.ndim == 1 else x
    if x.ndim != 2 or len(x) != len(data.time) or not np.isfinite(x).all():
        raise StatsError(
            f"predictors must be finite numbers of shape ({len(data.time)} units, predictors)"
        )
    centre, spread = x.mean(axis=0), x.std(axis=0)
    alike = np.flatnonzero(spread <= 1e-12 * np.abs(x).max(axis=0))
    if len(alike):
        raise StatsError(f"predictor {alike[0] + 1} is the same for all units: it has no effect")
    return (x - centre) / spread, centre, spread


def determined(information: Array) -> bool:
    """Whether information of shape (p, p) on standardised predictors is more than rounding."""
    return bool(np.linalg.eigvalsh(information)[0] > LEAST_INFORMATION)


def ratio_of_hazards(about: Estimate, log_ratio: float, variances: tuple[float, float]) -> Estimate:
    """A hazard ratio with its interval and the test that it is 1.

    Args:
        about: name, level, method and counts of the estimate.
        log_ratio: its logarithm.
        variances: of the logarithm, by patient and of the model.
    """
    error, model_error = sqrt(variances[0]), sqrt(variances[1])
    half = normal_quantile(known_level(about.level)) * error
    if abs(log_ratio) + half > LARGEST_LOG:
        raise StatsError(
            f"{about.name} or a limit of it is no number that can be held: give the predictor in "
            "a smaller unit, so that 1 is a step which units may differ by"
        )
    found = replace(about, value=exp(log_ratio))
    if not error > 1e-9 * model_error:
        return found.lacking("errors by patient come out as 0 in so few patients")
    test = Test(
        name=f"{about.name} is 1",
        statistic=log_ratio / error,
        p=normal_p(log_ratio / error),
        method=about.method,
    )
    low, high = exp(log_ratio - half), exp(log_ratio + half)
    return replace(found, low=low, high=high, test=test)


def _fit(data: FollowUp, beta: Array, at_start: float, sets: RiskSets, spread: Array) -> CoxFit:
    inverse = np.asarray(np.linalg.inv(sets.information()), np.float64)
    scores = np.array([data.clusters.total(column) for column in sets.each().T]).T @ inverse
    return CoxFit(
        coefficients=beta / spread,
        covariance=scores.T @ scores / np.outer(spread, spread),
        model_covariance=inverse / np.outer(spread, spread),
        log_likelihood=np.array([at_start, sets.log_likelihood]),
        events=int((data.event > 0).sum()),
        units=len(data.time),
        clusters=data.clusters.count,
        centre=np.zeros(len(beta)),
        time=sets.time,
        hazard=np.cumsum(sets.summed(1 / sets.at_risk)),
    )
