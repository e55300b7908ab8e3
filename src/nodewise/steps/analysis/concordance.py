"""Agreement of readers with each other, and of a reader with herself."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from nodewise.stats import Estimate, Unknown, agreement, ratings, tried
from nodewise.steps.analysis.cases import Cases, cutoff_of
from nodewise.trial import ReaderTest, Trial

Row = dict[str, Any]
COEFFICIENTS = (("Gwet AC", "nominal"), ("kappa", "nominal"), ("percent agreement", "nominal"))
WEIGHTED = (("Gwet AC", "quadratic"), ("kappa", "quadratic"))


@dataclass(frozen=True, slots=True)
class _Grades:
    """Answers of several reads of the same nodes, shape (n, reads), and the nodes' patients."""

    between: str
    answers: list[list[float | None]]
    patients: list[str]


def agreed(trial: Trial, cases: Cases) -> Iterator[Row]:
    """Rows of the agreement table, over every drawn node that two reads have an answer for."""
    for test in trial.reader_test:
        for certain in _certainties(test):
            asked = test.model_copy(update={"certain_from": certain})
            yield from _rows(asked, _between(asked, cases), certain=certain)
        for reader in cases.readers(test):
            again = _again(test, reader, cases)
            if again.answers:
                yield from _rows(test, again, certain=test.certain_from)


def _certainties(test: ReaderTest) -> list[float | None]:
    """Every answer, those from half certain on, and those that the test asks for."""
    if test.certain_from is None:
        return [None]
    return [0.0, test.certain_from - 1, test.certain_from]


def _between(test: ReaderTest, cases: Cases) -> _Grades:
    readers = cases.readers(test)
    nodes = cases.eligible_nodes
    rows = [[cases.answers.value(test, reader, node) for reader in readers] for node in nodes]
    return _told("readers", rows, [node["participant"] for node in nodes])


def _again(test: ReaderTest, reader: str, cases: Cases) -> _Grades:
    nodes = cases.eligible_nodes
    rows = [
        [cases.answers.value(test, reader, node, iteration=time) for time in (1, 2)]
        for node in nodes
    ]
    return _told(reader, rows, [node["participant"] for node in nodes])


def _told(between: str, rows: list[list[float | None]], patients: list[str]) -> _Grades:
    kept = [n for n, row in enumerate(rows) if sum(cell is not None for cell in row) > 1]
    return _Grades(between, [rows[n] for n in kept], [patients[n] for n in kept])


def _rows(test: ReaderTest, grades: _Grades, *, certain: float | None) -> Iterator[Row]:
    cutoff = cutoff_of(test)
    calls = [[cutoff.positive(cell) for cell in row] for row in grades.answers]
    asked: list[tuple[str, Any, tuple[str, str]]] = []
    if cutoff.value is not None:
        asked += [("calls", calls, each) for each in COEFFICIENTS]
    asked += [("scale", grades.answers, each) for each in WEIGHTED]
    for what, answers, (coefficient, weighting) in asked:

        def estimate(
            table: Any = answers, name: str = coefficient, how: str = weighting
        ) -> Estimate:
            return agreement(ratings(table, grades.patients), name, weighting=how)

        found = tried(coefficient, estimate)
        yield {
            "test": test.name,
            "between": grades.between,
            "what": what,
            "coefficient": coefficient + ("" if weighting == "nominal" else f", {weighting}"),
            "certain_from": certain,
            "nodes": len(grades.answers),
            "patients": len(set(grades.patients)),
        } | _figures(found)


def _figures(found: Estimate | Unknown) -> Row:
    facts = found.as_dict()
    return {name: facts[name] for name in ("value", "low", "high", "method")} | {
        "remark": " ".join(str(facts[k]) for k in ("reason", "caution") if facts.get(k))
    }
