"""Two modalities of a level table side by side: who says what of which level, and when.

The frames here have columns patient, side, level, index, reference; null is not recorded.
"""

from collections.abc import Mapping
from typing import Literal

import polars as pl

from nodewise.anatomy import superlevel
from nodewise.ingest import lydata
from nodewise.ingest.lydata import LevelTable

Unit = Literal["level", "side", "patient"]
WHERE = ["patient", "side", "level"]
KEYS: Mapping[Unit, list[str]] = {"level": WHERE, "side": WHERE[:2], "patient": WHERE[:1]}
"""The columns that tell one unit from another."""

_NO = pl.lit(value=False)


def split_levels(table: LevelTable, modalities: tuple[str, str]) -> frozenset[str]:
    """Levels whose sublevels have entries in both modalities."""
    first, second = (
        {superlevel(name) for name in recorded if superlevel(name) != name}
        for recorded in (
            table.findings(modality).drop_nulls("involved")["level"].unique()
            for modality in modalities
        )
    )
    return frozenset(first & second)


def entries(table: LevelTable, modality: str, split: frozenset[str]) -> pl.DataFrame:
    """What a modality says per patient, side and level; columns as in `lydata.superlevels`.

    Args:
        table: the table.
        modality: one of its modalities.
        split: levels that stand as their sublevels.
    """
    findings = table.findings(modality)
    whole = lydata.superlevels(findings)
    parts = [name for name in findings["level"].unique() if superlevel(name) in split - {name}]
    as_parts = findings.filter(pl.col("level").is_in(parts))
    return pl.concat(
        [
            whole.filter(~pl.col("level").is_in(split)),
            as_parts.with_columns(filled=_NO, disagrees=_NO),
        ]
    )


def unsplit(table: LevelTable, modality: str, split: frozenset[str]) -> int:
    """Entries of a level that are lost to its sublevels, none of which has an entry."""
    recorded = table.findings(modality).drop_nulls("involved")
    above = pl.col("level").map_elements(superlevel, return_dtype=pl.String)
    parts = recorded.filter(above != pl.col("level")).with_columns(level=above)
    return recorded.filter(pl.col("level").is_in(split)).join(parts, on=WHERE, how="anti").height


def side_by_side(index: pl.DataFrame, reference: pl.DataFrame) -> pl.DataFrame:
    """Both entries of every level that either modality has a column for."""
    return index.select(*WHERE, index="involved").join(
        reference.select(*WHERE, reference="involved"),
        on=WHERE, how="full", coalesce=True, maintain_order="left_right",
    )  # fmt: skip


def both(frame: pl.DataFrame) -> pl.DataFrame:
    """The rows that can be compared."""
    return frame.drop_nulls(["index", "reference"])


def order(table: LevelTable, modalities: tuple[str, str], every: pl.DataFrame) -> pl.DataFrame:
    """For each patient with a comparable level, whether the reference is the older one.

    Returns:
        Columns patient, early, same_day; null where a day is not recorded.
    """
    index, reference = (
        table.dates(modality).rename({"date": name})
        for modality, name in zip(modalities, ("index", "reference"), strict=True)
    )
    compared = both(every).select("patient").unique(maintain_order=True)
    days = compared.join(index, on="patient", how="left", maintain_order="left")
    days = days.join(reference, on="patient", how="left", maintain_order="left")
    return days.select(
        "patient",
        early=pl.col("reference") < pl.col("index"),
        same_day=pl.col("reference") == pl.col("index"),
    )


def units(every: pl.DataFrame, unit: Unit) -> pl.DataFrame:
    """One row per unit that the index test speaks of.

    A level is what it is. A side or a patient is compared on those levels only where both have
    an entry: involved if one of them is, free if none is. Without any such level it is
    unverified, and the index test calls it involved if it does so at any level.

    Returns:
        Columns patient, side, level, index, reference (null: unverified), elsewhere (the index
        test is positive at a level without a reference).
    """
    key = KEYS[unit]
    compared = pl.col("index").is_not_null() & pl.col("reference").is_not_null()
    return (
        every.drop_nulls("index")
        .group_by(key, maintain_order=True)
        .agg(
            index=pl.when(compared.any())
            .then((pl.col("index") & compared).any())
            .otherwise(pl.col("index").any()),
            reference=pl.when(compared.any()).then(pl.col("reference").any()),
            elsewhere=(pl.col("index") & ~compared).any(),
        )
    )


def without_nodes(table: LevelTable, counted: str, every: pl.DataFrame) -> int:
    """Comparable levels that the reference calls free although no node was examined there.

    Args:
        table: the table.
        counted: modality that holds the number of nodes examined.
        every: the levels compared.
    """
    nodes = table.nodes(counted)
    above = pl.col("level").map_elements(superlevel, return_dtype=pl.String)
    parts = nodes.filter(above != pl.col("level")).group_by("patient", "side", level=above)
    whole = parts.agg(pl.when(pl.col("nodes").is_not_null().all()).then(pl.col("nodes").sum()))
    known = pl.concat([nodes, whole]).drop_nulls("nodes").group_by(WHERE).agg(pl.col("nodes").max())
    free = both(every).filter(~pl.col("reference"))
    return free.join(known.filter(pl.col("nodes") == 0), on=WHERE, how="semi").height
