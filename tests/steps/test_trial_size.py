"""Power and precision of a trial, simulated from its file."""

import json
import re

import numpy as np
import pytest
from click.testing import CliRunner

from nodewise.cli import main
from nodewise.errors import StatsError
from nodewise.stats import auc_power
from nodewise.steps.statistics.trial_design import Assumptions, design
from nodewise.steps.statistics.trial_run import Wanted, point, study
from nodewise.steps.statistics.trial_size import trial_size
from nodewise.trial import load, shipped

QUIET = {"progress": lambda *_: None}


@pytest.fixture(scope="module")
def trial():
    return load("mpmri")


@pytest.fixture(scope="module")
def alone(trial):
    """The same trial with its primary test alone in its family."""
    family = [each.model_copy(update={"family": each.name}) for each in trial.analysis]
    test = [each for each in trial.index_test if each.name == trial.primary_test]
    return trial.model_copy(update={"analysis": tuple(family), "index_test": tuple(test)})


def run(*words):
    return CliRunner().invoke(main, ["size", *(str(word) for word in words)])


def test_power_agrees_with_the_formula_for_single_nodes(alone):
    """One node a patient, 100 of each kind, as Obuchowski and McClish's formula has them."""
    lone = Assumptions(
        auc=0.61, sensitivity=0.6, icc=0, nodes=1, prevalence=1, node_negative=0, lost=0
    )
    of, wanted = design(alone, lone), Wanted(runs=400)
    found = point(of, 200, wanted, truth={"AUC": 0.61}, **QUIET)
    expected = auc_power(0.61, cases=100, controls=100)
    assert found.power == pytest.approx(expected, abs=3 * found.error)
    assert found.covered["AUC"] == pytest.approx(0.95, abs=0.025)


def test_an_auc_of_chance_is_shown_no_oftener_than_the_level_allows(alone):
    chance = Assumptions(auc=0.5, sensitivity=0.5)
    found = point(design(alone, chance), 40, Wanted(runs=300), truth={"AUC": 0.5}, **QUIET)
    assert found.power < 0.025 + 3 * np.sqrt(0.025 * 0.975 / 300)


def test_a_large_family_costs_power(trial, alone):
    powers = [
        point(design(of, Assumptions()), 30, Wanted(runs=100), truth={"AUC": 0.8}, **QUIET).power
        for of in (trial, alone)
    ]
    assert powers[0] < powers[1]


def test_published_scores_and_an_auc_with_a_sensitivity_are_one_model(trial):
    rng = np.random.default_rng(1)
    published = study(design(trial, Assumptions(lost=0)), 4000, rng, 0.95)
    again = Assumptions(
        auc=published["AUC"].value, sensitivity=published["sensitivity"].value, lost=0
    )
    found = study(design(trial, again), 4000, rng, 0.95)
    assert found["AUC"].value == pytest.approx(published["AUC"].value, abs=0.02)
    assert found["sensitivity"].value == pytest.approx(published["sensitivity"].value, abs=0.03)


def test_the_number_that_is_named_was_simulated_and_reaches_what_is_wanted(trial):
    wanted = Wanted(patients=(30, 60), half_width=0.19, runs=50)
    found = trial_size(trial, Assumptions(), wanted, **QUIET)
    power, width = found.answer.parts[-2:]
    assert power.counts["power there"] == pytest.approx(0.8, abs=0.17)
    low, high = (power.counts[f"{end} limit by simulation error"] for end in ("lower", "upper"))
    assert low <= power.counts["patients"] <= high
    assert width.counts["half-width there"] == pytest.approx(0.19, rel=0.08)
    assert {power.counts["patients"], width.counts["patients"]} <= {
        one.patients for one in found.points
    }
    again = trial_size(trial, Assumptions(), wanted, **QUIET)
    assert again.answer == found.answer


def test_sides_levels_and_patients_are_simulated_as_their_worst_node(trial):
    for unit, units in (("side", 2), ("level", 3), ("patient", 1)):
        of = design(
            trial.model_copy(update={"primary_unit": unit, "primary_analysis": "within-affected"}),
            Assumptions(levels=3, lost=0),
        )
        found = study(of, 200, np.random.default_rng(1), 0.95)
        assert found["AUC"].denominator == 200 * units


def test_what_is_given_and_what_is_assumed_is_said(tmp_path):
    words = ["mpmri", "--patients", 40, "--runs", 50, "--share", "affected=3", "--share"]
    words += ["control=2", "--half-width", 0.2, "--out", tmp_path]
    said = run(*words)
    assert said.exit_code == 0, said.output
    for part in ("From the trial file", "cut-off 0.00094", "Assumed", "Vandecaveye", "Holm"):
        assert part in said.output
    assert "share of arm affected 0.6" in said.output
    told = json.loads(run(*words[:-2], "--json").stdout)
    assert told["parts"][3]["rows"][0]["patients"] == 40
    svg = (tmp_path / "power.svg").read_text(encoding="utf-8")
    assert "patients enrolled</text>" in svg
    assert not re.search(r"var\(|url\(", svg)
    assert {path.name for path in tmp_path.iterdir()} >= {"curve.csv", "half-width.svg"}


def test_an_assumed_sensitivity_and_a_goal_for_it_are_two_things():
    words = ["mpmri", "--auc", 0.85, "--sensitivity", 0.8, "--sensitivity-above", 0.6]
    parts = json.loads(run(*words, "--patients", 60, "--runs", 50, "--json").stdout)["parts"]
    assert parts[2]["counts"]["sensitivity"] == pytest.approx(0.8, abs=0.02)
    assert "sensitivity above 0.6" in parts[3]["title"]


@pytest.mark.parametrize("name", shipped())
def test_every_shipped_trial_can_be_sized(name):
    """Measured or read, by node or by level: what is not known of a test can be assumed."""
    words = [name, "--patients", 60, "--runs", 50, "--auc", 0.9, "--sensitivity", 0.8, "--json"]
    found = run(*words)
    assert found.exit_code == 0, found.output
    parts = json.loads(found.stdout)["parts"]
    trial = load(name)
    assert f"by {trial.primary_unit}" in parts[0]["remarks"][1]
    assert parts[3]["rows"][0]["power"] > 0.5


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["nothere"], "no trial is called 'nothere'"),
        (["mpmri", "--auc", 0.8], "goes with the --sensitivity"),
        (["mpmri", "--sensitivity", 0.8], "goes with an assumed AUC"),
        (["mpmri", "--share", "other=1"], "has no arm other"),
        (["mpmri", "--share", "other"], "is not ARM=N"),
        (["mpmri", "--patients", 3], "need 4 patients"),
        (["mpmri", "--runs", 10], "50 runs or more"),
        (["mpmri", "--benign", 1, 0], "above 0"),
    ],
)
def test_what_cannot_be_simulated_gets_a_sentence(words, sentence):
    found = run(*words)
    assert found.exit_code in (1, 2)
    assert sentence in found.output


def test_a_test_that_nothing_is_known_of_needs_assumptions(trial):
    test = trial.index_test[0].model_copy(update={"parameter": "delta_r2star"})
    of = trial.model_copy(update={"index_test": (test,)})
    with pytest.raises(StatsError, match="nothing is known here of ADC in nodes"):
        design(of, Assumptions())
    assert design(of, Assumptions(metastatic=(1, 0.3), benign=(0, 0.3))).source.count("given") == 2


def test_a_goal_needs_a_frozen_cut_off(trial):
    of = trial.model_copy(update={"primary_test": "ktrans"})
    with pytest.raises(StatsError, match="no frozen cut-off that a goal"):
        trial_size(of, Assumptions(), Wanted(goals={"sensitivity": 0.6}), **QUIET)
    found = point(design(of, Assumptions()), 60, Wanted(runs=50), truth={"AUC": 0.8}, **QUIET)
    assert set(found.half_widths) == {"AUC"}
