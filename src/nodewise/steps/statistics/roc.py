"""One score against the reference: AUC, parts of the curve, and a cut-off."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
import polars as pl

from nodewise.report import cutoff_mark, figure_file, roc_figure
from nodewise.stats import (
    Estimate,
    Roc,
    at_cutoff,
    auc,
    best_cutoff,
    cutoff_optimism,
    nearness_to_corner,
    partial_auc,
    roc_band,
    roc_curve,
    sensitivity_at_specificity,
    tried,
    youden,
)
from nodewise.steps.statistics.answer import Answer, Line, Part, per
from nodewise.steps.statistics.columns import Columns
from nodewise.steps.statistics.reference import Reference, at_one_cutoff

_DOUBT = "Below 0.5: the other end of this score may be the one that speaks for disease."
CRITERIA = {"youden": youden, "corner": nearness_to_corner}


@dataclass(frozen=True, slots=True, kw_only=True)
class RocQuestion:
    """What is asked of one score.

    Args:
        score: its column.
        direction: higher or lower: which end speaks for disease.
        cutoff: fixed beforehand, in the score's unit.
        prevalence: at which predictive values are wanted; None: as in the table.
        at_specificity: specificities at which the sensitivity is wanted, fractions.
        partial_from: least specificity of the partial AUC, fraction.
        choose: criterion of a cut-off to be chosen in these data.
        seed: of the resamples.
    """

    score: str
    direction: str
    cutoff: float | None = None
    prevalence: float | None = None
    at_specificity: tuple[float, ...] = ()
    partial_from: float | None = None
    choose: str | None = None
    seed: int = 1


def roc(columns: Columns, question: RocQuestion, reference: Reference) -> Answer:
    """Judge a score; a row without score, reference or patient is left out and counted."""
    used = columns.complete([question.score, *reference.columns])
    score, units = used.numbers(question.score), reference.of(used)
    way = question.direction
    curve = roc_curve(score, units.truth, units.patient, direction=way)
    area = auc(score, units.truth, units.patient, direction=way, level=units.level)
    lines = per([area, *_parts_of(curve, question, units.level)], units.unit)
    found = {"positive": curve.positives, "negative": curve.negatives}
    doubt = (_DOUBT,) if area.value < 0.5 else ()
    parts = [Part(title="ROC curve", lines=lines, counts=found, remarks=doubt)]
    if question.cutoff is not None:
        test = at_cutoff(score, question.cutoff, direction=way)
        title = f"At the cut-off {question.cutoff:g} (a score at it is positive)"
        parts.append(at_one_cutoff(title, test, units, prevalence=question.prevalence))
    if question.choose is not None:
        parts.append(_chosen(curve, question))
    asked = f"{question.score} against {reference.truth}: {way} values speak for disease"
    return Answer(question=asked, columns=used, parts=tuple(parts))


def curves(
    columns: Columns, question: RocQuestion, reference: Reference
) -> Mapping[str, pl.DataFrame]:
    """The curve's points, and its simultaneous band, as tables."""
    used = columns.complete([question.score, *reference.columns])
    units = reference.of(used)
    score = used.numbers(question.score)
    curve = roc_curve(score, units.truth, units.patient, direction=question.direction)
    band = roc_band(curve, rng=_rng(question), simultaneous=True, level=units.level)
    points = {
        "threshold": curve.thresholds,
        "sensitivity": curve.sensitivity,
        "specificity": curve.specificity,
    }
    ribbon = {
        "specificity": band.specificity,
        "sensitivity": band.sensitivity,
        "low": band.low,
        "high": band.high,
    }
    return {"curve": pl.DataFrame(points), "band": pl.DataFrame(ribbon)}


def files(
    answer: Answer, columns: Columns, question: RocQuestion, reference: Reference
) -> tuple[Mapping[str, pl.DataFrame], Mapping[str, str]]:
    """Tables and figures that go with an answer, by name."""
    tables = curves(columns, question, reference)
    return tables, {"roc": figure(answer, tables, question)}


def figure(answer: Answer, tables: Mapping[str, pl.DataFrame], question: RocQuestion) -> str:
    """The curve as the text of an SVG file: its band, the cut-off and what the AUC is.

    Args:
        answer: from roc.
        tables: from curves.
        question: what was asked.
    """
    curve, band = tables["curve"], tables["band"]
    across, grid = 1 - curve["specificity"].to_numpy(), 1 - band["specificity"].to_numpy()
    ends = {side: np.interp(across, grid, band[side].to_numpy()) for side in ("low", "high")}
    points = curve.with_columns(**{side: pl.Series(at) for side, at in ends.items()}).to_dicts()
    told = answer.parts[0]
    counts = f"{told.counts['positive']:g} positive, {told.counts['negative']:g} negative"
    caption = f"AUC {told.lines[0]}; {counts}. Grey: simultaneous band of the whole curve."
    mark = None
    if question.cutoff is not None:
        hit, clear = answer.parts[1].lines[:2]
        if isinstance(hit, Estimate) and isinstance(clear, Estimate):
            mark = cutoff_mark(*((one.value, one.low, one.high) for one in (hit, clear)))
            caption += f" Diamond: the cut-off {question.cutoff:g} with its two intervals."
    name = question.score
    return figure_file(
        roc_figure(name, points, mark=mark, title=f"ROC curve of {name}", caption=caption)
    )


def _parts_of(curve: Roc, question: RocQuestion, level: float) -> Iterator[Line]:
    rng = _rng(question)
    low = question.partial_from
    if low is not None:
        name = f"partial AUC, specificity {low:g} to 1"
        yield tried(name, lambda: partial_auc(curve, low=low, rng=rng, level=level))
    for at in question.at_specificity:
        name = f"sensitivity at specificity {at:g}"
        yield tried(name, partial(sensitivity_at_specificity, curve, at, rng=rng, level=level))


def _chosen(curve: Roc, question: RocQuestion) -> Part:
    name = question.choose or ""
    criterion = CRITERIA[name]
    best = best_cutoff(curve, criterion)
    judged = cutoff_optimism(curve, criterion, rng=_rng(question))
    low, high = np.quantile(judged.cutoffs, [0.025, 0.975])
    return Part(
        title=f"A cut-off chosen in these very patients ({name})",
        counts={
            "cut-off": best.value,
            "midpoint to the next score": best.midpoint,
            "sensitivity here": best.sensitivity,
            "specificity here": best.specificity,
            "criterion here": judged.apparent,
            "optimism": judged.optimism,
            "expected elsewhere": judged.corrected,
        },
        remarks=(
            f"Chosen again in 2000 resamples of patients it lay from {low:.4g} to {high:.4g} "
            f"(95 %; seed {question.seed}); lock it and judge it in other patients.",
        ),
    )


def _rng(question: RocQuestion) -> np.random.Generator:
    return np.random.default_rng(question.seed)
