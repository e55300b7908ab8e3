"""Index-test results without images: how many nodes, which are metastatic, what they score."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nodewise.errors import StatsError
from nodewise.simulate.tissue import Distribution
from nodewise.volume import Array, Mask

Index = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Population:
    """What people of a study are assumed to be like.

    Args:
        metastatic: scores of metastatic nodes, in the index test's unit.
        benign: scores of benign nodes.
        icc: correlation of the scores of one patient's nodes of a kind.
        nodes: of a patient that can be analysed, mean; each has one, and the rest are Poisson.
        prevalence: share of metastatic nodes where metastases are possible, fraction.
        node_negative: share of patients there who have no metastasis, fraction.
        places: levels or sides that a patient's nodes are scattered over; 0: nodes by themselves.
    """

    metastatic: Distribution
    benign: Distribution
    icc: float
    nodes: float
    prevalence: float
    node_negative: float
    places: int = 0

    def __post_init__(self) -> None:
        """Refuse what cannot be."""
        if self.nodes < 1:
            raise StatsError(f"a patient brings one node or more, not {self.nodes:g}")
        if not 0 <= self.icc <= 1:
            raise StatsError(f"a correlation within patients lies from 0 to 1, not {self.icc:g}")
        if not 0 < self.prevalence <= 1 - self.node_negative <= 1:
            raise StatsError(
                f"{self.prevalence:g} of nodes cannot be metastatic where {self.node_negative:g} "
                "of patients have no metastasis"
            )


@dataclass(frozen=True, slots=True)
class Results:
    """Units of analysis of a simulated study.

    Args:
        patient: of each unit, numbered from 0, shape (n,).
        metastatic: shape (n,).
        score: not a number where a level or side shows no node, shape (n,).
    """

    patient: Index
    metastatic: Mask
    score: Array


def results(
    population: Population, possible: Mask, *, higher: bool, rng: np.random.Generator
) -> Results:
    """Draw the results of one study.

    Nodes of one patient share a normal deviate: their scores correlate by the ICC. A level, side
    or patient is as suspicious as its most suspicious node, and metastatic if one node is.

    Args:
        population: what people are like.
        possible: whether a patient can have metastases, shape (patients,).
        higher: whether a higher score is more suspicious.
        rng: source of random numbers.
    """
    count = len(possible)
    patient = np.repeat(np.arange(count), 1 + rng.poisson(population.nodes - 1, count))
    positive = possible & (rng.random(count) >= population.node_negative)
    share = population.prevalence / (1 - population.node_negative)
    metastatic = positive[patient] & (rng.random(len(patient)) < share)
    own, shared = rng.standard_normal(len(patient)), rng.standard_normal(count)[patient]
    deviate = np.sqrt(population.icc) * shared + np.sqrt(1 - population.icc) * own
    kinds = population.metastatic, population.benign
    score = np.where(metastatic, *(kind.quantile(deviate) for kind in kinds))
    if not population.places:
        return Results(patient, metastatic, score)
    place = patient * population.places + rng.integers(population.places, size=len(patient))
    worst = np.full(count * population.places, -np.inf if higher else np.inf)
    (np.maximum if higher else np.minimum).at(worst, place, score)
    involved = np.zeros(len(worst), bool)
    involved[place[metastatic]] = True
    worst[np.isinf(worst)] = np.nan
    return Results(np.repeat(np.arange(count), population.places), involved, worst)
