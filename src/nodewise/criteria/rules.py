"""Rule tables: what the field has agreed on, as rows that a clinician can proof-read.

Each row of a table has conditions on facts and one answer; the first row that fits wins. A fact
may be known, known in part (a node of 32 mm and one that nobody measured: 32 mm or more) or
unknown, and then every row that could still fit is told, with the facts that would decide.
"""

import csv
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files

from nodewise.errors import NodewiseError

ABOUT = ("answer", "says", "source", "standing", "confidence")
"""Columns of a table that are no conditions."""

_BOUND = re.compile(r"(<=|>=|<|>)?(-?\d+(?:\.\d+)?)")


class Standing(StrEnum):
    """How a row is known."""

    PUBLISHED = "F"
    CODE = "F-code"
    TEXTBOOK = "K"
    DERIVED = "D"

    @property
    def says(self) -> str:
        """The standing in words."""
        return {
            "F": "published",
            "F-code": "read in a public implementation",
            "K": "established knowledge, not read again in the source",
            "D": "derived, not read anywhere",
        }[self.value]


class Confidence(StrEnum):
    """How sure it is that a row says what its source says."""

    HIGH = "H"
    MEDIUM = "M"
    LOW = "L"

    @property
    def says(self) -> str:
        """The confidence in words."""
        return {"H": "high", "M": "medium", "L": "low"}[self.value]


@dataclass(frozen=True, slots=True)
class Span:
    """Numbers from low to high; an end is left out where it is open."""

    low: float = -math.inf
    high: float = math.inf
    low_open: bool = False
    high_open: bool = False

    def within(self, other: "Span") -> bool:
        """Whether every number of this span lies in the other."""
        low = self.low > other.low or (
            self.low == other.low and (self.low_open or not other.low_open)
        )
        high = self.high < other.high or (
            self.high == other.high and (self.high_open or not other.high_open)
        )
        return low and high

    def apart(self, other: "Span") -> bool:
        """Whether no number lies in both."""
        return self._before(other) or other._before(self)

    def _before(self, other: "Span") -> bool:
        return self.high < other.low or (
            self.high == other.low and (self.high_open or other.low_open)
        )

    def shared(self, other: "Span") -> "Span":
        """The numbers that lie in both, which must not be apart."""
        low = max((self.low, self.low_open), (other.low, other.low_open))
        high = min((self.high, not self.high_open), (other.high, not other.high_open))
        return Span(low[0], high[0], low[1], not high[1])

    def __str__(self) -> str:
        if self.low == self.high:
            return f"{self.low:g}"
        low = f"{'>' if self.low_open else '≥'} {self.low:g}" if self.low > -math.inf else ""
        high = f"{'<' if self.high_open else '≤'} {self.high:g}" if self.high < math.inf else ""
        return " ".join(filter(None, (low, high))) or "any"


Words = frozenset[str]
Fact = Words | Span | None
"""The words or numbers that are still possible; None when nothing is known."""


def exactly(value: float | str | None) -> Fact:
    """A fact that is known, or None where it is not.

    >>> str(exactly(30))
    '30'
    """
    if value is None:
        return None
    return frozenset({str(value)}) if isinstance(value, str) else Span(float(value), float(value))


def whether(*, flag: bool | None) -> Fact:
    """A fact that is yes, no, or unknown."""
    return None if flag is None else frozenset({"yes" if flag else "no"})


def told(fact: Fact) -> str:
    """A fact as a person would write it."""
    if fact is None:
        return "not known"
    return str(fact) if isinstance(fact, Span) else " or ".join(sorted(fact))


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its place in the table, its answer, what it asks, and where it comes from."""

    number: int
    answer: str
    conditions: Mapping[str, Words | Span]
    says: str
    source: str
    standing: Standing
    confidence: Confidence

    def asks(self, facts: Mapping[str, Fact]) -> dict[str, bool | None]:
        """Condition by condition: met, not met, or None where the facts do not tell."""
        return {name: _holds(wanted, facts[name]) for name, wanted in self.conditions.items()}

    @property
    def origin(self) -> str:
        """Source and standing in words."""
        return f"{self.source} [{self.standing.says}; confidence {self.confidence.says}]"


@dataclass(frozen=True, slots=True)
class Decision:
    """What a table says of some facts.

    Args:
        table: its name.
        facts: what was asked.
        possible: rows that could fit, the first that fits for certain being the last of them.
        rows: all rows of the table.
    """

    table: str
    facts: Mapping[str, Fact]
    possible: tuple[Row, ...]
    rows: tuple[Row, ...]

    @property
    def answers(self) -> tuple[str, ...]:
        """The possible answers, each once, in the table's order."""
        return tuple(dict.fromkeys(row.answer for row in self.possible))

    @property
    def answer(self) -> str | None:
        """The answer; None where no row fits or the facts leave more than one."""
        return self.answers[0] if len(self.answers) == 1 else None

    @property
    def open_facts(self) -> tuple[str, ...]:
        """The facts that would decide between the possible answers."""
        if len(self.answers) < 2:
            return ()
        asked = [row.asks(self.facts) for row in self.possible]
        return tuple(dict.fromkeys(name for row in asked for name in row if row[name] is None))

    def row_of(self, answer: str) -> Row:
        """The first row that gives an answer."""
        return next(row for row in self.possible if row.answer == answer)


@dataclass(frozen=True, slots=True)
class RuleTable:
    """A table of rules."""

    name: str
    rows: tuple[Row, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """The facts that it asks for."""
        return tuple(dict.fromkeys(name for row in self.rows for name in row.conditions))

    def decide(self, facts: Mapping[str, Fact]) -> Decision:
        """The first row that fits, and before it those that might.

        A row that could fit only where an earlier one fits as well can never be the first.

        Raises:
            NodewiseError: when the table asks for a fact that is not among them.
        """
        if missing := set(self.columns) - set(facts):
            raise NodewiseError(f"table {self.name} asks for {', '.join(sorted(missing))}")
        possible: list[Row] = []
        for row in self.rows:
            met = row.asks(facts).values()
            if all(met) or (False not in met and not self._forestalled(row, facts)):
                possible.append(row)
            if all(met):
                break
        wanted = {name: facts[name] for name in self.columns}
        return Decision(self.name, wanted, tuple(possible), self.rows)

    def _forestalled(self, row: Row, facts: Mapping[str, Fact]) -> bool:
        """Whether an earlier row fits wherever this one does."""
        narrowed = {
            name: _shared(fact, row.conditions[name]) if name in row.conditions else fact
            for name, fact in facts.items()
        }
        earlier = self.rows[: row.number - 1]
        return any(all(each.asks(narrowed).values()) for each in earlier)


@cache
def table(name: str) -> RuleTable:
    """A table that comes with nodewise."""
    text = files("nodewise.criteria").joinpath("tables", f"{name}.csv").read_text("utf-8")
    return parse(name, text)


def parse(name: str, text: str) -> RuleTable:
    """A table from the text of its CSV file."""
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    rows = []
    for number, cells in enumerate(csv.DictReader(lines, strict=True), 1):
        if None in cells or None in cells.values():
            raise NodewiseError(f"table {name}, row {number}: more or fewer cells than headings")
        rows.append(_row(number, cells))
    return RuleTable(name, tuple(rows))


def _row(number: int, cells: Mapping[str, str]) -> Row:
    asked = {name: cell for name, cell in cells.items() if name not in ABOUT}
    return Row(
        number=number,
        answer=cells["answer"],
        conditions={name: condition(cell) for name, cell in asked.items() if cell != "any"},
        says=cells["says"],
        source=cells["source"],
        standing=Standing(cells["standing"]),
        confidence=Confidence(cells["confidence"]),
    )


def condition(cell: str) -> Words | Span:
    """What a cell asks for: words (a|b), a number (1), or bounds (>30 <=60).

    >>> str(condition(">30 <=60")), sorted(condition("yes|no"))
    ('> 30 ≤ 60', ['no', 'yes'])
    """
    parts = cell.split()
    if not parts:
        raise NodewiseError("a cell is empty; write 'any' where a row does not ask")
    bounds = [bound for part in parts if (bound := _BOUND.fullmatch(part))]
    if len(bounds) < len(parts):
        return frozenset(cell.split("|"))
    span = Span()
    for bound in bounds:
        span = _narrowed(span, bound[1] or "", float(bound[2]))
    return span


def _narrowed(span: Span, sign: str, value: float) -> Span:
    low, high = (value, sign == ">"), (value, sign == "<")
    if sign in ("<", "<="):
        low = span.low, span.low_open
    if sign in (">", ">="):
        high = span.high, span.high_open
    return Span(low[0], high[0], low[1], high[1])


def _shared(fact: Fact, wanted: Words | Span) -> Fact:
    """What of a fact a condition leaves, which it does not contradict."""
    if fact is None:
        return wanted
    if isinstance(fact, Span) and isinstance(wanted, Span):
        return fact.shared(wanted)
    return fact & wanted if isinstance(fact, frozenset) and isinstance(wanted, frozenset) else fact


def _holds(wanted: Words | Span, fact: Fact) -> bool | None:
    if fact is None:
        return None
    if isinstance(wanted, Span) and isinstance(fact, Span):
        return True if fact.within(wanted) else False if fact.apart(wanted) else None
    if isinstance(wanted, frozenset) and isinstance(fact, frozenset):
        return True if fact <= wanted else False if fact.isdisjoint(wanted) else None
    raise NodewiseError(f"'{told(fact)}' cannot be compared with '{told(wanted)}'")


def either(facts: Sequence[Words]) -> Words:
    """Whether any of several facts is yes, each of them yes, no or open.

    >>> sorted(either([frozenset({"no"}), frozenset({"yes", "no"})]))
    ['no', 'yes']
    """
    if any(fact == {"yes"} for fact in facts):
        return frozenset({"yes"})
    return frozenset({"no"}).union(*(fact & {"yes"} for fact in facts))


def largest(facts: Sequence[Span]) -> Span:
    """The largest of several numbers, each of them known or not; 0 of none.

    >>> str(largest([Span(32, 32), Span(0)]))
    '≥ 32'
    """
    low = max((fact.low for fact in facts), default=0.0)
    high = max((fact.high for fact in facts), default=0.0)
    return Span(low, high)
