"""What a report is made from: the trial, its tables, pictures, and where they come from."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from nodewise.tables import TABLES
from nodewise.trial import Analysis, Test, Trial, named

Outcome = Literal["missed", "false alarm", "found", "cleared"]
OVERALL = {"none", "mean"}
"""Who 'read' the rows that speak for a test: nobody, or the mean over readers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """One node on one axial slice.

    Args:
        title: pseudonym, side, level and label.
        outcome: what the index test made of it.
        caption: its values, in words.
        image: the slice, shape (rows, columns), drawn with row 0 on top.
        mask: the drawn region, shape (rows, columns).
        map: the fitted parameter, shape (rows, columns), house units; NaN where nothing was fitted;
            None for a test without a map, which shows the slice alone.
        map_label: the parameter's name, or what is shown instead.
        map_unit: its house unit.
        map_range: values at both ends of the colour bar, house units.
        pixel_mm: distance between rows and between columns, mm.
    """

    title: str
    outcome: Outcome
    caption: str
    image: NDArray[np.generic]
    mask: NDArray[np.bool_]
    map: NDArray[np.float64] | None
    map_label: str
    map_unit: str
    map_range: tuple[float, float]
    pixel_mm: tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of the pipeline: its name, when it ran and by which version of the code."""

    name: str
    when: str
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """Where the numbers come from: versions, hashes, seeds, and the day the truth was opened."""

    version: str
    trial_hash: str
    frozen_hash: str
    truth_opened: str | None
    steps: Sequence[Step] = ()
    seeds: Mapping[str, int] = field(default_factory=dict)
    software: Mapping[str, str] = field(default_factory=dict)
    simulated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """Everything that the page shows; each table is there, empty when it was not given."""

    trial: Trial
    tables: Mapping[str, pl.DataFrame]
    pictures: Sequence[Picture]
    provenance: Provenance

    @property
    def primary_test(self) -> Test:
        """The index test that answers the study's question."""
        return named(self.trial.tests, self.trial.primary_test)

    @property
    def primary_analysis(self) -> Analysis:
        """The analysis that answers the study's question."""
        return named(self.trial.analysis, self.trial.primary_analysis)

    def analysed(self, analysis: str, *, test: str, unit: str) -> list[dict[str, object]]:
        """Units of one analysis and test that have both index test and reference, each once."""
        wanted = {"analysis": analysis, "test": test, "unit": unit, "status": "analysed"}
        units = {
            (row["participant"], row["item"]): row
            for row in self.rows("units")
            if row["present"] is not None
            and all(row[name] == value for name, value in wanted.items())
        }
        return list(units.values())

    def rows(self, name: str, /, *, by: Iterable[str] = ()) -> list[dict[str, object]]:
        """A table's rows, in the order given or sorted by some columns."""
        frame = self.tables[name]
        columns = list(by)
        ordered = frame.sort(columns, nulls_last=True) if columns else frame
        return ordered.rows(named=True)


def study(
    trial: Trial,
    tables: Mapping[str, pl.DataFrame],
    *,
    pictures: Sequence[Picture],
    provenance: Provenance,
) -> Study:
    """Everything that the page shows, with an empty table for each that was not given."""
    complete = {
        name: table.frame(tables[name]) if name in tables else table.frame()
        for name, table in TABLES.items()
    }
    return Study(trial=trial, tables=complete, pictures=pictures, provenance=provenance)
