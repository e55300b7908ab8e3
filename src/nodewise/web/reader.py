"""A reader's pages: worklist, case, images, feedback. Opaque codes only."""

from typing import Any

from fastapi import APIRouter, Request, Response

from nodewise.reading import signing
from nodewise.reading.worklist import LEARNING
from nodewise.store.reading import Row
from nodewise.web import access, images
from nodewise.web.images import Code
from nodewise.web.opened import Opened, open_case
from nodewise.web.pages import page
from nodewise.web.room import Room, form_of, room_of, waits

router = APIRouter()


@router.get("/worklist")
def worklist(request: Request, login: access.Reader) -> Response:
    """What a reader has to read, in the stored order."""
    room = room_of(request)
    reads = room.readings.reads(login.name)
    rounds = {row["round"]: row for row in room.readings.rounds()}
    shown = [
        {
            "title": form_of(room, mine[0]).title,
            "part": rounds[name]["part"],
            "adjudicates": rounds[name]["adjudicates"] is not None,
            "reads": [_listed(room, read, reads) for read in mine],
        }
        for name in rounds
        if (mine := [read for read in reads if read["round"] == name])
    ]
    return page("worklist.html", {"login": login, "rounds": shown})


@router.get("/read/{code}")
def read_page(request: Request, code: Code, login: access.Reader) -> Response:
    """The page on which a case is read."""
    opened = open_case(request, code, login)
    opened.room.readings.open(opened.read)
    facts = {"code": code, "form": opened.sheet, "others": opened.rule is not None}
    return page("read.html", {"login": login, **facts})


@router.get("/read/{code}/case")
def case_facts(request: Request, code: Code, login: access.Reader) -> dict[str, Any]:
    """What the page shows: images to ask for, nodes, questions, the answers so far."""
    opened = open_case(request, code, login)
    read, sheet = opened.read, opened.sheet
    reads = opened.room.readings.reads(login.name)
    return {
        "code": code,
        "place": [read["position"], sum(each["round"] == read["round"] for each in reads)],
        "signed": read["signed_at"],
        "part": opened.round["part"],
        "meaning": signing.MEANING,
        "seconds": read["seconds"],
        "panels": images.described(opened.panels, opened.nodes),
        "nodes": [list(node.centre) for node in opened.nodes],
        "subjects": [{"name": each.name, "where": each.where} for each in opened.subjects],
        "list": opened.list_token,
        "per": sheet.per,
        "questions": [question.model_dump(exclude_none=True) for question in sheet.question],
        "answers": {
            subject.name: {name: row[name] for name in ("answers", "revision", "saved_at")}
            | {"score": opened.score(row["answers"])}
            for subject in opened.subjects
            if (row := opened.saved.get(subject.key))
        },
    }


@router.get("/read/{code}/feedback")
def feedback(request: Request, code: Code, login: access.Reader) -> Response:
    """What pathology found, for a signed case of the explorative part only."""
    opened = open_case(request, code, login)
    found = _found(opened)
    rows = [
        {
            "name": subject.name,
            "where": subject.where,
            "words": opened.sheet.words(opened.answers(subject)),
            "found": found.get(subject.key, "no reference for this node"),
        }
        for subject in opened.subjects
    ]
    facts = {"code": code, "per": opened.sheet.per, "rows": rows}
    return page("feedback.html", {"login": login, "curve": _curve(opened), **facts})


def _found(opened: Opened) -> dict[str, str]:
    """Region → what pathology found; only the door knows whether it may be told."""
    return {row["region"]: row["found"] for row in opened.room.door(opened.code)}


def _curve(opened: Opened) -> list[dict[str, Any]]:
    """How many nodes with a reference this reader called right, in each learning case so far."""
    room, reader = opened.room, opened.read["reader"]
    learning = {row["round"] for row in room.readings.rounds() if row["part"] == LEARNING}
    signed = [
        Opened(room, read)
        for read in room.readings.reads(reader)
        if read["signed_at"] and read["round"] in learning
    ]
    return [each for case_read in signed if (each := _right(case_read))["of"]]


def _right(opened: Opened) -> dict[str, Any]:
    found, score = _found(opened), opened.sheet.score
    pairs = [
        (score.value(opened.answers(subject)), found[subject.key])
        for subject in opened.subjects
        if score and found.get(subject.key) in ("metastatic", "benign")
    ]
    right = sum(said == truth for said, truth in pairs)
    return {"code": opened.code, "right": right, "of": len(pairs)}


def _listed(room: Room, read: Row, reads: list[Row]) -> dict[str, Any]:
    state = "signed" if read["signed_at"] else "begun" if read["opened_at"] else "new"
    why = waits(room, read, reads)
    return {"code": read["code"], "position": read["position"], "state": state, "waits": why}
