"""Queries: about a case or a field, to a role, answered and closed."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Form, HTTPException, Path, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, ConfigDict, Field

from nodewise.reading.roles import MAY, Role
from nodewise.store.people import Login
from nodewise.web import access
from nodewise.web.pages import page
from nodewise.web.room import Room, room_of

router = APIRouter()
Asker = Annotated[Login, Depends(access.may("query"))]
Text = Annotated[str, Form(max_length=4000)]
Word = Annotated[str, Field(max_length=200)]
Number = Annotated[int, Path(ge=1, le=10**9)]


class Question(BaseModel):
    """A query as it is typed."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    addressee: Word = ""
    subject: Word = ""
    field: Word = ""
    text: Annotated[str, Field(max_length=4000)] = ""
    csrf: Word = ""


@router.get("/queries")
def queries(request: Request, login: Asker) -> Response:
    """Open and closed queries that concern this user."""
    return _shown(request, login)


@router.post("/queries", dependencies=[access.OurPage])
def ask(request: Request, login: Asker, asked: Annotated[Question, Form()]) -> Response:
    """Ask; whoever is blinded asks the coordinator, about a case of their own."""
    room = room_of(request)
    given = asked.model_dump(exclude={"csrf"})
    if problem := _problem(room, login, given):
        return _shown(request, login, given=given, problem=problem)
    room.queries.ask(given, by=login.name, role=login.role)
    return RedirectResponse("/queries", 303)


@router.post("/queries/{number}", dependencies=[access.OurPage])
def follow(
    request: Request,
    login: Asker,
    number: Number,
    action: Annotated[Literal["answer", "close"], Form()],
    text: Text = "",
) -> Response:
    """Answer a query, or close it."""
    room = room_of(request)
    query = room.queries.one(number)
    if query is None or not _concerns(query, login):
        raise HTTPException(404, "there is no such query")
    if action == "answer" and not text.strip():
        raise HTTPException(422, "write an answer first")
    if action == "close" and login.name != query["asker"] and login.role != Role.COORDINATOR:
        raise HTTPException(403, "whoever asked closes a query, or the coordinator")
    do = room.queries.answer if action == "answer" else room.queries.close
    do(number, text.strip(), by=login.name, role=login.role)
    return RedirectResponse("/queries", 303)


def _shown(
    request: Request, login: Login, *, given: dict[str, str] | None = None, problem: str = ""
) -> Response:
    found = [query for query in room_of(request).queries.all() if _concerns(query, login)]
    for query in found:
        query["entries"] = [entry | {"who": _signed(entry, login)} for entry in query["entries"]]
    facts = {
        "login": login,
        "queries": found,
        "addressees": _addressees(login),
        "given": given or {"addressee": "", "subject": "", "field": "", "text": ""},
        "problem": problem,
        "blinded": _blinded(login),
    }
    return page("queries.html", facts, status=422 if problem else 200)


def _blinded(login: Login) -> bool:
    return Role(login.role) in MAY["read"]


def _addressees(login: Login) -> list[str]:
    """Roles that may be asked: nobody but the coordinator may write to those who are blinded."""
    if _blinded(login):
        return [Role.COORDINATOR]
    mine = Role(login.role)
    return [
        role for role in Role
        if role != mine and (role not in MAY["read"] or mine == Role.COORDINATOR)
    ]  # fmt: skip


def _concerns(query: dict[str, Any], login: Login) -> bool:
    """Asked by this user or to this user's role; coordinator and auditor see all."""
    if Role(login.role) in (Role.COORDINATOR, Role.AUDITOR):
        return True
    return bool(query["asker"] == login.name or query["addressee"] == login.role)


def _problem(room: Room, login: Login, given: dict[str, str]) -> str:
    if given["addressee"] not in _addressees(login):
        return "say whom you ask"
    if not given["subject"] or not given["text"]:
        return "say what it is about, and what the question is"
    mine = {read["code"] for read in room.readings.reads(login.name)}
    if _blinded(login) and given["subject"] not in mine:
        return "ask about a case of your own worklist, by its code"
    return ""


def _signed(entry: dict[str, Any], login: Login) -> str:
    """Who wrote an entry: those who are blinded see roles, no names."""
    if _blinded(login) and entry["who"] != login.name:
        return str(entry["role"])
    return f"{entry['who']}, {entry['role']}"
