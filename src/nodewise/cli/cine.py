"""Contrast-enhanced ultrasound outside a study."""

import json
from pathlib import Path
from typing import Any

import click

from nodewise.cli.fitting import PATH, record_of
from nodewise.cli.words import AS_JSON, FOLDER, example


class _Cine(click.Command):
    """Its options are the fields of what is wished for; it has more than a function may take."""

    def invoke(self, ctx: click.Context) -> None:
        """Read, write and print."""
        from nodewise.steps.cine import alone as step
        from nodewise.steps.cine import record as cine_record

        given: dict[str, Any] = ctx.params
        found = step.read(record_of(step.Wish, given))
        cine_record.write(found, given["out"])
        if given["as_json"]:
            click.echo(json.dumps(cine_record.record(found), ensure_ascii=False))
            return
        for line in cine_record.lines(found):
            click.echo(line)
        click.echo(f"Curves, measures, maps and pictures: {given['out']}")


@example(
    "nodewise cine bolus.dcm --mask node-seg.dcm --dynamic-range 60 --reference muscle",
    "nodewise cine bolus.nii.gz --mask node.nii.gz --frame 120 --dynamic-range 60 \\",
    "    --model first_passage --injection 4 --out node-1",
    "",
    "In OUT: regions.csv (every measure with its error, and over the reference), curves.csv (every",
    "frame: shift, outcome, echo power, fit), curve-1.svg (a picture a region), maps of every",
    "measure, frame.nii.gz to lay them over, and cine.json. Draw the region on one whole frame",
    "with contrast in it; on a split screen, on the contrast half.",
)
@click.command(cls=_Cine)
@click.argument("cine", type=PATH)
@click.option("--mask", type=PATH, required=True, help="Regions: NIfTI of labels, or DICOM SEG.")
@click.option("--dynamic-range", type=float, required=True, help="Of the display; dB.")
@click.option(
    "--model",
    type=click.Choice(["lognormal", "gamma_variate", "local_density_random_walk", "first_passage"]),
    default="lognormal",
    show_default=True,
    help="Of the bolus.",
)
@click.option("--reference", help="Label of the region that others are compared with.")
@click.option("--frame", type=int, help="That was drawn on, from 1.  [default: as the mask says]")
@click.option("--injection", type=float, help="After the first frame, s; times count from it.")
@click.option("--until", type=float, help="Leave frames after this time out, s.")
@click.option("--reach", type=float, help="How far a region is looked for, mm.  [default: 5]")
@click.option("--smooth", type=float, help="Before maps: standard deviation, mm.  [default: 0.5]")
@click.option("--out", type=FOLDER, default=Path("cine"), show_default=True, help="Write here.")
@AS_JSON
def cine() -> None:
    """Follow regions through an ultrasound CINE of a contrast bolus, and read the bolus off."""
