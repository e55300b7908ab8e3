"""The reference standard, by the target condition that an analysis asks for."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from nodewise.anatomy import superlevel
from nodewise.steps.work import Work
from nodewise.trial import Target

Row = dict[str, Any]
Place = tuple[str, str]
"""A side and a level; sublevels of a level are put together."""


@dataclass(frozen=True, slots=True)
class Truth:
    """What the reference says of one target condition.

    Args:
        nodes: region → whether its node has the condition; None without an answer of its own.
        levels: participant → dissected side and level → whether any node there has it.
    """

    nodes: Mapping[str, bool | None]
    levels: Mapping[str, Mapping[Place, bool | None]]


def truth(work: Work, target: Target, people: Iterable[str]) -> Truth:
    """Nodes and dissected levels with the target condition and without it."""
    matches = work.truth.read("matches").drop_nulls("region").to_dicts()
    specimens = work.truth.read("specimen_nodes").to_dicts()
    levels = {who: _levels(work, who) for who in people}
    if target == "metastasis":
        nodes = {row["region"]: row["metastatic"] for row in matches}
        return Truth(nodes, {who: {place: _any(counts) for place, counts in there.items()}
                             for who, there in levels.items()})  # fmt: skip
    extends = {(row["participant"], row["specimen_node"]): _extends(row) for row in specimens}
    described: dict[tuple[str, Place], list[bool | None]] = {}
    for row in specimens:
        if row["metastatic"] and row["side"] and row["level"]:
            place = (row["side"], superlevel(row["level"]))
            described.setdefault((row["participant"], place), []).append(_extends(row))
    return Truth(
        nodes={
            row["region"]: False
            if row["metastatic"] is False
            else extends.get((row["participant"], row["specimen_node"]))
            for row in matches
        },
        levels={
            who: {
                place: _extending(counts, described.get((who, place), []))
                for place, counts in there.items()
            }
            for who, there in levels.items()
        },
    )


def _extends(specimen: Row) -> bool | None:
    """Whether pathology saw the tumour beyond the node's capsule."""
    if not specimen["metastatic"]:
        return False
    return None if specimen["pene_mm"] is None else specimen["pene_mm"] > 0


def _levels(work: Work, who: str) -> dict[Place, list[int | None]]:
    """Metastatic nodes counted in each dissected level of one participant."""
    parts: dict[Place, list[int | None]] = {}
    for row in work.truth.read("dissections").filter(pl.col("participant") == who).to_dicts():
        parts.setdefault((row["side"], superlevel(row["level"])), []).append(row["nodes_positive"])
    return parts


def _any(counts: Sequence[int | None]) -> bool | None:
    if any(counts):
        return True
    return None if None in counts else False


def _extending(counts: Sequence[int | None], described: Sequence[bool | None]) -> bool | None:
    """A level extends when a node of it does; it does not when every metastatic one is told."""
    if any(described):
        return True
    if None in counts or None in described:
        return None
    return False if len(described) >= sum(filter(None, counts)) else None
