"""Level tables of lyDATA: three header rows (modality / side / level), one row per patient.

The layout is that of Ludwig et al., Data Brief 2022;43:108345, doi:10.1016/j.dib.2022.108345.
An empty cell is not recorded; it is never negative.
"""

import csv
import hashlib
import io
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import accumulate
from pathlib import Path
from typing import NamedTuple

import polars as pl

from nodewise.anatomy import LEVELS, LevelSystem, RelativeSide, Side, level_name, superlevel
from nodewise.errors import IngestError, NodewiseError

SYSTEM = LevelSystem.GREGOIRE
"""The numbering of lyDATA, which alone has levels VIII to X."""

SIDES: Mapping[str, str] = {
    "ipsi": RelativeSide.IPSILATERAL,
    "contra": RelativeSide.CONTRALATERAL,
    "left": Side.LEFT,
    "right": Side.RIGHT,
}
ORDER: Sequence[str] = tuple(
    name for level, parts in LEVELS[SYSTEM].items() for name in (level, *parts)
)
"""Levels, each before its sublevels, from I to XB."""

_ANSWERS: Mapping[str, bool | None] = {
    "true": True, "false": False, "": None, "nan": None, "na": None, "none": None,
}  # fmt: skip
_FINDINGS = pl.Schema(
    {"patient": pl.Int64(), "side": pl.String(), "level": pl.String(), "involved": pl.Boolean()}
)


class Heading(NamedTuple):
    """The three header cells of a column."""

    modality: str
    side: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelTable:
    """A level table as read; patients are numbers from 1 on, their identifiers stay behind.

    Args:
        name: the file's name, without its folder.
        digest: SHA-256 of its content.
        headings: the three header cells of every column.
        rows: the cells, one row per line of the file that has all its cells.
        ragged: lines left out because they have too few or too many cells.
        repeated: lines left out because their patient's identifier has come before.
    """

    name: str
    digest: str
    headings: tuple[Heading, ...]
    rows: tuple[tuple[str, ...], ...]
    ragged: int
    repeated: int

    @property
    def modalities(self) -> tuple[str, ...]:
        """Modalities that say of levels whether they are involved, in the table's order."""
        return tuple(name for name in self._sided() if not self._counts(name))

    @property
    def counted(self) -> tuple[str, ...]:
        """Modalities that hold numbers of nodes instead."""
        return tuple(name for name in self._sided() if self._counts(name))

    def modality(self, text: str) -> str:
        """The modality's name as the table writes it.

        Raises:
            IngestError: when the table has no such modality, naming those that it has.
        """
        for name in self.modalities:
            if name.lower() == text.strip().lower():
                return name
        there = f"it has {', '.join(self.modalities) or 'none'}"
        if text in self.counted:
            raise IngestError(
                f"{self.name}: '{text}' holds numbers of nodes, not True or False; "
                f"choose a modality that calls levels involved or not: {there}"
            )
        raise IngestError(f"{self.name} has no modality '{text}'; {there}")

    def columns(self, modality: str) -> Iterator[tuple[int, str, str]]:
        """Position, side and level of each of a modality's level columns."""
        for position, heading in enumerate(self.headings):
            if heading.modality == modality and heading.side in SIDES:
                name = _level(heading.name)
                if name is not None:
                    yield position, SIDES[heading.side], name

    def findings(self, modality: str) -> pl.DataFrame:
        """One row per patient, side and level column of a modality; null is not recorded."""
        rows = [
            (patient, side, level, _ANSWERS.get(row[position].strip().lower()))
            for position, side, level in self.columns(modality)
            for patient, row in enumerate(self.rows, start=1)
        ]
        return pl.DataFrame(rows, schema=_FINDINGS, orient="row")

    def nodes(self, modality: str) -> pl.DataFrame:
        """One row per patient, side and level column of a modality that counts nodes.

        Null is not recorded.
        """
        rows = [
            (patient, side, level, _whole(row[position]))
            for position, side, level in self.columns(modality)
            for patient, row in enumerate(self.rows, start=1)
        ]
        schema = _FINDINGS | {"involved": pl.Int64()}
        return pl.DataFrame(rows, schema=schema, orient="row").rename({"involved": "nodes"})

    def unreadable(self, modality: str) -> int:
        """Cells of a modality that hold neither True nor False nor nothing."""
        positions = [position for position, _, _ in self.columns(modality)]
        return sum(row[p].strip().lower() not in _ANSWERS for row in self.rows for p in positions)

    def dates(self, modality: str) -> pl.DataFrame:
        """Each patient's day of a modality; null where it is not recorded or unreadable."""
        found = [i for i, h in enumerate(self.headings) if h.modality == modality and _dated(h)]
        days = [_day(row[found[0]]) if found else None for row in self.rows]
        schema = {"patient": pl.Int64(), "date": pl.Date()}
        return pl.DataFrame({"patient": range(1, len(days) + 1), "date": days}, schema=schema)

    def _sided(self) -> list[str]:
        return list(dict.fromkeys(h.modality for h in self.headings if h.side in SIDES))

    def _counts(self, modality: str) -> bool:
        """Whether what a modality's cells hold is never True or False."""
        cells = {
            row[position].strip().lower()
            for position, _, _ in self.columns(modality)
            for row in self.rows
        }
        said = cells - {text for text, answer in _ANSWERS.items() if answer is None}
        return bool(said) and said.isdisjoint({"true", "false"})


def read(path: Path) -> LevelTable:
    """Read a lyDATA table.

    Raises:
        IngestError: when the file is no such table.
    """
    content = _content(path)
    lines = _lines(path.name, content)
    headings = _headings(path.name, lines[:3])
    body = [tuple(line) for line in lines[3:] if any(cell.strip() for cell in line)]
    whole = [line for line in body if len(line) == len(headings)]
    if not whole:
        raise IngestError(
            f"{path.name} holds no patients: below its three header rows no line has all "
            f"{len(headings)} cells"
        )
    rows = _once(headings, whole)
    return LevelTable(
        name=path.name,
        digest=hashlib.sha256(content).hexdigest(),
        headings=headings,
        rows=rows,
        ragged=len(body) - len(whole),
        repeated=len(whole) - len(rows),
    )


def superlevels(findings: pl.DataFrame) -> pl.DataFrame:
    """Findings per level, sublevels taken together.

    A level that is recorded stands. One that is not is involved if any of its sublevels is, free
    if two sublevels or more are recorded and none of the table's is missing or involved, and else
    not known.

    Args:
        findings: columns patient, side, level, involved.

    Returns:
        The same columns, with `filled` (read from the sublevels) and `disagrees` (the level says
        one thing, its sublevels another).
    """
    part = pl.col("level") != pl.col("above")
    parts = pl.col("involved").filter(part)
    above = {name: superlevel(name) for name in findings["level"].unique()}
    return (
        findings.with_columns(above=pl.col("level").replace_strict(above, return_dtype=pl.String))
        .group_by("patient", "side", "above", maintain_order=True)
        .agg(
            own=pl.col("involved").filter(~part).first(),
            below=pl.when(parts.any())
            .then(pl.lit(value=True))
            .when((parts.count() == parts.len()) & (parts.len() >= 2))
            .then(pl.lit(value=False)),
        )
        .select(
            "patient",
            "side",
            level="above",
            involved=pl.coalesce("own", "below"),
            filled=pl.col("own").is_null() & pl.col("below").is_not_null(),
            disagrees=(pl.col("own") != pl.col("below")).fill_null(value=False),
        )
    )


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise IngestError(f"{path.name} cannot be read: {error.strerror}") from None


def _lines(name: str, content: bytes) -> list[list[str]]:
    """The file's lines as cells; commas, semicolons or tabs part them."""
    if b"\0" in content:
        raise IngestError(f"{name} is no text file; a lyDATA table is CSV in UTF-8")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:  # Excel's own encoding: only names of institutions suffer
        text = content.decode("latin-1")
    first = text.partition("\n")[0]
    separator = max(",;\t", key=first.count)
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))
    except csv.Error as error:
        raise IngestError(f"{name} is no readable CSV file: {error}") from None


def _headings(name: str, lines: Sequence[Sequence[str]]) -> tuple[Heading, ...]:
    """The header cells of every column."""
    needed = "three header rows (modality / side, core, info or # / level)"
    if len(lines) < 3:
        raise IngestError(f"{name} is no lyDATA table: it has {len(lines)} of {needed}")
    if len({len(line) for line in lines}) > 1:
        raise IngestError(f"{name} is no lyDATA table: it needs {needed} of one length")
    cells = zip(_repeated(lines[0]), _repeated(lines[1]), lines[2], strict=True)
    headings = tuple(Heading(m.strip(), s.strip().lower(), n.strip()) for m, s, n in cells)
    if not any(heading.side in SIDES for heading in headings):
        # The second row of another kind of table may be a patient, so it is not quoted.
        raise IngestError(
            f"{name} is no lyDATA table: of its {len(headings)} columns none says ipsi or contra "
            f"in the second row; it needs {needed}"
        )
    named = Counter((m, s, _level(n) or n) for m, s, n in headings)
    twice = [" / ".join(column) for column, times in named.items() if times > 1]
    if twice:
        raise IngestError(f"{name}: the column {twice[0]} is there twice; keep one of them")
    return headings


def _repeated(line: Sequence[str]) -> Iterator[str]:
    """A header row; blank cells, as a spreadsheet's merged ones leave, repeat the one before."""

    def cell_or_last(last: str, cell: str) -> str:
        return cell or last

    return accumulate(line, cell_or_last)


def _once(
    headings: Sequence[Heading], rows: Sequence[tuple[str, ...]]
) -> tuple[tuple[str, ...], ...]:
    """The first row of each identifier; a row without one is a patient of its own."""
    found = [i for i, h in enumerate(headings) if h.modality == "patient" and h.name == "id"]
    first: dict[object, tuple[str, ...]] = {}
    for position, row in enumerate(rows):
        first.setdefault((row[found[0]].strip() if found else "") or position, row)
    return tuple(first.values())


def _level(text: str) -> str | None:
    """A level's name, or None for columns such as 'all' or 'Ib_to_III'."""
    try:
        return level_name(text, SYSTEM)
    except NodewiseError:
        return None


def _dated(heading: Heading) -> bool:
    return heading.side not in SIDES and heading.name.lower() == "date"


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip()[:10])
    except ValueError:
        return None


def _whole(text: str) -> int | None:
    try:
        return int(float(text))
    except (ValueError, OverflowError):
        return None
