"""Golden tables: simulated data and what R gave on them."""

import csv
from pathlib import Path

import numpy as np

FOLDER = Path(__file__).parents[1] / "golden"


def table(name: str, key: str | None = None) -> dict[str, np.ndarray] | dict[str, float]:
    """Columns of a golden table as texts or, with the column of the names, values by name."""
    lines = (FOLDER / f"{name}.csv").read_text(encoding="utf-8").splitlines()
    rows = list(csv.DictReader(line for line in lines if not line.startswith("#")))
    if key is not None:
        return {row[key]: float(row["value"]) for row in rows}
    return {column: np.array([row[column] for row in rows]) for column in rows[0]}
