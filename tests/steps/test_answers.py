import json

import numpy as np
import pytest

from nodewise.reading.roles import Role
from nodewise.reading.rounds import Round
from nodewise.steps.importing import take
from nodewise.steps.readings import answers, planning
from nodewise.steps.work import Work
from nodewise.store import create
from nodewise.store.people import People
from nodewise.store.reading import Readings
from nodewise.trial import text

GRID = json.dumps({"shape": [2, 2, 2], "affine": np.eye(4).tolist()})


@pytest.fixture
def work(tmp_path, lasting_child):
    create(tmp_path / "study", text("mpmri"))
    found = Work.on(tmp_path / "study")
    case = {"participant": "P-1", "visit": "pre-treatment", "grid": GRID, "array": "0" * 24}
    found.tables.add("series", [case | {"series": "s", "sequence": "t2w", "modality": "MR"}])
    found.tables.add("regions", [case | {"region": "r", "label": "N1", "kind": "node"}])
    People(planning.trail(found)).add("anna", Role.READER, password="x", by="test")
    facts = {"name": "first", "part": "pilot", "form": "iene_v1", "shows": ["t2w"]}
    planning.plan(found, [Round.model_validate(facts)], readers=["anna"], by="test")
    return found


def sign(work, given, score=None):
    from nodewise.reading.signing import Record

    readings = Readings(planning.trail(work))
    (read,) = readings.reads("anna")
    record = Record(
        read=read["code"], version=read["version"], participant="P-1", visit="pre-treatment",
        signer="anna", meaning="m", signed_at="2026-03-01T09:00:00+00:00", form="iene_v1",
        form_checksum="c", software="s", images=(), answers={"r": given}, scores={"r": score},
        seconds=42.0,
    )  # fmt: skip
    readings.sign(read, record=record.text(), digest=record.hash())
    return readings


def test_signed_answers_become_rows_with_words_numbers_and_time(work):
    sign(work, {"grade": 3, "structures": ["muscle", "skin"]}, score=5)
    rows = {row["question"]: row for row in answers.collect(work).to_dicts()}
    assert (rows["grade"]["answer"], rows["grade"]["value"]) == ("3", 3.0)
    assert (rows["structures"]["answer"], rows["structures"]["value"]) == ("muscle, skin", None)
    assert rows["score"]["value"] == 5
    assert {row["item"] for row in rows.values()} == {"r"}
    assert rows["grade"]["case_seconds"] == 42


def test_drafts_and_unlocked_versions_stay_out(work):
    assert len(answers.collect(work)) == 0
    readings = sign(work, {"grade": 0})
    assert answers.collect(work)["answer"].to_list() == ["0"]
    (read,) = readings.reads("anna")
    readings.unlock(read, by="chief", reason="wrong node")
    assert len(answers.collect(work)) == 0
    sign(work, {"grade": 1})
    assert answers.collect(work).select("answer", "version").rows() == [("1", 2)]


HEAD = "round,part,reader,iteration,patient_id,visit,form,item,question,answer,value,signed_at\n"
ROW = "{},pilot,bo,1,SIM-1,pre-treatment,iene_v1,N1,grade,2,2,2026-01-05T09:30:00Z\n"


def test_imported_answers_of_other_rounds_stay(work, tmp_path):
    (tmp_path / "readings.csv").write_text(HEAD + ROW.format("ct") + ROW.format("first"))
    take(work, [tmp_path / "readings.csv"])
    sign(work, {"grade": 3})
    rows = {row["round"]: row for row in answers.collect(work).to_dicts()}
    assert {name: row["reader"] for name, row in rows.items()} == {"ct": "bo", "first": "anna"}
    assert answers.collect(work).height == 2


def test_readings_of_a_stranger_are_told_without_saying_whose(work, tmp_path):
    (tmp_path / "readings.csv").write_text(HEAD + ROW.format("ct"))
    take(work, [tmp_path / "readings.csv"])
    issues = work.tables.read("issues")
    (told,) = issues.filter(where="readings: 1 rows")["found"]
    assert told == "readings of somebody who is not in the participants table"
    assert "SIM-1" not in str(issues.to_dicts())
