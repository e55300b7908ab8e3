"""Every row of every score's table, and both sides of every bound."""

import shlex

import pytest
from click.testing import CliRunner

from nodewise.cli import main
from nodewise.criteria.node_scores import NodeRads, washout
from nodewise.criteria.rules import table
from nodewise.criteria.scores import SCORES

QUIET = {
    "phase": "surveillance", "assessable": True, "prior": "compared", "proven": False,
    "progression": False, "uptake": "none", "enhancement": "low", "node": "none",
    "discordance": False, "tumour_avid": True,
}  # fmt: skip
DEAUVILLE = {"related": True, "new_lesion": False, "visible": True, "mediastinum_suv": 1.0}
PERCIST = {"new_lesion": False, "background": False}
LIVER = {"tissue": "liver", "mean": 2.0, "sd": 0.25}
EORTC = {"new_lesion": False, "resolved": False, "extent_change": 0, "cycles": 2}
RECIST = {"new_lesion": False, "other_disease": False, "baseline_mm": 100, "largest_node_mm": 20}
NODE = {"short_axis_mm": 9.9, "long_axis_mm": 29.9, "border": "smooth", "shape": "hilum preserved"}
BIG = NODE | {"short_axis_mm": 10}
SPHERE = {"shape": "spherical without hilum"}
CASES = [
    ("node-rads", NODE | {"texture": "homogeneous"}, "1"),
    ("node-rads", NODE | {"texture": "heterogeneous"}, "2"),
    ("node-rads", NODE | {"texture": "focal necrosis"}, "3"),
    ("node-rads", NODE | {"texture": "gross necrosis"}, "4"),
    ("node-rads", NODE | {"texture": "new necrosis"}, "4"),
    ("node-rads", NODE | {"texture": "entity-specific"}, "4"),
    ("node-rads", NODE | {"texture": "homogeneous", "border": "irregular or ill-defined"}, "2"),
    ("node-rads", NODE | SPHERE | {"texture": "heterogeneous"}, "3"),
    ("node-rads", NODE | {"texture": "homogeneous", "shape": "bean or oval without hilum"}, "1"),
    ("node-rads", BIG | {"texture": "homogeneous"}, "2"),
    ("node-rads", BIG | {"texture": "heterogeneous"}, "3"),
    ("node-rads", BIG | {"texture": "focal necrosis"}, "4"),
    ("node-rads", BIG | SPHERE | {"texture": "focal necrosis"}, "5"),
    ("node-rads", BIG | {"texture": "homogeneous", "long_axis_mm": 30}, "5"),
    ("node-rads", NODE | {"texture": "homogeneous", "growth_mm": 1.9}, "1"),
    ("node-rads", NODE | {"texture": "homogeneous", "growth_mm": 2}, "2"),
    ("node-rads", NODE | {"texture": "homogeneous", "region": "inguinal",
                          "short_axis_mm": 14.9}, "1"),
    ("node-rads", NODE | {"texture": "homogeneous", "region": "inguinal",
                          "short_axis_mm": 15}, "2"),
    ("node-rads", NODE | {"texture": "homogeneous", "region": "retropharyngeal",
                          "short_axis_mm": 4.9}, "1"),
    ("node-rads", NODE | {"texture": "homogeneous", "region": "retropharyngeal",
                          "short_axis_mm": 5}, "2"),
    ("ni-rads", QUIET, "1"),
    ("ni-rads", QUIET | {"phase": "during treatment"}, "not applicable"),
    ("ni-rads", QUIET | {"assessable": False}, "N-x"),
    ("ni-rads", QUIET | {"prior": "pending"}, "0"),
    ("ni-rads", QUIET | {"prior": "none"}, "1"),
    ("ni-rads", QUIET | {"proven": True}, "4"),
    ("ni-rads", QUIET | {"progression": True}, "4"),
    ("ni-rads", QUIET | {"uptake": "intense"}, "3"),
    ("ni-rads", QUIET | {"enhancement": "increased"}, "3"),
    ("ni-rads", QUIET | {"node": "definitely enlarged"}, "3"),
    ("ni-rads", QUIET | {"node": "new or enlarging", "morphology": "definitive"}, "3"),
    ("ni-rads", QUIET | {"node": "new or enlarging", "morphology": "not definitive"}, "2"),
    ("ni-rads", QUIET | {"enhancement": "persistent heterogeneous"}, "2"),
    ("ni-rads", QUIET | {"uptake": "mild or moderate"}, "2"),
    ("ni-rads", QUIET | {"discordance": True}, "2"),
    ("ni-rads", QUIET | {"discordance": True, "tumour_avid": False}, "1"),
    ("uspio-lipid", {"signal": "complete attenuation"}, "0"),
    ("uspio-lipid", {"signal": "below lipid"}, "1"),
    ("uspio-lipid", {"signal": "as lipid"}, "2"),
    ("uspio-lipid", {"signal": "above lipid"}, "3"),
    ("uspio-pattern", {"pattern": "homogeneously dark"}, "benign"),
    ("uspio-pattern", {"pattern": "dark with bright fatty hilum"}, "benign"),
    ("uspio-pattern", {"pattern": "partly bright"}, "metastatic"),
    ("uspio-pattern", {"pattern": "dark rim with bright centre"}, "metastatic"),
    ("uspio-pattern", {"pattern": "unchanged"}, "metastatic"),
    ("size-axial", {"level": "II", "short_axis_mm": 10.9}, "normal"),
    ("size-axial", {"level": "II", "short_axis_mm": 11}, "enlarged"),
    ("size-axial", {"level": "other", "short_axis_mm": 9.9}, "normal"),
    ("size-axial", {"level": "other", "short_axis_mm": 10}, "enlarged"),
    ("size-axial", {"level": "retropharyngeal", "short_axis_mm": 4.9}, "normal"),
    ("size-axial", {"level": "retropharyngeal", "short_axis_mm": 5}, "enlarged"),
    ("size-axial", {"level": "retropharyngeal", "short_axis_mm": 5.9}, "enlarged"),
    ("size-axial", {"level": "retropharyngeal", "short_axis_mm": 6}, "enlarged"),
    ("size-maximal", {"level": "I or II", "long_axis_mm": 14.9}, "normal"),
    ("size-maximal", {"level": "I or II", "long_axis_mm": 15}, "enlarged"),
    ("size-maximal", {"level": "other", "long_axis_mm": 9.9}, "normal"),
    ("size-maximal", {"level": "other", "long_axis_mm": 10}, "enlarged"),
    ("size-grouping", {"level": "II", "count": 1, "short_axis_mm": 11}, "enlarged by itself"),
    ("size-grouping", {"level": "II", "count": 3, "short_axis_mm": 10.9}, "suspicious group"),
    ("size-grouping", {"level": "II", "count": 2, "short_axis_mm": 9}, "no group"),
    ("size-grouping", {"level": "II", "count": 3, "short_axis_mm": 8.9}, "no group"),
    ("size-grouping", {"level": "other", "count": 3, "short_axis_mm": 10}, "enlarged by itself"),
    ("size-grouping", {"level": "other", "count": 3, "short_axis_mm": 8}, "suspicious group"),
    ("size-grouping", {"level": "other", "count": 2, "short_axis_mm": 9.9}, "no group"),
    ("size-grouping", {"level": "other", "count": 3, "short_axis_mm": 7.9}, "no group"),
    ("size-ultrasound", {"level": "II", "short_axis_mm": 6.9}, "normal"),
    ("size-ultrasound", {"level": "II", "short_axis_mm": 7}, "enlarged"),
    ("size-ultrasound", {"level": "other", "short_axis_mm": 5.9}, "normal"),
    ("size-ultrasound", {"level": "other", "short_axis_mm": 6}, "enlarged"),
    ("ceus-arrival", {"arrival": "centrifugal"}, "speaks for benign"),
    ("ceus-arrival", {"arrival": "centripetal"}, "speaks for metastatic"),
    ("ceus-arrival", {"arrival": "mixed"}, "undetermined"),
    ("ceus-enhancement", {"enhancement": "homogeneous"}, "speaks for benign"),
    ("ceus-enhancement", {"enhancement": "heterogeneous"}, "speaks for metastatic"),
    ("ceus-enhancement", {"enhancement": "absent"}, "undetermined"),
    ("tic-yabuuchi", {"enhances": False}, "Yabuuchi D"),
    ("tic-yabuuchi", {"enhances": True, "time_to_peak": 120.1}, "Yabuuchi A"),
    ("tic-yabuuchi", {"enhances": True, "time_to_peak": 120, "washout": 0.30}, "Yabuuchi B"),
    ("tic-yabuuchi", {"enhances": True, "time_to_peak": 120, "washout": 0.29}, "Yabuuchi C"),
    ("tic-peak-time", {"shape": "peak", "time_to_peak": 30}, "peak-time A"),
    ("tic-peak-time", {"shape": "peak", "time_to_peak": 30.1}, "peak-time B"),
    ("tic-peak-time", {"shape": "peak", "time_to_peak": 60}, "peak-time B"),
    ("tic-peak-time", {"shape": "peak", "time_to_peak": 60.1}, "peak-time C"),
    ("tic-peak-time", {"shape": "peak", "time_to_peak": 210}, "peak-time C"),
    ("tic-peak-time", {"shape": "gradual", "time_to_peak": 300}, "peak-time D"),
    ("tic-peak-time", {"shape": "flat"}, "peak-time E"),
    ("hopkins", {"pattern": "focal", "uptake": "below jugular vein"}, "1"),
    ("hopkins", {"pattern": "diffuse", "uptake": "below jugular vein"}, "1"),
    ("hopkins", {"pattern": "focal", "uptake": "between jugular vein and liver"}, "2"),
    ("hopkins", {"pattern": "diffuse", "uptake": "between jugular vein and liver"}, "3"),
    ("hopkins", {"pattern": "diffuse", "uptake": "above liver"}, "3"),
    ("hopkins", {"pattern": "diffuse", "uptake": "far above liver"}, "3"),
    ("hopkins", {"pattern": "focal", "uptake": "above liver"}, "4"),
    ("hopkins", {"pattern": "focal", "uptake": "far above liver"}, "5"),
    ("deauville", DEAUVILLE | {"related": False}, "X"),
    ("deauville", DEAUVILLE | {"new_lesion": True}, "5"),
    ("deauville", DEAUVILLE | {"visible": False}, "1"),
    ("deauville", DEAUVILLE | {"suv": 1.0, "liver_suv": 2.0}, "2"),
    ("deauville", DEAUVILLE | {"suv": 1.1, "liver_suv": 2.0}, "3"),
    ("deauville", DEAUVILLE | {"suv": 2.0, "liver_suv": 2.0}, "3"),
    ("deauville", DEAUVILLE | {"suv": 2.1, "liver_suv": 2.0}, "4"),
    ("deauville", DEAUVILLE | {"suv": 3.9, "liver_suv": 2.0}, "4"),
    ("deauville", DEAUVILLE | {"suv": 4.0, "liver_suv": 2.0}, "5"),
    ("deauville", DEAUVILLE | {"suv": 6.0, "liver_suv": 2.0}, "5"),
    ("percist", PERCIST | {"before": 3, "after": 2.1}, "PMR"),
    ("percist", PERCIST | {"before": 3, "after": 2.11}, "SMD"),
    ("percist", PERCIST | {"before": 2.6, "after": 1.8}, "PMR"),
    ("percist", PERCIST | {"before": 2.5, "after": 1.71}, "SMD"),
    ("percist", PERCIST | {"before": 3, "after": 3.9}, "PMD"),
    ("percist", PERCIST | {"before": 3, "after": 3.89}, "SMD"),
    ("percist", PERCIST | {"before": 2.5, "after": 3.29}, "SMD"),
    ("percist", PERCIST | {"before": 2.5, "after": 3.3}, "PMD"),
    ("percist", PERCIST | {"before": 5, "after": 1, "background": True}, "CMR"),
    ("percist", PERCIST | {"before": 5, "after": 1, "background": True, "new_lesion": True}, "PMD"),
    ("percist", PERCIST | {"before": 5, "after": 5, "tlg_change": 0.75}, "PMD"),
    ("percist", PERCIST | {"before": 5, "after": 5, "tlg_change": 0.74}, "SMD"),
    ("percist-measurable", LIVER | {"sulpeak": 3.5}, "measurable"),
    ("percist-measurable", LIVER | {"sulpeak": 3.49}, "not measurable"),
    ("percist-measurable", LIVER | {"tissue": "blood pool", "sulpeak": 4.5}, "measurable"),
    ("percist-measurable", LIVER | {"tissue": "blood pool", "sulpeak": 4.49}, "not measurable"),
    ("percist-liver", {"first": 2.0, "second": 2.3}, "comparable"),
    ("percist-liver", {"first": 2.0, "second": 2.31}, "not comparable"),
    ("percist-liver", {"first": 1.2, "second": 1.0}, "comparable"),
    ("percist-liver", {"first": 1.0, "second": 1.2}, "comparable"),
    ("percist-liver", {"first": 1.0, "second": 1.21}, "not comparable"),
    ("registry-effect", {"residual": "none"}, "1 complete"),
    ("registry-effect", {"residual": "in situ alone"}, "1 complete"),
    ("registry-effect", {"residual": "single cells or small groups"}, "2 near-complete"),
    ("registry-effect", {"residual": "partial or minimal response"}, "3 partial or minimal"),
    ("registry-effect", {"residual": "poor or no response"}, "4 poor or none"),
    ("eortc", EORTC | {"before": 4, "after": 5.01}, "PMD"),
    ("eortc", EORTC | {"before": 4, "after": 5}, "SMD"),
    ("eortc", EORTC | {"before": 4, "after": 4, "new_lesion": True}, "PMD"),
    ("eortc", EORTC | {"before": 4, "after": 4, "extent_change": 0.21}, "PMD"),
    ("eortc", EORTC | {"before": 4, "after": 4, "extent_change": 0.20}, "SMD"),
    ("eortc", EORTC | {"before": 4, "after": 1, "resolved": True}, "CMR"),
    ("eortc", EORTC | {"before": 4, "after": 3.4, "cycles": 1}, "PMR"),
    ("eortc", EORTC | {"before": 4, "after": 3.41, "cycles": 1}, "SMD"),
    ("eortc", EORTC | {"before": 4, "after": 3}, "PMR"),
    ("eortc", EORTC | {"before": 4, "after": 3.01}, "SMD"),
    ("recist-node", {"short_axis_mm": 9.9}, "normal"),
    ("recist-node", {"short_axis_mm": 10}, "non-target"),
    ("recist-node", {"short_axis_mm": 14.9}, "non-target"),
    ("recist-node", {"short_axis_mm": 15}, "target"),
    ("recist", RECIST | {"nadir_mm": 50, "now_mm": 60}, "PD"),
    ("recist", RECIST | {"nadir_mm": 50, "now_mm": 59.9}, "PR"),
    ("recist", RECIST | {"nadir_mm": 20, "now_mm": 24.9}, "PR"),
    ("recist", RECIST | {"nadir_mm": 20, "now_mm": 25}, "PD"),
    ("recist", RECIST | {"nadir_mm": 0, "now_mm": 5}, "PD"),
    ("recist", RECIST | {"nadir_mm": 100, "now_mm": 100, "new_lesion": True}, "PD"),
    ("recist", RECIST | {"nadir_mm": 100, "now_mm": 70}, "PR"),
    ("recist", RECIST | {"nadir_mm": 100, "now_mm": 70.1}, "SD"),
    ("recist", RECIST | {"nadir_mm": 30, "now_mm": 30, "largest_node_mm": 9.9}, "CR"),
    ("recist", RECIST | {"nadir_mm": 30, "now_mm": 30, "largest_node_mm": 10}, "PR"),
    ("recist", RECIST | {"nadir_mm": 30, "now_mm": 30, "largest_node_mm": 9.9,
                         "other_disease": True}, "PR"),
    ("irecist", {"recist": "PD", "previous": "other"}, "iUPD"),
    ("irecist", {"recist": "PD", "previous": "iUPD", "weeks": 3.9}, "iUPD"),
    ("irecist", {"recist": "PD", "previous": "iUPD", "weeks": 4}, "iCPD"),
    ("irecist", {"recist": "PD", "previous": "iUPD", "weeks": 8}, "iCPD"),
    ("irecist", {"recist": "PD", "previous": "iUPD", "weeks": 8.1}, "iUPD"),
    ("irecist", {"recist": "SD", "previous": "iUPD"}, "iSD"),
    ("irecist", {"recist": "PR", "previous": "other"}, "iPR"),
    ("irecist", {"recist": "CR", "previous": "other"}, "iCR"),
    ("regression", {"viable": 0, "regression": False}, "never involved"),
    ("regression", {"viable": 0, "regression": True}, "complete regression"),
    ("regression", {"viable": 0.10}, "major regression"),
    ("regression", {"viable": 0.11}, "partial regression"),
    ("regression", {"viable": 0.50}, "partial regression"),
    ("regression", {"viable": 0.51}, "poor regression"),
    ("pathological-response", {"primary": 0, "nodes": 0}, "pCR"),
    ("pathological-response", {"primary": 0, "nodes": 0.1}, "MPR (PrCR)"),
    ("pathological-response", {"primary": 0.1, "nodes": 0}, "MPR (LCR)"),
    ("pathological-response", {"primary": 0.1, "nodes": 0.1}, "MPR"),
    ("pathological-response", {"primary": 0.1, "nodes": 0.11}, "pPR"),
    ("pathological-response", {"primary": 0, "nodes": 0.11}, "pPR (PrCR)"),
    ("pathological-response", {"primary": 0.11, "nodes": 0}, "pPR (LCR)"),
    ("pathological-response", {"primary": 0.5, "nodes": 0.5}, "pPR"),
    ("pathological-response", {"primary": 0, "nodes": 0.51}, "no response (PrCR)"),
    ("pathological-response", {"primary": 0.51, "nodes": 0}, "no response (LCR)"),
    ("pathological-response", {"primary": 0.51, "nodes": 0.1}, "no response"),
    ("treatment-effect", {"effect": 0.09}, "pTR-0"),
    ("treatment-effect", {"effect": 0.1}, "pTR-1"),
    ("treatment-effect", {"effect": 0.49}, "pTR-1"),
    ("treatment-effect", {"effect": 0.5}, "pTR-2"),
]  # fmt: skip


@pytest.mark.parametrize(("score", "findings", "answer"), CASES)
def test_findings_give_the_answer_of_the_scheme(score, findings, answer):
    assert SCORES[score](**findings).decide().answer == answer


@pytest.mark.parametrize("score", SCORES)
def test_the_cases_meet_every_row(score):
    kind = SCORES[score]
    decided = [kind(**findings).decide().possible for name, findings, _ in CASES if name == score]
    met = {rows[0].number for rows in decided if len({row.answer for row in rows}) == 1}
    assert met == {row.number for row in table(kind.rules).rows}


@pytest.mark.parametrize("region", ["facial", "parotid", "retroauricular", "occipital"])
def test_small_regions_of_the_head_have_a_cut_off_of_five_millimetres(region):
    scores = [
        NodeRads(**NODE | {"texture": "homogeneous", "region": region, "short_axis_mm": size})
        for size in (4.9, 5)
    ]
    assert [score.decide().answer for score in scores] == ["1", "2"]


@pytest.mark.parametrize("score", SCORES)
def test_nothing_recorded_decides_nothing(score):
    found = SCORES[score]().decide()
    assert found.answer is None
    assert len(found.answers) > 1


def test_a_finding_that_is_missing_leaves_a_range():
    found = NodeRads(**BIG | {"texture": "heterogeneous", "border": None})
    assert found.decide().answers == ("3", "4")
    assert found.blank == ("border",)


def test_washout_is_the_share_of_the_rise_that_is_lost():
    assert washout(100, 300, 240) == 0.3
    assert washout(100, 300, 300) == 0


@pytest.mark.parametrize("score", SCORES)
def test_every_score_shows_an_example_that_runs(score):
    shown = CliRunner().invoke(main, ["score", score, "--help"])
    line = shown.output.split("Example:")[1].strip().removeprefix("nodewise ")
    found = CliRunner().invoke(main, [*shlex.split(line), "--explain"])
    assert found.exit_code == 0, found.output
    assert found.output.startswith(f"{SCORES[score].title}: ")
    assert "source: " in found.output


def test_a_finding_that_cannot_be_is_refused():
    found = CliRunner().invoke(main, ["score", "regression", "--viable", "3"])
    assert found.exit_code == 1
    assert "viable" in found.output
    assert "Traceback" not in found.output


def test_a_table_is_scored_row_by_row(tmp_path):
    path = tmp_path / "nodes.csv"
    path.write_text("node,short_axis_mm\nN1,15\nN2,9.9\nN3,\n")
    found = CliRunner().invoke(main, ["score", "recist-node", "--table", str(path)])
    assert found.output.splitlines() == [
        "node,short_axis_mm,RECIST node,RECIST node confidence",
        "N1,15,target,H",
        "N2,9.9,normal,H",
        "N3,,target or non-target or normal,H",
    ]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("node,size\nN1,15\n", "no column of RECIST node"),
        ("short_axis_mm\n15\n-1\n", "row 2: RECIST"),
    ],
)
def test_a_table_that_cannot_be_scored_is_refused(tmp_path, text, says):
    path = tmp_path / "nodes.csv"
    path.write_text(text)
    found = CliRunner().invoke(main, ["score", "recist-node", "--table", str(path)])
    assert (found.exit_code, says in found.output) == (1, True), found.output
