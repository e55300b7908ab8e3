"""A user's own table of N categories: used like an edition, and refused with every error told."""

import json
from importlib.resources import files

import pytest
from click.testing import CliRunner

from nodewise.cli import main
from nodewise.criteria.own_table import own
from nodewise.criteria.tnm import _editions
from nodewise.errors import StagingError

ABOUT = "answer,says,source,standing,confidence"
TABLE = f"""# my rules
count,largest_mm,pene,{ABOUT}
0,any,any,N0,none,mine,D,L
1,<=20,any,N1,one small node,mine,D,L
>=1,any,any,N2,anything else,mine,D,L
"""


@pytest.fixture
def paths(tmp_path):
    nodes, rules = tmp_path / "nodes.csv", tmp_path / "mine.csv"
    nodes.write_text("side,level,long_axis_mm\nleft,II,21\n")
    rules.write_text(TABLE)
    return nodes, rules


def run(*arguments):
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def test_an_own_table_stages_and_explains_like_an_edition(paths):
    nodes, rules = paths
    found = run("stage", nodes, "--site", "larynx", "--table", rules, "--explain").output
    assert "cN2 by mine.csv (head and neck)" in found
    assert "mine [derived, not read anywhere; confidence low]" in found
    assert "stage group: not established here for mine.csv" in found
    assert "✗ row 2: N1" in found


def test_an_own_table_stands_beside_the_editions(paths):
    nodes, rules = paths
    found = run("stage", nodes, "--site", "larynx", "--table", rules, "--compare", "--json")
    labels = {one["edition"]: one["label"] for one in json.loads(found.output)}
    assert labels == {"AJCC8": "cN1", "UICC8": "cN1", "UICC9": "cN1", "mine.csv": "cN2"}
    plain = run("stage", nodes, "--site", "larynx", "--table", rules, "--compare").output
    assert plain.splitlines()[0].split() == ["edition", "N", "could", "be", "group", "standing"]
    assert plain.splitlines()[4].split()[:2] == ["mine.csv", "cN2"]


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("pene", "colour", "column colour asks for what staging does not know"),
        ("says", "tells", "no column says; needed: answer, says"),
        ("N2,any", "N5,any", "row 3, answer: 'N5' is none of N0"),
        ("none,mine,D,L", "none,mine,X,L", "row 1, standing: 'X' is none of F"),
        ("none,mine,D,L", "none,mine,D,Q", "row 1, confidence: 'Q' is none of H"),
        ("1,<=20,any", "1,small,any", "row 2, largest_mm: 'small' gives no bounds"),
        ("1,<=20,any", "1,<=20,huge|none", "row 2, pene: 'huge' is none of none, minor, major"),
        ("1,<=20,any", "1,,any", "row 2, largest_mm: empty; write 'any'"),
        ("one small node", "", "row 2, says: empty"),
        ("0,any,any", "0,any", "row 1: more or fewer cells"),
    ],
)
def test_a_wrong_table_is_refused_with_the_place_and_what_it_needs(paths, old, new, says):
    nodes, rules = paths
    rules.write_text(TABLE.replace(old, new, 1))
    found = run("stage", nodes, "--site", "larynx", "--table", rules)
    assert (found.exit_code, says in found.output) == (1, True), found.output


def test_every_error_is_told_at_once_and_a_table_without_rows_is_none():
    wrong = TABLE.replace("N0,none", "N9,none").replace("D,L\n>=1", "D,Z\n>=1")
    with pytest.raises(StagingError, match=r"(?s)row 1, answer.*row 2, confidence"):
        own("mine.csv", wrong)
    with pytest.raises(StagingError, match="no row"):
        own("mine.csv", f"count,{ABOUT}\n")
    with pytest.raises(StagingError, match="asks anything of the neck"):
        own("mine.csv", f"{ABOUT}\nN0,none,mine,D,L\n")


def test_a_table_that_is_no_text_is_refused(paths):
    nodes, rules = paths
    rules.write_bytes(b"\xff\xfe\x00")
    found = run("stage", nodes, "--site", "larynx", "--table", rules)
    assert (found.exit_code, "UTF-8" in found.output) == (1, True)


@pytest.mark.parametrize("name", sorted({of.categories for of in _editions().values()}))
def test_every_shipped_table_would_pass_as_ones_own(name):
    text = files("nodewise.criteria").joinpath("tables", f"{name}.csv").read_text("utf-8")
    assert own(name, text).rows
