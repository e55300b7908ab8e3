"""Readers of extranodal extension: by hand on a small table, by simulation on a large one."""

import csv
import json

import numpy as np
import pytest
from click.testing import CliRunner

from nodewise.cli import main
from nodewise.errors import StagingError
from nodewise.stats import Estimate, Unknown
from nodewise.steps.staging import extension
from nodewise.steps.staging.extension_pairs import pairs

HEAD = "participant,side,node,modality,reader,grade,certainty\n"
SMALL = [
    # participant, side, node, grade, certainty, pene
    ("A", "left", "1", 1, 0.9, "minor"),
    ("A", "left", "2", 0, 0.9, "none"),
    ("A", "right", "1", 2, 0.5, "none"),
    ("B", "left", "1", 3, 0.75, "major"),
    ("B", "left", "2", 0, 0.9, "major"),
    ("C", "left", "1", 0, 0.9, "none"),
    ("C", "left", "2", 3, 0.9, ""),
    ("D", "left", "1", 0, 0.9, "none"),
]


@pytest.fixture
def small(tmp_path):
    answers, truth = tmp_path / "answers.csv", tmp_path / "truth.csv"
    answers.write_text(HEAD + "".join(f"{p},{s},{n},CT,R1,{g},{c}\n" for p, s, n, g, c, _ in SMALL))
    truth.write_text(
        "participant,side,node,pene\n" + "".join(f"{p},{s},{n},{t}\n" for p, s, n, *_, t in SMALL)
    )
    return answers, truth


def counted(study, what, grade, certainty=0.75):
    (line,) = [
        line
        for line in extension.accuracy(study, certainty=certainty)
        if (line.what, line.grade) == (what, grade)
    ]
    return line.estimate.numerator, line.estimate.denominator


@pytest.mark.parametrize(
    ("unit", "at", "found", "spared"),
    [
        ("node", (1, 0.75), (2, 3), (4, 4)),
        ("node", (1, 0.5), (2, 3), (3, 4)),
        ("node", (2, 0.75), (1, 3), (4, 4)),
        ("node", (3, 0.75), (1, 3), (4, 4)),
        ("node", (3, 0.76), (0, 3), (4, 4)),
        ("side", (1, 0.75), (2, 2), (2, 2)),
        ("side", (1, 0.5), (2, 2), (1, 2)),
        ("patient", (1, 0.75), (2, 2), (1, 1)),
    ],
)
def test_counts_by_unit_grade_and_certainty(small, unit, at, found, spared):
    study = extension.read(*small, unit=unit)
    assert counted(study, "sensitivity", *at) == found
    assert counted(study, "specificity", *at) == spared


def test_a_unit_with_a_node_that_pathology_does_not_tell_is_unverified_unless_another_is_positive(
    small,
):
    study = extension.read(*small, unit="patient")
    assert study.unverified == 1  # C: one node free, one not told
    assert {unit[0] for unit in study.units} == {"A", "B", "D"}


def test_an_uncertain_high_grade_does_not_hide_a_certain_lower_one(tmp_path):
    answers, truth = tmp_path / "answers.csv", tmp_path / "truth.csv"
    answers.write_text(HEAD + "A,left,1,CT,R1,3,0.5\nA,left,2,CT,R1,1,0.9\n")
    truth.write_text("participant,side,node,pene_mm\nA,left,1,1.0\nA,left,2,\n")
    study = extension.read(answers, truth, unit="side")
    assert study.counted(0.75).tolist() == [[[1.0]]]
    assert study.counted(0.5).tolist() == [[[3.0]]]
    assert study.truth.tolist() == [True]


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """90 patients, 1 to 3 nodes each, CT and MRI by three readers: MRI sees more."""
    rng = np.random.default_rng(5)
    folder = tmp_path_factory.mktemp("large")
    answers, truth = [], []
    for patient in range(90):
        for node in range(rng.integers(1, 4)):
            extends = rng.random() < 0.45
            truth.append((f"P{patient}", "left", node, "major" if extends else "none"))
            shown = {m: rng.random() < (see if extends else 0.15)
                     for m, see in (("CT", 0.6), ("MR", 0.9))}  # fmt: skip
            for modality, seen in shown.items():
                for reader in ("R1", "R2", "R3"):
                    says = seen if rng.random() < 0.93 else not seen
                    grade = int(rng.integers(1, 4)) if says else 0
                    answers.append((f"P{patient}", "left", node, modality, reader, grade, 0.9))
    tables = {"answers": (HEAD.strip(), answers), "truth": ("participant,side,node,pene", truth)}
    for name, (head, rows) in tables.items():
        with (folder / f"{name}.csv").open("w", newline="") as file:
            csv.writer(file).writerows([head.split(","), *rows])
    return folder / "answers.csv", folder / "truth.csv"


def test_the_better_modality_is_found_over_readers_and_patients(large):
    study = extension.read(*large, unit="node")
    lines = {(line.modality, line.what, line.grade): line.estimate
             for line in extension.comparison(study)}  # fmt: skip
    ct, mr = (lines[name, "sensitivity", 1] for name in ("CT", "MR"))
    assert (ct.low, ct.high) != (None, None)
    assert ct.low < 0.57 < ct.high  # 0.6 × 0.93 + 0.4 × 0.07 = 0.586
    assert mr.low < 0.844 < mr.high
    gap = lines["CT - MR", "difference of sensitivity", 1]
    assert gap.high < 0
    assert gap.value == pytest.approx(ct.value - mr.value)
    assert lines["MR", "AUC", None].value > lines["CT", "AUC", None].value


def test_a_higher_grade_is_more_specific_and_less_sensitive(large):
    study = extension.read(*large, unit="side")
    values = {(line.reader, line.modality, line.what, line.grade): line.estimate.value
              for line in extension.accuracy(study)}  # fmt: skip
    for (reader, modality, what, grade), value in values.items():
        if grade < 3:
            higher = values[reader, modality, what, grade + 1]
            assert higher <= value if what == "sensitivity" else higher >= value


def test_two_modalities_without_readers_are_compared_in_pairs(tmp_path, large):
    answers, truth = large
    rows = [row for row in csv.DictReader(answers.open()) if row["reader"] == "R1"]
    consensus = tmp_path / "consensus.csv"
    with consensus.open("w", newline="") as file:
        table = csv.DictWriter(file, [name for name in rows[0] if name != "reader"],
                               extrasaction="ignore")  # fmt: skip
        table.writeheader()
        table.writerows(rows)
    study = extension.read(consensus, truth, unit="node")
    assert study.readers == (extension.CONSENSUS,)
    lines = {(line.modality, line.what, line.grade): line.estimate for line in pairs(study)}
    gap = lines["CT - MR", "paired difference of sensitivity", 1]
    each = {line.modality: line.estimate for line in extension.accuracy(study)
            if (line.what, line.grade) == ("sensitivity", 1)}  # fmt: skip
    assert gap.value == pytest.approx(each["CT"].value - each["MR"].value)
    assert gap.high < 0
    assert gap.test.p < 0.01
    assert lines["CT - MR", "paired difference of AUC", None].high < 0
    assert {estimate.unit for estimate in lines.values()} == {"node"}


def test_each_reader_is_compared_on_what_they_read_both_ways(small):
    answers, truth = small
    with answers.open("a") as file:
        file.write("".join(f"{p},{s},{n},MR,R1,{g},0.9\n" for p, s, n, g, *_ in SMALL[:5]))
        file.write("A,left,1,MR,R2,1,0.9\n")
    study = extension.read(answers, truth, unit="node")
    found = list(pairs(study))
    assert {line.reader for line in found} == {"R1"}
    (gap,) = [line.estimate for line in found
              if line.what == "paired difference of specificity" and line.grade == 1]  # fmt: skip
    assert (gap.value, gap.denominator) == (pytest.approx(0.5), 2)  # A right: MR alone says 2


def test_agreement_is_told_by_certainty(large):
    study = extension.read(*large, unit="node")
    found = [line for line in extension.agreed(study) if line.what == "kappa"]
    assert {line.certainty for line in found} == {0.0, 0.5, 0.75}
    assert all(0.6 < line.estimate.value < 0.9 for line in found)


def test_one_reader_gives_no_comparison_but_a_reason(small):
    study = extension.read(*small, unit="node")
    found = [*extension.comparison(study), *extension.agreed(study)]
    assert found
    assert all(isinstance(line.estimate, Unknown) and line.estimate.reason for line in found)


def test_the_command_prints_every_figure_with_its_interval(large):
    command = ["ene-readers", *map(str, large), "--unit", "patient"]
    found = CliRunner().invoke(main, command)
    assert found.exit_code == 0, found.output
    assert found.output.startswith("90 patients, ")
    assert "MR, R1: sensitivity at grade ≥ 1, certainty ≥ 75%: 0." in found.output
    rows = json.loads(CliRunner().invoke(main, [*command, "--json"]).output)
    assert {row["reader"] for row in rows} == {"R1", "R2", "R3", "mean", "all"}


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("A,left,1,CT,R1,4,0.9", "row 1, grade"),
        ("A,left,1,CT,R1,1,90", "row 1, certainty"),
        ("A,left,1,CT,,1,0.9", "row 1, reader"),
        ("A,left,1,CT,R1,1,0.9\nA,left,1,CT,R1,2,0.9", "graded one node twice"),
    ],
)
def test_a_wrong_answer_is_refused(small, row, says):
    answers, truth = small
    answers.write_text(HEAD + row + "\n")
    with pytest.raises(StagingError, match=says):
        extension.read(answers, truth, unit="node")


def test_estimates_name_their_unit(large):
    study = extension.read(*large, unit="side")
    for line in [*extension.accuracy(study), *extension.comparison(study)]:
        assert isinstance(line.estimate, Estimate)
        assert line.estimate.unit == "side"
