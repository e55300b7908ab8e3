from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodewise.errors import FormError
from nodewise.reading import worklist
from nodewise.reading.worklist import Case

CASES = st.lists(st.integers(0, 40), unique=True, max_size=20).map(
    lambda numbers: [Case(f"P-{number}", "pre-treatment") for number in numbers]
)


def drawn(cases, *, before=(), iterations=1, seed=1):
    rng = np.random.default_rng([seed, len(before)])
    return worklist.order(cases, before=before, iterations=iterations, rng=rng)


@given(CASES, st.integers(1, 3))
def test_every_case_is_read_once_in_each_iteration_and_repeats_come_after(cases, iterations):
    slots = drawn(cases, iterations=iterations)
    assert [slot.position for slot in slots] == list(range(1, len(cases) * iterations + 1))
    for iteration in range(1, iterations + 1):
        mine = [slot.case for slot in slots if slot.iteration == iteration]
        assert sorted(mine) == sorted(cases)
    assert [slot.iteration for slot in slots] == sorted(slot.iteration for slot in slots)


@given(CASES, CASES, st.integers(0, 10))
def test_cases_that_come_later_go_behind_and_leave_the_order_alone(first, later, seed):
    before = drawn(first, seed=seed)
    more = drawn(first + later, before=before, seed=seed)
    assert {slot.case for slot in more} == set(later) - set(first)
    assert all(slot.position > len(before) for slot in more)
    codes = [slot.code for slot in [*before, *more]]
    assert len(set(codes)) == len(codes)


@given(CASES)
def test_a_code_says_nothing_about_its_case(cases):
    for slot in drawn(cases):
        assert slot.case.participant not in slot.code
        assert len(slot.code) == 8


def test_the_order_hangs_on_the_seed_and_not_on_the_order_of_the_cases():
    cases = [Case(f"P-{number}", "pre-treatment") for number in range(30)]
    assert drawn(cases) == drawn(cases[::-1])
    assert drawn(cases) != drawn(cases, seed=2)


def test_every_round_is_first_for_as_many_readers_as_any_other():
    found = worklist.turns(["a", "b", "c"], [f"reader {n}" for n in range(9)])
    assert all(sorted(order) == ["a", "b", "c"] for order in found.values())
    for place in range(3):
        at = [order[place] for order in found.values()]
        assert [at.count(each) for each in "abc"] == [3, 3, 3]


def test_the_washout_counts_from_the_signature():
    signed = datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert worklist.opens_at(signed, 28) == signed + timedelta(days=28)
    assert worklist.opens_at(None, 28) is None


def test_a_learning_case_never_enters_the_validation():
    with pytest.raises(FormError, match="P-2"):
        worklist.separate({"P-1", "P-2"}, {"P-2", "P-3"})
