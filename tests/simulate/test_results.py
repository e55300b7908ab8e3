"""Nodes and scores without images."""

import numpy as np
import pytest

from nodewise.errors import StatsError
from nodewise.simulate.results import Population, results
from nodewise.simulate.tissue import Distribution
from nodewise.stats import icc, measured

NORMAL = Distribution(mean=0.0, sd=1.0, low=-np.inf, high=np.inf, within=0.0)
HIGH = Distribution(mean=2.0, sd=0.5, low=-np.inf, high=np.inf, within=0.0)


def population(**changes):
    usual = {"icc": 0.3, "nodes": 4.0, "prevalence": 0.3, "node_negative": 0.25}
    return Population(metastatic=HIGH, benign=NORMAL, **(usual | changes))


def drawn(of, patients=4000, seed=1, possible=True):
    rng = np.random.default_rng(seed)
    return results(of, np.full(patients, possible), higher=True, rng=rng)


def test_nodes_prevalence_and_scores_are_as_assumed():
    found = drawn(population())
    sizes = np.bincount(found.patient, minlength=4000)
    assert sizes.min() == 1
    assert sizes.mean() == pytest.approx(4, rel=0.03)
    assert found.metastatic.mean() == pytest.approx(0.3, abs=0.015)
    positive = found.score[found.metastatic]
    assert (positive.mean(), positive.std()) == pytest.approx((2, 0.5), rel=0.03)
    none = np.bincount(found.patient, weights=found.metastatic) == 0
    assert none.mean() > 0.25


def test_nodes_of_one_patient_correlate_as_assumed():
    found = drawn(population(prevalence=1e-9, nodes=6.0, icc=0.4))
    first = np.searchsorted(found.patient, np.arange(4000))
    pairs = np.flatnonzero(np.append(first[1:], len(found.patient)) - first > 1)
    values = np.stack([found.score[first[pairs]], found.score[first[pairs] + 1]], axis=1)
    assert icc(measured(values, pairs), "ICC(1,1)").value == pytest.approx(0.4, abs=0.05)


def test_where_no_metastasis_is_possible_there_is_none():
    assert not drawn(population(), possible=False).metastatic.any()


def test_a_level_is_as_suspicious_as_its_worst_node():
    nodes, levels = drawn(population(), seed=3), drawn(population(places=1), seed=3)
    worst = np.full(4000, -np.inf)
    np.maximum.at(worst, nodes.patient, nodes.score)
    assert levels.score == pytest.approx(worst)
    assert levels.metastatic.tolist() == [
        bool(count) for count in np.bincount(nodes.patient, weights=nodes.metastatic)
    ]


def test_a_level_without_a_node_is_negative_and_has_no_score():
    levels = drawn(population(places=5, nodes=1.0), patients=100)
    assert len(levels.patient) == 500
    assert np.isnan(levels.score).sum() == 400
    assert not levels.metastatic[np.isnan(levels.score)].any()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"nodes": 0.5}, "one node or more"),
        ({"icc": 1.2}, "lies from 0 to 1"),
        ({"prevalence": 0.8}, "cannot be metastatic where 0.25"),
    ],
)
def test_people_who_cannot_be_are_refused(changes, sentence):
    with pytest.raises(StatsError, match=sentence):
        population(**changes)
