"""Neck levels: accuracy by level from a table, a node's level from landmarks, names of levels."""

import json
from pathlib import Path
from typing import Any, cast

import click

from nodewise.cli.words import AS_JSON, FOLDER, example

BY_LANDMARKS = ("AJCC", "Gregoire 2013")
SYSTEMS = ("AJCC", "AAO-HNS", "Gregoire 2013")
THERE = click.Path(exists=True, path_type=Path)


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
    from nodewise.steps.levels import files as level_files
    from nodewise.steps.levels import words as level_words
    from nodewise.steps.levels.study import Question
    from nodewise.steps.levels.study import levels as compared

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


@example(
    "nodewise locate nodes_seg.dcm landmarks.mrk.json",
    "nodewise locate masks/ landmarks.fcsv structures/ --system 'Gregoire 2013'",
    "",
    "Landmarks, the paired ones with left or right: hyoid, cricoid, skull base, c1, clavicle,",
    "manubrium, innominate vein, transverse cervical vessels, thyroid cartilage, mandible,",
    "mandible angle, ear canal, orbit, occipital protuberance; submandibular gland,",
    "sternocleidomastoid, carotid, jugular vein, anterior scalene, digastric, strap muscles,",
    "masseter, mastoid. Told by masks alone: the parotid, and contact with the jugular vein.",
    "What is missing makes a range of levels.",
)
@click.command()
@click.argument("masks", type=THERE)
@click.argument("landmarks", nargs=-1, required=True, type=THERE)
@click.option(
    "--system",
    type=click.Choice(BY_LANDMARKS),
    default="AJCC",
    show_default=True,
    help="Who names the levels.",
)
@AS_JSON
def locate(masks: Path, landmarks: tuple[Path, ...], system: str, *, as_json: bool) -> None:
    """Tell the neck level of every node drawn in MASKS from LANDMARKS, and whether it is enlarged.

    MASKS are DICOM segmentations or _dseg label volumes; LANDMARKS are files of 3D Slicer
    (.mrk.json, .fcsv) or folders of NIfTI masks named by structure.
    """
    from nodewise.anatomy import LevelSystem
    from nodewise.steps.levels import locating

    found = locating.nodes(masks, landmarks, system=LevelSystem(system))
    if as_json:
        click.echo(json.dumps([locating.record(one) for one in found.nodes]))
        return
    for one in found.nodes:
        click.echo(locating.line(one))
    for name in found.unused:
        click.echo(f"not used: '{name}' is no landmark of a level")
    for problem in found.problems:
        click.echo(f"{problem.where}: {problem.found}; needed: {problem.needed}")


@example("nodewise crosswalk IIB", "nodewise crosswalk VC --system 'Gregoire 2013' --json")
@click.command()
@click.argument("level")
@click.option(
    "--system",
    type=click.Choice(SYSTEMS),
    default="AJCC",
    show_default=True,
    help="Who named the level.",
)
@AS_JSON
def crosswalk(level: str, system: str, *, as_json: bool) -> None:
    """Say what LEVEL is, its size cut-offs, and which levels of other systems answer to it."""
    from nodewise.anatomy import LevelSystem
    from nodewise.steps.levels import locating

    found = locating.crosswalk(level, LevelSystem(system))
    if as_json:
        click.echo(json.dumps(found))
        return
    for line in locating.crosswalk_lines(found):
        click.echo(line)


@example("nodewise extracapsular data.csv")
@click.command()
@click.argument("table", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@AS_JSON
def extracapsular(table: Path, *, as_json: bool) -> None:
    """Tell how often extension was found in TABLE, a lyDATA file, and what it does to pN."""
    from nodewise.steps.levels import extracapsular as extension

    found = extension.account(table)
    if as_json:
        click.echo(json.dumps(extension.record(found), ensure_ascii=False))
        return
    for line in extension.lines(found):
        click.echo(line)
