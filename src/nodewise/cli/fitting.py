"""Signal models outside a study: fit one to a series, and list them all."""

import json
import math
from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from nodewise.cli.words import AS_JSON, FOLDER, example

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

PATH = click.Path(exists=True, path_type=Path)
T = TypeVar("T", bound="DataclassInstance")


class _Numbers(click.ParamType[Any]):
    """Numbers with commas between them, in a unit that is so many house units."""

    name = "numbers"

    def __init__(self, unit: float = 1.0) -> None:
        self.unit = unit

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[float, ...]:
        """Text as numbers."""
        try:
            found = tuple(self.unit * float(word) for word in str(value).split(","))
        except ValueError:
            found = (math.nan,)
        if not all(map(math.isfinite, found)):
            self.fail(f"'{value}' is no list of numbers such as 0,500,1000", param, ctx)
        return found


NUMBERS, DEGREES = _Numbers(), _Numbers(math.pi / 180)


class _Fit(click.Command):
    """Its options are the fields of what is wished for; it has more than a function may take."""

    def invoke(self, ctx: click.Context) -> None:
        """Fit, write and print."""
        from nodewise.steps import fitting
        from nodewise.steps.contrast import Contrast
        from nodewise.steps.frames import Stated

        given = ctx.params
        wish = replace(
            _of(fitting.Wish, given), stated=_of(Stated, given), contrast=_of(Contrast, given)
        )
        found = fitting.fitted(wish)
        path = fitting.write(found, given["out"] or Path(f"fit-{wish.model}"))
        if given["as_json"]:
            click.echo(json.dumps(fitting.record(found), ensure_ascii=False))
            return
        for line in fitting.lines(found):
            click.echo(line)
        click.echo(f"Maps: {path.parent}")


def _of(kind: type[T], given: Mapping[str, Any]) -> T:
    """A record from the options named as its fields; those not given keep its defaults."""
    names = [each.name for each in fields(kind)]
    return kind(**{name: given[name] for name in names if given.get(name) is not None})


@example(
    "nodewise fit dwi.nii.gz --model ivim --segmented --mask node.nii.gz --out maps",
    "nodewise fit scans.zip --model adc --b-values 0,1000",
    "nodewise fit fa2.nii fa5.nii fa12.nii --model vfa --flip-angles 2,5,12 --tr 0.0054",
    "nodewise fit dynamic/ --model extended_tofts --t1 flips/ --relaxivity 4.5",
    "",
    "In OUT: a map and its standard error per parameter (…_error), outcome.nii.gz, and fit.json,",
    "which says units, inputs and outcomes. Values are NaN where there is no fit. --flip-angles to",
    "--times state what files do not say, and go before what they say. 'nodewise models' lists",
    "models.",
)
@click.command(cls=_Fit)
@click.argument("series", nargs=-1, required=True, type=PATH)
@click.option("--model", required=True, help="Signal model; see 'nodewise models'.")
@click.option("--mask", type=PATH, help="Voxels to fit: NIfTI, or DICOM SEG. Else all tissue.")
@click.option("--out", type=FOLDER, help="Write maps here.  [default: fit-MODEL]")
@click.option("--which", type=int, help="Which of several sets of frames, from 1.")
@click.option("--b-values", type=NUMBERS, help="Fit these alone, s/mm².")
@click.option("--segmented", is_flag=True, help="IVIM in steps, d from b ≥ 200 s/mm².")
@click.option("--flip-angles", type=DEGREES, help="Of each frame or file; degrees.")
@click.option("--echo-times", type=NUMBERS, help="Of each frame or file; s.")
@click.option("--inversion-times", type=NUMBERS, help="Of each frame or file; s.")
@click.option("--times", type=NUMBERS, help="Of each frame; s.")
@click.option("--tr", "repetition_time", type=float, help="Repetition time; s.")
@click.option("--t1", type=PATH, help="Series of flip angles, or T1 map in s; for perfusion.")
@click.option(
    "--aif", default="parker", show_default=True, help="parker, georgiou, or CSV of time,blood."
)
@click.option("--arrival", type=float, help="Of the bolus, s; else found in the series.")
@click.option(
    "--haematocrit",
    type=click.FloatRange(0, 1, max_open=True),
    help="Fraction of blood that is cells.  [default: 0.42]",
)
@click.option("--relaxivity", type=float, help="Of the contrast agent; 1/s/mM.")
@click.option("--baseline", type=click.IntRange(1), help="Frames before contrast.")
@click.option("--concentration", is_flag=True, help="The series holds mM, not signals.")
@AS_JSON
def fit() -> None:
    """Fit a signal model to SERIES: NIfTI files, or DICOM files, folders or zips.

    Several files of one frame each (flip angles, inversion times) are one series.
    """


@example("nodewise models", "nodewise models --json")
@click.command()
@AS_JSON
def models(as_json: bool) -> None:  # noqa: FBT001
    """List every signal model: formula, parameters with units and bounds, and source."""
    from nodewise.steps import model_sheet

    sheets = model_sheet.sheets()
    if as_json:
        click.echo(json.dumps([model_sheet.record(one) for one in sheets], ensure_ascii=False))
        return
    for one in sheets:
        click.echo(f"\n{one.name}: {one.formula}")
        for each in one.parameters:
            click.echo(f"  {each.name:<12} {model_sheet.bounds(each):<16} {each.unit}")
        click.echo(f"  {one.source}")
