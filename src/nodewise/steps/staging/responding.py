"""RECIST of a neck's nodes over visits, from a table."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from nodewise.criteria.recist import Followed, Visit, follow, targets
from nodewise.criteria.rules import Decision
from nodewise.errors import StagingError
from nodewise.steps.staging.necks import sentence, table


class Measured(BaseModel):
    """One node at one visit."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    participant: str
    week: float
    node: str
    short_axis_mm: float | None = Field(None, ge=0)
    new_lesion: bool | None = None
    other_disease: bool | None = None


def responses(path: Path) -> list[dict[str, str]]:
    """One row per participant and visit after the baseline, which is the earliest week.

    Args:
        path: CSV with participant, week, node, short_axis_mm, and where known new_lesion and
            other_disease (yes or no, of the visit).

    Raises:
        StagingError: naming each row that cannot be read, or that stands twice.
    """
    visits: dict[str, dict[float, Visit]] = defaultdict(dict)
    for row in _rows(path):
        mine = visits[row.participant]
        before = mine.get(row.week, Visit(week=row.week, short_axes={}))
        if row.node in before.short_axes:
            raise StagingError(
                f"{path.name}: a node stands twice in week {row.week:g} of one person"
            )
        mine[row.week] = replace(
            before,
            short_axes=before.short_axes | {row.node: row.short_axis_mm},
            new_lesion=_any((before.new_lesion, row.new_lesion)),
            other_disease=_any((before.other_disease, row.other_disease)),
        )
    return [
        _told(who, chosen, each)
        for who, of in visits.items()
        for chosen in [targets(of[min(of)].short_axes)]
        for each in follow(list(of.values()))
    ]


def _rows(path: Path) -> Iterator[Measured]:
    problems = []
    for number, row in enumerate(table(path)[1], 1):
        cells = {name: cell.strip() for name, cell in row.items() if (cell or "").strip()}
        try:
            yield Measured.model_validate(cells)
        except ValidationError as error:
            problems += [f"  row {number}, {sentence(each)}" for each in error.errors()]
    if problems:
        raise StagingError(f"{path.name} has {len(problems)} wrong cells:\n" + "\n".join(problems))


def _any(said: Sequence[bool | None]) -> bool | None:
    """Yes where one says so, no where none does; None where nobody said."""
    known = [each for each in said if each is not None]
    return any(known) if known else None


def _told(who: str, chosen: Sequence[str], found: Followed) -> dict[str, str]:
    return {
        "participant": who,
        "week": f"{found.week:g}",
        "targets": " ".join(chosen) or "none of 15 mm or more",
        "sum_mm": _number(found.sum_mm),
        "nadir_mm": _number(found.nadir_mm),
        "RECIST": _answers(found.recist),
        "iRECIST": _answers(found.irecist),
        "not recorded": " ".join(found.recist.open_facts) if found.recist else "",
    }


def _number(size: float | None) -> str:
    return "" if size is None else f"{size:g}"


def _answers(found: Decision | None) -> str:
    return " or ".join(found.answers) if found else ""
