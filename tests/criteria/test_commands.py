"""The commands that apply the field's rules, as a person meets them."""

import json

import pytest
from click.testing import CliRunner

from nodewise.cli import main

HEADER = "side,level,long_axis_mm,cene_signs,iene_grade,iene_certainty\n"


def run(*arguments):
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture
def nodes(tmp_path):
    path = tmp_path / "nodes.csv"
    path.write_text(HEADER + "left,IIA,24,none,2,0.9\nleft,III,18,none,0,\n")
    return path


def test_staging_says_category_row_source_and_standing(nodes):
    found = run("stage", nodes, "--site", "oropharynx", "--p16", "positive", "--year", 2026)
    assert found.exit_code == 0, found.output
    assert "cN2 by AJCC9 (HPV-associated oropharynx)" in found.output
    assert "SEER EOD 3.3 code 350" in found.output
    assert "confidence medium" in found.output
    assert "pathological not recorded (not asked for)" in found.output


def test_explaining_shows_every_row_of_the_basis_with_what_was_met(nodes):
    found = run("stage", nodes, "--site", "larynx", "--year", 2020, "--explain").output
    assert "✓ row 4: N2b  ✓ basis clinical, ✓ count ≥ 2, ✓ side ipsilateral" in found
    assert "✗ row 2: N1   ✓ basis clinical, ✗ count 1" in found
    assert "N3b  ✗ basis" not in found


def test_comparing_puts_the_editions_side_by_side(nodes):
    found = run("stage", nodes, "--site", "larynx", "--compare", "--json")
    labels = {one["edition"]: one["label"] for one in json.loads(found.output)}
    assert labels == {"AJCC8": "cN2b", "UICC8": "cN2b", "UICC9": "cN3b"}


def test_a_stage_group_comes_with_t_and_m(nodes):
    options = ("--site", "larynx", "--edition", "AJCC8", "--t", "T2", "--m", "M0")
    assert "stage group: IVA" in run("stage", nodes, *options).output


def test_an_empty_neck_is_n0(tmp_path):
    path = tmp_path / "none.csv"
    path.write_text(HEADER)
    assert "cN0" in run("stage", path, "--site", "larynx", "--year", 2020).output


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (HEADER + "top,IIA,24,none,2,0.9\n", "row 1, side: 'top'"),
        (HEADER + "left,IX,24,none,2,0.9\n", "row 1, level: 'IX' is no level of AJCC"),
        (HEADER + "left,II,24,none,4,0.9\nleft,II,-1,,,\n", "2 wrong cells"),
        (HEADER + "left,II,24,warmth,1,\n", "row 1, cene_signs"),
        ("side,size\nleft,3\n", "no use for column size"),
    ],
)
def test_a_wrong_table_is_refused_with_the_place_of_every_error(tmp_path, text, says):
    path = tmp_path / "wrong.csv"
    path.write_text(text)
    found = run("stage", path, "--site", "larynx", "--year", 2020)
    assert found.exit_code == 1
    assert says in found.output
    assert "Traceback" not in found.output


def test_staging_needs_an_edition_or_a_year(nodes):
    found = run("stage", nodes, "--site", "larynx")
    assert found.exit_code == 2
    assert "--year, --edition or --compare" in found.output
