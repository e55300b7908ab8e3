"""Reading case after case: when a reader has learnt the task, and when skill slips.

Learning (LC-CUSUM) takes 'inadequate' for the null hypothesis and signals adequacy; monitoring
takes 'adequate' for the null hypothesis and signals inadequacy. The sums are the same.
"""

from collections import defaultdict
from dataclasses import dataclass
from math import log

import numpy as np
from numpy.typing import ArrayLike

from nodewise.errors import StatsError
from nodewise.stats.bisection import root
from nodewise.stats.inputs import Array, numbers


@dataclass(frozen=True, slots=True, kw_only=True)
class Cusum:
    """Two failure rates and a limit.

    Args:
        null: failure rate that is taken for true until the sum signals, fraction.
        alternative: failure rate that the sum looks for, fraction.
        limit: the sum signals when it reaches this.
    """

    null: float
    alternative: float
    limit: float

    def __post_init__(self) -> None:
        rates = self.null, self.alternative
        if not all(0 < rate < 1 for rate in rates) or self.null == self.alternative:
            raise StatsError(f"two different failure rates between 0 and 1 are needed, not {rates}")
        if not self.limit > 0:
            raise StatsError(f"a limit is positive; {self.limit:g} was given")

    @property
    def success_weight(self) -> float:
        """Log likelihood ratio of a success."""
        return log((1 - self.alternative) / (1 - self.null))

    @property
    def failure_weight(self) -> float:
        """Log likelihood ratio of a failure."""
        return log(self.alternative / self.null)


@dataclass(frozen=True, slots=True, kw_only=True)
class CusumPath:
    """The sum after each case.

    Args:
        score: shape (n,); it does not fall below 0.
        first_signal: number of the case, from 1, at which the limit was reached; None: not yet.
    """

    score: Array
    first_signal: int | None


def cusum_path(failure: ArrayLike, plan: Cusum) -> CusumPath:
    """Follow a reader's failures in the order of reading.

    A case of several outcomes (nodes of a patient) counts once, by the share that failed. Its step
    is the mean of theirs, which spreads less than one outcome's, so that false signals become
    rarer than with one outcome a case, never more frequent.

    Args:
        failure: whether each case was a failure, or which share of it was, shape (n,).
        plan: rates and limit.

    Source:
        Biau & Porcher, Stat Med 2010;29:1900, doi:10.1002/sim.3947 (LC-CUSUM); Page, Biometrika
        1954;41:100, doi:10.1093/biomet/41.1-2.100.

    >>> path = cusum_path([0, 0, 0, 0], Cusum(null=0.4, alternative=0.2, limit=1.0))
    >>> path.score.round(2).tolist(), path.first_signal
    ([0.29, 0.58, 0.86, 1.15], 4)
    """
    score, total = [], 0.0
    shares = numbers(failure, "failure")
    if np.any((shares < 0) | (shares > 1)):
        raise StatsError("failure is true or false, or a share from 0 to 1")
    for share in shares:
        step = share * plan.failure_weight + (1 - share) * plan.success_weight
        total = max(0.0, total + step)
        score.append(total)
    values = np.array(score)
    reached = np.flatnonzero(values >= plan.limit)
    return CusumPath(score=values, first_signal=int(reached[0]) + 1 if len(reached) else None)


def signal_probability(plan: Cusum, *, rate: float, cases: int) -> float:
    """Chance of a signal within so many cases, exactly.

    Every sum that can arise is followed: a sum is known by its successes and failures since it
    last stood at 0.

    Args:
        plan: rates and limit.
        rate: true failure rate, fraction; the null rate gives the chance of a false signal.
        cases: number of cases.

    Source:
        Biau & Porcher, Stat Med 2010;29:1900, doi:10.1002/sim.3947, here without simulation.
    """
    if not 0 <= rate <= 1 or cases < 1:
        raise StatsError(f"a rate from 0 to 1 and 1 case or more are needed, not {rate:g}, {cases}")
    at = {(0, 0): 1.0}
    signalled = 0.0
    for _ in range(cases):
        following: defaultdict[tuple[int, int], float] = defaultdict(float)
        for (successes, failures), chance in at.items():
            for step, share in (((1, 0), 1 - rate), ((0, 1), rate)):
                counts = successes + step[0], failures + step[1]
                total = counts[0] * plan.success_weight + counts[1] * plan.failure_weight
                if total >= plan.limit - 1e-12:
                    signalled += chance * share
                else:
                    following[counts if total > 1e-12 else (0, 0)] += chance * share
        at = following
    return signalled


def limit_for(*, null: float, alternative: float, false_signal: float, cases: int) -> float:
    """The lowest limit that keeps the chance of a false signal within so many cases.

    Args:
        null: failure rate under which a signal is false, fraction.
        alternative: failure rate that is looked for, fraction.
        false_signal: largest chance of a false signal that will do, fraction.
        cases: number of cases.
    """
    if not 0 < false_signal < 1:
        raise StatsError(f"a chance lies between 0 and 1; {false_signal:g} was given")

    def excess(limit: float) -> float:
        plan = Cusum(null=null, alternative=alternative, limit=limit)
        found = signal_probability(plan, rate=null, cases=cases)
        return 1.0 if found > false_signal else -1.0  # steps, so that the crossing is sharp

    limit = root(excess, 1e-6, 50.0)
    return limit + 1e-9
