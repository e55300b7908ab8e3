"""What an examiner found of a node or a scan, for a table to say what it means."""

from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict

from nodewise.criteria.rules import Decision, Fact, exactly, table, whether


class Findings(BaseModel):
    """Findings that one table decides on; None is not recorded, and never negative."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: ClassVar[str]
    rules: ClassVar[str]
    example: ClassVar[str]

    def facts(self) -> dict[str, Fact]:
        """What the table asks for: the findings themselves, unless a score says otherwise."""
        return {name: fact(getattr(self, name)) for name in type(self).model_fields}

    def decide(self) -> Decision:
        """What the table says of these findings."""
        return table(self.rules).decide(self.facts())

    @property
    def blank(self) -> tuple[str, ...]:
        """Findings that are not recorded."""
        return tuple(name for name in type(self).model_fields if getattr(self, name) is None)


def fact(value: Any) -> Fact:
    """A finding as a fact."""
    return whether(flag=value) if isinstance(value, bool) else exactly(value)


def change(before: float | None, after: float | None) -> Fact:
    """Relative change, rounded so that a change of exactly 30 % is one.

    >>> str(change(3.0, 2.1)), str(change(0.0, 1.0))
    ('-0.3', 'inf')
    """
    if before is None or after is None:
        return None
    if before == 0:
        return exactly(float("inf") if after > 0 else 0.0)
    return exactly(round((after - before) / before, 9))


def ratio(value: float | None, reference: float | None) -> Fact:
    """A value as a multiple of a reference, rounded like a change."""
    if value is None or not reference:
        return None
    return exactly(round(value / reference, 9))
