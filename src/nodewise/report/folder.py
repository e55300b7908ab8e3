"""The report as a folder: the page, every table as CSV and Parquet, and the data dictionary."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl

from nodewise.report.page import page
from nodewise.report.study import Picture, Provenance
from nodewise.tables import TABLES, dictionary
from nodewise.tables.spreadsheet import csv_for_people
from nodewise.trial import Trial


def write(
    folder: Path,
    trial: Trial,
    *,
    tables: Mapping[str, pl.DataFrame],
    pictures: Sequence[Picture] = (),
    provenance: Provenance,
) -> Path:
    """Write the page and its tables; returns the page's path."""
    beside = folder / "tables"
    beside.mkdir(parents=True, exist_ok=True)
    for name, table in TABLES.items():
        frame = tables.get(name, table.frame())
        _write_csv(beside / f"{name}.csv", frame)
        frame.write_parquet(beside / f"{name}.parquet")
    _write_csv(beside / "dictionary.csv", dictionary())
    index = folder / "index.html"
    text = page(trial, tables, pictures=pictures, provenance=provenance)
    index.write_text(text, encoding="utf-8")
    return index


def _write_csv(path: Path, frame: pl.DataFrame) -> None:
    path.write_text(csv_for_people(frame), encoding="utf-8", newline="")
