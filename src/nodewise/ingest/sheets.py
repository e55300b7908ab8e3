"""Reads the hospital's tables: people, specimens, readings, and what became of the people.

Each cell that cannot be right becomes a problem with its row and column, and is left empty; a row
that cannot stand without it is left out. Values are never quoted: a shifted column would show a
name.
"""

import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, get_args

import polars as pl

from nodewise.anatomy import LevelSystem, Side, level_name
from nodewise.errors import IngestError, NodewiseError
from nodewise.ingest.contradictions import contradictions
from nodewise.ingest.pseudonyms import Pseudonyms
from nodewise.ingest.records import Problem, Rows
from nodewise.table import Column, Table
from nodewise.tables import (
    BONE_FINDINGS,
    BONE_SPECIMENS,
    DISSECTIONS,
    IMAGING_REPORTS,
    OUTCOMES,
    PARTICIPANTS,
    READINGS,
    SPECIMEN_NODES,
)
from nodewise.trial import CATEGORIES, LAST_CONTACT, Event

TABLES = {
    table.name: table
    for table in (
        SPECIMEN_NODES, DISSECTIONS, PARTICIPANTS, READINGS,
        OUTCOMES, BONE_FINDINGS, BONE_SPECIMENS, IMAGING_REPORTS,
    )
}  # fmt: skip
PATIENT = "patient_id"
LARGEST = 256 * 1024**2
"""Bytes of the largest table that is read."""

_EMPTY = {"", "na", "n/a", "nan", "null", "none", "unknown", "-", "?"}
_YES = {"true", "yes", "y", "t", "1"}
_NO = {"false", "no", "n", "f", "0"}
_SIDES = {"l": Side.LEFT, "r": Side.RIGHT} | {side.value: side for side in Side}
_LIMITS = {"mm": 300.0, "year": 120.0, "1": 1.0, "kg": 500.0, "m": 2.6}
_LEAST = {"kg": 0.5, "m": 0.2}
_FROM_ONE = ("iteration", "position", "version")
_WORDS: dict[str, tuple[str, ...]] = {
    "part": ("explorative", "pilot"),
    "p16": ("positive", "negative", "equivocal"),
    "hpv": ("positive", "negative"),
    "ebv": ("positive", "negative"),
    "event": (*get_args(Event), LAST_CONTACT),
    "basis": ("pathology", "imaging", "examination", "register"),
    "modality": ("MR", "CT", "PT", "US"),
    "ni_rads_neck": CATEGORIES["ni_rads_neck"],
    "bone": ("mandible", "maxilla", "palate", "hyoid bone", "skull base", "spine", "other"),
}
"""What some columns can say, upper or lower case; unknown is an empty cell."""

Row = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A table as text: its columns, and its rows with their numbers as an editor counts them."""

    columns: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]


class _BadError(Exception):
    """A cell that cannot be right: what was found and what is needed."""

    def __init__(self, found: str, needed: str) -> None:
        super().__init__(found)
        self.found, self.needed = found, needed


Fault = tuple[str, _BadError]


def load(path: Path) -> Text:
    """A table's text: CSV with commas, semicolons or tabs, or Parquet.

    Raises:
        IngestError: when it is too large or has no rows.
    """
    if path.stat().st_size > LARGEST:
        raise IngestError(f"a table of {path.stat().st_size} bytes is too large")
    if path.suffix.lower() == ".parquet":
        frame = pl.read_parquet(path)
        cells = frame.select(pl.all().cast(pl.String).fill_null("")).rows()
        lines = [(number, tuple(row)) for number, row in enumerate(cells, 2)]
        return Text(columns=tuple(_plain(name) for name in frame.columns), rows=tuple(lines))
    text = _decoded(path.read_bytes())
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_separator(text))
    lines = [(reader.line_num, tuple(cells)) for cells in reader if any(map(str.strip, cells))]
    if not lines:
        raise IngestError("the table is empty")
    return Text(columns=tuple(_plain(name) for name in lines[0][1]), rows=tuple(lines[1:]))


def _plain(name: str) -> str:
    plain = re.sub(r"[\s-]+", "_", name.strip().lower())
    return PATIENT if plain == "participant_id" else plain  # as BIDS calls it


def _decoded(raw: bytes) -> str:
    for encoding in ("utf-16",) if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig",):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw.decode("cp1252", "replace")


def _separator(text: str) -> str:
    first = text.partition("\n")[0]
    return max(",;\t", key=first.count)


def recognised(text: Text, name: str) -> Table | None:
    """Which table it is, by its file's name or else by its columns."""
    for table in TABLES.values():
        if table.name in _plain(name):
            return table
    for table in TABLES.values():
        needed = {
            PATIENT if c.name == "participant" else c.name for c in table.columns if not c.nullable
        }
        if needed <= set(text.columns):
            return table
    return None


@dataclass(slots=True)
class Checker:
    """Checks rows one table after the other, and remembers whom and what it has seen."""

    pseudonyms: Pseudonyms
    today: date = field(default_factory=lambda: datetime.now(UTC).date())
    _seen: dict[str, set[tuple[Any, ...]]] = field(default_factory=dict)

    def rows(self, text: Text, table: Table) -> Iterator[Rows | Problem]:
        """The rows of a table that can stand, and a problem for each cell or row that cannot."""
        yield from _columns(text, table)
        if lacking := _lacking(text, table):
            yield Problem(
                where=f"{table.name} table",
                found=f"it has no column {', '.join(lacking)}",
                needed=f"its columns: {_listed(table)}",
                action="add the columns; the whole table was left out",
            )
            return
        kept: list[Row] = []
        for line, cells in text.rows:
            row, faults, lost = self._row(dict(zip(text.columns, cells, strict=False)), table)
            who = row["participant"]
            for name, bad in faults:
                where = f"{table.name} table, row {line}, column {name}"
                yield _problem(where, bad, who, lost=lost)
            if not lost:
                kept.append(row)
        if kept:
            yield Rows(table=table.name, frame=table.frame(kept))

    def _row(self, cells: Mapping[str, str], table: Table) -> tuple[Row, list[Fault], bool]:
        """A row's values, what is wrong with it, and whether it cannot stand."""
        row: Row = {}
        faults: list[Fault] = []
        latest = self.today if table is OUTCOMES else date.max  # a follow-up of days to come
        for column in table.columns:
            name = PATIENT if column.name == "participant" else column.name
            try:
                text = cells.get(name, "")
                row[column.name] = self._cell(text, column, cells, latest=latest)
            except _BadError as bad:
                row[column.name] = None
                faults.append((name, bad))
        if any(_needed(table, name) for name, _ in faults):
            return row, faults, True
        against = [(name, _BadError(*says)) for name, *says in contradictions(row)]
        against = against or self._again(row, table)
        return row, faults + against, bool(against)

    def _cell(
        self, text: str, column: Column, cells: Mapping[str, str], *, latest: date = date.max
    ) -> Any:
        text = text.strip()
        if column.name == "participant":
            if not text:
                raise _BadError("there is no patient id", "the id of the patient")
            return self.pseudonyms.participant(text)
        if not text or (text.lower() in _EMPTY and column.name != "answer"):
            if not column.nullable:
                raise _BadError("it is empty", column.meaning)
            return None
        if column.name in ("level", "level_system"):
            return _level(column.name, cells)
        value = _value(text, column)
        if isinstance(value, date):
            if value > latest:
                raise _BadError("it lies in the future", "a day that has been")
            return self.pseudonyms.date(cells.get(PATIENT, ""), value)
        return value

    def _again(self, row: Row, table: Table) -> list[Fault]:
        key = tuple(row[name] for name in table.key)
        seen = self._seen.setdefault(table.name, set())
        if key not in seen:
            seen.add(key)
            return []
        name = table.key[-1] if len(table.key) > 1 else PATIENT
        told = " and ".join(PATIENT if part == "participant" else part for part in table.key)
        return [(name, _BadError(f"an earlier row has the same {told}", "each of them once"))]


def _value(text: str, column: Column) -> Any:
    if column.kind == pl.Boolean():
        return _flag(text)
    if column.kind == pl.Date():
        return _day(text)
    if column.kind == pl.Float64():
        return _number(text, column)
    return _count(text, column) if column.kind == pl.Int64() else _text(text, column)


def _flag(text: str) -> bool:
    if text.lower() not in _YES | _NO:
        raise _BadError("it is neither true nor false", "true or false")
    return text.lower() in _YES


def _count(text: str, column: Column) -> int:
    number = _number(text, column)
    if number != int(number):
        raise _BadError("it is no whole number", "a count")
    if column.name in _FROM_ONE and number < 1:
        raise _BadError("it is not 1 or more", column.meaning)
    return int(number)


def _text(text: str, column: Column) -> str:
    if column.name in ("side", "primary_side"):
        return _side(text, column)
    if column.name == "signed_at":
        return _moment(text)
    if column.name not in _WORDS:
        return text
    words = {word.lower(): word for word in _WORDS[column.name]}
    if text.lower() not in words:
        raise _BadError("it is none of the words that it can be", column.meaning)
    return words[text.lower()]


def _moment(text: str) -> str:
    """A time as ISO 8601 writes it, in UTC; one that names no zone is taken as UTC."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise _BadError("it is no time as ISO 8601 writes it", "2026-01-31T09:30:00Z") from None
    zoned = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return zoned.astimezone(UTC).isoformat(timespec="milliseconds")


def _side(text: str, column: Column) -> str:
    side = _SIDES.get(text.lower())
    if side is None or (not column.nullable and side == Side.MIDLINE):
        raise _BadError("it is no side", column.meaning)
    return side.value


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text[:10])
    except ValueError:
        raise _BadError("it is no date as ISO 8601 writes it", "year-month-day") from None
    if not 1900 <= day.year <= 2100:
        raise _BadError(f"its year is {day.year}", "a year from 1900 to 2100")
    return day


def _number(text: str, column: Column) -> float:
    text = text.replace(",", ".") if text.count(",") == 1 and "." not in text else text
    try:
        number = float(text)
    except ValueError:
        raise _BadError("it is no number", column.meaning) from None
    least, most = _LEAST.get(column.unit, 0), _LIMITS.get(column.unit, 1e6)
    if not least <= number <= most:
        raise _BadError(
            "it is negative"
            if number < 0
            else f"it is not in {least:g} to {most:g} {column.unit}".strip(),
            f"{column.meaning}, in {column.unit or 'number'}",
        )
    return number


def _level(name: str, cells: Mapping[str, str]) -> str | None:
    systems = {system.value.lower(): system for system in LevelSystem}
    system = systems.get(cells.get("level_system", "").strip().lower())
    if name == "level_system":
        return system and system.value  # one that is not known is told with the level
    if system is None:
        raise _BadError("no known system names it", "level_system: " + ", ".join(LevelSystem))
    try:
        return level_name(cells["level"], system)
    except NodewiseError as error:
        needed = str(error).partition("; ")[2]  # the first part quotes the cell
        raise _BadError(f"it is no level of {system}", f"{system}: {needed}") from None


def _needed(table: Table, name: str) -> bool:
    """Whether a row cannot stand without this column."""
    names = {PATIENT if c.name == "participant" else c.name: c.nullable for c in table.columns}
    return not names[name]


def _lacking(text: Text, table: Table) -> list[str]:
    names = [
        PATIENT if c.name == "participant" else c.name for c in table.columns if not c.nullable
    ]
    return [name for name in names if name not in text.columns]


def _listed(table: Table) -> str:
    return ", ".join(PATIENT if c.name == "participant" else c.name for c in table.columns)


def _columns(text: Text, table: Table) -> Iterator[Problem]:
    known = set(_listed(table).split(", "))
    strange = [str(i) for i, name in enumerate(text.columns, 1) if name not in known]
    if strange:
        yield Problem(
            where=f"{table.name} table",
            found=f"{len(strange)} columns are not known: number {', '.join(strange)}",
            needed=f"columns among {_listed(table)}",
            action="rename or remove them; the other columns were read",
        )
    twice = sorted({name for name in known if text.columns.count(name) > 1})
    if twice:
        yield Problem(
            where=f"{table.name} table",
            found=f"columns are there more than once: {', '.join(twice)}",
            needed="each column once",
            action="remove one of them; the last one was read",
        )


def _problem(where: str, bad: _BadError, who: str | None, *, lost: bool) -> Problem:
    return Problem(
        where=where,
        found=bad.found,
        needed=bad.needed,
        action="correct it; " + ("the row was left out" if lost else "the cell was left empty"),
        participant=who,
    )
