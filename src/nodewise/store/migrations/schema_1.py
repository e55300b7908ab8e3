"""The first schema: users, rounds, worklists, answers, signatures and the audit trail."""

import sqlalchemy as sql
from alembic import op

revision, down_revision = "1", None

_APPEND_ONLY = ("audit", "signatures")


def upgrade() -> None:
    """Make the tables, and the triggers that keep signed and logged rows unchanged."""
    _people()
    _worklists()
    _answers()
    _trail()
    for statement in _triggers(op.get_context().dialect.name):
        op.execute(statement)


def _text(name: str, *, key: bool = False, empty: bool = False) -> "sql.Column[str]":
    return sql.Column(name, sql.Text, primary_key=key, nullable=empty)


def _whole(name: str, *, key: bool = False) -> "sql.Column[int]":
    return sql.Column(name, sql.Integer, primary_key=key, autoincrement=False, nullable=False)


def _people() -> None:
    op.create_table(
        "users", _text("name", key=True), _text("role"), _text("password"), _text("added_at")
    )
    op.create_table(
        "logins",
        _text("token", key=True),
        *[_text(name) for name in ("name", "csrf", "began_at", "seen_at")],
    )
    op.create_table("attempts", _text("name"), _text("address"), _text("at"))


def _worklists() -> None:
    op.create_table(
        "rounds",
        _text("round", key=True),
        *[_text(name) for name in ("part", "form", "form_checksum", "shows")],
        _whole("iterations"),
        _whole("washout_days"),
        sql.Column("shows_score", sql.Boolean, nullable=False),
        _whole("seed"),
        _text("added_at"),
    )
    op.create_table(
        "reads",
        _text("code", key=True),
        _text("round"),
        _text("reader"),
        _whole("position"),
        _whole("iteration"),
        _text("participant"),
        _text("visit"),
        _text("after", empty=True),
        _whole("version"),
        _text("opened_at", empty=True),
        _text("signed_at", empty=True),
        sql.Column("seconds", sql.Float, nullable=False),
        sql.UniqueConstraint("round", "reader", "position"),
    )


def _answers() -> None:
    op.create_table(
        "answers",
        _text("code", key=True),
        _whole("version", key=True),
        _text("subject", key=True),
        _text("answers"),
        _whole("revision"),
        _text("saved_at"),
    )
    op.create_table(
        "signatures",
        _text("code", key=True),
        _whole("version", key=True),
        _text("record"),
        _text("hash"),
    )


def _trail() -> None:
    words = ("at", "who", "action", "subject", "details", "previous", "hash")
    op.create_table("audit", _whole("number", key=True), *[_text(name) for name in words])


def _triggers(dialect: str) -> list[str]:
    if dialect == "sqlite":
        return [
            f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            for table in _APPEND_ONLY
            for verb in ("UPDATE", "DELETE")
        ] + [_signed_sqlite(verb) for verb in ("INSERT", "UPDATE", "DELETE")]
    refuse = (
        "CREATE FUNCTION append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
    )
    signed = (
        "CREATE FUNCTION not_signed() RETURNS trigger LANGUAGE plpgsql AS $$ "
        "DECLARE it record; BEGIN IF TG_OP = 'DELETE' THEN it := OLD; ELSE it := NEW; END IF; "
        "IF EXISTS (SELECT 1 FROM signatures s WHERE s.code = it.code AND s.version = it.version) "
        "THEN RAISE EXCEPTION 'signed answers are read-only'; END IF; RETURN it; END $$"
    )
    return [
        refuse,
        signed,
        *[
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE "
            f"ON {table} FOR EACH STATEMENT EXECUTE FUNCTION append_only()"
            for table in _APPEND_ONLY
        ],
        "CREATE TRIGGER answers_signed BEFORE INSERT OR UPDATE OR DELETE ON answers "
        "FOR EACH ROW EXECUTE FUNCTION not_signed()",
    ]


def _signed_sqlite(verb: str) -> str:
    row = "OLD" if verb == "DELETE" else "NEW"
    return (
        f"CREATE TRIGGER answers_signed_{verb.lower()} BEFORE {verb} ON answers "
        f"WHEN EXISTS (SELECT 1 FROM signatures s WHERE s.code = {row}.code "
        f"AND s.version = {row}.version) "
        "BEGIN SELECT RAISE(ABORT, 'signed answers are read-only'); END"
    )
