"""Predictions from several findings: made in other patients, judged, and turned into points."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from nodewise.errors import StatsError
from nodewise.stats import (
    Estimate,
    auc,
    brier_score,
    calibration_intercept,
    calibration_slope,
    cross_validated,
    decision_curve,
    fit_logistic,
    point_optimism,
    point_score,
    tried,
)
from nodewise.steps.statistics.answer import Answer, Line, Part, per
from nodewise.steps.statistics.columns import Array, Columns
from nodewise.steps.statistics.graded import graded
from nodewise.steps.statistics.predictors import predictors
from nodewise.steps.statistics.reference import Reference, Units

_LEAST_SD = 1e-12
_LARGEST = 20  # of a grade; more is a measurement
_NEW = "Each patient was predicted by a model that saw nothing of them; a new study judges it."


@dataclass(frozen=True, slots=True, kw_only=True)
class PredictionQuestion:
    """What is asked of predictions.

    Args:
        findings: columns to predict from.
        probability: column of predictions that are to be judged instead.
        thresholds: chances from which one would act, fractions.
        points: most points of the weightiest finding; None: no score of points.
        folds: of the cross-validation.
        seed: of folds and resamples.
        ordinal: whether the reference is an ordered grade, to be explained and not predicted.
    """

    findings: tuple[str, ...] = ()
    probability: str | None = None
    thresholds: tuple[float, ...] = ()
    points: int | None = None
    folds: int = 5
    seed: int = 1
    ordinal: bool = False

    def __post_init__(self) -> None:
        """Refuse neither, or both."""
        if bool(self.findings) == (self.probability is not None):
            raise StatsError(
                "name the findings to predict from with --finding, or the column of predictions "
                "to be judged with --probability"
            )
        if self.ordinal and (self.probability or self.thresholds or self.points):
            raise StatsError("--ordinal takes findings alone: grades have no single chance")
        if self.points is not None and not self.findings:
            raise StatsError("a score of points is made from findings; name them with --finding")

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns that it needs."""
        return self.findings if self.probability is None else (self.probability,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Predicted:
    """What was found, and each row's prediction.

    Args:
        answer: in sentences.
        predictions: a row for each row used: reference, prediction and fold.
    """

    answer: Answer
    predictions: pl.DataFrame


def predict(columns: Columns, question: PredictionQuestion, reference: Reference) -> Predicted:
    """Predict the reference in patients left out, or judge predictions that are there."""
    if question.ordinal:
        answer, chances = graded(columns, question.findings, reference)
        return Predicted(answer=answer, predictions=chances)
    used = columns.complete([*question.columns, *reference.columns])
    units = reference.of(used)
    rows: dict[str, object] = {"reference": units.truth}
    parts: list[Part] = []
    if question.probability is not None:
        chance = used.numbers(question.probability)
        if chance.min() < 0 or chance.max() > 1:
            raise StatsError(
                f"column {question.probability} of {used.name} holds no probabilities: they lie "
                "between 0 and 1"
            )
        what, remarks = (
            question.probability,
            ("In the patients a model was made from, this is too good.",),
        )
    else:
        x, labels = predictors(used, question.findings)
        rng = np.random.default_rng(question.seed)
        found = cross_validated(x, units.truth, units.patient, rng=rng, folds=question.folds)
        chance, what, remarks = found.probability, ", ".join(question.findings), (_NEW,)
        rows["fold"] = found.fold
        parts.append(_model(x, labels, units, float(np.median(found.penalties))))
    rows["probability"] = chance
    parts += [_judged(chance, units, remarks), *_decisions(chance, units, question)]
    if question.points is not None:
        parts.append(_points(x, labels, units, question))
    asked = f"{reference.truth} predicted from {what}"
    return Predicted(
        answer=Answer(question=asked, columns=used, parts=tuple(parts)),
        predictions=pl.DataFrame(rows),
    )


def _model(x: Array, labels: list[str], units: Units, penalty: float) -> Part:
    """The ridge model of all patients, at the penalty that folds chose most."""
    centre, spread = x.mean(axis=0), np.maximum(x.std(axis=0), _LEAST_SD)
    fit = fit_logistic((x - centre) / spread, units.truth, units.patient, penalty=penalty)
    rows: tuple[Mapping[str, float | str | None], ...] = tuple(
        {"finding": label, "log odds of 1 SD": float(slope), "SD": float(sd)}
        for label, slope, sd in zip(labels, fit.coefficients[1:], spread, strict=True)
    )
    title = "Ridge logistic model of all patients"
    return Part(title=title, counts={"penalty": penalty}, rows=rows)


def _judged(chance: Array, units: Units, remarks: tuple[str, ...]) -> Part:
    rows, level = (chance, units.truth, units.patient), units.level
    lines: list[Line] = [
        tried("AUC", lambda: auc(*rows, direction="higher", level=level)),
        tried("calibration intercept", lambda: calibration_intercept(*rows, level=level)),
        tried("calibration slope", lambda: calibration_slope(*rows, level=level)),
        tried("Brier score", lambda: brier_score(*rows, level=level)),
    ]
    told = {"mean prediction": float(chance.mean()), "share positive": float(units.truth.mean())}
    return Part(title="Predictions", lines=per(lines, units.unit), counts=told, remarks=remarks)


def _decisions(chance: Array, units: Units, question: PredictionQuestion) -> Iterator[Part]:
    if not question.thresholds:
        return
    rows, level = (chance, units.truth, units.patient), units.level
    found = decision_curve(*rows, thresholds=question.thresholds, level=level)
    lines: list[Estimate] = []
    for threshold, by_model, by_all in found:
        lines += [
            by_model.named(f"net benefit at {threshold:g}, by prediction"),
            by_all.named(f"net benefit at {threshold:g}, acting in all"),
        ]
    yield Part(
        title="Net benefit of acting; of acting in none it is 0", lines=per(lines, units.unit)
    )


def _points(x: Array, labels: list[str], units: Units, question: PredictionQuestion) -> Part:
    rows, most = (x, units.truth, units.patient), question.points or 1
    if np.any(x != np.round(x)) or np.abs(x).max() > _LARGEST:
        raise StatsError(
            "points are added up by hand: findings are yes or no, or grades, not measurements; "
            "put a measurement into classes first"
        )
    try:
        made = point_score(*rows, most=most)
        judged = point_optimism(*rows, most=most, rng=np.random.default_rng(question.seed))
    except StatsError as error:
        return Part(title="A score of points", remarks=(f"not estimable: {error}",))
    told: dict[str, float] = {
        f"points of {label}": int(p) for label, p in zip(labels, made.points, strict=True)
    }
    told |= {
        "AUC here": judged.apparent,
        "optimism": judged.optimism,
        "AUC expected elsewhere": judged.corrected,
    }
    if judged.pointless:
        told["resamples of 200 in which nothing earned points"] = judged.pointless
    totals = np.unique(made.total(x))
    chances: tuple[Mapping[str, float], ...] = tuple(
        {
            "points": float(t),
            "chance": float(1 / (1 + np.exp(-made.intercept - made.per_point * t))),
        }
        for t in totals[:40]
    )
    return Part(title="A score of points", counts=told, rows=chances)
