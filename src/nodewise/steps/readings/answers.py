"""Signed answers as a table: the newest version of every read, and what scores follow from it."""

import json
from typing import Any

import numpy as np
import polars as pl

from nodewise.reading import adjudication, signing
from nodewise.steps.readings.planning import sheet_of, signed_cases, trail
from nodewise.steps.work import Work
from nodewise.store.reading import Readings, Row

AGREED = "agreed"
"""The reader's name under which a consensus stands that nobody had to decide."""


def collect(work: Work) -> pl.DataFrame:
    """Put every signed answer into the study's table of readings, for analysis and export.

    Drafts stay out, and so do versions that were unlocked and not signed again. Imported answers
    of rounds that the reading room does not have stay as they are. A round that adjudicates holds
    what the adjudicator decided and, under the reader `agreed`, the mean of answers that lie close
    enough to stand.
    """
    readings = Readings(trail(work))
    rounds = {row["round"]: row for row in readings.rounds()}
    reads = {(row["code"], row["version"]): row for row in readings.reads()}
    rows = [
        row
        for signature in readings.signatures()
        if (read := reads.get((signature["code"], signature["version"])))
        and signing.digest(signature["record"]) == signature["hash"]
        for row in _rows(json.loads(signature["record"]), read, rounds[read["round"]])
    ]
    for settings in rounds.values():
        if settings["adjudicates"]:
            rows += _agreed(readings, settings)
    before = work.tables.read("readings")
    imported = before.filter(~pl.col("round").is_in(list(rounds)))
    work.tables.write("readings", [*imported.to_dicts(), *rows])
    return work.tables.read("readings")


def _agreed(readings: Readings, settings: Row) -> list[dict[str, Any]]:
    """What all readers of the adjudicated round said, within the rule's limits, of each case."""
    rule = json.loads(settings["adjudicates"])
    sheet = sheet_of(readings, settings["form"], settings["score"])
    rows = []
    for case, reads in signed_cases(readings, rule["round"]).items():
        given = [readings.signed_answers(read["code"]) for read in reads]
        disputed = adjudication.differing(sheet, rule["apart"], given)
        facts = {name: settings[name] for name in ("round", "part", "form")}
        facts |= {"reader": AGREED, "iteration": 1, "participant": case.participant}
        facts |= {"visit": case.visit, "signed_at": max(read["signed_at"] for read in reads)}
        for item in (each for each in given[0] if each not in disputed):
            for question in dict.fromkeys([*rule["apart"], adjudication.SCORE]):
                said = [adjudication.answered(sheet, question, each[item]) for each in given]
                rows += _mean(facts | {"item": item, "question": question}, said)
    return rows


def _mean(facts: dict[str, Any], said: list[Any]) -> list[dict[str, Any]]:
    """A row for answers that agree: their mean if they are numbers, nothing if they differ."""
    if all(isinstance(value, int | float) for value in said):
        mean = float(np.mean(said))
        return [facts | {"answer": f"{mean:g}", "value": mean}]
    if said[0] is None or any(value != said[0] for value in said):
        return []
    return [facts | {"answer": ", ".join(said[0]) if isinstance(said[0], list) else str(said[0])}]


def _rows(record: dict[str, Any], read: Row, settings: Row) -> list[dict[str, Any]]:
    """One row for each answer and each score of a signed record."""
    facts = {name: read[name] for name in ("round", "reader", "iteration", "position", "version")}
    facts |= {name: record[name] for name in ("participant", "visit", "form", "signed_at")}
    facts |= {"part": settings["part"], "case_seconds": record["seconds"]}
    given = [
        (item, question, value)
        for item, answers in record["answers"].items()
        for question, value in answers.items()
    ]
    scored = [(item, "score", value) for item, value in record["scores"].items()]
    return [
        facts
        | {
            "item": item,
            "question": question,
            "answer": ", ".join(value) if isinstance(value, list) else str(value),
            "value": float(value) if isinstance(value, int | float) else None,
        }
        for item, question, value in given + scored
        if value is not None
    ]
