"""Adjudication, frozen scores, queries, and the design of a round kept whole."""

import sqlalchemy as sql
from alembic import op

revision, down_revision = "2", "1"

_APPEND_ONLY = ("scores", "queries")


def upgrade() -> None:
    """Add what rounds lacked, the two new tables and their triggers."""
    for name in ("visit", "adjudicates", "score"):
        op.add_column("rounds", sql.Column(name, sql.Text))
    op.add_column("rounds", sql.Column("cases", sql.Integer))
    _remember_designs()
    _tables()
    _triggers(op.get_context().dialect.name)
    if sql.inspect(op.get_bind()).has_table("reading_schema"):
        op.drop_table("reading_schema")  # its place is taken by alembic_version


def _remember_designs() -> None:
    """A round planned before keeps the visit and the number of cases that it was given."""
    op.execute(
        "UPDATE rounds SET "
        "visit = (SELECT MIN(visit) FROM reads WHERE reads.round = rounds.round), "
        "cases = (SELECT COUNT(DISTINCT participant) FROM reads WHERE reads.round = rounds.round)"
    )


def _tables() -> None:
    frozen = ("form", "form_checksum", "score", "checksum", "origin", "frozen_by", "frozen_at")
    op.create_table(
        "scores",
        sql.Column("name", sql.Text, primary_key=True),
        *[sql.Column(name, sql.Text, nullable=False) for name in frozen],
    )
    said = ("at", "who", "role", "action", "addressee", "subject", "field", "text")
    op.create_table(
        "queries",
        sql.Column("number", sql.Integer, primary_key=True, autoincrement=False),
        sql.Column("entry", sql.Integer, primary_key=True, autoincrement=False),
        *[sql.Column(name, sql.Text, nullable=False) for name in said],
    )


def _triggers(dialect: str) -> None:
    for table in _APPEND_ONLY:
        if dialect != "sqlite":
            op.execute(
                f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE "
                f"ON {table} FOR EACH STATEMENT EXECUTE FUNCTION append_only()"
            )
            continue
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
