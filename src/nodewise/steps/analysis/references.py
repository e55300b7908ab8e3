"""The reference standard, by the target condition that an analysis asks for."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from nodewise.anatomy import superlevel
from nodewise.steps.work import Work
from nodewise.trial import Target
from nodewise.truth import Confidence

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


@dataclass(slots=True)
class Level:
    """What pathology tells of one dissected level, its sublevels side by side; None: not told.

    Args:
        examined, positive, regressed: nodes counted in each sublevel.
        nodes: those that are described and that nobody linked to an image.
        linked: how many others are described.
    """

    examined: list[int | None] = field(default_factory=list)
    positive: list[int | None] = field(default_factory=list)
    regressed: list[int | None] = field(default_factory=list)
    nodes: list[Row] = field(default_factory=list)
    linked: list[Row] = field(default_factory=list)

    @property
    def described(self) -> list[Row]:
        """Every node that is described."""
        return [*self.nodes, *self.linked]

    @property
    def complete(self) -> bool:
        """Whether every node that was examined is described."""
        return None not in self.examined and len(self.described) >= sum(filter(None, self.examined))


@dataclass(frozen=True, slots=True)
class Condition:
    """How pathology tells a target condition.

    Args:
        of: of a specimen node.
        settled: of a node on the image whose specimen is negative or positive, if that settles it.
        of_level: of a dissected level.
    """

    of: Callable[[Row], bool | None]
    settled: Callable[[bool, Level], bool | None]
    of_level: Callable[[Level], bool | None]

    def of_node(self, match: Row, level: Level, specimens: Mapping[str, Row]) -> bool | None:
        """Of a node on the image: what its specimen says, or all that it may be say alike."""
        if match["metastatic"] is None:
            return None
        settled = self.settled(match["metastatic"], level)
        if settled is not None:
            return settled
        if match["confidence"] == Confidence.EXACT:
            return self.of(specimens[match["specimen_node"]])
        answers = {self.of(row) for row in level.nodes}
        return answers.pop() if level.complete and len(answers) == 1 else None


def truth(work: Work, target: Target, people: Iterable[str]) -> Truth:
    """Nodes and dissected levels with the target condition and without it."""
    condition = CONDITIONS[target]
    matches = _by_participant(work.truth.read("matches").drop_nulls("region"))
    rows = _by_participant(work.truth.read("specimen_nodes"))
    dissections = _by_participant(work.truth.read("dissections"))
    nodes: dict[str, bool | None] = {}
    levels: dict[str, Mapping[Place, bool | None]] = {}
    for who in people:
        mine = matches.get(who, [])
        specimens = {row["specimen_node"]: row for row in rows.get(who, [])}
        exact = {r["specimen_node"] for r in mine if r["confidence"] == Confidence.EXACT}
        neck = _levels(dissections.get(who, []))
        for name, row in specimens.items():
            if (place := _place(row)) in neck:
                (neck[place].linked if name in exact else neck[place].nodes).append(row)
        for row in mine:
            nodes[row["region"]] = condition.of_node(
                row, neck.get(_place(row)) or Level(), specimens
            )
        levels[who] = {place: condition.of_level(level) for place, level in neck.items()}
    return Truth(nodes, levels)


def _by_participant(table: pl.DataFrame) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in table.to_dicts():
        found.setdefault(row["participant"], []).append(row)
    return found


def _levels(rows: Sequence[Row]) -> dict[Place, Level]:
    """Dissected levels of one participant."""
    found: dict[Place, Level] = {}
    for row in rows:
        level = found.setdefault((row["side"], superlevel(row["level"])), Level())
        level.examined.append(row["nodes_examined"])
        level.positive.append(row["nodes_positive"])
        level.regressed.append(row["nodes_regressed"])
    return found


def _place(row: Row) -> Place:
    return str(row["side"]), superlevel(row["level"]) if row["level"] else ""


def _any(counts: Sequence[int | None]) -> bool | None:
    if any(counts):
        return True
    return None if None in counts else False


def _metastatic(level: Level) -> bool | None:
    return _any(level.positive)


def _extends(specimen: Row) -> bool | None:
    """Whether pathology saw the tumour beyond the node's capsule."""
    if not specimen["metastatic"]:
        return False
    return None if specimen["pene_mm"] is None else specimen["pene_mm"] > 0


def _extending(level: Level) -> bool | None:
    """A level extends when a node of it does; it does not when every metastatic one is told."""
    told = [_extends(row) for row in level.described if row["metastatic"]]
    if any(told):
        return True
    if None in level.positive or None in told:
        return None
    return False if len(told) >= sum(filter(None, level.positive)) else None


def _involved(specimen: Row) -> bool | None:
    """Whether tumour was there before treatment: it still is, or it left signs of regression."""
    return True if specimen["metastatic"] else specimen["regression"]


def _was_involved(level: Level) -> bool | None:
    """A level was involved when a node of it was; it was not when every node is told."""
    found = [_any(level.positive), _any(level.regressed), *map(_involved, level.described)]
    if True in found:
        return True
    if None not in found[:2]:
        return False
    return False if None not in found[2:] and level.complete else None


CONDITIONS: dict[Target, Condition] = {
    "metastasis": Condition(lambda row: row["metastatic"], lambda ill, _: ill, _metastatic),
    "viable tumour after treatment": Condition(
        lambda row: row["metastatic"], lambda ill, _: ill, _metastatic
    ),
    "extranodal extension": Condition(_extends, lambda ill, _: None if ill else False, _extending),
    "tumour before treatment": Condition(
        _involved,
        lambda ill, level: True if ill else False if _any(level.regressed) is False else None,
        _was_involved,
    ),
}
"""A node in which treatment left no tumour, but signs of it, was ill before and is not now."""
