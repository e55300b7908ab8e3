"""One node at two visits: which drawn regions are held to be one, and whether their values compare.

A label names one node through all visits. What bears it on the other side is another node all the
same. A bolus in arbitrary units compares within one machine and setting alone.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nodewise.anatomy import RegionKind, superlevel
from nodewise.ingest.records import Acquisition, Machine
from nodewise.steps.cine.curve import CURVES
from nodewise.steps.cine.machines import differences, shared_display
from nodewise.steps.cine.nodes import CURVE, drawn_on, is_bolus
from nodewise.steps.work import Issue, Work, tell
from nodewise.trial import IndexTest, Trial

Row = dict[str, Any]
UNLIKE = "held for two nodes: nothing of the one visit is read for the node of the other"
ALIKE = "held for one node, which counts for the level of visit"


@dataclass(frozen=True)
class Pairs:
    """What bears a node's label at every visit.

    Args:
        nodes: (participant, visit, label) → rows of the nodes table.
        machines: region drawn on a cine → what made the cine.
    """

    nodes: Mapping[tuple[str, str, str], Sequence[Row]]
    machines: Mapping[str, Machine]

    @classmethod
    def of(cls, work: Work) -> "Pairs":
        """Those of a study."""
        nodes: dict[tuple[str, str, str], list[Row]] = {}
        for row in work.tables.read("nodes").sort("region").to_dicts():
            nodes.setdefault((row["participant"], row["visit"], row["label"]), []).append(row)
        return cls(nodes=nodes, machines=_machines(work))

    def at(self, node: Row, visit: str) -> Row | None:
        """The node at another visit; None where nothing there bears its label on its side."""
        there = self._there(node, visit)
        return next((row for row in there if not other_side(node, row)), None)

    def mistaken(self, node: Row, visit: str) -> Row | None:
        """What bears a node's label at another visit on the other side, and nothing does on its."""
        there = self._there(node, visit)
        return there[0] if there and self.at(node, visit) is None else None

    def unlike(self, node: Row, test: IndexTest, *, index_visit: str) -> list[str]:
        """Why a node's two values of a test do not compare, in words; nothing where they do."""
        if not arbitrary(test):
            return []
        return self.made_unlike(node, *_visits(test, index_visit))

    def made_unlike(self, node: Row, visit: str, other: str) -> list[str]:
        """In what a node's cines of two visits were made differently."""
        rows = [self.at(node, each) for each in (other, visit)]
        made = [self.machines.get(row["region"]) for row in rows if row]
        if len(made) < 2 or made[0] is None or made[1] is None:
            return []
        return list(differences(made[0], made[1]))

    def _there(self, node: Row, visit: str) -> Sequence[Row]:
        if visit == node["visit"]:
            return [node]
        return self.nodes.get((node["participant"], visit, node["label"]), ())


def arbitrary(test: IndexTest) -> bool:
    """Whether a test compares two visits' values of a bolus in arbitrary units."""
    compares = test.visits[1] is not None and test.statistic == CURVE
    return compares and "a.u." in CURVES.get(test.parameter, "")


def other_side(one: Row, other: Row) -> bool:
    """Whether two rows of nodes lie on two sides; what is not told is on no other."""
    return len({one["side"], other["side"]} - {None}) == 2


def tell_pairs(work: Work) -> None:
    """Tell of nodes that changed side, level or machine between visits that tests compare."""
    pairs = Pairs.of(work)
    machines = {machine.name for machine in pairs.machines.values()}
    issues = [
        told for spec in work.trial.map if is_bolus(spec) for told in shared_display(spec, machines)
    ]
    issues += doubts(pairs, work.trial)
    tell(work, "pair", "visits", issues=issues)


def doubts(pairs: Pairs, trial: Trial) -> Iterator[Issue]:
    """What speaks against one node at the index visit and at those that it is compared with."""
    nodes = [
        node
        for (_, visit, _), rows in sorted(pairs.nodes.items())
        for node in rows
        if visit == trial.index_visit and node["kind"] == RegionKind.NODE
    ]
    visits = {each for test in trial.index_test for each in _visits(test, trial.index_visit)}
    for node in nodes:
        for other in sorted(visits - {trial.index_visit}):
            if mistaken := pairs.mistaken(node, other):
                yield _changed_side(node, mistaken)
            elif (there := pairs.at(node, other)) and _moved(node, there):
                yield _changed_level(node, there)
    yield from _machines_doubted(pairs, trial, nodes)


def _machines_doubted(pairs: Pairs, trial: Trial, nodes: Sequence[Row]) -> Iterator[Issue]:
    """One issue for all nodes of a participant whose cines were made differently in one way."""
    compared: dict[tuple[str, str], list[str]] = {}
    for test in filter(arbitrary, trial.index_test):
        compared.setdefault(_visits(test, trial.index_visit), []).append(f"“{test.title}”")
    for both, titles in compared.items():
        found: dict[tuple[str, tuple[str, ...]], list[str]] = {}
        for node in nodes:
            if unlike := tuple(pairs.made_unlike(node, *both)):
                found.setdefault((node["participant"], unlike), []).append(node["label"])
        for (who, unlike), labels in found.items():
            yield _changed_machine(who, labels, both, unlike=unlike, titles=titles)


def _visits(test: IndexTest, index_visit: str) -> tuple[str, str]:
    visit, other = test.visits
    return visit or index_visit, other or index_visit


def _moved(one: Row, other: Row) -> bool:
    """Whether levels differ by more than that one is named as a whole, or by another system."""
    here, there = one["level"], other["level"]
    if None in (here, there) or one["level_system"] != other["level_system"]:
        return False
    return here not in (there, superlevel(there)) and superlevel(here) != there


def _changed_side(node: Row, other: Row) -> Issue:
    return Issue(
        where=f"node {node['label']}, visits {other['visit']} and {node['visit']}",
        found=f"{other['side']} at visit {other['visit']}, {node['side']} at {node['visit']}",
        needed="one side for one node, and labels of their own for two",
        action="correct the side, or the label, where it is wrong, and import that segmentation "
        f"again; until then they are {UNLIKE}",
        participant=node["participant"],
    )


def _changed_level(node: Row, other: Row) -> Issue:
    return Issue(
        where=f"node {node['label']}, visits {other['visit']} and {node['visit']}",
        found=f"level {other['level']} at visit {other['visit']}, {node['level']} at "
        f"{node['visit']}",
        needed="one level for one node, and labels of their own for two",
        action="look at both drawings: correct the level or the label where it is wrong, and "
        f"import that segmentation again; until then they are {ALIKE} {node['visit']}",
        participant=node["participant"],
    )


def _changed_machine(
    who: str,
    labels: Sequence[str],
    visits: tuple[str, str],
    *,
    unlike: Sequence[str],
    titles: Sequence[str],
) -> Issue:
    nodes = f"node{'s' if len(labels) > 1 else ''} {', '.join(labels)}"
    return Issue(
        where=f"{nodes}, cines of visits {visits[1]} and {visits[0]}",
        found=f"cines made differently: {'; '.join(unlike)} (at {visits[1]} and at {visits[0]})",
        needed="one machine and setting: echo power is in units of its own on each",
        action=f"left out of what compares them ({', '.join(titles)}) and counted there; times, "
        "sizes and each visit's own values are kept. If a header is wrong, correct it and import "
        "the cine again",
        participant=who,
    )


def _machines(work: Work) -> dict[str, Machine]:
    """Region drawn on a cine → what made the cine."""
    series: dict[tuple[str, str], list[Row]] = {}
    for row in work.tables.read("series").filter(modality="US", varies="time").to_dicts():
        series.setdefault((row["participant"], row["visit"]), []).append(row)
    found: dict[str, Machine] = {}
    for region in work.tables.read("regions").to_dicts() if series else ():
        cines = drawn_on([region], series.get((region["participant"], region["visit"]), []))
        for row in cines.get(region["region"], []):
            acquisition = Acquisition.model_validate_json(row["acquisition"])
            found[region["region"]] = acquisition.machine
    return found
