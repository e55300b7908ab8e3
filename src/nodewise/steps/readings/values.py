"""What readers answered, node by node: values of the reader tests."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import polars as pl

from nodewise.errors import TrialError
from nodewise.reading import form
from nodewise.steps.readings.answers import AGREED
from nodewise.steps.work import Work
from nodewise.trial import ReaderTest, Trial

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Answers:
    """Signed answers at the index visit.

    Args:
        values: (round, reader, iteration, participant) → item → question → the answer's number.
        readers: round → its readers, in order.
        cases: one row per case read: round, reader, iteration, participant, position, seconds.
    """

    values: dict[tuple[str, str, int, str], dict[str, dict[str, float | None]]]
    readers: dict[str, list[str]]
    cases: list[Row]

    @classmethod
    def of(cls, work: Work) -> "Answers":
        """Gather them from the study's readings."""
        table = _agreed(work.tables.read("readings", {"visit": work.trial.index_visit}))
        labels = _labels(work)
        values: Any = defaultdict(lambda: defaultdict(dict))
        for row in table.to_dicts():
            item = labels.get((row["participant"], row["item"]), row["item"])
            read = (row["round"], row["reader"], row["iteration"] or 1, row["participant"])
            values[read][item][row["question"]] = row["value"]
        case = ["round", "reader", "iteration", "participant"]
        cases = table.select(*case, "position", "case_seconds").unique(case)
        cases = cases.sort("round", "reader", "position", "iteration")
        readers: dict[str, list[str]] = defaultdict(list)
        for round_, reader in (
            table.select("round", "reader").unique().sort("round", "reader").rows()
        ):
            readers[round_].append(reader)
        return cls(values, readers, cases.to_dicts())

    def read(self, test: ReaderTest, reader: str, who: str, *, iteration: int = 1) -> bool:
        """Whether a reader signed this case in the test's round."""
        return (test.round, reader, iteration, who) in self.values

    def value(
        self, test: ReaderTest, reader: str, node: Row, *, iteration: int = 1
    ) -> float | None:
        """The answer for a node; one that is less certain than asked counts as the least."""
        case = self.values.get((test.round, reader, iteration, node["participant"]), {})
        given = case.get(node["region"], {})
        value = given.get(test.question)
        if value is None or test.certainty is None or test.certain_from is None:
            return value
        certain = given.get(test.certainty)
        return value if certain is not None and certain >= test.certain_from else 0.0


def check(trial: Trial) -> None:
    """Refuse reader tests that ask what their forms do not.

    Raises:
        TrialError: naming the scales that there are.
    """
    for test in trial.reader_test:
        sheet = form.load(test.form)
        scales = {each.name for each in sheet.question if each.scale is not None}
        for name in (test.question, test.certainty):
            if name is not None and name not in scales:
                raise TrialError(
                    f"reader test {test.name}: form {test.form} has no scale called {name}; "
                    f"it has {', '.join(sorted(scales))}"
                )


def _agreed(table: pl.DataFrame) -> pl.DataFrame:
    """An adjudicated round has one reader: the consensus, agreed on or decided."""
    adjudicated = pl.col("round").is_in(table.filter(reader=AGREED)["round"].unique().implode())
    taken = pl.col("reader").is_in(["none", "mean"])  # words of the tables of results
    name = pl.when(taken).then("reader " + pl.col("reader")).otherwise("reader")
    reader = pl.when(adjudicated).then(pl.lit("consensus")).otherwise(name)
    return table.with_columns(reader.alias("reader"))


def _labels(work: Work) -> dict[tuple[str, str], str]:
    """(participant, label of a node at the index visit) → its region."""
    nodes = work.tables.read("nodes").filter(pl.col("visit") == work.trial.index_visit)
    return {
        (row[0], row[1]): row[2] for row in nodes.select("participant", "label", "region").rows()
    }
