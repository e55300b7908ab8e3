"""Tables of reading studies, in a database of their own; `migrations` makes and changes them."""

import sqlalchemy as sql

from nodewise.errors import StoreError

METADATA = sql.MetaData()
NEWEST = "2"
"""The schema that these tables are; the last of `migrations`."""


class UnkeepableError(StoreError, sql.exc.DontWrapMixin):
    """A value that one of the engines cannot hold."""


class Text(sql.TypeDecorator[str]):
    """A text that both engines can hold: PostgreSQL takes no NUL character."""

    impl = sql.Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: sql.Dialect) -> str | None:
        """Refuse what one of the engines would stumble over."""
        if value is not None and "\0" in value:
            raise UnkeepableError("a text holds a NUL character, which cannot be kept; take it out")
        return value


def _text(name: str, *, empty: bool = False) -> "sql.Column[str]":
    return sql.Column(name, Text, nullable=empty)


def _id(name: str) -> "sql.Column[str]":
    return sql.Column(name, Text, primary_key=True)


def _whole(name: str) -> "sql.Column[int]":
    return sql.Column(name, sql.Integer, nullable=False)


USERS = sql.Table(
    "users", METADATA, _id("name"), _text("role"), _text("password"), _text("added_at")
)
LOGINS = sql.Table(
    "logins",
    METADATA,
    _id("token"),
    _text("name"),
    _text("csrf"),
    _text("began_at"),
    _text("seen_at"),
)
ATTEMPTS = sql.Table("attempts", METADATA, _text("name"), _text("address"), _text("at"))
ROUNDS = sql.Table(
    "rounds",
    METADATA,
    _id("round"),
    _text("part"),  # explorative or pilot
    _text("form"),
    _text("form_checksum"),
    _text("shows"),
    _whole("iterations"),
    _whole("washout_days"),
    sql.Column("shows_score", sql.Boolean, nullable=False),
    _whole("seed"),
    _text("added_at"),
    _text("visit", empty=True),
    _text("adjudicates", empty=True),  # the round whose differing reads are decided (JSON)
    _text("score", empty=True),  # name of the frozen score that takes the form's own place
    sql.Column("cases", sql.Integer),
)
READS = sql.Table(
    "reads",
    METADATA,
    _id("code"),
    _text("round"),
    _text("reader"),
    _whole("position"),
    _whole("iteration"),
    _text("participant"),
    _text("visit"),
    _text("after", empty=True),  # round that this reader reads first
    _whole("version"),
    _text("opened_at", empty=True),
    _text("signed_at", empty=True),
    sql.Column("seconds", sql.Float, nullable=False),
    sql.UniqueConstraint("round", "reader", "position"),
)
ANSWERS = sql.Table(
    "answers",
    METADATA,
    _id("code"),
    sql.Column("version", sql.Integer, primary_key=True),
    _id("subject"),
    _text("answers"),
    _whole("revision"),
    _text("saved_at"),
)
SIGNATURES = sql.Table(
    "signatures",
    METADATA,
    _id("code"),
    sql.Column("version", sql.Integer, primary_key=True),
    _text("record"),
    _text("hash"),
)
AUDIT = sql.Table(
    "audit",
    METADATA,
    sql.Column("number", sql.Integer, primary_key=True, autoincrement=False),
    _text("at"),
    _text("who"),
    _text("action"),
    _text("subject"),
    _text("details"),
    _text("previous"),
    _text("hash"),
)
SCORES = sql.Table(
    "scores",
    METADATA,
    _id("name"),
    _text("form"),
    _text("form_checksum"),
    _text("score"),
    _text("checksum"),
    _text("origin"),  # what it was built from, or that it was drawn up by hand
    _text("frozen_by"),
    _text("frozen_at"),
)
QUERIES = sql.Table(
    "queries",
    METADATA,
    sql.Column("number", sql.Integer, primary_key=True, autoincrement=False),
    sql.Column("entry", sql.Integer, primary_key=True, autoincrement=False),
    _text("at"),
    _text("who"),
    _text("role"),
    _text("action"),  # asked, answered, closed
    _text("addressee"),  # role that is asked
    _text("subject"),
    _text("field"),
    _text("text"),
)
