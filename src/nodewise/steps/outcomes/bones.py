"""Bone: what imaging says of invasion against the histology of the bone that was removed."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from nodewise import stats
from nodewise.stats import tried
from nodewise.steps.importing import visit_of
from nodewise.steps.outcomes.estimates import estimate_row
from nodewise.steps.work import Work
from nodewise.trial import BoneOutcome
from nodewise.truth import ANALYSED

Row = dict[str, Any]
UNVERIFIED, UNTOLD = "no histology of the bone", "imaging could not tell"
UNSEEN = "no imaging of the bone at the visit"
EARLY = "imaging of the bone more than {} days before surgery"
QUANTITIES = {
    "sensitivity": stats.sensitivity,
    "specificity": stats.specificity,
    "ppv": stats.positive_predictive_value,
    "npv": stats.negative_predictive_value,
    "accuracy": stats.accuracy,
}


def bone_units(work: Work, outcome: BoneOutcome, excluded: Mapping[str, str]) -> Iterator[Row]:
    """Rows of the outcome_units table: each modality, and each bone or patient.

    Args:
        work: the study.
        outcome: of the trial file.
        excluded: participant of its arms → why he or she takes no part; empty: takes part.
    """
    removed = work.truth.read("bone_specimens").to_dicts()
    truth, by_patient = _flags(removed, outcome), outcome.unit == "patient"
    longest = work.trial.reference.maximum_interval_days
    for modality, every in sorted(_seen(work, outcome).items()):
        early = [row for row in every if (row["before"] or 0) > longest]
        found = [row for row in every if row not in early]
        called = _flags(_verified(found, removed) if by_patient else found, outcome)
        too_early = _flags(early, outcome)
        for who, item in dict.fromkeys([*truth, *called, *too_early]):
            if who not in excluded:
                continue
            there = (who, item)
            unseen = EARLY.format(longest) if there in too_early else UNSEEN
            status = excluded[who] or _status(truth, called, there, unseen=unseen)
            yield {
                "outcome": outcome.name,
                "stratum": modality,
                "participant": who,
                "item": item,
                "positive": called.get(there),
                "present": truth.get(there),
                "status": status or ANALYSED,
            }


def _verified(found: Sequence[Row], removed: Sequence[Row]) -> list[Row]:
    """Findings of bones that were removed; of patients without any, all that there are.

    What imaging says of a bone left in place is neither right nor wrong, and must not count
    against the histology of another bone of the patient.
    """
    bones = {(row["participant"], row["bone"], row["side"]) for row in removed}
    patients = {who for who, _, _ in bones}
    return [
        row
        for row in found
        if row["participant"] not in patients
        or (row["participant"], row["bone"], row["side"]) in bones
    ]


Flags = dict[tuple[str, str | None], bool | None]


def _flags(rows: Sequence[Row], outcome: BoneOutcome) -> Flags:
    """Whether each bone is invaded, or any bone of a patient; None where it could not be told."""
    told: dict[tuple[str, str | None], list[bool | None]] = defaultdict(list)
    for row in rows:
        bone = " ".join(filter(None, (row["bone"], row["side"])))
        told[row["participant"], bone if outcome.unit == "bone" else None].append(row["invaded"])
    return {place: True if any(said) else None if None in said else False
            for place, said in told.items()}  # fmt: skip


def _seen(work: Work, outcome: BoneOutcome) -> dict[str, list[Row]]:
    """Modality → findings at the outcome's visit and how many days before surgery they are.

    Of several of one bone the latest counts.
    """
    people = {row["participant"]: row for row in work.tables.read("participants").to_dicts()}
    newest: dict[tuple[Any, ...], Row] = {}
    for row in work.tables.read("bone_findings").sort("date").to_dicts():
        facts = people.get(row["participant"])
        if facts and visit_of(work.trial, facts, row["date"]) == outcome.visit:
            bone = (row["participant"], row["bone"], row["side"])
            surgery = facts["surgery_date"]
            before = (surgery - row["date"]).days if surgery else None
            newest[row["modality"], *bone] = row | {"before": before}
    found: dict[str, list[Row]] = defaultdict(list)
    for (modality, *_), row in newest.items():
        found[modality].append(row)
    return found


def _status(truth: Flags, called: Flags, there: tuple[str, str | None], *, unseen: str) -> str:
    if there not in called:
        return unseen
    if truth.get(there) is None:
        return UNVERIFIED
    return UNTOLD if called[there] is None else ""


def bone_accuracy(outcome: BoneOutcome, units: Sequence[Row]) -> Iterator[Row]:
    """Accuracy of each modality, the patient being the cluster."""
    for modality in dict.fromkeys(row["stratum"] for row in units):
        own = [row for row in units if row["stratum"] == modality]
        kept = [row for row in own if row["status"] == ANALYSED]
        columns = [[row[name] for row in kept] for name in ("positive", "present", "participant")]
        for quantity, estimator in QUANTITIES.items():
            estimate = tried(quantity, partial(estimator, *columns))
            yield estimate_row(outcome, quantity, estimate) | {
                "stratum": modality,
                "patients": len({row["participant"] for row in kept}),
                "events": sum(row["present"] for row in kept),
                "left_out": len(own) - len(kept),
            }
