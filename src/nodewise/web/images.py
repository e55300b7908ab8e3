"""Images as a browser gets them: what can be opened, voxels in sixteen bits, curves of a region."""

import gzip
from collections.abc import Sequence
from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, HTTPException, Path, Request, Response
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from nodewise.reading import display
from nodewise.store import Study
from nodewise.volume import Mask
from nodewise.web import access, case
from nodewise.web.opened import open_case

router = APIRouter()
Code = Annotated[str, Path(pattern=r"^[2-9A-Z]{8}$")]
Place = Annotated[int, Path(ge=0, le=999)]
Run = tuple[Annotated[int, Field(ge=0)], Annotated[int, Field(ge=1)]]


class Drawn(BaseModel):
    """Voxels of a panel as runs of (first, length): along the patient's axes, x fastest."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    runs: tuple[Run, ...] = Field(min_length=1, max_length=20000)

    def mask(self, panel: case.Panel) -> Mask:
        """The region along the patient's axes.

        Raises:
            HTTPException: 422, when it lies outside the image.
        """
        shape = case.turned_grid(panel).shape
        flat = np.zeros(int(np.prod(shape)), bool)
        for first, length in self.runs:
            if first + length > len(flat):
                raise HTTPException(422, "the region lies outside the image; reload the page")
            flat[first : first + length] = True
        return flat.reshape(shape, order="F")


def runs_of(mask: Mask) -> list[tuple[int, int]]:
    """A mask as runs of (first, length), x fastest.

    >>> runs_of(np.array([[[False]], [[True]], [[True]]]))
    [(1, 2)]
    """
    edges = np.flatnonzero(np.diff(np.pad(mask.ravel(order="F").astype(np.int8), 1)))
    return [(int(a), int(b - a)) for a, b in edges.reshape(-1, 2)]


@router.get("/read/{code}/image/{panel}/{frame}")
def image(
    request: Request, code: Code, panel: Place, frame: Place, login: access.Reader
) -> Response:
    """One frame's voxels in sixteen bits, gzipped, x fastest."""
    opened = open_case(request, code, login)
    return pixels(opened.room.study, opened.panel(panel), frame)


@router.get("/read/{code}/overlay/{panel}")
def overlay(request: Request, code: Code, panel: Place, login: access.Reader) -> Response:
    """The nodes' numbers on an image's voxels, gzipped, x fastest."""
    opened = open_case(request, code, login)
    return voxels(case.overlay(opened.room.study, opened.panel(panel), opened.nodes))


@router.post("/read/{code}/curve/{panel}", dependencies=[access.OurPage])
def curve(
    request: Request, code: Code, panel: Place, drawn: Drawn, login: access.Reader
) -> dict[str, Any]:
    """Mean and standard deviation of a drawn region in every frame."""
    opened = open_case(request, code, login)
    return curve_of(opened.room.study, opened.panel(panel), drawn)


def pixels(study: Study, panel: case.Panel, frame: int) -> Response:
    """One frame of a panel; the answer's headers say how levels become values."""
    if frame >= panel.frames:
        raise HTTPException(404, "there is no such frame in this image")
    found = display.quantised(case.frame(study, panel, frame)[0])
    response = voxels(found.levels)
    response.headers["x-slope"] = repr(found.slope)
    response.headers["x-intercept"] = repr(found.intercept)
    return response


def curve_of(study: Study, panel: case.Panel, drawn: Drawn) -> dict[str, Any]:
    """A region's signal in every frame, with axes and units."""
    region = drawn.mask(panel)
    mean, spread = case.curve(study, panel, region)
    factor = panel.hanging.factor
    return {
        "axis": {"name": panel.axis.name, "unit": panel.axis.unit},
        "x": list(panel.axis.values),
        "unit": panel.hanging.unit or panel.unit,
        "mean": (mean * factor).tolist(),
        "sd": (spread * factor).tolist(),
        "voxels": int(region.sum()),
    }


def described(
    panels: Sequence[case.Panel], nodes: Sequence[case.Node] = ()
) -> list[dict[str, Any]]:
    """What the page must know of each image before it asks for voxels.

    Args:
        panels: the images.
        nodes: whose frame of a cine is told: on the others the node has moved on.
    """
    return [_described(panel) | {"drawn_on": _drawn_on(panel, nodes)} for panel in panels]


def _drawn_on(panel: case.Panel, nodes: Sequence[case.Node]) -> dict[int, int]:
    """A node's number → the frame of this cine, from 0, that it was drawn on."""
    return {
        number: node.frame - 1
        for number, node in enumerate(nodes, 1)
        if node.frame and panel.cine and node.grid.same_as(panel.grid)
    }


def _described(panel: case.Panel) -> dict[str, Any]:
    grid, rule = case.turned_grid(panel), panel.hanging
    return {
        "title": panel.title,
        "modality": panel.modality,
        "shape": list(grid.shape),
        "affine": grid.affine.tolist(),
        "frames": list(panel.axis.labels),
        "start": rule.first(panel.frames),
        "plays": rule.frames_per_second,
        "colours": rule.colours,
        "unit": rule.unit or panel.unit,
        "factor": rule.factor,
        "windows": [w.model_dump(exclude_none=True, by_alias=True) for w in rule.windows],
    }


def voxels(values: NDArray[Any]) -> Response:
    """Voxels as bytes, little-endian, the first index fastest; the gzip header names nothing."""
    packed = gzip.compress(values.tobytes(order="F"), compresslevel=1, mtime=0)
    headers = {"content-encoding": "gzip"}
    return Response(packed, media_type="application/octet-stream", headers=headers)
