import json

import numpy as np
import pytest

from nodewise.reading.roles import Role
from nodewise.reading.rounds import Round
from nodewise.steps import answers, reading
from nodewise.steps.work import Work
from nodewise.store import create
from nodewise.store.people import People
from nodewise.store.reading import Readings
from nodewise.trial import text

GRID = json.dumps({"shape": [2, 2, 2], "affine": np.eye(4).tolist()})


@pytest.fixture
def work(tmp_path):
    create(tmp_path / "study", text("mpmri"))
    found = Work.on(tmp_path / "study")
    case = {"participant": "P-1", "visit": "pre-treatment", "grid": GRID, "array": "0" * 24}
    found.tables.add("series", [case | {"series": "s", "sequence": "t2w"}])
    found.tables.add("regions", [case | {"region": "r", "label": "N1", "kind": "node"}])
    People(reading.trail(found)).add("anna", Role.READER, password="x", by="test")
    facts = {"name": "first", "part": "pilot", "form": "iene_v1", "shows": ["t2w"]}
    reading.plan(found, [Round.model_validate(facts)], readers=["anna"], by="test")
    return found


def sign(work, given, score=None):
    from nodewise.reading.signing import Record

    readings = Readings(reading.trail(work))
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
