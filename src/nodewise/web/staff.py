"""Pages for study staff: progress by reader and by case, unlocking, the audit trail."""

import json
from collections import Counter
from typing import Annotated, Any

from fastapi import APIRouter, Form, HTTPException, Request, Response
from fastapi.responses import RedirectResponse

from nodewise.reading.worklist import LEARNING
from nodewise.store.queries import CLOSED
from nodewise.store.reading import Row
from nodewise.web import access
from nodewise.web.images import Code
from nodewise.web.pages import page
from nodewise.web.room import Room, room_of

router = APIRouter()
Reason = Annotated[str, Form(max_length=1000)]


@router.get("/progress")
def progress(request: Request, login: access.Staff) -> Response:
    """How far each reader is in each round; no answer is shown."""
    room = room_of(request)
    reads = room.readings.reads()
    rows = [
        _progress(name, reader, [r for r in reads if (r["round"], r["reader"]) == (name, reader)])
        for name, reader in dict.fromkeys((read["round"], read["reader"]) for read in reads)
    ]
    locked = {row["round"] for row in room.readings.rounds() if row["part"] != LEARNING}
    signed = [read for read in reads if read["signed_at"] and read["round"] in locked]
    names = list(dict.fromkeys(read["round"] for read in reads))
    waiting = sum(query["state"] != CLOSED for query in room.queries.all())
    facts = {"login": login, "rows": rows, "signed": signed, "waiting": waiting, "rounds": names,
             "cases": _cases(reads, names)}  # fmt: skip
    return page("progress.html", facts)


@router.post("/progress/{code}/unlock", dependencies=[access.OurPage])
def unlock(request: Request, code: Code, login: access.Unlocker, reason: Reason = "") -> Response:
    """Open a signed read again, with a reason, as a new version."""
    room = room_of(request)
    read = room.readings.read(code)
    if read is None:
        raise HTTPException(404, "there is no such read")
    if not reason.strip():
        raise HTTPException(422, "unlocking needs a reason")
    found = room.readings.round(read["round"])
    if found is None or found["part"] == LEARNING:
        raise HTTPException(409, "its reader has seen the truth; this read stays as it is")
    if _decided(room, read):
        raise HTTPException(409, "the adjudicator has decided this case; unlock that read first")
    room.readings.unlock(read, by=login.name, reason=reason.strip())
    return RedirectResponse("/progress", 303)


def _decided(room: Room, read: Row) -> bool:
    """Whether somebody has signed a decision that rests on this read."""
    deciding = {
        row["round"]
        for row in room.readings.rounds()
        if row["adjudicates"] and json.loads(row["adjudicates"])["round"] == read["round"]
    }
    case = (read["participant"], read["visit"])
    return any(
        each["signed_at"] and (each["participant"], each["visit"]) == case
        for each in room.readings.reads()
        if each["round"] in deciding
    )


@router.get("/audit")
def audit(request: Request, login: access.Auditor) -> Response:
    """The newest events of the audit trail, and whether the chain holds."""
    trail = room_of(request).trail
    facts = {"login": login, "events": trail.events()[:-501:-1], "broken": trail.broken(),
             "head": trail.head()}  # fmt: skip
    return page("audit.html", facts)


def _cases(reads: list[Row], rounds: list[str]) -> list[dict[str, Any]]:
    """For each case: reads signed of those planned, round by round."""
    found: dict[tuple[str, str], dict[str, list[bool]]] = {}
    for read in reads:
        rounds_of = found.setdefault((read["participant"], read["visit"]), {})
        rounds_of.setdefault(read["round"], []).append(bool(read["signed_at"]))
    return [
        {
            "participant": participant,
            "visit": visit,
            "counts": [
                f"{sum(mine[name])} of {len(mine[name])}" if name in mine else "" for name in rounds
            ],
        }
        for (participant, visit), mine in sorted(found.items())
    ]


def _progress(name: str, reader: str, reads: list[Row]) -> dict[str, Any]:
    states = Counter(
        "signed" if r["signed_at"] else "begun" if r["opened_at"] else "new" for r in reads
    )
    times = sorted(read["seconds"] for read in reads if read["signed_at"])
    return {
        "round": name,
        "reader": reader,
        "total": len(reads),
        "signed": states["signed"],
        "begun": states["begun"],
        "minutes": times[len(times) // 2] / 60 if times else None,
    }
