"""How many patients a study needs."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from nodewise.cli.expected_size import PLAN, POWER, RATIO, aucs, reader_study
from nodewise.cli.statistics import (
    COVARIANCE,
    CUTOFFS,
    FRACTION,
    ITEM,
    MISSING,
    POSITIVE,
    SEVERAL,
    TABLE,
    TRUTH,
    WAYS,
    loaded,
    reference_of,
    say,
)
from nodewise.cli.trial_size import trial
from nodewise.cli.words import AS_JSON, example

if TYPE_CHECKING:
    from nodewise.steps.statistics.size import Clustering, Errors

_TRIED = (4, 6, 8, 10, 12)


@example(
    "nodewise size sensitivity --expected 0.85 --half-width 0.05 --units 4 --share 0.3 --icc 0.2"
)
@click.command()
@click.option("--expected", required=True, type=FRACTION, help="Sensitivity or specificity.")
@click.option("--half-width", required=True, type=FRACTION, help="Of its interval.")
@PLAN
@AS_JSON
@click.pass_context
def sensitivity(ctx: click.Context, expected: float, half_width: float, *, as_json: bool) -> None:
    """Patients for a sensitivity, or a specificity, with an interval of a given half-width."""
    from nodewise.steps.statistics.size import for_precision

    level = _errors(ctx).level
    found = for_precision(expected, half_width, clustering=_clustering(ctx), level=level)
    say(found, as_json=as_json)


@example("nodewise size difference --difference 0.1 --discordant 0.2 --units 4 --icc 0.3")
@click.command()
@click.option("--difference", type=float, help="Of two tests' sensitivities.")
@click.option("--margin", type=FRACTION, help="How much worse is no worse (non-inferiority).")
@click.option("--discordant", required=True, type=FRACTION, help="Units on which they disagree.")
@POWER
@PLAN
@AS_JSON
@click.pass_context
def difference(  # one parameter an option
    ctx: click.Context,
    difference: float | None,
    margin: float | None,
    *,
    discordant: float,
    as_json: bool,
) -> None:
    """Patients for two tests of the same nodes: a difference, or that one is not worse."""
    from nodewise.steps.statistics import size as steps

    clustering, errors = _clustering(ctx), _errors(ctx)
    if difference is not None and margin is None:
        found = steps.for_difference(difference, discordant, clustering=clustering, errors=errors)
    elif margin is not None and difference is None:
        found = steps.for_noninferiority(margin, discordant, clustering=clustering, errors=errors)
    else:
        raise click.UsageError("give either --difference or --margin")
    say(found, as_json=as_json)


@example(
    "nodewise size auc --expected 0.8 --controls-per-case 2 --power 0.9",
    "nodewise size auc --expected 0.8 --positives 41 --negatives 72",
)
@click.command()
@click.option("--expected", required=True, type=FRACTION, help="AUC.")
@RATIO
@click.option("--positives", type=click.IntRange(1), help="With --negatives: what they can show.")
@click.option("--negatives", type=click.IntRange(1), help="With --positives.")
@POWER
@PLAN
@AS_JSON
@click.pass_context
def auc(  # noqa: PLR0913  # one parameter an option
    ctx: click.Context,
    expected: float,
    controls_per_case: float,
    *,
    positives: int | None,
    negatives: int | None,
    as_json: bool,
) -> None:
    """Patients to show that an AUC is above chance, or what so many units can show."""
    from nodewise.steps.statistics import size as steps

    if (positives is None) != (negatives is None):
        raise click.UsageError("--positives and --negatives go together")
    if positives is not None and negatives is not None:
        level = _errors(ctx).level
        found = steps.power_of_auc(expected, positives=positives, negatives=negatives, level=level)
    else:
        found = steps.for_auc(
            expected,
            controls_per_case,
            clustering=_clustering(ctx),
            errors=_errors(ctx),
        )
    say(found, as_json=as_json)


@example(
    "nodewise size readers pilot.csv --test rating --by modality --reader reader --item node \\",
    "    --truth metastatic --patient patient --direction higher --difference 0.05",
)
@click.command()
@TABLE
@SEVERAL
@TRUTH
@POSITIVE
@click.option("--patient", required=True, help="Column of the patient.")
@click.option("--reader", required=True, help="Column of the reader.")
@ITEM
@click.option("--by", help="Column of the test, where one column holds the readings of all.")
@WAYS
@CUTOFFS
@COVARIANCE
@MISSING
@click.option("--difference", required=True, type=float, help="To be shown.")
@click.option("--readers", "many", multiple=True, type=click.IntRange(2), help="How many; again.")
@click.option("--patients", type=click.IntRange(4), help="How many: gives power instead.")
@POWER
@AS_JSON
@click.pass_context
def readers(  # noqa: PLR0913  # one parameter an option
    ctx: click.Context,
    table: Path,
    tests: tuple[str, ...],
    *,
    truth: str,
    positive: str | None,
    patient: str,
    reader: str,
    item: str | None,
    by: str | None,
    direction: tuple[str, ...],
    cutoff: tuple[float, ...],
    jackknife: bool,
    missing: tuple[str, ...],
    difference: float,
    many: tuple[int, ...],
    patients: int | None,
    as_json: bool,
) -> None:
    """Patients, or power, of a study with several readers, from the pilot in TABLE."""
    from nodewise.steps.statistics.compare import Tests
    from nodewise.steps.statistics.readers import Readers
    from nodewise.steps.statistics.size import Planned, for_readers

    found = for_readers(
        loaded(table, missing),
        Tests(names=tests, direction=direction, cutoffs=cutoff),
        reference_of(truth, positive, who=patient),
        readers=Readers(reader=reader, item=item, by=by, jackknife=jackknife),
        planned=Planned(
            difference=difference,
            readers=many or _TRIED,
            patients=patients,
            power=_errors(ctx).power,
        ),
    )
    say(found, as_json=as_json)


class _Sizes(click.Group):
    """Takes a word that is no subcommand for a trial."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """`nodewise size mpmri` is `nodewise size trial mpmri`."""
        known = args[0] in self.commands or args[0].startswith("-")
        return super().resolve_command(ctx, args if known else ["trial", *args])


@example(
    "nodewise size mpmri --half-width 0.1 --out size",
    "nodewise size sensitivity --expected 0.85 --half-width 0.05 --units 4 --share 0.3 --icc 0.2",
    "nodewise size difference --difference 0.1 --discordant 0.2 --power 0.8",
    "nodewise size auc --expected 0.8 --controls-per-case 2",
    "nodewise size readers pilot.csv --test rating --by modality --reader reader --item node \\",
    "    --truth metastatic --patient patient --direction higher --difference 0.05",
)
@click.group(
    cls=_Sizes, commands=[trial, sensitivity, difference, auc, aucs, readers, reader_study]
)
def size() -> None:
    """Say how many patients a study needs, or what a study of a given size can show.

    A word that is none of the commands below is a trial: `nodewise size mpmri`.
    """


def _clustering(ctx: click.Context) -> "Clustering":
    from nodewise.steps.statistics.size import Clustering

    return Clustering(**ctx.meta["clustering"])


def _errors(ctx: click.Context) -> "Errors":
    from nodewise.steps.statistics.size import Errors

    return Errors(**ctx.meta["errors"])
