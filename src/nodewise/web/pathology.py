"""Pathology entered by level and by node. Only the pathology manager comes here."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Form, Path, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, ConfigDict, Field

from nodewise.anatomy import LEVELS, LevelSystem, Side
from nodewise.errors import FormError
from nodewise.store.people import Login
from nodewise.web import access
from nodewise.web.pages import page
from nodewise.web.room import room_of

router = APIRouter()
Manager = Annotated[Login, Depends(access.may("enter pathology"))]
Participant = Annotated[str, Path(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
Word = Annotated[str, Field(max_length=100)]
Count = Annotated[int | None, Field(ge=-999, le=999)]
Size = Annotated[float | None, Field(ge=-9999, le=9999, allow_inf_nan=False)]


TREATED = {"nodes_regressed", "viable_tumour", "necrosis", "fibrosis", "regression"}
"""What is asked only where nodes were treated before they were removed."""
_ANSWERS = {"metastatic", "regression"}


class Posted(BaseModel):
    """What a page of ours sends; the token of the page is checked before."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    csrf: str = Field("", max_length=200)

    def row(self) -> dict[str, Any]:
        """What was typed; what only pages of treated nodes ask is left out where they did not."""
        return self.model_dump(exclude={"csrf", *(TREATED - self.model_fields_set)})


class Level(Posted):
    """A dissected level as it is typed."""

    side: Word = ""
    level: Word = ""
    level_system: Word = ""
    nodes_examined: Count = None
    nodes_positive: Count = None
    nodes_regressed: Count = None


class Node(Posted):
    """A node of the specimen as it is typed."""

    specimen_node: Word = ""
    side: Word = ""
    level: Word = ""
    level_system: Word = ""
    specimen_size_mm: Size = None
    metastatic: Literal["", "yes", "no"] = ""
    deposit_mm: Size = None
    pene_mm: Size = None
    viable_tumour: Size = None
    necrosis: Size = None
    fibrosis: Size = None
    regression: Literal["", "yes", "no"] = ""

    def row(self) -> dict[str, Any]:
        """What was typed, answers as yes or no."""
        typed, word = super().row(), {"yes": True, "no": False}
        return typed | {name: word.get(typed[name]) for name in _ANSWERS & typed.keys()}


class Struck(Posted):
    """What names a row."""

    table: Literal["dissections", "specimen_nodes"]
    side: Word = ""
    level: Word = ""
    specimen_node: Word = ""


@router.get("/pathology")
def participants(request: Request, login: Manager) -> Response:
    """Everybody, with what is entered."""
    facts = {"login": login, "participants": room_of(request).truth.participants()}
    return page("participants.html", facts | {"where": "pathology", "title": "Pathology"})


@router.get("/pathology/{participant}")
def neck(request: Request, participant: Participant, login: Manager) -> Response:
    """One participant's levels and nodes."""
    return _shown(request, participant, login)


@router.post("/pathology/{participant}/levels", dependencies=[access.OurPage])
def enter_level(
    request: Request, participant: Participant, login: Manager, typed: Annotated[Level, Form()]
) -> Response:
    """Enter a dissected level."""
    return _entered(request, login, "dissections", typed.row() | {"participant": participant})


@router.post("/pathology/{participant}/nodes", dependencies=[access.OurPage])
def enter_node(
    request: Request, participant: Participant, login: Manager, typed: Annotated[Node, Form()]
) -> Response:
    """Enter a node that the pathologist described."""
    return _entered(request, login, "specimen_nodes", typed.row() | {"participant": participant})


@router.post("/pathology/{participant}/strike", dependencies=[access.OurPage])
def strike(
    request: Request, participant: Participant, login: Manager, typed: Annotated[Struck, Form()]
) -> Response:
    """Take a row away; what it said stays among the corrections."""
    row = typed.row() | {"participant": participant}
    try:
        room_of(request).truth.strike(typed.table, row, by=login.name)
    except FormError as error:
        return _shown(request, participant, login, problem=str(error))
    return RedirectResponse(f"/pathology/{participant}", 303)


def _entered(request: Request, login: Login, table: str, row: dict[str, Any]) -> Response:
    participant = str(row["participant"])
    try:
        room_of(request).truth.enter(table, row, by=login.name)
    except FormError as error:
        return _shown(
            request,
            participant,
            login,
            typed={table: dict.fromkeys(TREATED) | row},
            problem=str(error),
        )
    return RedirectResponse(f"/pathology/{participant}#{table}", 303)


def _shown(
    request: Request,
    participant: str,
    login: Login,
    *,
    typed: dict[str, dict[str, Any]] | None = None,
    problem: str = "",
) -> Response:
    """The page; what was typed and refused stands in the empty row again."""
    found = room_of(request).truth.neck(participant)
    facts = {
        "login": login,
        "participant": participant,
        "levels": found["dissections"],
        "nodes": found["specimen_nodes"],
        "remarks": found["remarks"],
        "typed": typed or {},
        "problem": problem,
        "treated": room_of(request).truth.treated,
        "sides": [str(side) for side in Side],
        "systems": [str(system) for system in LevelSystem],
        "names": _levels(),
    }
    return page("pathology.html", facts, status=422 if problem else 200)


def _levels() -> list[str]:
    names = {name for levels in LEVELS.values() for level in levels.items()
             for name in (level[0], *level[1])}  # fmt: skip
    return sorted(names)
