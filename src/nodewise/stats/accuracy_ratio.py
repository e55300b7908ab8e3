"""Ratios of one accuracy of two tests on the same units: relative sensitivity, predictive value."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from math import exp, sqrt

import numpy as np

from nodewise.errors import StatsError
from nodewise.stats.accuracy import Paired
from nodewise.stats.distributions import chi2_p, t_p, t_quantile
from nodewise.stats.estimate import Estimate, Test, few
from nodewise.stats.inputs import Array, Mask, known_level
from nodewise.stats.paired_proportions import same_units
from nodewise.stats.ratio import LOG, ratio, ratio_limits, sum_of, term

ROUNDING = 1e-12
"""A variance below this share of its parts is what rounding left of 0."""


class Accuracy(StrEnum):
    """What of a test is compared."""

    SENSITIVITY = "sensitivity"
    SPECIFICITY = "specificity"
    FALSE_POSITIVES = "false positive fraction"
    PPV = "positive predictive value"
    NPV = "negative predictive value"
    POSITIVE_RATIO = "positive likelihood ratio"
    NEGATIVE_RATIO = "negative likelihood ratio"


@dataclass(frozen=True, slots=True)
class Part:
    """A proportion that an accuracy is a product (+1) or quotient (-1) of.

    Args:
        sign: +1 or -1.
        hit: whether a unit is a hit, shape (n,).
        among: whether a unit counts, shape (n,).
    """

    sign: float
    hit: Mask
    among: Mask


PARTS: dict[Accuracy, Callable[[Mask, Mask], Sequence[Part]]] = {
    Accuracy.SENSITIVITY: lambda t, d: [Part(1, t, d)],
    Accuracy.SPECIFICITY: lambda t, d: [Part(1, ~t, ~d)],
    Accuracy.FALSE_POSITIVES: lambda t, d: [Part(1, t, ~d)],
    Accuracy.PPV: lambda t, d: [Part(1, d, t)],
    Accuracy.NPV: lambda t, d: [Part(1, ~d, ~t)],
    Accuracy.POSITIVE_RATIO: lambda t, d: [Part(1, t, d), Part(-1, t, ~d)],
    Accuracy.NEGATIVE_RATIO: lambda t, d: [Part(1, ~t, d), Part(-1, ~t, ~d)],
}


def accuracy_ratio(
    of: Accuracy | str, first: Paired, second: Paired, *, level: float = 0.95
) -> Estimate:
    """An accuracy of the first test over that of the second, on the same units.

    Args:
        of: which accuracy.
        first: test, truth and patients, from paired.
        second: the same for the other test.
        level: level of the interval, fraction.

    Source:
        Moskowitz & Pepe, Clin Trials 2006;3:272, doi:10.1191/1740774506cn147oa (predictive
        values); Pepe, The Statistical Evaluation of Medical Tests, 2003, chapter 3; errors are
        summed by patient.
    """
    known_level(level)
    what = Accuracy(of)
    value, variance, fewest = log_ratio(what, first, second)
    name, there = f"ratio of {what}", rests_on(what, first, second)
    about = Estimate(
        name=name,
        value=exp(value),
        level=level,
        method="clustered log-t",
        denominator=int(there.sum()),
        clusters=first.clusters.having(there),
    )
    if fewest < 2:
        return replace(about, reason="an interval needs such units from 2 patients or more")
    if not variance > 0:
        return replace(about, reason="the data show no variance of this ratio")
    error, df = sqrt(variance), fewest - 1
    half = t_quantile(level, df) * error
    test = Test(
        name=f"{name} is 1",
        statistic=value / error,
        df=(df,),
        p=t_p(value / error, df),
        method=about.method,
    )
    low, high = ratio_limits(value, half)
    return replace(about, low=low, high=high, test=test, caution=few(fewest))


def rests_on(of: Accuracy, first: Paired, second: Paired) -> Mask:
    """Whether a unit counts for an accuracy of either test, shape (n,)."""
    parts = [part.among for data in (first, second) for part in PARTS[of](data.test, data.truth)]
    return np.asarray(np.any(parts, axis=0))


def log_ratio(
    of: Accuracy, first: Paired, second: Paired, *, small_sample: bool = True
) -> tuple[float, float, int]:
    """Log ratio, its variance and the patients in its smallest part.

    Args:
        of: which accuracy.
        first: from paired.
        second: from paired.
        small_sample: with the CR2 factor; without it, single units give the textbook's variance.
    """
    same_units(first, second)
    terms, fewest = [], len(first.truth)
    for sign, data in ((1.0, first), (-1.0, second)):
        for part in PARTS[of](data.test, data.truth):
            if not (part.hit & part.among).any():
                raise StatsError(f"a ratio of {of} needs hits by both tests; one has none")
            found = ratio(part.hit, part.among, data.clusters, small_sample=small_sample)
            fewest = min(fewest, found.patients)
            terms.append((sign * part.sign, term(found, LOG)))
    return *sum_of(terms), fewest


def leisenring(of: Accuracy | str, first: Paired, second: Paired) -> Test:
    """Generalised score test of equal predictive values, clustered by patient.

    Args:
        of: the positive or the negative predictive value.
        first: from paired.
        second: from paired.

    Source:
        Leisenring et al., Biometrics 2000;56:345, doi:10.1111/j.0006-341X.2000.00345.x.
    """
    gap, weighted, (squares, _) = _score_parts(Accuracy(of), first, second)
    variance = float(np.sum(weighted**2))
    if not variance > ROUNDING * squares:
        raise StatsError(f"the data show no variance of the {of}s: there is nothing to test")
    return _score_test(of, gap**2 / variance, "generalised score (Leisenring)")


def kosinski(of: Accuracy | str, first: Paired, second: Paired) -> Test:
    """Weighted generalised score test of equal predictive values, clustered by patient.

    Args:
        of: the positive or the negative predictive value.
        first: from paired.
        second: from paired.

    Source:
        Kosinski, Stat Med 2013;32:964, doi:10.1002/sim.5587; units of one patient that both tests
        call, and other units of that patient, share their covariance.
    """
    gap, weighted, (squares, binomial) = _score_parts(Accuracy(of), first, second)
    variance = float(np.sum(weighted**2)) - squares + binomial
    if not variance > ROUNDING * (squares + binomial):
        raise StatsError(
            f"the variance of the {of}s is not above 0 in Kosinski's test, which needs more "
            f"units or patients than these {len(first.truth)} in {first.clusters.count}; "
            "Leisenring's test may still be had"
        )
    return _score_test(of, gap**2 / variance, "weighted generalised score (Kosinski)")


def _score_parts(
    of: Accuracy, first: Paired, second: Paired
) -> tuple[float, Array, tuple[float, float]]:
    """Difference of predictive values, its errors by patient, and what Kosinski's test swaps."""
    same_units(first, second)
    if of not in (Accuracy.PPV, Accuracy.NPV):
        raise StatsError(f"this test compares predictive values; {of} was asked for")
    parts = [PARTS[of](data.test, data.truth)[0] for data in (first, second)]
    sizes = [int(part.among.sum()) for part in parts]
    if 0 in sizes:
        raise StatsError(f"{of} cannot be compared: one test never gives that result")
    hit = parts[0].hit
    shares = [float(hit[part.among].mean()) for part in parts]
    pooled = (shares[0] * sizes[0] + shares[1] * sizes[1]) / sum(sizes)
    error = hit - pooled
    weight = [part.among / size for part, size in zip(parts, sizes, strict=True)]
    by_patient = first.clusters.total(error * (weight[0] - weight[1]))
    squares = float(np.sum(error**2 * (weight[0] ** 2 + weight[1] ** 2)))
    binomial = pooled * (1 - pooled) * (1 / sizes[0] + 1 / sizes[1])
    return shares[0] - shares[1], by_patient, (squares, binomial)


def _score_test(of: Accuracy | str, statistic: float, method: str) -> Test:
    return Test(
        name=f"equal {of}s",
        statistic=statistic,
        df=(1.0,),
        p=chi2_p(statistic, 1),
        method=method,
    )
