"""An annotator's pages: nodes grown from a point, adjusted, named, put on a level and measured."""

import re
import secrets
from dataclasses import asdict
from typing import Annotated, Any, Literal

import numpy as np
from fastapi import APIRouter, Depends, HTTPException, Path, Request, Response
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from nodewise.anatomy import LEVELS, LevelSystem, RegionKind, Side, level_name
from nodewise.errors import MeasureError, NodewiseError
from nodewise.nodes import size
from nodewise.nodes.axes import axes
from nodewise.nodes.growing import grow
from nodewise.nodes.landmarks import EDGES, LATERAL, MASK_ALONE, PAIRED
from nodewise.nodes.location import locate
from nodewise.reading import display
from nodewise.store.people import Login
from nodewise.volume import Mask
from nodewise.web import access, case, images
from nodewise.web.images import Code, Drawn, Place
from nodewise.web.neck import Neck, necks, open_neck
from nodewise.web.pages import page
from nodewise.web.room import room_of

router = APIRouter()
Annotator = Annotated[Login, Depends(access.may("mark nodes"))]
LANDMARKS = tuple(
    f"{name} {side}" if name in PAIRED else name
    for name in EDGES
    if name not in MASK_ALONE
    for side in (LATERAL if name in PAIRED else LATERAL[:1])
)
"""Landmarks that points can tell, paired ones by side."""
Coordinate = Annotated[float, Field(ge=-1e5, le=1e5, allow_inf_nan=False)]
_LABEL = re.compile(r"[\w .+-]{1,40}")
Region = Annotated[str, Path(pattern=r"^[0-9A-Za-z-]{1,64}$")]


def _named(label: str) -> str:
    if not _LABEL.fullmatch(label):
        raise ValueError("a node's name is 1 to 40 letters, digits, spaces or . + - _")
    return label


class Seed(BaseModel):
    """Where a node is, and how large about."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    voxel: tuple[int, int, int] = Field(description="along the patient's axes")
    frame: int = Field(ge=0)
    radius: float | None = Field(None, gt=0.5, le=60, description="mm")


class Mark(Drawn):
    """A node, or a tissue that nodes are held against, as the annotator leaves it."""

    panel: int = Field(ge=0)
    label: Annotated[str, AfterValidator(_named)]
    kind: Literal[RegionKind.NODE, RegionKind.REFERENCE_TISSUE] = RegionKind.NODE
    side: Side | None = None
    level: str | None = None
    drawn_by: Literal["SEMIAUTOMATIC", "MANUAL"]
    frame: int = Field(0, ge=0, description="of the image, when it was drawn; from 0")
    version: int = Field(ge=0, description="the version that the page saw")


class Landmark(BaseModel):
    """A landmark's points on its edge that counts, mm."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    landmark: str
    points: tuple[tuple[Coordinate, Coordinate, Coordinate], ...] = Field(max_length=200)


class Version(BaseModel):
    """The version of a node that the page saw."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int = Field(ge=0)


@router.get("/mark")
def cases(request: Request, login: Annotator) -> Response:
    """Every visit with images, and how many nodes are marked there."""
    rows = [{"neck": neck, "nodes": len(neck.nodes)} for neck in necks(room_of(request))]
    return page("marking.html", {"login": login, "rows": rows})


@router.get("/mark/{code}")
def mark_page(request: Request, code: Code, login: Annotator) -> Response:
    """The page on which the nodes of a case are marked."""
    return page("mark.html", {"login": login, "neck": open_neck(request, code)})


@router.get("/mark/{code}/case")
def case_facts(request: Request, code: Code, login: Annotator) -> dict[str, Any]:
    """What the page shows: images to ask for, nodes with what is said of them, levels to choose."""
    neck = open_neck(request, code)
    levels = LEVELS[LevelSystem.AJCC]
    return {
        "panels": images.described(neck.panels),
        "nodes": [_node(neck, node) for node in neck.drawn],
        "levels": [name for level, parts in levels.items() for name in (level, *parts)],
        "begun": neck.begun,
        "landmarks": {name: [] for name in LANDMARKS} | neck.marks.landmarks(neck.here),
    }


@router.get("/mark/{code}/image/{panel}/{frame}")
def image(request: Request, code: Code, panel: Place, frame: Place, login: Annotator) -> Response:
    """One frame's voxels, as readers get them."""
    neck = open_neck(request, code)
    return images.pixels(neck.room.study, neck.panel(panel), frame)


@router.get("/mark/{code}/overlay/{panel}")
def overlay(request: Request, code: Code, panel: Place, login: Annotator) -> Response:
    """The nodes' numbers on an image's voxels."""
    neck = open_neck(request, code)
    return images.voxels(case.overlay(neck.room.study, neck.panel(panel), neck.drawn))


@router.post("/mark/{code}/curve/{panel}", dependencies=[access.OurPage])
def curve(
    request: Request, code: Code, panel: Place, drawn: Drawn, login: Annotator
) -> dict[str, Any]:
    """Mean and standard deviation of a drawn region in every frame."""
    neck = open_neck(request, code)
    return images.curve_of(neck.room.study, neck.panel(panel), drawn)


@router.post("/mark/{code}/grow/{panel}", dependencies=[access.OurPage])
def grown(request: Request, code: Code, panel: Place, seed: Seed, login: Annotator) -> Response:
    """A node from a point: the step at which each voxel joins, and the step to begin with."""
    neck = open_neck(request, code)
    shown = neck.panel(panel)
    if seed.frame >= shown.frames:
        raise HTTPException(404, "there is no such frame in this image")
    values, grid = case.frame(neck.room.study, shown, seed.frame)
    found = grow(np.asarray(values, float), grid, seed=seed.voxel, radius=seed.radius)
    response = images.voxels(found.steps)
    response.headers["x-best"] = str(found.best)
    return response


@router.post("/mark/{code}/measure/{panel}", dependencies=[access.OurPage])
def measured(
    request: Request, code: Code, panel: Place, drawn: Drawn, login: Annotator
) -> dict[str, Any]:
    """Size and axes of a region that is not kept yet, and the side that it lies on."""
    neck = open_neck(request, code)
    shown = neck.panel(panel)
    return _measured(neck, shown, _original(shown, drawn))


@router.put("/mark/{code}/landmarks", dependencies=[access.OurPage])
def landmark(
    request: Request, code: Code, given: Landmark, login: Annotator
) -> dict[str, list[list[float]]]:
    """Set a landmark's points, from which levels are suggested; none takes it away."""
    neck = open_neck(request, code)
    if given.landmark not in LANDMARKS:
        raise HTTPException(422, f"no landmark is called that; there is {', '.join(LANDMARKS)}")
    neck.marks.set_landmark(neck.here, given.landmark, points=given.points, by=login.name)
    return neck.marks.landmarks(neck.here)


@router.post("/mark/{code}/nodes", dependencies=[access.OurPage])
def add(request: Request, code: Code, mark: Mark, login: Annotator) -> dict[str, Any]:
    """Keep a new node."""
    neck = _open_for_change(request, code)
    return _kept(neck, mark, secrets.token_hex(6), by=login.name)


@router.put("/mark/{code}/nodes/{region}", dependencies=[access.OurPage])
def change(
    request: Request, code: Code, region: Region, mark: Mark, login: Annotator
) -> dict[str, Any]:
    """Keep a node in the place of its last version."""
    neck = _open_for_change(request, code)
    _own(neck, region)
    return _kept(neck, mark, region, by=login.name)


@router.delete("/mark/{code}/nodes/{region}", dependencies=[access.OurPage])
def remove(
    request: Request, code: Code, region: Region, seen: Version, login: Annotator
) -> dict[str, Any]:
    """Take a node away; its versions stay in the study."""
    neck = _open_for_change(request, code)
    _own(neck, region)
    neck.marks.remove(region, version=seen.version, by=login.name)
    return {"region": region, "version": neck.marks.version(region)}


@router.post("/mark/{code}/nodes/{region}/undo", dependencies=[access.OurPage])
def undo(
    request: Request, code: Code, region: Region, seen: Version, login: Annotator
) -> dict[str, Any]:
    """Take back the last change of a node, a removal too."""
    neck = _open_for_change(request, code)
    _own(neck, region)
    neck.marks.undo(region, version=seen.version, by=login.name)
    return {"region": region, "version": neck.marks.version(region)}


def _open_for_change(request: Request, code: str) -> Neck:
    """A case whose nodes may still change.

    Raises:
        HTTPException: 409 once a reader has opened it: answers belong to the nodes as they were.
    """
    neck = open_neck(request, code)
    if neck.begun:
        raise HTTPException(409, "a reader has opened this case; its nodes stay as they are")
    return neck


def _own(neck: Neck, region: str) -> None:
    """Refuse a region of another case, or one of a kind that is not marked here."""
    row = neck.marks.region(region) or neck.marks.removed(region)
    if (
        row is None
        or row["kind"] not in (RegionKind.NODE, RegionKind.REFERENCE_TISSUE)
        or any(row[name] != value for name, value in neck.here.items())
    ):
        raise HTTPException(404, "this case has no such node")


def _kept(neck: Neck, mark: Mark, region: str, *, by: str) -> dict[str, Any]:
    shown = neck.panel(mark.panel)
    mask = _original(shown, mark)
    series = shown.source.split(" ")[0]
    rows = neck.room.study.database.read("series", {"series": series}).to_dicts()
    level = mark.level if mark.kind == RegionKind.NODE else None
    system = LevelSystem.AJCC if level else None
    row = neck.here | {
        "region": region,
        "date": rows[0]["date"],
        "label": mark.label,
        "kind": mark.kind.value,
        "side": mark.side and mark.side.value,
        "level": level and _level(level),
        "level_system": system and system.value,
        "drawn_by": mark.drawn_by,
        "frame": _frame(shown, mark.frame),
        "grid": case.grid_text(shown.grid),
        "array": neck.room.study.arrays.put(mask),
    }
    neck.marks.put(row, version=mark.version, by=by)
    return {"region": region, "version": neck.marks.version(region)} | _measured(neck, shown, mask)


def _frame(panel: case.Panel, frame: int) -> int | None:
    """The frame of a cine, from 1, from which a region is followed; nothing on other images.

    Raises:
        HTTPException: 422, when the image has no such frame.
    """
    if frame >= panel.frames:
        raise HTTPException(422, "there is no such frame in this image; reload the page")
    return frame + 1 if panel.cine else None


def _level(name: str) -> str:
    try:
        return level_name(name, LevelSystem.AJCC)
    except NodewiseError as error:
        raise HTTPException(422, str(error)) from None


def _original(panel: case.Panel, drawn: Drawn) -> Mask:
    """A drawn region on the panel's own grid."""
    return np.ascontiguousarray(display.turned_back(drawn.mask(panel), panel.grid), dtype=bool)


def _measured(neck: Neck, panel: case.Panel, mask: Mask) -> dict[str, Any]:
    lines = axes(mask, panel.grid)
    return {
        "size": asdict(size(mask, panel.grid)),
        "long": lines.long.tolist(),
        "short": lines.short.tolist(),
        "suggested": _suggested(neck, panel, mask),
    }


def _suggested(neck: Neck, panel: case.Panel, mask: Mask) -> dict[str, Any]:
    """Side and levels by the landmarks; by the image's middle, and no level, where none tell."""
    try:
        found = locate(mask, panel.grid, neck.landmarks, system=LevelSystem.AJCC)
    except MeasureError:
        middle = panel.grid.positions((np.array([panel.grid.shape]) - 1) / 2)[0, 0]
        side = Side.LEFT if display.centre(mask, panel.grid)[0] > middle else Side.RIGHT
        return {"side": side.value, "level": None, "levels": [], "missing": []}
    return {
        "side": found.side.value,
        "level": found.level,
        "levels": list(found.levels),
        "missing": list(found.missing),
    }


def _node(neck: Neck, node: case.Node) -> dict[str, Any]:
    row = neck.marks.region(node.region) or {}
    said = {
        name: row[name]
        for name in ("region", "label", "kind", "side", "level", "drawn_by", "frame")
    }
    mask, _ = display.turned(case.mask_of(neck.room.study, node.array), node.grid)
    homes = [n for n, each in enumerate(neck.panels) if node.grid.same_as(each.grid)]
    return said | {
        "centre": list(node.centre),
        "version": neck.marks.version(node.region),
        "panel": homes[0] if homes else None,
        "runs": images.runs_of(np.asarray(mask, bool)) if homes else [],
    }
