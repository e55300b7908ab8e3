"""Nodes drawn on cines: size in the plane, and what is read off the bolus of each region."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from nodewise.anatomy import RegionKind
from nodewise.errors import NodewiseError, TrialError
from nodewise.ingest import Acquisition
from nodewise.nodes import size
from nodewise.steps.cine import machines as cine_machines
from nodewise.steps.cine.curve import BOLUSES, CURVES, Cine, RegionCurve, region_curve
from nodewise.steps.cine.motion import REACH, Followed
from nodewise.steps.gallery import grid_of
from nodewise.steps.work import Issue
from nodewise.store import Shelf
from nodewise.trial import IndexTest, Map, Trial
from nodewise.volume import Mask

Row = dict[str, Any]
CURVE, ERROR = "curve", "error"
"""Statistics: a measure of the fit to a region's mean curve, and its standard error."""
FRAMES = "frames_followed"
"""Beside the measures: the part of the frames that were followed, or kept in place."""
EXPLAINED = 0.5  # R² of a fit below which a curve without a baseline says nothing
SOLID = ("volume", "long_axis_mm", "short_axis_3d_mm")
"""What a plane does not tell of a node."""


def is_bolus(spec: Map) -> bool:
    """Whether a map is of the bolus in each region, and not of voxels."""
    return spec.model in BOLUSES


def check(trial: Trial) -> None:
    """Refuse maps of a bolus, or tests of one, that cannot be made.

    Raises:
        TrialError: saying what is needed.
    """
    for spec in trial.map:
        if is_bolus(spec) and not (spec.display or isinstance(spec.dynamic_range, float)):
            raise TrialError(
                f"map {spec.name}: brightness becomes echo power by the display's dynamic range, "
                f"which is {spec.dynamic_range or 'not told'}; state dynamic_range in dB, as the "
                "machine shows it, or a [[map.display]] for each machine"
            )
    for test in trial.index_test:
        if (units_of(trial, test) is not None) != (test.statistic == CURVE):
            raise TrialError(
                f'index test {test.name}: statistic = "{CURVE}" is read of maps of a bolus, and '
                f"nothing else is; found {test.statistic} of {test.map}"
            )


def units_of(trial: Trial, test: IndexTest) -> dict[str, str] | None:
    """Parameters that a test's map of a bolus has, and their units; None for other maps."""
    found = any(each.name == test.map and is_bolus(each) for each in trial.map)
    return CURVES if found else None


def made(values: Iterable[Row]) -> set[tuple[str, str, str]]:
    """Participants and visits with curves of a map: (participant, visit, map)."""
    return {(r["participant"], r["visit"], r["model"]) for r in values if r["statistic"] == CURVE}


def beside(regions: Sequence[Row]) -> dict[str, dict[str, str]]:
    """Region drawn on a cine → reference tissues of that cine, label → region."""
    there: dict[str, list[Row]] = {}
    for row in regions:
        if row["frame"] is not None:
            there.setdefault(f"{row['participant']} {row['visit']} {row['grid']}", []).append(row)
    return {
        row["region"]: {
            each["label"]: each["region"]
            for each in group
            if each["kind"] == RegionKind.REFERENCE_TISSUE
        }
        for group in there.values()
        for row in group
    }


def drawn_on(regions: Sequence[Row], series: Sequence[Row]) -> dict[str, list[Row]]:
    """Region → the cines on whose grid it lies, of those that were drawn on one."""
    cines = [one for one in series if one["modality"] == "US" and one["varies"] == "time"]
    found = {
        region["region"]: [one for one in cines if grid_of(region).same_as(grid_of(one))]
        for region in regions
    }
    return {region: there for region, there in found.items() if there}


def node(region: Row, mask: Mask) -> Row:
    """A region's row of the nodes table: its axes lie in the plane of the cine."""
    names = ("region", "participant", "visit", "label", "kind", "side", "level", "level_system")
    seen = asdict(size(mask, grid_of(region)))
    return {name: region[name] for name in names} | seen | dict.fromkeys(SOLID)


def read(
    regions: Sequence[Row], cines: Mapping[str, list[Row]], specs: Sequence[Map], *, folder: Path
) -> tuple[list[Row], list[Row], list[Issue]]:
    """Rows of nodes and values of regions drawn on cines, and what could not be read.

    Args:
        regions: rows of the regions table.
        cines: region → rows of the series table; NIfTI files may share a grid.
        specs: maps of boluses.
        folder: of the arrays.
    """
    shelf = Shelf(folder)
    nodes: list[Row] = []
    values: list[Row] = []
    issues: list[Issue] = []
    for region in regions:
        mask, (series, *others) = shelf.get(region["array"]).astype(bool), cines[region["region"]]
        try:
            nodes.append(node(region, mask))
        except NodewiseError as error:
            issues.append(_unread(region, "size", str(error)))
            continue
        if others:
            issues.append(_of_several(region, 1 + len(others)))
            continue
        for spec in (each for each in specs if each.sequence == series["sequence"]):
            found = _curve(region, series, spec, mask=mask, shelf=shelf)
            if isinstance(found, Issue):
                issues.append(found)
                continue
            values.extend(_values(region, spec, found))
            issues.extend(_doubts(region, found))
    return nodes, values, list(dict.fromkeys(issues))


def _curve(region: Row, series: Row, spec: Map, *, mask: Mask, shelf: Shelf) -> RegionCurve | Issue:
    acquisition = Acquisition.model_validate_json(series["acquisition"])
    told = cine_machines.dynamic_range(spec, acquisition.machine)
    if told is None:
        place = {name: region[name] for name in ("participant", "visit")}
        return cine_machines.unlisted(spec, acquisition.machine, **place)
    frame, screen = region["frame"] or 1, shelf.get(series["array"])
    try:
        cine = Cine.of(screen, grid_of(series), acquisition, dynamic_range=told)
    except NodewiseError as error:
        return _no_cine(region, str(error))
    try:
        return region_curve(cine, mask[:, :, 0], model=spec.model, frame=frame, reach=REACH)
    except NodewiseError as error:
        return _unread(region, f"map {spec.name}", str(error))


def _values(region: Row, spec: Map, found: RegionCurve) -> Iterator[Row]:
    """Times that the data do not determine are empty; a node that does not enhance has a peak.

    Without frames before the bolus, a curve that is no bolus is empty: its level is not known.
    """
    usable = found.baseline > 0 or not found.values["quality"] < EXPLAINED
    same = {name: region[name] for name in ("region", "participant", "visit")}
    same |= {"tissue": "region", "model": spec.name, "voxels": int(found.mask.sum())}
    same["fitted_fraction"] = float(np.isfinite(found.values["peak"]))
    for name, unit in CURVES.items():
        known = usable and (found.determined(name) or "a.u." in unit)
        for statistic, numbers in ((CURVE, found.values), (ERROR, found.errors)):
            value = numbers[name] if known and np.isfinite(numbers[name]) else None
            yield same | {
                "parameter": name, "statistic": statistic, "value": value, "unit": unit,
            }  # fmt: skip
    followed = float(np.mean(found.motion.kept))
    yield same | {"parameter": FRAMES, "statistic": CURVE, "value": followed, "unit": "1"}


def _unread(region: Row, what: str, found: str) -> Issue:
    return Issue(
        where=f"region {region['label']}, visit {region['visit']}",
        found=found,
        needed=f"a region that can be followed through one cine, for the {what}",
        action="draw the region again, on a frame with contrast, and import it as a DICOM "
        "segmentation, which names its cine",
        participant=region["participant"],
    )


def _no_cine(region: Row, found: str) -> Issue:
    return Issue(
        where=f"cine of region {region['label']}, visit {region['visit']}",
        found=found,
        needed="the cine as the machine stored it: one plane over time, brightness from 0 to 255",
        action="export the cine again, as a DICOM multi-frame image, and import it; to draw the "
        "region again does not help. Its size is kept",
        participant=region["participant"],
    )


def _of_several(region: Row, count: int) -> Issue:
    return Issue(
        where=f"region {region['label']}, visit {region['visit']}",
        found=f"a mask on the grid of {count} cines of the visit: it may be of each of them",
        needed="a region that names its cine, or cines of which no two have one grid",
        action="import the region as a DICOM segmentation, which names its cine; or, of NIfTI "
        "files, give each cine a place of its own in its header (another offset of the slice), "
        "and the same to its mask, and import both again. Its size is kept",
        participant=region["participant"],
    )


def _doubts(region: Row, found: RegionCurve) -> Iterator[Issue]:
    """What is told of a region that was read."""
    lost, count = found.motion.count(Followed.LOST), len(found.motion.outcome)
    told = [
        (lost > count / 2, f"{lost} of {count} frames in which it could not be followed"),
        (not found.baseline, "no frames before the bolus, so that nothing was subtracted"),
        (found.values["quality"] < EXPLAINED, "a mean curve that is hardly that of a bolus"),
        (found.saturated > 0.1, f"{found.saturated:.0%} of its pixels at full brightness"),
    ]
    for so, says in told:
        if so:
            yield Issue(
                where=f"region {region['label']}, visit {region['visit']}",
                found=says,
                needed="a cine from before the bolus on, without saturation, of a still neck",
                action="look at the cine; what was read is kept",
                participant=region["participant"],
            )
