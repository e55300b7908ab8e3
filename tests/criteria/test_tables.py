"""Every table that is shipped: readable, sourced, used, and honest about what is not verified."""

from importlib.resources import files

import pytest

from nodewise.criteria.rules import table
from nodewise.criteria.scores import SCORES
from nodewise.criteria.tnm import _editions
from nodewise.nodes.location import TABLES as BORDERS

FOLDER = files("nodewise.criteria").joinpath("tables")
PLAIN = {"levels", "level_crosswalk", "tnm_editions"}  # looked up, not decided on
RULES = sorted(
    name.removesuffix(".csv") for each in FOLDER.iterdir() if (name := each.name).endswith(".csv")
)
RULES = [name for name in RULES if name not in PLAIN]


@pytest.mark.parametrize("name", RULES)
def test_a_table_says_what_it_is_and_every_row_where_it_comes_from(name):
    text = FOLDER.joinpath(f"{name}.csv").read_text("utf-8")
    assert text.startswith("# ")
    for row in table(name).rows:
        assert row.answer
        assert row.says
        assert row.source
        assert row.origin


@pytest.mark.parametrize("name", RULES)
def test_no_row_stands_twice(name):
    rows = table(name).rows
    assert len({tuple(sorted(row.conditions.items(), key=str)) for row in rows}) == len(rows)


def test_every_table_is_used():
    by_editions = {name for of in _editions().values() for name in (of.categories, of.groups)}
    by_scores = {kind.rules for kind in SCORES.values()}
    others = {"tnm_routing", "tnm_year", "node_rads_size", "adjuvant_risk"}
    assert set(RULES) == (by_editions - {""}) | by_scores | others | set(BORDERS.values())


def confidences(name):
    return {row.confidence for row in table(name).rows}


def test_what_is_not_verified_is_not_shipped_as_fact():
    assert confidences("stage_oropharynx_hpv_ajcc9") == {"L"}
    assert confidences("stage_head_and_neck_uicc9") == {"L"}
    assert confidences("uspio_pattern") == {"L"}
    assert "H" not in {
        row.confidence
        for row in table("n_oropharynx_hpv_ajcc9").rows
        if "pathological" in row.conditions["basis"] and row.answer != "N0"
    }
    assert "H" not in confidences("n_head_and_neck_uicc9")
    assert "H" not in confidences("level_borders_gregoire")
    assert {
        row.confidence
        for row in table("n_head_and_neck_uicc9").rows
        if "pathological" in row.conditions["basis"]
    } == {"L"}


STANDINGS = {
    "adjuvant_risk": "K:H×2 D:L K:H D:M",
    "ceus_arrival": "F:H×2 K:H",
    "ceus_enhancement": "F:H×2 K:H",
    "deauville": "K:H×6 K:M K:H",
    "eortc": "K:H×2 K:M K:H×4",
    "hopkins": "F:H D:M F:H×4",
    "irecist": "K:H K:M D:L K:H×4",
    "level_borders_ajcc": "F:H×2 K:M D:L×3 F:H×12",
    "level_borders_gregoire": "K:M×2 K:L K:M K:L×3 K:M×3 K:L K:M×4 K:L×4",
    "n_head_and_neck_8": "K:H×17",
    "n_head_and_neck_uicc9": "D:M×6 F:M×2 D:L×10",
    "n_nasopharynx_8": "K:H×5",
    "n_nasopharynx_ajcc9": "F-code:H×6 D:M F-code:M×2",
    "n_oropharynx_hpv_8": "K:H×7",
    "n_oropharynx_hpv_ajcc9": "F-code:H F-code:M×6 D:M F-code:H F:M×5",
    "ni_rads_neck": "F:H F-code:H F:H F-code:H×11",
    "node_rads": "F-code:M F-code:H×8",
    "node_rads_size": "F-code:M×5",
    "pathological_response": "K:H F:H×9",
    "percist": "K:H×6",
    "percist_liver": "K:M K:H",
    "percist_measurable": "K:H×2",
    "recist": "K:H×5",
    "recist_node": "K:H×3",
    "registry_effect": "F-code:H×4",
    "regression_node": "D:M×5",
    "size_axial": "F:H×5 F:M F:H",
    "size_grouping": "K:H×2 K:M×6",
    "size_maximal": "K:H×4",
    "size_ultrasound": "K:M×4",
    "stage_head_and_neck_8": "K:H×13 K:M×10",
    "stage_head_and_neck_uicc9": "D:L×13",
    "stage_nasopharynx_8": "K:H×8",
    "stage_nasopharynx_ajcc9": "F:M×8",
    "stage_oropharynx_hpv_8": "K:H×10",
    "stage_oropharynx_hpv_ajcc9": "D:L×6",
    "tic_peak_time": "D:L×3 F:M×2",
    "tic_yabuuchi": "K:H×4",
    "tnm_routing": "K:H F-code:H×5 D:M F-code:H D:M F-code:H D:M F-code:H K:H×2",
    "tnm_year": "F-code:H×7",
    "treatment_effect": "K:H×3",
    "uspio_lipid": "F:H×4",
    "uspio_pattern": "K:L×5",
}  # fmt: skip
"""Table → standing and confidence of its rows in order, held against the fact base by eye."""


@pytest.mark.parametrize("name", RULES)
def test_every_row_has_the_standing_of_its_fact(name):
    runs = [run.partition("×") for run in STANDINGS[name].split()]
    expected = [each for each, _, times in runs for _ in range(int(times or 1))]
    assert [f"{row.standing}:{row.confidence}" for row in table(name).rows] == expected
