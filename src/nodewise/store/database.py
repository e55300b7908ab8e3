"""Tables of `tables.py` in a database file, written so that a stop at any moment loses nothing."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import polars as pl
import sqlalchemy as sql

from nodewise.errors import StoreError
from nodewise.table import Table
from nodewise.tables import TABLES

_TYPES: dict[pl.DataType, type[sql.types.TypeEngine[Any]]] = {
    pl.String(): sql.Text,
    pl.Float64(): sql.Float,
    pl.Int64(): sql.Integer,
    pl.Boolean(): sql.Boolean,
    pl.Date(): sql.Date,
}


class Database:
    """One file holding some of the project's tables, and a ledger of the work done on them."""

    def __init__(self, path: Path, *, truth: bool) -> None:
        self._metadata = sql.MetaData()
        self._tables = {
            table.name: _declare(table, self._metadata)
            for table in TABLES.values()
            if table.truth == truth
        }
        self._ledger = sql.Table(
            "ledger",
            self._metadata,
            sql.Column("step", sql.Text, primary_key=True),
            sql.Column("item", sql.Text, primary_key=True),
            sql.Column("key", sql.Text, nullable=False),
            sql.Column("finished", sql.Text, nullable=False),
            sql.Column("version", sql.Text, nullable=False),
        )
        self._engine = sql.create_engine(f"sqlite:///{path}")
        self._together: sql.Connection | None = None
        self._metadata.create_all(self._engine)
        _widen(self._engine, self._tables)

    def read(self, name: str, where: Mapping[str, str] | None = None) -> pl.DataFrame:
        """A whole table, or its rows that `where` (column: value) names."""
        table = self._table(name)
        condition = [table.c[column] == value for column, value in (where or {}).items()]
        with self._reading() as connection:
            rows = connection.execute(sql.select(table).where(*condition)).mappings().all()
        return TABLES[name].frame([dict(row) for row in rows])

    def write(
        self,
        name: str,
        rows: pl.DataFrame | Sequence[Mapping[str, Any]],
        where: Mapping[str, str] | None = None,
    ) -> None:
        """Put rows in the place of those that `where` (column: value) names, or of all.

        Rows of the same key elsewhere in the table are replaced too.
        """
        frame = TABLES[name].frame(rows)
        table = self._table(name)
        with self._writing() as connection:
            condition = [table.c[column] == value for column, value in (where or {}).items()]
            connection.execute(sql.delete(table).where(*condition))
            if len(frame):
                insert = sql.insert(table).prefix_with("OR REPLACE")
                connection.execute(insert, frame.to_dicts())

    def add(self, name: str, rows: pl.DataFrame | Sequence[Mapping[str, Any]]) -> None:
        """Add rows; a row whose key is there already takes its place."""
        frame = TABLES[name].frame(rows)
        if len(frame):
            with self._writing() as connection:
                insert = sql.insert(self._table(name)).prefix_with("OR REPLACE")
                connection.execute(insert, frame.to_dicts())

    def finished(self, step: str) -> dict[str, str]:
        """Items of a step that are done, with the key (hash of inputs and code) they had."""
        ledger = self._ledger
        query = sql.select(ledger.c.item, ledger.c.key).where(ledger.c.step == step)
        with self._reading() as connection:
            return {row.item: row.key for row in connection.execute(query)}

    def finish(self, step: str, item: str, *, key: str) -> None:
        """Write into the ledger that an item of a step is done."""
        row = {
            "step": step,
            "item": item,
            "key": key,
            "finished": datetime.now(UTC).isoformat(timespec="seconds"),
            "version": version("nodewise"),
        }
        with self._writing() as connection:
            connection.execute(sql.insert(self._ledger).prefix_with("OR REPLACE"), row)

    def forget(self, step: str, items: set[str]) -> None:
        """Strike items of a step from the ledger."""
        ledger = self._ledger
        with self._writing() as connection:
            connection.execute(
                sql.delete(ledger).where(ledger.c.step == step, ledger.c.item.in_(items))
            )

    def ledger(self) -> list[dict[str, str]]:
        """The whole ledger, oldest work first."""
        query = sql.select(self._ledger).order_by(self._ledger.c.finished)
        with self._reading() as connection:
            return [dict(row) for row in connection.execute(query).mappings()]

    @contextmanager
    def together(self) -> Iterator[None]:
        """Keep all that is written within at once; a stop before its end keeps none of it."""
        with self._engine.begin() as self._together:
            try:
                yield
            finally:
                self._together = None

    @contextmanager
    def _writing(self) -> Iterator[sql.Connection]:
        if self._together is not None:
            yield self._together
            return
        with self._engine.begin() as connection:
            yield connection

    @contextmanager
    def _reading(self) -> Iterator[sql.Connection]:
        if self._together is not None:
            yield self._together
            return
        with self._engine.connect() as connection:
            yield connection

    def close(self) -> None:
        """Let go of the file."""
        self._engine.dispose()

    def _table(self, name: str) -> sql.Table:
        if name not in self._tables:
            raise StoreError(f"table {name} is not kept in this database")
        return self._tables[name]


def _widen(engine: sql.Engine, tables: Mapping[str, sql.Table]) -> None:
    """Give tables of an earlier version the columns that they lack; their rows have none there."""
    found = sql.inspect(engine).get_multi_columns()
    lacking = [
        (name, column)
        for name, table in tables.items()
        for column in table.columns
        if column.name not in {each["name"] for each in found[None, name]}
    ]
    with engine.begin() as connection:
        for name, column in lacking:
            kind = column.type.compile(engine.dialect)
            connection.exec_driver_sql(f'ALTER TABLE "{name}" ADD COLUMN "{column.name}" {kind}')


def _declare(table: Table, metadata: sql.MetaData) -> sql.Table:
    """A table of the project as SQL.

    Uniqueness is a constraint rather than a primary key: parts of some keys may be empty.
    """
    return sql.Table(
        table.name,
        metadata,
        *[
            sql.Column(column.name, _TYPES[column.kind], nullable=column.nullable)
            for column in table.columns
        ],
        sql.UniqueConstraint(*table.key),
    )
