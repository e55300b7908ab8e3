"""What a case shows: its series and maps, its nodes. Names, dates and labels stay behind."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nodewise.anatomy import RegionKind
from nodewise.reading import display, hanging
from nodewise.reading.hanging import Hanging
from nodewise.store import Shelf, Study
from nodewise.volume import Array, Grid, Mask

_AXES = {
    "b_value": ("b_values", "b {:.0f}", "b-value", "s/mm²", 1.0),
    "time": ("times", "{:.1f} s", "time", "s", 1.0),
    "echo_time": ("echo_times", "TE {:.1f} ms", "echo time", "ms", 1e3),
    "flip_angle": ("flip_angles", "{:.0f}°", "flip angle", "°", 180 / np.pi),
}
"""What varies → its key in the acquisition, label of a frame, name and unit shown, factor."""
_UNITS = {"CT": "HU", "PT": "Bq/mL"}


@dataclass(frozen=True, slots=True)
class Axis:
    """What differs between the frames of an image, in the unit shown; one value a frame."""

    name: str
    unit: str
    values: tuple[float, ...]
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Panel:
    """One image that can be opened: a series, or one parameter of a map.

    `source` names the row that it comes from and never leaves the server.
    """

    title: str
    modality: str
    array: str
    grid: Grid
    axis: Axis
    frame_of: tuple[int, ...]
    unit: str
    hanging: Hanging
    source: str

    @property
    def frames(self) -> int:
        """How many frames it has."""
        return len(self.frame_of)

    @property
    def cine(self) -> bool:
        """Whether it is ultrasound in time, on whose frames a region moves."""
        return self.modality == "US" and self.axis.name == "time"


@dataclass(frozen=True, slots=True, kw_only=True)
class Protocol:
    """What may be shown, in which order and how: the round's wish within the form's limits.

    Args:
        shows: names of sequences and of maps' parameters (`adc.adc`), in hanging order.
        allowed: sequences or modalities that the form names; no limit when empty.
        hang: the form's own rules of hanging.
    """

    shows: Sequence[str]
    allowed: Sequence[str] = ()
    hang: Sequence[Hanging] = ()

    def lets(self, row: dict[str, Any] | None) -> bool:
        """Whether a series, and what was made from it, may be opened."""
        if row is None or not self.allowed:
            return not self.allowed
        return hanging.allows(self.allowed, sequence=row["sequence"], modality=row["modality"])


@dataclass(frozen=True, slots=True)
class Node:
    """A drawn node as a reader sees it: a number, a side, a level; of a cine, its frame, from 1."""

    region: str
    array: str
    grid: Grid
    where: str
    centre: tuple[float, float, float]
    frame: int | None


def panels(study: Study, participant: str, visit: str, *, protocol: Protocol) -> list[Panel]:
    """Images of a case, in the order of the hanging protocol; what it does not let is not there."""
    here = {"participant": participant, "visit": visit}
    series = study.database.read("series", here).sort("series").to_dicts()
    let = {row["series"]: row for row in series if protocol.lets(row)}
    maps = study.database.read("maps", here).sort("series").to_dicts()
    maps = [row for row in maps if row["series"] in let or not protocol.allowed]
    found = []
    for name in protocol.shows:
        model, _, parameter = name.partition(".")
        if parameter:
            found += [_map(row, parameter, protocol) for row in maps if row["model"] == model]
        else:
            found += [_series(row, protocol) for row in let.values() if row["sequence"] == name]
    return _told_apart(found)


def _told_apart(found: list[Panel]) -> list[Panel]:
    """Images of one title, as the cines of two nodes, bear a number."""
    every, before = Counter(panel.title for panel in found), Counter[str]()
    told = []
    for panel in found:
        before[panel.title] += 1
        several = every[panel.title] > 1
        title = f"{panel.title} {before[panel.title]}" if several else panel.title
        told.append(replace(panel, title=title))
    return told


def nodes(
    study: Study, participant: str, visit: str, *, kind: RegionKind = RegionKind.NODE
) -> list[Node]:
    """Nodes of a case, or regions of another kind, from head to feet; the order says no more."""
    here = {"participant": participant, "visit": visit, "kind": kind.value}
    found = []
    for row in study.database.read("regions", here).to_dicts():
        grid = grid_of(row["grid"])
        x, y, z = _centre(study.arrays, row["array"], row["grid"])
        where = " ".join(part for part in (row["side"], row["level"] or "no level") if part)
        found.append(Node(row["region"], row["array"], grid, where, (x, y, z), row["frame"]))
    return sorted(found, key=lambda node: (-node.centre[2], node.centre[0]))


def frame(study: Study, panel: Panel, number: int) -> tuple[NDArray[np.generic], Grid]:
    """One frame of a panel along the patient's axes."""
    values = study.arrays.get(panel.array)
    if values.ndim == 4:
        values = values[..., panel.frame_of[number]]
    return display.turned(values, panel.grid)


def curve(study: Study, panel: Panel, region: Mask) -> tuple[Array, Array]:
    """Mean and standard deviation of a region in every frame, each of shape (frames,).

    Args:
        study: the study.
        panel: a series.
        region: along the patient's axes.
    """
    values = study.arrays.get(panel.array)
    inside = np.asarray(values[display.turned_back(region, panel.grid).nonzero()], float)
    frames = inside.reshape(len(inside), -1)[:, list(panel.frame_of)]
    spread = frames.std(axis=0, ddof=1) if len(frames) > 1 else np.zeros(panel.frames)
    return frames.mean(axis=0), spread


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


def grid_text(grid: Grid) -> str:
    """A grid as a table's cell."""
    return json.dumps({"shape": list(grid.shape), "affine": grid.affine.tolist()})


@lru_cache(maxsize=4096)
def _centre(arrays: Shelf, array: str, grid: str) -> tuple[float, float, float]:
    mask = np.asarray(arrays.get(array), dtype=bool)
    x, y, z = map(float, display.centre(mask, grid_of(grid)))
    return x, y, z


def _series(row: dict[str, Any], protocol: Protocol) -> Panel:
    count = row["frames"] or 1
    modality = row["modality"] or ""
    facts = {"sequence": row["sequence"], "modality": modality, "varies": row["varies"]}
    return Panel(
        title=(row["sequence"] or "series").upper(),
        modality=modality,
        array=row["array"],
        grid=grid_of(row["grid"]),
        axis=_axis(row, count),
        frame_of=tuple(range(count)),
        unit=_UNITS.get(modality, "a.u."),
        hanging=hanging.rule(facts, protocol.hang),
        source=row["series"],
    )


def _axis(row: dict[str, Any], count: int) -> Axis:
    """What varies; counted frames where the acquisition does not tell one value for each."""
    key, form, name, unit, factor = _AXES.get(row["varies"] or "", ("", "", "", "", 1.0))
    told = json.loads(row["acquisition"] or "{}").get(key) or []
    if len(told) == count and count > 1:
        values = tuple(float(value) * factor for value in told)
        return Axis(name, unit, values, tuple(form.format(value) for value in values))
    labels = [""] if count == 1 else [f"frame {number + 1}" for number in range(count)]
    return Axis("frame", "", tuple(float(n + 1) for n in range(count)), tuple(labels))


def _map(row: dict[str, Any], parameter: str, protocol: Protocol) -> Panel:
    place = json.loads(row["parameters"]).index(parameter)
    facts = {"sequence": f"{row['model']}.{parameter}", "modality": "map", "parameter": parameter}
    return Panel(
        title=f"{parameter.upper()} map",
        modality="map",
        array=row["array"],
        grid=grid_of(row["grid"]),
        axis=Axis("", "", (0.0,), ("",)),
        frame_of=(place,),
        unit=json.loads(row["units"])[place],
        hanging=hanging.rule(facts, protocol.hang),
        source=f"{row['series']} {row['model']}",
    )
