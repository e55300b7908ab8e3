"""Readings of extranodal extension against pathology, from two tables: grades and what was true.

A unit is a node, a side or a patient; its grade is the highest of its nodes. Every interval knows
which patient a unit comes from.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from nodewise.criteria import ene
from nodewise.errors import StagingError
from nodewise.stats import (
    Estimate,
    ReaderAnalysis,
    ReaderFigures,
    ReaderStudy,
    Unknown,
    agreement,
    obuchowski_rockette,
    ratings,
    reader_auc,
    reader_sensitivity,
    reader_specificity,
    reader_study,
    sensitivity,
    specificity,
    tried,
)
from nodewise.steps.staging.necks import table
from nodewise.volume import Array, Mask

UnitKind = Literal["node", "side", "patient"]
Key = tuple[str, ...]
"""A unit: participant, then side and node where they tell it apart."""

GRADES = (1, 2, 3)
CONSENSUS = "consensus"
"""The reader of answers that name none."""

CERTAINTIES = (0.0, 0.5, 0.75)
"""Certainties from which a grade counts, for agreement. Source: Chin 2022 (50 %, 75 %)."""


class Reading(BaseModel):
    """One reader's grade of one node by one modality."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    participant: str
    side: str
    node: str
    modality: str
    reader: str
    grade: int = Field(ge=0, le=3)
    certainty: float | None = Field(None, ge=0, le=1)


class Verdict(BaseModel):
    """What pathology says of one node."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    participant: str
    side: str
    node: str
    pene: ene.Pene | None = None
    pene_mm: float | None = Field(None, ge=0)
    matting: ene.Matting | None = None

    @property
    def extends(self) -> bool | None:
        """Whether there is pathological extension; None when nobody said."""
        found = ene.pathological(self.pene, extent_mm=self.pene_mm, matting=self.matting)
        return None if {"none"} < found else "none" not in found


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One figure: whose, by which modality, at which grade and certainty."""

    modality: str
    reader: str
    what: str
    grade: int | None
    certainty: float
    estimate: Estimate | Unknown


@dataclass(frozen=True, slots=True)
class Study:
    """Grades side by side.

    Args:
        modalities: their names, t of them.
        readers: their names, r of them.
        units: n of them.
        readings: modality, reader and unit → the grades of its nodes.
        truth: pathological extension, shape (n,).
        unverified: units that were read and that pathology does not tell.
        unit: what a unit is.
    """

    modalities: tuple[str, ...]
    readers: tuple[str, ...]
    units: tuple[Key, ...]
    readings: Mapping[tuple[str, str, Key], Sequence[Reading]]
    truth: Mask
    unverified: int
    unit: UnitKind

    @property
    def patients(self) -> NDArray[np.str_]:
        """The patient of each unit, shape (n,)."""
        return np.array([unit[0] for unit in self.units])

    def counted(self, certainty: float) -> Array:
        """Highest grade of each unit that counts from a certainty on, shape (t, r, n).

        A grade read less certainly counts as 0; a unit that was not read is NaN.
        """
        found = np.full((len(self.modalities), len(self.readers), len(self.units)), np.nan)
        for t, r, n in np.ndindex(found.shape):
            cell = (self.modalities[t], self.readers[r], self.units[n])
            if of_unit := self.readings.get(cell):
                found[t, r, n] = max(
                    ene.imaging(one.grade, certainty=one.certainty, needed=certainty).low
                    for one in of_unit
                )
        return found


def read(answers: Path, truth: Path, *, unit: UnitKind) -> Study:
    """A study from its two tables.

    Args:
        answers: participant, side, node, modality, reader, grade (0-3), certainty (0-1); without a
            column reader each modality has one reading, a consensus.
        truth: participant, side, node, and pene (none, minor, major, present), pene_mm or matting.
        unit: node, side or patient.

    Raises:
        StagingError: naming each row that cannot be read, or that stands twice.
    """
    readings, verdicts = _rows(answers, Reading), _rows(truth, Verdict)
    true: dict[Key, list[bool | None]] = defaultdict(list)
    for verdict in verdicts:
        true[_unit(verdict, unit)].append(verdict.extends)
    known = {key: True if True in said else None if None in said else False
             for key, said in true.items()}  # fmt: skip
    cells = _cells(readings, unit)
    units = sorted({key for _, _, key in cells})
    kept = tuple(key for key in units if known.get(key) is not None)
    return Study(
        modalities=tuple(sorted({modality for modality, _, _ in cells})),
        readers=tuple(sorted({reader for _, reader, _ in cells})),
        units=kept,
        readings=cells,
        truth=np.array([bool(known[key]) for key in kept]),
        unverified=len(units) - len(kept),
        unit=unit,
    )


def _rows(path: Path, kind: type[Any]) -> list[Any]:
    found, problems = [], []
    headings, rows = table(path)
    alone = {} if "reader" in headings else {"reader": CONSENSUS}
    for number, row in enumerate(rows, 1):
        cells = {name: cell.strip() for name, cell in row.items() if (cell or "").strip()}
        try:
            found.append(kind.model_validate(alone | cells))
        except ValidationError as error:
            problems += [
                f"  row {number}, {each['loc'][0]}: {each['msg']}" for each in error.errors()
            ]
    if problems:
        raise StagingError(f"{path.name} has {len(problems)} wrong cells:\n" + "\n".join(problems))
    return found


def _unit(row: Reading | Verdict, unit: UnitKind) -> Key:
    return (row.participant, row.side, row.node)[: 3 - get_args(UnitKind).index(unit)]


def _cells(
    readings: Sequence[Reading], unit: UnitKind
) -> dict[tuple[str, str, Key], list[Reading]]:
    """The grades of each unit by modality and reader."""
    cells: dict[tuple[str, str, Key], list[Reading]] = defaultdict(list)
    seen: set[tuple[str, ...]] = set()
    for one in readings:
        node = (one.modality, one.reader, one.participant, one.side, one.node)
        if node in seen:
            raise StagingError(
                f"reader {one.reader} graded one node twice by {one.modality}; one grade is needed"
            )
        seen.add(node)
        cells[one.modality, one.reader, _unit(one, unit)].append(one)
    return cells


def accuracy(study: Study, *, certainty: float = ene.CERTAINTY) -> Iterator[Line]:
    """Sensitivity and specificity of every reader and modality at grade 1, 2 and 3."""
    grades = study.counted(certainty)
    for t, modality in enumerate(study.modalities):
        for r, reader in enumerate(study.readers):
            read = ~np.isnan(grades[t, r])
            if not read.any():
                continue
            data = (study.truth[read], study.patients[read])
            for grade in GRADES:
                positive = grades[t, r][read] >= grade
                for what, statistic in (("sensitivity", sensitivity), ("specificity", specificity)):
                    yield Line(
                        modality=modality,
                        reader=reader,
                        what=what,
                        grade=grade,
                        certainty=certainty,
                        estimate=_tried(what, lambda: statistic(positive, *data), study),  # noqa: B023
                    )


def _tried(name: str, call: Callable[[], Estimate], study: Study) -> Estimate | Unknown:
    found = tried(name, call)
    return found.per(study.unit) if isinstance(found, Estimate) else found


def comparison(study: Study, *, certainty: float = ene.CERTAINTY) -> Iterator[Line]:
    """Means over readers and differences of modalities; readers and patients both random.

    AUC of the grade, and sensitivity and specificity at grade 1, 2 and 3.
    """
    grades = study.counted(certainty)
    yield from _analysed(study, grades, certainty, ("AUC", None, reader_auc))
    for grade in GRADES:
        calls = np.where(np.isnan(grades), np.nan, grades >= grade)
        for figure in (("sensitivity", reader_sensitivity), ("specificity", reader_specificity)):
            asked = (figure[0], grade, figure[1])
            yield from _analysed(study, calls, certainty, asked)


def _analysed(
    study: Study,
    scores: Array,
    certainty: float,
    asked: tuple[str, int | None, Callable[[ReaderStudy], ReaderFigures]],
) -> Iterator[Line]:
    what, grade, figure = asked
    blank = Line(
        modality="", reader="mean", what=what, grade=grade, certainty=certainty,
        estimate=Unknown(name=what, reason=""),
    )  # fmt: skip
    analysis: list[ReaderAnalysis] = []

    def analyse() -> Estimate:
        checked = reader_study(scores, study.truth, study.patients, direction="higher")
        analysis.append(obuchowski_rockette(figure(checked)))
        return analysis[0].means[0]

    first = tried(what, analyse)
    if not analysis:
        yield replace(blank, modality=" and ".join(study.modalities), estimate=first)
        return
    for modality, mean in zip(study.modalities, analysis[0].means, strict=True):
        yield replace(blank, modality=modality, estimate=mean.per(study.unit))
    pairs = combinations(study.modalities, 2)
    for pair, gap in zip(pairs, analysis[0].differences, strict=True):
        name = f"{pair[0]} - {pair[1]}"
        yield replace(
            blank, modality=name, what=f"difference of {what}", estimate=gap.per(study.unit)
        )


def agreed(study: Study) -> Iterator[Line]:
    """Agreement of readers on extension (grade 1 or more), by the certainty from which it counts.

    Gwet's AC1, which stands rare findings, and kappa.
    """
    for t, modality in enumerate(study.modalities):
        for certainty in CERTAINTIES:
            grades = study.counted(certainty)[t].T
            calls = np.where(np.isnan(grades), None, grades >= 1)
            for coefficient in ("Gwet AC", "kappa"):
                yield Line(
                    modality=modality,
                    reader="all",
                    what=coefficient,
                    grade=1,
                    certainty=certainty,
                    estimate=_tried(coefficient, _agreement(calls, study, coefficient), study),
                )


def _agreement(calls: Any, study: Study, coefficient: str) -> Callable[[], Estimate]:
    return lambda: agreement(ratings(calls, study.patients), coefficient)


def text(line: Line) -> str:
    """A figure in a line."""
    at = "" if line.grade is None else f" at grade ≥ {line.grade}"
    return (
        f"{line.modality}, {line.reader}: {line.what}{at}, certainty ≥ {line.certainty:.0%}: "
        f"{line.estimate}"
    )


def record(line: Line) -> Mapping[str, Any]:
    """A figure as plain values for JSON."""
    found = line.estimate if isinstance(line.estimate, Estimate) else None
    return {
        "modality": line.modality,
        "reader": line.reader,
        "what": line.what,
        "grade": line.grade,
        "certainty": line.certainty,
        "value": found and found.value,
        "low": found and found.low,
        "high": found and found.high,
        "p": found and found.test and found.test.p,
        "method": found and found.method,
        "reason": "" if found else line.estimate.reason,
    }
