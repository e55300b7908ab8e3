"""The published cases of ../shared/reference, read once, and a small study to test laws on."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest


class Case:
    """One published case: its table and what it must give."""

    def __init__(self, folder: Path):
        with (folder / "data.csv").open(encoding="utf-8") as file:
            self.rows = list(csv.DictReader(file))
        entries = json.loads((folder / "expected.json").read_text(encoding="utf-8"))["expected"]
        self.entries = {entry["name"]: entry for entry in entries}

    def column(self, name: str, rows: list[dict[str, str]] | None = None) -> np.ndarray:
        """Numbers of a column; an empty cell is NaN."""
        cells = [row[name] for row in (self.rows if rows is None else rows)]
        return np.array([float(cell) if cell not in ("", "NA") else np.nan for cell in cells])

    def words(self, name: str, rows: list[dict[str, str]] | None = None) -> np.ndarray:
        """Texts of a column."""
        return np.array([row[name] for row in (self.rows if rows is None else rows)])

    def value(self, name: str):
        """The expected value of an entry."""
        return self.entries[name]["value"]

    def near(self, name: str, *path: str | int):
        """The expected value, or a part of it, within the case's own tolerance."""
        value = self.value(name)
        for step in path:
            value = value[step]
        tolerance = self.entries[name]["tol"]
        return pytest.approx(value, rel=tolerance, abs=1e-12)


def study(seed: int, *, patients: int = 12, units: int = 4) -> dict[str, np.ndarray]:
    """Scores, calls and truths of nodes that share something within each patient."""
    rng = np.random.default_rng(seed)
    patient = np.repeat(np.arange(patients), units)
    shared = rng.normal(size=patients)[patient]
    truth = rng.random(patients * units) < 0.4
    score = np.round(shared * 0.5 + rng.normal(size=len(truth)) + truth, 1)
    return {"patient": patient, "truth": truth, "score": score, "test": score > 0.5}


def numbers_of(estimate) -> tuple[float | None, ...]:
    """Value and limits."""
    return estimate.value, estimate.low, estimate.high
