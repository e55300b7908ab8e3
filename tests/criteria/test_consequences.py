"""What extension changes, counted over patients whose categories are known by hand."""

import json

import pytest
from click.testing import CliRunner

from nodewise.cli import main
from nodewise.criteria import adjuvant
from nodewise.criteria.neck import Basis, MetastaticNode
from nodewise.steps.staging.consequences import PATHOLOGY, RISK, WITH, WITHOUT, read, shifts
from nodewise.tables import CONSEQUENCES

C, P = Basis.CLINICAL, Basis.PATHOLOGICAL
NODES = """patient,basis,side,long_axis_mm,deposit_mm,cene_signs,iene_grade,iene_certainty,pene
A,clinical,left,20,,none,1,0.9,
A,pathological,left,,20,,,,minor
B,clinical,left,20,,none,0,0.9,
B,pathological,left,,20,,,,none
C,clinical,left,40,,skin,3,0.9,
C,pathological,left,,40,,,,major
D,clinical,left,20,,none,2,0.5,
E,clinical,left,,,none,0,0.9,
"""
PATIENTS = """patient,site,p16,side,t,m,pathological
A,larynx,,left,T2,M0,
B,larynx,,left,T2,M0,
C,larynx,,left,T2,M0,
D,larynx,,left,T2,M0,no
E,larynx,,left,T2,M0,no
F,oropharynx,positive,left,T1,M0,no
"""


@pytest.fixture
def files(tmp_path):
    nodes, patients = tmp_path / "nodes.csv", tmp_path / "patients.csv"
    nodes.write_text(NODES)
    patients.write_text(PATIENTS)
    return nodes, patients


def moves(found, edition, before, after, what="category"):
    (shift,) = [
        one
        for one in found
        if (one.edition, one.before, one.after, one.what) == (edition, before, after, what)
        and one.disease == "head and neck"
    ]
    return shift


def test_imaging_extension_moves_patients_only_where_the_edition_asks_for_it(files):
    found = shifts(read(*files))
    same = {("N1", "N1"): 3, ("N3b", "N3b"): 1}  # D's grade is read too uncertainly to count
    assert moves(found, "AJCC8", WITHOUT, WITH).moves == same
    moved = moves(found, "UICC9", WITHOUT, WITH)
    assert moved.moves == {("N1", "N1"): 2, ("N1", "N3b"): 1, ("N3b", "N3b"): 1}
    assert (moved.open, moved.changed.value, moved.changed.unit) == (1, 0.25, "patient")
    assert moved.changed.low < 0.25 < moved.changed.high


def test_pathology_is_compared_where_the_neck_was_dissected(files):
    found = moves(shifts(read(*files)), "AJCC8", WITH, PATHOLOGY)
    assert found.moves == {("N1", "N1"): 1, ("N1", "N2a"): 1, ("N3b", "N3b"): 1}
    assert found.open == 2


def test_stage_groups_move_with_the_category(files):
    found = moves(shifts(read(*files)), "AJCC8", WITH, PATHOLOGY, "stage group")
    assert found.moves == {("III", "III"): 1, ("III", "IVA"): 1, ("IVB", "IVB"): 1}


def test_the_risk_group_moves_with_extension_whatever_the_edition(files):
    found = shifts(read(*files))
    low, high = "not high risk by extension", "high risk"
    by_imaging = moves(found, "any edition", WITHOUT, WITH, RISK)
    assert by_imaging.moves == {(low, low): 3, (low, high): 1, (high, high): 1}
    by_pathology = moves(found, "any edition", WITH, PATHOLOGY, RISK)
    assert by_pathology.moves == {(low, low): 1, (high, high): 2}
    assert by_pathology.open == 2


@pytest.mark.parametrize(
    ("basis", "node", "margin", "group"),
    [
        (P, {"pene": "minor"}, None, "high risk"),
        (P, {"pene": "none"}, "positive", "high risk"),
        (P, {"pene": "none"}, "negative", "not high risk"),
        (P, {"pene": "none"}, None, "not high risk by extension"),
        (P, {}, "negative", None),
        (P, {}, "positive", "high risk"),
        (C, {"iene_grade": 1, "pene": "none"}, "negative", "high risk"),
        (C, {"iene_grade": 0, "cene_signs": "none", "pene": "major"}, "negative", "not high risk"),
        (C, {"iene_grade": 3, "iene_certainty": 0.5, "cene_signs": "none"}, None,
         "not high risk by extension"),
        (C, {"cene_signs": "skin", "cene_supported": True}, None, "high risk"),
        (C, {"cene_signs": "none"}, None, None),
    ],
)  # fmt: skip
def test_the_risk_group_is_that_of_extension_and_margin(basis, node, margin, group):
    nodes = [MetastaticNode.model_validate(node)]
    assert adjuvant.risk(nodes, basis, margin=margin).answer == group


def test_a_forecast_of_the_risk_group_is_never_taken_for_sure():
    found = adjuvant.risk([MetastaticNode(iene_grade=1)], C, margin=None)
    assert found.row_of("high risk").confidence == "L"
    assert adjuvant.risk([MetastaticNode(pene="major")], P, margin=None).possible[-1].source


def test_the_command_tells_counts_and_no_patient(files):
    found = CliRunner().invoke(main, ["consequences", *map(str, files)])
    assert found.exit_code == 0, found.output
    assert (
        "head and neck, UICC9, category: cN without imaging ENE → cN: 1 of 4 patients change"
        in found.output
    )
    for move in ("N1 → N3b: 1 (higher)", "IVB → IVA: 1 (lower)",
                 "not high risk by extension → high risk: 1 (higher)"):  # fmt: skip
        assert f"  {move}" in found.output
    rows = json.loads(CliRunner().invoke(main, ["consequences", *map(str, files), "--json"]).output)
    editions = {"AJCC8", "UICC8", "AJCC9", "UICC9", "any edition"}
    assert {row["edition"] for row in rows} == editions


def test_a_patient_without_clinical_nodes_is_n0(files):
    found = [one for one in shifts(read(*files)) if one.disease.startswith("HPV") and one.moves]
    assert {pair for one in found if one.what != RISK for pair in one.moves} == {
        ("N0", "N0"), ("I", "I"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("A,clinical,left,20", "Z,clinical,left,20", "row 1: the patient is not in"),
        ("A,clinical,left,20", "A,surgical,left,20", "basis 'surgical'"),
        ("A,clinical,left,20", "A,clinical,top,20", "side: 'top'"),
        ("patient,basis", "patient,kind", "no column basis"),
    ],
)
def test_a_wrong_row_is_refused_without_naming_anyone(files, old, new, says):
    nodes, patients = files
    nodes.write_text(NODES.replace(old, new, 1))
    found = CliRunner().invoke(main, ["consequences", str(nodes), str(patients)])
    assert found.exit_code == 1
    assert says in found.output


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("B,larynx", "B,", "site '' is none of oral cavity"),
        ("B,larynx", "B,nose", "site 'nose' is none of oral cavity"),
        ("oropharynx,positive", "oropharynx,++", "p16 '++' is none of positive"),
        ("F,oropharynx,positive,left,T1", "F,oropharynx,positive,left,T9", "'T9' is no T"),
        ("m,pathological", "margin,pathological", "margin 'M0' is neither"),
    ],
)
def test_a_tumour_that_cannot_be_is_refused(files, old, new, says):
    nodes, patients = files
    patients.write_text(PATIENTS.replace(old, new, 1))
    found = CliRunner().invoke(main, ["consequences", str(nodes), str(patients)])
    assert (found.exit_code, says in found.output) == (1, True), found.output


def test_every_patient_can_be_shown_with_what_is_open(files):
    found = CliRunner().invoke(main, ["consequences", *map(str, files), "--each", "--json"])
    rows = {(row["patient"], row["edition"]): row for row in json.loads(found.output)}
    assert rows["A", "UICC9"]["cN without imaging ENE"] == "cN1"
    assert rows["A", "UICC9"]["cN"] == "cN3b"
    assert rows["A", "AJCC8"]["pN: group"] == "IVA"
    assert rows["E", "AJCC8"]["cN: open"] == "N2a or N3a"
    assert rows["D", "AJCC8"]["pN"] is None
    plain = CliRunner().invoke(main, ["consequences", *map(str, files), "--each"]).output
    assert plain.splitlines()[0].startswith("patient,edition,cN without imaging ENE")


def test_the_dictionary_names_everything_that_is_said_to_change():
    (meaning,) = (column.meaning for column in CONSEQUENCES.columns if column.name == "what")
    for what in ("category", "stage group", RISK):
        assert what in meaning
