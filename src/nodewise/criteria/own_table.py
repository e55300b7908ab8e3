"""A user's own table of N categories: every wrong cell is told, not the first alone."""

import csv
from collections.abc import Iterator, Mapping

from nodewise.criteria.rules import ABOUT, Confidence, RuleTable, Span, Standing, condition, parse
from nodewise.criteria.tnm import ORDER
from nodewise.errors import NodewiseError, StagingError

WORDS: Mapping[str, tuple[str, ...]] = {
    "basis": ("clinical", "pathological"),
    "side": ("none", "ipsilateral", "contralateral", "bilateral"),
    "cervical": ("none", "unilateral", "bilateral"),
    "below_cricoid": ("yes", "no"),
    "cene": ("yes", "no"),
    "pene": ("none", "minor", "major"),
}
"""Facts of a neck that are words, with those that they can be."""

NUMBERS = ("count", "largest_mm", "iene")
"""Facts of a neck that are numbers; a cell gives bounds, such as >30 <=60."""

_OF_LISTS: Mapping[str, tuple[str, ...]] = {
    "answer": ORDER,
    "standing": tuple(Standing),
    "confidence": tuple(Confidence),
}


def own(name: str, text: str) -> RuleTable:
    """A table of N categories from the text of its CSV file.

    Args:
        name: what answers call it.
        text: a row for each category and the conditions of a neck under which it is given; the
            first row that fits decides.

    Raises:
        StagingError: naming everything that is wrong with it.
    """
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    reader = csv.DictReader(lines)
    problems = [*_headings(reader.fieldnames or ()), *_cells(list(reader))]
    if problems:
        raise StagingError(f"{name} is no table of N categories:\n  " + "\n  ".join(problems))
    return parse(name, text)


def _headings(found: object) -> Iterator[str]:
    headings = [str(each) for each in found] if isinstance(found, (list, tuple)) else []
    if missing := [name for name in ABOUT if name not in headings]:
        yield f"no column {', '.join(missing)}; needed: {', '.join(ABOUT)} and conditions"
    known = (*ABOUT, *WORDS, *NUMBERS)
    if strange := [name for name in headings if name not in known]:
        says = ", ".join((*WORDS, *NUMBERS))
        yield f"column {', '.join(strange)} asks for what staging does not know; it knows {says}"
    if not set(headings) & {*WORDS, *NUMBERS}:
        yield "no column asks anything of the neck"


def _cells(rows: list[dict[str, str]]) -> Iterator[str]:
    if not rows:
        yield "no row; needed: a row for each category"
    for number, row in enumerate(rows, 1):
        if None in row or None in row.values():
            yield f"row {number}: more or fewer cells than headings"
            continue
        for name, cell in row.items():
            if problem := _problem(name, cell):
                yield f"row {number}, {name}: {problem}"


def _problem(name: str, cell: str) -> str | None:
    """What is wrong with a cell; None where nothing is."""
    if not cell.strip():
        return "empty" + ("" if name in ABOUT else "; write 'any' where a row does not ask")
    if name in _OF_LISTS:
        return _strange({cell}, _OF_LISTS[name])
    if name in ABOUT or cell == "any" or name not in (*WORDS, *NUMBERS):
        return None
    try:
        wanted = condition(cell)
    except NodewiseError as error:
        return str(error)
    if name in NUMBERS:
        return None if isinstance(wanted, Span) else f"'{cell}' gives no bounds, such as >30 <=60"
    return _strange(set(cell.split("|")), WORDS[name])


def _strange(found: set[str], known: tuple[str, ...]) -> str | None:
    wrong = sorted(found - set(known))
    return f"'{', '.join(wrong)}' is none of {', '.join(known)}" if wrong else None
