"""Units that an index test left without a value: between which ends that leaves an estimate.

They are left out of every estimate. Were their values missing for a reason that has to do with the
answer, the truth would lie elsewhere; the ends say how far at most.
"""

from collections.abc import Sequence
from typing import Any

from nodewise.truth import ANALYSED, WITHOUT_VALUE

Row = dict[str, Any]
ENDS = ("sensitivity", "specificity")
"""What the ends are told of."""


def ends(rows: Sequence[Row]) -> dict[str, list[Row]]:
    """Rows of the units table with every unread call filled in: all wrong, and all right.

    A unit that is positive by another of its nodes stays so. Nothing where all was read, and
    nothing for a test without calls.

    Source:
        Schuetz et al., BMJ 2012;345:e6717, doi:10.1136/bmj.e6717 (intention to diagnose).
    """
    unread = [r for r in rows if r["status"] in WITHOUT_VALUE and r["present"] is not None]
    kept = [row for row in rows if row["status"] == ANALYSED]
    if not unread or any(row["positive"] is None for row in kept):
        return {}
    return {
        f"{len(unread)} unread counted as {word}": [
            *kept,
            *(
                row | {"status": ANALYSED, "positive": row["positive"] or row["present"] == right}
                for row in unread
            ),
        ]
        for word, right in (("wrong", False), ("right", True))
    }
