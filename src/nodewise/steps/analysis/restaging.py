"""What imaging's extranodal extension changes in this study's patients, edition by edition."""

from collections.abc import Iterator
from statistics import median_low
from typing import Any

from nodewise.anatomy import Side
from nodewise.criteria.neck import MetastaticNode
from nodewise.errors import StagingError
from nodewise.steps.analysis.cases import MEASURED, Cases, cutoff_of
from nodewise.steps.staging import consequences
from nodewise.steps.staging import necks as staging
from nodewise.steps.staging.consequences import Patient
from nodewise.store import Database
from nodewise.trial import Consequences, Trial, named

Row = dict[str, Any]
_FACTS = {
    "primary_site": "site", "p16": "p16", "hpv": "hpv", "ebv": "ebv", "primary_side": "side",
    "clinical_t": "t", "clinical_m": "m",
}  # fmt: skip
"""Column of participants → what staging calls it."""


def restaged(trial: Trial, cases: Cases, truth: Database) -> Iterator[Row]:
    """Rows of the consequences table, over participants who were read and staged both ways."""
    if trial.consequences is None:
        return
    specimens = truth.read("specimen_nodes").to_dicts()
    dissected = set(truth.read("dissections")["participant"])
    patients = []
    for who, facts in cases.people.items():
        if who in cases.excluded:
            continue
        told = {name: facts[column] for column, name in _FACTS.items()}
        try:
            tumour = staging.tumour(told)
        except StagingError:
            continue  # a site that no edition stages
        mine = [row for row in specimens if row["participant"] == who and row["metastatic"]]
        clinical = _clinical(trial, trial.consequences, cases, who)
        patients.append(
            Patient(
                name=who,
                tumour=tumour,
                clinical=None if clinical is None else tuple(node for node, _ in clinical),
                unaided=tuple(node for node, large in clinical or () if large),
                pathological=tuple(map(_removed, mine)) if who in dissected else None,
            )
        )
    for shift in consequences.shifts(patients):
        row = consequences.record(shift)
        moves = row.pop("moves")
        yield row | {
            "value": row.pop("changed"),
            "changed": sum(m["patients"] for m in moves if m["before"] != m["after"]),
            "moves": "; ".join(
                f"{m['before']} → {m['after']}: {m['patients']}"
                for m in moves
                if m["before"] != m["after"]
            ),
        }


def _clinical(
    trial: Trial, plan: Consequences, cases: Cases, who: str
) -> list[tuple[MetastaticNode, bool]] | None:
    """Nodes that are enlarged, or that most readers see extending, and whether they are enlarged.

    None if nobody read this participant.
    """
    size, grade = named(trial.index_test, plan.positive), named(trial.reader_test, plan.extension)
    readers = [r for r in cases.readers(grade) if cases.answers.read(grade, r, who)]
    if not readers:
        return None
    nodes = []
    for node in cases.nodes[who]:
        answers = [cases.answers.value(grade, reader, node) for reader in readers]
        seen = int(median_low([answer for answer in answers if answer is not None] or [0]))
        large = bool(cutoff_of(size).positive(cases.value(node, size, MEASURED)))
        if seen or large:
            nodes.append((_drawn(node, seen), large))
    return nodes


def _drawn(node: Row, grade: int) -> MetastaticNode:
    return MetastaticNode(
        side=Side(node["side"]) if node["side"] else None,
        level=node["level"],
        level_system=node["level_system"] or "AJCC",
        long_axis_mm=node["axial_long_axis_mm"],
        cene_signs=frozenset(),
        iene_grade=grade,
        iene_certainty=1.0,
    )


def _removed(node: Row) -> MetastaticNode:
    return MetastaticNode(
        side=Side(node["side"]) if node["side"] else None,
        level=node["level"],
        level_system=node["level_system"] or "AJCC",
        deposit_mm=node["deposit_mm"],
        pene_mm=node["pene_mm"],
    )
