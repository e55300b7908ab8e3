"""What every page needs: the study, its readings and people, and the doors of `desk`."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from fastapi import HTTPException, Request

from nodewise.errors import FormError
from nodewise.reading.form import Form
from nodewise.reading.worklist import LEARNING, opens_at
from nodewise.store import Study
from nodewise.store.audit import Trail
from nodewise.store.people import People
from nodewise.store.queries import Queries
from nodewise.store.reading import Readings, Row
from nodewise.web.desk import Desk, Door, Truth


@dataclass(frozen=True)
class Room:
    """One study's reading room."""

    study: Study
    trail: Trail
    door: Door
    desk: Desk
    truth: Truth
    idle: timedelta = timedelta(minutes=30)
    absolute: timedelta = timedelta(hours=12)

    @property
    def people(self) -> People:
        """Users and who is signed in."""
        return People(self.trail)

    @property
    def queries(self) -> Queries:
        """Questions among the staff, and what was answered."""
        return Queries(self.trail)

    @property
    def readings(self) -> Readings:
        """Rounds, worklists and answers."""
        return Readings(self.trail)


def room_of(request: Request) -> Room:
    """The room that this server was opened for."""
    room: Room = request.app.state.room
    return room


def form_of(room: Room, read: Row) -> Form:
    """The form of a read, with the round's frozen score, unchanged since the round began."""
    found = room.readings.round(read["round"])
    try:
        sheet = room.desk.sheet(found["form"], found["score"]) if found else None
    except FormError:
        sheet = None
    if found is None or sheet is None or sheet.checksum != found["form_checksum"]:
        raise HTTPException(
            409, "the form was changed since this round began; tell the coordinator"
        )
    return sheet


def waits(room: Room, read: Row, reads: list[Row]) -> str | None:
    """Why this reader may not open this read now; nothing when it may be opened."""
    if read["signed_at"]:
        return None
    mine = [each for each in reads if each["round"] == read["round"] and not each["signed_at"]]
    if any(each["position"] < read["position"] for each in mine):
        return "after the cases before it"
    if _learns(room, read, reads):
        return "after the learning part"
    before = _before(read, reads)
    if before is None:
        return None
    washout = (room.readings.round(read["round"]) or {}).get("washout_days", 0)
    times = [_time(each["signed_at"]) for each in before]
    signed = [time for time in times if time]
    opens = opens_at(max(signed) if len(signed) == len(times) else None, washout)
    if opens is None:
        return "after your reading of the round before"
    return None if opens <= room.trail.clock() else f"from {opens:%d %b %Y, %H:%M} UTC"


def _learns(room: Room, read: Row, reads: list[Row]) -> bool:
    """Whether this is a pilot read of a reader who has learning cases left."""
    parts = {row["round"]: row["part"] for row in room.readings.rounds()}
    left = any(parts[each["round"]] == LEARNING and not each["signed_at"] for each in reads)
    return parts[read["round"]] != LEARNING and left


def _before(read: Row, reads: list[Row]) -> list[Row] | None:
    """This reader's earlier reads of the same case that a wash-out counts from, if any."""
    same = [
        each
        for each in reads
        if (each["participant"], each["visit"]) == (read["participant"], read["visit"])
        and (
            each["round"] == read["after"]
            or (each["round"] == read["round"] and each["iteration"] < read["iteration"])
        )
    ]
    return same or None


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
