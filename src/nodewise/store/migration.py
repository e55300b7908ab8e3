"""The schema of the readings over time: made, checked, and upgraded step by step."""

from pathlib import Path

import sqlalchemy as sql

from nodewise.errors import StoreError
from nodewise.store.reading_schema import NEWEST

FIRST = "1"
_STEPS = Path(__file__).with_name("migrations")


def make_or_check(engine: sql.Engine) -> None:
    """Make the tables of an empty database; refuse one of another schema.

    Raises:
        StoreError: saying what to do about it.
    """
    found = schema_of(engine)
    if found is None:
        upgrade(engine)
    elif found != NEWEST:
        raise StoreError(
            f"the readings have schema {found}, this nodewise needs {NEWEST}; "
            + (
                "upgrade them with 'nodewise upgrade STUDY'"
                if found in _earlier()
                else "open them with the version that wrote them"
            )
        )


def schema_of(engine: sql.Engine) -> str | None:
    """The schema that a database has; none when it is empty."""
    with engine.connect() as connection:
        return _schema(connection)


def upgrade(engine: sql.Engine) -> str | None:
    """Bring a database to the newest schema, in one transaction that holds wholly or not at all.

    A SQLite file is copied beside itself first.

    Returns:
        The schema that it had, when there was something to do for it.
    """
    before = schema_of(engine)
    if before == NEWEST:
        return None
    if before is not None and before not in _earlier():
        make_or_check(engine)
    if before is not None and engine.dialect.name == "sqlite":
        _copy(engine, before)
    with engine.connect() as connection:
        begin(connection)
        _run(connection)
        connection.commit()
    return before


def begin(connection: sql.Connection) -> None:
    """Take the write lock first, so that two writers queue instead of failing half-way."""
    if connection.engine.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        connection.execute(sql.text("SELECT pg_advisory_xact_lock(20261121)"))


def _schema(connection: sql.Connection) -> str | None:
    tables = sql.inspect(connection)
    for table, column in (("alembic_version", "version_num"), ("reading_schema", "version")):
        if tables.has_table(table):
            found = connection.execute(sql.text(f"SELECT {column} FROM {table}")).scalar()
            return None if found is None else str(found)
    return None


def _run(connection: sql.Connection) -> None:
    """Go the steps that lack; the lock is held, and somebody may have gone them meanwhile."""
    from alembic.config import Config  # here, since most openings have nothing to upgrade
    from alembic.environment import EnvironmentContext
    from alembic.script import ScriptDirectory

    steps = ScriptDirectory(str(_STEPS), version_locations=[str(_STEPS)])
    before = _schema(connection)

    def lacking(revision: object, _context: object) -> object:
        return steps._upgrade_revs("head", revision)  # type: ignore[arg-type]

    with EnvironmentContext(Config(), steps, fn=lacking) as environment:
        environment.configure(connection=connection)
        if before == FIRST:
            environment.get_context().stamp(steps, FIRST)  # it was not written down before alembic
        environment.run_migrations()


def _earlier() -> list[str]:
    return [str(number) for number in range(1, int(NEWEST))]


def _copy(engine: sql.Engine, schema: str) -> None:
    place = Path(f"{engine.url.database}.schema-{schema}")
    if not place.exists():
        with engine.connect() as connection:
            connection.exec_driver_sql("VACUUM INTO ?", (str(place),))
