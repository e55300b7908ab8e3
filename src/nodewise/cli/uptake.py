"""Uptake of PET outside a study."""

import json
from pathlib import Path
from typing import Any

import click

from nodewise.cli.fitting import PATH
from nodewise.cli.words import AS_JSON, FOLDER, example


class _Threshold(click.ParamType[Any]):
    """Uptake, or a percentage of the region's greatest."""

    name = "uptake or per cent"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[float, bool]:
        """The number, and whether it is a fraction of the greatest."""
        text = str(value)
        try:
            number = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
        except ValueError:
            number = -1.0
        if not number > 0:
            self.fail(f"'{text}' is no uptake such as 2.5, and no part such as 41%", param, ctx)
        return number, text.endswith("%")


class _Uptake(click.Command):
    """Its options are the fields of what is wished for; it has more than a function may take."""

    def invoke(self, ctx: click.Context) -> None:
        """Read, write and print."""
        from nodewise.steps import uptake as step

        given: dict[str, Any] = ctx.params
        threshold, of_maximum = given["threshold"]
        found = step.uptake(
            step.Wish(
                series=given["series"],
                mask=given["mask"],
                patient=step.Patient(
                    dose=1e6 * given["dose"],
                    weight=given["weight"],
                    height=given["height"],
                    sex=given["sex"],
                ),
                by=given["by"],
                since=60 * given["since"],
                half_life=given["half_life"] or step.FLUORINE_18,
                threshold=threshold,
                of_maximum=of_maximum,
                becquerel=given["becquerel"],
            )
        )
        step.write(found, given["out"])
        if given["as_json"]:
            click.echo(json.dumps(step.record(found), ensure_ascii=False))
            return
        for line in step.lines(found):
            click.echo(line)
        click.echo(f"Map and table: {given['out']}")


@example(
    "nodewise uptake pet/ --mask nodes.nii.gz --dose 350 --weight 70 --since 60",
    "nodewise uptake pet/ --mask nodes-seg/ --dose 350 --weight 70 --height 1.75 --sex male "
    "--by lean \\",
    "    --since 60 --threshold 4",
    "",
    "In OUT: suv.nii.gz, regions.csv (SUVmax, SUVpeak in 1 cm³, SUVmean, MTV, TLG, threshold) and",
    "uptake.json. SINCE is from the injection to the time to which the series is",
    "decay-corrected: its start, as most scanners do; 0 if it is the injection.",
)
@click.command(cls=_Uptake)
@click.argument("series", nargs=-1, required=True, type=PATH)
@click.option("--mask", type=PATH, required=True, help="Regions: NIfTI, or DICOM SEG.")
@click.option("--dose", type=float, required=True, help="Injected; MBq.")
@click.option("--weight", type=float, required=True, help="kg.")
@click.option("--since", type=float, required=True, help="Injection to start of the series; min.")
@click.option("--height", type=float, help="m; for lean mass and surface.")
@click.option("--sex", type=click.Choice(["female", "male"]), help="For lean mass.")
@click.option(
    "--by",
    type=click.Choice(["weight", "lean", "surface"]),
    default="weight",
    show_default=True,
    help="What activity is standardised by.",
)
@click.option(
    "--threshold",
    type=_Threshold(),
    metavar="SUV|PERCENT%",
    default="41%",
    show_default=True,
    help="Of the metabolic volume: uptake, or per cent of the region's greatest.",
)
@click.option("--half-life", type=float, help="Of the tracer; s.  [default: 6586.2, fluorine-18]")
@click.option("--becquerel", is_flag=True, help="The series is in Bq/mL, though no file says so.")
@click.option("--out", type=FOLDER, default=Path("uptake"), show_default=True, help="Write here.")
@AS_JSON
def uptake() -> None:
    """Standardised uptake (SUV) of a PET SERIES: a map, and SUVmax, peak, mean, MTV, TLG."""
