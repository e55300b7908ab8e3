"""A table's answer in lines that a clinician can check against the book."""

from collections.abc import Iterator, Sequence

from nodewise.criteria.findings import Findings
from nodewise.criteria.rules import Decision, Fact, Row, Span, told
from nodewise.criteria.tnm import NX, Staged, Tumour

_SIGNS = {True: "✓", False: "✗", None: "?"}


def decision(found: Decision) -> Iterator[str]:
    """Facts, every row up to the one that fits, and where the deciding rows come from.

    Rows for another basis or site are left out.
    """
    yield "facts: " + "; ".join(f"{name} {_known(fact)}" for name, fact in found.facts.items())
    last = found.possible[-1].number if found.possible else None
    for row in found.rows:
        if not _elsewhere(row, found):
            yield "  " + _row(row, found)
        if row.number == last and all(row.asks(found.facts).values()):
            break
    for row in found.possible:
        yield f"  row {row.number} ({row.answer}): {row.says}"
        yield f"    source: {row.origin}"
    if not found.possible:
        yield "  no row fits: not tabled here"
    if found.open_facts:
        yield f"  not recorded, and it would decide: {', '.join(found.open_facts)}"


def _elsewhere(row: Row, found: Decision) -> bool:
    asked = row.asks(found.facts)
    return False in (asked.get("basis"), asked.get("site"))


def _row(row: Row, found: Decision) -> str:
    asked = row.asks(found.facts)
    mark = "✗" if False in asked.values() else "?" if None in asked.values() else "✓"
    parts = [f"{_SIGNS[asked[name]]} {name} {told(row.conditions[name])}" for name in asked]
    return f"{mark} row {row.number}: {row.answer:<4} {', '.join(parts)}"


def score(findings: Findings) -> Iterator[str]:
    """A score's answer in a few lines."""
    found = findings.decide()
    yield f"{findings.title}: {' or '.join(found.answers) or 'not tabled'}"
    for row in found.possible:
        yield f"  {row.answer}: {row.says}" if len(found.possible) > 1 else f"  {row.says}"
    for origin in dict.fromkeys(row.origin for row in found.possible):
        yield f"  source: {origin}"
    if len(found.answers) > 1 and findings.blank:
        yield f"  not recorded: {', '.join(findings.blank)}"


def summary(staged: Staged, tumour: Tumour) -> Iterator[str]:
    """The answer in a few lines."""
    disease = staged.routing.answer
    yield f"{staged.label}{staged.suffix and f' ({staged.suffix})'} by {staged.edition} ({disease})"
    if staged.category == NX:
        yield "  the neck could not be assessed"
    else:
        yield from _category(staged)
    yield f"  {_group(staged, tumour)}"
    for note in staged.notes:
        yield f"  note: {note}"


def _category(staged: Staged) -> Iterator[str]:
    row = staged.decision.row_of(staged.category)
    yield f"  {row.says}"
    yield f"  source: {row.origin}"
    if staged.could_be:
        missing = ", ".join(staged.decision.open_facts)
        yield (
            f"  the lowest category that the facts leave; it could be "
            f"{' or '.join(staged.could_be)}, depending on: {missing}"
        )
    yield f"  {_ene(staged)}"


def side_by_side(found: Sequence[Staged]) -> Iterator[str]:
    """Editions under each other: category, what it could be, group, how sure the row is."""
    rows = [("edition", "N", "could be", "group", "standing")]
    for one in found:
        known = one.category != NX
        groups = one.group.answers if one.group else ("not established",)
        row = one.decision.row_of(one.category) if known else None
        rows.append(
            (
                one.edition,
                one.label + (one.suffix and f" ({one.suffix})"),
                (" or ".join(one.could_be) if known else "") or "-",
                " or ".join(groups) or "none tabled",
                f"{row.standing}, confidence {row.confidence.says}" if row else "-",
            )
        )
    widths = [max(map(len, column)) + 2 for column in zip(*rows, strict=True)]
    for cells in rows:
        pairs = zip(cells, widths, strict=True)
        yield "".join(f"{cell:<{width}}" for cell, width in pairs).rstrip()


def _ene(staged: Staged) -> str:
    """The three findings of extranodal extension, and which of them this edition asks for."""
    asked = {
        name
        for row in staged.decision.rows
        if row.asks(staged.facts).get("basis") is not False
        for name in row.conditions
    }
    parts = [
        f"{name} {_known(staged.facts[key])}" + ("" if key in asked else " (not asked for)")
        for key, name in (("cene", "clinical"), ("iene", "imaging grade"), ("pene", "pathological"))
    ]
    return f"ENE: {', '.join(parts)}"


_NOTHING = (None, {"yes", "no"}, {"none", "minor", "major"}, Span(0, 3))


def _known(fact: Fact) -> str:
    """A fact in words; where it leaves everything possible, that it is not recorded."""
    return "not recorded" if fact in _NOTHING else told(fact)


def _group(staged: Staged, tumour: Tumour) -> str:
    if staged.group is None:
        return f"stage group: not established here for {staged.edition}"
    if tumour.m is None:
        return "stage group: needs the M category"
    if not staged.group.possible:
        return f"stage group: none is tabled for {tumour.t or 'T unknown'} {staged.label}"
    group = staged.group
    says = " or ".join(group.answers)
    origins = dict.fromkeys(row.origin for row in group.possible)
    open_ = f", depending on: {', '.join(group.open_facts)}" if group.open_facts else ""
    return f"stage group: {says}{open_}; source: {'; '.join(origins)}"


def steps(staged: Staged) -> Iterator[str]:
    """Routing, N category and stage group, row by row."""
    yield "Which rules"
    yield from (f"  {line}" for line in decision(staged.routing))
    yield f"N category, table {staged.decision.table}"
    yield from (f"  {line}" for line in decision(staged.decision))
    if staged.group is not None:
        yield f"Stage group, table {staged.group.table}"
        yield from (f"  {line}" for line in decision(staged.group))
