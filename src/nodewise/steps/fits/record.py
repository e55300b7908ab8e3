"""What is told of a fit without a study: maps, tables, a record for JSON and lines to read."""

import csv
import json
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nodewise.ingest import nifti_writing
from nodewise.maps import Fit, Outcome
from nodewise.models import MODELS, Parameter
from nodewise.steps.fits import sheet as model_sheet
from nodewise.steps.fits.fitting import Derived, Fitted

RECORD = "fit.json"
REGIONS = "regions.csv"
WITHIN = 0.5  # of its value: what the standard error of a parameter that is determined stays below


def write(found: Fitted, out: Path) -> Path:
    """Write maps, or a table of regions, and the record.

    Returns:
        The JSON file that says what the others hold.
    """
    out.mkdir(parents=True, exist_ok=True)
    if found.place.means:
        _write_regions(found, out / REGIONS)
    else:
        for name, values in _maps(found):
            nifti_writing.write(out / f"{name}.nii.gz", values, found.grid)
    path = out / RECORD
    path.write_text(json.dumps(record(found), indent=2, ensure_ascii=False) + "\n", "utf-8")
    return path


def _maps(found: Fitted) -> Iterator[tuple[str, NDArray[Any]]]:
    """What is written, by the file's name, each of the grid's shape."""
    fit = found.fit
    for each in fit.parameters:
        yield each.name, fit.parameter(each.name)
        yield f"{each.name}_error", fit.error(each.name)
        yield f"{each.name}_determined", _determined(fit, each.name).astype(np.uint8)
    for one in found.derived:
        yield one.name, one.values
    yield "outcome", fit.outcome


def _determined(fit: Fit, name: str) -> NDArray[np.bool_]:
    return fit.determined(name, within=WITHIN)


def _write_regions(found: Fitted, path: Path) -> None:
    """A row per region and parameter."""
    columns = ("region", "voxels", "parameter", "unit", "value", "error", "determined", "outcome")
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(columns)
        for row in regions(found):
            table.writerow("" if row[name] is None else row[name] for name in columns)


def regions(found: Fitted) -> Iterator[dict[str, Any]]:
    """Each parameter, and what follows, of each region; what is not known is None."""
    fit = found.fit
    for place, region in enumerate(found.place.regions):
        same = {
            "region": place + 1,
            "voxels": int(region.sum()),
            "outcome": Outcome(fit.outcome[place]).name.lower(),
        }
        for each in fit.parameters:
            yield same | {
                "parameter": each.name,
                "unit": each.unit,
                "value": number(fit.parameter(each.name)[place]),
                "error": number(fit.error(each.name)[place]),
                "determined": bool(_determined(fit, each.name)[place]),
            }
        for one in found.derived:
            value = {"parameter": one.name, "unit": one.unit, "value": number(one.values[place])}
            yield same | value | {"error": None, "determined": None}


def record(found: Fitted) -> dict[str, Any]:
    """What was fitted, how and to what, and what came out, for JSON; house units."""
    sheet = model_sheet.sheet(found.model, MODELS[found.model])
    told = {
        "nodewise": version("nodewise"),
        "model": found.model,
        "formula": sheet.formula,
        "source": sheet.source,
        "acquisition": found.setting,
        "inputs": found.inputs,
        "parameters": [_summary(found, each) for each in found.fit.parameters],
        "derived": [_derived(found.fit, each) for each in found.derived],
        "outcomes": {each.name.lower(): found.fit.count(each) for each in Outcome},
        "outcome_codes": {each.name.lower(): int(each) for each in Outcome},
        "notes": list(notes(found)),
    }
    return told | ({"regions": list(regions(found))} if found.place.means else {})


def _summary(found: Fitted, each: Parameter) -> dict[str, Any]:
    """A parameter with its quartiles and errors over all that has a value, at bounds too.

    Voxels at a bound count, as a median without them would lean away from that bound.
    """
    fit = found.fit
    errors = fit.error(each.name)[fit.has_value]
    count = len(errors)
    return (
        model_sheet.parameter_record(each)
        | quartiles(fit.parameter(each.name)[fit.has_value])
        | {
            "median_error": number(np.median(errors)) if count else None,
            "determined": int(_determined(fit, each.name).sum()) if freedom(found) else None,
        }
    )


def _derived(fit: Fit, each: Derived) -> dict[str, Any]:
    told = {"name": each.name, "unit": each.unit, "formula": each.formula}
    return told | quartiles(each.values[fit.has_value])


def quartiles(values: NDArray[Any]) -> dict[str, float | None]:
    """Quartiles of values, shape (n,), that are known; None where there are none."""
    names = ("lower_quartile", "median", "upper_quartile")
    known = values[~np.isnan(values)]
    if not len(known):
        return dict.fromkeys(names)
    found = np.percentile(known, [25, 50, 75], method="hazen" if np.isfinite(known).all() else
                          "nearest")  # fmt: skip
    return dict(zip(names, map(number, found), strict=True))


def number(value: float) -> float | None:
    """A number for JSON; None where it is none, or without bound."""
    return float(value) if np.isfinite(value) else None


def freedom(found: Fitted) -> int:
    """How many samples more than parameters there are: without any, noise cannot be told."""
    return found.samples - len(found.fit.parameters)


def notes(found: Fitted) -> Iterator[str]:
    """What a reader of the values must know, in sentences."""
    fit = found.fit
    known, bound = int(fit.has_value.sum()), fit.count(Outcome.AT_BOUND)
    what = "regions" if found.place.means else "voxels"
    if left_out := found.setting.get("regions_left_out"):
        yield (
            f"{len(left_out)} of {len(found.place.regions)} regions are too small to have a prior "
            "of their own, and are left out"
        )
    if count := found.setting.get("clipped_voxels"):
        value = found.setting["clipped_at"]
        yield (
            f"{count} voxels hold the series' greatest value, {value:g}: the scanner clipped them, "
            f"and their values are wrong; leave such samples out with --saturation {value:g}"
        )
    if not known:
        yield f"no {what[:-1]} has a value"
        return
    if bound > known / 2:
        yield (
            f"{bound} of {known} {what} end at a bound, or leave a parameter undetermined: these "
            f"data do not determine {found.model} there"
        )
    if not freedom(found):
        yield "as many samples as parameters: the noise, and so every error, is unknown"
        return
    for each in fit.parameters:
        lost = known - int(_determined(fit, each.name).sum())
        if lost > known / 2:
            yield (
                f"{each.name} is not determined in {lost} of {known} {what}: its standard error "
                f"is more than half its value; single values of it mean little"
            )


def lines(found: Fitted) -> Iterator[str]:
    """The summary for a terminal."""
    told = record(found)
    yield f"{told['model']}: {told['formula']}"
    yield from _region_lines(told["regions"]) if found.place.means else _voxel_lines(told)
    for note in told["notes"]:
        yield f"Note: {note}."


def _voxel_lines(told: dict[str, Any]) -> Iterator[str]:
    outcomes = told["outcomes"]
    count = outcomes["fitted"] + outcomes["at_bound"]
    yield f"{'':<12} {'median':>10}   {'quartiles':<24} {'unit':<7} {'std. error':>10}  determined"
    for each in [*told["parameters"], *told["derived"]]:
        spread = f"{short(each['lower_quartile'])} to {short(each['upper_quartile'])}"
        sure = each.get("determined")
        share = "" if "determined" not in each else "–" if sure is None or not count else (
            f"{sure / count:.0%}"
        )  # fmt: skip
        error = short(each["median_error"]) if "median_error" in each else ""
        yield (
            f"{each['name']:<12} {short(each['median']):>10}   {spread:<24} {each['unit']:<7} "
            f"{error:>10}  {share:>10}"
        ).rstrip()
    asked = {name: number for name, number in outcomes.items() if name != "masked"}
    yield "voxels: " + ", ".join(f"{n} {name.replace('_', ' ')}" for name, n in asked.items())


def _region_lines(rows: list[dict[str, Any]]) -> Iterator[str]:
    head = f"{'region':>6} {'voxels':>7}  {'':<12} {'value':>10} {'std. error':>11}"
    yield f"{head}  {'unit':<7} outcome"
    for row in rows:
        sure = "" if row["determined"] is not False else ", not determined"
        yield (
            f"{row['region']:>6} {row['voxels']:>7}  {row['parameter']:<12} "
            f"{short(row['value']):>10} {short(row['error']):>11}  {row['unit']:<7} "
            f"{row['outcome'].replace('_', ' ')}{sure}"
        )


def short(value: float | None) -> str:
    """A number to read."""
    return "–" if value is None else f"{value:.4g}"
