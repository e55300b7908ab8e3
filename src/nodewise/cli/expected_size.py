"""How many patients show a difference: of two AUCs, or of tests by readers without a pilot."""

from pathlib import Path

import click

from nodewise.cli.statistics import (
    FRACTION,
    MISSING,
    POSITIVE,
    WAYS,
    loaded,
    reference_of,
    say,
    with_options,
)
from nodewise.cli.words import AS_JSON, example, kept

RATIO = click.option("--controls-per-case", default=1.0, show_default=True, help="Negatives each.")
POWER = kept("errors", "--power", kind=FRACTION, default=0.8, says="Wanted.")
PLAN = with_options(
    kept("clustering", "--units", default=1.0, says="Nodes of a patient."),
    kept("clustering", "--share", default=1.0, says="Share of nodes that count."),
    kept("clustering", "--icc", default=0.0, says="Correlation within patients."),
    kept("clustering", "--size-cv", default=0.0, says="Variation of the number of nodes."),
    kept("errors", "--level", kind=FRACTION, default=0.95, says="1 - two-sided significance."),
)
PILOT = with_options(
    click.argument(
        "table", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path)
    ),
    click.option("--test", "tests", multiple=True, help="Column of a score in TABLE; two."),
    click.option("--truth", help="Column of the reference standard in TABLE."),
    POSITIVE,
    click.option("--patient", help="Column of the patient in TABLE."),
    WAYS,
    MISSING,
)


@example(
    "nodewise size aucs --expected 0.85 --expected 0.75 --correlation 0.5 --units 4 --icc 0.2",
    "nodewise size aucs pilot.csv --test adc --test size --direction lower --direction higher \\",
    "    --truth metastatic --patient patient --power 0.9",
)
@click.command()
@PILOT
@click.option("--expected", multiple=True, type=FRACTION, help="An AUC; two.")
@click.option(
    "--correlation", default=0.5, show_default=True, help="Of the scores, within a class."
)
@click.option("--correlation-negative", type=float, help="Of negative units, if another.")
@RATIO
@POWER
@PLAN
@AS_JSON
@click.pass_context
def aucs(  # noqa: PLR0913  # one parameter an option
    ctx: click.Context,
    table: Path | None,
    tests: tuple[str, ...],
    *,
    truth: str | None,
    positive: str | None,
    patient: str | None,
    direction: tuple[str, ...],
    missing: tuple[str, ...],
    expected: tuple[float, ...],
    correlation: float,
    correlation_negative: float | None,
    controls_per_case: float,
    as_json: bool,
) -> None:
    """Patients to show that two AUCs differ: from expected AUCs, or from a pilot in TABLE."""
    from nodewise.steps.statistics import expected_size as steps
    from nodewise.steps.statistics.compare import Tests
    from nodewise.steps.statistics.size import Clustering, Errors

    errors = Errors(**ctx.meta["errors"])
    if table is not None and truth and patient and not expected:
        named = Tests(names=tests, direction=direction)
        reference = reference_of(truth, positive, who=patient)
        found = steps.for_pilot_aucs(loaded(table, missing), named, reference, errors=errors)
    elif table is None and len(expected) == 2:
        negative = correlation if correlation_negative is None else correlation_negative
        found = steps.for_two_aucs(
            (expected[0], expected[1]), (correlation, negative),
            controls_per_case=controls_per_case,
            clustering=Clustering(**ctx.meta["clustering"]),
            errors=errors,
        )  # fmt: skip
    else:
        raise click.UsageError(
            "give either --expected twice, or a pilot's TABLE with two --test, --truth and "
            "--patient"
        )
    say(found, as_json=as_json)


@example(
    "nodewise size reader-study --accuracy auc --expected 0.75 --difference 0.1 --readers 10 \\",
    "    --between-range 0.1 --within-range 0.05",
)
@click.command("reader-study")
@click.option("--accuracy", type=click.Choice(["auc", "sensitivity", "specificity"]), default="auc")
@click.option("--expected", required=True, type=FRACTION, help="Mean of the readers.")
@click.option("--difference", required=True, type=FRACTION, help="Of two tests, to be shown.")
@click.option("--readers", "many", multiple=True, type=click.IntRange(2), help="How many; again.")
@click.option("--between-range", required=True, type=float, help="Best reader minus worst.")
@click.option("--within-range", default=0.0, help="Of one reader, reading again.")
@click.option("--across-tests", default=0.8, show_default=True, help="Of a reader's true accuracy.")
@click.option(
    "--correlations", nargs=3, type=float, default=(0.47, 0.3, 0.3), show_default=True,
    help="Over patients: same reader, same test, neither.",
)  # fmt: skip
@RATIO
@POWER
@PLAN
@AS_JSON
@click.pass_context
def reader_study(  # noqa: PLR0913  # one parameter an option
    ctx: click.Context,
    accuracy: str,
    expected: float,
    *,
    difference: float,
    many: tuple[int, ...],
    between_range: float,
    within_range: float,
    across_tests: float,
    correlations: tuple[float, float, float],
    controls_per_case: float,
    as_json: bool,
) -> None:
    """Patients of a study with several readers, from assumptions: there is no pilot."""
    from nodewise.steps.statistics import expected_size as steps
    from nodewise.steps.statistics.size import Clustering, Errors

    planned = steps.ExpectedReaders(
        accuracy=accuracy, expected=expected, difference=difference, readers=many or (6, 8, 10, 12),
        between=between_range, within=within_range, across_tests=across_tests,
        correlations=correlations, controls_per_case=controls_per_case,
    )  # fmt: skip
    clustering = Clustering(**ctx.meta["clustering"])
    errors = Errors(**ctx.meta["errors"])
    say(steps.for_expected_readers(planned, clustering=clustering, errors=errors), as_json=as_json)
