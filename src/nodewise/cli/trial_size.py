"""How many patients a trial needs, simulated from its file."""

from pathlib import Path

import click

from nodewise.cli.statistics import FRACTION, OUT, say, with_options
from nodewise.cli.words import AS_JSON, example, kept, watched


def _shares(ctx: click.Context, option: click.Parameter, words: tuple[str, ...]) -> None:
    """ARM=N, N in any proportion."""
    found = {}
    for word in words:
        name, _, number = word.partition("=")
        try:
            found[name] = float(number)
        except ValueError:
            raise click.BadParameter(f"{word!r} is not ARM=N", ctx, option) from None
    ctx.meta.setdefault("assumed", {})["shares"] = found


_PAIR = click.Tuple([float, float])
ASSUMED = with_options(
    kept("assumed", "--metastatic", kind=_PAIR, says="Mean and SD of scores; else published."),
    kept("assumed", "--benign", kind=_PAIR, says="Mean and SD of scores; else published."),
    kept("assumed", "--auc", kind=FRACTION, says="Of single nodes, instead of means and SDs."),
    kept("assumed", "--sensitivity", kind=FRACTION, says="At the cut-off; goes with --auc."),
    kept("assumed", "--icc", default=0.2, says="Of one patient's scores."),
    kept("assumed", "--nodes", default=4.0, says="Of a patient, mean."),
    kept("assumed", "--prevalence", default=0.3, says="Metastatic share of nodes."),
    kept("assumed", "--node-negative", default=0.25, says="Share of patients."),
    kept("assumed", "--levels", kind=int, default=5, says="Dissected, if levels are the units."),
    kept("assumed", "--lost", default=0.1, says="Share of patients not analysed."),
    click.option(
        "--share", multiple=True, metavar="ARM=N", expose_value=False, callback=_shares,
        help="Of an arm; evenly without it.",
    ),
)  # fmt: skip
WANTED = with_options(
    kept("goals", "--sensitivity-above", kind=FRACTION, says="Goal, lower limit."),
    kept("goals", "--specificity-above", kind=FRACTION, says="Goal, lower limit."),
    kept("wanted", "--power", kind=FRACTION, default=0.8, says="Wanted."),
    kept("wanted", "--half-width", kind=FRACTION, says="Wanted of intervals at the cut-off."),
    kept("wanted", "--level", kind=FRACTION, default=0.95, says="Of intervals."),
    kept("wanted", "--runs", kind=int, default=400, says="Studies at each number."),
    kept("wanted", "--seed", kind=int, default=1, says="Of the simulation."),
)


@example(
    "nodewise size mpmri",
    "nodewise size trial.toml --prevalence 0.2 --nodes 6 --half-width 0.1 --out size",
    "nodewise size mpmri --auc 0.8 --sensitivity 0.75 --sensitivity-above 0.6",
)
@click.command()
@click.argument("trial")
@ASSUMED
@WANTED
@click.option("--patients", multiple=True, type=int, help="Enrolled; again for another number.")
@OUT
@AS_JSON
@click.pass_context
def trial(
    ctx: click.Context, trial: str, *, patients: tuple[int, ...], out: Path | None, as_json: bool
) -> None:
    """Patients for TRIAL, a trial file or a shipped one, by simulating its primary analysis."""
    from nodewise.steps.statistics import trial_size as steps
    from nodewise.steps.statistics.trial_design import Assumptions
    from nodewise.steps.statistics.trial_run import Wanted
    from nodewise.trial import load

    above = {name.removesuffix("_above"): goal for name, goal in ctx.meta["goals"].items()}
    goals = {name: goal for name, goal in above.items() if goal is not None}
    wanted = Wanted(patients=patients, goals=goals, **ctx.meta["wanted"])
    with watched() as progress:
        found = steps.trial_size(
            load(trial), Assumptions(**ctx.meta["assumed"]), wanted, progress=progress
        )
    say(found.answer, as_json=as_json)
    if out is not None:
        found.answer.write(out, {"curve": steps.table(found)}, steps.figures(found))
        if not as_json:
            click.echo(f"\nWritten: {out}")
