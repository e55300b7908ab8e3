"""Comparisons: index tests against each other on the same patients."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import combinations
from typing import Any

import numpy as np

from nodewise import stats
from nodewise.stats import Estimate, ReaderAnalysis, Unknown, paired, tried
from nodewise.steps.analysis.cases import MEASURED, cutoff_of
from nodewise.steps.analysis.readers import FIGURES, aligned, analysed, by_reader
from nodewise.trial import Analysis, ReaderTest, Test, Trial, named
from nodewise.volume import Array

Row = dict[str, Any]
MULTIPLICITY = {"holm": stats.holm, "hochberg": stats.hochberg, "fdr": stats.benjamini_hochberg}
Found = dict[tuple[str, str, str], list[Row]]
"""(analysis, test, unit) → rows of the units table."""


def compared(trial: Trial, found: Mapping[tuple[str, str, str], Sequence[Row]]) -> Iterator[Row]:
    """Rows of the comparisons table: every pair of tests, in every unit of its analysis."""
    for comparison in trial.comparison:
        analysis = named(trial.analysis, comparison.analysis)
        for by in analysis.units:
            each: list[Row] = []
            for pair in combinations(comparison.tests, 2):
                rows = [found[analysis.name, test, by] for test in pair]
                each += _pair(trial, rows, pair, analysis=analysis, by=by)
            for quantity in PAIRED:
                adjust(trial, [row for row in each if row["quantity"] == quantity])
            yield from each


def adjusted(trial: Trial, rows: list[Row]) -> list[Row]:
    """The accuracy table's rows with p-values corrected within each family of analyses.

    Exploratory tests are a family of their own: they raise no confirmatory test's p-value.
    """
    family = {analysis.name: analysis.family for analysis in trial.analysis}
    families: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        if row["stratum"] == "all":
            families.setdefault((family[row["analysis"]], row["role"]), []).append(row)
    for each in families.values():
        adjust(trial, each)
    return rows


def adjust(trial: Trial, family: Sequence[Row]) -> None:
    """Put p-values that are corrected within a family beside its p-values, in place."""
    tested = [row for row in family if row["p"] is not None]
    if tested:
        correct = MULTIPLICITY[trial.multiplicity.method]
        adjusted = correct(np.array([row["p"] for row in tested]))
        for row, p in zip(tested, adjusted, strict=True):
            row["p_adjusted"] = float(p)


def _pair(
    trial: Trial, rows: list[Sequence[Row]], pair: tuple[str, ...], *, analysis: Analysis, by: str
) -> Iterator[Row]:
    read = [isinstance(named(trial.tests, test), ReaderTest) for test in pair]
    directions = [cutoff_of(named(trial.tests, test)).direction for test in pair]
    uncut = [each.title for each in map(partial(named, trial.tests), pair) if _has_none(each)]
    for quantity in PAIRED:
        way = _by_readers if any(read) else _measured
        gap, values, readers = (
            _uncut(uncut, quantity)
            if uncut and quantity != "auc"
            else way(rows, quantity, directions)
        )
        facts = gap.as_dict()
        yield {
            "analysis": analysis.name,
            "first": pair[0],
            "second": pair[1],
            "unit": by,
            "quantity": quantity,
            "method": facts["method"] or "not estimable",
            "first_value": values[0],
            "second_value": values[1],
            "value": facts["value"],
            "low": facts["low"],
            "high": facts["high"],
            "level": facts["level"],
            "readers": readers,
            "patients": facts["clusters"],
            "units": None if facts["value"] is None else _units(rows, quantity, directions),
            "p": facts.get("p"),
            "remark": " ".join(str(facts[k]) for k in ("reason", "caution") if facts.get(k)),
        }


Gap = tuple[Estimate | Unknown, tuple[float | None, float | None], int | None]
"""Difference, both values, number of readers."""


def _units(rows: Sequence[Sequence[Row]], quantity: str, directions: Sequence[str]) -> int:
    """Units that somebody read by both tests, of the class that the quantity is a share of."""
    scores, truth, _ = aligned(rows, FIGURES[quantity][0], directions)
    both = (~np.isnan(scores).any(axis=0)).any(axis=0)
    ill = truth.astype(bool)
    return int((both & {"sensitivity": ill, "specificity": ~ill}.get(quantity, both)).sum())


def _has_none(test: Test) -> bool:
    return test.value == "unknown"


def _uncut(titles: Sequence[str], quantity: str) -> Gap:
    """Nothing is called positive by a test without a cut-off."""
    reason = f"no cut-off established for {' and '.join(titles)}"
    return Unknown(name=f"difference of {quantity}", reason=reason), (None, None), None


def _by_readers(rows: list[Sequence[Row]], quantity: str, directions: Sequence[str]) -> Gap:
    """Readers and patients both stand for others like them."""
    found: list[ReaderAnalysis] = []

    def gap() -> Estimate:
        found.append(analysed(rows, directions, quantity))
        return found[0].differences[0]

    difference = tried(f"difference of {quantity}", gap)
    if not found:
        return difference, (None, None), None
    first, second = found[0].means
    readers = {name for each in rows for name in by_reader(each)} - {MEASURED}
    return difference, (first.value, second.value), len(readers)


def _measured(rows: list[Sequence[Row]], quantity: str, directions: Sequence[str]) -> Gap:
    """Two measured values of the same units, on those that have both."""
    column, _ = FIGURES[quantity]
    scores, truth, patients = aligned(rows, column, directions)
    both = ~np.isnan(scores[:, 0]).any(axis=0)
    pair, truth, patients = list(scores[:, 0, both]), truth[both], patients[both]
    single, difference = PAIRED[quantity]
    values = [tried(quantity, partial(single, each, truth, patients)) for each in pair]
    told = [each.value if isinstance(each, Estimate) else None for each in values]
    gap = tried(f"difference of {quantity}", partial(difference, pair, truth, patients))
    return gap, (told[0], told[1]), None


def _areas(pair: list[Array], truth: Any, patients: Any) -> Estimate:
    return stats.auc_difference(pair, truth, patients, direction="higher")


def _shares(difference: Callable[..., Estimate]) -> Callable[..., Estimate]:
    return lambda pair, truth, patients: difference(
        *(paired(calls > 0, truth, patients) for calls in pair)
    )


PAIRED: dict[str, tuple[Callable[..., Estimate], Callable[..., Estimate]]] = {
    "sensitivity": (stats.sensitivity, _shares(stats.sensitivity_difference)),
    "specificity": (stats.specificity, _shares(stats.specificity_difference)),
    "auc": (partial(stats.auc, direction="higher"), _areas),
}
"""Quantity → its estimate, and the difference of two."""
