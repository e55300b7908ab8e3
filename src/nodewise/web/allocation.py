"""Allocation: rounds of reading planned, and readers assigned to them, in a balanced design."""

import json
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from nodewise.errors import FormError
from nodewise.reading import form as forms
from nodewise.reading.roles import Role
from nodewise.reading.rounds import Round
from nodewise.store.people import Login
from nodewise.store.reading import Row
from nodewise.web import access
from nodewise.web.pages import page
from nodewise.web.room import Room, room_of

router = APIRouter()
Planner = Annotated[Login, Depends(access.may("plan reading"))]
Word = Annotated[str, Field(max_length=100)]
Words = Annotated[list[str], Form()]


class Typed(BaseModel):
    """A round as it is typed."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    name: Word = ""
    form: Word = ""
    part: Word = "pilot"
    shows: list[Word] = Field([], max_length=20)
    visit: Word = ""
    cases: int | None = None
    iterations: int = 1
    washout_days: int = 0
    shows_score: Word = ""
    score: Word = ""
    decides: Word = ""
    apart: Word = ""
    adjudicator: Word = ""
    csrf: Annotated[str, Field(max_length=200)] = ""


@router.get("/allocation")
def allocation(request: Request, login: Planner) -> Response:
    """Rounds, who reads them in which turn, and the two forms that change it."""
    return _shown(request, login)


@router.post("/allocation/rounds", dependencies=[access.OurPage])
def add_round(request: Request, login: Planner, typed: Annotated[Typed, Form()]) -> Response:
    """Plan a round; an adjudicating one gets its adjudicator at once."""
    try:
        settings = _round(typed)
        readers = [typed.adjudicator] if settings.adjudicates else []
        room_of(request).desk.plan([settings], readers=readers, by=login.name)
    except FormError as error:
        return _shown(request, login, given=typed, problem=str(error))
    return RedirectResponse("/allocation", 303)


@router.post("/allocation/readers", dependencies=[access.OurPage])
def assign(
    request: Request,
    login: Planner,
    rounds: Words = [],  # noqa: B006  # FastAPI copies it
    readers: Words = [],  # noqa: B006
    design: Annotated[str, Form(max_length=20)] = "balanced",
) -> Response:
    """Put readers on rounds: in balanced turns, or each case first in the first round."""
    room = room_of(request)
    known = {row["round"]: row for row in room.readings.rounds()}
    chosen = [known[name] for name in known if name in rounds]
    if not chosen or not readers:
        return _shown(request, login, problem="choose at least one round and one reader")
    try:
        planned = [_settings(row) for row in chosen]
        room.desk.plan(planned, readers=readers, by=login.name, in_order=design == "in order")
    except FormError as error:
        return _shown(request, login, problem=str(error))
    return RedirectResponse("/allocation", 303)


def _shown(
    request: Request, login: Login, *, given: Typed | None = None, problem: str = ""
) -> Response:
    room = room_of(request)
    people = room.people.all()
    facts = {
        "login": login,
        "problem": problem,
        "given": given or Typed(),
        "rounds": [_described(row) for row in room.readings.rounds()],
        "turns": _turns(room),
        "readers": [user["name"] for user in people if user["role"] == Role.READER],
        "adjudicators": [user["name"] for user in people if user["role"] == Role.ADJUDICATOR],
        "forms": forms.released(),
        "images": room.desk.shown(),
        "visits": room.desk.visits(),
        "scores": [row["name"] for row in room.readings.scores()],
    }
    return page("allocation.html", facts, status=422 if problem else 200)


def _round(typed: Typed) -> Round:
    """A round from the page's fields."""
    fixed = typed.model_dump(
        include={"name", "form", "part", "cases", "iterations", "washout_days"}
    )
    facts = fixed | {
        "shows": [name for name in typed.shows if name],
        "visit": typed.visit or None,
        "score": typed.score or None,
        "shows_score": typed.shows_score == "yes",
    }
    if typed.decides:
        facts["adjudicates"] = {"round": typed.decides, "apart": _apart(typed.apart)}
    try:
        return Round.model_validate(facts)
    except ValidationError as error:
        says = [f"{' '.join(map(str, e['loc']))}: {e['msg'].lower()}" for e in error.errors()]
        raise FormError("; ".join(says)) from None


def _apart(text: str) -> dict[str, str]:
    """A rule as it is typed: `suspicion 1, score 0`."""
    parts = [part.split() for part in text.split(",") if part.strip()]
    return {part[0]: part[1] if len(part) > 1 else "0" for part in parts}


def _settings(row: Row) -> Round:
    """The settings of a round that stands."""
    rule = json.loads(row["adjudicates"] or "null")
    return Round(
        name=row["round"],
        form=row["form"],
        shows=tuple(json.loads(row["shows"])),
        part=row["part"],
        visit=row["visit"],
        cases=row["cases"],
        iterations=row["iterations"],
        washout_days=row["washout_days"],
        shows_score=row["shows_score"],
        seed=row["seed"],
        score=row["score"],
        adjudicates={"round": rule["round"], "apart": rule["apart"]} if rule else None,
    )


def _described(row: Row) -> Row:
    rule = json.loads(row["adjudicates"] or "null")
    told = [f"{name} differs by more than {n}" for name, n in rule["apart"].items()] if rule else []
    return row | {
        "images": ", ".join(json.loads(row["shows"])),
        "rule": f"decides {rule['round']} where {' or '.join(told)}" if rule else "",
    }


def _turns(room: Room) -> list[dict[str, Any]]:
    """For each reader: the rounds in the order in which they open, with the number of cases."""
    found: dict[str, dict[str, list[Row]]] = {}
    for read in room.readings.reads():
        found.setdefault(read["reader"], {}).setdefault(read["round"], []).append(read)
    return [
        {
            "reader": reader,
            "rounds": sorted(
                (
                    {"round": name, "after": reads[0]["after"] or "", "cases": len(reads)}
                    for name, reads in mine.items()
                ),
                key=lambda each: (each["after"] != "", each["round"]),
            ),
        }
        for reader, mine in found.items()
    ]
