"""Accuracy: the trial's analyses, at its frozen cut-offs and nowhere else."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from nodewise import stats
from nodewise.errors import StatsError
from nodewise.stats import Estimate, Unknown, tried
from nodewise.steps.cases import Cases, cutoff_of
from nodewise.steps.flow import flow
from nodewise.steps.work import Work, key, rows_key, stale
from nodewise.tables import UNITS
from nodewise.trial import Analysis, IndexTest
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
MULTIPLICITY = {"holm": stats.holm, "hochberg": stats.hochberg, "fdr": stats.benjamini_hochberg}


def analyse(work: Work) -> bool:
    """Compute units, accuracy, curves and the flow, if anything they rest on has changed."""
    wanted = {"all": current_key(work)}
    if not stale(work.truth, "accuracy", wanted):
        return False
    cases = Cases.of(work)
    every: list[Row] = []
    rows: list[Row] = []
    curves: list[Row] = []
    todo = [(analysis, test) for analysis in work.trial.analysis for test in work.trial.index_test]
    for number, (analysis, test) in enumerate(todo, 1):
        for by in analysis.units:
            found = cases.units(test, analysis, by=by)
            every += found
            rows += _accuracy(found, test, analysis, by=by)
            curves += _curve(found, test, analysis, by=by)
        work.progress("accuracy: tests", number, len(todo))
    work.truth.write("units", every)
    work.truth.write("accuracy", _adjusted(work, rows))
    work.truth.write("curves", curves)
    work.truth.write("flow", flow(work, cases, UNITS.frame(every)))
    work.truth.finish("accuracy", "all", key=wanted["all"])
    return True


def current_key(work: Work) -> str:
    """A hash of all that the analyses rest on, as it is now."""
    tables = ("participants", "nodes", "values", "maps", "eligibility")
    truths = ("matches", "dissections", "specimen_nodes")
    return key(
        [rows_key(work.tables.read(name)) for name in tables],
        [rows_key(work.truth.read(name)) for name in truths],
        work.trial.model_dump(mode="json"),
        SEED,
    )


def _accuracy(found: list[Row], test: IndexTest, analysis: Analysis, *, by: str) -> Iterator[Row]:
    """Rows of the accuracy table for one test and unit, over all levels and by level."""
    strata = {"all": found}
    if by == "level":
        for row in found:
            strata.setdefault(str(row["level"]), []).append(row)
    for stratum, rows in strata.items():
        names = {
            "analysis": analysis.name,
            "role": test.role,
            "test": test.name,
            "unit": by,
            "stratum": stratum,
        }
        kept = [row for row in rows if row["status"] == ANALYSED]
        estimates = [*_at_cutoff(kept, rows, by), *_area(kept, test)]
        table = _counts(kept)
        if stratum != "all":  # described, not tested
            estimates = [estimate | {"p": None} for estimate in estimates]
        yield from (names | table | estimate for estimate in estimates)


def _at_cutoff(kept: list[Row], rows: list[Row], by: str) -> Iterator[Row]:
    """Estimates at the frozen cut-off; none without one."""
    called = [row for row in kept if row["positive"] is not None]
    if not called and any(row["value"] is not None for row in kept):
        return
    test, truth, patient = _columns(called, "positive", "metastatic", "participant")
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
    test, truth, patient = _columns(verified, "positive", "metastatic", "participant")
    for quantity, estimator in CORRECTED.items():
        estimate = tried(quantity, partial(estimator, test, truth, patient))
        yield _estimate(quantity, estimate) | (
            {} if isinstance(estimate, Estimate) else NO_CORRECTION
        )


def _columns(rows: list[Row], *names: str) -> list[np.ndarray[Any, Any]]:
    return [np.array([row[name] for row in rows]) for name in names]


def _area(kept: list[Row], test: IndexTest) -> Iterator[Row]:
    score, truth, patient = _scored(kept, test)
    direction = cutoff_of(test).direction
    estimate = tried("auc", lambda: stats.auc(score, truth, patient, direction=direction))
    row = _estimate("auc", estimate)
    if test.direction == "unknown":
        row["remark"] = f"direction not established: read as higher in metastasis. {row['remark']}"
    yield row
    if isinstance(estimate, Estimate):
        yield _estimate("auc", stats.naive_auc(score, truth, direction=direction))


def _scored(kept: list[Row], test: IndexTest) -> list[np.ndarray[Any, Any]]:
    """Score, truth and patient; where nothing was seen the score is the least suspicious."""
    nothing = np.inf if cutoff_of(test).direction == "lower" else -np.inf
    values = [row["value"] for row in kept if row["value"] is not None]
    least = (max(values) + 1 if nothing > 0 else min(values) - 1) if values else 0.0
    scored = [row | {"value": least if row["value"] is None else row["value"]} for row in kept]
    return _columns(scored, "value", "metastatic", "participant")


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


def _counts(kept: list[Row]) -> Row:
    called = [row for row in kept if row["positive"] is not None]
    if not called:
        return {}
    counts = stats.counts(*_columns(called, "positive", "metastatic"))
    return {"tp": counts.tp, "fp": counts.fp, "fn": counts.fn, "tn": counts.tn}


def _curve(found: list[Row], test: IndexTest, analysis: Analysis, *, by: str) -> list[Row]:
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


def _adjusted(work: Work, rows: list[Row]) -> list[Row]:
    """The same rows with p-values corrected within each family of analyses."""
    correct = MULTIPLICITY[work.trial.multiplicity.method]
    for family in {analysis.family for analysis in work.trial.analysis}:
        members = {each.name for each in work.trial.analysis if each.family == family}
        tested = [
            row
            for row in rows
            if row["analysis"] in members and row["stratum"] == "all" and row["p"] is not None
        ]
        if tested:
            adjusted = correct(np.array([row["p"] for row in tested]))
            for row, p in zip(tested, adjusted, strict=True):
                row["p_adjusted"] = float(p)
    return rows
