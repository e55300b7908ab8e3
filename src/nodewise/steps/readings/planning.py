"""Reading steps: plan rounds, adjudicate what readers differ on, open the truth after the lock."""

import hashlib
import json
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import polars as pl

from nodewise.anatomy import RegionKind
from nodewise.errors import FormError, StoreError
from nodewise.reading import adjudication, form, hanging, worklist
from nodewise.reading.form import Form, Score
from nodewise.reading.roles import Role
from nodewise.reading.rounds import Round
from nodewise.reading.worklist import LEARNING, Case, Slot
from nodewise.steps.work import Work
from nodewise.store.audit import Clock, Trail, now, open_trail, upgrade_trail
from nodewise.store.people import People
from nodewise.store.reading import Readings, Row
from nodewise.store.reading_schema import NEWEST

_SAW = "saw the truth"
REFILLS = 20


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
    opens in a round when it is signed in the round before. A round that adjudicates gets the
    cases on which readers differ so far; others follow as they are signed (`signed`).

    Returns:
        Reader → number of cases added.
    """
    readings = Readings(trail(work))
    if len(rounds) > 1 and any(each.adjudicates for each in rounds):
        raise FormError("plan a round that adjudicates by itself, after the round it decides")
    role = Role.ADJUDICATOR if any(each.adjudicates for each in rounds) else Role.READER
    _check_readers(work, readers, People(readings.trail), role=role)
    names = [each.name for each in rounds]
    turns = dict.fromkeys(readers, names) if in_order else worklist.turns(names, readers)
    added = dict.fromkeys(readers, 0)
    for settings in rounds:
        cases = _prepared(work, settings, readings=readings, readers=readers, by=by)
        for reader, turn in turns.items():
            place = turn.index(settings.name)
            after = turn[place - 1] if place else None
            row = readings.round(settings.name) or {}
            rows = _assigned(readings, row, reader=reader, cases=cases, after=after)
            readings.add_reads(rows, by=by)
            added[reader] += len(rows)
    return added


def differing_cases(readings: Readings, settings: Row) -> list[Case]:
    """Cases of the adjudicated round that all its readers have signed, and differ on."""
    rule = json.loads(settings["adjudicates"])
    sheet = sheet_of(readings, settings["form"], settings["score"])
    return [
        case
        for case, reads in signed_cases(readings, rule["round"]).items()
        if adjudication.differing(
            sheet, rule["apart"], [readings.signed_answers(read["code"]) for read in reads]
        )
    ]


def signed_cases(readings: Readings, name: str) -> dict[Case, list[Row]]:
    """Cases of a round that two readers or more read, and all of them have signed."""
    found: dict[Case, list[Row]] = {}
    for read in readings.reads():
        if read["round"] == name and read["iteration"] == 1:
            found.setdefault(Case(read["participant"], read["visit"]), []).append(read)
    return {
        case: reads
        for case, reads in found.items()
        if len(reads) > 1 and all(read["signed_at"] for read in reads)
    }


def signed(readings: Readings, code: str) -> None:
    """Put the case of a signed read on the adjudicators' worklists, if its readers differ."""
    read = readings.read(code) or {}
    for settings in readings.rounds():
        if not settings["adjudicates"]:
            continue
        rule = json.loads(settings["adjudicates"])
        if rule["round"] == read.get("round"):
            cases = differing_cases(readings, settings)
            for reader in rule["by"]:
                _refill(readings, settings, reader=reader, cases=cases)


def _refill(readings: Readings, settings: Row, *, reader: str, cases: list[Case]) -> None:
    """Add the cases that a worklist lacks, though others may be adding them at this moment."""
    for _ in range(REFILLS):
        rows = _assigned(readings, settings, reader=reader, cases=cases, after=None)
        try:
            return readings.add_reads(rows, by="nodewise")
        except StoreError:
            continue  # two readers signed at once, and the other's signature was faster
    raise FormError(f"the worklist of {reader} is too busy; plan round {settings['round']} again")


def sheet_of(readings: Readings, name: str, score: str | None) -> Form:
    """A form, with the frozen score of that name in the place of its own."""
    sheet = form.load(name)
    if score is None:
        return sheet
    frozen = readings.score(score)
    if frozen is None:
        raise FormError(f"no frozen score is called '{score}'")
    if frozen["form_checksum"] != sheet.checksum:
        raise FormError(f"score {score} was frozen for {frozen['form']}, not for {name}")
    return sheet.scored_by(Score.model_validate_json(frozen["score"]))


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


def head(work: Work) -> str:
    """Number and hash of the newest audit event, to be noted outside the study."""
    return trail(work).head()


def _key_and_address(work: Work) -> tuple[bytes, str | None]:
    key = hashlib.sha256(work.study.key + b"audit").digest()
    address = work.study.folder / "reading.url"
    return key, address.read_text(encoding="utf-8").strip() if address.is_file() else None


def known_images(work: Work) -> set[str]:
    """Sequences of the trial and parameters of fitted maps: what a round may show."""
    return {each.name for each in work.trial.sequence} | {
        f"{row['model']}.{name}"
        for row in work.tables.read("maps").to_dicts()
        for name in json.loads(row["parameters"])
    }


def _check_readers(work: Work, readers: list[str], people: People, *, role: Role) -> None:
    roles = {user["name"]: user["role"] for user in people.all()}
    if strangers := [name for name in readers if roles.get(name) != role]:
        raise FormError(
            f"no {role} is called {', '.join(strangers)}; add one with "
            f"'nodewise user add {work.study.folder.name} {strangers[0]} --role {role}'"
        )


def _prepared(
    work: Work, settings: Round, *, readings: Readings, readers: list[str], by: str
) -> list[Case]:
    """A round that stands with these settings, and its cases."""
    sheet = sheet_of(readings, settings.form, settings.score)
    known = known_images(work)
    if missing := [name for name in settings.shows if name not in known]:
        there = ", ".join(sorted(known))
        raise FormError(f"nothing is called {', '.join(missing)}; there is {there}")
    _check_shown(work, settings, sheet)
    wanted, stored = _stored(work, settings, sheet, by=readers), readings.round(settings.name)
    fixed = [name for name in wanted if name not in ("visit", "cases")]
    if changed := [name for name in fixed if stored and stored[name] != wanted[name]]:
        raise FormError(
            f"round {settings.name} was planned with another {', '.join(changed)}; "
            "it cannot change: plan a round of another name"
        )
    if settings.adjudicates:
        _check_adjudication(settings, sheet, readings)
        cases = differing_cases(readings, wanted)
    else:
        cases = _cases(work, settings, sheet, readings=readings)
    if stored is None:
        readings.add_round(wanted, by=by)
    return cases


def _check_shown(work: Work, settings: Round, sheet: Form) -> None:
    """Refuse a round of whose images its form lets none be opened."""
    series = {row["series"]: row for row in work.tables.read("series").to_dicts()}
    shown = [row for row in series.values() if row["sequence"] in settings.shows]
    models = {name.partition(".")[0] for name in settings.shows if "." in name}
    maps = work.tables.read("maps").filter(pl.col("model").is_in(models))
    shown += [series[name] for name in maps["series"] if name in series]
    if shown and not any(
        hanging.allows(sheet.shows, sequence=row["sequence"], modality=row["modality"])
        for row in shown
    ):
        raise FormError(
            f"round {settings.name} shows {', '.join(settings.shows)}, of which form {sheet.name} "
            f"lets nothing be opened: it is for {', '.join(sheet.shows)}; choose images or a form "
            "that meet"
        )


def _stored(work: Work, settings: Round, sheet: Form, *, by: list[str]) -> Row:
    rule = settings.adjudicates
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
        "visit": settings.visit or work.trial.visit[0].name,
        "cases": settings.cases,
        "score": settings.score,
        "adjudicates": json.dumps(rule.model_dump() | {"by": by}, sort_keys=True) if rule else None,
    }


def _check_adjudication(settings: Round, sheet: Form, readings: Readings) -> None:
    rule = settings.adjudicates
    before = readings.round(rule.round) if rule else None
    if rule is None or before is None:
        raise FormError(f"round {settings.name} adjudicates a round that is not planned")
    if (before["form"], before["part"]) != (sheet.name, settings.part):
        raise FormError(
            f"round {rule.round} is read on {before['form']} in the {before['part']} part; "
            f"{settings.name}, which decides its cases, must be so too"
        )
    if strange := adjudication.unknown(sheet, rule.apart):
        raise FormError(f"form {sheet.name} does not ask {', '.join(strange)}")


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
    readings: Readings, settings: Row, *, reader: str, cases: list[Case], after: str | None
) -> list[Row]:
    """Reads that a reader's worklist of this round lacks.

    The drawing hangs on the study's key too: whoever knows the seed alone cannot repeat it.
    """
    there = [row for row in readings.reads(reader) if row["round"] == settings["round"]]
    before = [
        Slot(row["position"], row["iteration"], Case(row["participant"], row["visit"]), row["code"])
        for row in there
    ]
    said = f"{settings['seed']}/{settings['round']}/{reader}/{len(before)}".encode()
    rng = np.random.default_rng([*hashlib.sha256(readings.trail.key + said).digest()])
    slots = worklist.order(cases, before=before, iterations=settings["iterations"], rng=rng)
    return [
        {
            "code": slot.code,
            "round": settings["round"],
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
