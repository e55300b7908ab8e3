"""Cases: every participant's neck as an index test saw it, beside the reference."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from nodewise.criteria.eligibility import Answer
from nodewise.models.uspio import signal_ratio
from nodewise.steps.analysis.pairing import Pairs
from nodewise.steps.analysis.references import Truth, truth
from nodewise.steps.cine.nodes import beside, made
from nodewise.steps.matching import image_nodes
from nodewise.steps.readings.values import Answers
from nodewise.steps.work import Work
from nodewise.trial import SIZE, Analysis, IndexTest, ReaderTest, Target, Test
from nodewise.truth import (
    ANALYSED,
    OTHER_SIDE,
    UNLIKE,
    UNREAD,
    WITHOUT_VALUE,
    Cutoff,
    Neck,
    Reading,
    Unit,
    units,
)

Row = dict[str, Any]
MEASURED, MEAN = "none", "mean"
"""Who 'read' a measured value, and the mean over readers."""
NOT_READ = "not read by this reader"
AMONG: dict[str, Target] = {
    "metastatic": "metastasis", "involved before treatment": "tumour before treatment"
}  # fmt: skip
"""Which nodes an analysis asks for → the condition that they have."""


@dataclass(frozen=True)
class Cases:
    """What all index tests share: people, their drawn nodes, truths, exclusions, answers.

    Args:
        index_visit: of the trial.
        people: participant → facts.
        nodes: participant → drawn nodes of the index visit.
        truths: target condition → what the reference says.
        excluded: participant → why nothing of theirs can be analysed.
        measured: (region, map, parameter, statistic) → value.
        regions: (participant, visit, label) → region.
        pairs: a node at other visits.
        filmed: region drawn on a cine → reference tissues of that cine, label → region.
        mapped: (participant, visit, map) that were made.
        answers: of the readers.
        sizes: region → its size, of every visit.
        early: (participant, map) → that its images lie too long before surgery.
    """

    index_visit: str
    people: dict[str, Row]
    nodes: dict[str, list[Row]]
    truths: dict[Target, Truth]
    excluded: dict[str, str]
    measured: dict[tuple[str, str, str, str], float | None]
    regions: dict[tuple[str, str, str], str]
    pairs: Pairs
    filmed: dict[str, dict[str, str]]
    mapped: set[tuple[str, str, str]]
    answers: Answers
    sizes: dict[str, Row]
    early: dict[tuple[str, str], str] = field(default_factory=dict)

    @classmethod
    def of(cls, work: Work) -> "Cases":
        """Gather them from the study's tables."""
        nodes = image_nodes(work)
        people = {row["participant"]: row for row in work.tables.read("participants").to_dicts()}
        targets: set[Target] = {each.target for each in work.trial.analysis}
        targets |= {AMONG[each.among] for each in work.trial.analysis if each.among != "all"}
        every = work.tables.read("nodes")
        maps, values = work.tables.read("maps"), work.tables.read("values").to_dicts()
        return cls(
            index_visit=work.trial.index_visit,
            people=people,
            nodes={who: nodes.filter(pl.col("participant") == who).to_dicts() for who in people},
            truths={target: truth(work, target, people) for target in sorted(targets)},
            excluded=_exclusions(work, people),
            measured=_measured(work),
            regions={
                (row[0], row[1], row[2]): row[3]
                for row in every.select("participant", "visit", "label", "region").rows()
            },
            pairs=Pairs.of(work),
            filmed=beside(work.tables.read("regions").to_dicts()),
            mapped={*maps.select("participant", "visit", "model").rows(), *made(values)},
            answers=Answers.of(work),
            sizes={row["region"]: row for row in every.to_dicts()},
            early=_early(work, people),
        )

    def units(self, test: Test, analysis: Analysis, *, by: str) -> Iterator[Row]:
        """Rows of the units table: one per reader, and unit of every participant concerned."""
        for reader in self.readers(test):
            for who, facts in self.people.items():
                if facts["arm"] in (*analysis.positives_from, *analysis.negatives_from):
                    for unit, status in self._statuses(who, test, reader, analysis=analysis, by=by):
                        names = {"analysis": analysis.name, "test": test.name, "reader": reader}
                        yield names | {"unit": by} | _row(unit, facts, status)

    @property
    def eligible_nodes(self) -> list[Row]:
        """Drawn nodes of everybody who may be analysed."""
        return [n for who, there in self.nodes.items() if who not in self.excluded for n in there]

    def readers(self, test: Test) -> list[str]:
        """Who reads a test; nobody reads what is measured."""
        if isinstance(test, ReaderTest):
            return self.answers.readers.get(test.round, [])
        return [MEASURED]

    def neck(self, who: str, test: Test, reader: str = MEASURED, *, target: Target) -> Neck:
        """One participant's readings by an index test, with the reference."""
        truth = self.truths[target]
        readings = [
            Reading(
                region=node["region"],
                side=node["side"],
                level=node["level"],
                value=self.value(node, test, reader),
                present=truth.nodes.get(node["region"]),
                why=self.why(node, test),
            )
            for node in self.nodes[who]
        ]
        excluded = self.excluded.get(who) or self._untested(who, test, reader)
        return Neck(readings=readings, reference=truth.levels[who], excluded=excluded)

    def value(self, node: Row, test: Test, reader: str) -> float | None:
        """What a test says of a node, in the test's unit."""
        if isinstance(test, ReaderTest):
            return self.answers.value(test, reader, node)
        visit, other = test.visits
        now = self._at(node, test, visit=visit or self.index_visit)
        if other is None or now is None:
            return now
        before = None if self._unlike(node, test) else self._at(node, test, visit=other)
        if test.ratio_to:
            return now / before if before else None
        return None if before is None else now - before

    def why(self, node: Row, test: Test) -> str:
        """What is said of a node that has no value by a test."""
        if isinstance(test, IndexTest):
            visits = (visit or self.index_visit for visit in test.visits)
            if any(self.pairs.mistaken(node, visit) for visit in visits):
                return OTHER_SIDE
        return UNLIKE if self._unlike(node, test) else UNREAD

    def _unlike(self, node: Row, test: Test) -> bool:
        """Whether a node's values of two visits do not compare."""
        return isinstance(test, IndexTest) and bool(
            self.pairs.unlike(node, test, index_visit=self.index_visit)
        )

    def _at(self, node: Row, test: IndexTest, *, visit: str) -> float | None:
        value = self._of(node, node["label"], test, visit=visit)
        if test.relative_to is None or value is None:
            return value
        reference = self._of(node, test.relative_to, test, visit=visit)
        return float(signal_ratio(value, reference)) if reference else None

    def _of(self, node: Row, label: str, test: IndexTest, *, visit: str) -> float | None:
        region = self._region(node, label, visit)
        if test.map == SIZE:
            found: float | None = self.sizes.get(region, {}).get(test.parameter)
            return found
        return self.measured.get((region, test.map, test.parameter, test.statistic))

    def _region(self, node: Row, label: str, visit: str) -> str:
        """What bears a label at a visit; a reference tissue of a cine is the node's cine's own."""
        there = self.pairs.at(node, visit)
        own = str(there["region"]) if there else ""
        if label == node["label"]:
            return own
        if own in self.filmed:
            return self.filmed[own].get(label, "")
        return self.regions.get((node["participant"], visit, label), "")

    def _untested(self, who: str, test: Test, reader: str) -> str:
        """Why the index test has nothing to say of a participant; empty when it has."""
        if isinstance(test, ReaderTest):
            return "" if self.answers.read(test, reader, who) else NOT_READ
        visits = (test.visits[0] or self.index_visit, test.visits[1] or self.index_visit)
        if visits[0] == self.index_visit and (who, test.map) in self.early:
            return self.early[who, test.map]
        if test.map == SIZE or all((who, visit, test.map) in self.mapped for visit in visits):
            return ""
        return f"no index test: the map {test.map} could not be made"

    def _statuses(
        self, who: str, test: Test, reader: str, *, analysis: Analysis, by: str
    ) -> Iterator[tuple[Unit, str]]:
        cutoff = cutoff_of(test)
        found = units(self.neck(who, test, reader, target=analysis.target), cutoff, by=by)
        target = AMONG.get(analysis.among, analysis.target)
        ill = units(self.neck(who, test, reader, target=target), cutoff, by=by)
        for unit, other in zip(found, ill, strict=True):
            asked = analysis.among == "all" or other.present
            status = _wanted(unit, self.people[who]["arm"], analysis)
            yield (
                unit,
                status
                if asked or status not in (ANALYSED, *WITHOUT_VALUE)
                else f"no {target} there: not asked in this analysis",
            )


def cutoff_of(test: Test) -> Cutoff:
    """The test's frozen cut-off; a test of unknown direction is read as 'higher'."""
    return Cutoff(
        direction="higher" if test.direction == "unknown" else test.direction,
        value=None if isinstance(test.value, str) else test.value,
    )


def undecided(work: Work) -> dict[str, str]:
    """Participants who are not eligible, with the rule that says so."""
    rules = {rule.id: rule.says for rule in work.trial.eligibility}
    found: dict[str, str] = {}
    asked = work.tables.read("eligibility").to_dicts()
    for answer, word in ((Answer.UNKNOWN, "undecided"), (Answer.NOT_MET, "not eligible")):
        for row in asked:
            if row["answer"] == answer:
                found[row["participant"]] = f"{word}, rule {row['rule']}: {rules[row['rule']]}"
    return found


def _exclusions(work: Work, people: Mapping[str, Row]) -> dict[str, str]:
    """Why a participant cannot be analysed at all."""
    longest, visit = work.trial.reference.maximum_interval_days, work.trial.index_visit
    imaged = set(work.tables.read("series", {"visit": visit})["participant"])
    drawn = set(work.tables.read("regions", {"visit": visit})["participant"])
    found = {}
    for who in people:
        if who not in imaged:
            found[who] = f"no index test: no imaging at the {visit} visit"
        elif who not in drawn:
            found[who] = "no index test: no region drawn"
    late = work.truth.read("matches").filter(pl.col("interval_days") > longest)
    for who in late["participant"].unique():
        found[who] = f"interval from imaging to surgery above {longest} days"
    return found | undecided(work)


def _early(work: Work, people: Mapping[str, Row]) -> dict[tuple[str, str], str]:
    """Maps of the index visit from images of another day than the nodes', too early for surgery."""
    longest = work.trial.reference.maximum_interval_days
    taken = dict(work.tables.read("series").select("series", "date").rows())
    found = {}
    for row in work.tables.read("maps", {"visit": work.trial.index_visit}).to_dicts():
        who, day = row["participant"], taken.get(row["series"])
        surgery = people.get(who, {}).get("surgery_date")
        if day and surgery and (surgery - day).days > longest:
            told = f"no index test: the map {row['model']} is of more than {longest} days before"
            found[who, row["model"]] = f"{told} surgery"
    return found


def _measured(work: Work) -> dict[tuple[str, str, str, str], float | None]:
    values = work.tables.read("values").filter(pl.col("tissue") == "region")
    rows = values.select("region", "model", "parameter", "statistic", "value").rows()
    return {tuple(row[:4]): row[4] for row in rows}


def _wanted(unit: Unit, arm: str, analysis: Analysis) -> str:
    """The unit's status, or that its class comes from another arm in this analysis."""
    if unit.present is None or unit.status not in (ANALYSED, *WITHOUT_VALUE):
        return unit.status
    source = analysis.positives_from if unit.present else analysis.negatives_from
    word = "with" if unit.present else "without"
    if arm in source:
        return unit.status
    return f"units {word} {analysis.target} of this arm are not compared here"


def _row(unit: Unit, facts: Row, status: str) -> Row:
    return {
        "item": unit.item,
        "participant": facts["participant"],
        "arm": facts["arm"],
        "side": unit.side,
        "level": unit.level,
        "value": unit.value,
        "positive": unit.positive,
        "present": unit.present,
        "status": status,
    }
