"""Predictions from the findings of a table."""

import json

import numpy as np
import polars as pl
import pytest
from click.testing import CliRunner

from nodewise.cli import main
from nodewise.stats import auc, cross_validated, point_score

WHO = ["--truth", "metastatic", "--patient", "patient"]


@pytest.fixture
def nodes(tmp_path):
    """Findings of nodes in 40 patients, one of them in words."""
    rng = np.random.default_rng(5)
    patient = np.repeat(np.arange(40), 3)
    bad = rng.random(120) < 0.4
    frame = pl.DataFrame(
        {
            "patient": [f"P{one}" for one in patient],
            "metastatic": bad.astype(int),
            "size": np.round(8 + 3 * bad + rng.normal(size=120), 1),
            "round": (rng.random(120) < np.where(bad, 0.8, 0.3)).astype(int),
            "core": np.where(rng.random(120) < np.where(bad, 0.6, 0.1), "necrotic", "even"),
        }
    )
    frame.write_csv(tmp_path / "nodes.csv")
    return tmp_path / "nodes.csv"


def run(*words):
    return CliRunner().invoke(main, ["predict", *(str(word) for word in words)])


def told(*words):
    found = run(*words, "--json")
    assert found.exit_code == 0, found.output
    return json.loads(found.output)


def part(answer, title):
    return next(one for one in answer["parts"] if one["title"].startswith(title))


def test_predictions_are_those_of_the_room_of_statistics(nodes, tmp_path):
    words = [nodes, *WHO, "--finding", "size", "--finding", "core", "--seed", "3"]
    answer = told(*words, "--threshold", "0.3", "--out", tmp_path / "out")
    frame = pl.read_csv(nodes)
    x = np.stack([frame["size"], (frame["core"] == "necrotic").cast(float)], axis=1)
    rows = frame["metastatic"], frame["patient"]
    expected = cross_validated(x, *rows, rng=np.random.default_rng(3)).probability
    made = pl.read_csv(tmp_path / "out" / "predictions.csv")
    assert made["probability"].to_numpy() == pytest.approx(expected, rel=1e-12)
    estimates = {one["name"]: one for one in part(answer, "Predictions")["estimates"]}
    assert estimates["AUC"]["value"] == auc(expected, *rows, direction="higher").value
    assert set(estimates) == {"AUC", "calibration intercept", "calibration slope", "Brier score"}
    assert len(part(answer, "Net benefit")["estimates"]) == 2
    labels = [row["finding"] for row in part(answer, "Ridge")["rows"]]
    assert labels == ["size", "core necrotic against even"]


def test_predictions_of_another_model_are_judged_as_they_are(nodes, tmp_path):
    frame = pl.read_csv(nodes).with_columns(chance=0.2 + 0.5 * pl.col("round"))
    frame.write_csv(tmp_path / "new.csv")
    answer = told(tmp_path / "new.csv", *WHO, "--probability", "chance")
    counts = part(answer, "Predictions")["counts"]
    assert counts["mean prediction"] == pytest.approx(frame["chance"].mean())


def test_points_are_whole_and_follow_the_chance(nodes):
    words = [nodes, *WHO, "--finding", "round", "--finding", "core", "--points", "4"]
    found = part(told(*words), "A score")
    frame = pl.read_csv(nodes)
    x = np.stack([frame["round"], (frame["core"] == "necrotic").cast(float)], axis=1)
    made = point_score(x, frame["metastatic"], frame["patient"], most=4)
    names = ("round", "core necrotic against even")
    assert [found["counts"][f"points of {name}"] for name in names] == made.points.tolist()
    assert found["counts"]["AUC expected elsewhere"] < found["counts"]["AUC here"]
    chances = [row["chance"] for row in found["rows"]]
    assert chances == sorted(chances)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ([], "name the findings to predict from"),
        (["--finding", "size", "--probability", "round"], "name the findings to predict from"),
        (["--probability", "size"], "lie between 0 and 1"),
        (["--probability", "round", "--points", "5"], "a score of points is made from findings"),
        (["--finding", "size", "--points", "5"], "classes first"),
        (["--finding", "size", "--folds", "99"], "99 folds need as many patients"),
    ],
)
def test_what_cannot_be_predicted_gets_a_sentence(nodes, words, sentence):
    found = run(nodes, *WHO, *words)
    assert found.exit_code in (1, 2), found.output
    assert sentence in found.output
