"""Curves without a tissue model: what enhances, how fast, and by which type."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from nodewise.cli.fitting import DEGREES, NUMBERS, PATH, record_of
from nodewise.cli.words import AS_JSON, FOLDER, example


class _Enhancement(click.Command):
    """Its options are the fields of what is wished for; it has more than a function may take."""

    def invoke(self, ctx: click.Context) -> None:
        """Read, write and print."""
        from nodewise.steps.fits import enhancing
        from nodewise.steps.series.contrast import Contrast
        from nodewise.steps.series.frames import Stated

        given: dict[str, Any] = ctx.params
        wish = replace(
            record_of(enhancing.Wish, given),
            stated=record_of(Stated, given),
            contrast=replace(record_of(Contrast, given), arrival=None),
        )
        found, out = enhancing.enhanced(wish), given["out"] or Path("enhancement")
        enhancing.write(found, out)
        if given["as_json"]:
            click.echo(json.dumps(enhancing.record(found), ensure_ascii=False))
            return
        for line in enhancing.lines(found):
            click.echo(line)
        click.echo(f"{'Values' if wish.region_mean else 'Maps'}: {out}")


@example(
    "nodewise enhancement dynamic/ --mask node.nii.gz --region-mean",
    "nodewise enhancement dynamic/ --scheme takashima --injection 10 --out maps",
    "nodewise enhancement dynamic/ --t1 flips/ --relaxivity 4.5",
    "",
    "In OUT: time_to_peak, relative, wash_in, wash_out, washout_ratio (at 300 s),",
    "area_60 and area_90 (iAUC), curve_type (codes in enhancement.json), or regions.csv. Areas of",
    "signals are in a.u.·s and compare within one image only; with T1 and relaxivity, in mM·s.",
)
@click.command(cls=_Enhancement)
@click.argument("series", nargs=-1, required=True, type=PATH)
@click.option("--mask", type=PATH, help="Where to read: NIfTI, or DICOM SEG. Else all tissue.")
@click.option("--region-mean", is_flag=True, help="Read the mean curve of each region in MASK.")
@click.option("--out", type=FOLDER, help="Write here.  [default: enhancement]")
@click.option("--which", type=int, help="Which of several sets of frames, from 1.")
@click.option(
    "--scheme",
    type=click.Choice(["yabuuchi", "takashima"]),
    default="yabuuchi",
    show_default=True,
    help="Of curve types.",
)
@click.option("--injection", type=float, help="Of the agent after the first frame, s (takashima).")
@click.option(
    "--flat", type=float, help="Relative enhancement below which a curve is flat.  [default: 0.2]"
)
@click.option("--arrival", type=float, help="Of the bolus, s; else found in the series.")
@click.option("--times", type=NUMBERS, help="Of each frame, if the files do not say; s.")
@click.option("--t1", type=PATH, help="Series of flip angles, or T1 map in s: areas of mM.")
@click.option("--relaxivity", type=float, help="Of the contrast agent; 1/s/mM.")
@click.option("--b1", type=PATH, help="Map of actual over nominal flip angle, for T1 and mM.")
@click.option(
    "--flip-angles", type=DEGREES, help="Of the series, if the files do not say; degrees."
)
@click.option("--tr", "repetition_time", type=float, help="If the files do not say; s.")
@AS_JSON
def enhancement() -> None:
    """Read enhancement off a dynamic SERIES, without a tissue model: numbers and curve types."""
