"""Commands of reading studies: users, worklists, the server, the check of the audit trail."""

import json
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nodewise.cli.words import AS_JSON, FOLDER, at_work, example
from nodewise.errors import NodewiseError

if TYPE_CHECKING:
    from nodewise.steps.work import Work
    from nodewise.web.room import Room

BY = "command line"
ROLES = (
    "coordinator",
    "annotator",
    "pathology manager",
    "reader",
    "adjudicator",
    "statistician",
    "auditor",
)


@click.group()
def user() -> None:
    """Add people to a reading study."""


example("nodewise user add mystudy anna --role reader")(user)


@example("nodewise user add mystudy anna --role reader")
@user.command("add")
@click.argument("study", type=FOLDER)
@click.argument("name")
@click.option("--role", type=click.Choice(ROLES), required=True, help="One role a person.")
@click.password_option(help="Asked for when not given; 12 characters or more.")
def add(study: Path, name: str, role: str, password: str) -> None:
    """Add the user NAME to STUDY."""
    with at_work(study) as work:
        _add(work, name, role=role, password=password)
    click.echo(f"Added {name} as {role}.")


@user.command("password")
@click.argument("study", type=FOLDER)
@click.argument("name")
@click.password_option(help="Asked for when not given; 12 characters or more.")
def password(study: Path, name: str, password: str) -> None:
    """Give the user NAME of STUDY another password, and end all sessions of theirs."""
    from nodewise.steps.readings import planning
    from nodewise.store.people import People

    _needs_web()
    from nodewise.web.passwords import hashed

    with at_work(study) as work:
        People(planning.trail(work)).change_password(name, hashed(password), by=BY)
    click.echo(f"Changed the password of {name}.")


@example("nodewise worklist mystudy pilot.toml --reader anna --reader ben")
@click.command()
@click.argument("study", type=FOLDER)
@click.argument("rounds", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True))
@click.option("--reader", "readers", multiple=True, required=True, help="A user who reads.")
@click.option("--in-order", is_flag=True, help="Each case first in the first round, and so on.")
def worklist(
    study: Path,
    rounds: tuple[Path, ...],
    readers: tuple[str, ...],
    in_order: bool,  # noqa: FBT001
) -> None:
    """Plan ROUNDS (TOML files) of reading in STUDY, or add new cases and readers to them.

    Several rounds are read in balanced turns, or sequentially with --in-order.
    """
    from nodewise.reading.rounds import load
    from nodewise.steps.readings import planning

    with at_work(study) as work:
        planned = [load(path) for path in rounds]
        added = planning.plan(work, planned, readers=[*readers], by=BY, in_order=in_order)
    for reader, count in added.items():
        click.echo(f"{reader}: {count} cases added")


@example("nodewise serve mystudy", "nodewise serve demo/study --demo")
@click.command()
@click.argument("study", type=FOLDER)
@click.option("--demo", is_flag=True, help="Make a user of every role and three rounds to try.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
def serve(study: Path, demo: bool, host: str, port: int) -> None:  # noqa: FBT001
    """Serve STUDY's reading pages until interrupted."""
    from nodewise.steps.readings import planning

    _needs_web()
    from nodewise.web.serve import serve as run

    with at_work(study) as work:
        if told := planning.upgrade(work):
            click.echo(told)
        if demo:
            _demo(work)
        room = open_room(work)
    click.echo(f"Open http://{host}:{port} in a browser; Ctrl+C stops the server.")
    if host not in ("127.0.0.1", "localhost"):
        click.echo("Passwords would cross the network in the clear: put a TLS proxy in front.")
    run(room, host=host, port=port)


@example("nodewise upgrade mystudy")
@click.command()
@click.argument("study", type=FOLDER)
def upgrade(study: Path) -> None:
    """Bring STUDY's readings, made by an earlier nodewise, to this version's schema."""
    from nodewise.steps.readings import planning

    with at_work(study) as work:
        told = planning.upgrade(work)
    click.echo(told or "The readings have this version's schema already.")


@example("nodewise answers mystudy > answers.csv", "nodewise answers mystudy --json")
@click.command()
@click.argument("study", type=FOLDER)
@AS_JSON
def answers(study: Path, as_json: bool) -> None:  # noqa: FBT001
    """Print every signed answer in STUDY as CSV, one row per node and question."""
    from nodewise.steps.readings.answers import collect
    from nodewise.tables.spreadsheet import csv_for_people

    with at_work(study) as work:
        table = collect(work)
    click.echo(json.dumps(table.to_dicts()) if as_json else csv_for_people(table), nl=as_json)


@example("nodewise verify mystudy", "nodewise verify mystudy --head 412:0123456789abcdef")
@click.command()
@click.argument("study", type=FOLDER)
@click.option("--head", "expected", help="Head of the trail noted earlier, to find a cut tail.")
def verify(study: Path, expected: str | None) -> None:
    """Check STUDY's audit trail, signed reads, forms and images against each other."""
    from nodewise.steps.readings import planning, verification

    with at_work(study) as work:
        says = verification.verify(work, expected=expected)
        head = planning.head(work)
    for sentence in says:
        click.echo(sentence)
    if says:
        raise NodewiseError(f"{len(says)} things do not agree with what was recorded")
    click.echo(f"Nothing was altered. Head of the trail, to be noted outside the study: {head}")


def open_room(work: "Work") -> "Room":
    """A study's reading room, with the doors that its pages may knock at."""
    from nodewise.steps.readings import planning
    from nodewise.steps.readings.desk import Desk
    from nodewise.steps.readings.pathology import Pathology
    from nodewise.web.room import Room

    return Room(work.study, planning.trail(work), planning.door(work), Desk(work), Pathology(work))


def _needs_web() -> None:
    try:
        import argon2
        import fastapi
        import uvicorn

        del argon2, fastapi, uvicorn
    except ImportError as error:
        raise NodewiseError(
            f"{error.name} is not installed; install the pages with: pip install 'nodewise[web]'"
        ) from None


def _add(work: "Work", name: str, *, role: str, password: str) -> None:
    _needs_web()
    from nodewise.steps.readings import planning
    from nodewise.store.people import People
    from nodewise.web.passwords import hashed

    People(planning.trail(work)).add(name, role, password=hashed(password), by=BY)


def _demo(work: "Work") -> None:
    """A user of every role with a fresh password; a learning round, a pilot, and who decides.

    The learning round shows what moves and one map too, where the study has them.
    """
    from nodewise.reading.rounds import Round
    from nodewise.steps.readings import planning
    from nodewise.store.people import People

    if People(planning.trail(work)).all():
        raise NodewiseError("this study has users already; serve it without --demo")
    people = {role.split()[0]: role for role in ROLES} | {"reader2": "reader"}
    for name, role in people.items():
        password = secrets.token_urlsafe(12)
        _add(work, name, role=role, password=password)
        click.echo(f"{name}: {password}")
    everybody = [each for each in work.trial.sequence if not each.arms]
    shows = [each.name for each in everybody if each.varies in ("nothing", "b_value")]
    shows = shows or [each.name for each in work.trial.sequence]
    settings: dict[str, Any] = {"form": "suspicion_v1", "shows": sorted(shows, reverse=True)}
    learning = settings | {"name": "learning", "part": "explorative", "cases": 1}
    learning["shows"] = [*dict.fromkeys([*settings["shows"], *_moving_and_mapped(work)])]
    for facts in (learning, settings | {"name": "pilot", "part": "pilot"}):
        planning.plan(work, [Round.model_validate(facts)], readers=["reader", "reader2"], by=BY)
    decides = {"adjudicates": {"round": "pilot", "apart": {"suspicion": 1}}}
    consensus = settings | {"name": "consensus", "part": "pilot"} | decides
    planning.plan(work, [Round.model_validate(consensus)], readers=["adjudicator"], by=BY)


def _moving_and_mapped(work: "Work") -> list[str]:
    """Sequences in time that were imported, and the ADC map if it was fitted."""
    from nodewise.steps.readings.planning import known_images

    imported = set(work.tables.read("series")["sequence"])
    moving = [each.name for each in work.trial.sequence if each.varies == "time"]
    return [*(name for name in moving if name in imported), *{"adc.adc"} & known_images(work)]
