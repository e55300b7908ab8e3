"""Commands that make a study and take it to its report."""

import json
from pathlib import Path
from typing import Any

import click

from nodewise.cli.words import AS_JSON, FOLDER, at_work, example, watched

TRIAL = click.option(
    "--trial", default="mpmri", show_default=True, help="A shipped trial, or a trial file."
)


@example("nodewise demo --trial mpmri --patients 24 --seed 1 --out demo")
@click.command()
@TRIAL
@click.option("--patients", default=24, show_default=True, type=click.IntRange(1), help="How many.")
@click.option("--seed", default=1, show_default=True, help="Same seed, same cohort.")
@click.option("--out", default="demo", show_default=True, type=FOLDER, help="New folder.")
def demo(trial: str, patients: int, seed: int, out: Path) -> None:
    """Run a whole study on simulated patients: files, maps, nodes, accuracy, report."""
    from nodewise.steps import running

    with watched() as progress:
        page = running.demo(out, trial, patients=patients, seed=seed, progress=progress)
    _answer(page)


@example("nodewise simulate hospital --trial mpmri --patients 10 --seed 7")
@click.command()
@click.argument("out", type=FOLDER)
@TRIAL
@click.option("--patients", default=24, show_default=True, type=click.IntRange(1), help="How many.")
@click.option("--seed", default=1, show_default=True, help="Same seed, same cohort.")
def simulate(out: Path, trial: str, patients: int, seed: int) -> None:
    """Write files into OUT as a hospital would hand them over, the hidden truth beside them."""
    from nodewise.steps import running

    with watched() as progress:
        running.simulate(out, trial, patients=patients, seed=seed, progress=progress)
    click.echo(f"Files to import: {out / 'hospital'}; hidden truth: {out / 'hidden_truth'}")


@example("nodewise new mystudy --trial mpmri")
@click.command()
@click.argument("study", type=FOLDER)
@TRIAL
def new(study: Path, trial: str) -> None:
    """Make an empty study in the folder STUDY."""
    from nodewise.steps import running

    running.new(study, trial)
    click.echo(f"Made {study}. Its protocol is {study / 'trial.toml'}: read it, then import files.")


@example("nodewise import mystudy scans/ specimens.zip participants.csv")
@click.command("import")
@click.argument("study", type=FOLDER)
@click.argument("source", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@AS_JSON
def import_(study: Path, source: tuple[Path, ...], as_json: bool) -> None:  # noqa: FBT001
    """Take folders, zip archives and tables into STUDY; problems become rows, nothing is lost."""
    from nodewise.steps import importing

    with at_work(study) as work:
        counts = dict(importing.take(work, source))
    if as_json:
        click.echo(json.dumps(counts))
        return
    words = [f"{counts.get(name, 0)} {plural}" for name, plural in _TAKEN.items()]
    click.echo(f"Took in {', '.join(words)}.")
    if counts.get("problem"):
        click.echo(f"'nodewise status {study} --issues' lists the problems.")


_TAKEN = {"series": "series", "region": "regions", "rows": "table rows", "problem": "problems"}


@example("nodewise run mystudy")
@click.command()
@click.argument("study", type=FOLDER)
@AS_JSON
def run(study: Path, as_json: bool) -> None:  # noqa: FBT001
    """Do what is stale in STUDY, up to the report. Can be stopped and run again."""
    from nodewise.steps import running

    with at_work(study) as work:
        done = running.run(work)
    if as_json:
        click.echo(json.dumps(done))
        return
    click.echo(", ".join(f"{step}: {count}" for step, count in done.items()))
    _answer(study / "report" / "index.html")


@example("nodewise status mystudy --issues")
@click.command()
@click.argument("study", type=FOLDER)
@click.option("--issues", is_flag=True, help="List every problem met.")
@AS_JSON
def status(study: Path, issues: bool, as_json: bool) -> None:  # noqa: FBT001
    """Say what STUDY holds, what is done, and which problems were met."""
    from nodewise.steps import running

    with at_work(study) as work:
        state, problems = running.status(work), running.issues(work)
    rows = problems.to_dicts()
    if as_json:
        facts = {"trial": state.trial, "counts": state.counts, "finished": state.finished}
        click.echo(json.dumps(facts | {"truth_opened": state.truth_opened, "issues": rows}))
        return
    click.echo(f"{state.trial}: " + ", ".join(f"{n} {name}" for name, n in state.counts.items()))
    for step, when in state.finished.items():
        click.echo(f"  {step}: {when}")
    click.echo(f"  truth opened: {state.truth_opened or 'not yet'}")
    if issues:
        for row in rows:
            click.echo(_problem(row))


def _problem(row: dict[str, Any]) -> str:
    who = f"{row['participant']}, " if row["participant"] else ""
    return (
        f"\n{row['step']}: {who}{row['where']}\n  found:  {row['found']}\n"
        f"  needed: {row['needed']}\n  do:     {row['action']}"
    )


@example("nodewise whereabouts mystudy scans/")
@click.command()
@click.argument("study", type=FOLDER)
@click.argument("source", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
def whereabouts(study: Path, source: tuple[Path, ...]) -> None:
    """Show which files of SOURCE the issues of STUDY speak of. The paths are stored nowhere."""
    from nodewise.steps import importing

    with at_work(study) as work:
        found = importing.behind_issues(work, source)
    for mark, paths in sorted(found.items()):
        click.echo(f"{mark}: {len(paths)} files, the first {min(paths)}")
    if not found:
        click.echo("No issue speaks of a series of these sources.")


@example("nodewise report mystudy")
@click.command()
@click.argument("study", type=FOLDER)
def report(study: Path) -> None:
    """Write STUDY's report from what `run` has computed, and say where it is."""
    from nodewise.steps import reporting

    with at_work(study) as work:
        page = reporting.write_report(work, anew=True)
    _answer(page)


@example("nodewise dictionary", "nodewise dictionary --json")
@click.command()
@AS_JSON
def dictionary(as_json: bool) -> None:  # noqa: FBT001
    """Print every table's columns with type, unit and meaning."""
    from nodewise.tables import TABLES
    from nodewise.tables import dictionary as columns

    rows = columns().to_dicts()
    if as_json:
        click.echo(json.dumps(rows))
        return
    for table in TABLES.values():
        click.echo(f"\n{table.name}: {table.meaning}")
        for row in (row for row in rows if row["table"] == table.name):
            unit = f" [{row['unit']}]" if row["unit"] else ""
            click.echo(f"  {row['column']:<20} {row['type']:<8} {row['meaning']}{unit}")


def _answer(page: Path) -> None:
    click.echo(f"Report: {page}")
