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
