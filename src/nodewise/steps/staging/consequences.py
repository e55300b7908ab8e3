"""What extranodal extension changes: categories and groups of the same patients, read three ways.

The three ways are the clinical category without imaging's extension, the clinical category as the
edition has it, and the pathological category. The risk group is that of the trials of adjuvant
treatment, which no edition changes. Counts of patients, never a treatment.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast, get_args

from nodewise.criteria import adjuvant, ene, tnm
from nodewise.criteria.neck import Basis, MetastaticNode
from nodewise.criteria.tnm import ORDER, Edition, Staged, Tumour
from nodewise.errors import StagingError
from nodewise.stats import Estimate, Unknown, proportion, tried
from nodewise.steps.staging import necks as staging

WITHOUT, WITH, PATHOLOGY = "cN without imaging ENE", "cN", "pN"
RISK, ANY = "adjuvant risk group of the trials", "any edition"
COMPARED = ((WITHOUT, WITH), (WITH, PATHOLOGY), (WITHOUT, PATHOLOGY))


@dataclass(frozen=True, slots=True, kw_only=True)
class Patient:
    """One patient: the tumour, and the metastatic nodes by each basis; None when not examined.

    The margin is that of the resected primary tumour; None when not recorded. Nodes that are
    clinical without imaging's extension stand in `unaided`; None: all of them are.
    """

    name: str
    tumour: Tumour
    clinical: tuple[MetastaticNode, ...] | None
    pathological: tuple[MetastaticNode, ...] | None
    margin: adjuvant.Margin | None = None
    unaided: tuple[MetastaticNode, ...] | None = None

    @property
    def without(self) -> tuple[MetastaticNode, ...]:
        """Clinical nodes as if imaging had shown no extension."""
        nodes = self.clinical if self.unaided is None else self.unaided
        return tuple(_unseen(node) for node in nodes or ())


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """How many patients change between two readings by one edition.

    Args:
        edition: whose rules; any where they do not matter.
        disease: whose tables.
        before: first reading.
        after: second reading.
        what: category, stage group, or adjuvant risk group of the trials.
        open: patients whose answer one of the readings leaves open or does not give.
        moves: (before, after) → patients, those who stay included.
        changed: share of patients who change, with its interval.
    """

    edition: str
    disease: str
    before: str
    after: str
    what: str
    open: int
    moves: Mapping[tuple[str, str], int]
    changed: Estimate | Unknown


def read(nodes: Path, patients: Path) -> list[Patient]:
    """Patients with their nodes.

    Args:
        nodes: CSV, one row per metastatic node: patient, basis (clinical or pathological) and the
            columns of `nodewise stage`.
        patients: CSV, one row per patient: patient, site, and where known p16, hpv, ebv, side, t,
            m, margin (positive or negative), clinical and pathological (no where the neck was not
            examined on that basis).

    Raises:
        StagingError: naming what is wrong, by row.
    """
    by_neck: dict[tuple[str, str], list[dict[str, str]]] = defaultdict(list)
    people = {row["patient"]: row for row in _rows(patients, ("patient", "site"))}
    for number, row in enumerate(_rows(nodes, ("patient", "basis")), 1):
        who, basis = row.pop("patient"), row.pop("basis")
        if who not in people or basis not in set(Basis):
            raise StagingError(
                f"{nodes.name}, row {number}: the patient is not in {patients.name}, or basis "
                f"'{basis}' is neither clinical nor pathological"
            )
        by_neck[who, basis].append(row)

    def neck(who: str, basis: Basis) -> tuple[MetastaticNode, ...] | None:
        if (people[who].get(basis) or "").strip().lower() == "no":
            return None
        where = f"{nodes.name}, {basis} nodes of one patient"
        return tuple(staging.nodes(by_neck[who, basis], where=where))

    return [
        Patient(
            name=who,
            tumour=staging.tumour(_tumour(facts)),
            clinical=neck(who, Basis.CLINICAL),
            pathological=neck(who, Basis.PATHOLOGICAL),
            margin=_margin(facts, patients.name),
        )
        for who, facts in people.items()
    ]


def _margin(facts: Mapping[str, str], where: str) -> adjuvant.Margin | None:
    said = (facts.get("margin") or "").strip()
    if said not in ("", *get_args(adjuvant.Margin)):
        raise StagingError(f"{where}: margin '{said}' is neither positive nor negative")
    return cast("adjuvant.Margin", said) if said else None


def _rows(path: Path, needed: Sequence[str]) -> list[dict[str, str]]:
    headings, rows = staging.table(path)
    if missing := set(needed) - set(headings):
        raise StagingError(f"{path.name} has no column {', '.join(sorted(missing))}")
    return rows


def _tumour(facts: Mapping[str, str]) -> dict[str, str]:
    return {name: cell for name in staging.TUMOUR if (cell := (facts.get(name) or "").strip())}


def shifts(patients: Sequence[Patient]) -> list[Shift]:
    """Changes between the three readings, by every edition of every disease among the patients."""
    by_disease: dict[str, list[Patient]] = defaultdict(list)
    for patient in patients:
        by_disease[tnm.route(patient.tumour).answer or ""].append(patient)
    found = []
    for disease, group in sorted(by_disease.items()):
        for edition in tnm.editions(disease):
            readings = [_readings(one, edition) for one in group]
            for what in ("category", "stage group"):
                told = [
                    {name: _decided(one, what) for name, one in each.items()} for each in readings
                ]
                found += [_shift(told, edition, disease, asked=(*pair, what)) for pair in COMPARED]
        told = [_risks(one) for one in group]
        found += [_shift(told, ANY, disease, asked=(*pair, RISK)) for pair in COMPARED]
    return found


def each(patients: Sequence[Patient]) -> list[dict[str, str | None]]:
    """One row per patient and edition: categories and groups of every reading, and what is open.

    A category that the facts leave open is the lowest; `open` names what it could be. The risk
    group is the same in every edition.
    """
    rows: list[dict[str, str | None]] = []
    for patient in patients:
        risks = _risks(patient)
        for edition in tnm.editions(tnm.route(patient.tumour).answer or ""):
            readings = _readings(patient, edition)
            row: dict[str, str | None] = {"patient": patient.name, "edition": edition}
            for name in (WITHOUT, WITH, PATHOLOGY):
                staged = readings.get(name)
                row[name] = staged.label if staged else None
                row[f"{name}: open"] = " or ".join(staged.could_be) if staged else None
                row[f"{name}: group"] = _decided(staged, "stage group") if staged else None
                row[f"{name}: risk"] = risks.get(name)
            rows.append(row)
    return rows


def _readings(patient: Patient, edition: Edition) -> dict[str, Staged]:
    """The readings that this patient has."""
    found = {}
    if patient.clinical is not None:
        found[WITHOUT] = tnm.stage(patient.without, patient.tumour, edition)
        found[WITH] = tnm.stage(patient.clinical, patient.tumour, edition)
    if patient.pathological is not None:
        found[PATHOLOGY] = tnm.stage(
            patient.pathological, patient.tumour, edition, basis=Basis.PATHOLOGICAL
        )
    return found


def _risks(patient: Patient) -> dict[str, str | None]:
    """The risk group by each reading that this patient has; None where it stays open."""
    found = {}
    if patient.clinical is not None:
        for name, nodes in ((WITHOUT, patient.without), (WITH, patient.clinical)):
            by = adjuvant.risk(nodes, Basis.CLINICAL, margin=patient.margin)
            found[name] = by.answer
    if patient.pathological is not None:
        by = adjuvant.risk(patient.pathological, Basis.PATHOLOGICAL, margin=patient.margin)
        found[PATHOLOGY] = by.answer
    return found


def _unseen(node: MetastaticNode) -> MetastaticNode:
    """The node as if imaging had shown no extension; clinical signs count as they did.

    A node that nobody graded stays ungraded.
    """
    if node.iene_grade is None:
        return node
    supported = node.cene == ene.YES if node.cene_signs else node.cene_supported
    seen = {"iene_grade": 0, "iene_certainty": None, "cene_supported": supported}
    return node.model_copy(update=seen)


def _shift(
    told: Sequence[Mapping[str, str | None]],
    edition: str,
    disease: str,
    *,
    asked: tuple[str, str, str],
) -> Shift:
    before, after, what = asked
    both = [(one.get(before), one.get(after)) for one in told]
    known = [(first, second) for first, second in both if first and second]
    changed = [first != second for first, second in known]
    return Shift(
        edition=edition,
        disease=disease,
        before=before,
        after=after,
        what=what,
        open=len(both) - len(known),
        moves=dict(sorted(Counter(known).items())),
        changed=tried("changed", lambda: proportion(changed, range(len(changed))).per("patient")),
    )


def _decided(staged: Staged, what: str) -> str | None:
    """The category or group where the facts settle it."""
    if what == "category":
        return staged.decision.answer
    return staged.group.answer if staged.group else None


def lines(found: Sequence[Shift]) -> Iterator[str]:
    """What the terminal shows: a line a comparison, and the moves below."""
    for shift in found:
        if not shift.moves:
            continue
        moved = {pair: n for pair, n in shift.moves.items() if pair[0] != pair[1]}
        says = shift.changed if isinstance(shift.changed, Estimate) else shift.changed.reason
        yield (
            f"{shift.disease}, {shift.edition}, {shift.what}: {shift.before} → {shift.after}: "
            f"{sum(moved.values())} of {sum(shift.moves.values())} patients change, {says}"
            + (f"; open in {shift.open}" if shift.open else "")
        )
        for (first, second), count in moved.items():
            yield f"  {first} → {second}: {count}{_direction(first, second)}"


def _direction(first: str, second: str) -> str:
    """Whether a move goes up or down, where its answers have an order."""
    for order in _ORDERS:
        if first in order and second in order:
            return " (higher)" if order.index(second) > order.index(first) else " (lower)"
    return ""


_ORDERS = (
    ORDER,
    ("0", "I", "IA", "IB", "II", "III", "IV", "IVA", "IVB", "IVC"),
    ("not high risk", "high risk"),
    ("not high risk by extension", "high risk"),
)


def record(shift: Shift) -> dict[str, Any]:
    """A comparison as plain values for JSON."""
    share = shift.changed if isinstance(shift.changed, Estimate) else None
    return {
        "disease": shift.disease,
        "edition": shift.edition,
        "what": shift.what,
        "before": shift.before,
        "after": shift.after,
        "patients": sum(shift.moves.values()),
        "open": shift.open,
        "moves": [
            {"before": first, "after": second, "patients": count}
            for (first, second), count in shift.moves.items()
        ],
        "changed": share and share.value,
        "low": share and share.low,
        "high": share and share.high,
        "method": share and share.method,
    }
