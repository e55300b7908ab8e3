"""Foretelling: values before treatment, and findings after it, against what comes later."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nodewise.errors import StatsError
from nodewise.stats import (
    Estimate,
    FollowUp,
    fit_cox,
    fit_fine_gray,
    follow_up,
    from_landmark,
    time_auc,
    uno_c,
)
from nodewise.stats.inputs import Clusters
from nodewise.steps.outcomes.estimates import Stratum, curves, over_time, refused
from nodewise.steps.outcomes.values import Scores
from nodewise.trial import Outcome, TimeOutcome

Row = dict[str, Any]
Array = NDArray[np.float64]
POSITIVE, NEGATIVE = "positive", "negative"
HAZARD, SUBDISTRIBUTION, CONCORDANCE, AREA = (
    "hazard ratio", "subdistribution hazard ratio", "Uno's C", "auc",
)  # fmt: skip


def followed(units: Sequence[Row]) -> tuple[list[str], FollowUp]:
    """Participants of an outcome and their follow-up.

    Raises:
        StatsError: when there is nobody.
    """
    who = [row["participant"] for row in units]
    data = follow_up([row["days"] for row in units], [row["event"] for row in units], who)
    return who, data


def foretold(outcome: TimeOutcome, units: Sequence[Row], scores: Scores, *, start: int
             ) -> tuple[list[Row], list[Row]]:  # fmt: skip
    """Rows of estimates and curves of one value against one outcome.

    A finding of a follow-up visit foretells from the landmark `start` on, for those who were
    event-free and followed then; whoever was not is left out, and counted.

    Args:
        outcome: of the trial file.
        units: rows of the outcome that are analysed.
        scores: of the patients.
        start: day from the origin; 0 for what was known before.
    """
    own = [row for row in units if row["participant"] in scores.values]
    try:
        who, data = followed(own)
        if start:
            kept = from_landmark(data, start)
            who = [name for name, stays in zip(who, kept.kept, strict=True) if stays]
            data = kept.data
    except StatsError as error:
        whole = Stratum(outcome=outcome, data=_nobody(), value_name=scores.name, start=start,
                        left_out=len(units))  # fmt: skip
        return [whole.estimate(HAZARD, refused(str(error)))], []
    whole = Stratum(
        outcome=outcome, data=data, value_name=scores.name, start=start,
        left_out=len(units) - len(who),
    )  # fmt: skip
    rows = list(_described(whole, np.array([scores.values[name] for name in who]), scores))
    steps: list[Row] = []
    for stratum in _parted(whole, who, scores):
        rows += over_time(stratum)
        steps += curves(stratum)
    for stratum in _by_category(whole, who, scores):
        rows += over_time(stratum)
    return rows, steps


def _described(whole: Stratum, value: Array, scores: Scores) -> Iterator[Row]:
    """Hazard ratios per step, concordance, and the AUC at each time."""
    outcome, data = whole.outcome, whole.data
    first = FollowUp(data.time, (data.event == 1).astype(np.int64), data.clusters)
    enough = partial(_enough, outcome.least, {"with the event": int(first.event.sum())})
    step = value / scores.step
    yield whole.estimate(HAZARD, enough(lambda: fit_cox(first, step).hazard_ratio(0)))
    if outcome.competing:
        yield whole.estimate(
            SUBDISTRIBUTION, enough(lambda: fit_fine_gray(data, step).hazard_ratio(0))
        )
    way = counted_for(outcome, scores.name)
    yield whole.estimate(CONCORDANCE, enough(lambda: uno_c(first, value, direction=way)))
    for at_day in outcome.at_days:
        at = at_day - whole.start
        area = partial(time_auc, data, value, at, direction=way)
        counts = {
            "with the event by then": int(((data.time <= at) & (data.event == 1)).sum()),
            "event-free and followed beyond": int((data.time > at).sum()),
        }
        yield whole.estimate(AREA, _enough(outcome.least, counts, area), at_day=at_day)


def counted_for(outcome: Outcome, value: str) -> str:
    """Which values are counted for the event: the lower ones only where those are expected."""
    return "lower" if outcome.expects(value) == "lower" else "higher"


def _parted(whole: Stratum, who: Sequence[str], scores: Scores) -> Iterator[Stratum]:
    """Patients beyond the cut-off, and the others; none where there is no cut-off."""
    for name, wanted in ((POSITIVE, True), (NEGATIVE, False)):
        yield from _stratum(whole, [scores.calls.get(each) is wanted for each in who], name)


def _by_category(whole: Stratum, who: Sequence[str], scores: Scores) -> Iterator[Stratum]:
    """Patients of each category of a finding."""
    given = [scores.categories.get(each) for each in who]
    for name in sorted({category for category in given if category is not None}):
        yield from _stratum(whole, [category == name for category in given], name)


def _stratum(whole: Stratum, part: Sequence[bool], name: str) -> Iterator[Stratum]:
    """The patients of a part, if there is any."""
    there = np.array(part, bool)
    if there.any():
        data = follow_up(
            whole.data.time[there], whole.data.event[there], whole.data.clusters.index[there]
        )
        yield replace(whole, data=data, name=name, left_out=0)


def _enough(
    least: int, counts: Mapping[str, int], call: Callable[[], Estimate]
) -> Callable[[], Estimate]:
    """The call, or a refusal where a count is under what the trial file asks for."""
    for what, count in counts.items():
        if count < least:
            return refused(f"{count} {what}; the trial file asks for {least}")
    return call


def _nobody() -> FollowUp:
    none = np.zeros(0, np.int64)
    return FollowUp(np.zeros(0), none, Clusters(none, 0))
