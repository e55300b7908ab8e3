"""Accuracy by neck level, straight from a table."""

import json
from pathlib import Path
from typing import Any, cast

import click

from nodewise.cli.words import AS_JSON, FOLDER, example


@example(
    "nodewise levels data.csv --index MRI --reference pathology",
    "nodewise levels data.csv --index PET --reference pathology --unit side --out mri-levels",
)
@click.command()
@click.argument("table", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--index", required=True, help="Modality under test, as the table names it.")
@click.option("--reference", default="pathology", show_default=True, help="Reference standard.")
@click.option(
    "--unit",
    type=click.Choice(["level", "side", "patient"]),
    default="level",
    show_default=True,
    help="What is counted.",
)
@click.option("--sublevels", is_flag=True, help="Count IIA and IIB apart, where both tell.")
@click.option(
    "--early-reference",
    type=click.Choice(["keep", "drop"]),
    default="keep",
    show_default=True,
    help="Patients whose reference predates the index test.",
)
@click.option("--out", type=FOLDER, help="Write a page and its tables here.")
@AS_JSON
def levels(  # noqa: PLR0913  # one parameter an option
    table: Path,
    index: str,
    reference: str,
    *,
    unit: str,
    sublevels: bool,
    early_reference: str,
    out: Path | None,
    as_json: bool,
) -> None:
    """Compare an index test with the reference level by level in TABLE, a lyDATA file."""
    from nodewise.steps import level_files, level_words
    from nodewise.steps.levels import Question
    from nodewise.steps.levels import levels as compared

    question = Question(
        index=index,
        reference=reference,
        unit=cast("Any", unit),
        sublevels=sublevels,
        early_reference=cast("Any", early_reference),
    )
    study = compared(table, question)
    page = level_files.write(out, study) if out else None
    if as_json:
        click.echo(json.dumps(level_words.as_json(study), ensure_ascii=False))
        return
    from rich.console import Console

    Console().print(level_files.terminal(study))
    if page:
        click.echo(f"Report: {page}")
