"""A scoring system for the pilot part: built from the learning part or drawn up by hand, frozen."""

import json
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse

from nodewise.errors import NodewiseError
from nodewise.reading import form as forms
from nodewise.reading.worklist import LEARNING
from nodewise.store.people import Login
from nodewise.store.reading import Row
from nodewise.web import access
from nodewise.web.pages import page
from nodewise.web.room import Room, room_of

router = APIRouter()
Freezer = Annotated[Login, Depends(access.may("freeze a score"))]
Name = Annotated[str, Form(max_length=100)]


@router.get("/score")
def scores(request: Request, login: Freezer) -> Response:
    """Frozen scores, and the form to make one."""
    return _shown(request, login)


@router.post("/score/propose", dependencies=[access.OurPage])
def propose(
    request: Request,
    login: Freezer,
    form: Name = "",
    questions: Annotated[list[str], Form()] = [],  # noqa: B006  # FastAPI copies it
) -> Response:
    """Points from the learning part, put into the page to be looked at; nothing is kept yet."""
    try:
        proposal = room_of(request).truth.propose(form, questions, by=login.name)
    except NodewiseError as error:
        return _shown(request, login, problem=str(error))
    return _shown(request, login, form=form, proposal=proposal, rule=proposal["rule"])


@router.post("/score/freeze", dependencies=[access.OurPage])
def freeze(
    request: Request,
    login: Freezer,
    form: Name = "",
    rule: Annotated[str, Form(max_length=20_000)] = "",
) -> Response:
    """Keep a rule for good."""
    text = rule.replace("\r\n", "\n")  # as a browser sends what it was given
    try:
        room_of(request).desk.freeze(form, text, by=login.name)
    except NodewiseError as error:
        return _shown(request, login, form=form, rule=text, problem=str(error))
    return RedirectResponse("/score", 303)


def _shown(  # noqa: PLR0913  # what the page shows again after it was sent
    request: Request,
    login: Login,
    *,
    form: str = "",
    rule: str = "",
    proposal: Row | None = None,
    problem: str = "",
) -> Response:
    room = room_of(request)
    facts: dict[str, Any] = {
        "login": login,
        "problem": problem,
        "form": form,
        "rule": rule,
        "proposal": proposal,
        "forms": _learnt(room),
        "released": forms.released(),
        "scores": [_described(room, row) for row in room.readings.scores()],
    }
    return page("score.html", facts, status=422 if problem else 200)


def _learnt(room: Room) -> list[forms.Form]:
    """Forms that learning cases are read on."""
    names = {row["form"] for row in room.readings.rounds() if row["part"] == LEARNING}
    return [forms.load(name) for name in sorted(names)]


def _described(room: Room, row: Row) -> Row:
    origin = row["origin"]
    built = json.loads(origin) if origin.startswith("{") else None
    used = [each["round"] for each in room.readings.rounds() if each["score"] == row["name"]]
    return row | {"built": built, "used": ", ".join(used)}
