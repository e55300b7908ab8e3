"""Time to an event, from a table."""

from pathlib import Path

import click

from nodewise.cli.statistics import (
    LEVEL,
    MISSING,
    OUT,
    TABLE,
    UNIT,
    WAY,
    hand_over,
    loaded,
    with_options,
)
from nodewise.cli.words import AS_JSON, example, kept

MARKED = with_options(
    kept(
        "time", "--marker", "markers", kind=str, several=True, says="Score to foretell it by --at."
    ),
    kept("time", "--marker-direction", kind=WAY, several=True, says="End that speaks for it."),
    kept("time", "--landmark", says="Count follow-up anew from here."),
)


@example(
    "nodewise survive patients.csv --time months --event died --by arm --at 12 --at 24",
    "nodewise survive patients.csv --time months --event status --predictor age --predictor ene",
    "nodewise survive patients.csv --time months --event status --marker adc --marker size \\",
    "    --marker-direction lower --marker-direction higher --at 24 --landmark 3",
)
@click.command()
@TABLE
@click.option("--time", required=True, help="Column of the time to event or end of follow-up.")
@click.option("--event", required=True, help="Column: 0 none, 1 event, 2 and more competing.")
@click.option("--by", help="Column of the groups.")
@click.option("--strata", help="Column within whose values groups are compared.")
@click.option("--patient", help="Column of the patient, where patients have several rows.")
@click.option("--predictor", "predictors", multiple=True, help="Column of the Cox model.")
@MARKED
@click.option("--at", multiple=True, type=float, help="Time at which shares are wanted.")
@click.option("--until", type=float, help="Horizon of the restricted mean time.")
@click.option("--cause", default=1, show_default=True, help="Event of the Cox and log-rank.")
@UNIT
@LEVEL
@MISSING
@OUT
@AS_JSON
@click.pass_context
def survive(  # noqa: PLR0913  # one parameter an option
    ctx: click.Context,
    table: Path,
    time: str,
    *,
    event: str,
    by: str | None,
    strata: str | None,
    patient: str | None,
    predictors: tuple[str, ...],
    at: tuple[float, ...],
    until: float | None,
    cause: int,
    unit: str | None,
    level: float,
    missing: tuple[str, ...],
    out: Path | None,
    as_json: bool,
) -> None:
    """Follow patients of TABLE to an event: curves, groups, Cox model, competing events."""
    from nodewise.steps.statistics import survive as steps

    question = steps.TimeQuestion(
        time=time,
        event=event,
        by=by,
        strata=strata,
        patient=patient,
        predictors=predictors,
        at=at,
        until=until,
        cause=cause,
        unit=unit,
        level=level,
        **ctx.meta["time"],
    )
    columns = loaded(table, missing)
    answer = steps.survive(columns, question)
    hand_over(answer, out, lambda: (steps.curves(columns, question), {}), as_json=as_json)
