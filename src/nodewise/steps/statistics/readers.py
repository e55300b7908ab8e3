"""Several readers, each with every test: their mean accuracy and what differs between tests."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
import polars as pl

from nodewise.errors import IngestError, StatsError
from nodewise.stats import (
    ReaderAnalysis,
    ReaderFigures,
    ReaderStudy,
    UStatistics,
    average_roc,
    empirical_auc,
    fixed_cases,
    fixed_readers,
    obuchowski_rockette,
    reader_auc,
    reader_differences,
    reader_jackknife,
    reader_sensitivity,
    reader_specificity,
    reader_study,
    u_auc,
    u_sensitivity,
    u_specificity,
)
from nodewise.steps.statistics.answer import Answer, Line, Part, per, unit_of
from nodewise.steps.statistics.columns import Array, Columns, Words
from nodewise.steps.statistics.compare import Tests, adjusted
from nodewise.steps.statistics.reference import Reference

ANALYSES: Mapping[str, Callable[..., ReaderAnalysis]] = {
    "random": obuchowski_rockette,
    "fixed": fixed_readers,
    "fixed-cases": fixed_cases,
}
"""Who stands for others like them: readers and patients, patients only, readers only."""

MOMENTS: Mapping[str, Callable[..., UStatistics]] = {
    "AUC": u_auc,
    "sensitivity": u_sensitivity,
    "specificity": u_specificity,
}
"""The same for random readers and patients without a model: --readers u-statistics."""

_UNEQUAL = (
    "Each test has the mean of its own readers; their difference is fair if who used what does not "
    "hang on skill."
)

_EQUAL = (
    "Each test has the mean of its own readers; differences are those of equal readers, by least "
    "squares over all cells, and need not be differences of these means."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Readers:
    """Who read what.

    Args:
        reader: column of the reader.
        item: column of what was read; None: the patient.
        by: column of the test, where one column holds the readings of all tests.
        kind: random, fixed, fixed-cases or u-statistics.
        jackknife: covariances of AUCs by leaving out patients, instead of DeLong's by patient.
    """

    reader: str
    item: str | None = None
    by: str | None = None
    kind: str = "random"
    jackknife: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Readings:
    """A reader study with its labels.

    Args:
        study: scores, truth and patients.
        tests: labels of the tests.
        readers: labels of the readers.
        columns: the table as used.
        unit: word for an item.
    """

    study: ReaderStudy
    tests: tuple[str, ...]
    readers: tuple[str, ...]
    columns: Columns
    unit: str


def compare_readers(
    columns: Columns, tests: Tests, reference: Reference, *, readers: Readers
) -> Answer:
    """Obuchowski and Rockette's analysis of the tests that several readers used."""
    found = readings(columns, tests, reference, readers=readers)
    figures = figures_of(found, tests, jackknife=readers.jackknife)
    parts = tuple(
        part for figure in figures for part in _parts(figure, found, readers.kind, reference.level)
    )
    asked = (
        f"{' against '.join(found.tests)} by {len(found.readers)} readers ({readers.kind}), "
        f"reference {reference.truth}"
    )
    return Answer(question=asked, columns=found.columns, parts=parts)


def average_curves(
    columns: Columns, tests: Tests, reference: Reference, *, readers: Readers
) -> Mapping[str, pl.DataFrame]:
    """ROC curves averaged over the readers of each test, as a table; none where tests are calls."""
    found = readings(columns, tests, reference, readers=readers)
    if tests.binary(found.columns):
        return {}
    curves = [average_roc(found.study, k) for k in range(len(found.tests))]
    parts = [
        pl.DataFrame({"specificity": one.specificity, "sensitivity": one.sensitivity}).select(
            pl.lit(test).alias("test"), pl.all()
        )
        for test, one in zip(found.tests, curves, strict=True)
    ]
    return {"average_curves": pl.concat(parts)}


def readings(columns: Columns, tests: Tests, reference: Reference, *, readers: Readers) -> Readings:
    """Bring readings into the shape (tests, readers, items); what was not read stays unread."""
    if reference.patient is None:
        raise StatsError("a reader study needs the patient of each row; name it with --patient")
    item = readers.item or reference.patient
    base = columns.complete([readers.reader, item, *reference.columns])
    names, first, place = np.unique(
        _items(base, item, reference.patient), return_index=True, return_inverse=True
    )
    truth = base.yes_no(reference.truth, reference.positive)
    if np.any(truth != truth[first][place]):
        raise IngestError(
            f"the reference {reference.truth} of {base.name} differs between rows of one item; "
            "all readings of an item need one reference"
        )
    who = sorted(set(base.words(readers.reader).tolist()), key=_natural)
    split = _split(base, tests, readers.by)
    scores = np.full((len(split), len(who), len(names)), np.nan)
    for k, (name, _, rows) in enumerate(split):
        where = (
            [who.index(one) for one in rows.words(readers.reader)],
            np.searchsorted(names, _items(rows, item, reference.patient)),
        )
        if len(set(zip(*where, strict=True))) < rows.rows:
            raise IngestError(
                f"a reader read one item twice with one test in {base.name}; name what tells the "
                "rows apart: --item for nodes of one patient, --by for tests"
            )
        scores[k][where] = _scores(rows, name, k, tests)
    gone = [one for *_, rows in split for one in rows.left_out[len(base.left_out) :]]
    patient = base.patients(reference.patient)[first]
    return Readings(
        study=reader_study(scores, truth[first], patient, direction="higher"),
        tests=tuple(label for _, label, _ in split),
        readers=tuple(f"reader {one}" for one in who),
        columns=replace(base, left_out=(*base.left_out, *gone)),
        unit=unit_of(patient, reference.unit),
    )


def figures_of(found: Readings, tests: Tests, *, jackknife: bool) -> list[ReaderFigures]:
    """AUCs of scores; sensitivities and specificities of calls."""
    if tests.binary(found.columns):
        return [reader_sensitivity(found.study), reader_specificity(found.study)]
    if jackknife:
        return [reader_jackknife(found.study, empirical_auc, name="AUC")]
    return [reader_auc(found.study)]


def _split(base: Columns, tests: Tests, by: str | None) -> list[tuple[str, str, Columns]]:
    """Column, label and rows of each test; rows without its reading are left out and counted."""
    if by is None:
        return [(name, name, base.complete([name])) for name in tests.names]
    if len(tests.names) != 1:
        raise StatsError("--by holds the tests of one column of readings; name one --test")
    rows = base.complete([tests.names[0], by])
    labels = sorted(set(rows.words(by).tolist()), key=_natural)
    parts = [(tests.names[0], f"{by} {label}", rows.where(by, label)) for label in labels]
    return [
        (n, x, part if k == 0 else replace(part, left_out=base.left_out))
        for k, (n, x, part) in enumerate(parts)
    ]  # what is left out is counted once


def _scores(rows: Columns, name: str, test: int, tests: Tests) -> Array:
    """Readings turned so that higher speaks for disease, or calls of 1 and 0."""
    one = 0 if len(tests.names) == 1 else test
    if tests.binary(rows):
        return tests.calls_of(rows, one).astype(np.float64)
    sign = 1.0 if tests.directions()[one] == "higher" else -1.0
    return sign * rows.numbers(name)


def _parts(figures: ReaderFigures, found: Readings, kind: str, level: float) -> Iterator[Part]:
    name, tests = figures.name, found.tests
    title = name[0].upper() + name[1:]
    told = {
        f"{test}, {reader}": float(figures.values[t, r])
        for t, test in enumerate(tests)
        for r, reader in enumerate(found.readers)
        if figures.there[t, r]
    }
    gaps = [f"{found.readers[r]} did not use {tests[t]}." for t, r in np.argwhere(~figures.there)]
    yield Part(title=f"{title} of each reader", counts=told, remarks=tuple(gaps))
    analysis: ReaderAnalysis | UStatistics
    if kind == "u-statistics":
        analysis = MOMENTS[figures.name](found.study, level=level)
    else:
        analysis = ANALYSES[kind](figures, level=level)
    pairs = list(combinations(range(len(tests)), 2))
    lines: list[Line] = [
        one.named(f"{name}, {test}") for test, one in zip(tests, analysis.means, strict=True)
    ]
    differences: list[Line] = [
        one.named(f"{name}, {tests[i]} minus {tests[j]}")
        for (i, j), one in zip(pairs, analysis.differences, strict=True)
    ]
    lines += differences
    if isinstance(analysis, ReaderAnalysis) and analysis.test and len(tests) > 2:
        lines.append(analysis.test)
    equal = isinstance(analysis, ReaderAnalysis) and len(tests) > 2
    remarks = (_EQUAL if equal else _UNEQUAL,) if gaps and kind != "fixed" else ()
    yield Part(title=f"{title}, mean of readers", lines=per(lines, found.unit), remarks=remarks)
    yield from adjusted(differences)
    if len(tests) == 2:
        each = [
            replace(one, name=f"{name}, {tests[0]} minus {tests[1]}, {reader}")
            for reader, one in zip(
                found.readers, reader_differences(figures, 0, 1, level=level), strict=True
            )
        ]
        yield Part(title=f"{title}, reader by reader", lines=per(each, found.unit))


def _items(rows: Columns, item: str, patient: str) -> Words:
    """An item is known by its patient and its own name, which may begin anew in each patient."""
    pairs = zip(rows.words(patient), rows.words(item), strict=True)
    return np.array(["\x1f".join(pair) for pair in pairs])


def _natural(label: str) -> tuple[float, str]:
    """Reader 2 comes before reader 10."""
    digits = "".join(filter(str.isdigit, label))
    return (float(digits) if digits else 0.0, label)
