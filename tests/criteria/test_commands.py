"""The commands that apply the field's rules, as a person meets them."""

import json

import nibabel
import numpy as np
import pytest
from click.testing import CliRunner

from nodewise import store, trial
from nodewise.anatomy import LevelSystem
from nodewise.cli import main
from nodewise.criteria import ene
from nodewise.criteria.levels import size_rule
from nodewise.criteria.neck import MetastaticNode

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
    assert "cN2 (U) by AJCC9 (HPV-associated oropharynx)" in found.output
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


@pytest.mark.parametrize(
    ("site", "rows"),
    [
        (("larynx",), {"clinical, supported by imaging": "cN3b pN1 cN3b pN1 cN3b pN1",
                       "imaging grade 1, perinodal fat": "cN1 pN1 cN1 pN1 cN3b pN1",
                       "imaging grade 3, certainty 50 %": "cN1 pN1 cN1 pN1 cN1 pN1",
                       "pathological, minor (≤ 2 mm)": "cN1 pN2a cN1 pN2a cN1 pN2a"}),
        (("oropharynx", "--p16", "positive"),
         {"imaging grade 2, coalescent": "cN1 pN1 cN1 pN1 cN2 pN1a",
          "pathological, major (> 2 mm)": "cN1 pN1 cN1 pN1 cN1 pN2"}),
        (("nasopharynx",), {"imaging grade 2, coalescent": "cN1 pN1 cN1 pN1 cN1 pN1",
                            "imaging grade 3, adjacent structure": "cN1 pN1 cN1 pN1 cN3 pN1"}),
    ],
)  # fmt: skip
def test_what_each_finding_of_extension_does_is_shown_by_edition(site, rows):
    found = run("ene", "--site", *site).output
    for finding, labels in rows.items():
        (line,) = [line for line in found.splitlines() if line.startswith(finding)]
        assert line.removeprefix(finding).split() == labels.split()
    assert "confidence" in found


def test_a_blank_row_is_no_node(tmp_path):
    path = tmp_path / "blank.csv"
    path.write_text("side,level\nleft,II\n,\n")
    found = run("stage", path, "--site", "larynx", "--year", 2020)
    assert (found.exit_code, "row 2: every cell is blank" in found.output) == (1, True)


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
        ("size\n", "no use for column size"),
        ("", "is empty; needed: a line of headings"),
        ("side,level\nleft,II,3\n", "row 1 has more cells"),
        ("side,level\nl\xe9ft,II\n".encode("latin-1"), "UTF-8"),
    ],
)
def test_a_wrong_table_is_refused_with_the_place_of_every_error(tmp_path, text, says):
    path = tmp_path / "wrong.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    found = run("stage", path, "--site", "larynx", "--year", 2020)
    assert found.exit_code == 1
    assert says in found.output
    assert "Traceback" not in found.output


def test_staging_needs_an_edition_or_a_year(nodes):
    found = run("stage", nodes, "--site", "larynx")
    assert found.exit_code == 2
    assert "--year, --edition, --table or --compare" in found.output


def test_a_neck_that_could_not_be_assessed_needs_no_table_of_nodes(nodes):
    options = ("--site", "larynx", "--edition", "AJCC8", "--t", "T4a", "--m", "M0")
    found = run("stage", "--not-assessed", *options)
    assert found.output.splitlines()[:2] == [
        "cNX by AJCC8 (head and neck)",
        "  the neck could not be assessed",
    ]
    assert "stage group: IVA or IVB, depending on: n" in found.output
    assert run("stage", *options).exit_code == 2
    assert run("stage", nodes, "--not-assessed", *options).exit_code == 2


PERSON = {
    "arm": "affected", "histology": "squamous cell carcinoma", "preoperative_mri": True,
    "preoperative_pet_ct": True, "node_histology": True,
}  # fmt: skip


@pytest.fixture
def study(tmp_path):
    folder = tmp_path / "study"
    text = trial.text("mpmri")
    created = store.create(folder, text)
    people = [
        PERSON | {"participant": "P1"},
        PERSON | {"participant": "P2", "histology": "lymphoma", "preoperative_mri": None},
        PERSON | {"participant": "P3", "preoperative_mri": None},
        PERSON | {"participant": "P4", "arm": "control", "parotid_histology": "Warthin tumour",
                  "malignant_transformation": True},
    ]  # fmt: skip
    created.database.add("participants", people)
    created.database.close()
    return folder


def test_eligibility_says_who_is_in_and_by_which_rule_others_are_not(study):
    found = run("eligible", study)
    assert found.exit_code == 0, found.output
    lines = found.output.splitlines()
    assert lines[0].split() == ["P1", "affected", "included"]
    assert "P2  affected    excluded   rule A1: squamous cell carcinoma" in lines[1]
    assert "found lymphoma" in lines[1]
    assert lines[2].endswith("undecided  rule A2: preoperative_mri is not recorded")
    assert lines[3].split()[2:5] == ["excluded", "rule", "C2:"]
    assert lines[4:] == [
        "assessed for eligibility: 4",
        "  excluded: 2",
        "    1 × rule A1: squamous cell carcinoma confirmed by histology",
        "    1 × rule C2: no malignant transformation",
        "  undecided: 1",
        "    1 × rule A2: preoperative_mri missing",
        "  included: 1",
    ]


def test_another_version_of_the_protocol_is_asked_of_the_same_people(study, tmp_path):
    version = tmp_path / "protocol-v2.toml"
    text = trial.text("mpmri").replace('needs = "squamous cell carcinoma"', 'needs = "lymphoma"')
    version.write_text(text)
    rows = json.loads(run("eligible", study, "--version", version, "--json").output)
    assert {row["participant"]: row["status"] for row in rows} == {
        "P1": "excluded", "P2": "undecided", "P3": "excluded", "P4": "excluded",
    }  # fmt: skip
    assert rows[1]["missing"] == ["preoperative_mri"]


def test_a_range_of_levels_takes_the_cut_offs_of_all_of_them():
    sizes = [(["IIA"], 10.5), (["IIA", "III"], 10.5), (["IIA", "III"], 11), ([], 10)]
    found = [size_rule(levels, LevelSystem.AJCC, size).answers for levels, size in sizes]
    assert found == [("normal",), ("normal", "enlarged"), ("enlarged",), ("enlarged",)]


def test_a_level_tells_its_size_cut_offs_and_what_answers_to_it():
    found = run("crosswalk", "iib").output.splitlines()
    assert found[0].startswith("AJCC IIB: behind the internal jugular vein")
    assert found[1] == "  above the caudal border of the cricoid"
    assert "jugulodigastric node of 11 mm or more" in found[2]
    assert [line.split(": ")[0].strip() for line in found[4:]] == [
        "AAO-HNS II", "Gregoire 2013 IIB", "Gregoire 2013 VIIB",
    ]  # fmt: skip
    assert all("; confidence " in line for line in (found[0], *found[2:]))
    retro = json.loads(run("crosswalk", "VIIA", "--system", "Gregoire 2013", "--json").output)
    assert [each["says"][:4] for each in retro["size"]] == ["6 mm", "5 mm"]
    assert run("crosswalk", "IX").exit_code == 1


@pytest.fixture
def amended(tmp_path):
    """A study whose first version took no oropharynx; one participant's version is not known."""
    rule = """[[eligibility]]
id = "S1"
fact = "primary_site"
needs = "larynx"
versions = ["1"]
says = "larynx"
source = "made up"

"""
    text = trial.text("mpmri").replace("[[visit]]", rule + "[[visit]]", 1)
    created = store.create(tmp_path / "amended", text)
    person = PERSON | {"primary_site": "oropharynx"}
    people = [person | {"participant": f"P{n}", "protocol_version": version}
              for n, version in enumerate(("1", "2", None), 1)]  # fmt: skip
    created.database.add("participants", people)
    created.database.close()
    return tmp_path / "amended"


def test_each_is_asked_by_the_version_under_which_they_came_in(amended):
    lines = run("eligible", amended).output.splitlines()
    assert [line.split()[2] for line in lines[:3]] == ["excluded", "included", "undecided"]
    assert lines[2].endswith("rule S1: protocol_version is not recorded")
    assert lines[-3:] == [
        "protocol version 1: 0 included, 1 excluded, 0 undecided",
        "protocol version 2: 1 included, 0 excluded, 0 undecided",
        "protocol version not recorded: 0 included, 0 excluded, 1 undecided",
    ]


def test_everyone_can_be_asked_by_one_version(amended):
    def statuses(version):
        rows = json.loads(run("eligible", amended, "--protocol", version, "--json").output)
        return {row["status"] for row in rows}

    assert (statuses("1"), statuses("2")) == ({"excluded"}, {"included"})
    found = run("eligible", amended, "--protocol", "9")
    assert (found.exit_code, "there is 1, 2" in found.output) == (1, True)


def test_the_table_of_rules_counts_answers_and_versions(amended):
    found = json.loads(run("eligible", amended, "--by-rule", "--json").output)
    rows = {row["rule"]: row for row in found}
    asked = [rows["S1"][name] for name in ("versions", "asked", "met", "not met", "unknown")]
    assert asked == ["1", 2, 0, 1, 1]
    assert (rows["A1"]["versions"], rows["A1"]["met"]) == ("all", 3)
    assert run("eligible", amended, "--by-rule").output.startswith("rule,arm,versions,says,asked")


@pytest.fixture
def neck_files(tmp_path, lasting_child):
    """A node of level II-III on the left, landmarks as points and one as a mask."""
    lps = np.diag([-1.0, -1.0, 1.0, 1.0])
    values = np.zeros((60, 60, 80), np.uint8)
    values[28:33, 8:13, 58:63] = 1  # 30 mm left, 10 mm in front, 60 mm up
    place = np.eye(4)
    place[:3, 3] = (0, -20, 0)
    masks = tmp_path / "masks"
    masks.mkdir()
    stem = masks / "sub-SIM1_dseg"
    nibabel.save(nibabel.Nifti1Image(values, lps @ place), f"{stem}.nii.gz")
    (masks / "sub-SIM1_dseg.tsv").write_text("index\tlabel\tkind\n1\tnode 1\tnode\n")
    points = {
        "hyoid": (0, -40, 65), "cricoid": (0, -40, 30), "skull base": (0, 0, 110),
        "SMG left": (30, -30, 70), "SCM left": (45, 5, 60), "tonsil left": (10, 0, 80),
    }  # fmt: skip
    control = [{"label": name, "position": at} for name, at in points.items()]
    told = tmp_path / "neck.mrk.json"
    told.write_text(
        json.dumps({"markups": [{"coordinateSystem": "LPS", "controlPoints": control}]})
    )
    structures = tmp_path / "structures"
    structures.mkdir()
    carotid = np.zeros((60, 60, 80), np.uint8)
    carotid[18:23, 8:13, :] = 1
    nibabel.save(nibabel.Nifti1Image(carotid, lps @ place), structures / "carotid_left.nii.gz")
    return masks, told, structures


def test_locating_tells_levels_from_points_and_masks(neck_files):
    found = run("locate", *neck_files)
    assert found.exit_code == 0, found.output
    assert (
        "node 1: left III (AJCC; III 100%); short axis 6.4 mm, normal (level other" in found.output
    )
    assert "  Som 1999 table [published; confidence high]" in found.output
    assert "not used: 'tonsil left'" in found.output
    assert "SIM1" not in found.output


def test_locating_without_a_landmark_gives_a_range_that_names_it(neck_files):
    masks, told, _ = neck_files
    (row,) = json.loads(run("locate", masks, told, "--json").output)
    assert (row["level"], set(row["levels"])) == (None, {"VI", "III"})
    assert row["missing"] == ["carotid left"]


def test_locating_without_any_landmark_says_which_there_are(neck_files, tmp_path):
    masks, _, _ = neck_files
    empty = tmp_path / "none.fcsv"
    empty.write_text("# CoordinateSystem = LPS\n# columns = id,x,y,z,label\n")
    found = run("locate", masks, empty)
    assert found.exit_code == 1
    assert "some of skull base" in found.output


def test_the_help_of_stage_names_every_column_and_every_word_of_it():
    help_ = run("stage", "--help").output
    for name in MetastaticNode.model_fields:
        assert name in help_
    for words in (ene.Sign, ene.Pene, ene.Matting, ene.Specimen):
        assert all(str(word) in help_ for word in words)
