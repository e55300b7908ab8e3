"""A proportion within some units, and what each patient adds to its error.

Every clustered statistic on yes-or-no answers is a sum of transformed ratios: their errors add
up patient by patient, so that what one patient's nodes share is counted once.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import exp, log

import numpy as np

from nodewise.errors import StatsError
from nodewise.stats.inputs import Array, Clusters, Mask

LARGEST_LOG = 700.0
"""Logarithm of about the largest number that the machine holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """Hits among units.

    Args:
        hits: number of hits.
        size: number of units.
        residual: error that each patient adds to the proportion, CR2-scaled, shape (patients,).
        patients: number of patients with such units.
    """

    hits: float
    size: int
    residual: Array
    patients: int

    @property
    def flat(self) -> bool:
        """Whether the data show no spread between patients: all hit, all miss, or all alike."""
        return bool(np.sum(self.residual**2) <= 1e-20)


@dataclass(frozen=True, slots=True)
class Scale:
    """A scale on which a proportion's error is nearly normal, as functions of hits and misses.

    Args:
        value: the proportion on this scale.
        slope: derivative by the proportion.
        spread: variance on this scale for independent units.
    """

    value: Callable[[float, float], float]
    slope: Callable[[float, float], float]
    spread: Callable[[float, float], float]


LOG = Scale(
    lambda a, b: log(a / (a + b)),
    lambda a, b: (a + b) / a,
    lambda a, b: 1 / a - 1 / (a + b),
)
LOG_COMPLEMENT = Scale(
    lambda a, b: log(b / (a + b)),
    lambda a, b: -(a + b) / b,
    lambda a, b: 1 / b - 1 / (a + b),
)
LOGIT = Scale(
    lambda a, b: log(a / b),
    lambda a, b: (a + b) ** 2 / (a * b),
    lambda a, b: 1 / a + 1 / b,
)


def ratio(hit: Mask, among: Mask, clusters: Clusters, *, small_sample: bool = True) -> Ratio:
    """The proportion of hits among some units.

    The residual of a patient with n_k of n units is (hits_k - p n_k) / (n sqrt(1 - n_k/n)): what
    CR2 comes to when a model has only an intercept.

    Args:
        hit: whether a unit is a hit, shape (n,).
        among: whether a unit counts, shape (n,).
        clusters: the patient of each unit.
        small_sample: with the CR2 factor; without it, single units give the binomial variance.

    Source:
        Bell & McCaffrey, Survey Methodology 2002;28:169 (CR2), for an intercept alone.
    """
    sizes = clusters.total(among)
    hits = clusters.total(hit & among)
    size = int(sizes.sum())
    present = int(np.count_nonzero(sizes))
    residual = np.zeros(clusters.count)
    if present > 1:
        leverage = np.sqrt(1 - sizes / size) if small_sample else 1.0
        residual = (hits - hits.sum() / size * sizes) / (size * leverage)
    return Ratio(hits=float(hits.sum()), size=size, residual=residual, patients=present)


@dataclass(frozen=True, slots=True)
class Term:
    """A ratio on a scale.

    Args:
        value: on the scale.
        influence: error that each patient adds, shape (patients,).
        variance: what stands in for it where patients show no spread.
    """

    value: float
    influence: Array
    variance: float


def term(part: Ratio, scale: Scale, *, add: float = 0.0) -> Term:
    """A ratio on a scale, with `add` (0 or 0.5) added to hits and misses.

    Where all patients agree (all hits, all misses) the data show no variance; then each patient
    counts as one unit.
    """
    a, b = part.hits + add, part.size - part.hits + add
    value = scale.value(a, b)
    if not part.flat:
        return Term(value, scale.slope(a, b) * part.residual, 0.0)
    share = part.hits / part.size
    spread = scale.spread(part.patients * share + add, part.patients * (1 - share) + add)
    return Term(value, part.residual, spread)


def sum_of(terms: Sequence[tuple[float, Term]]) -> tuple[float, float]:
    """Value and variance of a signed sum of terms on the same patients."""
    value = sum(sign * part.value for sign, part in terms)
    influence = sum((sign * part.influence for sign, part in terms), np.zeros(1))
    return value, float(np.sum(influence**2)) + sum(part.variance for _, part in terms)


def ratio_limits(log_value: float, half: float) -> tuple[float, float]:
    """Limits of a ratio from its logarithm and the half-width there."""
    if abs(log_value) + half > LARGEST_LOG:
        raise StatsError(
            "the limits of this ratio lie beyond any number: so few patients cannot give so high "
            "a level; ask for a lower one"
        )
    return exp(log_value - half), exp(log_value + half)
