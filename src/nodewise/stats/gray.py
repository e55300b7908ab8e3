"""Whether groups of patients have one cumulative incidence of a cause."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from nodewise.errors import StatsError
from nodewise.stats.distributions import chi2_p
from nodewise.stats.estimate import Test
from nodewise.stats.follow_up import FollowUp
from nodewise.stats.inputs import Array, Index, Mask

_STEP = 1e-20


@dataclass(frozen=True, slots=True)
class _Groups:
    """Counts of each group at each event time, each of shape (k, g)."""

    at_risk: Array
    events: Array
    others: Array


def gray_test(data: FollowUp, group: ArrayLike, cause: int = 1) -> Test:
    """Gray's test of one cumulative incidence in all groups, while other events compete.

    With one unit a patient the variance is Gray's. Where a patient has several, in one group or in
    several, it is the sum of squares of what patients add to the score.

    Args:
        data: from follow_up, causes numbered from 1.
        group: shape (n,).
        cause: whose incidence is compared.

    Source:
        Gray, Ann Stat 1988;16:1141, doi:10.1214/aos/1176350951, with rho = 0; tied events as in a
        hypergeometric draw. By patient: Chen et al., Biometrics 2008;64:172,
        doi:10.1111/j.1541-0420.2007.00868.x; what a patient adds is the derivative of the score by
        the weight of their units.
    """
    names, code = np.unique(np.asarray(group), return_inverse=True)
    if len(names) < 2:
        raise StatsError("Gray's test needs 2 groups or more; there is 1")
    if not (data.event == cause).any():
        raise StatsError(f"Gray's test needs events of cause {cause}; there is none")
    code = code.ravel().astype(np.int64)
    found = _count(data, code, cause)
    score, by_patient = _observed_less_expected(found), data.clusters.count < len(code)
    spread = _by_patient(data, code, found, cause=cause) if by_patient else _spread(found)
    inverse = np.linalg.pinv(spread[1:, 1:], hermitian=True)
    statistic, df = float(score[1:] @ inverse @ score[1:]), len(names) - 1
    return Test(
        name=f"equal incidence of cause {cause}",
        statistic=statistic,
        df=(float(df),),
        p=chi2_p(statistic, df),
        method="Gray, errors by patient" if by_patient else "Gray",
    )


def _count(data: FollowUp, code: Index, cause: int) -> _Groups:
    times = np.unique(data.time[data.event > 0])
    groups = range(int(code.max()) + 1)
    at_risk = [[np.count_nonzero(data.time[code == k] >= t) for t in times] for k in groups]

    def at(chosen: Mask) -> Array:
        counted = np.zeros((len(groups), len(times)))
        np.add.at(counted, (code[chosen], np.searchsorted(times, data.time[chosen])), 1.0)
        return counted

    others = (data.event > 0) & (data.event != cause)
    return _Groups(np.array(at_risk, np.float64), at(data.event == cause), at(others))


def _by_patient(data: FollowUp, code: Index, found: _Groups, *, cause: int) -> Array:
    """Sum over patients of the squares of what they add to the score, shape (k, k)."""
    if data.clusters.count <= len(found.events):
        raise StatsError(
            f"Gray's test by patient needs more patients than groups; there are "
            f"{data.clusters.count} and {len(found.events)}"
        )
    times = np.unique(data.time[data.event > 0])
    each = np.array(
        [
            _added(found, group, data.time[n] >= times, (data.time[n] == times) * data.event[n],
                   cause=cause)
            for n, group in enumerate(code)
        ]
    )  # fmt: skip
    totals = np.array([data.clusters.total(column) for column in each.T])
    spread = totals @ totals.T
    if np.linalg.matrix_rank(spread[1:, 1:], hermitian=True) < len(spread) - 1:
        raise StatsError("patients fare alike in all groups: Gray's test has no variance")
    return np.asarray(spread)


def _added(found: _Groups, group: int, at_risk: Mask, event: Index, *, cause: int) -> Array:
    """Derivative of the score by the weight of one unit, along the imaginary axis, shape (k,)."""
    changes = (at_risk, event == cause, (event > 0) & (event != cause))
    counts = [part.astype(complex) for part in (found.at_risk, found.events, found.others)]
    for count, change in zip(counts, changes, strict=True):
        count[group] += 1j * _STEP * change
    return np.asarray(_observed_less_expected(_Groups(*counts)).imag / _STEP)


def _observed_less_expected(found: _Groups) -> Array:
    """The score of each group, shape (k,).

    With h_r = at risk / survival before, the expected share of group k is h_k (1 - F_k) over the
    sum of these.
    """
    h, _, incidence = _curves(found)
    share = h * (1 - incidence)
    expected = share / share.sum(axis=0) * found.events.sum(axis=0)
    return np.asarray((found.events - expected).sum(axis=1))


def _curves(found: _Groups) -> tuple[Array, Array, Array]:
    """At risk over survival before, survival, and incidence before, each of shape (k, g)."""
    size, d1, d2 = found.at_risk, found.events, found.others
    some = size.real > 0
    divisor = np.where(some, size, 1.0)
    survival = np.multiply.accumulate(np.where(some, 1 - (d1 + d2) / divisor, 1.0), axis=1)
    before = _lagged(survival, 1.0)
    steps = np.where(some, before * d1 / divisor, 0.0)
    h = np.where(some, size / np.where(some, before, 1.0), 0.0)
    return h, survival, _lagged(np.add.accumulate(steps, axis=1), 0.0)


def _spread(found: _Groups) -> Array:
    """Covariance of the score, one unit a patient, shape (k, k).

    An event in group r moves the score of group k by K_kr = h_k (δ_kr - h_r / h), and, through the
    incidence that later shares rest on, by what of C_kr is still to come.
    """
    size, d1, d2 = found.at_risk, found.events, found.others
    h, survival, _ = _curves(found)
    before, divisor = _lagged(survival, 1.0), np.where(size > 0, size, 1.0)
    pooled = d1.sum(axis=0) / h.sum(axis=0)  # steps of the incidence under equality
    free = 1 - np.cumsum(pooled)
    spread = np.zeros((len(h), len(h)))
    for r in range(len(h)):
        moved = h * ((np.arange(len(h)) == r)[:, None] - h[r] / h.sum(axis=0))
        each = moved / _lagged(free[None, :], 1.0) * pooled
        to_come = each.sum(axis=1, keepdims=True) - np.cumsum(each, axis=1)
        ratio = np.divide(free, survival[r], out=np.zeros_like(free), where=survival[r] > 1e-12)
        inverse = np.divide(1.0, h[r], out=np.zeros_like(free), where=h[r] > 0)
        own = moved + (1 - ratio) * to_come
        other = -ratio * to_come
        # ties: draws without replacement among those at risk
        first = pooled * inverse * _without(d1.sum(axis=0), h.sum(axis=0) * before[r])
        second = before[r] * d2[r] / divisor[r] * inverse * _without(d2[r], size[r])
        spread += (own * first) @ own.T + (other * second) @ other.T
    return spread


def _lagged(values: Array, first: float) -> Array:
    """Values just before each time, shape (k, g)."""
    return np.concatenate([np.full((len(values), 1), first), values[:, :-1]], axis=1)


def _without(drawn: Array, among: Array) -> Array:
    """Factor by which several draws without replacement vary less, shape (g,)."""
    tied = np.where(drawn > 1, (drawn - 1) / np.maximum(among - 1, 1e-9), 0.0)
    return np.asarray(1 - np.minimum(tied, 1.0))
