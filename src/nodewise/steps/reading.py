"""Reading steps: plan rounds, open the truth's door after the lock, check that nothing changed."""

import hashlib
import json
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import polars as pl

from nodewise.anatomy import RegionKind
from nodewise.errors import FormError, StoreError
from nodewise.reading import form, signing, worklist
from nodewise.reading.form import Form
from nodewise.reading.roles import Role
from nodewise.reading.rounds import Round
from nodewise.reading.worklist import LEARNING, Case, Slot
from nodewise.steps.work import Work
from nodewise.store.audit import Clock, Trail, now, open_trail, upgrade_trail
from nodewise.store.people import People
from nodewise.store.reading import FIXED, Readings, Row
from nodewise.store.reading_schema import NEWEST

_SAW = "saw the truth"


def trail(work: Work, *, clock: Clock = now) -> Trail:
    """The study's readings, their chain keyed with the study's key.

    They lie in `reading.sqlite`, or at the database address that the file `reading.url` holds.
    """
    key, url = _key_and_address(work)
    return open_trail(work.study.folder, key, clock=clock, url=url)


def upgrade(work: Work) -> str | None:
    """Bring readings of an earlier nodewise to this one's schema; a sentence if there was need."""
    key, url = _key_and_address(work)
    before = upgrade_trail(work.study.folder, key, url=url)
    if before is None:
        return None
    kept = f"; a copy as they were is reading.sqlite.schema-{before}" if url is None else ""
    return f"The readings were upgraded from schema {before} to {NEWEST}{kept}."


def plan(
    work: Work, rounds: Sequence[Round], *, readers: list[str], by: str, in_order: bool = False
) -> dict[str, int]:
    """Make rounds, or add new readers and cases to them; no order that stands is changed.

    With several rounds the readers take them in balanced turns, or all in the order given: a case
    opens in a round when it is signed in the round before.

    Returns:
        Reader → number of cases added.
    """
    readings = Readings(trail(work))
    _check_readers(work, readers, People(readings.trail))
    names = [each.name for each in rounds]
    turns = dict.fromkeys(readers, names) if in_order else worklist.turns(names, readers)
    added = dict.fromkeys(readers, 0)
    for settings in rounds:
        cases = _prepared(work, settings, readings=readings, by=by)
        for reader, turn in turns.items():
            place = turn.index(settings.name)
            after = turn[place - 1] if place else None
            rows = _assigned(readings, settings, reader=reader, cases=cases, after=after)
            readings.add_reads(rows, by=by)
            added[reader] += len(rows)
    return added


def door(work: Work) -> Callable[[str], list[dict[str, Any]]]:
    """The one way from a reader's page to the truth: for a signed read of an explorative round.

    The answer is made here, of fixed words; nothing else of the truth goes through.
    """
    readings = Readings(trail(work))

    def found(code: str) -> list[dict[str, Any]]:
        read = readings.read(code)
        part = (readings.round(read["round"]) or {}).get("part") if read else None
        if read is None or part != LEARNING:
            raise FormError("there is no feedback in this part of the study")
        if read["signed_at"] is None:
            raise FormError("feedback comes after you have signed")
        if not any(event["action"] == _SAW for event in readings.trail.events(code)):
            details = {"version": read["version"]}
            with readings.trail.change(read["reader"], _SAW, subject=code, details=details):
                pass
        rows = work.truth.read("matches", {"participant": read["participant"]}).to_dicts()
        return [{"region": row["region"], "found": _said(row)} for row in rows if row["region"]]

    return found


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
    return says + _plans(readings, events) + _users(People(log), events)


def head(work: Work) -> str:
    """Number and hash of the newest audit event, to be noted outside the study."""
    return trail(work).head()


def _key_and_address(work: Work) -> tuple[bytes, str | None]:
    key = hashlib.sha256(work.study.key + b"audit").digest()
    address = work.study.folder / "reading.url"
    return key, address.read_text(encoding="utf-8").strip() if address.is_file() else None


def _check_readers(work: Work, readers: list[str], people: People) -> None:
    roles = {user["name"]: user["role"] for user in people.all()}
    if strangers := [name for name in readers if roles.get(name) != Role.READER]:
        raise FormError(
            f"no reader is called {', '.join(strangers)}; add one with "
            f"'nodewise user add {work.study.folder.name} {strangers[0]} --role reader'"
        )


def _prepared(work: Work, settings: Round, *, readings: Readings, by: str) -> list[Case]:
    """A round that stands with these settings, and its cases."""
    sheet = form.load(settings.form)
    known = {each.name for each in work.trial.sequence} | {
        f"{row['model']}.{name}"
        for row in work.tables.read("maps").to_dicts()
        for name in json.loads(row["parameters"])
    }
    if missing := [name for name in settings.shows if name not in known]:
        raise FormError(f"nothing is called {', '.join(missing)}; there is {sorted(known)}")
    wanted, stored = _stored(settings, sheet), readings.round(settings.name)
    if changed := [name for name, value in wanted.items() if stored and stored[name] != value]:
        raise FormError(
            f"round {settings.name} was planned with another {', '.join(changed)}; "
            "it cannot change: plan a round of another name"
        )
    cases = _cases(work, settings, sheet, readings=readings)
    if stored is None:
        readings.add_round(wanted, by=by)
    return cases


def _stored(settings: Round, sheet: Form) -> Row:
    return {
        "round": settings.name,
        "part": settings.part,
        "form": sheet.name,
        "form_checksum": sheet.checksum,
        "shows": json.dumps(settings.shows),
        "iterations": settings.iterations,
        "washout_days": settings.washout_days,
        "shows_score": settings.shows_score,
        "seed": settings.seed,
    }


def _cases(work: Work, settings: Round, sheet: Form, *, readings: Readings) -> list[Case]:
    """Cases that have what the round shows; learning cases and validation cases stay apart."""
    visit = settings.visit or work.trial.visit[0].name
    sequences = [name for name in settings.shows if "." not in name]
    images = work.tables.read("series", {"visit": visit}).filter(
        pl.col("sequence").is_in(sequences)
    )
    have = images.group_by("participant").agg(pl.col("sequence").n_unique().alias("shown"))
    people = set(have.filter(pl.col("shown") == len(set(sequences)))["participant"])
    if sheet.per == "node":
        drawn = {"visit": visit, "kind": RegionKind.NODE.value}
        people &= set(work.tables.read("regions", drawn)["participant"])
    parts = {row["round"]: row["part"] for row in readings.rounds()}
    mine: set[str] = set()
    other: set[str] = set()
    for read in readings.reads():
        here = mine if read["round"] == settings.name else other
        if here is mine or parts[read["round"]] != settings.part:
            here.add(read["participant"])
    chosen = sorted(people - other)
    if settings.cases is not None:
        rng = np.random.default_rng([settings.seed, 0])
        fresh = [chosen[i] for i in rng.permutation(len(chosen)) if chosen[i] not in mine]
        chosen = sorted(mine) + fresh[: max(0, settings.cases - len(mine))]
    worklist.separate(set(chosen), other)
    if not chosen:
        raise FormError(f"no case has {', '.join(settings.shows)} at {visit} and is still free")
    return [Case(participant, visit) for participant in chosen]


def _assigned(
    readings: Readings, settings: Round, *, reader: str, cases: list[Case], after: str | None
) -> list[Row]:
    """Reads that a reader's worklist of this round lacks.

    The drawing hangs on the study's key too: whoever knows the seed alone cannot repeat it.
    """
    there = [row for row in readings.reads(reader) if row["round"] == settings.name]
    before = [
        Slot(row["position"], row["iteration"], Case(row["participant"], row["visit"]), row["code"])
        for row in there
    ]
    said = f"{settings.seed}/{settings.name}/{reader}/{len(before)}".encode()
    rng = np.random.default_rng([*hashlib.sha256(readings.trail.key + said).digest()])
    slots = worklist.order(cases, before=before, iterations=settings.iterations, rng=rng)
    return [
        {
            "code": slot.code,
            "round": settings.name,
            "reader": reader,
            "position": slot.position,
            "iteration": slot.iteration,
            "participant": slot.case.participant,
            "visit": slot.case.visit,
            "after": there[0]["after"] if there else after,
        }
        for slot in slots
    ]


def _said(row: Row) -> str:
    if row["metastatic"] is None:
        return "no reference for this node"
    return "metastatic" if row["metastatic"] else "benign"


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


def _users(people: People, events: list[Row]) -> list[str]:
    told = [event for event in events if event["action"] == "user added"]
    added = {event["subject"]: json.loads(event["details"])["role"] for event in told}
    there = {user["name"]: user["role"] for user in people.all()}
    return [
        f"user {name}: the role is not the one that was given"
        for name in sorted(added.keys() | there.keys())
        if added.get(name) != there.get(name)
    ]
