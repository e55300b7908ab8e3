"""Histories: what became of each participant, and which rows about it cannot be right."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from nodewise.steps.work import Issue, Work, tell
from nodewise.trial import LAST_CONTACT

Row = dict[str, Any]
DEATH = "death"
NOT_READ = "a row of the outcomes could not be read"
NO_ORIGIN = "the end of treatment could not be read"
REFUSED = "a row of the outcomes was refused"
NOT_FOLLOWED = "until when the patient was followed is not known"


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What is known of one participant after surgery.

    Args:
        origins: what days are counted from, with the day.
        events: event → its day.
        in_field: relapse → whether it lies in the treated field; None if nobody recorded it.
        last: day of death or of the last contact.
        fault: why none of it can be used; empty when it can.
    """

    origins: dict[str, date]
    events: dict[str, date] = field(default_factory=dict)
    in_field: dict[str, bool | None] = field(default_factory=dict)
    last: date | None = None
    fault: str = ""


def histories(work: Work) -> dict[str, History]:
    """Participant → history; rows that cannot be right are told, and so is who is left out."""
    rows: dict[str, list[Row]] = defaultdict(list)
    for row in work.truth.read("outcomes").to_dicts():
        rows[row["participant"]].append(row)
    unread = _unread(work)
    found: dict[str, History] = {}
    issues: list[Issue] = []
    for facts in work.tables.read("participants").to_dicts():
        who, own = facts["participant"], rows[facts["participant"]]
        wrong = list(_wrong(own, facts["surgery_date"])) if own else []
        issues += [_issue(who, *each) for each in wrong]
        fault = unread.get(who, REFUSED if wrong else "")
        found[who] = _history(own, facts, fault)
        if own and found[who].fault == NOT_FOLLOWED:
            issues.append(_issue(who, LAST_CONTACT, "neither a last contact nor a death", "one"))
    tell(work, "outcomes", "histories", issues=issues)
    return found


def _history(own: Sequence[Row], facts: Row, fault: str) -> History:
    surgery = facts["surgery_date"]
    if not surgery:
        return History(origins={}, fault="the day of surgery is not recorded")
    origins = {"surgery": surgery, "treatment end": facts["treatment_end_date"] or surgery}
    events = {row["event"]: row["date"] for row in own if row["date"]}
    contact = events.pop(LAST_CONTACT, None)
    last = events.get(DEATH, contact)
    return History(
        origins=origins,
        events=events,
        in_field={row["event"]: row["in_field"] for row in own},
        last=last,
        fault=fault or ("" if last else NOT_FOLLOWED),
    )


def _unread(work: Work) -> dict[str, str]:
    """Who had a row of outcomes that the import left out: it may have told of a death.

    And whose end of treatment it could not read: taken for surgery's, days would be too many.
    """
    found = {}
    for row in work.tables.read("issues", {"step": "import"}).to_dicts():
        where = str(row["where"])
        if where.startswith("outcomes table") and "row was left out" in row["action"]:
            found[row["participant"]] = NOT_READ
        elif where.startswith("participants table") and where.endswith("treatment_end_date"):
            found[row["participant"]] = NO_ORIGIN
    return found


def _wrong(own: Sequence[Row], surgery: date | None) -> Iterator[tuple[str, str, str]]:
    """Event, what was found and what was needed, of each row that cannot be right."""
    days = {row["event"]: row["date"] for row in own}
    death, contact = days.get(DEATH), days.get(LAST_CONTACT)
    for event, day in days.items():
        if day is None:
            yield event, f"{event} without a day", "its day"
        elif surgery and day < surgery:
            early = (surgery - day).days
            yield event, f"{event} {early} days before surgery", "a day from surgery on"
        elif death and day > death:
            yield event, f"{event} {(day - death).days} days after death", "a day before death"
        elif contact and not death and day > contact:
            late = (day - contact).days
            needed = "a last contact that is the last day on which anything is known"
            yield event, f"{event} {late} days after the last contact", needed


def _issue(who: str, event: str, found: str, needed: str) -> Issue:
    return Issue(
        where=f"outcomes table, {event}",
        found=found,
        needed=needed,
        action="correct the table and import it again; until then the participant is left out "
        "of every analysis of time",
        participant=who,
    )
