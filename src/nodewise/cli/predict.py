"""Predictions from several findings of a table."""

from pathlib import Path

import click

from nodewise.cli.statistics import (
    FRACTION,
    OUT,
    REFERENCE,
    TABLE,
    loaded,
    reference_of,
    say,
    who_of,
    with_options,
)
from nodewise.cli.words import AS_JSON, example, kept

ASKED = with_options(
    kept("predict", "--finding", "findings", kind=str, several=True, says="Column; again."),
    kept("predict", "--probability", kind=str, says="Column of predictions to be judged instead."),
    kept(
        "predict", "--threshold", "thresholds", kind=FRACTION, several=True,
        says="Chance from which one would act; again for another.",
    ),
    kept("predict", "--ordinal", kind=bool, says="The reference is an ordered grade: odds ratios."),
    kept("predict", "--points", kind=click.IntRange(1), says="Most points of a finding: a score."),
    kept("predict", "--folds", kind=click.IntRange(2), default=5, says="Of the cross-validation."),
    kept("predict", "--seed", kind=int, default=1, says="Of folds and resamples."),
)  # fmt: skip


@example(
    "nodewise predict nodes.csv --finding adc --finding size --truth metastatic \\",
    "    --patient patient --threshold 0.2",
    "nodewise predict findings.csv --finding necrosis --finding round --points 5 \\",
    "    --truth metastatic --patient patient",
    "nodewise predict nodes.csv --finding adc --truth regression --ordinal --patient patient",
    "nodewise predict new.csv --probability chance --truth metastatic --patient patient",
)
@click.command()
@TABLE
@REFERENCE
@ASKED
@OUT
@AS_JSON
@click.pass_context
def predict(  # noqa: PLR0913  # one parameter an option
    ctx: click.Context,
    table: Path,
    truth: str,
    *,
    positive: str | None,
    patient: str | None,
    alone: bool,
    unit: str | None,
    level: float,
    missing: tuple[str, ...],
    out: Path | None,
    as_json: bool,
) -> None:
    """Predict from findings of TABLE in patients left out: calibration, net benefit, points."""
    from nodewise.steps.statistics import predict as steps

    who = who_of(patient, alone=alone)
    reference = reference_of(truth, positive, who=who, unit=unit, level=level)
    question = steps.PredictionQuestion(**ctx.meta["predict"])
    found = steps.predict(loaded(table, missing), question, reference)
    say(found.answer, as_json=as_json)
    if out is not None:
        found.answer.write(out, {"predictions": found.predictions})
        if not as_json:
            click.echo(f"\nWritten: {out}")
