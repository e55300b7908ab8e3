"""Time to an event: curves, groups, predictors and competing events."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from itertools import combinations

import numpy as np
import polars as pl

from nodewise.errors import IngestError, StatsError
from nodewise.stats import (
    CoxFit,
    Estimate,
    FineGrayFit,
    FollowUp,
    Test,
    Unknown,
    cumulative_incidence,
    fit_cox,
    fit_fine_gray,
    follow_up,
    from_landmark,
    gray_test,
    harrell_c,
    incidence_at,
    kaplan_meier,
    log_rank,
    median_time,
    proportional_hazards,
    restricted_mean,
    restricted_mean_difference,
    survival_at,
    time_auc,
    time_auc_difference,
    tried,
    uno_c,
)
from nodewise.steps.statistics.answer import Answer, Line, Part, per, tested, unit_of
from nodewise.steps.statistics.columns import Array, Columns, LeftOut
from nodewise.steps.statistics.predictors import predictors

_NO_ZERO = "Where 1 means censored and 2 an event, as some tables have it, write 0 and 1."


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeQuestion:
    """What is asked of follow-up.

    Args:
        time: column of the time to the event or to the end of follow-up.
        event: column: 0 censored, 1 event, 2 and more competing events; or yes and no.
        by: column of groups.
        strata: column within whose values groups are compared.
        patient: column of the patient; None: each row is another patient.
        predictors: columns of the Cox model.
        markers: columns of scores that are to foretell the event by the times `at`.
        marker_direction: higher or lower: which end speaks for an early event, one for all or one
            each.
        landmark: time from which follow-up is counted anew, for what was measured by then.
        at: times at which shares are wanted.
        until: horizon of the restricted mean; None: the shortest of the groups' follow-ups.
        cause: event of the Cox model and of the log-rank test where there are several.
        unit: word for a row.
        level: level of intervals, fraction.
    """

    time: str
    event: str
    by: str | None = None
    strata: str | None = None
    patient: str | None = None
    predictors: tuple[str, ...] = ()
    markers: tuple[str, ...] = ()
    marker_direction: tuple[str, ...] = ()
    landmark: float | None = None
    at: tuple[float, ...] = ()
    until: float | None = None
    cause: int = 1
    unit: str | None = None
    level: float = 0.95

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns that it needs."""
        named = (self.time, self.event, self.by, self.strata, self.patient)
        return tuple(filter(None, (*named, *self.predictors, *self.markers)))

    def directions(self) -> tuple[str, ...]:
        """One each marker."""
        given, many = self.marker_direction, len(self.markers)
        if len(given) not in {1, many} or not self.at:
            raise StatsError(
                "a marker needs --marker-direction higher or lower, one for all or one each, and "
                "the time by which it foretells the event, --at"
            )
        return given * (many if len(given) == 1 else 1)


def survive(columns: Columns, question: TimeQuestion) -> Answer:
    """Curves of each group, what tells the groups apart, and the Cox model."""
    used = _used(columns, question)
    data = _followed(used, question)
    unit = unit_of(used.patients(question.patient), question.unit)
    groups = _groups(used, question)
    until = question.until
    if until is None:
        until = min(float(part.time.max()) for _, part in groups)
    parts = [_curve(name, part, question, until) for name, part in groups]
    if question.by is not None:
        parts.append(_apart(used, data, question))
        parts.append(_mean_times(used, data, question, until))
    if question.predictors:
        parts += _models(used, data, question)
    if question.markers:
        parts += _marked(used, data, question)
    if not np.any(data.event == 0):
        parts.append(Part(title="Nobody is censored (0)", remarks=(_NO_ZERO,)))
    causes = _several(data)
    asked = f"Time to {question.event} ({question.time})"
    if causes:
        asked += f", {causes} competing events; event-free means free of any"
    if question.landmark is not None:
        asked += f"; times are counted from the landmark at {question.landmark:g}"
    told = (replace(part, lines=per(part.lines, unit)) for part in parts)
    return Answer(question=asked, columns=used, parts=tuple(told))


def curves(columns: Columns, question: TimeQuestion) -> Mapping[str, pl.DataFrame]:
    """Kaplan-Meier curves and cumulative incidences, one table each with a column of the group."""
    used = _used(columns, question)
    survival, incidence = [], []
    for name, data in _groups(used, question):
        found = kaplan_meier(data, level=question.level)
        steps = {key: getattr(found, key) for key in ("time", "at_risk", "value", "low", "high")}
        survival.append(pl.DataFrame({"group": [name] * len(found.time)} | steps))
        for cause in range(1, _several(data) + 1):
            share = cumulative_incidence(data, cause)
            rows = {"group": [name] * len(share.time), "cause": [cause] * len(share.time)}
            incidence.append(pl.DataFrame(rows | {"time": share.time, "value": share.value}))
    tables = {"survival": pl.concat(survival)}
    return tables | ({"incidence": pl.concat(incidence)} if incidence else {})


def _used(columns: Columns, question: TimeQuestion) -> Columns:
    """Complete rows; with a landmark those still event-free and followed then, counted anew."""
    used = columns.complete(question.columns)
    at, name = question.landmark, question.time
    if at is None:
        return used
    found = from_landmark(_followed(used, question), at)
    frame = used.frame.filter(pl.Series(found.kept)).with_columns(
        pl.Series(name, found.data.time).cast(pl.String)
    )
    gone = LeftOut(
        rows=used.rows - frame.height, reason=f"with an event or lost by the landmark at {at:g}"
    )
    left_out = (*used.left_out, gone) if gone.rows else used.left_out
    return replace(used, frame=frame, left_out=left_out)


def _marked(used: Columns, data: FollowUp, question: TimeQuestion) -> Iterator[Part]:
    """How well each marker foretells the event by each time, and better than another."""
    ways, level = question.directions(), question.level
    scores = [used.numbers(name) for name in question.markers]
    alone = _of_cause(data, question.cause)
    others = np.where((data.event > 0) & (alone.event == 0), 2, 0)
    followed = FollowUp(data.time, alone.event + others, data.clusters)
    for at in question.at:
        lines = [
            tried(
                f"AUC of {name}", partial(time_auc, followed, score, at, direction=way, level=level)
            )
            for name, score, way in zip(question.markers, scores, ways, strict=True)
        ]
        lines += [
            tried(
                f"AUC of {question.markers[i]} minus {question.markers[j]}",
                partial(
                    time_auc_difference, followed, [scores[i], scores[j]], at,
                    direction=[ways[i], ways[j]], level=level,
                ),
            )
            for i, j in combinations(range(len(scores)), 2)
        ]  # fmt: skip
        yield Part(title=f"Foretelling event {question.cause} by {at:g}", lines=tuple(lines))
    order = [
        tried(f"{what} of {name}", partial(of, alone, score, direction=way, level=level))
        for name, score, way in zip(question.markers, scores, ways, strict=True)
        for what, of in (("Harrell's C", harrell_c), ("Uno's C", uno_c))
    ]
    title = f"Order of event {question.cause}"
    title += "; other events end follow-up" if _several(data) else ""
    yield Part(title=title, lines=tuple(order))


def _followed(used: Columns, question: TimeQuestion) -> FollowUp:
    event = (
        used.numbers(question.event)
        if used.numeric(question.event)
        else used.yes_no(question.event).astype(np.float64)
    )
    return follow_up(used.numbers(question.time), event, used.patients(question.patient))


def _groups(used: Columns, question: TimeQuestion) -> list[tuple[str, FollowUp]]:
    by = question.by
    if by is None:
        return [("All", _followed(used, question))]
    names = sorted(set(used.words(by).tolist()))
    if not 2 <= len(names) <= 12:
        raise IngestError(f"column {by} of {used.name} makes {len(names)} groups; 2 to 12 can be")
    return [(f"{by} {name}", _followed(used.where(by, name), question)) for name in names]


def _curve(name: str, data: FollowUp, question: TimeQuestion, until: float) -> Part:
    level, causes = question.level, range(1, _several(data) + 1)
    lines: list[Line] = [tried("median time", lambda: median_time(data, level=level))]
    for at in question.at:
        share = f"event-free at {at:g}"
        lines.append(tried(share, partial(survival_at, data, at, level=level)))
        lines += [
            tried(
                f"incidence of event {cause} at {at:g}",
                partial(incidence_at, data, cause, at, level=level),
            )
            for cause in causes
        ]
    mean = f"restricted mean time to {until:g}"
    lines.append(tried(mean, lambda: restricted_mean(data, until, level=level)))
    told = {"rows": len(data.time), "events": int((data.event > 0).sum())}
    told |= {f"event {cause}": int((data.event == cause).sum()) for cause in causes}
    return Part(title=name, lines=tuple(lines), counts=told)


def _apart(used: Columns, data: FollowUp, question: TimeQuestion) -> Part:
    """The log-rank test, of one cause where there are several, and then Gray's of each."""
    group = used.words(question.by or "")
    strata = None if question.strata is None else used.words(question.strata)
    several = _several(data)
    name = f"equal hazard of event {question.cause}" if several else "equal survival"
    asked: dict[str, Callable[[], Test]] = {
        name: lambda: log_rank(_of_cause(data, question.cause), group, strata)
    }
    for cause in range(1, several + 1):
        asked[f"equal incidence of event {cause}"] = partial(gray_test, data, group, cause)
    found = [replace(tested(name, call), name=name) for name, call in asked.items()]
    return Part(title=f"Groups of {question.by}", lines=tuple(found))


def _mean_times(used: Columns, data: FollowUp, question: TimeQuestion, until: float) -> Part:
    """Differences of restricted means of every two groups; of many, of each from the first."""
    by = question.by or ""
    group = used.words(by)
    names = sorted(set(group.tolist()))
    pairs = list(combinations(names, 2)) if len(names) < 4 else [(names[0], n) for n in names[1:]]

    def gap(one: str, two: str) -> Estimate:
        among = np.isin(group, [one, two])
        part = follow_up(data.time[among], data.event[among], data.clusters.index[among])
        return restricted_mean_difference(part, group[among] == one, until, level=question.level)

    lines = [tried(f"{by} {one} minus {by} {two}", partial(gap, one, two)) for one, two in pairs]
    return Part(title=f"Restricted mean times to {until:g}, differences", lines=tuple(lines))


def _models(used: Columns, data: FollowUp, question: TimeQuestion) -> Iterator[Part]:
    """Cox's model; where events compete, of one of them, and Fine and Gray's beside it."""
    x, labels = predictors(used, question.predictors)
    names = [f"{one}, per 1" if one in question.predictors else one for one in labels]
    several, cause = _several(data), question.cause
    title = f"Cox model of event {cause}; other events end follow-up" if several else "Cox model"
    yield _cox(title, (_of_cause(data, cause), x), names, level=question.level)
    if several:
        title = f"Fine-Gray model of the incidence of event {cause}"
        yield _fitted(title, lambda: fit_fine_gray(data, x, cause=cause), names, question.level)


def _cox(title: str, data: tuple[FollowUp, Array], names: list[str], *, level: float) -> Part:
    """Hazard ratios, and how well they put these very patients in order."""
    followed, x = data
    try:
        fit = fit_cox(followed, x)
    except StatsError as error:
        return Part(title=title, lines=(Unknown(name="hazard ratios", reason=str(error)),))
    part = _fitted(title, lambda: fit, names, level)
    part = replace(part, lines=(*part.lines, *_proportional(data, names)))
    score, way = x @ fit.coefficients, "higher"
    order = [
        tried(f"{name} in these patients", partial(of, followed, score, direction=way, level=level))
        for name, of in (("Harrell's C", harrell_c), ("Uno's C", uno_c))
    ]
    return replace(part, lines=(*part.lines, *order))


def _proportional(data: tuple[FollowUp, Array], names: list[str]) -> Iterator[Line]:
    """Whether hazard ratios stay the same over time: of each predictor, and of all."""
    try:
        found = proportional_hazards(*data)
    except StatsError as error:
        yield Unknown(name="proportional hazards", reason=str(error))
        return
    for name, test in zip((*names, "all predictors"), found, strict=True):
        yield replace(test, name=f"proportional hazards, {name}")


def _fitted(
    title: str, fit: Callable[[], CoxFit | FineGrayFit], names: list[str], level: float
) -> Part:
    """The hazard ratios of a model or, where it has no fit, the sentence that says why."""
    try:
        found = fit()
    except StatsError as error:
        return Part(title=title, lines=(Unknown(name="hazard ratios", reason=str(error)),))
    kind = "subdistribution hazard" if isinstance(found, FineGrayFit) else "hazard"
    ratios = [
        tried(f"{kind} ratio, {name}", partial(found.hazard_ratio, k, level=level))
        for k, name in enumerate(names)
    ]
    return Part(title=title, lines=tuple(ratios), counts={"events": found.events})


def _of_cause(data: FollowUp, cause: int) -> FollowUp:
    """Follow-up to one event; the others end it."""
    if not np.any(data.event == cause):
        raise StatsError(f"no row has event {cause}")
    return FollowUp(data.time, (data.event == cause).astype(np.int64), data.clusters)


def _several(data: FollowUp) -> int:
    """How many competing events there are; 0 where there is one kind of event."""
    most = int(data.event.max())
    return most if most > 1 else 0
