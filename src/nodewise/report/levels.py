"""A small page of the same look, for accuracy straight from a table of levels."""

from collections.abc import Mapping, Sequence

from nodewise.report.drawing import drawn, style
from nodewise.report.forest import ForestRow, forest
from nodewise.report.sheet import Sheet


def level_page(
    title: str,
    sentences: Sequence[str],
    *,
    sheets: Sequence[Sheet] = (),
    forests: Mapping[str, Sequence[ForestRow]] | None = None,
    remarks: Sequence[str] = (),
) -> str:
    """A page of sentences, tables and forest plots.

    Args:
        title: what was compared with what.
        sentences: the answer; the first is set large.
        sheets: tables, in order.
        forests: title → lines of a forest plot.
        remarks: what a reader must bear in mind, one sentence each.
    """
    figures = [
        forest(name, rows, caption=f"{name}: estimate and interval, one line each.")
        for name, rows in (forests or {}).items()
        if rows
    ]
    made = drawn(
        "levels.html",
        {
            "style": style(),
            "title": title,
            "sentences": sentences,
            "sheets": sheets,
            "figures": figures,
            "remarks": remarks,
        },
    )
    return str(made)
