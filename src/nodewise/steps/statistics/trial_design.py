"""A trial as its statistics see it: what its file fixes, and what must be assumed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isinf, sqrt

import numpy as np
from scipy.special import ndtri

from nodewise.errors import StatsError
from nodewise.simulate.published import described
from nodewise.simulate.results import Population
from nodewise.simulate.tissue import SHARED_WITHIN_PATIENT, Distribution
from nodewise.steps.analysis.cases import cutoff_of
from nodewise.steps.statistics.answer import Part
from nodewise.steps.statistics.columns import Array, Mask
from nodewise.trial import Analysis, Arm, IndexTest, Test, Trial, named
from nodewise.truth import Cutoff

SPOTS = {"patient": 1, "side": 2}
"""How many units a patient is divided into; levels are assumed, nodes are by themselves."""

_GIVEN = "as given with the command"
_READ = "answers of one reader, simulated as a score without ties"


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumptions:
    """What no trial file says; every default is nodewise's own unless it names a source.

    Args:
        metastatic: mean and standard deviation of positive nodes' scores, in the test's unit.
        benign: the same of negative nodes.
        auc: of single nodes, in place of means and standard deviations; both kinds spread alike.
        sensitivity: of single nodes at the frozen cut-off, which goes with the AUC.
        icc: correlation of the scores of one patient's nodes.
        nodes: that a patient brings to the analysis, mean.
        prevalence: share of positive nodes in arms where metastases are possible, fraction.
        node_negative: share of patients there without a positive node, fraction.
        levels: dissected levels of a patient, where levels are the units.
        lost: share of patients who bring nothing to the analysis, fraction.
        shares: how patients divide among arms, in any proportion; empty: evenly.
    """

    metastatic: tuple[float, float] | None = None
    benign: tuple[float, float] | None = None
    auc: float | None = None
    sensitivity: float | None = None
    icc: float = SHARED_WITHIN_PATIENT
    nodes: float = 4.0
    prevalence: float = 0.3
    node_negative: float = 0.25
    levels: int = 5
    lost: float = 0.1
    shares: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse what cannot be."""
        if not 0 <= self.lost < 1:
            raise StatsError(f"the share of patients lost lies from 0 to 1, not {self.lost:g}")
        if self.levels < 1:
            raise StatsError(f"one level or more is dissected, not {self.levels}")
        if self.sensitivity is not None and self.auc is None:
            raise StatsError("an assumed sensitivity goes with an assumed AUC: give both")
        if self.auc is not None and (self.metastatic or self.benign):
            raise StatsError("give either an AUC or means and standard deviations")


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """A trial whose primary analysis can be simulated.

    Args:
        trial: the trial.
        test: its primary index test.
        analysis: its primary analysis.
        cutoff: in the scores' unit.
        arms: that the analysis compares.
        shares: of the patients in each, fractions, shape (arms,).
        population: what people are like.
        assumed: where that comes from.
        source: of the scores, in words.
    """

    trial: Trial
    test: Test
    analysis: Analysis
    cutoff: Cutoff
    arms: tuple[Arm, ...]
    shares: Array
    population: Population
    assumed: Assumptions
    source: str

    @property
    def members(self) -> int:
        """Tests of an AUC that the primary one is corrected for, itself included."""
        family = [each for each in self.trial.analysis if each.family == self.analysis.family]
        return sum(len(self.trial.tests_of(each)) * len(each.units) for each in family)

    def compared(self, arm: Array, metastatic: Mask) -> Mask:
        """Whether the analysis takes a unit of this kind from this arm, shape (n,)."""
        rows = [
            [each.name in source for each in self.arms]
            for source in (self.analysis.negatives_from, self.analysis.positives_from)
        ]
        return np.asarray(np.array(rows)[metastatic.astype(int), arm.astype(int)])

    def parts(self) -> tuple[Part, Part]:
        """What stands in the trial file, and what is assumed."""
        return _fixed(self), _assumed(self)


def design(trial: Trial, assumed: Assumptions) -> Design:
    """The primary analysis of a trial under some assumptions."""
    test, analysis = (
        named(trial.tests, trial.primary_test),
        named(trial.analysis, trial.primary_analysis),
    )
    wanted = {*analysis.positives_from, *analysis.negatives_from}
    arms = tuple(arm for arm in trial.arm if arm.name in wanted)
    if not any(arm.metastases_possible for arm in arms if arm.name in analysis.positives_from):
        raise StatsError(
            f"no arm that {analysis.name} takes positives from can have metastases: "
            f"{', '.join(analysis.positives_from)}"
        )
    cutoff = cutoff_of(test)
    kinds, cutoff, source = _scores(test, assumed, cutoff)
    places = assumed.levels if trial.primary_unit == "level" else SPOTS.get(trial.primary_unit, 0)
    return Design(
        trial=trial,
        test=test,
        analysis=analysis,
        cutoff=cutoff,
        arms=arms,
        shares=_shares(arms, assumed.shares),
        population=Population(
            metastatic=kinds[0],
            benign=kinds[1],
            icc=assumed.icc,
            nodes=assumed.nodes,
            prevalence=assumed.prevalence,
            node_negative=assumed.node_negative,
            places=places,
        ),
        assumed=assumed,
        source=source,
    )


def _shares(arms: tuple[Arm, ...], given: Mapping[str, float]) -> Array:
    names = [arm.name for arm in arms]
    if strange := sorted(set(given) - set(names)):
        raise StatsError(
            f"the primary analysis has no arm {', '.join(strange)}; it has {', '.join(names)}"
        )
    shares = np.array([given.get(name, 0.0 if given else 1.0) for name in names])
    if not (shares > 0).all():
        raise StatsError(f"every arm of the analysis needs a share above 0: {', '.join(names)}")
    return np.asarray(shares / shares.sum())


def _scores(
    test: Test, assumed: Assumptions, cutoff: Cutoff
) -> tuple[tuple[Distribution, Distribution], Cutoff, str]:
    """Distributions of metastatic and benign scores, the cut-off on their scale, their source."""
    if assumed.auc is not None:
        return _standard(assumed, cutoff)
    known = described(test.parameter) if isinstance(test, IndexTest) else {}
    given = assumed.metastatic, assumed.benign
    if not {"metastatic", "benign"} <= set(known) and None in given:
        raise StatsError(
            f"nothing is known here of {test.title} in nodes: assume --auc and --sensitivity, or "
            "--metastatic MEAN SD and --benign MEAN SD of positive and negative nodes"
        )
    kinds, sources = [], []
    for kind, pair in zip(("metastatic", "benign"), given, strict=True):
        if pair is None:
            kinds.append(known[kind].distribution)
            sources.append(f"{kind}: {known[kind].standing}, {known[kind].source}")
        else:
            kinds.append(_normal(*pair))
            sources.append(f"{kind}: {_GIVEN}")
    return (kinds[0], kinds[1]), cutoff, "; ".join(sources)


def _standard(
    assumed: Assumptions, cutoff: Cutoff
) -> tuple[tuple[Distribution, Distribution], Cutoff, str]:
    """Two normal distributions of one spread with this AUC, and the cut-off's sensitivity."""
    auc, hit = assumed.auc or 0.5, assumed.sensitivity
    if not 0.5 <= auc < 1 or not (hit is None or 0 < hit < 1):
        raise StatsError("an AUC lies from 0.5 to 1 and a sensitivity between 0 and 1")
    if (hit is None) != (cutoff.value is None):
        raise StatsError(
            "an assumed AUC goes with the --sensitivity at the frozen cut-off, where there is one"
        )
    sign = 1.0 if cutoff.direction == "higher" else -1.0
    apart = sqrt(2) * float(ndtri(auc))
    at = None if hit is None else sign * (apart - float(ndtri(hit)))
    kinds = _normal(sign * apart, 1.0), _normal(0.0, 1.0)
    return kinds, Cutoff(direction=cutoff.direction, value=at), f"normal scores, {_GIVEN}"


def _normal(mean: float, sd: float) -> Distribution:
    if not sd > 0:
        raise StatsError(f"a standard deviation is above 0, not {sd:g}")
    return Distribution(mean=mean, sd=sd, low=-np.inf, high=np.inf, within=0.0)


def _fixed(of: Design) -> Part:
    trial, test = of.trial, of.test
    cut = "no frozen cut-off" if isinstance(test.value, str) else f"cut-off {test.value:g}"
    unit = "" if test.unit == "1" or isinstance(test.value, str) else f" {test.unit}"
    family = f"family {of.analysis.family}: {of.members} tests of an AUC"
    what = f"{test.statistic} of a node" if isinstance(test, IndexTest) else _READ
    return Part(
        title="From the trial file",
        remarks=(
            f"{test.title}, {what}, {cut}{unit}, direction {test.direction}",
            f"{of.analysis.title}, by {trial.primary_unit}; positive: {of.analysis.target}",
            f"positives from {', '.join(of.analysis.positives_from)}; "
            f"negatives from {', '.join(of.analysis.negatives_from)}",
            f"{family}, p values by {trial.multiplicity.method}",
        ),
    )


def _assumed(of: Design) -> Part:
    assumed, population = of.assumed, of.population
    told: dict[str, float] = {}
    for kind, word in (("metastatic", "positive"), ("benign", "negative")):
        one: Distribution = getattr(population, kind)
        told |= {f"mean of {word} nodes": one.mean, f"SD of {word} nodes": one.sd}
        if not isinf(one.low):
            told |= {f"least of {word} nodes": one.low, f"most of {word} nodes": one.high}
    told |= {
        "ICC within patients": assumed.icc,
        "nodes of a patient": assumed.nodes,
        "prevalence": assumed.prevalence,
        "share without a positive node": assumed.node_negative,
        "share lost": assumed.lost,
    }
    told |= {
        f"share of arm {arm.name}": float(share)
        for arm, share in zip(of.arms, of.shares, strict=True)
    }
    if of.trial.primary_unit == "level":
        told["dissected levels of a patient"] = assumed.levels
    return Part(title="Assumed", counts=told, remarks=(f"scores of {of.source}",))
