"""Statistics straight from a CSV or Parquet table: no study is needed."""

import json
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nodewise.cli.words import AS_JSON, FOLDER, example, kept

if TYPE_CHECKING:
    import polars as pl

    from nodewise.steps.statistics.answer import Answer
    from nodewise.steps.statistics.columns import Columns
    from nodewise.steps.statistics.reference import Reference

    Files = tuple[Mapping[str, pl.DataFrame], Mapping[str, str]]  # tables and figures by name

Command = Callable[..., None]

FRACTION = click.FloatRange(0, 1, min_open=True, max_open=True)
WAY = click.Choice(["higher", "lower"])
TABLE = click.argument("table", type=click.Path(exists=True, dir_okay=False, path_type=Path))
OUT = click.option("--out", type=FOLDER, help="Write text, tables and figures here.")
TRUTH = click.option("--truth", required=True, help="Column of the reference standard.")
POSITIVE = click.option("--positive", help="Which value of the reference means disease.")
UNIT = click.option("--unit", help="Word for a row: node, level, side.")
LEVEL = click.option("--level", default=0.95, type=FRACTION, help="Of intervals.")
MISSING = click.option("--missing", multiple=True, help="A word that means an empty cell.")
PATIENT = click.option("--patient", help="Column of the patient, the cluster of every interval.")
ALONE = click.option(
    "--rows-are-patients", "alone", is_flag=True, help="Each row is another patient."
)
READER = click.option("--reader", help="Column of the reader.")
ITEM = click.option("--item", help="Column of what was read; a patient without it.")
COVARIANCE = click.option(
    "--jackknife", is_flag=True, help="AUC covariances by jackknife, not DeLong's by patient."
)
SEVERAL = click.option(
    "--test", "tests", multiple=True, required=True, help="Column of a test; again for another."
)
WAYS = click.option("--direction", multiple=True, type=WAY, help="End that speaks for disease.")
CUTOFFS = click.option("--cutoff", multiple=True, type=float, help="Makes calls of scores.")


def with_options(*options: Callable[[Any], Any]) -> Callable[[Command], Command]:
    """Give a command several options, in this order."""

    def put(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return put


CLUSTER = with_options(PATIENT, ALONE)
REFERENCE = with_options(TRUTH, POSITIVE, CLUSTER, UNIT, LEVEL, MISSING)


ASKED = with_options(
    kept("roc", "--cutoff", says="Fixed beforehand, in the score's unit."),
    kept("roc", "--prevalence", kind=FRACTION, says="Where predictive values are wanted."),
    kept("roc", "--at-specificity", kind=FRACTION, several=True, says="Sensitivity there."),
    kept("roc", "--partial-from", kind=FRACTION, says="Lower end of the partial AUC's range."),
    kept(
        "roc", "--partial-over", kind=click.Choice(["specificity", "sensitivity"]),
        default="specificity", says="What the range is of.",
    ),
    kept("roc", "--binormal", kind=bool, says="Fit a smooth curve as well."),
    kept(
        "roc", "--choose", kind=click.Choice(["youden", "corner", "sensitivity", "cost"]),
        says="Choose a cut-off in these patients.",
    ),
    kept("roc", "--least-sensitivity", kind=FRACTION, says="With --choose sensitivity."),
    kept("roc", "--cost-ratio", says="With --choose cost: a missed one is so many false alarms."),
    kept(
        "roc", "--transport", kind=FRACTION, several=True,
        says="A prevalence elsewhere: predictive values, and the best cut-off by --cost-ratio.",
    ),
    kept("roc", "--seed", kind=int, default=1, says="Of the resamples."),
)  # fmt: skip


@example(
    "nodewise roc nodes.csv --score adc --truth metastatic --patient patient \\",
    "    --direction lower --cutoff 0.94e-3 --transport 0.1 --transport 0.4",
    "nodewise roc nodes.csv --score adc --truth metastatic --patient patient \\",
    "    --direction lower --choose sensitivity --least-sensitivity 0.9",
)
@click.command()
@TABLE
@click.option("--score", required=True, help="Column of the score.")
@click.option("--direction", required=True, type=WAY, help="Which end speaks for disease.")
@REFERENCE
@ASKED
@OUT
@AS_JSON
@click.pass_context
def roc(  # noqa: PLR0913  # one parameter an option
    ctx: click.Context,
    table: Path,
    score: str,
    *,
    direction: str,
    truth: str,
    positive: str | None,
    patient: str | None,
    alone: bool,
    unit: str | None,
    level: float,
    missing: tuple[str, ...],
    out: Path | None,
    as_json: bool,
) -> None:
    """Judge one score of TABLE: AUC, its curve, and the accuracy at a locked cut-off."""
    from nodewise.steps.statistics import roc as steps

    question = steps.RocQuestion(score=score, direction=direction, **ctx.meta["roc"])
    who = who_of(patient, alone=alone)
    reference = reference_of(truth, positive, who=who, unit=unit, level=level)
    columns = loaded(table, missing)
    answer = steps.roc(columns, question, reference)
    hand_over(
        answer, out, lambda: steps.files(answer, columns, question, reference), as_json=as_json
    )


READING = with_options(
    kept("readers", "--reader", kind=str, says="Column of the reader."),
    kept("readers", "--item", kind=str, says="Column of what was read; a patient without it."),
    kept(
        "readers", "--readers", "kind",
        kind=click.Choice(["random", "fixed", "fixed-cases", "u-statistics"]), default="random",
        says="Whether readers stand for others like them.",
    ),
    kept("readers", "--jackknife", kind=bool, says="AUC covariances by jackknife, not DeLong's."),
)  # fmt: skip
HELD = with_options(
    kept(
        "calls",
        "--score-test",
        "score",
        kind=click.Choice(["kosinski", "leisenring"]),
        default="kosinski",
        says="Of equal predictive values.",
    ),
    kept("margin", "--margin", "width", kind=FRACTION, says="How much worse is no worse."),
    kept("margin", "--equivalence", "both_ways", kind=bool, says="Nor better by the margin."),
)


@example(
    "nodewise compare nodes.csv --test mri --test pet --truth metastatic --patient patient",
    "nodewise compare nodes.csv --test adc --test size --direction lower --direction higher \\",
    "    --truth metastatic --patient patient",
    "nodewise compare nodes.csv --test mri --by scanner --truth metastatic --patient patient",
    "nodewise compare reads.csv --test rating --by modality --reader reader --item node \\",
    "    --truth metastatic --patient patient --direction higher --readers random",
)
@click.command()
@TABLE
@SEVERAL
@REFERENCE
@WAYS
@CUTOFFS
@click.option("--by", help="Column of two groups of patients; with --reader, of the test.")
@READING
@HELD
@OUT
@AS_JSON
@click.pass_context
def compare(  # noqa: PLR0913  # one parameter an option
    ctx: click.Context,
    table: Path,
    tests: tuple[str, ...],
    *,
    truth: str,
    positive: str | None,
    patient: str | None,
    alone: bool,
    unit: str | None,
    level: float,
    missing: tuple[str, ...],
    direction: tuple[str, ...],
    cutoff: tuple[float, ...],
    by: str | None,
    out: Path | None,
    as_json: bool,
) -> None:
    """Compare tests of TABLE: on the same rows, between groups (--by), by readers (--reader).

    One test that says yes or no is judged by itself.
    """
    from nodewise.steps.statistics import compare as steps
    from nodewise.steps.statistics.margin import against_margin, margin_of

    named = steps.Tests(names=tests, direction=direction, cutoffs=cutoff, **ctx.meta["calls"])
    who = who_of(patient, alone=alone)
    reference = reference_of(truth, positive, who=who, unit=unit, level=level)
    columns, margin = loaded(table, missing), margin_of(**ctx.meta["margin"])
    if ctx.meta["readers"]["reader"] is None:
        answer = steps.compare(columns, named, reference, by=by, margin=margin)
        hand_over(answer, out, no_files, as_json=as_json)
        return
    from nodewise.steps.statistics import readers

    asked = readers.Readers(by=by, **ctx.meta["readers"])
    answer = readers.compare_readers(columns, named, reference, readers=asked)
    answer = answer if margin is None else against_margin(answer, margin)
    curves = partial(readers.average_curves, columns, named, reference, readers=asked)
    hand_over(answer, out, lambda: (curves(), {}), as_json=as_json)


@example(
    "nodewise agree reads.csv --rating grade --reader reader --item node --patient patient",
    "nodewise agree grades.csv --rating anna --rating ben --scale ordinal --rows-are-patients",
    "nodewise agree sizes.csv --rating first --rating second --scale continuous --patient patient",
)
@click.command()
@TABLE
@click.option(
    "--rating", "ratings", multiple=True, required=True, help="A column a reader, or one of all."
)
@READER
@ITEM
@CLUSTER
@click.option(
    "--scale",
    type=click.Choice(["nominal", "ordinal", "continuous"]),
    default="nominal",
    show_default=True,
    help="What ratings are.",
)
@click.option(
    "--weights",
    type=click.Choice(["linear", "quadratic", "ordinal"]),
    default="quadratic",
    show_default=True,
    help="How near misses count on an ordinal scale.",
)
@click.option("--order", multiple=True, help="Categories that are words, one end to the other.")
@UNIT
@LEVEL
@MISSING
@OUT
@AS_JSON
def agree(  # noqa: PLR0913  # one parameter an option
    table: Path,
    ratings: tuple[str, ...],
    *,
    reader: str | None,
    item: str | None,
    patient: str | None,
    alone: bool,
    scale: str,
    weights: str,
    order: tuple[str, ...],
    unit: str | None,
    level: float,
    missing: tuple[str, ...],
    out: Path | None,
    as_json: bool,
) -> None:
    """Say how well the readers of TABLE agree; ratings may be missing."""
    from nodewise.steps.statistics import agree as steps

    question = steps.AgreementQuestion(
        ratings=ratings,
        scale=scale,
        reader=reader,
        item=item,
        patient=who_of(patient, alone=alone),
        weighting=weights,
        order=order,
        unit=unit,
        level=level,
    )
    answer = steps.agree(loaded(table, missing), question)
    hand_over(answer, out, no_files, as_json=as_json)


def who_of(patient: str | None, *, alone: bool) -> str | None:
    """The column of the patient; that rows are patients must be said, not forgotten."""
    if (patient is None) != alone:
        raise click.UsageError(
            "name the column of the patient with --patient, or say --rows-are-patients "
            "when each row is another patient"
        )
    return patient


def reference_of(
    truth: str,
    positive: str | None,
    *,
    who: str | None,
    unit: str | None = None,
    level: float = 0.95,
) -> "Reference":
    """The reference standard that the options name."""
    from nodewise.steps.statistics.reference import Reference

    return Reference(truth=truth, positive=positive, patient=who, unit=unit, level=level)


def loaded(table: Path, missing: tuple[str, ...]) -> "Columns":
    """The table that the options name."""
    from nodewise.steps.statistics.columns import load

    return load(table, missing=missing)


def say(answer: "Answer", *, as_json: bool) -> None:
    """Print sentences, or JSON at full precision."""
    text = json.dumps(answer.as_dict(), ensure_ascii=False) if as_json else answer.text()
    click.echo(text)


def no_files() -> "Files":
    """For an answer that stands by itself."""
    return {}, {}


def hand_over(
    answer: "Answer", out: Path | None, files: "Callable[[], Files]", *, as_json: bool
) -> None:
    """Print an answer and, where a folder is named, write it with its tables and figures."""
    say(answer, as_json=as_json)
    if out is not None:
        answer.write(out, *files())
        if not as_json:
            click.echo(f"\nWritten: {out}")
