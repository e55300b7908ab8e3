"""The STARD flow: how participants and nodes came to be analysed, or not."""

from collections import Counter
from typing import Any

import polars as pl

from nodewise.report.distribution import UNMATCHED
from nodewise.report.words import ill, well
from nodewise.steps.analysis.cases import Cases
from nodewise.steps.work import Work
from nodewise.trial import Analysis, Target, Trial, named
from nodewise.truth import ANALYSED, WITHOUT_VALUE, Confidence

Row = dict[str, Any]


def flow(work: Work, cases: Cases, units: pl.DataFrame) -> list[Row]:
    """Rows of the flow table, in drawing order, for the trial's primary test."""
    arms = [arm.name for arm in work.trial.arm]
    people = {arm: [who for who, facts in cases.people.items() if facts["arm"] == arm]
              for arm in arms}  # fmt: skip
    rows = [_box("enrolled", arm, "Participants", people=len(people[arm])) for arm in arms]
    reasons = {arm: Counter(_reasons(cases, people[arm])) for arm in arms}
    for arm in arms:
        rows += [
            _box(f"excluded-{number}", arm, reason, people=count) | {"kind": "excluded"}
            for number, (reason, count) in enumerate(sorted(reasons[arm].items()), 1)
        ]
    kept = {arm: [who for who in people[arm] if who not in cases.excluded] for arm in arms}
    for arm in arms:
        drawn = sum(len(cases.nodes[who]) for who in kept[arm])
        says = "Eligible and imaged; nodes drawn"
        rows.append(_box("imaged", arm, says, people=len(kept[arm]), nodes=drawn))
    matches = work.truth.read("matches")
    for arm in arms:
        rows += _unmatched(matches, kept[arm], arm)
    if len(units):
        for arm in arms:
            rows.append(_unread(_shown(work.trial, units, arm), arm))
        for arm in arms:
            shown = _shown(work.trial, units, arm).filter(pl.col("participant").is_in(kept[arm]))
            rows += _otherwise(shown, matches, arm, target=_asked(work.trial, arm)[0].target)
            rows += _nobody(shown, arm, people=len(kept[arm]))
        for arm in arms:
            rows += _analysed(work.trial, _shown(work.trial, units, arm), arm)
    return rows


def _box(box: str, arm: str, says: str, *, people: int, nodes: int | None = None) -> Row:
    return {
        "box": box,
        "arm": arm,
        "says": says,
        "kind": "kept",
        "participants": people,
        "nodes": nodes,
    }


def _reasons(cases: Cases, people: list[str]) -> list[str]:
    return [cases.excluded[who] for who in people if who in cases.excluded]


def _unmatched(matches: pl.DataFrame, people: list[str], arm: str) -> list[Row]:
    """Nodes that leave the analysis by node, and metastases that no image node answers to."""
    mine = matches.filter(pl.col("participant").is_in(people))
    drawn = mine.drop_nulls("region").filter(pl.col("metastatic").is_null())
    rows = []
    for confidence, says in (
        (Confidence.NONE, "No reference: level not dissected, or not known"),
        (Confidence.AMBIGUOUS, "Ambiguous: several specimen nodes could be meant, or none is left"),
        (Confidence.AMBIGUOUS_SIZE, "Ambiguous: no specimen node of its size is left in the level"),
    ):
        here = drawn.filter(pl.col("confidence") == confidence)
        rows.append(_nodes(f"unmatched-{confidence}", arm, says, frame=here))
    unseen = mine.filter(
        pl.col("region").is_null()
        & pl.col("metastatic")
        & (pl.col("confidence") == Confidence.NONE)
    )
    says = "Besides: metastatic in the specimen but never drawn; missed by level, side, patient"
    return [*rows, _nodes("unseen", arm, says, frame=unseen)]


def _nodes(box: str, arm: str, says: str, *, frame: pl.DataFrame) -> Row:
    people = frame["participant"].n_unique()
    return _box(box, arm, says, people=people, nodes=len(frame)) | {"kind": "excluded"}


def _unread(here: pl.DataFrame, arm: str) -> Row:
    """Nodes with a reference in which nothing was fitted, or that no reader answered for."""
    node = ["participant", "item"]
    nodes = here.filter(pl.col("present").is_not_null(), unit="node")
    unread = nodes.filter(pl.col("status").is_in(WITHOUT_VALUE)).unique(node)
    read = nodes.filter(status=ANALYSED)
    says = "No value by the index test: nothing fitted, or nothing answered"
    return _nodes("unread", arm, says, frame=unread.join(read, on=node, how="anti"))


def _otherwise(
    shown: pl.DataFrame, matches: pl.DataFrame, arm: str, *, target: Target
) -> list[Row]:
    """Nodes with a match that the analysis, the test or the reference leaves out, by reason."""
    node = ["participant", "item"]
    nodes = shown.filter(unit="node")
    counted = nodes.filter(
        (pl.col("status") == ANALYSED)
        | (pl.col("status").is_in(WITHOUT_VALUE) & pl.col("present").is_not_null())
    )
    unmatched = matches.filter(pl.col("metastatic").is_null()).drop_nulls("region")
    left = (
        nodes.join(counted, on=node, how="anti")
        .join(unmatched, left_on=node, right_on=["participant", "region"], how="anti")
        .sort("status")
        .unique(node, keep="first", maintain_order=True)
    )
    silent = f"Matched, but the specimen does not say: {target}"
    reasons = {why: why[0].upper() + why[1:] for why in left["status"].unique().sort()}
    reasons |= {why: silent for why in reasons if why == UNMATCHED}
    return [
        _nodes(f"otherwise-{number}", arm, says, frame=left.filter(status=why))
        for number, (why, says) in enumerate(reasons.items(), 1)
    ]


def _nobody(shown: pl.DataFrame, arm: str, *, people: int) -> list[Row]:
    """Participants who are kept, yet bring no node to the analysis by node."""
    nodes = shown.filter(unit="node")
    if nodes.is_empty():
        return []
    there = nodes.filter(status=ANALYSED)["participant"].n_unique()
    says = "Participants none of whose nodes is analysed"
    return [_box("nobody", arm, says, people=people - there) | {"kind": "excluded"}]


def _asked(trial: Trial, arm: str) -> tuple[Analysis, str]:
    """The primary analysis and test; for an arm that has no part in it, the first that it has."""
    primary = named(trial.analysis, trial.primary_analysis)
    having = [a for a in trial.analysis if arm in (*a.positives_from, *a.negatives_from)]
    if primary in having or not having:
        return primary, trial.primary_test
    return having[0], trial.tests_of(having[0])[0].name


def _shown(trial: Trial, units: pl.DataFrame, arm: str) -> pl.DataFrame:
    """The arm's units in the analysis and test that the flow tells of."""
    analysis, test = _asked(trial, arm)
    return units.filter(analysis=analysis.name, test=test, arm=arm)


def _analysed(trial: Trial, shown: pl.DataFrame, arm: str) -> list[Row]:
    """What has index test and reference, by what the reference says: by node and primary unit."""
    analysis, _ = _asked(trial, arm)
    here = shown.filter(status=ANALYSED).unique(["unit", "participant", "item"])
    wanted = dict.fromkeys(("node", trial.primary_unit))
    return [
        _counted(here.filter(unit=unit), arm, unit=unit, target=analysis.target)
        for unit in (each for each in wanted if each in analysis.units)
    ]


def _counted(here: pl.DataFrame, arm: str, *, unit: str, target: Target) -> Row:
    kinds = {True: ill(target, ""), False: well(target, "")}
    counts = {kind.strip(): int((here["present"] == flag).sum()) for flag, kind in kinds.items()}
    says = f"Analysed by {unit}: " + ", ".join(f"{n} {word}" for word, n in counts.items())
    nodes = len(here) if unit == "node" else None
    box = "analysed" if unit == "node" else f"analysed-{unit}"
    return _box(box, arm, says, people=here["participant"].n_unique(), nodes=nodes)
