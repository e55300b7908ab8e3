"""Studies of readers, each from simulated files to its report."""

import shutil

import numpy as np
import polars as pl
import pytest

from nodewise.cli.reading import _demo
from nodewise.ingest import Pseudonyms
from nodewise.simulate import mishaps
from nodewise.steps import running
from nodewise.steps.readings.planning import trail
from nodewise.steps.work import Work
from nodewise.store.reading import Readings
from nodewise.truth import UNLIKE

pytestmark = pytest.mark.slow


def made(tmp_path_factory, name, patients):
    out = tmp_path_factory.mktemp(name) / "demo"
    page = running.demo(out, name, patients=patients, seed=3)
    return out, Work.on(out / "study"), page.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def ene(tmp_path_factory):
    return made(tmp_path_factory, "ene", 8)


@pytest.fixture(scope="module")
def uspio(tmp_path_factory):
    return made(tmp_path_factory, "uspio", 10)


@pytest.fixture(scope="module")
def ceus(tmp_path_factory):
    return made(tmp_path_factory, "ceus", 12)


def hidden(out, work, name):
    """A table of the hidden truth, by pseudonym."""
    names = Pseudonyms(work.study.key)
    table = pl.read_csv(out / "hidden_truth" / f"{name}.csv", infer_schema_length=None)
    return table.with_columns(
        participant=pl.col("patient_id").map_elements(names.participant, return_dtype=pl.String)
    )


@pytest.mark.parametrize("study", ["ceus", "ene", "uspio"])
def test_a_study_of_readers_runs_to_an_answer_with_its_interval(study, request):
    _, work, page = request.getfixturevalue(study)
    mean = work.truth.read("accuracy").filter(
        test=work.trial.primary_test, unit=work.trial.primary_unit, reader="mean", stratum="all",
        analysis=work.trial.primary_analysis,
    )  # fmt: skip
    told = dict(mean.select("quantity", "value").rows())
    assert 0 < told["sensitivity"] < 1
    assert 0.5 < told["specificity"] <= 1
    assert f"{told['sensitivity']:.2f}" in page
    assert "Simulated participants" in page
    assert "Simulated^" not in page


def test_extension_is_that_of_the_specimen(ene):
    out, work, _ = ene
    true = hidden(out, work, "nodes").select(
        "participant", "label", "pene_mm", "metastatic", "visit"
    )
    nodes = work.tables.read("nodes").select("participant", "visit", "label", "region")
    units = work.truth.read("units").filter(
        analysis="extension", test="ct", reader="reader-1", unit="node", status="analysed"
    )
    both = units.join(nodes, left_on=["participant", "item"], right_on=["participant", "region"])
    both = both.join(true, on=["participant", "visit", "label"])
    assert both.height == units.height > 20
    wrong = both.filter(pl.col("present") != (pl.col("pene_mm") > 0))
    assert wrong.height <= 0.05 * both.height  # nodes that were named by a neighbouring level


def test_iron_is_measured_as_it_was_taken_up_in_nodes_of_many_voxels(uspio):
    out, work, _ = uspio
    true = hidden(out, work, "nodes").filter(
        (pl.col("visit") == "post") & ~pl.col("metastatic").fill_null(value=True)
        & (pl.col("short_axis_mm") > 8) & (pl.col("hilus") == 0)
    )  # fmt: skip
    nodes = work.tables.read("nodes").select("region", "participant", "label", "visit")
    values = work.tables.read("values").filter(
        model="r2_star", parameter="r2_star", statistic="median", tissue="region"
    )
    found = values.select("region", "value").join(nodes, on="region")
    found = found.pivot("visit", index=["participant", "label"], values="value")
    both = found.join(true, on=["participant", "label"])
    ratio = ((both["post"] - both["pre"]) / both["uptake"]).to_numpy()
    assert both.height >= 5
    assert np.median(ratio) == pytest.approx(1, abs=0.15)


def test_a_healthy_node_is_darker_than_lipid_and_a_metastatic_one_is_not(uspio):
    _, work, _ = uspio
    units = work.truth.read("units").filter(
        analysis="pilot", test="node-to-lipid", unit="node", status="analysed"
    )
    middle = dict(units.group_by("present").agg(pl.col("value").median()).rows())
    assert middle[False] < 0.7 < middle[True]


def test_participants_are_asked_the_rules_of_their_version_of_the_protocol(uspio):
    _, work, _ = uspio
    versions = dict(
        work.tables.read("participants").select("participant", "protocol_version").rows()
    )
    asked = work.tables.read("eligibility").filter(pl.col("rule").str.contains("-v"))
    assert asked.height > 0
    for row in asked.to_dicts():
        assert row["rule"].endswith(f"-v{versions[row['participant']]}")


def test_bolus_and_size_are_measured_as_the_tissue_is(ceus):
    out, work, _ = ceus
    true = hidden(out, work, "nodes").filter(seen=True)
    nodes = work.tables.read("nodes").select("region", "participant", "visit", "label")
    values = work.tables.read("values").filter(parameter="time_to_peak", statistic="curve")
    both = nodes.join(values.select("region", "value"), on="region")
    both = both.join(true, on=["participant", "visit", "label"])
    assert both.height == true.height > 30
    error = (both["value"] - both["time_to_peak"]).to_numpy()
    assert np.median(np.abs(error)) < 1.0
    units = work.truth.read("units").filter(test="peak", unit="node", analysis="residual")
    after = both.filter(visit="post").join(units, left_on="region", right_on="item")
    ratio = (after["value_right"] / after["peak_to_muscle"]).drop_nulls().to_numpy()
    assert len(ratio) > 15
    assert np.median(ratio) == pytest.approx(1, abs=0.25)
    assert np.corrcoef(after["value_right"], after["peak_to_muscle"])[0, 1] > 0.9


def test_a_patient_on_two_machines_leaves_what_compares_their_echo_power_alone(ceus):
    _, work, _ = ceus
    who = Pseudonyms(work.study.key).participant(f"SIM-{mishaps.OTHER_MACHINE:04d}")
    told = work.tables.read("issues").filter(step="pair", participant=who)["found"]
    assert {found.partition(":")[0] for found in told} == {"cines made differently"}
    units = work.truth.read("units").filter(participant=who, unit="node")
    held = {row["test"] for row in units.filter(status=UNLIKE).to_dicts()}
    assert held == {"peak-ratio", "area-ratio"}
    assert units.filter(test="peak")["value"].null_count() == 0


def test_a_node_without_tumour_but_with_regression_is_ill_before_treatment_alone(ceus):
    out, work, _ = ceus
    true = hidden(out, work, "nodes").filter(visit="post", seen=True)
    nodes = work.tables.read("nodes").filter(visit="post")
    labels = nodes.select("participant", "region", "label")
    for analysis, test, ill in (
        ("residual", "short_axis", pl.col("viable") > 0),
        ("baseline", "short-axis-before", pl.col("bed") > 0),
    ):
        units = work.truth.read("units").filter(
            analysis=analysis, test=test, unit="node", status="analysed"
        )
        both = units.join(
            labels, left_on=["participant", "item"], right_on=["participant", "region"]
        )
        both = both.join(true.with_columns(ill=ill), on=["participant", "label"])
        assert both.height == units.height > 10
        wrong = both.filter(pl.col("present") != pl.col("ill"))
        assert wrong.height <= 0.05 * both.height  # nodes that were named by a neighbouring level


def test_what_was_spared_and_left_is_what_the_test_called_on_dissected_sides(ceus):
    _, work, page = ceus
    units = work.truth.read("units").filter(
        analysis="residual", test="short_axis", unit="side", status="analysed"
    )
    row = work.truth.read("spared").filter(test="short_axis", unit="side", quantity="left")
    missed = units.filter(~pl.col("positive") & pl.col("present")).height
    assert row.select("numerator", "denominator").row(0) == (missed, units.height)
    assert "no advice on whom to operate" in page
    read = work.truth.read("units").filter(
        analysis="residual", test="reading", unit="side", status="analysed"
    )
    sides = read.select("participant", "item").unique().height
    assert f"{read.height} readings of {sides} neck sides in " in page


@pytest.mark.parametrize("study", ["ceus", "uspio"])
def test_the_reading_room_can_be_tried_where_no_image_stands_still(study, request, tmp_path):
    out, _, _ = request.getfixturevalue(study)
    shutil.copytree(out / "study", tmp_path / "study")
    work = Work.on(tmp_path / "study")
    _demo(work)
    rounds = Readings(trail(work)).rounds()
    assert {row["round"] for row in rounds} == {"learning", "pilot", "consensus"}
