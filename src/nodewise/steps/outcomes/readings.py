"""Readings: the NI-RADS category that readers gave the neck, one for each patient and visit."""

from collections import defaultdict
from typing import Any

import polars as pl

from nodewise.steps.outcomes.responses import DIED, REPORTED, SHORT
from nodewise.steps.work import Work
from nodewise.trial import CATEGORIES, FollowUpFinding, ResponseOutcome, Trial

Row = dict[str, Any]
FORM, NOT_ASSESSABLE = "ni_rads_neck_", "N-x"
DIFFER = "readers differ, and nobody decided"

Read = dict[tuple[str, str, str], str | None]
"""(round, participant, visit) → the category; None where readers differ."""


def categories_read(work: Work) -> Read:
    """What the rounds say that the trial file names; of a case read twice the first read counts.

    In a round that adjudicates each case has one word: what was agreed on, or decided.
    """
    table = work.tables.read("readings").filter(
        pl.col("round").is_in(_rounds(work.trial)),
        pl.col("form").str.starts_with(FORM),
        pl.col("iteration").fill_null(1) == 1,
    )
    given: dict[tuple[str, str, str], dict[str, dict[str, str]]] = defaultdict(dict)
    for row in table.to_dicts():
        place = (row["round"], row["participant"], row["visit"])
        answers = given[place].setdefault(row["reader"], {})
        value = row["value"]
        answers[row["question"]] = row["answer"] if value is None else f"{value:g}"
    said = {place: {_category(each) for each in read.values()} for place, read in given.items()}
    return {place: _one(found) for place, found in said.items()}


def told(
    finding: FollowUpFinding | ResponseOutcome, row: Row, read: Read
) -> tuple[str | None, str]:
    """Category and status of a participant at a visit, by the report or by the finding's round.

    Args:
        finding: follow-up finding or outcome of the trial file.
        row: of the responses table.
        read: from categories_read.
    """
    if finding.round is None:
        return row[finding.finding], row["status"]
    place = (finding.round, row["participant"], row["visit"])
    if place not in read:
        gone = row["status"] in (DIED, SHORT)
        return None, row["status"] if gone else f"not read in round {finding.round}"
    return read[place], DIFFER if read[place] is None else REPORTED


def _rounds(trial: Trial) -> list[str]:
    responses = (each for each in trial.outcome if isinstance(each, ResponseOutcome))
    return sorted({each.round for each in (*trial.follow_up_finding, *responses) if each.round})


def _category(answers: dict[str, str]) -> str | None:
    return NOT_ASSESSABLE if answers.get("assessable") == "no" else answers.get("category")


def _one(found: set[str | None]) -> str | None:
    """The category that all gave; a mean of two is none."""
    (first, *others) = found
    return first if not others and first in CATEGORIES["ni_rads_neck"] else None
