"""Differences of predictive values of two tests on the same units, whose denominators differ."""

import numpy as np

from nodewise.errors import StatsError
from nodewise.stats.accuracy import Paired
from nodewise.stats.accuracy_ratio import PARTS, Accuracy, rests_on
from nodewise.stats.difference import difference
from nodewise.stats.estimate import Estimate, few
from nodewise.stats.paired_proportions import same_units
from nodewise.stats.ratio import ratio


def predictive_difference(
    of: Accuracy | str, first: Paired, second: Paired, *, level: float = 0.95
) -> Estimate:
    """A predictive value of the first test minus that of the second, on the same units.

    What each patient adds to the errors of both values is taken together; t has one degree of
    freedom less than there are patients with such a result of the test that gives it in fewer.

    Args:
        of: the positive or the negative predictive value.
        first: test, truth and patients, from paired.
        second: the same for the other test.
        level: level of the interval, fraction.

    Source:
        Moskowitz & Pepe, Clin Trials 2006;3:272, doi:10.1191/1740774506cn147oa, on the plain
        scale; errors are summed by patient.
    """
    same_units(first, second)
    what = Accuracy(of)
    if what not in (Accuracy.PPV, Accuracy.NPV):
        raise StatsError(f"this difference is of predictive values; {what} was asked for")
    parts = []
    for data in (first, second):
        (part,) = PARTS[what](data.test, data.truth)
        if not part.among.any():
            raise StatsError(f"{what} cannot be compared: one test never gives that result")
        parts.append(ratio(part.hit, part.among, data.clusters))
    fewest = min(part.patients for part in parts)
    there = rests_on(what, first, second)
    shares = [part.hits / part.size for part in parts]
    return difference(
        shares[0] - shares[1],
        float(np.sum((parts[0].residual - parts[1].residual) ** 2)),
        df=fewest - 1,
        level=level,
        about=Estimate(
            name=f"difference of {what}s",
            value=0.0,
            method="clustered ratios, t",
            denominator=int(there.sum()),
            clusters=first.clusters.having(there),
            caution=few(fewest),
        ),
    )
