"""Rounds of reading, worklists, drafts, signed answers. What is signed cannot be changed here."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sql

from nodewise.errors import StoreError
from nodewise.store.audit import Trail
from nodewise.store.reading_schema import ANSWERS, READS, ROUNDS, SCORES, SIGNATURES

Row = dict[str, Any]
FIXED = ("code", "round", "reader", "position", "iteration", "participant", "visit", "after")
"""What of a read never changes."""

_OTHER = "another window saved other answers since; reload the page"


class Readings:
    """The readings of one study."""

    def __init__(self, trail: Trail) -> None:
        self.trail = trail

    def add_round(self, row: Row, *, by: str) -> None:
        """Add a round; its settings never change."""
        if self.round(row["round"]):
            raise StoreError(f"there is a round '{row['round']}' already; choose another name")
        with self.trail.change(by, "round added", subject=row["round"], details=row) as change:
            change.execute(sql.insert(ROUNDS), row | {"added_at": self.trail.moment()})

    def add_reads(self, rows: Sequence[Row], *, by: str) -> None:
        """Put cases on worklists."""
        empty = {"version": 1, "opened_at": None, "signed_at": None, "seconds": 0.0}
        if not rows:
            return
        name = rows[0]["round"]
        details = {"reads": [{key: row[key] for key in FIXED} for row in rows]}
        with self.trail.change(by, "cases added", subject=name, details=details) as change:
            taken = sql.select(READS.c.reader, READS.c.position).where(READS.c.round == name)
            there = {tuple(row) for row in change.execute(taken)}
            if any((row["reader"], row["position"]) in there for row in rows):
                raise StoreError("somebody else has added cases meanwhile; try again")
            change.execute(sql.insert(READS), [row | empty for row in rows])

    def round(self, name: str) -> Row | None:
        """A round by its name."""
        return _one(self.trail.rows(sql.select(ROUNDS).where(ROUNDS.c.round == name)))

    def rounds(self) -> list[Row]:
        """Every round."""
        return self.trail.rows(sql.select(ROUNDS).order_by(ROUNDS.c.added_at))

    def reads(self, reader: str | None = None) -> list[Row]:
        """Every read, or one reader's, in the order of the worklist."""
        query = sql.select(READS).order_by(READS.c.round, READS.c.reader, READS.c.position)
        return self.trail.rows(query if reader is None else query.where(READS.c.reader == reader))

    def read(self, code: str) -> Row | None:
        """A read by its code."""
        return _one(self.trail.rows(sql.select(READS).where(READS.c.code == code)))

    def answers(self, code: str, version: int) -> dict[str, Row]:
        """What is saved for each subject: answers, revision, saved_at."""
        query = sql.select(ANSWERS).where(ANSWERS.c.code == code, ANSWERS.c.version == version)
        try:
            return {
                row["subject"]: row | {"answers": json.loads(row["answers"])}
                for row in self.trail.rows(query)
            }
        except json.JSONDecodeError:
            raise StoreError(f"read {code}: its answers were altered and cannot be read") from None

    def open(self, read: Row) -> None:
        """Write down that a case was opened; the first time stands."""
        who, code = read["reader"], read["code"]
        details = {"version": read["version"]}
        with self.trail.change(who, "opened", subject=code, details=details) as change:
            if read["opened_at"] is None:
                row = sql.update(READS).where(READS.c.code == code)
                change.execute(row.values(opened_at=self.trail.moment()))

    def save(
        self, read: Row, subject: str, *, answers: Mapping[str, Any], revision: int, seconds: float
    ) -> Row:
        """Keep a draft of one subject's answers.

        Args:
            read: the read.
            subject: the node, level, side or patient.
            answers: all answers of this subject.
            revision: the revision that the reader's page last saw; 0 when it saw none.
            seconds: reading time since the save before, s.

        Returns:
            The new revision and the time.

        Raises:
            StoreError: when another window has saved something else since.
        """
        code, version = read["code"], read["version"]
        old = self.answers(code, version).get(subject)
        if old and old["revision"] != revision:
            if old["answers"] == dict(answers):
                return old
            raise StoreError(_OTHER)
        at = self.trail.moment()
        key = {"code": code, "version": version, "subject": subject}
        text = json.dumps(answers, sort_keys=True, ensure_ascii=False)
        row = key | {"answers": text, "revision": revision + 1, "saved_at": at}
        details = {"version": version, "subject": subject, "answers": dict(answers)}
        with self.trail.change(read["reader"], "answered", subject=code, details=details) as change:
            _unsigned(change, code, version)
            same = [ANSWERS.c[name] == value for name, value in key.items()]
            gone = change.execute(sql.delete(ANSWERS).where(*same, ANSWERS.c.revision == revision))
            if old and not gone.rowcount:
                raise StoreError(_OTHER)
            change.execute(sql.insert(ANSWERS), row)
            more = READS.c.seconds + max(0.0, min(seconds, 600.0))
            change.execute(sql.update(READS).where(READS.c.code == code).values(seconds=more))
        return row

    def sign(self, read: Row, *, record: str, digest: str) -> None:
        """Keep a signed record; from here on this version of the read is read-only."""
        code, version = read["code"], read["version"]
        row = {"code": code, "version": version, "record": record, "hash": digest}
        details = {"version": version, "hash": digest}
        with self.trail.change(read["reader"], "signed", subject=code, details=details) as change:
            _unsigned(change, code, version)
            change.execute(sql.insert(SIGNATURES), row)
            at = json.loads(record)["signed_at"]
            change.execute(sql.update(READS).where(READS.c.code == code).values(signed_at=at))

    def unlock(self, read: Row, *, by: str, reason: str) -> None:
        """Open a signed read again as a new version that begins with the signed answers."""
        code, version = read["code"], read["version"]
        if read["signed_at"] is None:
            raise StoreError(f"read {code} is not signed; there is nothing to unlock")
        details = {"version": version + 1, "reason": reason}
        copies = [
            row | {"version": version + 1, "answers": json.dumps(row["answers"], sort_keys=True)}
            for row in self.answers(code, version).values()
        ]
        with self.trail.change(by, "unlocked", subject=code, details=details) as change:
            again = {"version": version + 1, "signed_at": None}
            change.execute(sql.update(READS).where(READS.c.code == code).values(**again))
            if copies:
                change.execute(sql.insert(ANSWERS), copies)

    def signed_answers(self, code: str) -> dict[str, dict[str, Any]]:
        """Subject → answers, as last signed; nothing when never signed."""
        query = sql.select(SIGNATURES).where(SIGNATURES.c.code == code)
        rows = self.trail.rows(query.order_by(SIGNATURES.c.version.desc()).limit(1))
        found: dict[str, dict[str, Any]] = json.loads(rows[0]["record"])["answers"] if rows else {}
        return found

    def freeze(self, row: Row, *, by: str) -> None:
        """Keep a score for good."""
        if self.score(row["name"]):
            raise StoreError(f"there is a frozen score '{row['name']}' already; it cannot change")
        frozen = {"frozen_by": by, "frozen_at": self.trail.moment()}
        details = {"checksum": row["checksum"], "origin": row["origin"]}
        with self.trail.change(by, "score frozen", subject=row["name"], details=details) as change:
            change.execute(sql.insert(SCORES), row | frozen)

    def score(self, name: str) -> Row | None:
        """A frozen score by its name."""
        return _one(self.trail.rows(sql.select(SCORES).where(SCORES.c.name == name)))

    def scores(self) -> list[Row]:
        """Every frozen score."""
        return self.trail.rows(sql.select(SCORES).order_by(SCORES.c.frozen_at))

    def signatures(self) -> list[Row]:
        """Every signed record, with its hash."""
        return self.trail.rows(sql.select(SIGNATURES))


def _unsigned(connection: sql.Connection, code: str, version: int) -> None:
    query = sql.select(SIGNATURES.c.code).where(
        SIGNATURES.c.code == code, SIGNATURES.c.version == version
    )
    if connection.execute(query).first():
        raise StoreError("this read is signed and can be read only; ask the coordinator to unlock")


def _one(rows: list[Row]) -> Row | None:
    return rows[0] if rows else None
