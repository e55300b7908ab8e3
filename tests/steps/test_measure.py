"""Boundary numbers of drawn nodes on their way into the table of nodes."""

import json
from dataclasses import replace

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from nodewise.maps import Outcome
from nodewise.steps.measure import Task, measure_visit
from nodewise.steps.series.lesion import Threshold
from nodewise.store import Shelf
from nodewise.tables import NODES

SHAPE = (48, 40, 24)
GRID = json.dumps({"shape": SHAPE, "affine": np.diag([1.0, 1, 2, 1]).tolist()})
ELSEWHERE = json.dumps({"shape": (8, 8, 8), "affine": np.eye(4).tolist()})


def ball(x, radius=6):
    i, j, k = np.ogrid[tuple(map(slice, SHAPE))]
    return (i - x) ** 2 + (j - 20) ** 2 + (2 * (k - 12)) ** 2 <= radius**2


@pytest.fixture
def task(tmp_path):
    """Two nodes that touch and one apart in fat on a CT, one of them dark within; a DWI beside."""
    shelf = Shelf(tmp_path)
    masks = {"A": ball(12), "B": ball(20) & ~ball(12), "C": ball(40, 5)}
    tissue = sum(mask.astype(float) for mask in masks.values())
    ct = -100 + 160 * gaussian_filter(tissue, (1, 1, 0.5))
    ct[ball(12, 3)] = 10.0
    dwi = np.repeat(tissue[..., None], 2, axis=3).astype(np.float32)
    regions = [
        {"region": name, "participant": "P1", "visit": "v", "label": name, "kind": "node",
         "side": "left", "level": None, "level_system": None, "grid": GRID,
         "array": shelf.put(mask)}
        for name, mask in masks.items()
    ]  # fmt: skip
    series = [
        {"series": "1", "sequence": "dwi", "modality": "MR", "varies": "b_value", "grid": GRID,
         "array": shelf.put(dwi)},
        {"series": "2", "sequence": None, "modality": "CT", "varies": "nothing", "grid": GRID,
         "array": shelf.put(ct.astype(np.float32))},
    ]  # fmt: skip
    return Task("P1", "v", regions, [], series, 3.0, tmp_path)


def test_a_node_has_its_boundary_beside_its_size(task):
    found = {row["region"]: row for row in NODES.frame(measure_visit(task).nodes).to_dicts()}
    assert [found[name]["nodes_joined"] for name in "ABC"] == [2, 2, 1]
    assert found["A"]["contact"] > 0.02
    assert found["C"]["contact"] == 0
    assert found["C"]["sphericity"] == pytest.approx(1, abs=0.06)
    assert {row["margin_on"] for row in found.values()} == {"CT"}
    assert found["C"]["margin_width"] == pytest.approx(1, abs=0.35)
    assert found["C"]["margin_contrast"] > 100
    assert found["A"]["necrotic_fraction"] == pytest.approx(ball(12, 3).sum() / 145)  # of its core
    assert found["C"]["necrotic_fraction"] == 0
    assert found["C"]["fat_plane_loss"] < 0.05
    assert found["A"]["fat_plane_loss"] > found["C"]["fat_plane_loss"] + 0.03


def test_without_a_ct_fat_and_necrosis_are_not_known(task):
    without = Task(**{**vars(task), "series": task.series[:1]})
    (row, *_) = NODES.frame(measure_visit(without).nodes).to_dicts()
    assert row["margin_on"] == "dwi"
    assert row["fat_plane_loss"] is row["necrotic_fraction"] is None
    assert row["margin_width"] is not None
    assert row["surface"] > 0


def test_a_node_on_no_series_keeps_its_form(task):
    foreign = [row | {"grid": ELSEWHERE} for row in task.series]
    found = measure_visit(Task(**{**vars(task), "series": foreign}))
    assert [row["margin_on"] for row in NODES.frame(found.nodes).to_dicts()] == [None] * 3
    assert len(found.issues) == 3


def test_uptake_has_its_maximum_peak_and_volumes_and_where_it_was_not_imaged_nothing(task):
    shelf = Shelf(task.shelf)
    values = np.full((*SHAPE, 1), 1.0, np.float32)
    values[ball(12)] = 4.0
    values[12, 20, 12] = 8.0
    outcome = np.full(SHAPE, Outcome.FITTED, np.uint8)
    uptake = {
        "series": "3", "participant": "P1", "visit": "v", "model": "suv", "grid": GRID,
        "parameters": '["suv"]', "units": '["g/mL"]',
        "array": shelf.put(values), "outcome": shelf.put(outcome),
    }  # fmt: skip
    away = {"grid": ELSEWHERE, "array": shelf.put(values[:8, :8, :8]),
            "outcome": shelf.put(outcome[:8, :8, :8])}  # fmt: skip
    above = {"suv": Threshold(value=2.5, of_maximum=False)}
    found = told(replace(task, maps=[uptake], above=above))
    voxels = ball(12).sum()
    assert found["max"] == (8.0, "g/mL")
    assert 3 < found["peak"][0] < 8
    assert found["mtv"] == (pytest.approx(voxels * 2 / 1000), "mL")
    assert found["tlg"] == (pytest.approx((4 * voxels + 4) * 2 / 1000), "g")
    elsewhere = told(replace(task, maps=[uptake | away], above=above))
    assert {elsewhere[name][0] for name in ("max", "peak", "mtv", "tlg")} == {None}
    assert "peak" not in told(replace(task, maps=[uptake]))


def told(task):
    """Statistics of node A's uptake, with their units."""
    return {
        row["statistic"]: (row["value"], row["unit"])
        for row in measure_visit(task).values
        if (row["region"], row["tissue"]) == ("A", "region")
    }
