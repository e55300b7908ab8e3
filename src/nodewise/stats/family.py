"""Tests that were declared to belong together, with p values adjusted for their number."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from nodewise.errors import StatsError
from nodewise.stats.estimate import Estimate
from nodewise.stats.inputs import Array
from nodewise.stats.multiplicity import benjamini_hochberg, hochberg, holm


class Adjustment(StrEnum):
    """How p values of a family are adjusted."""

    HOLM = "Holm"
    HOCHBERG = "Hochberg"
    FDR = "false discovery rate"


_ADJUST: dict[Adjustment, Callable[[Sequence[float]], Array]] = {
    Adjustment.HOLM: holm,
    Adjustment.HOCHBERG: hochberg,
    Adjustment.FDR: benjamini_hochberg,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """Comparisons of one declared family.

    Args:
        name: of the family.
        adjustment: how p values were adjusted.
        members: the comparisons, as they were.
        adjusted: their adjusted p values, in the same order.
    """

    name: str
    adjustment: Adjustment
    members: tuple[Estimate, ...]
    adjusted: tuple[float, ...]

    def rows(self) -> list[dict[str, object]]:
        """A row of a table for each member, with its adjusted p value and the family's size."""
        size = len(self.members)
        return [
            member.as_dict() | {"family": self.name, "family_size": size, "p_adjusted": p}
            for member, p in zip(self.members, self.adjusted, strict=True)
        ]


def family(
    name: str, members: Sequence[Estimate], *, adjustment: Adjustment | str = Adjustment.HOLM
) -> Family:
    """Adjust the p values of comparisons that were declared to belong together.

    Args:
        name: of the family.
        members: comparisons with their tests.
        adjustment: how.
    """
    how = Adjustment(adjustment)
    untested = [member.name for member in members if member.test is None]
    if untested or not members:
        what = f"{untested[0]} has none" if untested else "it has no member"
        raise StatsError(f"every member of the family '{name}' needs a test; {what}")
    p = [member.test.p for member in members if member.test is not None]
    adjusted = tuple(float(value) for value in _ADJUST[how](p))
    return Family(name=name, adjustment=how, members=tuple(members), adjusted=adjusted)
