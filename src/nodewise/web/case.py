"""What a case shows: its series and maps, its nodes. Names, dates and labels stay behind."""

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nodewise.anatomy import RegionKind
from nodewise.reading import display
from nodewise.store import Shelf, Study
from nodewise.volume import Grid, Mask

_FRAMES = {
    "b_value": ("b_values", "b {:.0f}"),
    "time": ("times", "{:.0f} s"),
    "echo_time": ("echo_times", "TE {:.3f} s"),
    "flip_angle": ("flip_angles", "{:.2f} rad"),
}


@dataclass(frozen=True, slots=True)
class Panel:
    """One image that can be opened: a series, or one parameter of a map."""

    title: str
    modality: str
    array: str
    grid: Grid
    frames: tuple[str, ...]
    frame_of: tuple[int, ...]
    start: int


@dataclass(frozen=True, slots=True)
class Node:
    """A drawn node as a reader sees it: a number, a side, a level."""

    region: str
    array: str
    grid: Grid
    where: str
    centre: tuple[float, float, float]


def panels(study: Study, participant: str, visit: str, *, shows: list[str]) -> list[Panel]:
    """Images of a case, in the order of the hanging protocol.

    Args:
        study: the study.
        participant: pseudonym.
        visit: visit.
        shows: names of sequences and of maps' parameters (`adc.adc`), as the round wants them.
    """
    here = {"participant": participant, "visit": visit}
    series = study.database.read("series", here).sort("series").to_dicts()
    maps = study.database.read("maps", here).sort("series").to_dicts()
    found = []
    for name in shows:
        model, _, parameter = name.partition(".")
        if parameter:
            found += [_map(row, parameter) for row in maps if row["model"] == model]
        else:
            found += [_series(row) for row in series if row["sequence"] == name]
    return found


def nodes(study: Study, participant: str, visit: str) -> list[Node]:
    """Nodes of a case from head to feet; the order says nothing else."""
    here = {"participant": participant, "visit": visit, "kind": RegionKind.NODE.value}
    found = []
    for row in study.database.read("regions", here).to_dicts():
        grid = grid_of(row["grid"])
        x, y, z = _centre(study.arrays, row["array"], row["grid"])
        where = " ".join(part for part in (row["side"], row["level"]) if part) or "no level"
        found.append(Node(row["region"], row["array"], grid, where, (x, y, z)))
    return sorted(found, key=lambda node: (-node.centre[2], node.centre[0]))


def frame(study: Study, panel: Panel, number: int) -> tuple[display.Quantised, Grid]:
    """One frame of a panel along the patient's axes."""
    values = study.arrays.get(panel.array)
    if values.ndim == 4:
        values = values[..., panel.frame_of[number]]
    turned, grid = display.turned(values, panel.grid)
    return display.quantised(turned), grid


def overlay(study: Study, panel: Panel, drawn: list[Node]) -> NDArray[np.uint8]:
    """The nodes' numbers on a panel's voxels along the patient's axes."""
    masks = [(mask_of(study, node.array), node.grid) for node in drawn]
    return display.labelled(masks, turned_grid(panel))


def turned_grid(panel: Panel) -> Grid:
    """A panel's grid along the patient's axes."""
    return display.turned(np.empty(panel.grid.shape, np.bool_), panel.grid)[1]


def mask_of(study: Study, array: str) -> Mask:
    """A region's voxels."""
    return np.asarray(study.arrays.get(array), dtype=bool)


@lru_cache(maxsize=4096)
def grid_of(text: str) -> Grid:
    """A grid from a table's cell."""
    parts = json.loads(text)
    return Grid(tuple(parts["shape"]), np.array(parts["affine"], float))


@lru_cache(maxsize=4096)
def _centre(arrays: Shelf, array: str, grid: str) -> tuple[float, float, float]:
    mask = np.asarray(arrays.get(array), dtype=bool)
    x, y, z = map(float, display.centre(mask, grid_of(grid)))
    return x, y, z


def _series(row: dict[str, Any]) -> Panel:
    count = row["frames"] or 1
    key, form = _FRAMES.get(row["varies"] or "", ("", ""))
    values = json.loads(row["acquisition"] or "{}").get(key) or []
    labels = [form.format(value) for value in values]
    if len(labels) != count:
        labels = [""] if count == 1 else [f"frame {number + 1}" for number in range(count)]
    start = count - 1 if row["varies"] == "b_value" else 0
    title = (row["sequence"] or "series").upper()
    grid = grid_of(row["grid"])
    return Panel(
        title, row["modality"] or "", row["array"], grid, tuple(labels), tuple(range(count)), start
    )


def _map(row: dict[str, Any], parameter: str) -> Panel:
    place = json.loads(row["parameters"]).index(parameter)
    unit = json.loads(row["units"])[place]
    return Panel(
        f"{parameter.upper()} map", "map", row["array"], grid_of(row["grid"]), (unit,), (place,), 0
    )
