"""What neoadjuvant treatment left of tumour in each node of the specimen, as classes."""

from collections.abc import Iterator
from typing import Any

from nodewise.criteria.response import Regression
from nodewise.steps.work import Work

Row = dict[str, Any]
TREATED = ("viable tumour after treatment", "tumour before treatment")
"""Target conditions of studies in which nodes were treated before they were removed."""
WITHOUT = ("never involved", "complete regression")
"""Classes of nodes without viable tumour."""


def regressed(work: Work) -> Iterator[Row]:
    """Rows of the regressions table; none where the trial does not ask what treatment left."""
    if not any(each.target in TREATED for each in work.trial.analysis):
        return
    people = set(work.tables.read("participants")["participant"])
    for node in work.truth.read("specimen_nodes").to_dicts():
        if node["participant"] not in people:
            continue
        viable = node["viable_tumour"] if node["metastatic"] else 0.0
        found = Regression(viable=viable, regression=node["regression"]).decide().answers
        could_be = [each for each in found if (each in WITHOUT) != node["metastatic"]]
        yield {name: node[name] for name in ("participant", "specimen_node", "side", "level")} | {
            "regression": could_be[0] if len(could_be) == 1 else None,
            "could_be": None if len(could_be) == 1 else "; ".join(could_be),
        }
