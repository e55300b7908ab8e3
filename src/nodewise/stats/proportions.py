"""A proportion of nodes, levels or sides that come from patients."""

from math import sqrt

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit

from nodewise.errors import StatsError
from nodewise.stats.distributions import normal_quantile, t_quantile
from nodewise.stats.estimate import Estimate, few
from nodewise.stats.inputs import Clusters, Mask, binary, known_level, patients
from nodewise.stats.ratio import LOGIT, Ratio, ratio, sum_of, term


def proportion(hit: ArrayLike, patient: ArrayLike, *, level: float = 0.95) -> Estimate:
    """The proportion of units that are hits, with an interval that knows the patients.

    The interval is symmetric on the logit scale, with a CR2 standard error and t(patients - 1);
    where all patients agree (all hits, no hits) it is Wilson's with patients as units.

    Args:
        hit: whether a unit is a hit, shape (n,).
        patient: the patient of each unit, shape (n,).
        level: level of the interval, fraction.

    Source:
        Liang & Zeger, Biometrika 1986;73:13, doi:10.1093/biomet/73.1.13 (intercept-only GEE);
        Bell & McCaffrey, Survey Methodology 2002;28:169 (CR2).

    >>> print(proportion([1, 1, 0, 1, 0, 1] * 4, [k // 2 for k in range(24)]))
    0.67 (0.50 to 0.80); 24 nodes in 12 patients; clustered logit-t
    """
    hits = binary(hit, "hit")
    clusters = patients(patient, len(hits))
    return among(hits, np.ones(len(hits), bool), clusters, name="proportion", level=level)


def among(hit: Mask, units: Mask, clusters: Clusters, *, name: str, level: float) -> Estimate:
    """The proportion of hits among some units, under a name.

    Args:
        hit: whether a unit is a hit, shape (n,).
        units: whether a unit counts, shape (n,).
        clusters: the patient of each unit.
        name: what the estimate is called.
        level: level of the interval, fraction.
    """
    known_level(level)
    if not units.any():
        raise StatsError(f"{name} cannot be estimated: none of {len(units)} units counts for it")
    part = ratio(hit, units, clusters)
    low, high, method = _interval(part, level)
    effect = _design_effect(part)
    return Estimate(
        name=name,
        value=part.hits / part.size,
        low=low,
        high=high,
        level=level,
        method=method,
        numerator=int(part.hits),
        denominator=part.size,
        clusters=part.patients,
        design_effect=effect,
        effective=None if effect is None else part.size / effect,
        reason=one_patient(part.patients) if low is None else "",
        caution="" if low is None else few(part.patients),
    )


def naive(estimate: Estimate) -> Estimate:
    """The same proportion as if all units were independent: for comparison only, and labelled so.

    Source:
        Wilson, J Am Stat Assoc 1927;22:209, doi:10.1080/01621459.1927.10502953.
    """
    hits, size = estimate.numerator, estimate.denominator
    if hits is None or size is None or not np.isclose(hits / size, estimate.value, atol=1e-12):
        raise StatsError(
            f"{estimate.name} is no plain proportion; a naive interval is of those only"
        )
    low, high = wilson(hits / size, size, level=estimate.level)
    return Estimate(
        name=estimate.name,
        value=estimate.value,
        low=low,
        high=high,
        level=estimate.level,
        method=f"naive Wilson, {estimate.unit}s taken as independent",
        numerator=hits,
        denominator=size,
        unit=estimate.unit,
    )


def wilson(share: float, size: float, *, level: float = 0.95) -> tuple[float, float]:
    """Wilson's interval for a share of so many independent units.

    Source:
        Wilson, J Am Stat Assoc 1927;22:209, doi:10.1080/01621459.1927.10502953.

    >>> [round(limit, 3) for limit in wilson(0.1, 10)]
    [0.018, 0.404]
    """
    z2 = normal_quantile(level) ** 2
    centre = (share + z2 / (2 * size)) / (1 + z2 / size)
    half = sqrt(z2 * (share * (1 - share) / size + z2 / (4 * size**2))) / (1 + z2 / size)
    low = 0.0 if share == 0 else centre - half
    high = 1.0 if share == 1 else centre + half
    return max(low, 0.0), min(high, 1.0)


def one_patient(count: int) -> str:
    """The sentence for an interval that one patient cannot give."""
    return f"an interval needs nodes from 2 patients or more; these come from {count}"


def _interval(part: Ratio, level: float) -> tuple[float | None, float | None, str]:
    if part.patients < 2:
        return None, None, "no interval from one patient"
    if part.flat:
        return *wilson(part.hits / part.size, part.patients, level=level), "Wilson, n = patients"
    value, variance = sum_of([(1, term(part, LOGIT))])
    half = t_quantile(level, part.patients - 1) * sqrt(variance)
    return float(expit(value - half)), float(expit(value + half)), "clustered logit-t"


def _design_effect(part: Ratio) -> float | None:
    share = part.hits / part.size
    if part.patients < 2 or part.flat:
        return None
    return float(np.sum(part.residual**2) / (share * (1 - share) / part.size))
