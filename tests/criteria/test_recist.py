"""Nodes followed by RECIST 1.1 and iRECIST: targets, sums, responses, confirmation."""

import json

import pytest
from click.testing import CliRunner

from nodewise.cli import main
from nodewise.criteria.recist import Visit, follow, targets

BASELINE = Visit(week=0, short_axes={"A": 20, "B": 16, "C": 15, "D": 12})


def visit(week, a, b, c=9, d=9, **more):
    known = {"new_lesion": False, "other_disease": False} | more
    return Visit(week=week, short_axes={"A": a, "B": b, "C": c, "D": d}, **known)


def answers(*visits):
    return [
        (each.recist.answer, each.irecist.answer if each.irecist else None)
        for each in follow([BASELINE, *visits])
    ]


@pytest.mark.parametrize(
    ("sizes", "chosen"),
    [
        ({"A": 14.9, "B": 15}, ("B",)),
        ({"A": 15, "B": 30, "C": 16}, ("B", "C")),
        ({"B": 15, "A": 15, "C": 15}, ("A", "B")),
        ({"A": None, "B": 14}, ()),
    ],
)
def test_targets_are_the_two_largest_of_fifteen_millimetres_or_more(sizes, chosen):
    assert targets(sizes) == chosen


def test_the_sum_is_of_targets_and_complete_response_needs_every_node_below_ten():
    (found,) = follow([BASELINE, visit(8, 9, 9, c=9.9)])
    assert (found.sum_mm, found.nadir_mm) == (18, 36)
    assert answers(visit(8, 9, 9, c=9.9)) == [("CR", "iCR")]
    assert answers(visit(8, 9, 9, c=10)) == [("PR", "iPR")]
    assert answers(visit(8, 9, 9, other_disease=True)) == [("PR", "iPR")]


def test_progression_is_counted_from_the_nadir_and_confirmed_four_to_eight_weeks_later():
    grown = [visit(6, 12, 10), visit(12, 15, 12), visit(15, 15, 12), visit(16, 15, 12)]
    assert answers(*grown) == [
        ("PR", "iPR"), ("PD", "iUPD"), ("PD", "iUPD"), ("PD", "iCPD"),
    ]  # fmt: skip
    assert answers(*grown, visit(20, 30, 30))[-1] == ("PD", None)


def test_a_progression_that_is_not_seen_again_is_withdrawn():
    swollen = [visit(6, 26, 18), visit(12, 20, 16), visit(18, 27, 18)]
    assert answers(*swollen) == [("PD", "iUPD"), ("SD", "iSD"), ("PD", "iUPD")]


def test_later_than_eight_weeks_the_wait_begins_anew():
    grown = [visit(6, 26, 18), visit(15, 26, 18), visit(20, 26, 18)]
    assert [second for _, second in answers(*grown)] == ["iUPD", "iUPD", "iCPD"]


def test_a_target_that_was_not_measured_leaves_the_response_open():
    (found,) = follow([BASELINE, Visit(week=8, short_axes={"A": 9}, new_lesion=False)])
    assert found.sum_mm is None
    assert found.irecist is None
    assert set(found.recist.answers) == {"PD", "CR", "PR", "SD"}


def test_a_neck_without_targets_has_no_response_by_size():
    start = Visit(week=0, short_axes={"A": 12})
    (found,) = follow([start, Visit(week=8, short_axes={"A": 8})])
    assert (found.recist, found.irecist) == (None, None)


TABLE = """participant,week,node,short_axis_mm,new_lesion,other_disease
P1,0,A,20,,
P1,0,B,16,,
P1,8,A,12,no,no
P1,8,B,10,,
P2,0,A,11,,
P2,8,A,8,no,no
"""


def run(tmp_path, text, *more):
    path = tmp_path / "nodes.csv"
    path.write_text(text)
    return CliRunner().invoke(main, ["recist", str(path), *more])


def test_the_command_follows_every_participant(tmp_path):
    rows = json.loads(run(tmp_path, TABLE, "--json").output)
    told = [[row[name] for name in ("participant", "targets", "sum_mm", "RECIST")] for row in rows]
    assert told == [["P1", "A B", "22", "PR"], ["P2", "none of 15 mm or more", "0", ""]]
    assert run(tmp_path, TABLE).output.startswith("participant,week,targets,sum_mm,nadir_mm,RECIST")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("P1,8,A,12", "P1,8,A,-1", "row 3, short_axis_mm: '-1'"),
        ("P1,8,A,12", "P1,soon,A,12", "row 3, week: 'soon'"),
        ("P1,8,B", "P1,8,A", "a node stands twice in week 8"),
    ],
)
def test_a_wrong_row_is_refused_with_its_place(tmp_path, old, new, says):
    found = run(tmp_path, TABLE.replace(old, new))
    assert (found.exit_code, says in found.output) == (1, True), found.output
