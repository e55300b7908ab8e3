"""Two proportions from different patients: differences by the score method."""

from math import acos, copysign, cos, inf, pi, sqrt

from nodewise.errors import StatsError
from nodewise.stats.bisection import root
from nodewise.stats.distributions import normal_p, normal_quantile, t_below
from nodewise.stats.estimate import Estimate, Test, few
from nodewise.stats.inputs import known_level


def difference_between(first: Estimate, second: Estimate, *, level: float = 0.95) -> Estimate:
    """A clustered proportion in one group of patients minus the same in another group.

    Miettinen and Nurminen's interval at the effective numbers of units, that is units over the
    design effect; where patients all agree, patients are the units.

    Args:
        first: sensitivity, specificity or another proportion of one group.
        second: the same of other patients.
        level: level of the interval, fraction.

    Source:
        Miettinen & Nurminen, Stat Med 1985;4:213, doi:10.1002/sim.4780040211; effective sizes as
        in Rao & Scott, Biometrics 1992;48:577, doi:10.2307/2532311.
    """
    plain = miettinen_nurminen(_effective(first), _effective(second), level=level)
    fewest = min(first.clusters or 0, second.clusters or 0)
    return Estimate(
        name=f"difference of {first.name}",
        value=plain.value,
        low=plain.low,
        high=plain.high,
        level=level,
        method="Miettinen-Nurminen at effective sizes",
        denominator=(first.denominator or 0) + (second.denominator or 0),
        clusters=(first.clusters or 0) + (second.clusters or 0),
        unit=first.unit,
        test=plain.test,
        caution=few(fewest),
    )


def noninferiority_between(first: Estimate, second: Estimate, *, margin: float) -> Test:
    """Whether a clustered proportion of one group is less than a margin below that of another.

    The test that goes with difference_between: at 2.5 % it shows no inferiority where the lower
    limit of the 95 % interval lies above minus the margin.

    Args:
        first: sensitivity, specificity, predictive value or another proportion of one group.
        second: the same of other patients.
        margin: how much worse still counts as no worse, fraction, positive.

    Source:
        Miettinen & Nurminen, Stat Med 1985;4:213, doi:10.1002/sim.4780040211; effective sizes as
        in Rao & Scott, Biometrics 1992;48:577, doi:10.2307/2532311.
    """
    _margin(margin)
    statistic = score_statistic(_effective(first), _effective(second), at=-margin)
    return Test(
        name=f"first is worse by {margin:g} or more",
        statistic=statistic,
        p=t_below(-statistic, inf),
        method="Miettinen-Nurminen at effective sizes, one-sided",
    )


def miettinen_nurminen(
    first: tuple[float, float], second: tuple[float, float], *, level: float = 0.95
) -> Estimate:
    """Difference of two proportions of independent units, such as patients.

    Args:
        first: hits and units of one group.
        second: hits and units of the other group.
        level: level of the interval, fraction.

    Source:
        Miettinen & Nurminen, Stat Med 1985;4:213, doi:10.1002/sim.4780040211.

    >>> print(miettinen_nurminen((56, 70), (48, 80)))
    0.20 (0.05 to 0.34); 150 patients; p = 0.008; Miettinen-Nurminen
    """
    z = normal_quantile(known_level(level))
    value = _share(first) - _share(second)

    def score(of: float) -> float:
        return score_statistic(first, second, at=of)

    statistic = score(0.0)
    return Estimate(
        name="difference",
        value=value,
        low=root(lambda d: score(d) - z, -1 + 1e-12, value),
        high=root(lambda d: score(d) + z, value, 1 - 1e-12),
        level=level,
        method="Miettinen-Nurminen",
        denominator=round(first[1] + second[1]),
        unit="patient",
        test=Test(
            name="difference is 0",
            statistic=statistic,
            p=normal_p(statistic),
            method="Miettinen-Nurminen",
        ),
    )


def farrington_manning(
    first: tuple[float, float], second: tuple[float, float], *, margin: float
) -> Test:
    """Whether the first proportion is no more than a margin below the second.

    Args:
        first: hits and units of one group.
        second: hits and units of the other group.
        margin: how much worse still counts as no worse, fraction, positive.

    Source:
        Farrington & Manning, Stat Med 1990;9:1447, doi:10.1002/sim.4780091208.
    """
    _margin(margin)
    statistic = score_statistic(first, second, at=-margin, small_sample=False)
    return Test(
        name=f"first is worse by {margin:g} or more",
        statistic=statistic,
        p=t_below(-statistic, inf),
        method="Farrington-Manning, one-sided",
    )


def score_statistic(
    first: tuple[float, float],
    second: tuple[float, float],
    *,
    at: float,
    small_sample: bool = True,
) -> float:
    """Standardised distance of the observed difference from the one under the hypothesis.

    Args:
        first: hits and units of one group.
        second: hits and units of the other group.
        at: the difference under the hypothesis.
        small_sample: with Miettinen and Nurminen's factor N / (N - 1).

    Source:
        Miettinen & Nurminen, Stat Med 1985;4:213, appendix 1.
    """
    gap = _share(first) - _share(second) - at
    one, two = _constrained(first, second, at)
    variance = one * (1 - one) / first[1] + two * (1 - two) / second[1]
    if small_sample:
        total = first[1] + second[1]
        variance *= total / (total - 1)
    if variance <= 1e-15:
        return 0.0 if abs(gap) < 1e-12 else copysign(1e9, gap)
    return gap / sqrt(variance)


def _constrained(
    first: tuple[float, float], second: tuple[float, float], at: float
) -> tuple[float, float]:
    """Most likely proportions whose difference is `at`: the root of a cubic, in closed form."""
    (x1, n1), (x2, n2) = first, second
    total, hits = n1 + n2, x1 + x2
    l2 = (n1 + 2 * n2) * at - total - hits
    l1 = (n2 * at - total - 2 * x2) * at + hits
    l0 = x2 * at * (1 - at)
    q = (l2 / (3 * total)) ** 3 - l1 * l2 / (6 * total**2) + l0 / (2 * total)
    p = copysign(sqrt(max((l2 / (3 * total)) ** 2 - l1 / (3 * total), 0.0)), q)
    ratio = 0.0 if p == 0 else min(max(q / p**3, -1.0), 1.0)
    two = 2 * p * cos((pi + acos(ratio)) / 3) - l2 / (3 * total)
    two = min(max(two, 0.0, -at), 1.0, 1.0 - at)
    return two + at, two


def _share(group: tuple[float, float]) -> float:
    hits, units = group
    if not 0 <= hits <= units or units <= 0:
        raise StatsError(f"{hits:g} hits among {units:g} units cannot be")
    return hits / units


def _margin(margin: float) -> None:
    if not 0 < margin < 1:
        raise StatsError(f"a margin lies between 0 and 1; {margin:g} was given")


def _effective(estimate: Estimate) -> tuple[float, float]:
    """Hits and units of as many independent units as would be as informative."""
    size = estimate.effective or estimate.clusters
    if not size or (estimate.clusters or 0) < 2 or not 0 <= estimate.value <= 1:
        raise StatsError(f"{estimate.name} is no clustered proportion of 2 patients or more")
    return estimate.value * float(size), float(size)
