import csv
import json
from io import StringIO
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from nodewise.errors import NodewiseError
from nodewise.stats import Counts, Unknown
from nodewise.steps.levels.files import accuracy, page, terminal, write
from nodewise.steps.levels.study import Question, levels
from nodewise.steps.levels.words import as_json, sentences

Columns = dict[tuple[str, str, str], list[str]]
CT, PATH = ("CT", "ipsi"), ("pathology", "ipsi")
ASKED = Question(index="CT", reference="pathology")
T, F, N = "True", "False", ""


def written(path: Path, columns: Columns) -> Path:
    """A lyDATA table of identifiers and these columns, each with its cells from top to bottom."""
    count = len(next(iter(columns.values())))
    columns = {("patient", "core", "id"): [f"ZZTOP-{i}" for i in range(count)]} | columns
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([*zip(*columns, strict=True)])
        csv.writer(file).writerows([*zip(*columns.values(), strict=True)])
    return path


@pytest.fixture
def study(tmp_path):
    """Columns → the study that they answer a question with."""

    def made(columns: Columns, asked: Question = ASKED):
        return levels(written(tmp_path / "data.csv", columns), asked)

    return made


def dated(index: list[str], reference: list[str]) -> Columns:
    """One level with a true positive in every patient, and the days of both modalities."""
    return {
        ("CT", "core", "date"): index,
        ("pathology", "core", "date"): reference,
        (*CT, "II"): [T] * len(index),
        (*PATH, "II"): [T] * len(index),
    }


def said(study, *words: str) -> bool:
    """Whether one sentence has all these words, thin spaces aside."""
    told = [text.replace("\u202f", "") for text in sentences(study)]
    return any(all(word in text for word in words) for text in told)


def test_only_levels_with_both_entries_are_counted(study):
    found = study(
        {(*CT, "II"): [T, T, F, F, T, F, N, N, N], (*PATH, "II"): [T, F, T, F, N, N, T, F, N]}
    )
    assert found.overall.counts == Counts(tp=1, fp=1, fn=1, tn=1)
    assert (found.overall.unverified_positive, found.overall.unverified_negative) == (1, 1)
    assert found.without_index == 2
    assert said(found, "At 2 levels with an entry of pathology there is none of CT")
    assert said(found, "never negative: CT is recorded at 6 of 9 (67 %) levels")


def test_partial_verification_is_told_by_what_the_index_test_says(study):
    found = study({(*CT, "II"): [T, T, F, F, F, F], (*PATH, "II"): [T, F, F, N, N, N]})
    assert said(found, "3 of 6 (50 %): 2 of 2 (100 %) that CT calls involved, 1 of 4 (25 %)")


def test_full_verification_is_told_too(study):
    found = study({(*CT, "II"): [T, F], (*PATH, "II"): [T, F]})
    assert said(found, "Every one of the levels with an entry of CT has a reference")
    assert found.overall.estimates["sensitivity_corrected"].value == pytest.approx(0.75)


def test_the_correction_takes_in_what_was_not_verified(study):
    # 10 called (8 verified, 6 involved); 40 cleared (10 verified, 2 involved):
    # corrected sensitivity = 10 × 6/8 / (10 × 6/8 + 40 × 2/10) = 7.5 / 15.5.
    index = [T] * 10 + [F] * 40
    reference = [T] * 6 + [F] * 2 + [N] * 2 + [T] * 2 + [F] * 8 + [N] * 30
    found = study({(*CT, "II"): index, (*PATH, "II"): reference}).overall.estimates
    assert found["sensitivity"].value == pytest.approx(6 / 8)
    assert found["sensitivity_corrected"].value == pytest.approx(7.5 / 15.5)
    assert found["specificity"].value == pytest.approx(8 / 10)
    assert found["specificity_corrected"].value == pytest.approx(32 / (32 + 2.5))


def test_an_index_test_filled_in_where_the_reference_is_missing_has_no_pairs(study):
    found = study({
        (*CT, "II"): [F] * 12, (*CT, "III"): [N] * 12,
        (*PATH, "II"): [N] * 12, (*PATH, "III"): [F] * 12,
    })  # fmt: skip
    assert found.overall.counts.total == 0
    assert all(isinstance(one, Unknown) for one in found.overall.estimates.values())
    assert said(found, "No evaluable pairs", "CT is filled in only where pathology is missing")
    assert not said(found, "specificity 1.00")


def test_modalities_of_different_patients_have_no_pairs(study):
    found = study({(*CT, "II"): [T, N], (*PATH, "II"): [N, T]})
    assert said(found, "No evaluable pairs", "no patient has an entry of both")


def test_a_reference_older_than_the_index_test_is_counted_and_kept_unless_dropped(study, tmp_path):
    columns = dated(["2020-02-01", "2020-03-01", ""], ["2020-01-01", "2020-03-01", "2020-03-01"])
    kept = study(columns)
    assert (kept.timing.early, kept.timing.undated) == (1, 1)
    assert kept.overall.counts.tp == 3
    assert not said(kept, "the same day")
    assert said(kept, "In 1 of 3 (33 %) patients pathology is older than CT", "kept")
    assert said(kept, "In 1 of 3 (33 %) patients a date of CT or pathology is missing")
    asked = Question(index="CT", reference="pathology", early_reference="drop")
    dropped = study(columns, asked)
    assert (dropped.timing.early, dropped.overall.counts.tp) == (1, 2)
    assert said(dropped, "older than CT", "dropped as asked")


def test_dropping_every_patient_leaves_no_pairs_and_says_why(study):
    asked = Question(index="CT", reference="pathology", early_reference="drop")
    found = study(dated(["2020-02-01"], ["2020-01-01"]), asked)
    assert found.overall.counts.total == 0
    assert said(found, "No evaluable pairs", "in all 1 patient with both")


def test_equal_days_everywhere_are_said_to_tell_no_order(study):
    found = study(dated(["2020-02-01"] * 2, ["2020-02-01"] * 2))
    assert found.timing.early == 0
    assert said(found, "the same day")


@pytest.mark.parametrize("count", [1, 2, 7, 9])
def test_few_patients_give_figures_without_an_interval(study, count):
    found = study({
        (*CT, "II"): [T] * count, (*CT, "III"): [F] * count,
        (*PATH, "II"): [T] * count, (*PATH, "III"): [F] * (count - 1) + [T],
    })  # fmt: skip
    for one in found.overall.estimates.values():
        assert isinstance(one, Unknown) or (one.low is None and one.high is None and one.reason)
    assert said(found, f"Only {count} patient", "too few for an interval (10 are needed)")


def test_ten_patients_give_an_interval(study):
    found = study({(*CT, "II"): [T] * 9 + [F], (*PATH, "II"): [T] * 10})
    assert found.overall.estimates["sensitivity"].low is not None
    assert not said(found, "too few")


def test_a_level_with_few_patients_has_no_interval_although_all_levels_have(study):
    found = study({
        (*CT, "II"): [T, F] * 10, (*CT, "III"): [T, F, T] + [N] * 17,
        (*PATH, "II"): [T] * 20, (*PATH, "III"): [T] * 3 + [N] * 17,
    })  # fmt: skip
    intervals = {one.name: one.estimates["sensitivity"].low is None for one in found.strata}
    assert intervals == {"II": False, "III": True}
    assert found.overall.estimates["sensitivity"].low is not None


def test_a_reference_without_involvement_leaves_sensitivity_open(study):
    found = study({(*CT, "II"): [T, F], (*PATH, "II"): [F, F]})
    assert isinstance(found.overall.estimates["sensitivity"], Unknown)
    assert said(found, "No level is involved by pathology: sensitivity is not estimable")


def test_sublevels_fill_silent_levels_and_disagreements_are_counted(study):
    found = study({
        (*CT, "II"): [N, F, T], (*CT, "IIa"): [T, T, F], (*CT, "IIb"): [F, F, F],
        (*PATH, "II"): [T, F, T],
    })  # fmt: skip
    assert found.overall.counts == Counts(tp=2, fp=0, fn=0, tn=1)
    assert (found.index.filled, found.index.disagreeing) == (1, 2)
    assert said(found, "CT: 1 level has no entry but sublevels that settle it")
    assert said(found, "CT: at 2 levels the level says one thing")


def test_sublevels_stand_for_themselves_where_both_modalities_have_them(study):
    asked = Question(index="CT", reference="pathology", sublevels=True)
    found = study({
        (*CT, "II"): [T, T], (*CT, "IIa"): [T, N], (*CT, "IIb"): [F, N],
        (*PATH, "II"): [T, T], (*PATH, "IIa"): [F, T], (*PATH, "IIb"): [T, F],
        (*CT, "Ia"): [F, F], (*CT, "Ib"): [F, F], (*PATH, "I"): [F, F],
    }, asked)  # fmt: skip
    assert [one.name for one in found.strata] == ["I", "IIA", "IIB"]
    assert found.overall.counts == Counts(tp=0, fp=1, fn=1, tn=2)
    assert (found.index.unsplit, found.reference.unsplit) == (1, 0)
    assert said(found, "CT: 1 entry of a level left out")


def test_a_side_is_compared_on_levels_with_both_entries_only(study):
    asked = Question(index="CT", reference="pathology", unit="side")
    found = study(
        {(*CT, "II"): [F], (*CT, "III"): [T], (*PATH, "II"): [F], (*PATH, "III"): [N]}, asked
    )
    assert found.overall.counts == Counts(tp=0, fp=0, fn=0, tn=1)
    assert found.elsewhere == 1
    assert said(found, "1 side of the neck counted as negative", "without an entry of pathology")


def test_a_side_without_any_pair_is_unverified_and_positive_if_any_level_is(study):
    asked = Question(index="CT", reference="pathology", unit="side")
    found = study({(*CT, "II"): [F, F], (*CT, "III"): [T, N], (*PATH, "II"): [N, N]}, asked)
    assert found.overall.counts.total == 0
    assert (found.overall.unverified_positive, found.overall.unverified_negative) == (1, 1)


def test_strata_stand_in_the_order_of_the_neck_whatever_the_table_does(study):
    names = ["X", "V", "Vb", "IIb", "II", "Ib", "Ia"]
    sides = ["contra", "ipsi"]
    columns = {(m, s, n): [T] for m in ("CT", "pathology") for s in sides for n in names}
    for unit, sublevels, order in (
        ("level", False, ["I", "II", "V", "X"]),
        ("level", True, ["IA", "IB", "IIB", "VB", "X"]),
        ("side", False, ["ipsilateral", "contralateral"]),
    ):
        asked = Question(index="CT", reference="pathology", unit=unit, sublevels=sublevels)
        assert [one.name for one in study(columns, asked).strata] == order


def test_a_patient_joins_both_sides(study):
    asked = Question(index="CT", reference="pathology", unit="patient")
    found = study({
        (*CT, "II"): [T, F], ("CT", "contra", "II"): [F, F],
        (*PATH, "II"): [F, F], ("pathology", "contra", "II"): [T, F],
    }, asked)  # fmt: skip
    assert found.overall.counts == Counts(tp=1, fp=0, fn=0, tn=1)
    assert found.strata == ()


def test_a_free_level_without_any_node_examined_is_counted(study):
    found = study({
        (*CT, "II"): [F] * 4, (*CT, "I"): [F] * 4,
        (*PATH, "II"): [F, F, F, T], (*PATH, "I"): [F, F, N, N],
        ("total_dissected", "ipsi", "II"): ["0", "3", "", "1"],
        ("total_dissected", "ipsi", "Ia"): ["0", "0", "0", "0"],
        ("total_dissected", "ipsi", "Ib"): ["0.0", "2", "0", ""],
    })  # fmt: skip
    assert found.empty_specimens == 2
    assert said(found, "At 2 compared levels pathology says free although no node was examined")


def test_odd_cells_and_lines_are_counted_and_said(study, tmp_path):
    path = written(tmp_path / "data.csv", {(*CT, "II"): [T, "?"], (*PATH, "II"): [T, F]})
    path.write_text(path.read_text() + "ZZTOP-0,True,False\nshort\n")
    found = levels(path, ASKED)
    assert found.overall.counts == Counts(tp=1, fp=0, fn=0, tn=0)
    assert said(found, "CT: 1 cell holds neither True nor False nor nothing")
    assert said(found, "1 line left out: too few or too many cells")
    assert said(found, "1 line left out: the patient's identifier came before")


def test_a_test_is_not_judged_by_itself(study):
    with pytest.raises(NodewiseError, match=r"both 'CT'.*has CT, pathology"):
        study({(*CT, "II"): [T], (*PATH, "II"): [T]}, Question(index="CT", reference="ct"))


@pytest.mark.parametrize("wrong", [{"unit": "node"}, {"early_reference": "maybe"}])
def test_a_word_that_is_not_known_is_refused_with_those_that_are(wrong):
    with pytest.raises(NodewiseError, match=r"none of (level, side, patient|keep, drop)"):
        Question(index="CT", reference="pathology", **wrong)


def test_no_identifier_surfaces_anywhere(study, tmp_path):
    found = study({(*CT, "II"): [T, F] * 6, (*PATH, "II"): [T, T, F] * 4})
    write(tmp_path / "out", found)
    for file in (tmp_path / "out").iterdir():
        assert b"ZZTOP" not in file.read_bytes()
    assert "ZZTOP" not in repr(found)


CELLS = st.lists(
    st.tuples(*[st.sampled_from([T, F, N])] * 8), min_size=1, max_size=12
)  # CT II, III ipsi and contra; pathology alike


@given(rows=CELLS)
@settings(max_examples=20, deadline=None)
def test_levels_and_sides_add_up_to_all_units(tmp_path_factory, rows):
    where = list(product(("CT", "pathology"), ("ipsi", "contra"), ("II", "III")))
    columns = dict(zip(where, map(list, zip(*rows, strict=True)), strict=True))
    path = written(tmp_path_factory.mktemp("law") / "data.csv", columns)
    for unit in ("level", "side"):
        found = levels(path, Question(index="CT", reference="pathology", unit=unit))
        for cell in ("tp", "fp", "fn", "tn"):
            parts = [getattr(one.counts, cell) for one in found.strata]
            assert sum(parts) == getattr(found.overall.counts, cell)
        assert found.overall.positive == sum(one.positive for one in found.strata)
        assert found.overall.negative == sum(one.negative for one in found.strata)


@given(rows=CELLS)
@settings(max_examples=15, deadline=None)
def test_swapping_index_test_and_reference_swaps_false_calls(tmp_path_factory, rows):
    where = list(product(("CT", "pathology"), ("ipsi", "contra"), ("II", "III")))
    columns = dict(zip(where, map(list, zip(*rows, strict=True)), strict=True))
    path = written(tmp_path_factory.mktemp("law") / "data.csv", columns)
    for unit in ("level", "side", "patient"):
        one = levels(path, Question(index="CT", reference="pathology", unit=unit)).overall.counts
        two = levels(path, Question(index="pathology", reference="CT", unit=unit)).overall.counts
        assert (one.tp, one.fp, one.fn, one.tn) == (two.tp, two.fn, two.fp, two.tn)


@pytest.mark.parametrize("width", [60, 80, 140])
def test_a_narrow_terminal_never_breaks_a_word_or_a_number(study, width):
    found = study({(*CT, "II"): [T, F] * 8, (*PATH, "II"): [T, T, F, F] * 4})
    console = Console(width=width, record=True, file=StringIO())
    console.print(terminal(found))
    text = console.export_text()
    assert "sensitivity" in text
    assert "…" not in text


def test_every_way_out_tells_the_same_figures(study, tmp_path):
    found = study({(*CT, "II"): [T, F] * 8, (*PATH, "II"): [T, T, F, F] * 4})
    told = json.loads(json.dumps(as_json(found), allow_nan=False))
    value = told["overall"]["estimates"]["sensitivity"]["value"]
    rows = accuracy(found).filter(stratum="all", quantity="sensitivity", method="clustered logit-t")
    assert value == 0.5
    assert rows["value"].to_list() == [value]
    assert write(tmp_path / "out", found).read_text() == page(found)
    assert "0.50 (" in page(found)
    assert "0.50 (" in sentences(found)[0]


def test_the_correction_within_side_and_level_uses_each_ones_own_share(study):
    # Level II: 10 called, all verified, 8 involved; 10 cleared, 5 verified, 2 involved.
    # Level III: 10 called, 2 verified, 1 involved; 80 cleared, 8 verified, 1 involved.
    blank = 70
    found = study({
        (*CT, "II"): [T] * 10 + [F] * 10 + [N] * blank,
        (*PATH, "II"): [T] * 8 + [F] * 2 + [T] * 2 + [F] * 3 + [N] * 5 + [N] * blank,
        (*CT, "III"): [T] * 10 + [F] * 80,
        (*PATH, "III"): [T, F] + [N] * 8 + [T] + [F] * 7 + [N] * 72,
    }).overall.estimates  # fmt: skip
    assert found["sensitivity_within"].value == pytest.approx((8 + 5) / (8 + 5 + 4 + 10))
    assert found["specificity_within"].value == pytest.approx((6 + 70) / (6 + 70 + 2 + 5))
    assert found["sensitivity_corrected"].value != found["sensitivity_within"].value
