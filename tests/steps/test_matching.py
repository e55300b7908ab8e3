"""Matches as the step writes them: sizes from the tables, tolerance from the trial file."""

import re

import polars as pl
import pytest

from nodewise import store, trial
from nodewise.steps.analysis.cases import Cases
from nodewise.steps.analysis.flow import flow
from nodewise.steps.matching import match_nodes
from nodewise.steps.work import Work

PLACE = {"participant": "P", "side": "left", "level": "II", "level_system": "AJCC"}


@pytest.fixture
def matched(tmp_path):
    """A neck with nodes of 30 and 9 mm and two benign specimens of 8 mm, matched."""

    def run(text, **links):
        store.create(tmp_path / "study", text)
        work = Work.on(tmp_path / "study")
        work.tables.write("participants", [{"participant": "P", "arm": "affected"}])
        visit = {"participant": "P", "visit": "pre-treatment"}
        work.tables.write("series", [visit | {"series": "dwi", "array": "dwi"}])
        sizes = {"N1": 30.0, "N2": 9.0}
        drawn = [
            PLACE | visit | {"region": f"r{name}", "label": name, "kind": "node"} for name in sizes
        ]
        work.tables.write("regions", [node | {"array": node["label"]} for node in drawn])
        work.tables.write(
            "nodes", [node | {"long_axis_mm": sizes[node["label"]]} for node in drawn]
        )
        counts = {"nodes_examined": 2, "nodes_positive": 0}
        work.truth.write("dissections", [PLACE | counts])
        benign = {"metastatic": False, "specimen_size_mm": 8.0}
        work.truth.write(
            "specimen_nodes",
            [
                PLACE | benign | {"specimen_node": name, "image_label": links.get(name)}
                for name in ("S1", "S2")
            ],
        )
        match_nodes(work)
        return work

    return run


def test_a_node_of_another_size_is_left_out_and_the_flow_says_why(matched):
    work = matched(trial.text("mpmri"), S1="N9")
    rows = work.truth.read("matches").drop_nulls("region").sort("region")
    assert rows["confidence"].to_list() == ["ambiguous-size", "level-unique"]
    assert rows["metastatic"].to_list() == [None, False]
    boxes = flow(work, Cases.of(work), pl.DataFrame())
    (box,) = [row for row in boxes if row["box"] == "unmatched-ambiguous-size"
              and row["arm"] == "affected"]  # fmt: skip
    assert box["says"] == "Ambiguous: no specimen node of its size is left in the level"
    assert (box["participants"], box["nodes"]) == (1, 1)
    (issue,) = work.tables.read("issues").to_dicts()
    assert issue["found"] == "a link to the image node N9, which nobody drew"


def test_a_trial_file_without_a_tolerance_compares_no_sizes(matched):
    text = re.sub(r"specimen_size = .*\n", "", trial.text("mpmri"))
    rows = matched(text).truth.read("matches").drop_nulls("region")
    assert rows["confidence"].to_list() == ["level-unique", "level-unique"]
    assert all("the trial file gives no tolerance" in why for why in rows["reason"])


def test_a_tolerance_that_came_later_leaves_what_was_frozen_as_it_was():
    text = re.sub(r"specimen_size = .*\n", "", trial.text("mpmri"))
    assert trial.parse(text).frozen["reference"].startswith("9aa6eb38")
    assert trial.load("mpmri").frozen["reference"] != trial.parse(text).frozen["reference"]
