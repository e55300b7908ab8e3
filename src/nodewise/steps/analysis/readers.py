"""Several readers of one test: their scores side by side, means over readers, one curve."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nodewise import stats
from nodewise.errors import StatsError
from nodewise.stats import Estimate, ReaderAnalysis, ReaderFigures, ReaderStudy, Unknown, tried
from nodewise.steps.analysis.cases import MEASURED, cutoff_of
from nodewise.trial import Test
from nodewise.truth import ANALYSED
from nodewise.volume import Array

Row = dict[str, Any]
FIGURES: dict[str, tuple[str, Callable[[ReaderStudy], ReaderFigures]]] = {
    "sensitivity": ("positive", stats.reader_sensitivity),
    "specificity": ("positive", stats.reader_specificity),
    "ppv": ("positive", stats.reader_positive_predictive_value),
    "npv": ("positive", stats.reader_negative_predictive_value),
    "auc": ("value", stats.reader_auc),
}
"""Quantity → column of the units table that it is made from, and how."""


def by_reader(found: Sequence[Row]) -> dict[str, list[Row]]:
    """Rows of the units table, apart for each reader."""
    apart: dict[str, list[Row]] = {}
    for row in found:
        apart.setdefault(row["reader"], []).append(row)
    return apart


def aligned(
    tests: Sequence[Sequence[Row]], column: str, directions: Sequence[str]
) -> tuple[Array, NDArray[Any], NDArray[Any]]:
    """Scores, truth and patients of the units that some test was analysed in.

    A measured test counts as read alike by every reader: what differs between readers is then the
    other test alone. Where nothing was seen the score is below every other.

    Args:
        tests: rows of the units table of each test.
        column: positive or value.
        directions: in which a value of each test speaks for disease.

    Returns:
        Scores, higher for disease, NaN where not read, shape (t, r, n); truth, shape (n,);
        patients, shape (n,).
    """
    apart = [by_reader(rows) for rows in tests]
    readers = sorted({name for each in apart for name in each} - {MEASURED}) or [MEASURED]
    kept = {
        (row["participant"], row["item"]): row["present"]
        for rows in tests
        for row in rows
        if row["status"] == ANALYSED
    }
    units = sorted(kept)
    place = {unit: number for number, unit in enumerate(units)}
    scores = np.full((len(tests), len(readers), len(units)), np.nan)
    for test, (each, way) in enumerate(zip(apart, directions, strict=True)):
        score = _scores(tests[test], column, way)
        for number, reader in enumerate(readers):
            for row in each.get(reader, each.get(MEASURED, [])):
                if row["status"] == ANALYSED and (value := score(row)) is not None:
                    scores[test, number, place[row["participant"], row["item"]]] = value
    return scores, np.array([kept[unit] for unit in units]), np.array([unit[0] for unit in units])


def _scores(rows: Sequence[Row], column: str, direction: str) -> Callable[[Row], float | None]:
    """How a row scores, higher for disease; a call that there is none of has no score."""
    if column == "positive":
        return lambda row: None if row["positive"] is None else float(row["positive"])
    sign = -1.0 if direction == "lower" else 1.0
    least = min((sign * row["value"] for row in rows if row["value"] is not None), default=0.0) - 1
    return lambda row: least if row["value"] is None else sign * row["value"]


def means(
    found: Sequence[Row], test: Test, quantities: Iterable[str]
) -> Iterator[tuple[str, Estimate | Unknown]]:
    """Some of FIGURES, averaged over readers; readers and patients both random."""
    for quantity in quantities:
        yield quantity, tried(quantity, partial(_mean, found, test, quantity))


def _mean(found: Sequence[Row], test: Test, quantity: str) -> Estimate:
    return analysed([found], [cutoff_of(test).direction], quantity).means[0]


def analysed(
    tests: Sequence[Sequence[Row]], directions: Sequence[str], quantity: str
) -> ReaderAnalysis:
    """Obuchowski-Rockette with random readers; with a single reader, of her patients alone.

    Of several tests only what a reader read by each of them counts.
    """
    column, figure = FIGURES[quantity]
    scores, truth, patients = aligned(tests, column, directions)
    scores[:, np.isnan(scores).any(axis=0)] = np.nan
    scores = scores[:, ~np.isnan(scores[0]).all(axis=1)]
    figures = figure(stats.reader_study(scores, truth, patients, direction="higher"))
    if scores.shape[1] == 1:
        return stats.fixed_readers(figures)
    return stats.obuchowski_rockette(figures)


def reader_curve(found: Sequence[Row], test: Test) -> list[Row]:
    """Points of the ROC curve averaged over readers; none where a reader lacks a class."""
    scores, truth, patients = aligned([found], "value", [cutoff_of(test).direction])
    try:
        study = stats.reader_study(scores, truth, patients, direction="higher")
    except StatsError:
        return []
    curve = stats.average_roc(study, 0)
    return [
        {"point": point, "sensitivity": float(hit), "specificity": float(clear)}
        for point, (hit, clear) in enumerate(zip(curve.sensitivity, curve.specificity, strict=True))
    ]
