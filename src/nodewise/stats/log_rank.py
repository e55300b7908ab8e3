"""The log-rank test, of patients or of several units of a patient."""

import numpy as np
from numpy.typing import ArrayLike

from nodewise.errors import StatsError
from nodewise.stats.distributions import chi2_p
from nodewise.stats.estimate import Test
from nodewise.stats.follow_up import FollowUp
from nodewise.stats.inputs import Array, Index


def log_rank(data: FollowUp, group: ArrayLike, strata: ArrayLike | None = None) -> Test:
    """Whether groups have one survival.

    With one unit a patient the variance is the hypergeometric one. Where a patient has several,
    in one group or in several, it is the sum of squares of what patients add to the score.

    Args:
        data: from follow_up.
        group: shape (n,).
        strata: within which groups are compared, shape (n,); None: no strata.

    Source:
        Mantel, Cancer Chemother Rep 1966;50:163; Peto & Peto, J R Stat Soc A 1972;135:185,
        doi:10.2307/2344317; by patient: Lin & Wei, J Am Stat Assoc 1989;84:1074,
        doi:10.1080/01621459.1989.10478874, the robust score test at no difference.
    """
    names, code = np.unique(np.asarray(group), return_inverse=True)
    if len(names) < 2:
        raise StatsError("a log-rank test needs 2 groups or more; there is 1")
    if not (data.event > 0).any():
        raise StatsError("a log-rank test needs events; there is none")
    layer = np.zeros(len(code), np.int64)
    if strata is not None:
        layer = np.unique(np.asarray(strata), return_inverse=True)[1].ravel()
    each, spread = np.zeros((len(code), len(names))), np.zeros((len(names), len(names)))
    for one in np.unique(layer):
        part = layer == one
        member = np.eye(len(names))[code.ravel()[part]]
        each[part], variance = _score(data.time[part], data.event[part] > 0, member)
        spread += variance
    by_patient = data.clusters.count < len(code)
    if by_patient:
        if data.clusters.count <= len(names):
            raise StatsError(
                f"the log-rank test by patient needs more patients than groups; there are "
                f"{data.clusters.count} and {len(names)}"
            )
        totals = np.array([data.clusters.total(column) for column in each.T])
        spread = totals @ totals.T
    return _tested(each.sum(axis=0), spread, stratified=strata is not None, by_patient=by_patient)


def _score(time: Array, event: Array, member: Array) -> tuple[Array, Array]:
    """What each unit adds to observed minus expected events, shape (n, g), and the variance.

    Args:
        time: shape (n,).
        event: shape (n,).
        member: 1 in the column of the unit's group, shape (n, g).
    """
    moments, found = np.unique(time, return_inverse=True)
    place: Index = found.ravel()
    leaving, died = np.zeros((2, len(moments), member.shape[1]))
    np.add.at(leaving, place, member)
    np.add.at(died, place, member * event[:, None])
    at_risk = leaving[::-1].cumsum(axis=0)[::-1]
    n, d = at_risk.sum(axis=1), died.sum(axis=1)
    share = at_risk / n[:, None]
    hazard, expected = np.cumsum(d / n), np.cumsum(share * (d / n)[:, None], axis=0)
    each = event[:, None] * (member - share[place])
    each = each - (member * hazard[place][:, None] - expected[place])
    factor = d * np.where(n > 1, (n - d) / np.maximum(n - 1, 1), 0.0)
    weighed = factor[:, None] * share
    return each, np.diag(weighed.sum(axis=0)) - weighed.T @ share


def _tested(score: Array, spread: Array, *, stratified: bool, by_patient: bool) -> Test:
    rank = int(np.linalg.matrix_rank(spread[1:, 1:], hermitian=True))
    df = len(score) - 1
    if by_patient and rank < df:
        raise StatsError("patients fare alike in all groups: the log-rank test has no variance")
    statistic = float(score[1:] @ np.linalg.pinv(spread[1:, 1:], hermitian=True) @ score[1:])
    method = "stratified log-rank" if stratified else "log-rank"
    return Test(
        name="equal survival",
        statistic=statistic,
        df=(float(df),),
        p=chi2_p(statistic, df),
        method=f"{method}, errors by patient" if by_patient else method,
    )
