"""Every public statistic on data that cannot answer: a sentence, never NaN in silence.

The calls are those of docs/statistics_methods, so that a new statistic brings its own.
"""

import ast
import inspect
import re
import sys
import warnings
from dataclasses import fields, is_dataclass
from pathlib import Path

import numpy as np
import pytest

from nodewise import stats
from nodewise.errors import StatsError
from nodewise.stats import Estimate, Unknown

sys.path.insert(0, str(Path(__file__).parents[2]))

from docs.statistics_examples import NAMES, derived, families, study

PAGES = {method.page: method for family in families() for method in family.methods}
SLOW = {"partial_auc", "points", "cross_validation"}  # resamples, or many fits
OF_NODES = ("metastatic", "adc", "size", "mri", "pet", "patient", "arm", "grade", "short_axis")
OF_PEOPLE = ("person", "months", "status", "age", "involved", "treatment")
BOUNDED = {
    "auc", "sensitivity", "predictive_values", "kaplan_meier", "competing_events", "time_auc",
    "concordance", "partial_auc",
}  # fmt: skip
UNBOUNDED = re.compile("difference|median|mean time|restricted")
WHOLE = study()


def cut(rows, people):
    """The first nodes and the first patients of the study."""
    kept = {name: WHOLE[name][:rows] for name in OF_NODES}
    kept["suspicion"] = WHOLE["suspicion"][:, :, :rows]
    return kept | {name: WHOLE[name][:people] for name in OF_PEOPLE}


def but(**changes):
    """30 nodes and 30 patients of the study, some columns changed."""
    found = cut(30, 30)
    return derived(found | {name: change(found[name], found) for name, change in changes.items()})


def always(value):
    return lambda column, _: np.full(column.shape, value)


def spoilt(value):
    """One cell is lost."""
    return lambda column, _: np.where(
        np.arange(column.size).reshape(column.shape) == 1, value, column.astype(float)
    )


def alternate(column, _):
    return np.where(np.arange(len(column)) % 2, "a", "b")


def truth(_, found):
    return found["metastatic"]


def contrary(_, found):
    return 1 - found["metastatic"]


def readers(count):
    return lambda table, _: table[:, :count]


def one_constant(table, _):
    """The first reader says the same of every node."""
    return np.concatenate([0 * np.nan_to_num(table[:, :1]) + 2, table[:, 1:]], axis=1)


TIED = dict.fromkeys(
    ("adc", "size", "suspicion", "short_axis", "months", "grade", "age", "involved"), always(3.0)
)
NUMBERS = ("adc", "size", "suspicion", "short_axis", "months", "age", "involved")
DATA = {
    "all metastatic": but(metastatic=always(1.0)),
    "none metastatic": but(metastatic=always(0.0)),
    "one patient": but(patient=always("P00"), person=always("P00")),
    "two patients": but(patient=alternate, person=alternate),
    "all tied": but(**TIED),
    "perfect tests": but(
        adc=lambda _, found: 2 - found["metastatic"], size=truth, mri=truth, pet=truth,
        suspicion=lambda table, found: 1 + 3 * found["metastatic"] + 0 * table,
    ),
    "tests always wrong": but(
        adc=truth, size=contrary, mri=contrary, pet=contrary,
        suspicion=lambda table, found: 4 - 3 * found["metastatic"] + 0 * table,
    ),
    "a perfect and a useless test": but(mri=truth, pet=contrary),
    "never positive": but(mri=always(0.0), pet=always(0.0)),
    "always positive": but(mri=always(1.0), pet=always(1.0)),
    "equal tests": but(
        pet=lambda _, found: found["mri"], size=lambda _, found: -found["adc"],
        suspicion=lambda table, _: np.stack([table[0], table[0]]),
    ),
    "missing cells": but(
        **dict.fromkeys((*NUMBERS, "metastatic", "mri", "pet", "status"), spoilt(np.nan))
    ),
    "infinite cells": but(**dict.fromkeys(NUMBERS, spoilt(np.inf))),
    "nothing": derived(cut(0, 0)),
    "one unit": derived(cut(1, 1)),
    "two units": derived(cut(2, 2)),
    "three units": derived(cut(3, 3)),
    "one reader": but(suspicion=readers(1), grade=readers(1)),
    "two readers": but(suspicion=readers(2), grade=readers(2), short_axis=readers(2)),
    "a constant reader": but(suspicion=one_constant, grade=one_constant, short_axis=one_constant),
    "no grade": but(grade=always(np.nan)),
    "all censored": but(status=always(0.0)),
    "all events at once": but(status=always(1.0), months=always(12.0)),
    "the other event only": but(status=always(2.0)),
    "nobody followed": but(months=always(0.0)),
    "one arm": but(arm=always("chemo"), treatment=always("chemo")),
}  # fmt: skip


def faults(value, where, *, bounded):
    """What an estimate, or a record of them, leaves unsaid."""
    if isinstance(value, Estimate):
        yield from faults_of_estimate(value, where, bounded=bounded)
    elif isinstance(value, float | np.floating) and not np.isfinite(value):
        yield f"{where} is {value}"
    elif isinstance(value, np.ndarray) and value.dtype.kind == "f" and np.isnan(value).any():
        yield f"{where} holds NaN"
    elif isinstance(value, tuple | list):
        for k, each in enumerate(value):
            yield from faults(each, f"{where}[{k}]", bounded=bounded)
    elif is_dataclass(value) and not isinstance(value, Unknown):
        for field in fields(value):
            name = f"{where}.{field.name}"
            yield from faults(getattr(value, field.name), name, bounded=bounded)


def faults_of_estimate(found, where, *, bounded):
    if not np.isfinite(found.value):
        yield f"{where} is {found.value}"
    if found.low is None or found.high is None:
        if (found.low, found.high) != (None, None) or not found.reason:
            yield f"{where} does not say why it has no interval"
    elif not found.low < found.high or not found.low <= found.value <= found.high:
        yield f"{where} has an interval from {found.low} to {found.high}"
    elif not np.isfinite([found.low, found.high]).all():
        yield f"{where} has an interval without end"
    elif bounded and not UNBOUNDED.search(found.name) and not 0 <= found.low <= found.high <= 1:
        yield f"{where} leaves 0 to 1: {found.low} to {found.high}"
    yield from faults(found.test, f"{where}.test", bounded=False)


def loaded(node):
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}


def stored(node):
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name)} - loaded(node)


def outcome(statement, names):
    """The value of a statement, None of an assignment, or the sentence that refuses it."""
    text = ast.unparse(statement).replace("resamples=200", "resamples=20")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            if isinstance(statement, ast.Expr):
                return eval(text, names)
            exec(text, names)
        except StatsError as refusal:
            return refusal
    return None


def parted(method):
    """What a page's code computes without the data, and the statements that hang on them."""
    names, tied, of_data = dict(NAMES), [], set(WHOLE)
    for statement in ast.parse(method.code).body:
        needs = loaded(statement)
        if needs & of_data:
            tied.append(statement)
            of_data |= stored(statement)
        else:
            exec(ast.unparse(statement), names)
    return names, tied


def walked(statements, names):
    """The outcome of each statement; what a refusal leaves undefined is left out."""
    lacking = set()
    for statement in statements:
        if loaded(statement) & lacking:
            lacking |= stored(statement)
            continue
        found = outcome(statement, names)
        if isinstance(found, StatsError):
            lacking |= stored(statement)
        yield ast.unparse(statement), found


@pytest.mark.parametrize(
    "page",
    [pytest.param(page, marks=pytest.mark.slow if page in SLOW else ()) for page in PAGES],
)
def test_data_that_cannot_answer_get_a_sentence_and_never_nan(page):
    names, statements = parted(PAGES[page])
    told = []
    for case, data in DATA.items():
        for text, found in walked(statements, names | data):
            told += [f"{case}: {f}" for f in faults(found, text, bounded=page in BOUNDED)]
    assert told == []


def test_every_public_function_has_a_worked_call():
    public = {name for name in stats.__all__ if inspect.isfunction(getattr(stats, name))}
    explained = [name for method in PAGES.values() for name in method.functions]
    assert sorted(explained) == sorted(public)
    for method in PAGES.values():
        called = {n.id for n in ast.walk(ast.parse(method.code)) if isinstance(n, ast.Name)}
        assert set(method.functions) <= called, method.page
