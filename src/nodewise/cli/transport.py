"""Where a frozen cut-off lies when the acquisition is another."""

import click

from nodewise.cli.statistics import say
from nodewise.cli.words import AS_JSON, example


@example("nodewise transport mpmri --b-values 0,800 --b-values 50,400,800 --kurtosis 0.8")
@click.command()
@click.argument("trial")
@click.option(
    "--b-values", "sets", multiple=True, required=True, metavar="B,B,...",
    help="Measured elsewhere, s/mm²; again for another set.",
)  # fmt: skip
@click.option("--kurtosis", "kurtoses", multiple=True, type=float, default=(0.5, 1.0),
              show_default=True, help="Of tissue; again for another.")  # fmt: skip
@click.option("--test", help="Index test; the primary one without it.")
@AS_JSON
def transport(
    trial: str,
    sets: tuple[str, ...],
    *,
    kurtoses: tuple[float, ...],
    test: str | None,
    as_json: bool,
) -> None:
    """Carry the frozen ADC cut-off of TRIAL to other b-values, by kind of tissue.

    Predictive values at another prevalence: `nodewise roc --transport`.
    """
    from nodewise.steps.statistics.b_values import across_b_values
    from nodewise.trial import load

    others = [_numbers(words) for words in sets]
    say(across_b_values(load(trial), others, kurtoses=kurtoses, test=test), as_json=as_json)


def _numbers(words: str) -> list[float]:
    try:
        return [float(word) for word in words.split(",")]
    except ValueError:
        raise click.BadParameter(
            f"{words!r} is no list of numbers such as 0,800", param_hint="--b-values"
        ) from None
