"""Readings that an earlier nodewise made: upgraded on both engines, and nothing lost."""

from pathlib import Path

import pytest
import sqlalchemy as sql
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from nodewise.errors import StoreError
from nodewise.store import migration
from nodewise.store.audit import open_trail, upgrade_trail
from nodewise.store.reading import Readings
from nodewise.store.reading_schema import METADATA, NEWEST

KEY = b"k" * 32
HERE = Path(__file__).parent


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request, tmp_path):
    if request.param == "postgresql":
        return request.getfixturevalue("postgres")()
    return f"sqlite:///{tmp_path / 'reading.sqlite'}"


@pytest.fixture
def first(address):
    """Readings as the first release left them, triggers and all."""
    engine = sql.create_engine(address)
    names = ("first_schema", f"first_schema_{engine.dialect.name}")
    script = "\n".join((HERE / f"{name}.sql").read_text() for name in names)
    raw = engine.raw_connection()
    if engine.dialect.name == "sqlite":
        raw.executescript(script)
    else:
        raw.cursor().execute(script)
    raw.commit()
    raw.close()
    yield engine
    engine.dispose()


def differences(engine):
    """What the database has otherwise than the tables that the code speaks of."""
    with engine.connect() as connection:
        found = compare_metadata(MigrationContext.configure(connection), METADATA)
    return [each for each in found if "alembic_version" not in str(each)]


def refused(engine, *statements):
    for statement in statements:
        with (
            pytest.raises(sql.exc.DBAPIError, match=r"append-only|read-only"),
            engine.begin() as connection,
        ):
            connection.execute(sql.text(statement))


def test_a_new_database_has_the_tables_that_the_code_speaks_of(tmp_path, address):
    engine = open_trail(tmp_path, KEY, url=address).engine
    assert differences(engine) == []
    assert migration.schema_of(engine) == NEWEST
    engine.dispose()


def test_the_newest_schema_is_the_last_step():
    folder = str(Path(migration.__file__).with_name("migrations"))
    steps = ScriptDirectory(folder, version_locations=[folder])
    assert steps.get_heads() == [NEWEST]


def test_the_first_schema_is_refused_with_the_command_that_upgrades_it(tmp_path, first, address):
    with pytest.raises(StoreError, match=r"schema 1, .* needs 2; upgrade .* 'nodewise upgrade"):
        open_trail(tmp_path, KEY, url=address)


def test_the_first_schema_is_upgraded_with_all_that_was_in_it(tmp_path, first, address):
    assert upgrade_trail(tmp_path, KEY, url=address) == "1"
    assert upgrade_trail(tmp_path, KEY, url=address) is None
    trail = open_trail(tmp_path, KEY, url=address)
    readings = Readings(trail)
    assert differences(trail.engine) == []
    assert trail.broken() == []
    assert trail.events()[-1]["action"] == "upgraded"
    assert readings.answers("ABCDEFGH", 1)["1"]["answers"] == {"suspicion": 4}
    assert (readings.round("first")["visit"], readings.round("first")["cases"]) == (
        "pre-treatment", 2,
    )  # fmt: skip
    with pytest.raises(StoreError, match="signed"):
        readings.save(
            readings.read("ABCDEFGH"), "1", answers={"suspicion": 5}, revision=1, seconds=1
        )
    refused(trail.engine, "UPDATE audit SET who = 'x'", "DELETE FROM answers")
    trail.engine.dispose()


def test_a_sqlite_file_is_copied_beside_itself_before_it_is_upgraded(tmp_path, first, address):
    upgrade_trail(tmp_path, KEY, url=address)
    copy = tmp_path / "reading.sqlite.schema-1"
    assert copy.exists() == address.startswith("sqlite")
    if copy.exists():
        assert migration.schema_of(sql.create_engine(f"sqlite:///{copy}")) == "1"


def test_a_step_that_fails_leaves_the_schema_as_it_was(tmp_path, first, address):
    with first.begin() as connection:
        connection.execute(sql.text("CREATE TABLE queries (number INTEGER)"))  # in the step's way
    with pytest.raises(sql.exc.DBAPIError):
        upgrade_trail(tmp_path, KEY, url=address)
    assert migration.schema_of(first) == "1"
    columns = {each["name"] for each in sql.inspect(first).get_columns("rounds")}
    assert "adjudicates" not in columns


def test_a_schema_of_the_future_is_refused_and_left_alone(tmp_path, address):
    engine = open_trail(tmp_path, KEY, url=address).engine
    with engine.begin() as connection:
        connection.execute(sql.text("UPDATE alembic_version SET version_num = '99'"))
    for opening in (open_trail, upgrade_trail):
        with pytest.raises(StoreError, match=r"schema 99, .* with the version that wrote them"):
            opening(tmp_path, KEY, url=address)
    engine.dispose()
