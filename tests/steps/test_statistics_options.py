"""What can be asked of `compare`, `agree` and `predict` beyond what they say by themselves."""

import json

import numpy as np
import polars as pl
import pytest
from click.testing import CliRunner

from nodewise import stats
from nodewise.cli import main

TRUTH = ["--truth", "ill", "--patient", "patient"]
RNG = np.random.default_rng(4)
ROWS = 60
FRAME = pl.DataFrame(
    {
        "patient": [f"P{k // 2}" for k in range(ROWS)],
        "ill": (ill := RNG.random(ROWS) < 0.5).astype(int),
        "mri": (RNG.random(ROWS) < np.where(ill, 0.8, 0.2)).astype(int),
        "pet": (RNG.random(ROWS) < np.where(ill, 0.7, 0.3)).astype(int),
        "size": np.round(RNG.normal(8, 2, ROWS) + 2 * ill, 1),
        "grade": np.clip(np.round(RNG.normal(1, 0.7, ROWS) + ill), 0, 3).astype(int),
        "anna": RNG.integers(0, 3, ROWS), "ben": RNG.integers(0, 3, ROWS),
        "cleo": RNG.integers(0, 3, ROWS),
    }
)  # fmt: skip


@pytest.fixture
def run(tmp_path):
    FRAME.write_csv(tmp_path / "nodes.csv")

    def command(name, *words):
        arguments = [name, tmp_path / "nodes.csv", *words]
        return CliRunner().invoke(main, [str(word) for word in arguments])

    return command


@pytest.fixture
def told(run):
    def answer(*words):
        found = run(*words, "--json")
        assert found.exit_code == 0, found.output
        parts = json.loads(found.output)["parts"]
        return {one["name"]: one for part in parts for one in part["estimates"] + part["tests"]}

    return answer


def column(name):
    return FRAME[name].to_numpy()


@pytest.mark.parametrize("score", ["kosinski", "leisenring"])
def test_the_score_test_of_predictive_values_is_the_one_asked_for(told, score):
    found = told("compare", "--test", "mri", "--test", "pet", *TRUTH, "--score-test", score)
    pair = [stats.paired(column(name) == 1, ill, column("patient")) for name in ("mri", "pet")]
    name = "positive predictive value"
    expected = getattr(stats, score)(name, *pair)
    assert found[f"equal {name}s"]["p"] == expected.p
    assert found[f"equal {name}s"]["method"] == expected.method


def test_the_score_interval_is_for_rows_that_are_patients_alone(told):
    both = ["compare", "--test", "mri", "--test", "pet", "--truth", "ill"]
    assert "score interval, sensitivities" not in told(*both, "--patient", "patient")
    mri, pet = column("mri") == 1, column("pet") == 1
    found = told(*both, "--rows-are-patients")
    for name, among, hits in (("sensitivities", ill, (mri, pet)),
                              ("specificities", ~ill, (~mri, ~pet))):  # fmt: skip
        only = [(among & a & ~b).sum() for a, b in (hits, hits[::-1])]
        expected = stats.tango(*only, among.sum())
        ours = found[f"score interval, {name}"]
        assert [ours[k] for k in ("value", "low", "high")] == pytest.approx(
            [expected.value, expected.low, expected.high]
        )


def test_light_is_the_mean_of_every_two_readers_and_is_told_of_three(told):
    names = ["anna", "ben", "cleo"]
    ratings = [word for name in names for word in ("--rating", name)]
    kappas = [
        told("agree", "--rating", a, "--rating", b, "--patient", "patient")["Cohen's kappa"]
        for a, b in (("anna", "ben"), ("anna", "cleo"), ("ben", "cleo"))
    ]
    light = told("agree", *ratings, "--patient", "patient")["Light's kappa"]
    assert light["value"] == pytest.approx(np.mean([one["value"] for one in kappas]))
    assert (light["low"], light["method"]) == (None, "mean of Cohen's kappa over 3 pairs")


def test_ordered_grades_give_odds_ratios_by_patient(told, tmp_path):
    words = ["--finding", "size", "--finding", "mri", "--truth", "grade", "--ordinal"]
    found = told("predict", *words, "--patient", "patient", "--out", tmp_path / "out")
    size, mri = column("size"), column("mri")
    fit = stats.fit_ordinal(
        np.stack([size / size.std(), mri], axis=1), column("grade"), column("patient")
    )
    expected = [fit.odds_ratio(k) for k in (0, 1)]
    ours = [found[f"by {size.std():.3g} of size"], found["by mri"]]
    for one, other in zip(ours, expected, strict=True):
        assert [one[k] for k in ("value", "low", "high", "clusters")] == pytest.approx(
            [other.value, other.low, other.high, ROWS // 2]
        )
    chances = pl.read_csv(tmp_path / "out" / "predictions.csv").drop("reference")
    assert chances.sum_horizontal().to_numpy() == pytest.approx(1)


def test_an_odds_ratio_turns_with_the_grades():
    rows = column("size"), column("grade"), column("patient")
    up, down = (stats.fit_ordinal(rows[0], sign * rows[1], rows[2]) for sign in (1, -1))
    one, other = up.odds_ratio(0), down.odds_ratio(0)
    assert (one.value, one.low, one.high) == pytest.approx(
        (1 / other.value, 1 / other.high, 1 / other.low), rel=1e-6
    )
    assert one.test.p == pytest.approx(other.test.p)


def test_grades_and_thresholds_do_not_go_together(run):
    words = ["--finding", "size", "--truth", "grade", "--patient", "patient", "--ordinal"]
    found = run("predict", *words, "--threshold", "0.2")
    assert found.exit_code == 1
    assert "--ordinal takes findings alone" in found.output
