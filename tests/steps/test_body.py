"""Weight, height and sex of the participants table beside those of a PET header."""

import pytest

from nodewise.ingest.records import Tracer
from nodewise.steps.series import body

FACTS = {"weight": 70.0, "height": 1.75, "sex": "female"}
WHOLE = Tracer(weight=70, height=1.75, sex="female")


def issues(found, table):
    return list(body.disagreements(found, table, where="pet series", participant="P"))


def test_the_table_lends_what_the_header_lacks_and_nothing_else():
    found = Tracer(dose=1e8, height=1.6)
    more = body.lent(found, body.stated(FACTS, at_index=True))
    assert more == Tracer(weight=70, sex="female")
    assert body.completed(found, more) == Tracer(dose=1e8, height=1.6, weight=70, sex="female")
    assert body.lent(WHOLE, body.stated(FACTS, at_index=True)) is None
    assert body.completed(found, None) == found


def test_a_weight_is_that_of_the_index_visit_alone():
    assert body.stated(FACTS, at_index=False) == Tracer(height=1.75, sex="female")


def test_no_formula_of_lean_mass_is_chosen_for_another_sex():
    assert body.stated(FACTS | {"sex": "other"}, at_index=True).sex is None


@pytest.mark.parametrize(
    ("found", "says"),
    [
        (Tracer(weight=92), "weight 92 kg in the header, weight 70 kg in the participants table"),
        (Tracer(sex="male"), "sex male in the header, sex female in the participants table"),
        (Tracer(wrong={"height": "PatientSize is 175, which is not in m"}),
         "PatientSize is 175, which is not in m; height 1.75 m in the participants table"),
    ],
)  # fmt: skip
def test_header_and_table_that_disagree_are_told_with_the_one_that_is_used(found, says):
    (issue,) = issues(found, WHOLE)
    assert issue.found == says
    used = "table" if found.wrong else "header"
    assert issue.action.endswith(f"the {used}'s is used")


@pytest.mark.parametrize("found", [Tracer(), WHOLE, Tracer(weight=71, height=1.76)])
def test_what_is_missing_or_rounded_disagrees_with_nothing(found):
    assert issues(found, WHOLE) == []


def test_what_the_table_lends_is_wrong_no_more():
    found = Tracer(wrong={"weight": "PatientWeight is 70000, which is not in kg", "dose": "no"})
    assert body.completed(found, body.lent(found, WHOLE)).wrong == {"dose": "no"}
