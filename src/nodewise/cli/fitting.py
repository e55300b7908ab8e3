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


GROUPS = {
    "How": "method noise saturation b1",
    "Contrast (perfusion; --baseline also for a bolus)": "t1 relaxivity concentration aif "
    "haematocrit arrival delay baseline",
    "What the files do not say (it goes before what they say)": "flip_angles echo_times "
    "inversion_times times repetition_time",
}
"""Heading in the help → options under it; the others stand first."""


class _Fit(click.Command):
    """Its options are the fields of what is wished for; it has more than a function may take."""

    def invoke(self, ctx: click.Context) -> None:
        """Fit, write and print."""
        from nodewise.steps.fits import choice as model_choice
        from nodewise.steps.fits import fitting
        from nodewise.steps.fits import record as fit_record
        from nodewise.steps.fits.wishes import Wish
        from nodewise.steps.series.contrast import Contrast
        from nodewise.steps.series.frames import Stated

        given = ctx.params
        wish = replace(
            record_of(Wish, given),
            stated=record_of(Stated, given),
            contrast=record_of(Contrast, given),
        )
        found, out = fitting.fitted(wish), given["out"] or Path(f"fit-{'-'.join(wish.models)}")
        if len(found) > 1:
            choice = model_choice.chosen(found)
            model_choice.write(choice, out)
            told, lines = model_choice.record(choice), model_choice.lines(choice)
        else:
            fit_record.write(found[0], out)
            told, lines = fit_record.record(found[0]), fit_record.lines(found[0])
        if given["as_json"]:
            click.echo(json.dumps(told, ensure_ascii=False))
            return
        for line in lines:
            click.echo(line)
        click.echo(f"{'Values' if wish.region_mean else 'Maps'}: {out}")

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Options under headings."""
        options = [each for each in self.get_params(ctx) if isinstance(each, click.Option)]
        records = {str(each.name): each.get_help_record(ctx) for each in options}
        grouped = {heading: names.split() for heading, names in GROUPS.items()}
        others = [name for name in records if not any(name in each for each in grouped.values())]
        for heading, names in ({"Options": others} | grouped).items():
            with formatter.section(heading):
                formatter.write_dl([found for name in names if (found := records[name])])


def record_of(kind: type[T], given: Mapping[str, Any]) -> T:
    """A record from the options named as its fields; those not given keep its defaults."""
    names = [each.name for each in fields(kind)]
    return kind(**{name: given[name] for name in names if given.get(name) is not None})


@example(
    "nodewise fit dwi.nii.gz --model ivim --method segmented --mask node.nii.gz --out maps",
    "nodewise fit scans.zip --model adc --b-values 0,1000",
    "nodewise fit dwi/ --model adc --model kurtosis --mask node.nii.gz --region-mean",
    "nodewise fit fa2.nii fa5.nii fa12.nii --model vfa --flip-angles 2,5,12 --tr 0.005 --b1 b1.nii",
    "nodewise fit dynamic/ --model extended_tofts --t1 flips/ --relaxivity 4.5 --delay 6",
    "",
    "In OUT: a map of each parameter, of its standard error (…_error) and of where the data",
    "determine it (…_determined: error up to half the value), outcome.nii.gz, and fit.json, which",
    "says units, inputs and outcomes. Values are NaN where there is no fit. With --region-mean,",
    "regions.csv stands in for the maps. T1, B1 and masks may lie on other voxels: they are",
    "resampled in mm. 'nodewise models' lists models.",
)
@click.command(cls=_Fit)
@click.argument("series", nargs=-1, required=True, type=PATH)
@click.option(
    "--model",
    "models",
    multiple=True,
    required=True,
    help="Signal model; see 'nodewise models'. Name several, and each voxel's best is told (AICc).",
)
@click.option("--mask", type=PATH, help="Where to fit: NIfTI, or DICOM SEG. Else all tissue.")
@click.option("--region-mean", is_flag=True, help="Fit the mean of each region in MASK.")
@click.option("--out", type=FOLDER, help="Write here.  [default: fit-MODEL]")
@click.option("--which", type=int, help="Which of several sets of frames, from 1.")
@click.option("--b-values", type=NUMBERS, help="Fit these alone, s/mm²; two give their ADC.")
@click.option(
    "--method",
    type=click.Choice(["log-linear", "segmented", "shrinkage"]),
    help="log-linear: ADC by a weighted line. segmented: IVIM in steps, d from b ≥ 200 s/mm². "
    "shrinkage: IVIM with each region's own prior (Bayes). Else the least-squares optimum.",
)
@click.option(
    "--noise",
    metavar="SD|MASK",
    help="Take the noise floor off magnitudes: its standard deviation, or a mask of air.",
)
@click.option(
    "--saturation", type=float, help="Leave out samples from here on: the scanner clipped them."
)
@click.option("--b1", type=PATH, help="Map of actual over nominal flip angle (VFA, perfusion).")
@click.option("--t1", type=PATH, help="Series of flip angles, or T1 map in s.")
@click.option("--relaxivity", type=float, help="Of the contrast agent; 1/s/mM.")
@click.option("--concentration", is_flag=True, help="The series holds mM, not signals.")
@click.option(
    "--aif",
    default="parker",
    show_default=True,
    help="parker, georgiou, or CSV of time (s since the first frame, or as --times), blood (mM).",
)
@click.option(
    "--haematocrit",
    type=click.FloatRange(0, 1, max_open=True),
    help="Fraction of blood that is cells.  [default: 0.42]",
)
@click.option("--arrival", type=float, help="Of the bolus, s; else found in the series.")
@click.option(
    "--delay", type=float, help="Also find each voxel's delay after the input, up to this; s."
)
@click.option(
    "--baseline",
    type=click.IntRange(1),
    help="Frames before contrast.  [default: as the bolus arrives]",
)
@click.option("--flip-angles", type=DEGREES, help="Of each frame or file; degrees.")
@click.option("--echo-times", type=NUMBERS, help="Of each frame or file; s.")
@click.option("--inversion-times", type=NUMBERS, help="Of each frame or file; s.")
@click.option("--times", type=NUMBERS, help="Of each frame; s.")
@click.option("--tr", "repetition_time", type=float, help="Repetition time; s.")
@AS_JSON
def fit() -> None:
    """Fit a signal model to SERIES: NIfTI files or a folder of them, or DICOM files, folders, zips.

    Several files of one frame each (flip angles, inversion times) are one series.
    """


@example("nodewise models", "nodewise models --json")
@click.command()
@AS_JSON
def models(as_json: bool) -> None:  # noqa: FBT001
    """List every signal model: formula, parameters with units and bounds, and source."""
    from nodewise.steps.fits import sheet as model_sheet

    sheets = model_sheet.sheets()
    if as_json:
        click.echo(json.dumps([model_sheet.record(one) for one in sheets], ensure_ascii=False))
        return
    for one in sheets:
        click.echo(f"\n{one.name}: {one.formula}")
        click.echo(f"  needs {', '.join(one.acquisition)}")
        for each in one.parameters:
            click.echo(f"  {each.name:<12} {model_sheet.bounds(each):<16} {each.unit}")
        click.echo(f"  {one.source}")
