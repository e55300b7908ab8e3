"""Agreement of readers on what they rated or measured."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import combinations
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from nodewise.errors import IngestError, StatsError
from nodewise.stats import (
    Estimate,
    Measured,
    Ratings,
    agreement,
    icc,
    kendall,
    krippendorff,
    light,
    limits_of_agreement,
    measured,
    ratings,
    repeatability_coefficient,
    tried,
    within_cv,
    within_sd,
)
from nodewise.steps.statistics.answer import Answer, Line, Part, per, unit_of
from nodewise.steps.statistics.columns import Array, Columns, Words

FORMS = ("ICC(1,1)", "ICC(2,1)", "ICC(3,1)", "ICC(1,k)", "ICC(2,k)", "ICC(3,k)")
MOST_VALUES = 100
"""More different ratings than this are measurements, for which alpha would take too long."""

Cells = NDArray[np.object_]


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementQuestion:
    """What is asked of readers.

    Args:
        ratings: one column a reader, or one column of all ratings.
        scale: nominal, ordinal or continuous.
        reader: column of the reader, where one column holds all ratings.
        item: column of what was rated, there; None: the patient.
        patient: column of the patient; None: each item is of another patient.
        weighting: of near misses on an ordinal scale.
        order: the categories of an ordinal scale that are words, from one end to the other.
        unit: word for an item.
        level: level of intervals, fraction.
    """

    ratings: tuple[str, ...]
    scale: str = "nominal"
    reader: str | None = None
    item: str | None = None
    patient: str | None = None
    weighting: str = "quadratic"
    order: tuple[str, ...] = ()
    unit: str | None = None
    level: float = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Rated:
    """Ratings of items, None where there is none.

    Args:
        cells: shape (n, raters).
        raters: their names.
        patient: of each item, shape (n,).
        columns: the table as used.
    """

    cells: Cells
    raters: tuple[str, ...]
    patient: Words | Array
    columns: Columns


def agree(columns: Columns, question: AgreementQuestion) -> Answer:
    """Every coefficient that suits the scale."""
    rated = _wide(columns, question) if question.reader is None else _long(columns, question)
    _numeric_scale(rated, question)
    unit = unit_of(rated.patient, question.unit)
    parts = _measured_parts if question.scale == "continuous" else _rated_parts
    found = tuple(
        Part(title=part.title, lines=per(part.lines, unit), counts=part.counts)
        for part in parts(rated, question)
    )
    asked = f"Agreement of {len(rated.raters)} readers: {', '.join(rated.raters)}"
    return Answer(
        question=f"{asked} ({question.scale})",
        columns=rated.columns,
        parts=(Part(title="Items", counts=_counts(rated)), *found),
    )


def _wide(columns: Columns, question: AgreementQuestion) -> Rated:
    """One column a reader, one row an item."""
    names = question.ratings
    if len(names) < 2:
        raise StatsError(
            "agreement needs two readers: name two columns with --rating, or one column with "
            "--rating and the column of the reader with --reader"
        )
    used = columns if question.patient is None else columns.complete([question.patient])
    if len(set(names)) < len(names):
        raise StatsError("one column is named twice as a reader; each reader has a column")
    for name in names:
        used.having(name)
    cells = _values(used.frame.select(names), names)
    return Rated(cells=cells, raters=names, patient=used.patients(question.patient), columns=used)


def _long(columns: Columns, question: AgreementQuestion) -> Rated:
    """One row a rating."""
    reader, item = question.reader or "", question.item or question.patient
    if len(question.ratings) != 1 or item is None:
        raise StatsError("with --reader, name one --rating and what was rated with --item")
    rating, patient = question.ratings[0], question.patient
    key = [item] if patient is None else list(dict.fromkeys([patient, item]))
    if len({rating, reader, *key}) < 2 + len(key):
        raise StatsError("--rating, --reader and --item name different columns")
    used = columns.complete([reader, *key])
    frame = used.frame
    if frame.select(reader, *key).is_duplicated().any():
        raise IngestError(
            f"a reader rated one item twice in {used.name}; name what tells the rows apart with "
            "--item"
        )
    used.having(rating)
    table = frame.select(*key, reader, rating).pivot(on=reader, index=key, values=rating)
    raters = tuple(sorted(name for name in table.columns if name not in key))
    of = (
        np.arange(table.height, dtype=np.float64)
        if patient is None
        else table[patient].to_numpy().astype(np.str_)
    )
    cells = _values(table.select(raters), raters)
    return Rated(cells=cells, raters=raters, patient=of, columns=used)


def _values(frame: pl.DataFrame, names: Sequence[str]) -> Cells:
    """Numbers where every known cell is one, else words; None where there is none."""
    numbers = frame.select(pl.all().cast(pl.Float64, strict=False))
    if all(numbers[name].null_count() == frame[name].null_count() for name in names):
        frame = numbers
    return np.array([frame[name].to_list() for name in names], dtype=object).T


def _numeric_scale(rated: Rated, question: AgreementQuestion) -> None:
    known = [cell for cell in rated.cells.ravel() if cell is not None]
    numeric = all(isinstance(cell, float) for cell in known)
    if question.scale == "continuous" and not numeric:
        raise IngestError(f"measurements of {rated.columns.name} must be numbers; some are words")
    if question.scale == "ordinal" and not (numeric or question.order):
        raise StatsError(
            "an ordinal scale of words needs their order: --order none --order mild --order severe"
        )
    if question.scale != "continuous" and len(set(known)) > MOST_VALUES:
        raise StatsError(
            f"{len(set(known))} different ratings are measurements, not categories; "
            "--scale continuous compares those"
        )


def _counts(rated: Rated) -> dict[str, float]:
    known = np.array([[cell is not None for cell in row] for row in rated.cells], bool)
    return {
        "items": len(known),
        "patients": len(np.unique(rated.patient)),
        "ratings": int(known.sum()),
        "missing ratings": int((~known).sum()),
        "items with fewer than 2 ratings": int((known.sum(axis=1) < 2).sum()),
    }


def _rated_parts(rated: Rated, question: AgreementQuestion) -> Iterator[Part]:
    data = ratings(rated.cells, rated.patient, categories=question.order or None)
    ordinal = question.scale == "ordinal"
    weighting = question.weighting if ordinal else "nominal"
    metric = "ordinal" if ordinal else "nominal"
    title = f"Coefficients, {weighting} weights" if ordinal else "Coefficients"
    lines: list[Line] = [
        _coefficient(data, name, coefficient, weighting=weighting, level=question.level)
        for name, coefficient in _names(len(rated.raters), ordinal=ordinal).items()
    ]
    if len(rated.raters) > 2:
        lines.append(tried("Light's kappa", lambda: _light(data, weighting)))
    alpha = f"Krippendorff's alpha, {metric}"
    lines.append(tried(alpha, lambda: krippendorff(data, metric, level=question.level)))
    if ordinal:
        lines.append(tried("Kendall's W", lambda: _concordance(data)))
    yield Part(title=title, lines=tuple(lines))


def _names(raters: int, *, ordinal: bool) -> dict[str, str]:
    """What a coefficient is called with so many raters on this scale."""
    kappa = "Cohen's kappa" if raters == 2 else "Conger's kappa"
    fleiss = "Scott's pi" if raters == 2 else "Fleiss' kappa"
    return {
        "weighted agreement" if ordinal else "agreement": "percent agreement",
        kappa: "kappa",
        fleiss: "Fleiss kappa",
        "Gwet's AC2" if ordinal else "Gwet's AC1": "Gwet AC",
        "Brennan-Prediger": "Brennan-Prediger",
    }


def _coefficient(
    data: Ratings, name: str, coefficient: str, *, weighting: str, level: float
) -> Line:
    return tried(name, lambda: agreement(data, coefficient, weighting=weighting, level=level))


def _light(data: Ratings, weighting: str) -> Estimate:
    count = data.code.shape[1]
    return Estimate(
        name="Light's kappa",
        value=light(data, weighting=weighting),
        method=f"mean of Cohen's kappa over {count * (count - 1) // 2} pairs",
        denominator=len(data.code),
        clusters=data.clusters.count,
    )


def _concordance(data: Ratings) -> Estimate:
    found = kendall(data)
    return Estimate(
        name="Kendall's W",
        value=found.w,
        method="units taken as independent",
        denominator=len(data.code),
        test=found.test,
    )


def _measured_parts(rated: Rated, question: AgreementQuestion) -> Iterator[Part]:
    level = question.level
    values = np.array(rated.cells, np.float64)
    whole = np.isfinite(values).all(axis=1)
    data = measured(values[whole], np.asarray(rated.patient)[whole])
    told = {"items that every reader measured": int(whole.sum())}
    forms = [tried(form, partial(icc, data, form, level=level)) for form in FORMS]
    yield Part(title="Intraclass correlations", lines=tuple(forms), counts=told)
    yield Part(title="Spread of one item's measurements", lines=_spread(data, level))
    for one, two in combinations(range(len(rated.raters)), 2):
        both = np.isfinite(values[:, [one, two]]).all(axis=1)
        yield _limits(
            f"{rated.raters[one]} minus {rated.raters[two]}",
            (values[both, one], values[both, two]),
            np.asarray(rated.patient)[both],
            level,
        )
    if len(np.unique(values[np.isfinite(values)])) <= MOST_VALUES:
        every = ratings(rated.cells, rated.patient)
        alpha = "Krippendorff's alpha, interval"
        found = tried(alpha, lambda: krippendorff(every, "interval", level=level))
        yield Part(title="Whatever is missing", lines=(found,))


def _spread(data: Measured, level: float) -> tuple[Line, ...]:
    wanted: dict[str, Callable[..., Estimate]] = {
        "within-item SD": within_sd,
        "repeatability coefficient": repeatability_coefficient,
        "within-item coefficient of variation": within_cv,
    }
    return tuple(tried(name, partial(of, data, level=level)) for name, of in wanted.items())


def _limits(title: str, pair: tuple[Any, Any], patient: Any, level: float) -> Part:
    """Bland and Altman's figures; where they cannot be had, the sentence that says why."""
    wanted = ("bias", "low", "high")
    names = ("bias", "lower limit of agreement", "upper limit of agreement")

    def one(which: str) -> Estimate:
        found: Estimate = getattr(limits_of_agreement(*pair, patient, level=level), which)
        return found

    lines = [tried(name, partial(one, which)) for name, which in zip(names, wanted, strict=True)]
    return Part(title=f"Bland-Altman, {title}", lines=tuple(lines))
