"""Neck dissections that a test would have spared, had it decided: rightly, and with tumour left.

Everybody was operated on, so both are counted, not guessed. It is evidence about a test, and no
advice: who is treated how is not decided here.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nodewise import stats
from nodewise.errors import StatsError
from nodewise.stats import Estimate, Unknown, tried
from nodewise.steps.analysis.cases import MEAN, MEASURED
from nodewise.steps.analysis.comparisons import Found
from nodewise.steps.analysis.readers import by_reader
from nodewise.trial import ReaderTest, Sparing, Test, Trial, named
from nodewise.truth import ANALYSED
from nodewise.volume import Array, Mask

Row = dict[str, Any]
AT_CUTOFF = "at its cut-off"
FOLDS = 5
ALL_READERS = "readings of all readers: these readers, other patients"


def spared(trial: Trial, found: Found, *, seed: int) -> Iterator[Row]:
    """Rows of the table of spared dissections, for every test and unit that the trial names.

    Args:
        trial: which tests, units and thresholds.
        found: rows of the units table.
        seed: of the folds in which chances are predicted.
    """
    if (plan := trial.sparing) is None:
        return
    for name in plan.tests:
        test = named(trial.tests, name)
        for by in plan.units:
            place = {"analysis": plan.analysis, "test": name, "unit": by}
            for row in _decided(plan, test, found[plan.analysis, name, by], seed):
                yield place | row


def _decided(plan: Sparing, test: Test, rows: Sequence[Row], seed: int) -> Iterator[Row]:
    kept = [row for row in rows if row["status"] == ANALYSED]
    if test.value == "unknown":
        yield from _by_chance(plan, kept, seed)
        return
    apart = {reader: _Units(theirs) for reader, theirs in by_reader(kept).items()}
    if isinstance(test, ReaderTest):
        apart |= {MEAN: _Units(kept)}
    for reader, units in apart.items():
        remark = {"remark": ALL_READERS} if reader == MEAN else {}
        dissects = np.array([bool(row["positive"]) for row in units.rows])
        for row in _counted(units, dissects):
            yield row | {"reader": reader, "decides": AT_CUTOFF} | _noted(row, remark)
        for threshold in plan.thresholds:
            for row in _weighed(units, dissects.astype(float), threshold):
                about = {"reader": reader, "decides": AT_CUTOFF, "threshold": threshold}
                yield row | about | _noted(row, remark)


def _noted(row: Row, remark: Mapping[str, str]) -> Row:
    return {"remark": "; ".join(filter(None, (row["remark"], *remark.values())))}


def _by_chance(plan: Sparing, kept: Sequence[Row], seed: int) -> Iterator[Row]:
    """A measured test without a cut-off: by chances predicted in patients left out."""
    units = _Units(kept)
    for threshold in plan.thresholds:
        about = {"reader": MEASURED, "threshold": threshold,
                 "decides": f"from a chance of {100 * threshold:g} % on"}  # fmt: skip
        try:
            chance = _chances(units, seed)
        except StatsError as error:
            yield _row("needless", Unknown(name="needless", reason=str(error))) | about
            continue
        for row in (*_counted(units, chance >= threshold), *_weighed(units, chance, threshold)):
            yield row | about


class _Units:
    """Units of one reader, or of all readers one below the other."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self.rows = [row for row in rows if row["present"] is not None]
        self.ill: Mask = np.array([row["present"] for row in self.rows], bool)
        self.patients = _numbered(self.rows)


def _numbered(rows: Sequence[Row]) -> NDArray[np.intp]:
    """A number for the patient of each row, shape (n,), by what the rows of a patient say.

    So no pseudonym decides who falls into which part of a cross-validation.
    """
    told: dict[str, list[tuple[bool, float, bool]]] = {}
    for row in rows:
        value = row["value"]
        told.setdefault(row["participant"], []).append(
            (value is not None, 0.0 if value is None else value, row["present"])
        )
    order = sorted(told, key=lambda who: sorted(told[who]))
    number = {who: place for place, who in enumerate(order)}
    return np.array([number[row["participant"]] for row in rows], np.intp)


def _chances(units: _Units, seed: int) -> Array:
    """Chance of the target condition, by a model that saw nothing of a unit's patient, shape (n,).

    Where nothing was imaged there is no value: that is a finding of its own.
    """
    seen = np.array([row["value"] is not None for row in units.rows])
    values = np.array([row["value"] if there else np.nan for row, there in
                       zip(units.rows, seen, strict=True)], float)  # fmt: skip
    usual = values[seen].mean() if seen.any() else 0.0
    columns = [np.where(seen, values, usual)] + ([seen.astype(float)] if not seen.all() else [])
    found = stats.cross_validated(
        np.stack(columns, axis=1), units.ill, units.patients,
        rng=np.random.default_rng(seed), folds=FOLDS,
    )  # fmt: skip
    return found.probability


def _counted(units: _Units, dissects: Mask) -> Iterator[Row]:
    """Dissections spared without the condition and with it, of all units and of each kind."""
    sparing = ~dissects
    every = np.ones(len(units.ill), bool)
    for quantity, hit, among in (
        ("needless", sparing & ~units.ill, every),
        ("left", sparing & units.ill, every),
        ("of_clear", sparing, ~units.ill),
        ("of_ill", sparing, units.ill),
    ):
        share = partial(stats.proportion, hit[among], units.patients[among])
        yield _row(quantity, tried(quantity, share))


def _weighed(units: _Units, chance: Array, threshold: float) -> Iterator[Row]:
    """Net benefit of dissecting from a threshold on, of dissecting all, and what the test adds."""
    everybody = np.ones(len(units.ill))
    asked: dict[str, Callable[..., Estimate]] = {
        "net_benefit": partial(stats.net_benefit, chance),
        "net_benefit_all": partial(stats.net_benefit, everybody),
        "gain": partial(stats.net_benefit_gain, chance),
    }
    for quantity, figure in asked.items():
        told = partial(figure, units.ill, units.patients, threshold=threshold)
        yield _row(quantity, tried(quantity, told))


def _row(quantity: str, estimate: Estimate | Unknown) -> Row:
    facts = estimate.as_dict()
    names = ("method", "value", "low", "high", "level", "numerator", "denominator")
    reasons = [str(facts[name]) for name in ("reason", "caution") if facts.get(name)]
    return {name: facts[name] for name in names} | {
        "quantity": quantity,
        "threshold": None,
        "patients": facts["clusters"],
        "remark": " ".join(reasons),
    }
