"""Check that nothing was altered: the trail, signed records, answers, plans, users, images."""

import json
from typing import Any

from nodewise.errors import StoreError
from nodewise.reading import form, signing
from nodewise.steps.readings.pathology import altered
from nodewise.steps.readings.planning import trail
from nodewise.steps.work import Work
from nodewise.store.marks import Marks
from nodewise.store.people import People
from nodewise.store.reading import FIXED, Readings, Row


def verify(work: Work, *, expected: str | None = None) -> list[str]:
    """Sentences on all that does not agree with the audit trail or the signed records."""
    log = trail(work)
    if broken := log.broken(expected=expected):
        return broken  # what the trail says can no longer be held against the rest
    readings, events = Readings(log), log.events()
    logged = {
        (event["subject"], details["version"]): details["hash"]
        for event in events
        if event["action"] == "signed" and (details := json.loads(event["details"]))
    }
    kept = {(row["code"], row["version"]) for row in readings.signatures()}
    says = [
        f"read {code} version {number}: its signature is gone"
        for code, number in sorted(logged.keys() - kept)
    ]
    try:
        for row in readings.signatures():
            says += _signed(work, readings, row, logged=logged.get((row["code"], row["version"])))
        says += _drafts(readings, events)
    except StoreError as error:
        says.append(str(error))
    return [
        *says,
        *_plans(readings, events),
        *_parts(readings),
        *_scores(readings, events),
        *_users(People(log), events),
        *altered(work, events, log),
        *Marks(work.study, log).altered(),
    ]


def _signed(work: Work, readings: Readings, row: Row, *, logged: str | None) -> list[str]:
    """What of one signed record no longer agrees."""
    name = f"read {row['code']} version {row['version']}"
    if signing.digest(row["record"]) != row["hash"] or logged != row["hash"]:
        return [f"{name}: its signed record was altered"]
    record = json.loads(row["record"])
    saved = readings.answers(row["code"], row["version"])
    now_there = {
        subject: saved.get(subject, {}).get("answers", {}) for subject in record["answers"]
    }
    read = readings.read(row["code"]) or {}
    found: dict[str, Any] = {"answers": now_there} | {
        name: read.get(name) for name in ("participant", "visit")
    }
    if record["form"] in form.released():
        found["form_checksum"] = form.load(record["form"]).checksum
    says = signing.differences(record, found)
    return says + [
        f"{name}: image {array} was altered"
        for array in record["images"]
        if not work.study.arrays.intact(array)
    ]


def _drafts(readings: Readings, events: list[Row]) -> list[str]:
    """Answers that are not the ones last written into the trail."""
    last: dict[tuple[str, int, str], Any] = {}
    for event in events:
        details = json.loads(event["details"])
        if event["action"] == "answered":
            last[event["subject"], details["version"], details["subject"]] = details["answers"]
        if event["action"] == "unlocked":
            last |= {
                (code, details["version"], subject): answers
                for (code, version, subject), answers in list(last.items())
                if code == event["subject"] and version == details["version"] - 1
            }
    there = {
        (read["code"], version, subject): row["answers"]
        for read in readings.reads()
        for version in range(1, read["version"] + 1)
        for subject, row in readings.answers(read["code"], version).items()
    }
    return [
        f"read {code} version {version}, {subject}: its answers are not those that were saved"
        for code, version, subject in sorted(last.keys() | there.keys())
        if last.get((code, version, subject)) != there.get((code, version, subject))
    ]


def _plans(readings: Readings, events: list[Row]) -> list[str]:
    """Rounds and worklists that are not those that were planned."""
    planned = [json.loads(each["details"]) for each in events if each["action"] == "cases added"]
    reads = {read["code"]: read for details in planned for read in details["reads"]}
    there = {row["code"]: {key: row[key] for key in FIXED} for row in readings.reads()}
    says = [
        f"read {code}: its place or case is not the one that was planned"
        for code in sorted(reads.keys() | there.keys())
        if reads.get(code) != there.get(code)
    ]
    rounds = {
        e["subject"]: json.loads(e["details"]) for e in events if e["action"] == "round added"
    }
    kept = {row["round"]: row for row in readings.rounds()}
    return says + [
        f"round {name}: its settings are not those that were planned"
        for name in sorted(rounds.keys() | kept.keys())
        if any(
            kept.get(name, {}).get(key) != value for key, value in rounds.get(name, {"": 1}).items()
        )
    ]


def _scores(readings: Readings, events: list[Row]) -> list[str]:
    """Scores that are not those that were frozen."""
    frozen = {
        event["subject"]: json.loads(event["details"])["checksum"]
        for event in events
        if event["action"] == "score frozen"
    }
    there = {
        row["name"]: signing.digest(row["form_checksum"] + row["score"])
        for row in readings.scores()
    }
    return [
        f"score {name} is not the one that was frozen"
        for name in sorted(frozen.keys() | there.keys())
        if frozen.get(name) != there.get(name)
    ]


def _parts(readings: Readings) -> list[str]:
    """Participants who are in the learning part and in the validation."""
    parts = {row["round"]: row["part"] for row in readings.rounds()}
    found: dict[str, set[str]] = {}
    for read in readings.reads():
        found.setdefault(read["participant"], set()).add(parts[read["round"]])
    return [
        f"participant {who}: read in the learning part and in the validation"
        for who, where in sorted(found.items())
        if len(where) > 1
    ]


def _users(people: People, events: list[Row]) -> list[str]:
    told = [event for event in events if event["action"] == "user added"]
    added = {event["subject"]: json.loads(event["details"])["role"] for event in told}
    there = {user["name"]: user["role"] for user in people.all()}
    return [
        f"user {name}: the role is not the one that was given"
        for name in sorted(added.keys() | there.keys())
        if added.get(name) != there.get(name)
    ]
