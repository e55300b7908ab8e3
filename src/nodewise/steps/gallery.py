"""Pictures of nodes: the anatomical slice, the drawn contour and the map of the primary test."""

import json
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates

from nodewise.report import Picture
from nodewise.report.study import Outcome
from nodewise.report.words import counted, measured, unit_of
from nodewise.steps.work import Work
from nodewise.trial import SIZE, ReaderTest, Test, named
from nodewise.truth import ANALYSED
from nodewise.volume import Array, Grid

Row = dict[str, Any]
WIDTH, PIXEL = 72.0, 0.75  # mm shown, mm per pixel
MOST: dict[Outcome, int] = {"missed": 12, "false alarm": 12}  # every picture costs 20 kB
FEW = 3  # of those that were right, for comparison


def pictures(work: Work) -> list[Picture]:
    """The missed and the false ones of the primary analysis, and a few that were right."""
    trial = work.trial
    test = named(trial.tests, trial.primary_test)
    units = work.truth.read("units").filter(
        (pl.col("analysis") == trial.primary_analysis)
        & (pl.col("test") == test.name)
        & (pl.col("unit") == "node")
        & (pl.col("status") == ANALYSED)
        & pl.col("positive").is_not_null()
    )
    called = units.group_by("participant", "item").agg(
        pl.col("present").first(),
        pl.col("value").mean(),
        pl.col("positive").mean().alias("share"),
        pl.len().alias("readers"),
    )
    regions = {row["region"]: row for row in work.tables.read("regions").to_dicts()}
    nodes = {row["region"]: row for row in work.tables.read("nodes").to_dicts()}
    found, shown = [], dict.fromkeys(OUTCOMES.values(), 0)
    for unit in called.sort("participant", "item").to_dicts():
        outcome = OUTCOMES[unit["present"], unit["share"] > 0.5]
        if shown[outcome] < MOST.get(outcome, FEW):
            facts = nodes[unit["item"]] | regions[unit["item"]]
            found.append(_picture(work, unit | facts, test, outcome))
            shown[outcome] += 1
    return sorted(found, key=lambda each: list(OUTCOMES.values()).index(each.outcome))


OUTCOMES: dict[tuple[bool, bool], Outcome] = {
    (True, False): "missed",
    (False, True): "false alarm",
    (True, True): "found",
    (False, False): "cleared",
}
"""(target condition present, called by the test or by most readers) → what it is."""


def _picture(work: Work, node: Row, test: Test, outcome: Outcome) -> Picture:
    here = (pl.col("participant") == node["participant"]) & (pl.col("visit") == node["visit"])
    mask = np.asarray(work.study.arrays.get(node["array"]), float)
    anatomy, anatomy_grid = _anatomy(work, here, node)
    points = _plane(mask, grid_of(node))
    values, grid = _map(work, here, test)
    return Picture(
        title=f"{node['participant']} {node['label']}, {node['side']} {node['level']}",
        outcome=outcome,
        caption=f"{_said(node, test)}; short axis {node['short_axis_mm']:.0f} mm",
        image=np.nan_to_num(_sample(anatomy, anatomy_grid, points, order=1)),
        mask=_sample(mask, grid_of(node), points, order=0) > 0.5,
        map=None if values is None else _sample(values, grid, points, order=0),
        map_label="the same slice, nearer" if values is None else test.title,
        map_unit="" if values is None else unit_of(test),
        map_range=(0.0, 1.0) if values is None else _range(values),
        pixel_mm=(PIXEL, PIXEL),
    )


def _said(node: Row, test: Test) -> str:
    """What the test said of a node, in words."""
    if isinstance(test, ReaderTest):
        calls = round(node["share"] * node["readers"])
        return f"called positive by {calls} of {counted(node['readers'], 'reader')}"
    how = "" if test.map == SIZE else f" {test.statistic}"
    return f"{test.title}{how} {measured(node['value'], unit_of(test))}"


def _map(work: Work, here: pl.Expr, test: Test) -> tuple[Array | None, Grid]:
    """The map of a measured test; nothing for one that is read, or for a size."""
    nothing = None, Grid((1, 1, 1), np.eye(4))
    if isinstance(test, ReaderTest) or test.map == SIZE:
        return nothing
    made = work.tables.read("maps").filter(here & (pl.col("model") == test.map))
    if not len(made):
        return nothing  # fitted to the mean of each region
    row = made.row(0, named=True)
    place = json.loads(row["parameters"]).index(test.parameter)
    return np.asarray(work.study.arrays.get(row["array"])[..., place], float), grid_of(row)


def grid_of(row: Row) -> Grid:
    """The grid in a table's cell."""
    parts = json.loads(row["grid"])
    return Grid(tuple(parts["shape"]), np.array(parts["affine"]))


def _anatomy(work: Work, here: pl.Expr, node: Row) -> tuple[NDArray[Any], Grid]:
    """The visit's image without variation (T2-weighted, no PET); else a frame of another.

    That is the first frame, or the middle one of echoes, which has their contrast. A node that was
    drawn on a cine is shown on the frame that it was drawn on.
    """
    series = work.tables.read("series").filter(here)
    if node["frame"] is not None:
        series = series.filter(pl.col("grid") == node["grid"])
    series = series.sort(pl.col("modality") == "PT", "frames", "series")
    row = series.row(0, named=True)
    values = work.study.arrays.get(row["array"])
    frame = values.shape[3] // 2 if row["varies"] == "echo_time" else (node["frame"] or 1) - 1
    return (values if values.ndim == 3 else values[..., frame]), grid_of(row)


def _plane(mask: Array, grid: Grid) -> Array:
    """Points of an axial plane through the node, shape (rows, columns, 3), mm.

    Rows run to the back and columns to the patient's left: the radiological convention.
    """
    level = int(mask.sum(axis=(0, 1)).argmax())
    inside = np.argwhere(mask[:, :, level]).mean(axis=0)
    centre = grid.positions(np.array([[*inside, level]], float))[0]
    steps = np.arange(-WIDTH / 2, WIDTH / 2 + PIXEL / 2, PIXEL)
    back, left = np.meshgrid(steps, steps, indexing="ij")
    return np.asarray(np.stack([left, back, np.zeros_like(left)], axis=-1) + centre)


def _sample(values: NDArray[Any], grid: Grid, points: Array, *, order: int) -> Array:
    """Values at points by nearest voxel (order 0) or linearly (order 1); NaN outside the grid."""
    there = np.linalg.inv(grid.affine)
    index = np.moveaxis(points @ there[:3, :3].T + there[:3, 3], -1, 0)
    found: Array = map_coordinates(values.astype(np.float64), index, order=order, cval=np.nan)  # type: ignore[call-overload]  # the stubs know no plain int
    return found


def _range(values: Array) -> tuple[float, float]:
    seen = values[np.isfinite(values)]
    if not len(seen):
        return 0.0, 1.0
    low, high = np.percentile(seen, [2, 98])
    return float(min(low, 0.0) if low > 0 else low), float(high)
