"""Pathology as it is typed in: checked against itself, every mistake told at once."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from nodewise.anatomy import LevelSystem, Side, level_name, superlevel
from nodewise.errors import FormError, NodewiseError
from nodewise.ingest.contradictions import counts, treated

Row = dict[str, Any]
LARGEST_MM = 150.0
"""No node in a neck specimen is larger; a number above it is a slip of the unit."""


def checked(table: str, row: Mapping[str, Any]) -> Row:
    """A row as it may be kept.

    Args:
        table: dissections or specimen_nodes.
        row: what was typed; texts are stripped, empty ones are unknown.

    Raises:
        FormError: with a sentence for each mistake.
    """
    given = {name: _typed(value) for name, value in row.items()}
    says: list[str] = []
    if given.get("level") is not None:
        try:
            system = LevelSystem(str(given.get("level_system")))
            given["level"] = level_name(given["level"], system)
        except (NodewiseError, ValueError) as error:
            says.append(str(error))
    says += _level(given) if table == "dissections" else _node(given)
    if says:
        raise FormError("; ".join(says))
    return given


def remarks(levels: Sequence[Row], nodes: Sequence[Row]) -> list[str]:
    """What levels and nodes say otherwise than each other: told, not refused."""
    named = Counter(_place(node) for node in nodes)
    positive = Counter(_place(node) for node in nodes if node["metastatic"])
    dissected: dict[tuple[str, str], list[Row]] = {}
    for each in levels:
        dissected.setdefault(_place(each), []).append(each)
    says = [
        f"{side} {level}: {named[side, level]} nodes are described, but the level was not dissected"
        for side, level in sorted(named.keys() - dissected.keys())
    ]
    for place, rows in sorted(dissected.items()):
        for column, count, word in (
            ("nodes_examined", named, "described"), ("nodes_positive", positive, "metastatic"),
        ):  # fmt: skip
            total = sum(row[column] or 0 for row in rows)
            if None not in [row[column] for row in rows] and count[place] > total:
                says.append(
                    f"{' '.join(place)}: {count[place]} nodes are {word}, "
                    f"but the level counts {total}"
                )
    return says


def _typed(value: Any) -> Any:
    return (value.strip() or None) if isinstance(value, str) else value


def _level(given: Row) -> list[str]:
    examined, positive = given.get("nodes_examined"), given.get("nodes_positive")
    says = []
    if given.get("side") not in (Side.LEFT, Side.RIGHT):
        says.append("a dissected level lies on the left or on the right")
    if given.get("level") is None:
        says.append("name the level")
    says += [found for name, found, _ in counts(given) if name == "nodes_regressed"]
    if examined is not None and examined < 0:
        says.append("the nodes examined cannot be fewer than none")
    if positive is not None and (positive < 0 or (examined is not None and positive > examined)):
        says.append(f"{positive} nodes cannot be positive of {examined} examined")
    return says


def _node(given: Row) -> list[str]:
    says = []
    if given.get("specimen_node") is None:
        says.append("give the node the name that the pathologist gave it")
    if given.get("side") not in (None, *Side):
        says.append(f"'{given['side']}' is no side")
    if given.get("metastatic") is None:
        says.append("say whether the node is metastatic")
    size, deposit, beyond = (
        given.get(name) for name in ("specimen_size_mm", "deposit_mm", "pene_mm")
    )
    for name, value in (("size", size), ("deposit", deposit), ("extension", beyond)):
        if value is not None and not 0 <= value <= LARGEST_MM:
            says.append(f"the {name} is {value:g} mm, which no node has (0 to {LARGEST_MM:g} mm)")
    says += _left(given)
    if given.get("metastatic") is False and (deposit or beyond):
        says.append("a node without metastasis has no deposit and no extension")
    if size is not None and deposit is not None and deposit > size:
        says.append(f"the deposit ({deposit:g} mm) is larger than the node ({size:g} mm)")
    return says


def _left(given: Row) -> list[str]:
    """What is wrong with what treatment left of a node's tumour."""
    shares = [given.get(name) for name in ("viable_tumour", "necrosis", "fibrosis")]
    if any(share is not None and not 0 <= share <= 1 for share in shares):
        return ["a share of the tumour bed lies between 0 and 1"]
    return [found for _, found, _ in treated(given)]


def _place(row: Row) -> tuple[str, str]:
    level = row["level"]
    return str(row["side"] or "no side"), superlevel(level) if level else "no level"
