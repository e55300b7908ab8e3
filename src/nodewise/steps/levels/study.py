"""Level by level: what an index test called involved against what the reference found.

The rules are in docs/levels.md. A level is compared only where both have an entry; where the
reference has none it is unverified, and the correction of Begg and Greenes takes it in.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Literal, get_args

import polars as pl
from numpy.typing import NDArray

from nodewise.errors import NodewiseError
from nodewise.ingest import lydata
from nodewise.ingest.lydata import LevelTable
from nodewise.stats import (
    Counts,
    Estimate,
    Unknown,
    begg_greenes_sensitivity,
    begg_greenes_specificity,
    counts,
    likelihood_ratio_negative,
    likelihood_ratio_positive,
    negative_predictive_value,
    positive_predictive_value,
    sensitivity,
    specificity,
    tried,
)
from nodewise.stats.stratified_verification import (
    sensitivity_within_strata,
    specificity_within_strata,
)
from nodewise.steps.levels import pairs as level_pairs
from nodewise.steps.levels.pairs import Unit

EarlyReference = Literal["keep", "drop"]

NAIVE: Mapping[str, Callable[..., Estimate]] = {
    "sensitivity": sensitivity,
    "specificity": specificity,
    "ppv": positive_predictive_value,
    "npv": negative_predictive_value,
    "lr_positive": likelihood_ratio_positive,
    "lr_negative": likelihood_ratio_negative,
}
"""Quantities of the units that have a reference."""

CORRECTED: Mapping[str, Callable[..., Estimate]] = {
    "sensitivity_corrected": begg_greenes_sensitivity,
    "specificity_corrected": begg_greenes_specificity,
}
"""Quantities of all units that the index test speaks of."""

WITHIN: Mapping[str, Callable[..., Estimate]] = {
    "sensitivity_within": sensitivity_within_strata,
    "specificity_within": specificity_within_strata,
}
"""The same, corrected within each side and level."""

EXAMINED = "total_dissected"
"""lyDATA's name for the number of nodes that the pathologist examined."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is compared with what.

    Args:
        index: modality of the index test, such as MRI.
        reference: modality of the reference standard.
        unit: what is counted.
        sublevels: whether sublevels stand for themselves where both modalities have them.
        early_reference: what becomes of patients whose reference is older than the index test.
    """

    index: str
    reference: str
    unit: Unit = "level"
    sublevels: bool = False
    early_reference: EarlyReference = "keep"

    def __post_init__(self) -> None:
        for text, words in (
            (self.unit, get_args(Unit)),
            (self.early_reference, get_args(EarlyReference)),
        ):
            if text not in words:
                raise NodewiseError(f"'{text}' is none of {', '.join(words)}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stratum:
    """The figures of all units, of one level or of one side.

    Args:
        name: all, or the level or side.
        counts: units with both index test and reference.
        patients: patients whom those come from.
        unverified_positive: units that the index test calls involved, without a reference.
        unverified_negative: units that it calls free, without a reference.
        estimates: by quantity; too few patients give no interval, but the reason.
    """

    name: str
    counts: Counts
    patients: int
    unverified_positive: int
    unverified_negative: int
    estimates: Mapping[str, Estimate | Unknown]

    @property
    def positive(self) -> int:
        """Units that the index test calls involved, verified or not."""
        return self.counts.tp + self.counts.fp + self.unverified_positive

    @property
    def negative(self) -> int:
        """Units that the index test calls free, verified or not."""
        return self.counts.fn + self.counts.tn + self.unverified_negative

    @property
    def total(self) -> int:
        """Units that the index test speaks of."""
        return self.positive + self.negative


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """How much of a table a modality fills.

    Args:
        cells: levels that could have an entry: patients × sides × levels of the table.
        recorded: those that have one.
        patients: patients with an entry.
        filled: entries read from sublevels because the level has none of its own.
        disagreeing: levels that say one thing while their sublevels say another.
        unsplit: entries of a level that are lost where sublevels are asked for.
        unreadable: cells that hold neither True nor False nor nothing; they count as empty.
    """

    cells: int
    recorded: int
    patients: int
    filled: int
    disagreeing: int
    unsplit: int
    unreadable: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """Which came first, in the patients with a level that both speak of.

    Args:
        patients: those patients.
        early: whose reference is older than the index test.
        same_day: who have one day for both.
        undated: who lack a day.
    """

    patients: int
    early: int
    same_day: int
    undated: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelStudy:
    """The answer to a question, with everything that qualifies it.

    Args:
        table: name of the file.
        digest: SHA-256 of its content.
        question: what was asked, modalities named as the table names them.
        patients: patients in the table.
        overall: all units.
        strata: each level (unit level) or each side (unit side).
        index: how much the index test fills.
        reference: how much the reference fills.
        timing: which came first.
        overlap: patients with an entry of both, at whatever level.
        without_index: levels with a reference where the index test has no entry.
        elsewhere: sides or patients that count as negative although the index test is positive
            at a level without a reference.
        empty_specimens: compared levels that the reference calls free with no node examined.
        ragged: lines left out because they have too few or too many cells.
        repeated: lines left out because their patient's identifier has come before.
    """

    table: str
    digest: str
    question: Question
    patients: int
    overall: Stratum
    strata: tuple[Stratum, ...]
    index: Coverage
    reference: Coverage
    timing: Timing
    overlap: int
    without_index: int
    elsewhere: int
    empty_specimens: int
    ragged: int
    repeated: int


def levels(path: Path, question: Question) -> LevelStudy:
    """Compare two modalities of a lyDATA table.

    Raises:
        NodewiseError: when the file is no such table or has no such modality.
    """
    table = lydata.read(path)
    question = _named(table, question)
    modalities = question.index, question.reference
    split = level_pairs.split_levels(table, modalities) if question.sublevels else frozenset()
    index, reference = (level_pairs.entries(table, name, split) for name in modalities)
    every = level_pairs.side_by_side(index, reference)
    order = level_pairs.order(table, modalities, every)
    if question.early_reference == "drop":
        every = every.join(order.filter("early"), on="patient", how="anti", maintain_order="left")
    units = level_pairs.units(every, question.unit)
    return LevelStudy(
        table=table.name,
        digest=table.digest,
        question=question,
        patients=len(table.rows),
        overall=_stratum("all", units, question.unit),
        strata=_strata(units, question.unit),
        index=_coverage(table, question.index, split),
        reference=_coverage(table, question.reference, split),
        timing=_timing(order),
        overlap=_overlap(index, reference),
        without_index=every.filter(pl.col("index").is_null()).drop_nulls("reference").height,
        elsewhere=units.filter("elsewhere", ~pl.col("index")).height,
        empty_specimens=_empty_specimens(table, every),
        ragged=table.ragged,
        repeated=table.repeated,
    )


def _named(table: LevelTable, question: Question) -> Question:
    index, reference = table.modality(question.index), table.modality(question.reference)
    if index == reference:
        raise NodewiseError(
            f"index test and reference are both '{index}', and a test cannot be judged by itself; "
            f"{table.name} has {', '.join(table.modalities)}"
        )
    return replace(question, index=index, reference=reference)


def _strata(units: pl.DataFrame, unit: Unit) -> tuple[Stratum, ...]:
    """A stratum per level in the order of their numbers, or per side."""
    if unit == "patient":
        return ()
    names = units[unit].unique(maintain_order=True).to_list()
    names.sort(key=[*lydata.SIDES.values(), *lydata.ORDER].index)
    return tuple(_stratum(name, units.filter(pl.col(unit) == name), unit) for name in names)


def _stratum(name: str, units: pl.DataFrame, unit: Unit) -> Stratum:
    verified = units.drop_nulls("reference")
    unverified = units.filter(pl.col("reference").is_null())["index"]
    called, involved = verified["index"].to_numpy(), verified["reference"].to_numpy()
    asked = {key: partial(call, *_arrays(verified)) for key, call in NAIVE.items()}
    asked |= {key: partial(call, *_arrays(units)) for key, call in CORRECTED.items()}
    if unit != "patient" and name == "all":
        where = units.select(pl.concat_str(level_pairs.KEYS[unit][1:], separator=" "))
        strata = where.to_series().to_numpy()
        asked |= {
            key: partial(call, *_arrays(units), stratum=strata) for key, call in WITHIN.items()
        }
    return Stratum(
        name=name,
        counts=counts(called, involved),
        patients=verified["patient"].n_unique(),
        unverified_positive=int(unverified.sum()),
        unverified_negative=int((~unverified).sum()),
        estimates={
            key: _estimated(key, call, unit, verified.height) for key, call in asked.items()
        },
    )


def _arrays(units: pl.DataFrame) -> tuple[NDArray[Any], ...]:
    """Index test, reference and patient, as the statistics take them."""
    return tuple(units[name].to_numpy() for name in ("index", "reference", "patient"))


def _estimated(
    name: str, call: Callable[[], Estimate], unit: Unit, verified: int
) -> Estimate | Unknown:
    if not verified:
        return Unknown(name=name, reason=f"no {unit} has both an index test and a reference")
    found = tried(name, call)
    return _if_enough(found.per(unit)) if isinstance(found, Estimate) else found


def _if_enough(estimate: Estimate) -> Estimate:
    """Without the interval where it would rest on too few patients."""
    if estimate.low is None:
        return replace(estimate, reason="the units of one patient give no interval")
    if not estimate.caution:
        return estimate
    return replace(estimate, low=None, high=None, reason=estimate.caution, caution="")


def _coverage(table: LevelTable, modality: str, split: frozenset[str]) -> Coverage:
    entries = level_pairs.entries(table, modality, split)
    recorded = entries.drop_nulls("involved")
    return Coverage(
        cells=entries.height,
        recorded=recorded.height,
        patients=recorded["patient"].n_unique(),
        filled=int(entries["filled"].sum()),
        disagreeing=int(entries["disagrees"].sum()),
        unsplit=level_pairs.unsplit(table, modality, split),
        unreadable=table.unreadable(modality),
    )


def _timing(order: pl.DataFrame) -> Timing:
    return Timing(
        patients=order.height,
        early=int(order["early"].sum()),
        same_day=int(order["same_day"].sum()),
        undated=order["early"].null_count(),
    )


def _overlap(index: pl.DataFrame, reference: pl.DataFrame) -> int:
    first, second = (
        set(entries.drop_nulls("involved")["patient"]) for entries in (index, reference)
    )
    return len(first & second)


def _empty_specimens(table: LevelTable, every: pl.DataFrame) -> int:
    if EXAMINED not in table.counted:
        return 0
    return level_pairs.without_nodes(table, EXAMINED, every)
