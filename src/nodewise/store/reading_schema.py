"""Tables of reading studies, in a database of their own, and what keeps signed rows unchanged."""

import sqlalchemy as sql

METADATA = sql.MetaData()


def _text(name: str, *, empty: bool = False) -> "sql.Column[str]":
    return sql.Column(name, sql.Text, nullable=empty)


def _id(name: str) -> "sql.Column[str]":
    return sql.Column(name, sql.Text, primary_key=True)


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
SCHEMA = sql.Table("reading_schema", METADATA, sql.Column("version", sql.Integer, primary_key=True))
VERSION = 1

_APPEND_ONLY = (AUDIT.name, SIGNATURES.name)


def make(engine: sql.Engine) -> None:
    """Make the tables that are missing, and the triggers that keep rows unchanged."""
    METADATA.create_all(engine)
    with engine.begin() as connection:
        for statement in _triggers(engine.dialect.name):
            connection.execute(sql.text(statement))
        if connection.execute(sql.select(SCHEMA.c.version)).first() is None:
            connection.execute(sql.insert(SCHEMA), {"version": VERSION})


def _triggers(dialect: str) -> list[str]:
    if dialect == "sqlite":
        return [
            f"CREATE TRIGGER IF NOT EXISTS {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            for table in _APPEND_ONLY
            for verb in ("UPDATE", "DELETE")
        ] + [_signed_sqlite(verb) for verb in ("INSERT", "UPDATE", "DELETE")]
    refuse = (
        "CREATE OR REPLACE FUNCTION append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
    )
    signed = (
        "CREATE OR REPLACE FUNCTION not_signed() RETURNS trigger LANGUAGE plpgsql AS $$ "
        "DECLARE it record; BEGIN IF TG_OP = 'DELETE' THEN it := OLD; ELSE it := NEW; END IF; "
        "IF EXISTS (SELECT 1 FROM signatures s WHERE s.code = it.code AND s.version = it.version) "
        "THEN RAISE EXCEPTION 'signed answers are read-only'; END IF; RETURN it; END $$"
    )
    return [refuse, signed] + [
        f"CREATE OR REPLACE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE "
        f"ON {table} FOR EACH STATEMENT EXECUTE FUNCTION append_only()"
        for table in _APPEND_ONLY
    ] + [
        "CREATE OR REPLACE TRIGGER answers_signed BEFORE INSERT OR UPDATE OR DELETE ON answers "
        "FOR EACH ROW EXECUTE FUNCTION not_signed()"
    ]  # fmt: skip


def _signed_sqlite(verb: str) -> str:
    row = "OLD" if verb == "DELETE" else "NEW"
    return (
        f"CREATE TRIGGER IF NOT EXISTS answers_signed_{verb.lower()} BEFORE {verb} ON answers "
        f"WHEN EXISTS (SELECT 1 FROM signatures s WHERE s.code = {row}.code "
        f"AND s.version = {row}.version) "
        "BEGIN SELECT RAISE(ABORT, 'signed answers are read-only'); END"
    )
