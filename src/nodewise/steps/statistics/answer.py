"""What a command found: sentences for people, the same at full precision for programs."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from importlib.metadata import version
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import ArrayLike

from nodewise.errors import StatsError
from nodewise.stats import Estimate, Test, Unknown
from nodewise.stats.estimate import p_words
from nodewise.steps.statistics.columns import Columns

Line = Estimate | Unknown | Test


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Results under one heading.

    Args:
        title: the heading.
        lines: estimates and tests.
        counts: whole numbers and settings by name.
        rows: of a table, by column; every row has the same columns.
        remarks: what a reader must bear in mind, one sentence each.
    """

    title: str
    lines: tuple[Line, ...] = ()
    counts: Mapping[str, float] = field(default_factory=dict)
    rows: tuple[Mapping[str, float | str | None], ...] = ()
    remarks: tuple[str, ...] = ()

    def sentences(self) -> Iterator[str]:
        """The heading, then a line each."""
        yield self.title
        if self.counts:
            yield "  " + ", ".join(f"{name} {value:.6g}" for name, value in self.counts.items())
        for line in self.lines:
            yield f"  {_shown(line)}" if isinstance(line, Test) else f"  {line.name}: {line}"
        yield from _aligned(self.rows)
        for remark in self.remarks:
            yield f"  {remark}"

    def as_dict(self) -> dict[str, object]:
        """Everything at full precision."""
        return {
            "title": self.title,
            "counts": dict(self.counts),
            "estimates": [one.as_dict() for one in self.lines if not isinstance(one, Test)],
            "tests": [asdict(one) for one in self.lines if isinstance(one, Test)],
            "rows": [dict(row) for row in self.rows],
            "remarks": list(self.remarks),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """All that a command says.

    Args:
        question: what was asked, in words.
        columns: the table as it was used; None where there is none.
        parts: results under their headings.
    """

    question: str
    columns: Columns | None = None
    parts: tuple[Part, ...] = ()

    def text(self) -> str:
        """Sentences, the counts first."""
        return "\n".join(self._sentences())

    def as_dict(self) -> dict[str, object]:
        """Everything at full precision."""
        told = {} if self.columns is None else self.columns.told()
        made = {"question": self.question, "nodewise": version("nodewise")} | told
        return made | {"parts": [part.as_dict() for part in self.parts]}

    def estimates(self) -> pl.DataFrame:
        """One row an estimate."""
        rows = [
            {"part": part.title} | {k: v for k, v in line.as_dict().items() if k != "df"}
            for part in self.parts
            for line in part.lines
            if not isinstance(line, Test)
        ]
        return pl.DataFrame(rows, infer_schema_length=None)

    def write(
        self,
        folder: Path,
        tables: Mapping[str, pl.DataFrame],
        figures: Mapping[str, str] | None = None,
    ) -> Path:
        """Write the sentences, the estimates, these tables and SVG figures, a file each."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "answer.txt").write_text(self.text() + "\n", encoding="utf-8")
        self.estimates().write_csv(folder / "estimates.csv")
        for name, table in tables.items():
            table.write_csv(folder / f"{name}.csv")
        for name, figure in (figures or {}).items():
            (folder / f"{name}.svg").write_text(figure, encoding="utf-8")
        return folder

    def _sentences(self) -> Iterator[str]:
        yield self.question
        if self.columns is not None:
            used = self.columns
            yield f"{used.rows} of {used.read} rows of {used.name} used"
            for one in used.left_out:
                yield f"  left out: {one}"
        for part in self.parts:
            yield ""
            yield from part.sentences()


def _aligned(rows: Sequence[Mapping[str, float | str | None]]) -> Iterator[str]:
    """Rows below their headings, every column to the right."""
    if not rows:
        return
    cells = [list(rows[0])]
    cells += [[_cell(value) for value in row.values()] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for line in cells:
        yield "  " + "  ".join(cell.rjust(w) for cell, w in zip(line, widths, strict=True))


def _cell(value: float | str | None) -> str:
    if value is None:
        return "–"
    return value if isinstance(value, str) else f"{value:.3g}"


def tested(name: str, call: Callable[[], Test]) -> Test | Unknown:
    """A test or, where the data cannot give it, the sentence that says why."""
    try:
        return call()
    except StatsError as error:
        return Unknown(name=name, reason=str(error))


def _shown(test: Test) -> str:
    """A test with its statistic, which a reviewer wants to see."""
    df = ", ".join(f"{df:.4g}" for df in test.df)
    told = f"statistic {test.statistic:.3g}" + (f" on {df} df" if df else "")
    return f"{test.name}: {told}, {p_words(test.p)}; {test.method}"


def unit_of(patient: ArrayLike, unit: str | None) -> str:
    """The word for a row: as asked for, else patient where each row is another patient."""
    if unit:
        return unit
    names = np.asarray(patient)
    return "patient" if len(np.unique(names)) == len(names) else "node"


def per(lines: Iterable[Line], unit: str) -> tuple[Line, ...]:
    """The same lines with this word for a unit."""
    return tuple(
        replace(line, unit=unit, method=line.method.replace("nodes", f"{unit}s"))
        if isinstance(line, Estimate)
        else line
        for line in lines
    )
