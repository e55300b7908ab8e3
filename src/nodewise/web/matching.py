"""The matching board: image nodes and specimen nodes side by side. It shows no histology."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from nodewise.errors import FormError
from nodewise.store.people import Login
from nodewise.web import access
from nodewise.web.pages import page
from nodewise.web.pathology import Manager, Participant, Posted, Word
from nodewise.web.room import room_of

router = APIRouter()
SHOWN = ("specimen_node", "side", "level", "specimen_size_mm")
"""What of a specimen node the board shows: whoever matches is not led by what it contains."""


class Link(Posted):
    """A specimen node, the image node that it is, and how certain that is."""

    specimen_node: Word
    image_label: Word = ""
    certainty: Literal["certain", "probable", "uncertain"] = "certain"


@router.get("/matching")
def participants(request: Request, login: Manager) -> Response:
    """Everybody, with what is matched."""
    facts = {"login": login, "participants": room_of(request).truth.participants()}
    return page("participants.html", facts | {"where": "matching", "title": "Matching"})


@router.get("/matching/{participant}")
def board(request: Request, participant: Participant, login: Manager) -> Response:
    """One participant's nodes side by side."""
    return _shown(request, participant, login)


@router.post("/matching/{participant}", dependencies=[access.OurPage])
def link(
    request: Request, participant: Participant, login: Manager, typed: Annotated[Link, Form()]
) -> Response:
    """Link a specimen node to an image node, or take its link away."""
    try:
        room_of(request).truth.link(
            participant,
            typed.specimen_node,
            label=typed.image_label or None,
            certainty=typed.certainty if typed.image_label else None,
            by=login.name,
        )
    except FormError as error:
        return _shown(request, participant, login, problem=str(error))
    return RedirectResponse(f"/matching/{participant}", 303)


def _shown(request: Request, participant: str, login: Login, *, problem: str = "") -> Response:
    found = room_of(request).truth.neck(participant)
    links = {row["specimen_node"]: row for row in found["links"]}
    nodes = [
        {name: row[name] for name in SHOWN}
        | {
            "label": row["linked"],
            "certainty": links.get(row["specimen_node"], {}).get("certainty", "certain"),
        }
        for row in found["specimen_nodes"]
    ]
    facts = {
        "login": login,
        "participant": participant,
        "images": [row | {"linked": _linked(row, nodes)} for row in found["images"]],
        "nodes": nodes,
        "problem": problem,
    }
    return page("matching.html", facts, status=422 if problem else 200)


def _linked(image: dict[str, Any], nodes: list[dict[str, Any]]) -> str:
    """Specimen nodes that an image node is said to be; the other side may have one of its name."""
    return " and ".join(
        row["specimen_node"]
        for row in nodes
        if row["label"] == image["label"]
        and (None in (row["side"], image["side"]) or row["side"] == image["side"])
    )
