"""One score against the reference: AUC, parts of the curve, and a cut-off."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
import polars as pl

from nodewise.errors import StatsError
from nodewise.report import cutoff_mark, figure_file, roc_figure
from nodewise.stats import (
    Criterion,
    Estimate,
    Roc,
    at_cutoff,
    auc,
    best_cutoff,
    binormal_likelihood,
    cutoff_optimism,
    cutoffs_by_prevalence,
    nearness_to_corner,
    net_gain,
    partial_auc,
    roc_band,
    roc_curve,
    sensitivity_at_specificity,
    transport,
    tried,
    with_sensitivity,
    youden,
)
from nodewise.steps.statistics.answer import Answer, Line, Part, per
from nodewise.steps.statistics.columns import Array, Columns
from nodewise.steps.statistics.reference import Reference, Units, at_one_cutoff

_DOUBT = "Below 0.5: the other end of this score may be the one that speaks for disease."


@dataclass(frozen=True, slots=True, kw_only=True)
class RocQuestion:
    """What is asked of one score.

    Args:
        score: its column.
        direction: higher or lower: which end speaks for disease.
        cutoff: fixed beforehand, in the score's unit.
        prevalence: at which predictive values are wanted; None: as in the table.
        at_specificity: specificities at which the sensitivity is wanted, fractions.
        partial_from: lower end of the partial AUC's range, fraction.
        partial_over: specificity or sensitivity: what that range is of.
        binormal: whether a smooth curve is fitted as well.
        choose: criterion of a cut-off to be chosen in these data: youden, corner, sensitivity
            (the best specificity that keeps one) or cost.
        least_sensitivity: that a chosen cut-off keeps, fraction.
        cost_ratio: harm of a missed positive over harm of a false alarm.
        transport: prevalences elsewhere, fractions.
        seed: of the resamples.
    """

    score: str
    direction: str
    cutoff: float | None = None
    prevalence: float | None = None
    at_specificity: tuple[float, ...] = ()
    partial_from: float | None = None
    partial_over: str = "specificity"
    binormal: bool = False
    choose: str | None = None
    least_sensitivity: float | None = None
    cost_ratio: float | None = None
    transport: tuple[float, ...] = ()
    seed: int = 1

    def criterion(self, curve: Roc) -> Criterion:
        """What a chosen cut-off should have most of."""
        if self.choose == "sensitivity":
            if self.least_sensitivity is None:
                raise StatsError("--choose sensitivity needs the --least-sensitivity to keep")
            return with_sensitivity(self.least_sensitivity)
        if self.choose == "cost":
            if self.cost_ratio is None or not self.cost_ratio > 0:
                raise StatsError("--choose cost needs a --cost-ratio above 0")
            share = curve.positives / (curve.positives + curve.negatives)
            return net_gain(self.prevalence or share, self.cost_ratio)
        return youden if self.choose == "youden" else nearness_to_corner


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
    if question.transport:
        parts.append(_transported(curve, question, units))
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
        over = question.partial_over
        name = f"partial AUC, {over} {low:g} to 1"
        yield tried(name, lambda: partial_auc(curve, low=low, over=over, rng=rng, level=level))
    for at in question.at_specificity:
        name = f"sensitivity at specificity {at:g}"
        yield tried(name, partial(sensitivity_at_specificity, curve, at, rng=rng, level=level))
    if question.binormal:
        yield tried("binormal AUC", lambda: binormal_likelihood(curve, level=level).area)


def _transported(curve: Roc, question: RocQuestion, units: Units) -> Part:
    """Predictive values of the locked cut-off, and the best one, at other prevalences."""
    rows: list[dict[str, float | None]] = [{"prevalence": p} for p in question.transport]
    remarks = ["Sensitivity and specificity are taken to be the same elsewhere."]
    if question.cutoff is not None:
        sign = 1.0 if question.direction == "higher" else -1.0
        test = at_cutoff(sign * curve.data.score, question.cutoff, direction=question.direction)
        found = transport(
            test, units.truth, units.patient, prevalences=question.transport, level=units.level
        )
        for row, (_, ppv, npv) in zip(rows, found, strict=True):
            for name, one in (("PPV", ppv), ("NPV", npv)):
                row |= {name: one.value, f"{name} low": one.low, f"{name} high": one.high}
    if question.cost_ratio is not None:
        best = cutoffs_by_prevalence(
            curve, prevalences=question.transport, cost_ratio=question.cost_ratio
        )
        for row, (_, cut) in zip(rows, best, strict=True):
            row |= {"best cut-off": cut.value, "sensitivity": cut.sensitivity}
            row |= {"specificity": cut.specificity}
        remarks.append("The best cut-off is chosen in these very patients: it looks too good here.")
    if question.cutoff is None and question.cost_ratio is None:
        raise StatsError(
            "--transport needs a --cutoff to carry over, or a --cost-ratio to choose by"
        )
    return Part(title="Elsewhere", rows=tuple(rows), remarks=tuple(remarks))


def _chosen(curve: Roc, question: RocQuestion) -> Part:
    name, criterion = question.choose or "", question.criterion(curve)
    keeps = name == "sensitivity"
    best = best_cutoff(curve, criterion)
    judged = cutoff_optimism(
        curve, criterion, judge=_sensitivity if keeps else None, rng=_rng(question)
    )
    low, high = np.quantile(judged.cutoffs, [0.025, 0.975])
    what = "sensitivity" if keeps else "criterion"
    return Part(
        title=f"A cut-off chosen in these very patients ({name})",
        counts={
            "cut-off": best.value,
            "midpoint to the next score": best.midpoint,
            "sensitivity here": best.sensitivity,
            "specificity here": best.specificity,
            f"{what} here": judged.apparent,
            f"optimism of the {what}": judged.optimism,
            f"{what} expected elsewhere": judged.corrected,
        },
        remarks=(
            f"Chosen again in 2000 resamples of patients it lay from {low:.4g} to {high:.4g} "
            f"(95 %; seed {question.seed}); lock it and judge it in other patients.",
        ),
    )


def _sensitivity(sensitivity: Array, specificity: Array) -> Array:
    """Judges a cut-off that is to keep a sensitivity."""
    return sensitivity


def _rng(question: RocQuestion) -> np.random.Generator:
    return np.random.default_rng(question.seed)
