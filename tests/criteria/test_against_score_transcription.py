"""Every score against its second transcription: all words, both sides of all bounds, and blanks."""

from functools import cache
from itertools import combinations as choose
from itertools import product
from typing import Literal, get_args, get_origin

import numpy as np
import pytest
from score_transcription import FLAGS, ORACLES, QUIET, VALUES

from nodewise.criteria.rules import table
from nodewise.criteria.scores import SCORES

MOST = 1500
"""Combinations asked of one score; of more, a sample."""

ORDERED = {"node_rads_size", "ni_rads_neck", "percist", "eortc", "recist", "percist_liver",
           "pathological_response"}  # fmt: skip
"""Tables whose rows overlap: an earlier row goes before a later one."""


def asked(score):
    """Every finding of a score with the values at which it is asked."""
    return {
        name: VALUES.get(score, {}).get(name) or words(field.annotation)
        for name, field in SCORES[score].model_fields.items()
    }


def words(annotation):
    for part in get_args(annotation) or (annotation,):
        if get_origin(part) is Literal:
            return get_args(part)
    return get_args(annotation) if get_origin(annotation) is Literal else FLAGS


@cache
def combinations(score):
    """What a score is asked: all combinations, or a sample of them."""
    values = asked(score)
    if np.prod([len(of) for of in values.values()]) <= MOST:
        return [dict(zip(values, each, strict=True)) for each in product(*values.values())]
    rng = np.random.default_rng(5)
    sample = [{name: of[rng.integers(len(of))] for name, of in values.items()} for _ in range(MOST)]
    near = [
        {**QUIET.get(score, sample[0]), first: one, second: other}
        for first, second in choose(values, 2)
        for one, other in product(values[first], values[second])
    ]
    return sample + near


def answers(score, findings):
    return set(SCORES[score](**findings).decide().answers)


def test_every_score_has_a_second_transcription():
    assert set(ORACLES) == set(SCORES)


@pytest.mark.parametrize("score", SCORES)
def test_a_score_answers_as_its_text_says(score):
    for findings in combinations(score):
        expected = ORACLES[score](**findings)
        assert answers(score, findings) == ({expected} if expected else set()), findings


@pytest.mark.parametrize("score", SCORES)
def test_a_blank_finding_leaves_the_answers_that_it_could_make_and_of_words_no_other(score):
    fields, columns = SCORES[score].model_fields, table(SCORES[score].rules).columns
    blanks = {name: of for name, of in asked(score).items()
              if type(None) in get_args(fields[name].annotation)}  # fmt: skip
    for findings, (name, of) in product(combinations(score)[::19], blanks.items()):
        possible = {ORACLES[score](**findings | {name: value}) for value in of} - {None}
        found = answers(score, findings | {name: None})
        exact = name in columns and name not in VALUES.get(score, {})
        assert possible == found if exact else possible <= found, (findings, name)


@pytest.mark.parametrize("score", [name for name in SCORES if SCORES[name].rules not in ORDERED])
def test_rows_do_not_overlap_unless_their_table_says_so(score):
    rows = table(SCORES[score].rules).rows
    for findings in combinations(score):
        facts = SCORES[score](**findings).facts()
        assert sum(all(row.asks(facts).values()) for row in rows) <= 1, findings
