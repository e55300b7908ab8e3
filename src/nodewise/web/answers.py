"""Saving drafts and signing."""

from importlib.metadata import version
from typing import Any

from fastapi import APIRouter, HTTPException, Request
from pydantic import BaseModel, ConfigDict, Field

from nodewise.reading import signing
from nodewise.web import access, passwords
from nodewise.web.images import Code, Place
from nodewise.web.opened import Opened, open_case
from nodewise.web.sign_in import tried_too_often

router = APIRouter()


class Draft(BaseModel):
    """A page's save of one subject's answers."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    answers: dict[str, int | float | str | list[str]] = Field(max_length=100)
    revision: int = Field(ge=0, description="the revision that the page last saw")
    seconds: float = Field(ge=0, le=86400, description="reading time since the save before")
    list: str = Field(max_length=64, description="token of the list that the page shows")


class Signature(BaseModel):
    """The password again."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    password: str = Field(max_length=1024)


@router.put("/read/{code}/answers/{place}", dependencies=[access.OurPage])
def save(
    request: Request, code: Code, place: Place, draft: Draft, login: access.Reader
) -> dict[str, Any]:
    """Keep a draft; answers may still be missing, but none may be wrong."""
    opened = open_case(request, code, login)
    if opened.read["signed_at"]:
        raise HTTPException(409, "this read is signed and can be read only")
    if place >= len(opened.subjects):
        raise HTTPException(404, "this case has no such node")
    if draft.list != opened.list_token:
        raise HTTPException(409, "the nodes of this case were changed meanwhile; reload the page")
    if problems := opened.sheet.problems(draft.answers, complete=False):
        raise HTTPException(422, "; ".join(problems))
    row = opened.room.readings.save(
        opened.read,
        opened.subjects[place].key,
        answers=draft.answers,
        revision=draft.revision,
        seconds=draft.seconds,
    )
    score = opened.score(draft.answers)
    return {"revision": row["revision"], "saved_at": row["saved_at"], "score": score}


@router.post("/read/{code}/sign", dependencies=[access.OurPage])
def sign(request: Request, code: Code, given: Signature, login: access.Reader) -> dict[str, Any]:
    """Sign a complete read with the password; from here on it is read-only."""
    opened = open_case(request, code, login)
    if opened.read["signed_at"]:
        raise HTTPException(409, "this read is signed already")
    _check_password(request, opened, given.password)
    record = _record(opened)
    opened.room.readings.sign(opened.read, record=record.text(), digest=record.hash())
    opened.room.desk.signed(code)
    return {"signed": record.signed_at, "hash": record.hash()[:16]}


def _check_password(request: Request, opened: Opened, password: str) -> None:
    room, name = opened.room, opened.read["reader"]
    address = request.client.host if request.client else ""
    if tried_too_often(room, name, address):
        raise HTTPException(429, "too many wrong passwords; wait a quarter of an hour")
    if not passwords.fits(room.people.password(name), password):
        room.people.failed(name, address)
        raise HTTPException(422, "the password is not right")


def _record(opened: Opened) -> signing.Record:
    """All that is signed.

    Raises:
        HTTPException: 422 with a sentence for each answer that is missing or wrong.
    """
    sheet, read = opened.sheet, opened.read
    answers = {subject.key: opened.answers(subject) for subject in opened.subjects}
    problems = [
        f"{sheet.per} {subject.name}: {problem}" if len(answers) > 1 else problem
        for subject in opened.subjects
        for problem in sheet.problems(answers[subject.key])
    ]
    if problems:
        raise HTTPException(422, "; ".join(problems))
    score = sheet.score
    return signing.Record(
        read=opened.code,
        version=read["version"],
        participant=read["participant"],
        visit=read["visit"],
        signer=read["reader"],
        meaning=signing.MEANING,
        signed_at=opened.room.trail.moment(),
        form=sheet.name,
        form_checksum=sheet.checksum,
        software=f"nodewise {version('nodewise')}",
        images=tuple(panel.array for panel in opened.panels),
        answers=answers,
        scores={key: score.value(given) for key, given in answers.items()} if score else {},
        seconds=round(read["seconds"], 1),
        score=opened.round["score"],
    )
