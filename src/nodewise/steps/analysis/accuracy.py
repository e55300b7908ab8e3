"""Accuracy: the trial's analyses, at its frozen cut-offs and nowhere else."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from nodewise import stats
from nodewise.errors import StatsError
from nodewise.stats import Estimate, Unknown, tried
from nodewise.steps.analysis.cases import MEAN, MEASURED, Cases, cutoff_of
from nodewise.steps.analysis.comparisons import Found, adjusted, compared
from nodewise.steps.analysis.concordance import agreed
from nodewise.steps.analysis.flow import flow
from nodewise.steps.analysis.learning import learnt
from nodewise.steps.analysis.readers import FIGURES, by_reader, means, reader_curve
from nodewise.steps.analysis.restaging import restaged
from nodewise.steps.analysis.sparing import spared
from nodewise.steps.analysis.unread import ENDS, ends
from nodewise.steps.regression import regressed
from nodewise.steps.work import Work, key, rows_key, stale
from nodewise.tables import UNITS
from nodewise.trial import Analysis, ReaderTest, Test
from nodewise.truth import ANALYSED

Row = dict[str, Any]
SEED = 20261121
"""Seed of every resampling in an analysis; the report prints it."""

QUANTITIES: dict[str, Callable[..., Estimate]] = {
    "sensitivity": stats.sensitivity,
    "specificity": stats.specificity,
    "ppv": stats.positive_predictive_value,
    "npv": stats.negative_predictive_value,
    "accuracy": stats.accuracy,
    "lr_positive": stats.likelihood_ratio_positive,
    "lr_negative": stats.likelihood_ratio_negative,
    "dor": stats.diagnostic_odds_ratio,
}
NAIVE = ("sensitivity", "specificity", "ppv", "npv", "accuracy")
CORRECTED = {
    "sensitivity": stats.begg_greenes_sensitivity,
    "specificity": stats.begg_greenes_specificity,
}
NO_CORRECTION = {"method": "Begg-Greenes: not estimable"}
SIGNS = {"lower": "≤", "higher": "≥"}


def analyse(work: Work) -> bool:
    """Compute units, accuracy, curves and the flow, if anything they rest on has changed."""
    wanted = {"all": current_key(work)}
    if not stale(work.truth, "accuracy", wanted):
        return False
    cases = Cases.of(work)
    every: Found = {}
    rows: list[Row] = []
    curves: list[Row] = []
    todo = [(each, test) for each in work.trial.analysis for test in work.trial.tests_of(each)]
    for number, (analysis, test) in enumerate(todo, 1):
        for by in analysis.units:
            found = every[analysis.name, test.name, by] = list(cases.units(test, analysis, by=by))
            rows += _accuracy(found, test, analysis, by=by)
            curves += _curve(found, test, analysis, by=by)
        work.progress("accuracy: tests", number, len(todo))
    units = [row for found in every.values() for row in found]
    written = {
        "units": units,
        "accuracy": adjusted(work.trial, rows),
        "curves": curves,
        "comparisons": list(compared(work.trial, every)),
        "agreement": list(agreed(work.trial, cases)),
        "learning": list(learnt(work.trial, cases, every)),
        "consequences": list(restaged(work.trial, cases, work.truth)),
        "regressions": list(regressed(work)),
        "spared": list(spared(work.trial, every, seed=SEED)),
        "flow": flow(work, cases, UNITS.frame(units)),
    }
    for name, each in written.items():
        work.truth.write(name, each)
    work.truth.finish("accuracy", "all", key=wanted["all"])
    return True


def current_key(work: Work) -> str:
    """A hash of all that the analyses rest on, as it is now."""
    tables = ("participants", "series", "nodes", "values", "maps", "eligibility", "readings")
    truths = ("matches", "dissections", "specimen_nodes")
    return key(
        [rows_key(work.tables.read(name)) for name in tables],
        [rows_key(work.truth.read(name)) for name in truths],
        work.trial.model_dump(mode="json"),
        SEED,
    )


def _accuracy(found: list[Row], test: Test, analysis: Analysis, *, by: str) -> Iterator[Row]:
    """Rows of the accuracy table for one test and unit: by reader and stratum, and the means."""
    names = {"analysis": analysis.name, "role": test.role, "test": test.name, "unit": by}
    for reader, theirs in by_reader(found).items():
        for stratum, rows in _strata(theirs, test, by=by).items():
            tested = stratum == "all" and reader == MEASURED
            for row in _stratum(rows, test, by=by, area=reader == MEASURED or stratum == "all"):
                place = {"reader": reader, "stratum": stratum}
                yield names | place | row | ({} if tested else {"p": None})
        for row in _ends(theirs):
            yield names | {"reader": reader, "stratum": "all"} | row
    if isinstance(test, ReaderTest):
        yield from (names | {"reader": MEAN} | row for row in _means(found, test, by=by))


def _means(found: list[Row], test: ReaderTest, *, by: str) -> Iterator[Row]:
    """Means over readers, at the frozen cut-off, at further ones, and with unread units filled."""
    for stratum, rows in _strata(found, test, by=by).items():
        wanted = [name for name in FIGURES if stratum == "all" or name != "auc"]
        described = {"stratum": stratum} | ({} if stratum == "all" else {"p": None})
        for quantity, estimate in means(rows, test, wanted):
            yield _estimate(quantity, estimate) | described
    for way, rows in ends(found).items():
        for quantity, estimate in means(rows, test, ENDS):
            yield _described(quantity, estimate, way) | {"stratum": "all"}


def _stratum(rows: list[Row], test: Test, *, by: str, area: bool) -> Iterator[Row]:
    kept = [row for row in rows if row["status"] == ANALYSED]
    counts = _counts(kept)
    for estimate in (*_at_cutoff(kept, rows, by), *(_area(kept, test) if area else ())):
        yield counts | estimate


def _ends(rows: list[Row]) -> Iterator[Row]:
    """Between which values unread units leave an estimate of one reader, or of a measurement."""
    for way, filled in ends(rows).items():
        columns = _columns(filled, "positive", "present", "participant")
        for quantity in ENDS:
            yield _described(
                quantity, tried(quantity, partial(QUANTITIES[quantity], *columns)), way
            )


def _strata(rows: list[Row], test: Test, *, by: str) -> dict[str, list[Row]]:
    """All rows; by level for a measured test; at further cut-offs for a reader test."""
    strata = {"all": rows}
    if isinstance(test, ReaderTest):
        for value in test.also_at:
            cutoff = replace(cutoff_of(test), value=value)
            called = [row["positive"] is not None for row in rows]
            strata[f"{SIGNS[cutoff.direction]} {value:g}"] = [
                row | {"positive": bool(cutoff.positive(row["value"])) if said else None}
                for row, said in zip(rows, called, strict=True)
            ]
    elif by == "level":
        for row in rows:
            strata.setdefault(str(row["level"]), []).append(row)
    return strata


def _at_cutoff(kept: list[Row], rows: list[Row], by: str) -> Iterator[Row]:
    """Estimates at the frozen cut-off; none without one."""
    called = [row for row in kept if row["positive"] is not None]
    if not called and any(row["value"] is not None for row in kept):
        return
    test, truth, patient = _columns(called, "positive", "present", "participant")
    for quantity, estimator in QUANTITIES.items():
        estimate = tried(quantity, partial(estimator, test, truth, patient))
        yield _estimate(quantity, estimate)
        if quantity in NAIVE and isinstance(estimate, Estimate):
            yield _estimate(quantity, stats.naive(estimate))
    if by == "level":
        yield from _corrected(rows)


def _corrected(rows: list[Row]) -> Iterator[Row]:
    """Begg-Greenes: levels that nobody dissected count by the index test alone."""
    verified = [
        row
        for row in rows
        if row["positive"] is not None and row["status"] in (ANALYSED, "not dissected")
    ]
    test, truth, patient = _columns(verified, "positive", "present", "participant")
    for quantity, estimator in CORRECTED.items():
        estimate = tried(quantity, partial(estimator, test, truth, patient))
        yield _estimate(quantity, estimate) | (
            {} if isinstance(estimate, Estimate) else NO_CORRECTION
        )


def _columns(rows: list[Row], *names: str) -> list[np.ndarray[Any, Any]]:
    return [np.array([row[name] for row in rows]) for name in names]


def _area(kept: list[Row], test: Test) -> Iterator[Row]:
    score, truth, patient = _scored(kept, test)
    direction = cutoff_of(test).direction
    estimate = tried("auc", lambda: stats.auc(score, truth, patient, direction=direction))
    row = _estimate("auc", estimate)
    if test.direction == "unknown":
        row["remark"] = f"direction not established: read as higher in disease. {row['remark']}"
    yield row
    if isinstance(estimate, Estimate):
        yield _estimate("auc", stats.naive_auc(score, truth, direction=direction))


def _scored(kept: list[Row], test: Test) -> list[np.ndarray[Any, Any]]:
    """Score, truth and patient; where nothing was seen the score is the least suspicious."""
    nothing = np.inf if cutoff_of(test).direction == "lower" else -np.inf
    values = [row["value"] for row in kept if row["value"] is not None]
    least = (max(values) + 1 if nothing > 0 else min(values) - 1) if values else 0.0
    scored = [row | {"value": least if row["value"] is None else row["value"]} for row in kept]
    return _columns(scored, "value", "present", "participant")


def _estimate(quantity: str, estimate: Estimate | Unknown) -> Row:
    facts = estimate.as_dict()
    return {
        "quantity": quantity,
        "method": facts["method"] or "not estimable",
        "value": facts["value"],
        "low": facts["low"],
        "high": facts["high"],
        "level": facts["level"],
        "numerator": facts["numerator"],
        "denominator": facts["denominator"],
        "patients": facts["clusters"],
        "p": facts.get("p"),
        "remark": " ".join(str(facts[name]) for name in ("reason", "caution") if facts.get(name)),
    }


def _described(quantity: str, estimate: Estimate | Unknown, way: str) -> Row:
    """An estimate that is told beside the main one, and not tested."""
    row = _estimate(quantity, estimate)
    return row | {"method": f"{way}, {row['method']}", "p": None}


def _counts(kept: list[Row]) -> Row:
    called = [row for row in kept if row["positive"] is not None]
    if not called:
        return {}
    counts = stats.counts(*_columns(called, "positive", "present"))
    return {"tp": counts.tp, "fp": counts.fp, "fn": counts.fn, "tn": counts.tn}


def _curve(found: list[Row], test: Test, analysis: Analysis, *, by: str) -> list[Row]:
    if isinstance(test, ReaderTest):
        names = {"analysis": analysis.name, "test": test.name, "reader": MEAN, "unit": by}
        return [names | point for point in reader_curve(found, test)]
    kept = [row for row in found if row["status"] == ANALYSED]
    score, truth, patient = _scored(kept, test)
    try:
        roc = stats.roc_curve(score, truth, patient, direction=cutoff_of(test).direction)
        band = stats.roc_band(roc, rng=np.random.default_rng(SEED))
    except StatsError:
        return []
    wrong = 1 - band.specificity
    low, high = (np.interp(1 - roc.specificity, wrong, side) for side in (band.low, band.high))
    return [
        {
            "analysis": analysis.name,
            "test": test.name,
            "reader": MEASURED,
            "unit": by,
            "point": point,
            "threshold": float(threshold) if np.isfinite(threshold) else None,
            "sensitivity": float(roc.sensitivity[point]),
            "specificity": float(roc.specificity[point]),
            "low": float(low[point]),
            "high": float(high[point]),
        }
        for point, threshold in enumerate(roc.thresholds)
    ]
