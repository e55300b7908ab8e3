import pytest

from nodewise.reading import load
from nodewise.reading.adjudication import differing, unknown

FORM = load("suspicion_v1")


@pytest.mark.parametrize(
    ("apart", "one", "other", "differs"),
    [
        ({"suspicion": 0}, 3, 4, True),
        ({"suspicion": 1}, 3, 4, False),
        ({"suspicion": 1}, 2, 4, True),
        ({"score": 0}, 3, 4, True),  # benign against metastatic
        ({"score": 0}, 4, 5, False),
        ({"score": 0, "suspicion": 0}, 4, 5, True),
    ],
)
def test_two_answers_differ_beyond_the_steps_that_the_rule_allows(apart, one, other, differs):
    reads = [{"n": {"suspicion": one}}, {"n": {"suspicion": other}}]
    assert differing(FORM, apart, reads) == (["n"] if differs else [])
    assert differing(FORM, apart, reads[::-1]) == differing(FORM, apart, reads)


def test_a_question_that_only_one_reader_was_led_to_is_a_difference():
    form = load("iene_v1")
    name = form.question[0].name
    reads = [{"n": {name: 1}}, {"n": {}}]
    assert differing(form, {name: 9}, reads) == ["n"]


def test_picks_are_the_same_in_whatever_order_they_were_picked():
    form = load("iene_v1")
    picked = next(question for question in form.question if question.pick)
    reads = [{"n": {picked.name: list(order)}} for order in (picked.pick[:2], picked.pick[1::-1])]
    assert differing(form, {picked.name: 0}, reads) == []


def test_a_rule_about_what_the_form_does_not_ask_is_found():
    assert unknown(FORM, {"suspicion": 0, "score": 0, "colour": 1}) == ["colour"]
    assert unknown(load("note_v1"), {"score": 0}) == ["score"]
