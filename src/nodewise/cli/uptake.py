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
        from nodewise.ingest.records import Tracer
        from nodewise.steps.fits import uptake as step
        from nodewise.steps.series.lesion import Threshold

        given: dict[str, Any] = ctx.params
        threshold, of_maximum = given["threshold"]
        found = step.uptake(
            step.Wish(
                series=given["series"],
                mask=given["mask"],
                stated=Tracer(
                    dose=_times(given["dose"], 1e6),
                    since=_times(given["since"], 60),
                    **{name: given[name] for name in ("half_life", "weight", "height", "sex")},
                ),
                by=given["by"],
                above=Threshold(value=threshold, of_maximum=of_maximum),
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


def _times(value: float | None, factor: float) -> float | None:
    return None if value is None else factor * value


@example(
    "nodewise uptake pet/ --mask nodes.nii.gz",
    "nodewise uptake pet/ --mask nodes-seg/ --by lean --threshold 4",
    "nodewise uptake pet.nii.gz --mask nodes.nii.gz --becquerel --dose 350 --weight 70 \\",
    "    --since 60 --half-life 6586.2",
    "",
    "Dose, injection time, half-life, weight, height and sex are read from DICOM, or from the",
    "JSON file beside NIfTI (BIDS); an option stands above them. In OUT: suv.nii.gz, regions.csv",
    "(SUVmax, SUVpeak in 1 cm³, SUVmean, MTV, TLG, threshold) and uptake.json, which tells what",
    "each came from. SINCE is from the injection to the time to which the series is",
    "decay-corrected: its start, as most scanners do; 0 if it is the injection.",
)
@click.command(cls=_Uptake)
@click.argument("series", nargs=-1, required=True, type=PATH)
@click.option("--mask", type=PATH, required=True, help="Regions: NIfTI, or DICOM SEG.")
@click.option("--dose", type=float, help="Injected; MBq.  [default: as the files say]")
@click.option("--weight", type=float, help="kg.  [default: as the files say]")
@click.option("--since", type=float, help="Injection to start; min.  [default: as the files say]")
@click.option("--height", type=float, help="m.  [default: as the files say]")
@click.option(
    "--sex",
    type=click.Choice(["female", "male"]),
    help="For lean mass.  [default: as the files say]",
)
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
@click.option("--half-life", type=float, help="Of the tracer; s.  [default: as the files say]")
@click.option(
    "--becquerel",
    is_flag=True,
    help="The series is in Bq/mL, corrected for attenuation and decay, though no file says so.",
)
@click.option("--out", type=FOLDER, default=Path("uptake"), show_default=True, help="Write here.")
@AS_JSON
def uptake() -> None:
    """Standardised uptake (SUV) of a PET SERIES: a map, and SUVmax, peak, mean, MTV, TLG."""
