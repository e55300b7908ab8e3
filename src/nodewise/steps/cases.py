"""Cases: every participant's neck as an index test saw it, beside the reference."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from nodewise.anatomy import superlevel
from nodewise.criteria.eligibility import Answer
from nodewise.steps.matching import image_nodes
from nodewise.steps.work import Work
from nodewise.trial import Analysis, IndexTest
from nodewise.truth import ANALYSED, Cutoff, Neck, Reading, Unit, units

Row = dict[str, Any]


@dataclass(frozen=True)
class Cases:
    """What all index tests share: people, their drawn nodes, matches, dissections, exclusions."""

    people: dict[str, Row]
    nodes: dict[str, list[Row]]
    answers: dict[str, bool | None]
    references: dict[str, dict[tuple[str, str], bool | None]]
    excluded: dict[str, str]
    measured: dict[tuple[str, str, str, str], float | None]
    mapped: set[tuple[str, str]]

    @classmethod
    def of(cls, work: Work) -> "Cases":
        """Gather them from the study's tables."""
        nodes = image_nodes(work)
        people = {row["participant"]: row for row in work.tables.read("participants").to_dicts()}
        matches = work.truth.read("matches")
        return cls(
            people=people,
            nodes={who: _mine(nodes, who) for who in people},
            answers=dict(matches.drop_nulls("region").select("region", "metastatic").rows()),
            references={who: _reference(work, who) for who in people},
            excluded=_exclusions(work, people, matches),
            measured=_measured(work, nodes),
            mapped=_mapped(work),
        )

    def units(self, test: IndexTest, analysis: Analysis, *, by: str) -> list[Row]:
        """Rows of the units table: one per unit of every participant of the analysis."""
        cutoff = cutoff_of(test)
        rows = []
        for who, facts in self.people.items():
            if facts["arm"] not in (*analysis.positives_from, *analysis.negatives_from):
                continue
            for unit in units(self.neck(who, test), cutoff, by=by):
                kept = _wanted(unit, facts["arm"], analysis)
                rows.append(_row(unit, facts, kept) | _names(analysis, test, by))
        return rows

    def neck(self, who: str, test: IndexTest) -> Neck:
        """One participant's readings by an index test, with the reference."""
        excluded = self.excluded.get(who, "")
        if not excluded and (who, test.map) not in self.mapped:
            excluded = f"no index test: the map {test.map} could not be made"
        quantity = (test.map, test.parameter, test.statistic)
        readings = [
            Reading(
                region=node["region"],
                side=node["side"],
                level=node["level"],
                value=self.measured.get((node["region"], *quantity)),
                metastatic=self.answers.get(node["region"]),
            )
            for node in self.nodes[who]
        ]
        return Neck(readings=readings, reference=self.references[who], excluded=excluded)


def cutoff_of(test: IndexTest) -> Cutoff:
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


def _exclusions(work: Work, people: Mapping[str, Row], matches: pl.DataFrame) -> dict[str, str]:
    """Why a participant cannot be analysed at all."""
    longest = work.trial.reference.maximum_interval_days
    before = [visit.name for visit in work.trial.visit if visit.anchor == "surgery"]
    series = work.tables.read("series").filter(pl.col("visit").is_in(before))
    imaged = set(series["participant"])
    drawn = set(work.tables.read("regions").filter(pl.col("visit").is_in(before))["participant"])
    found = {}
    for who in people:
        if who not in imaged:
            found[who] = f"no index test: no imaging at the {before[0]} visit"
        elif who not in drawn:
            found[who] = "no index test: no region drawn"
    late = matches.filter(pl.col("interval_days") > longest)
    for who in late["participant"].unique():
        found[who] = f"interval from imaging to surgery above {longest} days"
    return found | undecided(work)


def _mine(nodes: pl.DataFrame, who: str) -> list[Row]:
    return nodes.filter(pl.col("participant") == who).to_dicts()


def _reference(work: Work, who: str) -> dict[tuple[str, str], bool | None]:
    """Dissected levels of one participant; sublevels of a level are put together."""
    parts: dict[tuple[str, str], list[int | None]] = {}
    for row in work.truth.read("dissections").filter(pl.col("participant") == who).to_dicts():
        parts.setdefault((row["side"], superlevel(row["level"])), []).append(row["nodes_positive"])
    return {place: _any_positive(counts) for place, counts in parts.items()}


def _any_positive(counts: Sequence[int | None]) -> bool | None:
    if any(counts):
        return True
    return None if None in counts else False


def _measured(work: Work, nodes: pl.DataFrame) -> dict[tuple[str, str, str, str], float | None]:
    values = work.tables.read("values").filter(
        (pl.col("tissue") == "region") & pl.col("region").is_in(nodes["region"].implode())
    )
    rows = values.select("region", "model", "parameter", "statistic", "value").rows()
    return {tuple(row[:4]): row[4] for row in rows}


def _mapped(work: Work) -> set[tuple[str, str]]:
    before = [visit.name for visit in work.trial.visit if visit.anchor == "surgery"]
    maps = work.tables.read("maps").filter(pl.col("visit").is_in(before))
    return set(maps.select("participant", "model").rows())


def _wanted(unit: Unit, arm: str, analysis: Analysis) -> str:
    """The unit's status, or that its class comes from another arm in this analysis."""
    if unit.status != ANALYSED:
        return unit.status
    source = analysis.positives_from if unit.metastatic else analysis.negatives_from
    word = "metastatic" if unit.metastatic else "benign"
    return ANALYSED if arm in source else f"{word} units of this arm are not compared here"


def _names(analysis: Analysis, test: IndexTest, by: str) -> Row:
    return {"analysis": analysis.name, "test": test.name, "unit": by}


def _row(unit: Unit, facts: Row, status: str) -> Row:
    return {
        "item": unit.item,
        "participant": facts["participant"],
        "arm": facts["arm"],
        "side": unit.side,
        "level": unit.level,
        "value": unit.value,
        "positive": unit.positive,
        "metastatic": unit.metastatic,
        "status": status,
    }
