"""N category and stage group by edition, with the rows that decided and what is still open."""

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Literal

from nodewise.anatomy import Side
from nodewise.criteria import ene, neck
from nodewise.criteria.ene import Specimen
from nodewise.criteria.neck import Basis, MetastaticNode
from nodewise.criteria.rules import Decision, Fact, RuleTable, exactly, table
from nodewise.errors import StagingError

Prefix = Literal["", "y", "r", "a"]
"""y after neoadjuvant therapy, r for a recurrence, a at autopsy; the rules are the same."""

Procedure = Literal["", "sn", "f"]
"""sn: sentinel nodes without a dissection; f: fine needle or core alone."""

Result = Literal["positive", "negative", "unknown"]
P16 = Literal["positive", "equivocal", "negative", "unknown"]

ORDER = (
    "N0", "N1", "N1a", "N1b", "N2", "N2a", "N2b", "N2c", "N3", "N3a", "N3b",
)  # fmt: skip
"""Every N category of every edition, from the lowest to the highest."""

NX = "NX"
"""The category of a neck that could not be assessed."""

M_CATEGORIES = ("M0", "M1", "M1a", "M1b")


class Site(StrEnum):
    """Site of the primary tumour."""

    ORAL_CAVITY = "oral cavity"
    OROPHARYNX = "oropharynx"
    HYPOPHARYNX = "hypopharynx"
    LARYNX = "larynx"
    NASOPHARYNX = "nasopharynx"
    SINONASAL = "sinonasal"
    MAJOR_SALIVARY = "major salivary"
    UNKNOWN_PRIMARY = "unknown primary"


class Edition(StrEnum):
    """A staging edition; AJCC9 is AJCC's Version 9, made disease by disease."""

    AJCC8 = "AJCC8"
    UICC8 = "UICC8"
    AJCC9 = "AJCC9"
    UICC9 = "UICC9"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tumour:
    """What staging asks of the primary tumour.

    Args:
        site: where it is.
        p16: immunohistochemistry.
        hpv: a high-risk HPV test (RNA in-situ hybridisation or the like).
        ebv: EBER in-situ hybridisation.
        side: its side; None when unknown.
        t: T category, such as T2 or T4a; None when unknown. An unknown primary is T0.
        m: M category; None when unknown.
    """

    site: Site
    p16: P16 = "unknown"
    hpv: Result = "unknown"
    ebv: Result = "unknown"
    side: Side | None = None
    t: str | None = None
    m: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """What stands before and after a category."""

    prefix: Prefix = ""
    procedure: Procedure = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Staged:
    """An N category with everything that made it.

    Args:
        edition: whose rules: an edition, or the name of a user's own table.
        label: with its marks, such as ypN2b or pN1(sn).
        category: the lowest that the facts leave possible ("if in doubt the lower"); NX of a neck
            that could not be assessed.
        basis: clinical or pathological.
        facts: everything known of the neck, used by this edition or not.
        routing: which rules the tumour is staged by.
        decision: rows of the N table.
        group: rows of the stage groups' table; None where the edition has none here.
        notes: conventions that were applied.
    """

    edition: str
    label: str
    category: str
    basis: Basis
    facts: Mapping[str, Fact]
    routing: Decision
    decision: Decision
    group: Decision | None
    notes: tuple[str, ...]

    @property
    def suffix(self) -> str:
        """AJCC's U or L: all nodes above, or any below, the caudal border of the cricoid."""
        border = self.facts["below_cricoid"]
        if self.category in ("N0", NX) or self.edition not in (Edition.AJCC8, Edition.AJCC9):
            return ""
        return "L" if border == ene.YES else "U" if border == ene.NO else ""

    @property
    def could_be(self) -> tuple[str, ...]:
        """Higher categories that facts not recorded leave possible, lowest first."""
        return tuple(sorted(set(self.decision.answers) - {self.category}, key=ORDER.index))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tables:
    categories: str
    groups: str


@cache
def _editions() -> Mapping[tuple[str, str], _Tables]:
    """(edition, disease) → names of its tables."""
    text = files("nodewise.criteria").joinpath("tables", "tnm_editions.csv").read_text("utf-8")
    rows = csv.DictReader(line for line in text.splitlines() if not line.startswith("#"))
    return {
        (row["edition"], row["disease"]): _Tables(
            categories=row["categories"], groups=row["groups"]
        )
        for row in rows
    }


def editions(disease: str) -> list[Edition]:
    """Editions whose rules for a disease are established here."""
    return [edition for edition in Edition if (edition, disease) in _editions()]


def p16_status(share: float) -> P16:
    """p16 from the share of tumour cells stained moderately or strongly, 0 to 1.

    Source:
        SEER EOD 3.3 table 44685: positive above 70 %, equivocal from 50 %, negative below.

    >>> p16_status(0.70), p16_status(0.71), p16_status(0.49)
    ('equivocal', 'positive', 'negative')
    """
    if share > 0.70:
        return "positive"
    return "equivocal" if share >= 0.50 else "negative"


def route(tumour: Tumour) -> Decision:
    """Which disease's rules the tumour is staged by."""
    facts = {name: exactly(getattr(tumour, name)) for name in ("site", "p16", "hpv", "ebv")}
    return table("tnm_routing").decide(facts)


def edition_of(disease: str, year: int) -> Edition:
    """The AJCC edition that holds for a year of diagnosis.

    Raises:
        StagingError: when the edition of that year is not here.
    """
    found = table("tnm_year").decide({"disease": exactly(disease), "year": exactly(year)})
    if found.answer is None:
        raise StagingError(
            f"no edition is known here for {disease} diagnosed in {year}; the tables begin with "
            "the 8th edition in 2018. Name one with --edition if it should be used all the same"
        )
    return Edition(found.answer)


def stage(
    nodes: Sequence[MetastaticNode] | None,
    tumour: Tumour,
    rules: Edition | RuleTable,
    *,
    basis: Basis = Basis.CLINICAL,
    marks: Marks = Marks(),
) -> Staged:
    """The N category, and the stage group where T and M are known or do not matter.

    Args:
        nodes: every metastatic node of the neck, on that basis; None when the neck could not be
            assessed.
        tumour: the primary tumour.
        rules: an edition, or a user's own table of N categories, which has no stage groups.
        basis: clinical or pathological.
        marks: prefix, and the procedure where the nodes' specimens do not tell it.

    Raises:
        StagingError: when the edition's rules for this disease are not established here.
    """
    routing = route(tumour)
    rows, tables = rules, None
    if isinstance(rows, Edition):
        tables = _tables(rows, routing)
        rows = table(tables.categories)
    facts = neck.facts(nodes or (), basis, primary_side=tumour.side)
    if nodes is None:
        facts = dict.fromkeys(facts) | {"basis": exactly(basis)}
    decision = rows.decide(facts)
    if not decision.answers:
        raise StagingError(f"no row of the table {rows.name} fits this neck")
    category = NX if nodes is None else min(decision.answers, key=ORDER.index)
    return Staged(
        edition=rules if isinstance(rules, Edition) else rules.name,
        label=_label(category, basis, marks, nodes or ()),
        category=category,
        basis=basis,
        facts=facts,
        routing=routing,
        decision=decision,
        group=_group(tables, tumour, decision, basis) if tables and tables.groups else None,
        notes=tuple(neck.notes(nodes or (), basis, primary_side=tumour.side)),
    )


def _label(category: str, basis: Basis, marks: Marks, nodes: Sequence[MetastaticNode]) -> str:
    """A category with its marks; at autopsy the prefix stands for the basis."""
    if marks.prefix == "a" and basis is Basis.CLINICAL:
        raise StagingError("prefix a is of an autopsy, whose basis is pathological")
    before = "a" if marks.prefix == "a" else f"{marks.prefix}{basis.value[0]}"
    procedure = marks.procedure or _procedure(nodes, basis)
    return f"{before}{category}" + (f"({procedure})" if procedure else "")


def _procedure(nodes: Sequence[MetastaticNode], basis: Basis) -> Procedure:
    """What the specimens tell: a needle or a sentinel node that no dissection followed."""
    kinds = {node.specimen for node in nodes}
    if basis is Basis.PATHOLOGICAL and Specimen.RESECTION in kinds:
        return ""
    if Specimen.SENTINEL in kinds:
        return "sn"
    return "f" if kinds & {Specimen.FNA, Specimen.CORE} else ""


def _tables(edition: Edition, routing: Decision) -> _Tables:
    disease = routing.answer or ""
    if (edition, disease) not in _editions():
        there = ", ".join(editions(disease)) or "none"
        raise StagingError(
            f"the rules of {edition} for {disease or 'this tumour'} are not established here; "
            f"there is {there}"
        )
    return _editions()[edition, disease]


def _group(tables: _Tables, tumour: Tumour, n: Decision, basis: Basis) -> Decision:
    """Stage groups that T, the possible N categories and M leave."""
    facts: dict[str, Fact] = {
        "site": exactly(tumour.site),
        "basis": exactly(basis),
        "t": _t(_primary(tumour)),
        "n": frozenset(_main(answer) for answer in n.answers),
        "m": _m(tumour.m),
    }
    return table(tables.groups).decide(facts)


def _primary(tumour: Tumour) -> str | None:
    """The T category; an unknown primary has no other than T0."""
    if tumour.site is not Site.UNKNOWN_PRIMARY:
        return tumour.t
    if tumour.t not in (None, "T0"):
        raise StagingError(f"an unknown primary is T0, not {tumour.t}")
    return "T0"


def _t(category: str | None) -> Fact:
    """T1a and the like as T1; T4 without a letter may be either; TX is unknown."""
    if category is None or category == "TX":
        return None
    if not re.fullmatch(r"T(is|[0-4][a-d]?)", category):
        raise StagingError(f"'{category}' is no T category; needed: Tis, T0 to T4, T4a, T4b or TX")
    if category == "T4":
        return frozenset({"T4a", "T4b"})
    return exactly(category if category.startswith(("T4", "Tis")) else category[:2])


def _m(category: str | None) -> Fact:
    """M1 without a letter may be either."""
    if category not in (None, *M_CATEGORIES):
        raise StagingError(f"'{category}' is no M category; needed: {', '.join(M_CATEGORIES)}")
    return frozenset({"M1a", "M1b"}) if category == "M1" else exactly(category)


def _main(category: str) -> str:
    """N2b → N2."""
    found = re.match(r"N\d", category)
    return found[0] if found else category


def compare(
    nodes: Sequence[MetastaticNode] | None,
    tumour: Tumour,
    *,
    basis: Basis = Basis.CLINICAL,
    marks: Marks = Marks(),
) -> list[Staged]:
    """The same neck by every edition that has rules for the disease."""
    disease = route(tumour).answer or ""
    return [
        stage(nodes, tumour, edition, basis=basis, marks=marks) for edition in editions(disease)
    ]
