"""Tables to take home, with their dictionary."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Request, Response

from nodewise.reading.roles import MAY, Role
from nodewise.store.people import Login
from nodewise.tables import TABLES
from nodewise.web import access
from nodewise.web.pages import page
from nodewise.web.room import room_of

router = APIRouter()
Exporter = Annotated[Login, Depends(access.may("export"))]
TruthExporter = Annotated[Login, Depends(access.may("export the truth"))]
Name = Annotated[str, Path(pattern=r"^[a-z_]{1,40}$")]
Kind = Literal["csv", "parquet"]
MEDIA = {"csv": "text/csv; charset=utf-8", "parquet": "application/vnd.apache.parquet"}


@router.get("/export")
def exports(request: Request, login: Exporter) -> Response:
    """What may be taken home, and what it holds."""
    role = Role(login.role)
    hidden = () if role in MAY["export answers"] else ("readings",)
    shown = [
        table
        for table in TABLES.values()
        if table.name not in hidden and (not table.truth or role in MAY["export the truth"])
    ]
    return page("export.html", {"login": login, "tables": shown})


@router.get("/export/truth/{table}.{kind}")
def export_truth(request: Request, login: TruthExporter, table: Name, kind: Kind) -> Response:
    """A table of the truth as a file."""
    content = room_of(request).truth.export(table, kind, by=login.name)
    return _file(content, table, kind)


@router.get("/export/{table}.{kind}")
def export(request: Request, login: Exporter, table: Name, kind: Kind) -> Response:
    """A table, or the dictionary, as a file."""
    content = room_of(request).desk.export(table, kind, by=login.name)
    return _file(content, table, kind)


def _file(content: bytes, table: str, kind: Kind) -> Response:
    headers = {"content-disposition": f'attachment; filename="{table}.{kind}"'}
    return Response(content, media_type=MEDIA[kind], headers=headers)
