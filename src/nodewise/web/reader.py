"""A reader's pages: worklist, case, images, drafts, signature, feedback. Opaque codes only."""

import gzip
import json
from importlib.metadata import version
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Path, Request, Response
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from nodewise.reading import signing
from nodewise.reading.form import Form
from nodewise.reading.worklist import LEARNING
from nodewise.store.people import Login
from nodewise.store.reading import Row
from nodewise.web import access, case, passwords
from nodewise.web.pages import page
from nodewise.web.room import Room, form_of, room_of, waits
from nodewise.web.sign_in import tried_too_often

router = APIRouter()
Code = Annotated[str, Path(pattern=r"^[2-9A-Z]{8}$")]
Place = Annotated[int, Path(ge=0, le=999)]


class Draft(BaseModel):
    """A page's save of one subject's answers."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    answers: dict[str, int | float | str | list[str]] = Field(max_length=100)
    revision: int = Field(ge=0)
    seconds: float = Field(ge=0, le=86400)


class Signature(BaseModel):
    """The password again."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    password: str = Field(max_length=1024)


@router.get("/worklist")
def worklist(request: Request, login: access.Reader) -> Response:
    """What a reader has to read, in the stored order."""
    room = room_of(request)
    reads = room.readings.reads(login.name)
    rounds = {row["round"]: row for row in room.readings.rounds()}
    shown = [
        {"name": name, "title": form_of(room, mine[0]).title, "part": rounds[name]["part"],
         "reads": [_listed(room, read, reads) for read in mine]}
        for name in rounds
        if (mine := [read for read in reads if read["round"] == name])
    ]  # fmt: skip
    return page("worklist.html", {"login": login, "rounds": shown})


@router.get("/read/{code}")
def read_page(request: Request, code: Code, login: access.Reader) -> Response:
    """The page on which a case is read."""
    room, read = _read(request, code, login)
    room.readings.open(read)
    return page("read.html", {"login": login, "code": code, "form": form_of(room, read)})


@router.get("/read/{code}/case")
def case_facts(request: Request, code: Code, login: access.Reader) -> dict[str, Any]:
    """What the page shows: images to ask for, nodes, questions, the answers so far."""
    room, read = _read(request, code, login)
    sheet = form_of(room, read)
    nodes = _nodes(room, read)
    titles = {str(number): node.where for number, node in enumerate(nodes, 1)}
    saved = room.readings.answers(code, read["version"])
    mine = [each for each in room.readings.reads(login.name) if each["round"] == read["round"]]
    return {
        "code": code,
        "place": [read["position"], len(mine)],
        "signed": read["signed_at"],
        "part": _round(room, read)["part"],
        "meaning": signing.MEANING,
        "seconds": read["seconds"],
        "panels": [_described(panel) for panel in _panels(room, read)],
        "nodes": [list(node.centre) for node in nodes],
        "subjects": [{"name": name, "where": titles.get(name, "") if sheet.per == "node" else ""}
                     for name in signing.subjects(sheet.per, list(titles))],
        "per": sheet.per,
        "questions": [question.model_dump(exclude_none=True) for question in sheet.question],
        "score": _shown_score(sheet),
        "answers": {name: {"answers": row["answers"], "revision": row["revision"],
                           "saved_at": row["saved_at"]} for name, row in saved.items()},
    }  # fmt: skip


@router.get("/read/{code}/image/{panel}/{frame}")
def image(
    request: Request, code: Code, panel: Place, frame: Place, login: access.Reader
) -> Response:
    """One frame's voxels in sixteen bits, gzipped, x fastest."""
    room, read = _read(request, code, login)
    shown = _panels(room, read)
    if panel >= len(shown) or frame >= len(shown[panel].frames):
        raise HTTPException(404, "there is no such image in this case")
    found, _ = case.frame(room.study, shown[panel], frame)
    response = _voxels(found.levels)
    response.headers["x-slope"], response.headers["x-intercept"] = (
        repr(found.slope),
        repr(found.intercept),
    )
    return response


@router.get("/read/{code}/overlay/{panel}")
def overlay(request: Request, code: Code, panel: Place, login: access.Reader) -> Response:
    """The nodes' numbers on an image's voxels, gzipped, x fastest."""
    room, read = _read(request, code, login)
    shown = _panels(room, read)
    if panel >= len(shown):
        raise HTTPException(404, "there is no such image in this case")
    return _voxels(case.overlay(room.study, shown[panel], _nodes(room, read)))


@router.put("/read/{code}/answers/{place}", dependencies=[access.OurPage])
def save(
    request: Request, code: Code, place: Place, draft: Draft, login: access.Reader
) -> dict[str, Any]:
    """Keep a draft; answers may still be missing, but none may be wrong."""
    room, read = _read(request, code, login)
    if read["signed_at"]:
        raise HTTPException(409, "this read is signed and can be read only")
    sheet = form_of(room, read)
    subjects = _subjects(room, read, sheet)
    if place >= len(subjects):
        raise HTTPException(404, "this case has no such node")
    if problems := sheet.problems(draft.answers, complete=False):
        raise HTTPException(422, "; ".join(problems))
    row = room.readings.save(
        read,
        subjects[place],
        answers=draft.answers,
        revision=draft.revision,
        seconds=draft.seconds,
    )
    return {"revision": row["revision"], "saved_at": row["saved_at"]}


@router.post("/read/{code}/sign", dependencies=[access.OurPage])
def sign(request: Request, code: Code, given: Signature, login: access.Reader) -> dict[str, Any]:
    """Sign a complete read with the password; from here on it is read-only."""
    room, read = _read(request, code, login)
    if read["signed_at"]:
        raise HTTPException(409, "this read is signed already")
    address = request.client.host if request.client else ""
    if tried_too_often(room, login.name, address):
        raise HTTPException(429, "too many wrong passwords; wait a quarter of an hour")
    if not passwords.fits(room.people.password(login.name), given.password):
        room.people.failed(login.name, address)
        raise HTTPException(422, "the password is not right")
    record = _record(room, read, login)
    room.readings.sign(read, record=record.text(), digest=record.hash())
    return {"signed": record.signed_at, "hash": record.hash()[:16]}


@router.get("/read/{code}/feedback")
def feedback(request: Request, code: Code, login: access.Reader) -> Response:
    """What pathology found, for a signed case of the explorative part only."""
    room, read = _read(request, code, login)
    sheet = form_of(room, read)
    found = {row["region"]: row["found"] for row in room.door(code)}
    saved = room.readings.answers(code, read["version"])
    rows = [
        {
            "number": number,
            "where": node.where,
            "words": sheet.words(saved.get(str(number), {}).get("answers", {})),
            "found": found.get(node.region, "no reference for this node"),
        }
        for number, node in enumerate(_nodes(room, read), 1)
    ]
    curve = _curve(room, sheet, login)
    return page("feedback.html", {"login": login, "code": code, "rows": rows, "curve": curve})


def _curve(room: Room, sheet: Form, login: Login) -> list[dict[str, Any]]:
    """How many nodes with a reference this reader called right, in each learning case so far."""
    learning = {row["round"] for row in room.readings.rounds() if row["part"] == LEARNING}
    rows = []
    for read in room.readings.reads(login.name):
        if read["signed_at"] and read["round"] in learning and sheet.score:
            found = {row["region"]: row["found"] for row in room.door(read["code"])}
            saved = room.readings.answers(read["code"], read["version"])
            pairs = [
                (sheet.score.value(saved[str(number)]["answers"]), found[node.region])
                for number, node in enumerate(_nodes(room, read), 1)
                if found.get(node.region) in ("metastatic", "benign")
            ]
            right = sum(said == truth for said, truth in pairs)
            rows.append({"code": read["code"], "right": right, "of": len(pairs)})
    return rows


def _read(request: Request, code: str, login: Login) -> tuple[Room, Row]:
    """This reader's read of that code; anybody else's does not exist."""
    room = room_of(request)
    reads = room.readings.reads(login.name)
    read = next((each for each in reads if each["code"] == code), None)
    if read is None:
        raise HTTPException(404, "there is no such case on your worklist")
    if why := waits(room, read, reads):
        raise HTTPException(403, f"this case opens {why}")
    return room, read


def _listed(room: Room, read: Row, reads: list[Row]) -> dict[str, Any]:
    state = "signed" if read["signed_at"] else "begun" if read["opened_at"] else "new"
    return {"code": read["code"], "position": read["position"], "state": state,
            "waits": waits(room, read, reads)}  # fmt: skip


def _round(room: Room, read: Row) -> Row:
    found = room.readings.round(read["round"])
    if found is None:
        raise HTTPException(404, "this round is gone")
    return found


def _panels(room: Room, read: Row) -> list[case.Panel]:
    shows = json.loads(_round(room, read)["shows"])
    return case.panels(room.study, read["participant"], read["visit"], shows=shows)


def _nodes(room: Room, read: Row) -> list[case.Node]:
    return case.nodes(room.study, read["participant"], read["visit"])


def _subjects(room: Room, read: Row, sheet: Form) -> list[str]:
    count = len(_nodes(room, read)) if sheet.per == "node" else 0
    return signing.subjects(sheet.per, [str(number + 1) for number in range(count)])


def _described(panel: case.Panel) -> dict[str, Any]:
    grid = case.turned_grid(panel)
    return {
        "title": panel.title,
        "modality": panel.modality,
        "shape": list(grid.shape),
        "affine": grid.affine.tolist(),
        "frames": list(panel.frames),
        "start": panel.start,
    }


def _shown_score(sheet: Form) -> dict[str, Any] | None:
    return sheet.score.model_dump() if sheet.score and sheet.score.shown else None


def _voxels(values: NDArray[Any]) -> Response:
    """Voxels as bytes, little-endian, the first index fastest; the gzip header names nothing."""
    packed = gzip.compress(values.tobytes(order="F"), compresslevel=1, mtime=0)
    return Response(packed, media_type="application/octet-stream",
                    headers={"content-encoding": "gzip"})  # fmt: skip


def _record(room: Room, read: Row, login: Login) -> signing.Record:
    """All that is signed.

    Raises:
        HTTPException: 422 with a sentence for each answer that is missing or wrong.
    """
    sheet = form_of(room, read)
    saved = room.readings.answers(read["code"], read["version"])
    answers = {
        name: saved.get(name, {}).get("answers", {}) for name in _subjects(room, read, sheet)
    }
    problems = [
        f"{sheet.per} {name}: {problem}" if len(answers) > 1 else problem
        for name, given in answers.items()
        for problem in sheet.problems(given)
    ]
    if problems:
        raise HTTPException(422, "; ".join(problems))
    score = sheet.score
    return signing.Record(
        read=read["code"],
        version=read["version"],
        signer=login.name,
        meaning=signing.MEANING,
        signed_at=room.trail.moment(),
        form=sheet.name,
        form_checksum=sheet.checksum,
        software=f"nodewise {version('nodewise')}",
        images=tuple(panel.array for panel in _panels(room, read)),
        answers=answers,
        scores={name: score.value(given) for name, given in answers.items()} if score else {},
        seconds=round(read["seconds"], 1),
    )
