"""Signed answers as a table: the newest version of every read, and what scores follow from it."""

import json
from typing import Any

import polars as pl

from nodewise.reading import signing
from nodewise.steps.reading import trail
from nodewise.steps.work import Work
from nodewise.store.reading import Readings, Row


def collect(work: Work) -> pl.DataFrame:
    """Put every signed answer into the study's table of readings, for analysis and export.

    Drafts stay out, and so do versions that were unlocked and not signed again. Imported answers
    of rounds that the reading room does not have stay as they are.
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
    before = work.tables.read("readings")
    imported = before.filter(~pl.col("round").is_in(list(rounds)))
    work.tables.write("readings", [*imported.to_dicts(), *rows])
    return work.tables.read("readings")


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
