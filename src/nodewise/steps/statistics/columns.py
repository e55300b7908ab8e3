"""A statistician's table: its columns by name, and what was left out of them and why.

Values are never quoted in a message: a column picked by mistake could hold names.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from nodewise.errors import IngestError

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
Words = NDArray[np.str_]

MISSING = frozenset({"", "na", "n/a", "nan", "null", "."})
"""What an empty cell may look like, in lower case."""

_YES = frozenset({"1", "true", "yes", "y", "positive", "pos", "+"})
_NO = frozenset({"0", "false", "no", "n", "negative", "neg", "-"})
_ROW = "__row"  # where a row stood, so that a message can name it


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """Rows that could not be used.

    Args:
        rows: how many.
        reason: why.
    """

    rows: int
    reason: str

    def __str__(self) -> str:
        return f"{self.rows} {'row' if self.rows == 1 else 'rows'} {self.reason}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Rows of a table as text.

    Args:
        name: the file's name.
        frame: every cell as text, null where it is missing.
        read: rows of the file.
        left_out: rows that are no longer in the frame, and why.
    """

    name: str
    frame: pl.DataFrame
    read: int
    left_out: tuple[LeftOut, ...] = ()

    @property
    def rows(self) -> int:
        """Rows that are still there."""
        return self.frame.height

    def complete(self, names: Iterable[str]) -> "Columns":
        """The rows with a value in each of these columns; the others are counted by reason."""
        frame, gone = self.frame, list(self.left_out)
        for name in dict.fromkeys(names):
            self.having(name)
            kept = frame.filter(pl.col(name).is_not_null())
            if kept.height < frame.height:
                gone.append(LeftOut(rows=frame.height - kept.height, reason=f"without {name}"))
            frame = kept
        if not frame.height:
            told = "; ".join(map(str, gone))
            raise IngestError(f"{self.name} has no row to use: {told or 'it has no rows'}")
        return replace(self, frame=frame, left_out=tuple(gone))

    def where(self, name: str, value: str) -> "Columns":
        """The rows with one value of a column; this leaves nothing out, it looks at a part."""
        return replace(self, frame=self.frame.filter(pl.col(name) == value))

    def having(self, name: str) -> None:
        """Refuse a column that is not there, naming those that are."""
        there = [column for column in self.frame.columns if column != _ROW]
        if name in there:
            return
        near = get_close_matches(name, there, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else "."
        raise IngestError(f"{self.name} has no column {name!r}{hint} It has: {', '.join(there)}")

    def words(self, name: str) -> Words:
        """A column as text, shape (n,)."""
        self.having(name)
        return np.asarray(self.frame[name].to_list(), dtype=np.str_)

    def numbers(self, name: str) -> Array:
        """A column as numbers, shape (n,)."""
        self.having(name)
        values = self.frame[name].cast(pl.Float64, strict=False)
        wrong = self.frame.filter(values.is_null() | ~values.is_finite())
        if wrong.height:
            raise IngestError(
                f"column {name} of {self.name} must hold numbers: {wrong.height} of {self.rows} "
                f"cells are none, the first in row {wrong[_ROW][0]}"
            )
        return values.to_numpy().astype(np.float64)

    def numeric(self, name: str) -> bool:
        """Whether every known cell of a column is a finite number."""
        self.having(name)
        values = self.frame[name].drop_nulls().cast(pl.Float64, strict=False)
        return bool((values.is_not_null() & values.is_finite()).all())

    def two_valued(self, name: str) -> bool:
        """Whether a column says yes or no in words that are known here."""
        self.having(name)
        return {_plain(value) for value in self.frame[name].drop_nulls().unique()} <= _YES | _NO

    def yes_no(self, name: str, positive: str | None = None) -> Mask:
        """A column of two values as true and false, shape (n,).

        Args:
            name: of the column.
            positive: which value means yes; None: 1, true, yes, positive and the like.
        """
        values = [_plain(value) for value in self.words(name)]
        kinds = set(values)
        if len(kinds) == 1:
            raise IngestError(
                f"column {name} of {self.name} has one value in all {self.rows} rows; "
                "two are needed, positive and negative"
            )
        if len(kinds) > 2:
            raise IngestError(
                f"column {name} of {self.name} has {len(kinds)} values; two are needed, positive "
                "and negative (--missing WORD takes a word such as 'unknown' for an empty cell)"
            )
        meant = kinds & _YES if positive is None else {_plain(positive)} & kinds
        if len(meant) != 1 or (positive is None and not kinds - meant <= _NO):
            raise IngestError(
                f"column {name} of {self.name} does not say which of its two values is positive; "
                "write 1 and 0, or yes and no, or name the value with --positive"
            )
        return np.array([value in meant for value in values])

    def said_yes(self, name: str) -> Mask:
        """A column of known words for yes and no, which may say the same in every row."""
        return np.array([_plain(value) in _YES for value in self.words(name)])

    def patients(self, name: str | None) -> Words | Array:
        """The patient of each row, shape (n,); without a column each row is another patient."""
        if name is not None:
            return self.words(name)
        return self.frame[_ROW].to_numpy().astype(np.float64)

    def told(self) -> dict[str, Any]:
        """What was read and what was left out, for other programs."""
        return {
            "table": self.name,
            "rows_read": self.read,
            "rows_used": self.rows,
            "left_out": [{"rows": one.rows, "reason": one.reason} for one in self.left_out],
        }


def load(path: Path, *, missing: Sequence[str] = ()) -> Columns:
    """Read a CSV (commas, semicolons or tabs) or Parquet table.

    Args:
        path: of the file.
        missing: words that mean an empty cell, besides NA, NaN and the like.
    """
    empty = MISSING | {_plain(word) for word in missing}
    try:
        frame = pl.read_parquet(path) if path.suffix.lower() == ".parquet" else _csv(path)
        frame = frame.select(pl.all().cast(pl.String).str.strip_chars())
    except (pl.exceptions.PolarsError, OSError, UnicodeError) as error:
        raise IngestError(
            f"{path.name} cannot be read as a CSV or Parquet table ({type(error).__name__})"
        ) from None
    frame = frame.rename({name: name.strip() for name in frame.columns})
    blank = pl.all().str.to_lowercase().is_in(sorted(empty))
    frame = frame.with_columns(pl.when(~blank).then(pl.all()).name.keep())
    return Columns(name=path.name, frame=frame.with_row_index(_ROW, 1), read=frame.height)


def _csv(path: Path) -> pl.DataFrame:
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        first = file.readline()
    separator = max(",;\t", key=first.count)
    frame = pl.read_csv(path, infer_schema=False, separator=separator, encoding="utf8-lossy")
    if separator != ";":
        return frame
    comma = re.compile(r"^\s*[+-]?\d+,\d+([eE][+-]?\d+)?\s*$").pattern  # 0,94 as Excel writes it
    decimal = pl.all().str.contains(comma)
    return frame.with_columns(
        pl.when(decimal).then(pl.all().str.replace(",", ".", literal=True)).otherwise(pl.all())
    )


def _plain(value: str) -> str:
    """A value without case, and whole numbers without their zeros: 1.0 is 1."""
    return re.sub(r"^([+-]?\d+)\.0*$", r"\1", value.strip().lower())
