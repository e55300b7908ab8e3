"""Extracapsular extension in a lyDATA table: how often, in whom, and what it does to pN.

Such tables record extension by patient and nodes by level. What that cannot show is said.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nodewise.criteria.rules import Fact, Span, exactly, table
from nodewise.errors import IngestError
from nodewise.ingest import lydata
from nodewise.stats import Estimate, Unknown, proportion, tried

EXTENSION, DRIVEN = "extracapsular", "hpv_status"
OROPHARYNX = ("C01", "C09", "C10")
NODE_COUNTS = ((1, 1), (2, 4), (5, None))
TABLES = {True: "n_oropharynx_hpv_8", False: "n_head_and_neck_8"}
PENE = {True: frozenset({"minor", "major"}), False: frozenset({"none"}), None: None}
CANNOT = (
    "Extension is recorded by patient: which node or side it was in is not known, so that no test "
    "can be judged by node.",
    "No imaging grade of extension is recorded: nothing here says how well imaging finds it.",
    "Minor and major extension are not told apart, and sizes of nodes are not recorded: a category "
    "that hangs on them stays open.",
)
"""What a table of this kind cannot show."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patient:
    """One patient: extension, whether HPV-associated oropharynx, metastatic nodes by side."""

    extends: bool | None
    hpv_oropharynx: bool
    nodes: Mapping[str, int]

    @property
    def count(self) -> int:
        """Metastatic nodes of both sides."""
        return sum(self.nodes.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What the table says.

    Args:
        name: of the file.
        patients: with pathology of the neck.
        unrecorded: node-positive patients whose extension nobody recorded.
        without_nodes: patients with extension and no metastatic node, which cannot be.
        shares: of node-positive patients with extension, in all of them and in parts.
        moves: pN without → with the recorded extension: patients.
    """

    name: str
    patients: int
    unrecorded: int
    without_nodes: int
    shares: Mapping[str, Estimate | Unknown]
    moves: Mapping[tuple[str, str], int]


def account(path: Path, *, nodes: str = "positive_dissected", flags: str = "pathology") -> Account:
    """How often extension was found and what it does to the category of the 8th edition.

    Args:
        path: a lyDATA table with a column extracapsular.
        nodes: modality that counts metastatic nodes by level.
        flags: modality that tells involved levels, where nobody counted.

    Raises:
        IngestError: when the table has no such column, or no pathology.
    """
    found = lydata.read(path)
    place = {heading.name: at for at, heading in enumerate(found.headings)
             if heading.modality in ("patient", "tumor")}  # fmt: skip
    if EXTENSION not in place:
        raise IngestError(f"{found.name} has no column {EXTENSION} of its patients")
    if not {nodes, flags} & {*found.modalities, *found.counted}:
        there = ", ".join((*found.modalities, *found.counted))
        raise IngestError(f"{found.name} has neither {nodes} nor {flags}; it has {there}")
    people = list(_patients(found, place, nodes=nodes, flags=flags))
    positive = [one for one in people if one.count]
    known = [one for one in positive if one.extends is not None]
    return Account(
        name=found.name,
        patients=len(people),
        unrecorded=len(positive) - len(known),
        without_nodes=sum(bool(one.extends) and not one.count for one in people),
        shares=dict(_shares(known)),
        moves=dict(sorted(Counter(map(_move, known)).items())),
    )


def _patients(
    found: lydata.LevelTable, place: Mapping[str, int], *, nodes: str, flags: str
) -> Iterator[Patient]:
    """Patients with pathology of some level."""
    by_level: dict[tuple[int, str, str], int] = {}
    for patient, side, level, involved in found.findings(flags).drop_nulls("involved").rows():
        by_level[patient, side, level] = int(involved)
    for patient, side, level, count in found.nodes(nodes).drop_nulls("nodes").rows():
        by_level[patient, side, level] = max(count, by_level.get((patient, side, level), 0))
    for number, row in enumerate(found.rows, 1):
        mine = {key[1:]: count for key, count in by_level.items() if key[0] == number}
        if mine:
            sides: Counter[str] = Counter()
            for (side, _), count in mine.items():
                sides[side] += count
            site = _cell(row, place, "subsite")[:3]
            driven = _cell(row, place, DRIVEN) == "true" and site.upper() in OROPHARYNX
            extends = {"true": True, "false": False}.get(_cell(row, place, EXTENSION))
            yield Patient(extends=extends, hpv_oropharynx=driven, nodes=dict(sides))


def _cell(row: Sequence[str], place: Mapping[str, int], name: str) -> str:
    return row[place[name]].strip().lower() if name in place else ""


def _shares(known: Sequence[Patient]) -> Iterator[tuple[str, Estimate | Unknown]]:
    parts = {"node-positive patients": known}
    for driven, words in ((True, "HPV-associated oropharynx"), (False, "other")):
        parts[words] = [one for one in known if one.hpv_oropharynx is driven]
    for low, high in NODE_COUNTS:
        words = (
            "1 metastatic node" if high == 1 else f"{low} to {high}" if high else f"{low} or more"
        )
        parts[words] = [o for o in known if low <= o.count <= (high or o.count)]
    for words, part in parts.items():
        extends = [bool(one.extends) for one in part]
        yield (
            words,
            tried(
                words,
                lambda e=extends: proportion(e, range(len(e))).per("patient"),  # type: ignore[misc]  # a default binds the loop's variable
            ),
        )


def _move(one: Patient) -> tuple[str, str]:
    """Categories that the specimen leaves possible without extension, and as it was recorded."""
    return _category(one, extends=False), _category(one, extends=one.extends)


def _category(one: Patient, *, extends: bool | None) -> str:
    sides = {side for side, count in one.nodes.items() if count}
    where = "bilateral" if len(sides) == 2 else next(iter(sides))
    facts: dict[str, Fact] = {
        "basis": exactly("pathological"),
        "count": exactly(one.count),
        "side": exactly(where),
        "largest_mm": Span(0, low_open=True),
        "cene": None,
        "pene": PENE[extends],
    }
    return " or ".join(
        f"p{answer}" for answer in table(TABLES[one.hpv_oropharynx]).decide(facts).answers
    )


def lines(found: Account) -> Iterator[str]:
    """What the terminal shows."""
    yield f"{found.name}: {found.patients} patients with pathology of the neck."
    yield "Extracapsular extension, share of"
    for words, share in found.shares.items():
        yield f"  {words}: {share}"
    if found.unrecorded:
        yield f"Not recorded in {found.unrecorded} node-positive patients, who are left out."
    if found.without_nodes:
        yield f"Recorded without any metastatic node, which cannot be: {found.without_nodes}."
    total, same = sum(found.moves.values()), sum(n for (a, b), n in found.moves.items() if a == b)
    yield f"Extension changes the possible pN (8th edition) in {total - same} of {total} patients:"
    for (before, after), count in found.moves.items():
        if before != after:
            yield f"  {before} → {after}: {count}"
    yield from CANNOT


def record(found: Account) -> dict[str, Any]:
    """The account as plain values for JSON."""
    return {
        "table": found.name,
        "patients": found.patients,
        "unrecorded": found.unrecorded,
        "without_nodes": found.without_nodes,
        "shares": {
            words: share.as_dict() | {"reason": getattr(share, "reason", "")}
            for words, share in found.shares.items()
        },
        "moves": [{"before": a, "after": b, "patients": n} for (a, b), n in found.moves.items()],
        "cannot_show": list(CANNOT),
    }
