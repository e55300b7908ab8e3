"""Whether hazards stay in proportion over time."""

import numpy as np
from numpy.typing import ArrayLike

from nodewise.errors import StatsError
from nodewise.stats.cox import fit_cox, standardised
from nodewise.stats.distributions import chi2_p
from nodewise.stats.estimate import Test
from nodewise.stats.follow_up import FollowUp, risk_table
from nodewise.stats.inputs import Array
from nodewise.stats.risk_sets import RiskSets, risk_sets


def proportional_hazards(data: FollowUp, predictors: ArrayLike) -> tuple[Test, ...]:
    """Test for each predictor, and for all, that its hazard ratio does not change over time.

    The score test of a predictor's product with time, where time is 1 - Kaplan and Meier's curve
    just before. Where patients bring several units, its variance is summed by patient.

    Args:
        data: from follow_up; any cause counts as the event.
        predictors: shape (n, p).

    Returns:
        A test of each predictor, and last of all of them together.

    Source:
        Grambsch & Therneau, Biometrika 1994;81:515, doi:10.1093/biomet/81.3.515, as an exact score
        test.
    """
    fit = fit_cox(data, predictors)
    x, _, spread = standardised(data, predictors)
    sets = risk_sets(data, x, fit.coefficients * spread, efron=True)
    clock = _clock(data, sets)
    score, spread_of_score = sets.score(clock), _variance(data, sets, clock)
    how = "Grambsch-Therneau" + (", by patient" if data.clusters.count < len(x) else "")
    tests = [
        _test(f"constant hazard ratio of predictor {k + 1}", score[[k]], part, how)
        for k, part in enumerate(np.diag(spread_of_score)[:, None, None])
    ]
    return (*tests, _test("constant hazard ratios", score, spread_of_score, how))


def _clock(data: FollowUp, sets: RiskSets) -> Array:
    """Time of each event, on the scale of 1 - survival, less its mean over events, shape (g,)."""
    table = risk_table(data)
    alive = np.append(1.0, np.cumprod(1 - table.events / table.at_risk))
    clock = 1 - alive[np.searchsorted(table.time, sets.time)]
    return np.asarray(clock - clock[sets.of].mean())


def _variance(data: FollowUp, sets: RiskSets, clock: Array) -> Array:
    """Of the score of time's products, the predictors' own effects being estimated, (p, p)."""
    cross = sets.information(clock)
    taken = cross @ np.linalg.inv(sets.information())
    if data.clusters.count == len(data.time):
        return np.asarray(sets.information(clock**2) - taken @ cross)
    each = sets.each(clock) - sets.each() @ taken.T
    summed = np.array([data.clusters.total(column) for column in each.T])
    return np.asarray(summed @ summed.T)


def _test(name: str, score: Array, variance: Array, method: str) -> Test:
    scale = np.sqrt(np.diag(variance))
    if not np.all(scale > 1e-9) or np.linalg.matrix_rank(variance) < len(score):
        raise StatsError(f"{name} cannot be tested: events at too few times show no variance")
    statistic = float(score @ np.linalg.solve(variance, score))
    df = len(score)
    return Test(name=name, statistic=statistic, df=(df,), p=chi2_p(statistic, df), method=method)
