"""Measure: every region's size and boundary, and what every map says in it and around it."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from nodewise.anatomy import RegionKind
from nodewise.errors import MeasureError
from nodewise.maps import Outcome
from nodewise.nodes import boundary, on_grid, share_within, shell, size, summary
from nodewise.nodes.statistics import FEATURES
from nodewise.steps.cine import nodes as cine_nodes
from nodewise.steps.series.echoes import SIGNAL
from nodewise.steps.series.lesion import Threshold, lesion
from nodewise.steps.series.standardising import OF_UPTAKE, unit_of
from nodewise.steps.work import Issue, Work, in_parallel, key, stale, tell
from nodewise.store import Shelf
from nodewise.trial import Map
from nodewise.volume import Array, Grid, Mask

Row = dict[str, Any]
WITHIN = 0.9  # share of a region that must lie inside a map for the map to speak for it


@dataclass(frozen=True)
class Task:
    """The regions of one visit, the maps made from it, and where their metabolic volumes begin."""

    participant: str
    visit: str
    regions: list[Row]
    maps: list[Row]
    series: list[Row]
    shell_mm: float
    shelf: Path
    above: dict[str, Threshold] = field(default_factory=dict)
    boluses: tuple[Map, ...] = ()

    @property
    def item(self) -> str:
        """Its name in the ledger."""
        return f"{self.participant} {self.visit}"

    @property
    def key(self) -> str:
        """A hash of what it is made from."""
        maps = [(row["model"], row["array"]) for row in self.maps]
        above = {name: asdict(each) for name, each in self.above.items()}
        boluses = [spec.model_dump(mode="json") for spec in self.boluses]
        return key(self.regions, maps, self.series, self.shell_mm, list(FEATURES), above, boluses)

    @property
    def grids(self) -> list[str]:
        """Grids of its series."""
        return sorted({row["grid"] for row in self.series})


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
        with work.tables.together():
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
    cines = cine_nodes.drawn_on(task.regions, task.series)
    filmed = [row for row in task.regions if row["region"] in cines]
    found = Measured(*cine_nodes.read(filmed, cines, task.boluses, folder=task.shelf))
    regions = [row for row in task.regions if row["region"] not in cines]
    grids = {text: _grid(text) for text in {*task.grids, *(row["grid"] for row in task.regions)}}
    masks = {row["region"]: np.asarray(shelf.get(row["array"]), bool) for row in task.regions}
    touching = _touching(regions, masks, grids)
    for region in regions:
        grid, mask = grids[region["grid"]], masks[region["region"]]
        others = _union([masks[row["region"]] for row in regions
                         if row is not region and row["grid"] == region["grid"]])  # fmt: skip
        try:
            row = _node(region, mask, grid) | _form(mask, grid, others)
        except MeasureError as error:
            found.issues.append(_refused(region, str(error)))
            continue
        row["nodes_joined"] = touching.get(region["region"])
        drawn_on = _drawn_on(grid, task.series, grids)
        found.nodes.append(row | _image(mask, grid, drawn_on, others=others, shelf=shelf))
        if drawn_on is None:
            found.issues.append(_foreign(region, grid, [grids[text] for text in task.grids]))
            continue
        around = shell(mask, grid, width=task.shell_mm, others=others)
        tissues = {"region": mask, "shell": around}
        for each in task.maps:
            rows = list(_values(region, tissues, grid, row=each, shelf=shelf))
            found.values.extend(rows)
            if each["model"] in task.above:
                above = task.above[each["model"]]
                hot = _uptake(mask, grid, row=each, above=above, shelf=shelf)
                found.values.extend(_as_rows(rows[0], hot))
    return found


def _touching(regions: list[Row], masks: dict[str, Mask], grids: dict[str, Grid]) -> dict[str, int]:
    """How many drawn nodes hang together with each node, itself counted; nodes of one grid."""
    counts: dict[str, int] = {}
    drawn = [row for row in regions if row["kind"] == RegionKind.NODE]
    for text in {row["grid"] for row in drawn}:
        names = [row["region"] for row in drawn if row["grid"] == text]
        names = [name for name in names if masks[name].any()]
        for joined in boundary.groups([masks[name] for name in names], grids[text], within=0):
            counts |= {names[place]: len(joined) for place in joined}
    return counts


def _form(mask: Mask, grid: Grid, others: Mask | None) -> Row:
    """A region's form, and the share of its surface that touches other drawn regions."""
    neighbours = {} if others is None else {"others": others}
    touched = boundary.contacts(mask, grid, neighbours).get("others", 0.0)
    return asdict(boundary.form(mask, grid)) | {"contact": touched}


def _drawn_on(grid: Grid, series: list[Row], grids: dict[str, Grid]) -> Row | None:
    """The series on whose grid a region lies: CT first, then one whose frames do not vary."""
    same = [row for row in series if grid.same_as(grids[row["grid"]])]
    return min(
        same,
        key=lambda row: (row["modality"] != "CT", row["varies"] != "nothing", row["series"]),
        default=None,
    )


def _image(mask: Mask, grid: Grid, series: Row | None, *, others: Mask | None, shelf: Shelf) -> Row:
    """What the image on which a region was drawn shows of its margin; fat and necrosis on CT."""
    if series is None:
        return {}
    box = boundary.around(mask, grid, boundary.REACH)
    image, inside = _mean_frame(shelf.get(series["array"])[box]), mask[box]
    near = None if others is None else others[box]
    edge = boundary.margin(inside, image, grid, others=near)
    found: Row = {"margin_on": series["sequence"] or series["modality"]}
    if edge is not None:
        found |= {"margin_width": edge.width, "margin_contrast": edge.contrast}
    if series["modality"] == "CT":
        found["fat_plane_loss"] = boundary.fat_plane_loss(inside, image, grid)
        if (core := boundary.core(inside, grid)).any():
            found["necrotic_fraction"] = boundary.necrotic_fraction(
                core, image, below=boundary.NECROSIS_HU, above=boundary.FAT_HU[1]
            )
    return found


def _mean_frame(values: NDArray[np.generic]) -> Array:
    """The mean over frames of a series, shape (columns, rows, slices)."""
    frames = np.asarray(values, float)
    return frames if frames.ndim == 3 else frames.mean(axis=3)


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
            if unit == "a.u." and parameter != SIGNAL.name:
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
                    "unit": unit_of(statistic, unit),
                    "voxels": int(there.sum()),
                    "fitted_fraction": float(np.mean(ended == Outcome.FITTED)) if len(ended) else 0,
                }
                for statistic, value in statistics.items()
            ]
    return found


def _uptake(
    mask: Mask, grid: Grid, *, row: Row, above: Threshold, shelf: Shelf
) -> dict[str, float | None]:
    """Statistics of uptake that ask where its voxels lie."""
    target = _grid(row["grid"])
    values, there = np.asarray(shelf.get(row["array"])[..., 0], float), on_grid(mask, grid, target)
    there &= np.isfinite(values)
    if not there.any() or share_within(mask, grid, target) < WITHIN:
        return dict.fromkeys(OF_UPTAKE)
    read = lesion(values, there, target, above=above)
    return dict(
        zip(OF_UPTAKE, (read.suv_peak, read.metabolic_volume, read.total_glycolysis), strict=True)
    )


def _as_rows(like: Row, found: dict[str, float | None]) -> Iterator[Row]:
    """Rows of the values table, like the first one of their map and region."""
    for statistic, value in found.items():
        unit = unit_of(statistic, like["unit"])
        yield like | {"statistic": statistic, "value": value, "unit": unit}


def _tasks(work: Work) -> list[Task]:
    regions = work.tables.read("regions")
    series, maps = work.tables.read("series"), work.tables.read("maps")
    about = ("series", "sequence", "modality", "varies", "acquisition", "grid", "array")
    tasks = []
    for (participant, visit), group in sorted(regions.group_by("participant", "visit")):
        here = (pl.col("participant") == participant) & (pl.col("visit") == visit)
        tasks.append(
            Task(
                participant=str(participant),
                visit=str(visit),
                regions=group.sort("region").to_dicts(),
                maps=maps.filter(here).sort("series", "model").to_dicts(),
                series=series.filter(here).sort("series").select(about).to_dicts(),
                shell_mm=work.trial.shell_mm,
                above={
                    each.name: Threshold.of(each.threshold)
                    for each in work.trial.map
                    if each.model == "suv"
                },
                boluses=tuple(filter(cine_nodes.is_bolus, work.trial.map)),
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
