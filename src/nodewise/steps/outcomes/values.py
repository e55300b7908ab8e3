"""Values of a patient: an index test over the nodes, and findings of follow-up visits."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from nodewise.steps.analysis.cases import MEASURED, Cases, cutoff_of
from nodewise.steps.outcomes.readings import Read, told
from nodewise.trial import FollowUpFinding, IndexTest, PatientValue, Trial, named
from nodewise.truth import ANALYSED

Row = dict[str, Any]
OVER: dict[str, Callable[[list[float]], Any]] = {
    "lowest": np.min,
    "highest": np.max,
    "median": np.median,
}
UNDECIDED = {"N-x", "0", "no target", "open"}
"""Categories that say that nothing could be said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """One value or finding of all patients who have it.

    Args:
        name: of the patient value or follow-up finding.
        values: participant → value.
        calls: participant → whether it is beyond the cut-off; empty without a cut-off.
        categories: participant → category of the finding; empty for a value.
        step: a hazard ratio is per so much more.
        visit: whose finding it is; empty for a value before treatment.
    """

    name: str
    values: dict[str, float]
    calls: dict[str, bool]
    categories: dict[str, str] = field(default_factory=dict)
    step: float = 1.0
    visit: str = ""


def patient_values(trial: Trial, cases: Cases, people: Iterable[str]) -> Iterator[Row]:
    """Rows of the patient_values table: each patient value over the nodes drawn."""
    people = list(people)
    for value in trial.patient_value:
        test = named(trial.index_test, value.test)
        for who in people:
            found = [cases.value(node, test, MEASURED) for node in cases.nodes[who]]
            yield {"value_name": value.name, "participant": who} | _value(value, test, found)


def _value(value: PatientValue, test: IndexTest, found: list[float | None]) -> Row:
    known = [each for each in found if each is not None]
    if not known:
        drawn = "no node that was drawn could be measured" if found else "no node was drawn"
        return {"nodes": 0, "status": drawn}
    over = float(OVER[value.over](known))
    called = "unknown" not in (test.value, test.direction)
    return {
        "value": over,
        "positive": bool(cutoff_of(test).positive(over)) if called else None,
        "nodes": len(known),
        "status": ANALYSED,
    }


def findings(trial: Trial, responses: Iterable[Row], read: Read) -> Iterator[Row]:
    """Rows of the patient_values table: each follow-up finding."""
    rows = list(responses)
    for finding in trial.follow_up_finding:
        for row in (each for each in rows if each["visit"] == finding.visit):
            category, status = told(finding, row, read)
            call, status = called(finding.positive, category, status)
            yield {
                "value_name": finding.name,
                "participant": row["participant"],
                "value": None if call is None else float(call),
                "positive": call,
                "category": category,
                "status": status,
            }


def called(positive: Iterable[str], category: str | None, status: str) -> tuple[bool | None, str]:
    """Whether a category counts as positive, and the status of the one who has it."""
    if status != "reported":
        return None, status
    if category is None:
        return None, "not told in the report"
    if category in UNDECIDED:
        return None, f"not to be judged: {category}"
    return category in positive, ANALYSED


def scores(trial: Trial, rows: Iterable[Row]) -> Mapping[str, Scores]:
    """What the patient_values table holds, by name."""
    rows = [row for row in rows if row["status"] == ANALYSED]
    parts: list[PatientValue | FollowUpFinding] = [*trial.patient_value, *trial.follow_up_finding]
    found = {}
    for part in parts:
        own = [row for row in rows if row["value_name"] == part.name]
        values = {row["participant"]: row["value"] for row in own}
        calls = {row["participant"]: row["positive"] for row in own if row["positive"] is not None}
        if isinstance(part, PatientValue):
            found[part.name] = Scores(name=part.name, values=values, calls=calls, step=part.step)
        else:
            found[part.name] = Scores(
                name=part.name, values=values, calls=calls, visit=part.visit,
                categories={row["participant"]: row["category"] for row in own},
            )  # fmt: skip
    return found
