"""Staging a neck from a table of its metastatic nodes."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast, get_args

from pydantic import ValidationError

from nodewise.anatomy import Side
from nodewise.criteria import explanation, tnm
from nodewise.criteria.effects import effects
from nodewise.criteria.findings import Findings
from nodewise.criteria.neck import Basis, MetastaticNode
from nodewise.criteria.own_table import own
from nodewise.criteria.rules import Decision, Row, RuleTable, told
from nodewise.criteria.tnm import Marks, Site, Staged, Tumour
from nodewise.errors import NodewiseError, StagingError


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How a neck is staged: basis and marks, and by which rules.

    Args:
        basis: clinical or pathological.
        prefix: y, r, a or none.
        procedure: sn, f, or none where the nodes' specimens tell it.
        year: of diagnosis, which picks the edition.
        edition: by name.
        own: a user's own table of N categories.
    """

    basis: str = "clinical"
    prefix: str = ""
    procedure: str = ""
    year: int | None = None
    edition: str | None = None
    own: Path | None = None

    @property
    def marks(self) -> Marks:
        """Prefix and procedure.

        Raises:
            StagingError: when there is no such mark.
        """
        for mark, known in ((self.prefix, tnm.Prefix), (self.procedure, tnm.Procedure)):
            if mark not in get_args(known):
                raise StagingError(
                    f"'{mark}' is none of {', '.join(filter(None, get_args(known)))}"
                )
        return Marks(prefix=cast("Any", self.prefix), procedure=cast("Any", self.procedure))


TUMOUR = ("site", "p16", "hpv", "ebv", "side", "t", "m")
"""What may be told of the primary tumour."""


def tumour(facts: Mapping[str, Any]) -> Tumour:
    """A primary tumour from words; site, and side, p16, hpv, ebv, t and m where known.

    Raises:
        StagingError: naming each word that is none of those known.
    """
    wrong = [
        f"{name} '{facts.get(name) or ''}' is none of {', '.join(words)}"
        for name, words in _WORDS.items()
        if (facts.get(name) is not None or name == "site") and facts.get(name) not in words
    ]
    if wrong:
        raise StagingError("; ".join(wrong))
    given = {name: value for name, value in facts.items() if value is not None}
    given["site"] = Site(given["site"])
    if "side" in given:
        given["side"] = Side(given["side"])
    return Tumour(**given)


_WORDS: Mapping[str, tuple[str, ...]] = {
    "site": tuple(Site),
    "side": tuple(Side),
    "p16": get_args(tnm.P16),
    "hpv": get_args(tnm.Result),
    "ebv": get_args(tnm.Result),
}


def stage(path: Path | None, tumour: Tumour, way: Way) -> list[Staged]:
    """The neck in a file by one edition: a user's own table, the one that is named, or the year's.

    Args:
        path: nodes of the neck; None when it could not be assessed.
        tumour: the primary tumour.
        way: how.

    Raises:
        StagingError: when there is none of them, or the edition has no rules for the disease.
    """
    nodes = None if path is None else read(path)
    return [tnm.stage(nodes, tumour, _rules(tumour, way), basis=Basis(way.basis), marks=way.marks)]


def _rules(tumour: Tumour, way: Way) -> tnm.Edition | RuleTable:
    if way.own is not None:
        try:
            return own(way.own.name, way.own.read_text(encoding="utf-8-sig"))
        except UnicodeDecodeError:
            raise StagingError(f"{way.own.name} is no text; needed: a CSV file in UTF-8") from None
    if way.edition:
        return tnm.Edition(way.edition)
    if way.year is not None:
        return tnm.edition_of(tnm.route(tumour).answer or "", way.year)
    raise StagingError(
        "no edition; needed: its name, the year of diagnosis, or a table of your own"
    )


def compare(path: Path | None, tumour: Tumour, way: Way) -> list[Staged]:
    """The neck in a file by every edition that has rules for the disease, a user's own last."""
    nodes = None if path is None else read(path)
    found = tnm.compare(nodes, tumour, basis=Basis(way.basis), marks=way.marks)
    return found + (stage(path, tumour, way) if way.own else [])


def read(path: Path) -> list[MetastaticNode]:
    """The metastatic nodes of one neck from a CSV file with one row per node.

    Raises:
        StagingError: naming every cell that cannot be read.
    """
    headings, rows = table(path)
    if strange := set(headings) - set(MetastaticNode.model_fields):
        raise StagingError(
            f"{path.name} has no use for column {', '.join(sorted(strange))}; "
            f"it may have {', '.join(MetastaticNode.model_fields)}"
        )
    return nodes(rows, where=path.name)


def table(path: Path) -> tuple[list[str], list[dict[str, str]]]:
    """Headings and rows of a CSV file.

    Raises:
        StagingError: when it is no text, has no headings, or a row has more cells than headings.
    """
    try:
        reader = csv.DictReader(path.read_text(encoding="utf-8-sig").splitlines())
        headings, rows = list(reader.fieldnames or ()), list(reader)
    except (UnicodeDecodeError, csv.Error) as error:
        raise StagingError(
            f"{path.name} cannot be read ({type(error).__name__}); needed: a CSV file in UTF-8"
        ) from None
    if not headings:
        raise StagingError(f"{path.name} is empty; needed: a line of headings, then the rows")
    for number, row in enumerate(rows, 1):
        if None in row:
            raise StagingError(f"{path.name}, row {number} has more cells than there are headings")
    return headings, rows


def nodes(rows: Sequence[Mapping[str, Any]], *, where: str) -> list[MetastaticNode]:
    """Nodes from rows of text; a blank cell is unknown."""
    found, problems = [], []
    for number, row in enumerate(rows, 1):
        cells = {name: cell.strip() for name, cell in row.items() if name and (cell or "").strip()}
        if not cells:
            problems.append(f"  row {number}: every cell is blank, which is no node; strike it")
            continue
        try:
            found.append(MetastaticNode.model_validate(cells))
        except ValidationError as error:
            problems += [f"  row {number}, {sentence(each)}" for each in error.errors()]
        except NodewiseError as error:
            problems.append(f"  row {number}, level: {error}")
    if problems:
        raise StagingError(f"{where} has {len(problems)} wrong cells:\n" + "\n".join(problems))
    return found


def sentence(problem: Any) -> str:
    """A cell that pydantic refused, in words."""
    place = ".".join(str(part) for part in problem["loc"][:1]) or "the row as a whole"
    found = problem["input"]
    shown = f"'{found}': " if isinstance(found, str) else ""
    return f"{place}: {shown}{problem['msg'].removeprefix('Value error, ')}"


def lines(staged: Sequence[Staged], tumour: Tumour, *, explain: bool) -> list[str]:
    """What the terminal shows of one or several editions' answers."""
    shown = [*explanation.side_by_side(staged), ""] if len(staged) > 1 else []
    for one in staged:
        shown += explanation.summary(one, tumour)
        shown += [f"  {line}" for line in explanation.steps(one)] if explain else []
    return shown


def record(staged: Staged) -> dict[str, Any]:
    """An answer as plain values for JSON."""
    return {
        "edition": staged.edition,
        "label": staged.label,
        "suffix": staged.suffix,
        "category": staged.category,
        "could_be": list(staged.could_be),
        "disease": staged.routing.answer,
        "category_rule": decision_record(staged.decision),
        "routing_rule": decision_record(staged.routing),
        "stage_group": None if staged.group is None else staged.group.answer,
        "stage_group_rule": None if staged.group is None else decision_record(staged.group),
        "notes": list(staged.notes),
    }


def decision_record(decision: Decision) -> dict[str, Any]:
    """A table's answer as plain values for JSON."""
    return {
        "table": decision.table,
        "answers": list(decision.answers),
        "facts": {name: told(fact) for name, fact in decision.facts.items()},
        "open_facts": list(decision.open_facts),
        "rows": [_row_record(row) for row in decision.possible],
    }


def _row_record(row: Row) -> dict[str, Any]:
    return {
        "row": row.number,
        "answer": row.answer,
        "says": row.says,
        "source": row.source,
        "standing": row.standing,
        "confidence": row.confidence,
    }


def findings(kind: type[Findings], given: Mapping[str, Any]) -> Findings:
    """A score's findings from words and numbers.

    Raises:
        StagingError: naming each finding that cannot be.
    """
    try:
        return kind.model_validate(given)
    except ValidationError as error:
        says = "; ".join(sentence(each) for each in error.errors())
        raise StagingError(f"{kind.title} cannot be scored: {says}") from None


def scored(kind: type[Findings], path: Path) -> list[dict[str, str]]:
    """Rows of a CSV file with a score's answer beside them.

    Columns named as the score's findings are read, a blank cell being not recorded; others are
    kept as they are.

    Raises:
        StagingError: when a row's findings cannot be, or no column is a finding.
    """
    headings, rows = table(path)
    known = [name for name in headings if name in kind.model_fields]
    if not known:
        raise StagingError(
            f"{path.name} has no column of {kind.title}; it may have {', '.join(kind.model_fields)}"
        )
    answers = []
    for number, row in enumerate(rows, 1):
        given = {name: cell for name in known if (cell := (row[name] or "").strip())}
        try:
            found = findings(kind, given).decide()
        except StagingError as error:
            raise StagingError(f"{path.name}, row {number}: {error}") from None
        told = " or ".join(found.answers) or "not tabled"
        sure = "".join(sorted({row.confidence for row in found.possible}, key="LMH".index)[:1])
        answers.append(row | {kind.title: told, f"{kind.title} confidence": sure})
    return answers


def score_lines(found: Findings, *, explain: bool) -> list[str]:
    """What the terminal shows of a score."""
    shown = list(explanation.score(found))
    return shown + [f"  {line}" for line in explanation.decision(found.decide())] * explain


def ene_effects(tumour: Tumour) -> list[dict[str, str]]:
    """What each finding of extranodal extension does, as plain values."""
    return [asdict(effect) for effect in effects(tumour)]


def effect_lines(found: Sequence[Mapping[str, str]]) -> list[str]:
    """A table: findings down, editions and bases across; then where the rows come from."""
    heads = list(dict.fromkeys((row["edition"], row["basis"]) for row in found))
    cells = {(row["edition"], row["basis"], row["finding"]): row["label"] for row in found}
    names = [f"{edition} {basis[0]}" for edition, basis in heads]
    findings = dict.fromkeys(row["finding"] for row in found)
    width = max(len(finding) for finding in findings) + 2
    lines = [" " * width + "".join(f"{name:<9}" for name in names)]
    for finding in findings:
        row = "".join(f"{cells[(*head, finding)]:<9}" for head in heads)
        lines.append(f"{finding:<{width}}{row}".rstrip())
    origins = dict.fromkeys(f"{row['edition']} {row['basis']}: {row['origin']}" for row in found)
    return [*lines, *(f"  {origin}" for origin in origins)]
