"""What two cells of a row of the hospital's tables cannot say together."""

from collections.abc import Iterator, Mapping
from typing import Any

Row = Mapping[str, Any]
Contradiction = tuple[str, str, str]
"""The column that it is told of, what was found, and what was needed."""

MOST_SHARES = 1.2  # that shares told in tenths may add up to


def contradictions(row: Row) -> Iterator[Contradiction]:
    """What a row says against itself; None is unknown, and contradicts nothing."""
    yield from counts(row)
    if row.get("metastatic") is False and (row.get("deposit_mm") or 0) > 0:
        needed = "a metastatic node, or no deposit"
        yield "metastatic", "a node without metastasis has a deposit", needed
    yield from treated(row)
    if row.get("invaded") is False and (row.get("depth_mm") or 0) > 0:
        yield "invaded", "a bone that is not invaded has a depth", "an invaded bone, or no depth"


def counts(row: Row) -> Iterator[Contradiction]:
    """Nodes of a dissected level."""
    examined, positive = row.get("nodes_examined"), row.get("nodes_positive")
    if examined is None or positive is None:
        return
    if positive > examined:
        found = "more nodes are positive than were examined"
        yield "nodes_positive", found, "at most the nodes examined"
    elif (row.get("nodes_regressed") or 0) > examined - positive:
        found = "more nodes without tumour show regression than nodes are without tumour"
        yield "nodes_regressed", found, "at most the nodes examined that are not positive"


def treated(row: Row) -> Iterator[Contradiction]:
    """What treatment left of a node's tumour."""
    viable, metastatic = row.get("viable_tumour"), row.get("metastatic")
    if None not in (viable, metastatic) and bool(viable) != metastatic:
        kind = "with" if viable else "without"
        found = f"a node {kind} a viable share is {'' if metastatic else 'not '}metastatic"
        yield "viable_tumour", found, "a metastatic node has a viable share after treatment"
    shares = [row.get(name) or 0.0 for name in ("viable_tumour", "necrosis", "fibrosis")]
    if sum(shares) > MOST_SHARES:
        yield "viable_tumour", "shares of the tumour bed add up to more than 1", "at most 1"
    if row.get("regression") is False and sum(shares[1:]) > 0:
        found = "a tumour bed with necrosis or fibrosis shows no regression"
        yield "regression", found, "regression, or neither of them"
