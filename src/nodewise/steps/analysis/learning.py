"""Learning: how often each reader was right, case after case, and when the task was learnt."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from nodewise import stats
from nodewise.errors import StatsError
from nodewise.stats import Cusum, tried
from nodewise.steps.analysis.cases import Cases
from nodewise.steps.analysis.readers import by_reader
from nodewise.trial import Learning, Trial
from nodewise.truth import ANALYSED

Row = dict[str, Any]
CURVE_POINTS = 20  # of the 101 that are computed, every fifth is kept


def learnt(
    trial: Trial, cases: Cases, found: Mapping[tuple[str, str, str], Sequence[Row]]
) -> Iterator[Row]:
    """Rows of the learning table: accuracy by node, LC-CUSUM and time by case."""
    for plan in trial.learning:
        test = next(each for each in trial.reader_test if each.name == plan.test)
        nodes = by_reader(found.get((plan.analysis, test.name, "node"), []))
        for reader in cases.readers(test):
            read = [
                row for row in cases.answers.cases
                if (row["round"], row["reader"], row["iteration"]) == (test.round, reader, 1)
                and row["position"] is not None and row["participant"] not in cases.excluded
            ]  # fmt: skip
            position = {row["participant"]: row["position"] for row in read}
            rows = [*_accuracy(nodes.get(reader, []), position),
                    *_cusum(nodes.get(reader, []), position, plan),
                    *_times(read)]  # fmt: skip
            yield from ({"test": test.name, "reader": reader} | row for row in rows)


def _accuracy(rows: Sequence[Row], position: Mapping[str, int]) -> Iterator[Row]:
    right, order, patients = _judged(rows, position)
    try:
        curve = stats.learning_curve(right, order, patients)
    except StatsError as error:
        yield {"what": "accuracy", "position": None, "remark": str(error)}
        return
    step = max(len(curve.order) // CURVE_POINTS, 1)
    places = zip(curve.order, curve.accuracy, curve.low, curve.high, strict=True)
    for place, value, low, high in list(places)[::step]:
        yield {"what": "accuracy", "position": float(place), "value": float(value),
               "low": float(low), "high": float(high)}  # fmt: skip


def _cusum(rows: Sequence[Row], position: Mapping[str, int], plan: Learning) -> Iterator[Row]:
    """One step a case: the share of its nodes that were called wrongly."""
    right, order, _ = _judged(rows, position)
    if not len(right):
        yield {"what": "LC-CUSUM", "position": None, "remark": "no node has a reference"}
        return
    places = np.unique(order)
    failed = [float(np.mean(~right[order == place])) for place in places]
    rates = {"null": plan.inadequate, "alternative": plan.adequate}
    limit = stats.limit_for(**rates, false_signal=plan.false_alarm, cases=len(failed))
    path = stats.cusum_path(failed, Cusum(**rates, limit=limit))
    signal = path.first_signal and int(places[path.first_signal - 1])
    says = f"adequate from case {signal} on" if signal else "not shown to be adequate"
    yield {"what": "LC-CUSUM limit", "position": float(places[-1]), "value": limit,
           "remark": f"{says}; {int((~right).sum())} of {len(right)} nodes wrong, "
           f"{_found(rows)}"}  # fmt: skip
    for place, score in zip(places, path.score, strict=True):
        yield {"what": "LC-CUSUM", "position": float(place), "value": float(score)}


def _found(rows: Sequence[Row]) -> str:
    """What the share of wrong nodes hides where most are benign."""
    ill = [
        r for r in rows if r["status"] == ANALYSED and r["present"] and r["positive"] is not None
    ]
    return f"{sum(row['positive'] for row in ill)} of {len(ill)} with the target condition found"


def _judged(rows: Sequence[Row], position: Mapping[str, int]) -> tuple[Any, Any, Any]:
    """Whether each analysed unit was called rightly, its case's place, and its patient."""
    kept = [
        row for row in rows
        if row["status"] == ANALYSED and row["positive"] is not None
        and row["participant"] in position
    ]  # fmt: skip
    return (
        np.array([row["positive"] == row["present"] for row in kept], bool),
        np.array([position[row["participant"]] for row in kept], float),
        np.array([row["participant"] for row in kept]),
    )


def _times(read: Sequence[Row]) -> Iterator[Row]:
    """Time of each case, and what twice as many cases do to it."""
    timed = [row for row in read if row["case_seconds"] and row["position"]]
    estimate = tried(
        "reading time after twice as many cases",
        lambda: stats.reading_time(*(
            [row[name] for row in timed] for name in ("case_seconds", "position", "participant")
        )),
    )  # fmt: skip
    for number, row in enumerate(timed):
        yield {"what": "case time", "position": float(row["position"]),
               "value": row["case_seconds"],
               "remark": "" if number else f"after twice as many cases: {estimate}"}  # fmt: skip
