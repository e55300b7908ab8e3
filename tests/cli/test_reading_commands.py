import json
import shutil
import sqlite3
from pathlib import Path

import pytest
from click.testing import CliRunner

pytest.importorskip("fastapi", reason="the pages need: pip install nodewise[web]")

from nodewise.cli import main
from nodewise.cli.reading import ROLES
from nodewise.steps.readings import planning
from nodewise.steps.work import Work
from nodewise.store import create
from nodewise.store.people import People
from nodewise.store.reading import Readings
from nodewise.trial import text

PILOT = 'name = "pilot"\npart = "pilot"\nform = "suspicion_v1"\nshows = ["t2w"]\n'


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    grid = json.dumps({"shape": [1, 1, 1], "affine": [[1, 0, 0, 0]] * 4})
    case = {"participant": "P-1", "visit": "pre-treatment", "grid": grid, "array": "0" * 24}
    study = create(tmp_path / "study", text("mpmri"))
    image = {"series": "s", "sequence": "t2w", "modality": "MR"}
    study.database.add("series", [case | image])
    study.database.add("regions", [case | {"region": "r", "label": "N1", "kind": "node"}])
    (tmp_path / "pilot.toml").write_text(PILOT)
    return lambda *words: CliRunner().invoke(main, list(words))


def add(run, name="anna", role="reader", password="correct horse battery"):
    return run("user", "add", "study", name, "--role", role, "--password", password)


def test_a_reader_is_added_gets_a_worklist_and_all_of_it_verifies(run):
    assert "Added anna as reader" in add(run).output
    assert (
        "anna: 1 cases added" in run("worklist", "study", "pilot.toml", "--reader", "anna").output
    )
    found = run("verify", "study")
    assert found.exit_code == 0
    head = found.output.split()[-1]
    assert run("verify", "study", "--head", head).exit_code == 0
    assert run("answers", "study").output.startswith("round,part,reader")
    assert run("answers", "study", "--json").output == "[]\n"


def test_what_was_altered_is_named_and_the_command_fails(run, tmp_path):
    add(run)
    with sqlite3.connect(tmp_path / "study" / "reading.sqlite") as connection:
        connection.execute("UPDATE users SET role = 'coordinator'")
    found = run("verify", "study")
    assert found.exit_code == 1
    assert "user anna: the role is not the one that was given" in found.output


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["worklist", "study", "pilot.toml", "--reader", "nina"], "no reader is called nina"),
        (["user", "password", "study", "nina", "--password", "x" * 12], "no user 'nina'"),
        (["user", "add", "study", "a", "--role", "reader", "--password", "short"], "12 characters"),
        (["verify", "elsewhere"], "is no study"),
    ],
)  # fmt: skip
def test_mistakes_are_told_in_a_sentence_without_a_traceback(run, words, says):
    found = run(*words)
    assert found.exit_code == 1
    assert says in found.output
    assert "Traceback" not in found.output


def test_a_demonstration_is_not_put_over_a_study_with_users(run):
    add(run)
    found = run("serve", "study", "--demo")
    assert found.exit_code == 1
    assert "has users already" in found.output
    shutil.rmtree("study")


def put_first_schema(folder):
    stored = Path(__file__).parents[1] / "store"
    with sqlite3.connect(folder / "reading.sqlite") as connection:
        for name in ("first_schema.sql", "first_schema_sqlite.sql"):
            connection.executescript((stored / name).read_text())


def test_readings_of_an_earlier_nodewise_are_upgraded_by_a_command(run, tmp_path):
    put_first_schema(tmp_path / "study")
    assert "upgrade them with 'nodewise upgrade STUDY'" in add(run, "ben").output
    told = run("upgrade", "study").output
    assert "upgraded from schema 1 to 2" in told
    assert "reading.sqlite.schema-1" in told
    assert "already" in run("upgrade", "study").output
    assert "Added ben" in add(run, "ben").output


def test_serving_upgrades_the_readings_and_says_so(run, tmp_path, monkeypatch):
    put_first_schema(tmp_path / "study")
    monkeypatch.setattr("nodewise.web.serve.serve", lambda room, *, host, port: None)
    assert "upgraded from schema 1 to 2" in run("serve", "study").output


def test_the_demonstration_has_a_user_of_every_role_and_somebody_who_decides(run, monkeypatch):
    monkeypatch.setattr("nodewise.web.serve.serve", lambda room, *, host, port: None)
    work = Work.on(Path("study"))
    grid = json.dumps({"shape": [1, 1, 1], "affine": [[1, 0, 0, 0]] * 4})
    for who in ("P-2", "P-3"):
        case = {"participant": who, "visit": "pre-treatment", "grid": grid, "array": "0" * 24}
        for each in work.trial.sequence:
            facts = {"series": who + each.name, "sequence": each.name, "modality": each.modality}
            work.tables.add("series", [case | facts])
        adc = {"series": who + "dwi", "model": "adc", "parameters": '["s0", "adc"]'}
        work.tables.add("maps", [case | adc | {"outcome": "0" * 24}])
        work.tables.add("regions", [case | {"region": who, "label": "N1", "kind": "node"}])
    printed = run("serve", "study", "--demo").output
    readings = Readings(planning.trail(work))
    assert {row["role"] for row in People(readings.trail).all()} == set(ROLES)
    assert [row["round"] for row in readings.rounds()] == ["learning", "pilot", "consensus"]
    assert [json.loads(row["shows"]) for row in readings.rounds()] == [
        ["t2w", "dwi", "dce", "adc.adc"], ["t2w", "dwi"], ["t2w", "dwi"],
    ]  # fmt: skip
    assert {read["reader"] for read in readings.reads()} == {"reader", "reader2"}
    assert "pathology: " in printed
