"""Tables taken home through the pages."""

import io

import polars as pl
import pytest

from nodewise.tables import TABLES


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_signed_answers_and_the_dictionary_are_exported_in_both_kinds(hospital, kind):
    hospital.finish(hospital.client("anna"), hospital.codes()[0], suspicion=4)
    client = hospital.client("statistician")
    read = {"csv": pl.read_csv, "parquet": pl.read_parquet}[kind]
    answers = read(io.BytesIO(client.get(f"/export/readings.{kind}").content))
    assert answers.filter(pl.col("question") == "suspicion")["value"].to_list() == [4.0] * 3
    dictionary = read(io.BytesIO(client.get(f"/export/dictionary.{kind}").content))
    assert set(dictionary["table"]) == set(TABLES)
    truth = read(io.BytesIO(client.get(f"/export/truth/matches.{kind}").content))
    assert truth["metastatic"].sum() == 5
    taken = [e["subject"] for e in hospital.room.trail.events() if e["action"] == "exported"]
    assert taken == ["readings", "matches"]


def test_the_coordinator_gets_neither_answers_nor_truth(hospital):
    client = hospital.client("coordinator")
    page = client.get("/export").text
    assert "readings.csv" not in page
    assert "matches.csv" not in page
    assert client.get("/export/readings.csv").status_code == 409
    assert client.get("/export/matches.csv").status_code == 409
    assert client.get("/export/truth/matches.csv").status_code == 403
    assert client.get("/export/nodes.csv").status_code == 200


def test_nothing_but_tables_is_exported(hospital):
    client = hospital.client("statistician")
    for path in ("users.csv", "nodes.xlsx", "..%2fkey.csv", "truth/nodes.csv"):
        assert client.get(f"/export/{path}").status_code in (404, 409, 422)


def test_text_that_a_spreadsheet_would_run_is_disarmed_in_csv_alone(hospital):
    said = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "a=1", None]
    rows = [{"participant": f"P-{n}", "histology": text, "age": -n} for n, text in enumerate(said)]
    hospital.work.tables.add("participants", [row | {"arm": "affected"} for row in rows])
    client = hospital.client("statistician")
    found = {}
    for kind, read in {"csv": pl.read_csv, "parquet": pl.read_parquet}.items():
        frame = read(io.BytesIO(client.get(f"/export/participants.{kind}").content))
        frame = frame.filter(pl.col("participant").str.contains(r"^P-\d$")).sort("participant")
        found[kind] = frame["histology"].to_list()
        assert frame["age"].to_list() == [-n for n in range(len(said))]
    assert found["parquet"] == said
    assert found["csv"] == [f"'{text}" for text in said[:7]] + said[7:]
