"""A case that its reader may open now, with all that the pages ask of it."""

import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from fastapi import HTTPException, Request

from nodewise.reading import adjudication, signing
from nodewise.reading.form import Form
from nodewise.store.people import Login
from nodewise.store.reading import Row
from nodewise.web import case
from nodewise.web.room import Room, form_of, room_of, waits


@dataclass(frozen=True, slots=True)
class Subject:
    """What one answer sheet is for: stored under its key, shown under its name."""

    key: str
    name: str
    where: str = ""


@dataclass(frozen=True)
class Opened:
    """One read of one reader."""

    room: Room
    read: Row

    @property
    def code(self) -> str:
        """The read's opaque code."""
        return str(self.read["code"])

    @cached_property
    def round(self) -> Row:
        """The round that it belongs to."""
        found = self.room.readings.round(self.read["round"])
        if found is None:
            raise HTTPException(404, "this round is gone")
        return found

    @cached_property
    def sheet(self) -> Form:
        """Its form."""
        return form_of(self.room, self.read)

    @cached_property
    def nodes(self) -> list[case.Node]:
        """Its nodes, from head to feet; for an adjudicator those on which the readers differ."""
        found = case.nodes(self.room.study, self.read["participant"], self.read["visit"])
        return [node for node in found if self.disputed is None or node.region in self.disputed]

    @cached_property
    def others(self) -> list[dict[str, dict[str, Any]]]:
        """What the readers whose case this adjudicates have signed, in an order that says nothing.

        Each is subject → answers; there are none in a round that adjudicates nothing.
        """
        if self.rule is None:
            return []
        same = [
            read["code"]
            for read in self.room.readings.reads()
            if (read["round"], read["iteration"]) == (self.rule["round"], 1)
            and (read["participant"], read["visit"])
            == (self.read["participant"], self.read["visit"])
        ]
        same.sort(key=lambda code: signing.digest(self.code + code))
        return [self.room.readings.signed_answers(code) for code in same]

    @cached_property
    def disputed(self) -> set[str] | None:
        """Subjects that an adjudicator decides; no limit for a reader."""
        if self.rule is None:
            return None
        if self.read["signed_at"]:
            return set(self.room.readings.signed_answers(self.code))
        return set(adjudication.differing(self.sheet, self.rule["apart"], self.others))

    @cached_property
    def rule(self) -> dict[str, Any] | None:
        """Which round this one adjudicates, and by which rule."""
        found: dict[str, Any] | None = json.loads(self.round["adjudicates"] or "null")
        return found

    @cached_property
    def panels(self) -> list[case.Panel]:
        """Its images, in hanging order: those of the round that its form lets be opened."""
        shows = json.loads(self.round["shows"])
        protocol = case.Protocol(shows=shows, allowed=self.sheet.shows, hang=self.sheet.hang)
        participant, visit = self.read["participant"], self.read["visit"]
        return case.panels(self.room.study, participant, visit, protocol=protocol)

    @cached_property
    def subjects(self) -> list[Subject]:
        """What its form is answered for; a node is stored by its region, shown by a number."""
        if self.sheet.per != "node":
            names = signing.subjects(self.sheet.per)
            return [Subject(n, n) for n in names if self.disputed is None or n in self.disputed]
        numbered = enumerate(self.nodes, 1)
        return [Subject(node.region, str(number), node.where) for number, node in numbered]

    @property
    def list_token(self) -> str:
        """Changes when nodes are added or taken away, so that no answer goes to another node."""
        return signing.digest(self.code + signing.canonical([s.key for s in self.subjects]))[:16]

    @cached_property
    def saved(self) -> dict[str, Row]:
        """What is saved, by the subject's key."""
        return self.room.readings.answers(self.code, self.read["version"])

    def answers(self, subject: Subject) -> dict[str, Any]:
        """A subject's answers so far."""
        found: dict[str, Any] = self.saved.get(subject.key, {}).get("answers", {})
        return found

    def score(self, answers: dict[str, Any]) -> str | None:
        """The form's score in words, where the round shows it to its readers."""
        score = self.sheet.score
        if not self.round["shows_score"] or score is None:
            return None
        value = score.value(answers)
        return None if value is None else f"{score.title}: {value}"

    def panel(self, number: int) -> case.Panel:
        """One of its images."""
        if number >= len(self.panels):
            raise HTTPException(404, "there is no such image in this case")
        return self.panels[number]


def open_case(request: Request, code: str, login: Login) -> Opened:
    """This reader's read of that code, when its turn has come; anybody else's does not exist."""
    room = room_of(request)
    reads = room.readings.reads(login.name)
    read = next((each for each in reads if each["code"] == code), None)
    if read is None:
        raise HTTPException(404, "there is no such case on your worklist")
    if why := waits(room, read, reads):
        raise HTTPException(403, f"this case opens {why}")
    return Opened(room, read)
