"""Who is at risk when an event happens: the sums that proportional hazards rest on."""

from dataclasses import dataclass, replace

import numpy as np

from nodewise.stats.follow_up import FollowUp
from nodewise.stats.inputs import Array, Index, Mask


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskSets:
    """Sums over those at risk at each event; tied events leave one after the other (Efron).

    Args:
        x: predictors, shape (n, p).
        log_risk: log hazard of each unit, shape (n,).
        event: whether a unit had the event, shape (n,).
        time: distinct event times, shape (g,).
        place: number of the last event time that each unit lived to, -1 for none, shape (n,).
        of: number of the time of each event, shape (e,).
        share: share of the tied units that is gone before each event, shape (e,).
        at_risk: hazards of those at risk at each event, shape (e,).
        mean: their mean predictors, shape (e, p).
    """

    x: Array
    log_risk: Array
    event: Mask
    time: Array
    place: Index
    of: Index
    share: Array
    at_risk: Array
    mean: Array

    @property
    def log_likelihood(self) -> float:
        """Partial log likelihood."""
        return float(self.log_risk[self.event].sum() - np.log(self.at_risk).sum())

    def score(self, weight: Array | float = 1.0) -> Array:
        """Slope of the log likelihood, shape (p,).

        Args:
            weight: of each event time, shape (g,).
        """
        weights = np.broadcast_to(weight, self.time.shape)
        own = self.x[self.event] * weights[self.place[self.event]][:, None]
        return np.asarray(own.sum(axis=0) - weights[self.of] @ self.mean)

    def information(self, weight: Array | float = 1.0) -> Array:
        """Minus the curvature of the log likelihood, shape (p, p).

        Args:
            weight: of each event time, shape (g,).
        """
        weights = np.broadcast_to(weight, self.time.shape)
        step = weights * self.summed(1 / self.at_risk)
        gone = weights * self.summed(self.share / self.at_risk)
        risk, found = np.exp(self.log_risk), -(self.mean.T * weights[self.of]) @ self.mean
        for i, j in np.ndindex(*found.shape):
            product = risk * self.x[:, i] * self.x[:, j]
            found[i, j] += self.still(product) @ step - self.dying(product) @ gone
        return np.asarray(found)

    def each(self, weight: Array | float = 1.0) -> Array:
        """What each unit adds to the score, shape (n, p).

        Args:
            weight: of each event time, shape (g,).
        """
        weights = np.broadcast_to(weight, self.time.shape)
        risk, event, x = np.exp(self.log_risk), self.event, self.x
        own, lived = self.place[event], self.place + 1  # place 0 stands for no event time at all
        count = np.bincount(self.of, minlength=len(self.time))

        def before(values: Array) -> Array:
            """Sum over the times that each unit lived to see, from shape (e,) to shape (n,)."""
            return np.append(0.0, np.cumsum(weights * self.summed(values)))[lived]

        found = np.empty_like(x)
        hazard, gone = before(1 / self.at_risk), self.summed(self.share / self.at_risk)[own]
        for k, mean in enumerate(self.mean.T):
            found[:, k] = -risk * (x[:, k] * hazard - before(mean / self.at_risk))
            back = x[event, k] * gone - self.summed(self.share * mean / self.at_risk)[own]
            gap = x[event, k] - (self.summed(mean) / count)[own] + risk[event] * back
            found[event, k] += weights[own] * gap
        return found

    def summed(self, values: Array) -> Array:
        """Sums over the events of each time of values of shape (e,), shape (g,)."""
        return np.asarray(np.bincount(self.of, values, len(self.time)), np.float64)

    def still(self, values: Array) -> Array:
        """Sums over those at risk at each time of values of shape (n,), shape (g,)."""
        known = self.place >= 0
        at = np.bincount(self.place[known], weights=values[known], minlength=len(self.time))
        return np.asarray(np.cumsum(at[::-1])[::-1])

    def dying(self, values: Array) -> Array:
        """Sums over those who have the event at each time, shape (g,)."""
        at = np.bincount(self.place[self.event], values[self.event], len(self.time))
        return np.asarray(at, np.float64)


def risk_sets(data: FollowUp, x: Array, beta: Array, *, efron: bool) -> RiskSets:
    """Find the risk sets of all events at once.

    Args:
        data: from follow_up; any cause counts as the event.
        x: predictors, shape (n, p).
        beta: log hazard ratios, shape (p,).
        efron: Efron's way with ties; else Breslow's.
    """
    event, log_risk = data.event > 0, x @ beta
    time, of, count = np.unique(data.time[event], return_inverse=True, return_counts=True)
    of = np.sort(of.ravel())
    turn = np.arange(len(of)) - np.repeat(np.cumsum(count) - count, count)
    share = turn / count[of] if efron else np.zeros(len(of))
    sets = RiskSets(
        x=x,
        log_risk=log_risk,
        event=event,
        time=time,
        place=np.searchsorted(time, data.time, side="right") - 1,
        of=of,
        share=share,
        at_risk=np.zeros(0),
        mean=np.zeros((0, 0)),
    )

    def left(values: Array) -> Array:
        """Sum over those at risk at each event, shape (e,)."""
        return np.asarray(sets.still(values)[of] - share * sets.dying(values)[of])

    risk = np.exp(log_risk)
    at_risk = left(risk)
    mean = np.stack([left(risk * column) / at_risk for column in x.T], axis=1)
    return replace(sets, at_risk=at_risk, mean=mean)
