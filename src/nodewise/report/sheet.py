"""What stands on a page: tables of text, and figures, each with a caption that says what to see."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from markupsafe import Markup

_NUMBER = re.compile(r"^[<>≤≥]?\s?[−+-]?[\d\u202f]*\.?\d+(\s?%|\s?‰)?$")
_FEW = re.compile(r"^[−<>\d\u202f./ ()%∞]+(to [−> \d.∞]+\)?)?$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One table of a page.

    Args:
        caption: what the table shows, with its counts.
        head: the columns' headings.
        rows: cells as text; a row of one cell is a heading inside the table.
        notes: what a reader must know, below the table.
        quiet: headings of columns that are there for comparison only, in grey.
        long: whether the table is folded away until it is asked for.
    """

    caption: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    notes: Sequence[str] = ()
    quiet: Sequence[str] = ()
    long: bool = False

    def told(self) -> "Sheet":
        """The same table without columns in which no row has anything to say."""
        wide = [row for row in self.rows if len(row) > 1]
        kept = [at for at in self._columns if any(row[at] for row in wide)]
        return replace(
            self,
            head=[self.head[at] for at in kept],
            rows=[[row[at] for at in kept] if len(row) > 1 else row for row in self.rows],
        )

    @property
    def numeric(self) -> list[bool]:
        """Whether a column holds numbers alone, and so stands on the right."""
        return [_numeric([row[at] for row in self.rows if len(row) > 1]) for at in self._columns]

    @property
    def classes(self) -> list[str]:
        """The look of each column."""
        looks = zip(self.numeric, self.head, strict=True)
        return [("n " if n else "") + ("quiet" if name in self.quiet else "") for n, name in looks]

    @property
    def _columns(self) -> range:
        return range(len(self.head))


def _numeric(cells: Sequence[str]) -> bool:
    told = [cell for cell in cells if cell not in {"", "–"}]
    return bool(told) and all(_NUMBER.match(cell) or _FEW.match(cell) for cell in told)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One figure: SVG, and a caption that says what to see, the counts and how it was made."""

    svg: Markup
    caption: str
    width: float
    title: str = ""
