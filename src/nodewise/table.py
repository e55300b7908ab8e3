"""What a table is: named, typed columns with a unit and a meaning, and a check of rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from nodewise.errors import NodewiseError


@dataclass(frozen=True, slots=True)
class Column:
    """One column: what it holds, in which unit, and whether it may be unknown (null)."""

    name: str
    kind: pl.DataType
    meaning: str
    unit: str = ""
    nullable: bool = True


@dataclass(frozen=True, slots=True)
class Table:
    """One table: its columns, which of them identify a row, and whether it tells the truth."""

    name: str
    meaning: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    truth: bool = False

    @property
    def schema(self) -> dict[str, pl.DataType]:
        """Column name → polars type."""
        return {column.name: column.kind for column in self.columns}

    def frame(self, rows: Sequence[Mapping[str, Any]] | pl.DataFrame = ()) -> pl.DataFrame:
        """Rows as a frame with exactly this table's columns; what a row lacks is null.

        Raises:
            NodewiseError: when a row has a column that the table does not know, a required one
                is null, or two rows share a key.
        """
        given = rows.rows(named=True) if isinstance(rows, pl.DataFrame) else rows
        unknown = {name for row in given for name in row} - set(self.schema)
        if unknown:
            raise NodewiseError(f"table {self.name} has no column {', '.join(sorted(unknown))}")
        frame = pl.DataFrame(
            [{name: row.get(name) for name in self.schema} for row in given], schema=self.schema
        )
        for column in self.columns:
            if not column.nullable and frame[column.name].null_count():
                raise NodewiseError(f"table {self.name}: column {column.name} must not be empty")
        if len(set(frame.select(self.key).iter_rows())) < len(frame):
            raise NodewiseError(f"table {self.name}: two rows share {', '.join(self.key)}")
        return frame
