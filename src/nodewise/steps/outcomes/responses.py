"""Responses: what reports say at each visit after treatment, and where there is no report."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from nodewise.criteria.response import Recist
from nodewise.steps.importing import UNASSIGNED, visit_of
from nodewise.steps.outcomes.histories import DEATH, History
from nodewise.steps.work import Issue, Work
from nodewise.trial import Trial, Visit

Row = dict[str, Any]
REPORTED, NOT_REPORTED = "reported", "not reported"
DIED, SHORT = "died before", "not followed so long"
NO_TARGET, OPEN = "no target", "open"


def responses(work: Work, histories: Mapping[str, History]) -> Iterator[Row]:
    """Rows of the responses table for every participant of these histories and every visit."""
    people = {row["participant"]: row for row in work.tables.read("participants").to_dicts()}
    reports: dict[str, list[Row]] = defaultdict(list)
    for row in work.truth.read("imaging_reports").sort("date", "modality").to_dicts():
        reports[row["participant"]].append(row)
    for who, history in histories.items():
        placed = _by_visit(work.trial, people[who], reports[who])
        said = dict(_recist(placed, work.trial))
        for visit in follow_ups(work.trial):
            report = placed.get(visit.name)
            yield {
                "participant": who,
                "visit": visit.name,
                "status": REPORTED if report else _missing(visit, history),
                "ni_rads_neck": report and report["ni_rads_neck"],
                "recist": said.get(visit.name),
            }


def unplaced(work: Work) -> list[Issue]:
    """Examinations on no visit: what was reported of them is in no analysis."""
    people = {row["participant"]: row for row in work.tables.read("participants").to_dicts()}
    tables = {"imaging_reports": work.truth, "bone_findings": work.tables}
    lone = {
        (name, row["participant"], row["date"])
        for name, database in tables.items()
        for row in database.read(name).to_dicts()
        if (facts := people.get(row["participant"]))
        and visit_of(work.trial, facts, row["date"]) == UNASSIGNED
    }
    return [
        Issue(
            where=f"{name} table, one examination",
            found="a date in no visit's window",
            needed="a visit of the trial file",
            action="check the dates of imaging, surgery and end of treatment; until then the "
            "report is in no analysis",
            participant=who,
        )
        for name, who, _ in sorted(lone)
    ]


def follow_ups(trial: Trial) -> tuple[Visit, ...]:
    """Visits that are counted from the end of treatment, in order."""
    later = [visit for visit in trial.visit if visit.anchor == "treatment end"]
    return tuple(sorted(later, key=lambda visit: visit.from_day))


def _by_visit(trial: Trial, facts: Row, reports: Sequence[Row]) -> dict[str, Row]:
    """Visit → its report; the first of the visit counts."""
    found: dict[str, Row] = {}
    for report in reports:
        found.setdefault(visit_of(trial, facts, report["date"]), report)
    return found


def _recist(placed: Mapping[str, Row], trial: Trial) -> Iterator[tuple[str, str]]:
    """Visit → RECIST 1.1 of the nodes left in place, against the index visit and the nadir."""
    first = (placed.get(trial.index_visit) or {}).get("target_sum_mm")
    nadir = first
    for visit in follow_ups(trial):
        report = placed.get(visit.name)
        if report is None:
            continue
        if not first:
            yield visit.name, NO_TARGET
            continue
        now = report["target_sum_mm"]
        decision = Recist(
            baseline_mm=first,
            nadir_mm=nadir,
            now_mm=now,
            largest_node_mm=report["largest_node_mm"],
            other_disease=report["other_disease"],
            new_lesion=report["new_lesion"],
        ).decide()
        yield visit.name, decision.answer or OPEN
        nadir = min((size for size in (nadir, now) if size is not None), default=None)


def _missing(visit: Visit, history: History) -> str:
    """Why a visit has no report: it could not be, or it was not made."""
    if history.fault or history.last is None:
        return NOT_REPORTED
    begins = _day(history.last, history) < visit.from_day
    died = history.last == history.events.get(DEATH)
    return NOT_REPORTED if not begins else DIED if died else SHORT


def _day(day: date, history: History) -> int:
    return (day - history.origins["treatment end"]).days
