"""Measure: every region's size, and what every map says in it and around it."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from nodewise.errors import MeasureError
from nodewise.maps import Outcome
from nodewise.nodes import on_grid, share_within, shell, size, summary
from nodewise.nodes.statistics import FEATURES
from nodewise.steps.work import Issue, Work, in_parallel, key, stale, tell
from nodewise.store import Shelf
from nodewise.volume import Grid, Mask

Row = dict[str, Any]
WITHIN = 0.9  # share of a region that must lie inside a map for the map to speak for it


@dataclass(frozen=True)
class Task:
    """The regions of one visit and the maps made from it."""

    participant: str
    visit: str
    regions: list[Row]
    maps: list[Row]
    grids: list[str]
    shell_mm: float
    shelf: Path

    @property
    def item(self) -> str:
        """Its name in the ledger."""
        return f"{self.participant} {self.visit}"

    @property
    def key(self) -> str:
        """A hash of what it is made from."""
        maps = [(row["model"], row["array"]) for row in self.maps]
        return key(self.regions, maps, self.grids, self.shell_mm, list(FEATURES))


@dataclass(frozen=True, slots=True)
class Measured:
    """Rows for the tables, and what could not be measured."""

    nodes: list[Row]
    values: list[Row]
    issues: list[Issue]


def measure(work: Work) -> int:
    """Measure what is stale; returns how many visits that was."""
    tasks = _tasks(work)
    again = set(stale(work.tables, "measure", {task.item: task.key for task in tasks}))
    _forget(work)

    def keep(task: Task, found: Measured) -> None:
        place = {"participant": task.participant, "visit": task.visit}
        work.tables.write("nodes", found.nodes, place)
        work.tables.write("values", found.values, place)
        tell(work, "measure", task.item, issues=found.issues)
        work.tables.finish("measure", task.item, key=task.key)

    arguments = [task for task in tasks if task.item in again]
    in_parallel(work, "measure: visits", measure_visit, arguments=arguments, done=keep)
    return len(arguments)


def measure_visit(task: Task) -> Measured:
    """Measure the regions of one visit; runs in a worker process."""
    shelf = Shelf(task.shelf)
    found = Measured([], [], [])
    grids = {text: _grid(text) for text in {*task.grids, *(row["grid"] for row in task.regions)}}
    masks = {row["region"]: np.asarray(shelf.get(row["array"]), bool) for row in task.regions}
    for region in task.regions:
        grid = grids[region["grid"]]
        try:
            found.nodes.append(_node(region, masks[region["region"]], grid))
        except MeasureError as error:
            found.issues.append(_refused(region, str(error)))
            continue
        if not any(grid.same_as(grids[text]) for text in task.grids):
            found.issues.append(_foreign(region, grid, [grids[text] for text in task.grids]))
            continue
        others = [masks[row["region"]] for row in task.regions
                  if row is not region and row["grid"] == region["grid"]]  # fmt: skip
        around = shell(masks[region["region"]], grid, width=task.shell_mm, others=_union(others))
        tissues = {"region": masks[region["region"]], "shell": around}
        for row in task.maps:
            found.values.extend(_values(region, tissues, grid, row=row, shelf=shelf))
    return found


def _union(masks: list[Mask]) -> Mask | None:
    return np.logical_or.reduce(masks) if masks else None


def _node(region: Row, mask: Mask, grid: Grid) -> Row:
    names = ("region", "participant", "visit", "label", "kind", "side", "level", "level_system")
    return {name: region[name] for name in names} | asdict(size(mask, grid))


def _values(
    region: Row, tissues: dict[str, Mask], grid: Grid, *, row: Row, shelf: Shelf
) -> list[Row]:
    """What one map says in a region and in its shell."""
    target = _grid(row["grid"])
    values, outcome = shelf.get(row["array"]), shelf.get(row["outcome"])
    parameters, units = json.loads(row["parameters"]), json.loads(row["units"])
    found = []
    for tissue, mask in tissues.items():
        there = on_grid(mask, grid, target)
        if tissue == "region" and share_within(mask, grid, target) < WITHIN:
            there = np.zeros_like(there)
        ended = outcome[there]
        usable = np.isin(ended, (Outcome.FITTED, Outcome.AT_BOUND))
        for place, (parameter, unit) in enumerate(zip(parameters, units, strict=True)):
            if unit == "a.u.":
                continue
            statistics = summary(np.asarray(values[there][usable, place], float))
            found += [
                {
                    "region": region["region"],
                    "participant": region["participant"],
                    "visit": region["visit"],
                    "tissue": tissue,
                    "model": row["model"],
                    "parameter": parameter,
                    "statistic": statistic,
                    "value": value,
                    "unit": "1" if statistic in ("skewness", "kurtosis") else unit,
                    "voxels": int(there.sum()),
                    "fitted_fraction": float(np.mean(ended == Outcome.FITTED)) if len(ended) else 0,
                }
                for statistic, value in statistics.items()
            ]
    return found


def _tasks(work: Work) -> list[Task]:
    regions = work.tables.read("regions")
    series, maps = work.tables.read("series"), work.tables.read("maps")
    tasks = []
    for (participant, visit), group in sorted(regions.group_by("participant", "visit")):
        here = (pl.col("participant") == participant) & (pl.col("visit") == visit)
        tasks.append(
            Task(
                participant=str(participant),
                visit=str(visit),
                regions=group.sort("region").to_dicts(),
                maps=maps.filter(here).sort("series", "model").to_dicts(),
                grids=sorted(series.filter(here)["grid"].unique()),
                shell_mm=work.trial.shell_mm,
                shelf=work.study.arrays.folder,
            )
        )
    return tasks


def _forget(work: Work) -> None:
    """Strike measurements of regions that are no more, or that moved to another visit."""
    regions = work.tables.read("regions").select("region", "visit")
    for name in ("nodes", "values"):
        table = work.tables.read(name)
        kept = table.join(regions, on=["region", "visit"], how="semi")
        if len(kept) < len(table):
            work.tables.write(name, kept)


def _grid(text: str) -> Grid:
    parts = json.loads(text)
    return Grid(tuple(parts["shape"]), np.array(parts["affine"]))


def _refused(region: Row, found: str) -> Issue:
    return Issue(
        where=f"region {region['label']}, visit {region['visit']}",
        found=found,
        needed="a mask with at least one voxel",
        action="draw the region again and import it",
        participant=region["participant"],
    )


def _foreign(region: Row, grid: Grid, others: list[Grid]) -> Issue:
    there = sorted({"×".join(map(str, other.shape)) for other in others})
    return Issue(
        where=f"region {region['label']}, visit {region['visit']}",
        found=f"a mask on a grid of {'×'.join(map(str, grid.shape))} voxels that no series has",
        needed=f"the grid of a series of the visit ({', '.join(there) or 'none imported'})",
        action="draw the region on one of the visit's series, or import the series that it was "
        "drawn on; its size is measured, its maps are not",
        participant=region["participant"],
    )
