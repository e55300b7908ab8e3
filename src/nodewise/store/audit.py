"""A reading database that tells all that happened in it: every change and its event, or neither."""

import hmac
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sql

from nodewise.store import migration
from nodewise.store import reading_schema as schema

Clock = Callable[[], datetime]
FIRST = "0" * 64


def now() -> datetime:
    """The server's clock."""
    return datetime.now(UTC)


class Trail:
    """A database whose changes go through `change`, which appends to a hash chain.

    The chain is keyed with the study's key: who can write to the database but does not have the
    key cannot make a chain that holds.
    """

    def __init__(self, engine: sql.Engine, key: bytes, *, clock: Clock = now) -> None:
        self.engine = engine
        self.clock = clock
        self.key = key
        migration.make_or_check(engine)

    def moment(self) -> str:
        """Now, by the server's clock, as it is stored."""
        return self.clock().isoformat(timespec="milliseconds")

    def rows(self, query: "sql.Select[Any]") -> list[dict[str, Any]]:
        """Rows of a query."""
        with self.engine.connect() as connection:
            return [dict(row) for row in connection.execute(query).mappings()]

    @contextmanager
    def quiet(self) -> Iterator[sql.Connection]:
        """A transaction without an event: for sign-in sessions and attempts."""
        with self.engine.connect() as connection:
            migration.begin(connection)
            yield connection
            connection.commit()

    @contextmanager
    def change(
        self, who: str, action: str, *, subject: str, details: dict[str, Any]
    ) -> Iterator[sql.Connection]:
        """A transaction that ends with its event; an error undoes both."""
        with self.quiet() as connection:
            yield connection
            last = connection.execute(
                sql.select(schema.AUDIT.c.number, schema.AUDIT.c.hash)
                .order_by(schema.AUDIT.c.number.desc())
                .limit(1)
            ).first()
            event = {
                "number": last.number + 1 if last else 1,
                "at": self.moment(),
                "who": who,
                "action": action,
                "subject": subject,
                "details": json.dumps(details, sort_keys=True, ensure_ascii=False),
                "previous": last.hash if last else FIRST,
            }
            connection.execute(sql.insert(schema.AUDIT), event | {"hash": self._link(event)})

    def events(self, subject: str | None = None) -> list[dict[str, Any]]:
        """The whole trail, or what happened to one subject, oldest first."""
        query = sql.select(schema.AUDIT).order_by(schema.AUDIT.c.number)
        return self.rows(
            query if subject is None else query.where(schema.AUDIT.c.subject == subject)
        )

    def head(self) -> str:
        """Number and hash of the newest event: to be noted outside, so that a cut tail is seen."""
        events = self.events()[-1:]
        return f"{events[0]['number']}:{events[0]['hash'][:16]}" if events else "0:"

    def broken(self, *, expected: str | None = None) -> list[str]:
        """Sentences on what is wrong with the chain.

        Args:
            expected: a head noted earlier; its event must still be there.
        """
        says, previous = [], FIRST
        events = self.events()
        for number, event in enumerate(events, 1):
            linked = {name: value for name, value in event.items() if name != "hash"}
            if event["number"] != number or event["previous"] != previous:
                says.append(f"audit event {event['number']}: an event before it is missing")
            if not hmac.compare_digest(self._link(linked), event["hash"]):
                says.append(f"audit event {event['number']}: its content was altered")
            previous = event["hash"]
        heads = {f"{event['number']}:{event['hash'][:16]}" for event in events}
        if expected and expected not in heads:
            says.append(f"the trail was at {expected} once and does not hold that event any more")
        return says

    def _link(self, event: dict[str, Any]) -> str:
        text = json.dumps(event, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hmac.digest(self.key, text.encode(), "sha256").hex()


def open_trail(folder: Path, key: bytes, *, url: str | None = None, clock: Clock = now) -> Trail:
    """The readings of the study in that folder, or at a database's address."""
    return Trail(_engine(folder, url), key, clock=clock)


def upgrade_trail(folder: Path, key: bytes, *, url: str | None = None) -> str | None:
    """Bring readings of an earlier schema to the newest; the trail tells of it.

    Returns:
        The schema that they had, when there was something to do.
    """
    engine = _engine(folder, url)
    before = migration.upgrade(engine)
    if before is not None:
        details = {"from": before, "to": schema.NEWEST}
        with Trail(engine, key).change("nodewise", "upgraded", subject="schema", details=details):
            pass
    engine.dispose()
    return before


def _engine(folder: Path, url: str | None) -> sql.Engine:
    engine = sql.create_engine(url or f"sqlite:///{folder / 'reading.sqlite'}")
    if engine.dialect.name == "sqlite":
        sql.event.listen(engine, "connect", _durable)
    return engine


def _durable(connection: Any, _record: Any) -> None:
    """SQLite: readers beside a writer, and what was acknowledged survives a power cut."""
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=15000"):
        connection.execute(f"PRAGMA {pragma}")
