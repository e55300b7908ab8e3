"""Questions about a case or a field: asked, answered, closed; no entry is ever changed."""

from typing import Any

import sqlalchemy as sql

from nodewise.errors import StoreError
from nodewise.store.audit import Trail
from nodewise.store.reading_schema import QUERIES

Row = dict[str, Any]
ASKED, ANSWERED, CLOSED = "asked", "answered", "closed"


class Queries:
    """The queries of one study."""

    def __init__(self, trail: Trail) -> None:
        self._trail = trail

    def ask(self, question: Row, *, by: str, role: str) -> int:
        """Ask a query.

        Args:
            question: addressee (a role), subject, field, text.
            by: who asks.
            role: in which role.

        Returns:
            Its number.
        """
        number = max((row["number"] for row in self._entries()), default=0) + 1
        self._add(question | {"number": number, "entry": 1, "action": ASKED}, by=by, role=role)
        return number

    def answer(self, number: int, text: str, *, by: str, role: str) -> None:
        """Answer a query; whoever asked decides whether that closes it."""
        self._follow(number, ANSWERED, text, by=(by, role))

    def close(self, number: int, text: str, *, by: str, role: str) -> None:
        """Close a query."""
        self._follow(number, CLOSED, text, by=(by, role))

    def all(self) -> list[Row]:
        """Every query with its entries and state, open ones first, newest first."""
        threads: dict[int, list[Row]] = {}
        for row in self._entries():
            threads.setdefault(row["number"], []).append(row)
        found = [
            {name: entries[0][name] for name in ("number", "addressee", "subject", "field")}
            | {"asker": entries[0]["who"], "state": entries[-1]["action"], "entries": entries}
            for entries in threads.values()
        ]
        return sorted(found, key=lambda query: (query["state"] == CLOSED, -query["number"]))

    def one(self, number: int) -> Row | None:
        """A query by its number."""
        return next((query for query in self.all() if query["number"] == number), None)

    def _follow(self, number: int, action: str, text: str, *, by: tuple[str, str]) -> None:
        query = self.one(number)
        if query is None:
            raise StoreError(f"there is no query {number}")
        if query["state"] == CLOSED:
            raise StoreError(f"query {number} is closed; ask a new one")
        first = query["entries"][0]
        row = {name: first[name] for name in ("number", "addressee", "subject", "field")}
        entry = len(query["entries"]) + 1
        self._add(row | {"entry": entry, "action": action, "text": text}, by=by[0], role=by[1])

    def _add(self, row: Row, *, by: str, role: str) -> None:
        whole = row | {"at": self._trail.moment(), "who": by, "role": role}
        details = {name: row[name] for name in ("number", "entry", "addressee")}
        subject = str(row["number"])
        with self._trail.change(
            by, f"query {row['action']}", subject=subject, details=details
        ) as c:
            c.execute(sql.insert(QUERIES), whole)

    def _entries(self) -> list[Row]:
        return self._trail.rows(sql.select(QUERIES).order_by(QUERIES.c.number, QUERIES.c.entry))
