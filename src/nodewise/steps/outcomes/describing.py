"""The outcomes step: every outcome of the trial file, described and held against values."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from nodewise import stats
from nodewise.errors import StatsError
from nodewise.stats import tried
from nodewise.steps.analysis.cases import Cases, undecided
from nodewise.steps.analysis.comparisons import adjust
from nodewise.steps.matching import freeze
from nodewise.steps.outcomes.bones import bone_accuracy, bone_units
from nodewise.steps.outcomes.endings import ALL, endings
from nodewise.steps.outcomes.estimates import Stratum, curves, estimate_row, over_time, refused
from nodewise.steps.outcomes.foretelling import AREA, counted_for, followed, foretold
from nodewise.steps.outcomes.histories import History, histories
from nodewise.steps.outcomes.readings import Read, categories_read, told
from nodewise.steps.outcomes.responses import responses, unplaced
from nodewise.steps.outcomes.values import Scores, called, findings, patient_values, scores
from nodewise.steps.work import Work, key, rows_key, stale, tell
from nodewise.trial import BoneOutcome, Outcome, ResponseOutcome, TimeOutcome, named
from nodewise.truth import ANALYSED

Row = dict[str, Any]
GATHERED = ("outcomes", "imaging_reports", "bone_specimens")
SHARE = "share positive"


def describe_outcomes(work: Work) -> bool:
    """Describe the trial's outcomes, if anything that they rest on has changed."""
    wanted = {ALL: outcomes_key(work)}
    if not stale(work.truth, "outcomes", wanted):
        return False
    written: dict[str, list[Row]] = {name: [] for name in (
        "patient_values", "responses", "outcome_units", "outcome_estimates", "outcome_curves"
    )}  # fmt: skip
    if work.trial.outcome:
        if any(len(work.truth.read(name)) for name in GATHERED):
            freeze(work)
        _describe(work, written)
    for name, rows in written.items():
        work.truth.write(name, rows)
    work.truth.finish("outcomes", ALL, key=wanted[ALL])
    return True


def outcomes_key(work: Work) -> str:
    """A hash of all that the outcomes rest on; the accuracy's key stands for what both do."""
    if not work.trial.outcome:
        return key("no outcomes")
    tables = [work.tables.read("issues", {"step": "import"}), work.tables.read("bone_findings")]
    return key(
        work.truth.finished("accuracy"),
        [rows_key(table) for table in (*tables, *map(work.truth.read, GATHERED))],
        work.trial.model_dump(mode="json"),
    )


def _describe(work: Work, written: Mapping[str, list[Row]]) -> None:
    """Fill the tables' rows."""
    tell(work, "outcomes", "visits", issues=unplaced(work))
    every, excluded = histories(work), undecided(work)
    arms = dict(work.tables.read("participants").select("participant", "arm").rows())
    asked = {arm for outcome in work.trial.outcome for arm in outcome.arms}
    concerned = {who: each for who, each in every.items() if arms[who] in asked}
    there = {who: each for who, each in concerned.items() if who not in excluded}
    said, read = list(responses(work, there)), categories_read(work)
    written["responses"] += said
    written["patient_values"] += patient_values(work.trial, Cases.of(work), there)
    written["patient_values"] += findings(work.trial, said, read)
    held = scores(work.trial, written["patient_values"])
    for outcome in work.trial.outcome:
        mine = {who: each for who, each in concerned.items() if arms[who] in outcome.arms}
        units = list(_units(work, outcome, mine, excluded=excluded, said=(said, read)))
        written["outcome_units"] += units
        estimates, steps = _estimates(work, outcome, units, held)
        written["outcome_estimates"] += estimates
        written["outcome_curves"] += steps
    adjust(work.trial, written["outcome_estimates"])


def _units(
    work: Work,
    outcome: Outcome,
    mine: Mapping[str, History],
    *,
    excluded: Mapping[str, str],
    said: tuple[Sequence[Row], Read],
) -> Iterator[Row]:
    match outcome:
        case TimeOutcome():
            yield from endings(outcome, mine, excluded)
        case BoneOutcome():
            whys = {who: excluded.get(who, "") for who in mine}
            yield from bone_units(work, outcome, whys)
        case ResponseOutcome():
            for row in (each for each in said[0] if each["participant"] in mine):
                if row["visit"] == outcome.visit:
                    call, status = called(outcome.positive, *told(outcome, row, said[1]))
                    yield {
                        "outcome": outcome.name, "stratum": ALL, "positive": call,
                        "participant": row["participant"], "status": status,
                    }  # fmt: skip


def _estimates(
    work: Work, outcome: Outcome, units: Sequence[Row], held: Mapping[str, Scores]
) -> tuple[list[Row], list[Row]]:
    """Rows of estimates and of curves."""
    kept = [row for row in units if row["status"] == ANALYSED]
    match outcome:
        case BoneOutcome():
            return list(bone_accuracy(outcome, units)), []
        case ResponseOutcome():
            return list(_response(outcome, kept, held, left_out=len(units) - len(kept))), []
    try:
        _, data = followed(kept)
    except StatsError as error:
        return [estimate_row(outcome, "event-free", stats.Unknown(name="", reason=str(error)))], []
    whole = Stratum(outcome=outcome, data=data, left_out=len(units) - len(kept))
    rows, steps = list(over_time(whole)), list(curves(whole))
    for name in (*outcome.values, *outcome.findings):
        visit = held[name].visit
        start = outcome.after(named(work.trial.visit, visit)) if visit else 0
        more, further = foretold(outcome, kept, held[name], start=start)
        rows += more
        steps += further
    return rows, steps


def _response(
    outcome: ResponseOutcome, kept: Sequence[Row], held: Mapping[str, Scores], *, left_out: int
) -> Iterator[Row]:
    """The share with a positive category, and how well values tell it."""
    who = [row["participant"] for row in kept]
    call = [row["positive"] for row in kept]
    counts = {"patients": len(who), "events": sum(call), "left_out": left_out}
    nobody = refused("nobody has a category that can be judged")
    share = tried(SHARE, (lambda: stats.proportion(call, who)) if who else nobody)
    yield estimate_row(outcome, SHARE, share) | counts
    for name in outcome.values:
        own = [at for at, each in enumerate(who) if each in held[name].values]
        estimate = tried(AREA, partial(_area, outcome, held[name], own=[kept[at] for at in own]))
        yield estimate_row(outcome, AREA, estimate) | {
            "value_name": name,
            "patients": len(own),
            "events": sum(call[at] for at in own),
            "left_out": left_out + len(who) - len(own),
        }


def _area(outcome: ResponseOutcome, held: Scores, own: Sequence[Row]) -> stats.Estimate:
    who = [row["participant"] for row in own]
    call = [row["positive"] for row in own]
    fewer = min(sum(call), len(call) - sum(call))
    if fewer < outcome.least:
        raise StatsError(
            f"{fewer} in the smaller class, and the trial file asks for {outcome.least}"
        )
    way = counted_for(outcome, held.name)
    return stats.auc([held.values[name] for name in who], call, who, direction=way)
