"""Non-inferiority and equivalence: differences held against a margin."""

from dataclasses import dataclass, replace

from nodewise.errors import StatsError
from nodewise.stats import Test, Unknown, equivalence, noninferiority
from nodewise.steps.statistics.answer import Answer, Line, tested


@dataclass(frozen=True, slots=True, kw_only=True)
class Margin:
    """What a difference is held against.

    Args:
        width: how much worse is no worse, fraction.
        both_ways: whether better by as much counts too: equivalence.
    """

    width: float
    both_ways: bool = False

    @property
    def claim(self) -> str:
        """The hypothesis that a test would reject."""
        return f"{'different' if self.both_ways else 'worse'} by {self.width:g} or more"


def margin_of(*, width: float | None, both_ways: bool) -> Margin | None:
    """The margin that options name; None where they name none."""
    if width is None and both_ways:
        raise StatsError("--equivalence needs the --margin within which tests are alike")
    return None if width is None else Margin(width=width, both_ways=both_ways)


def against_margin(answer: Answer, margin: Margin) -> Answer:
    """The same answer with a test against the margin after every difference."""

    def held(line: Line) -> tuple[Line, ...]:
        if isinstance(line, Test | Unknown) or not {"difference", "minus"} & set(line.name.split()):
            return (line,)
        name = f"{line.name}: {margin.claim}"
        how = equivalence if margin.both_ways else noninferiority
        found = tested(name, lambda: how(line, margin=margin.width))
        return line, replace(found, name=name)

    parts = [
        replace(part, lines=tuple(one for line in part.lines for one in held(line)))
        for part in answer.parts
    ]
    return replace(answer, parts=tuple(parts))
