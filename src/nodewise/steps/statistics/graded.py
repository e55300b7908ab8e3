"""Findings against ordered grades: one odds ratio a finding, and the chance of each grade."""

from collections.abc import Mapping
from functools import partial

import numpy as np
import polars as pl

from nodewise.stats import fit_ordinal, tried
from nodewise.steps.statistics.answer import Answer, Line, Part, per, unit_of
from nodewise.steps.statistics.columns import Array, Columns
from nodewise.steps.statistics.predictors import predictors
from nodewise.steps.statistics.reference import Reference

_ASSUMED = "One odds ratio holds at every step of the grade: proportional odds are assumed."


def graded(
    columns: Columns, findings: tuple[str, ...], reference: Reference
) -> tuple[Answer, pl.DataFrame]:
    """Fit a proportional odds model; a table of each row's grade and its chance of every grade.

    A finding of two values counts by its step, any other by its standard deviation.
    """
    used = columns.complete([*findings, *reference.columns])
    grade, patient = used.numbers(reference.truth), used.patients(reference.patient)
    x, labels = predictors(used, findings)
    steps = [_step(column) for column in x.T]
    fit = fit_ordinal(x / np.array(steps), grade, patient)
    lines: list[Line] = [
        tried(f"by {_by(label, step)}", partial(fit.odds_ratio, k, level=reference.level))
        for k, (label, step) in enumerate(zip(labels, steps, strict=True))
    ]
    chance = fit.probability(x / np.array(steps))
    rows: tuple[Mapping[str, float], ...] = tuple(
        {"grade": float(g), "rows": float((grade == g).sum()), "mean chance": float(share)}
        for g, share in zip(fit.grades, chance.mean(axis=0), strict=True)
    )
    part = Part(
        title=f"Odds ratios of a higher {reference.truth}",
        lines=per(lines, unit_of(patient, reference.unit)),
        rows=rows,
        remarks=(_ASSUMED,),
    )
    names = {f"{g:g}": chance[:, k] for k, g in enumerate(fit.grades)}
    asked = f"{reference.truth} (ordered grades) from {', '.join(findings)}"
    answer = Answer(question=asked, columns=used, parts=(part,))
    return answer, pl.DataFrame({"reference": grade} | names)


def _step(values: Array) -> float:
    """What a finding is counted by."""
    kinds = np.unique(values)
    if len(kinds) == 2:
        return float(kinds[1] - kinds[0])
    return float(values.std()) or 1.0


def _by(label: str, step: float) -> str:
    return label if step == 1 else f"{step:.3g} of {label}"
