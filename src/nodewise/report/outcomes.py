"""What becomes of patients after treatment: tables and curves, all of it exploratory."""

from collections.abc import Sequence

from nodewise.report.foretelling import too_few
from nodewise.report.outcome_rows import ALL, counts, described, title
from nodewise.report.outcome_sheets import ALONE, FINDINGS
from nodewise.report.sheet import Figure
from nodewise.report.study import Study
from nodewise.report.survival_curve import MONTH, Steps, survival_curve
from nodewise.report.words import confidence, cutoff
from nodewise.trial import PatientValue, TimeOutcome, named

Row = dict[str, object]


def outcome_words(study: Study) -> list[str]:
    """What must be said before any figure of this section."""
    planned = [each.title for each in study.trial.outcome if each.role == "confirmatory"]
    tested = "no p-value stands here and nothing is concluded"
    if planned:
        tested = f"p-values, corrected, stand beside what was planned alone: {'; '.join(planned)}"
    few = too_few(study)
    return [
        *([f"Too few events to tell what foretells: {'; '.join(few)}."] if few else []),
        "Explored, not confirmed: the study was not made to answer these questions, and so "
        f"{tested}. What foretells an event is estimated from as many events as the trial file "
        "asks for; under that, their number stands in its place. Shares are described with their "
        "limits, however few patients they come from.",
        "A finding of a follow-up visit is held only against what came after that visit, in those "
        "who were event-free and followed then (landmark). Otherwise who lived to be imaged would "
        "seem to live long because of it.",
    ]


def outcome_figures(study: Study) -> tuple[list[Figure], list[Figure]]:
    """A curve of each time to an event; and the same parted by values and findings."""
    first: list[Figure] = []
    further: list[Figure] = []
    for outcome in (each for each in study.trial.outcome if isinstance(each, TimeOutcome)):
        rows = [row for row in study.rows("outcome_curves", by=["day"])
                if row["outcome"] == outcome.name]  # fmt: skip
        overall = [row for row in rows if row["value_name"] is None]
        if overall:
            first.append(_whole(study, outcome, overall))
        for name in (*outcome.values, *outcome.findings):
            further += _parted(study, outcome, name, [r for r in rows if r["value_name"] == name])
    return first, further


def _whole(study: Study, outcome: TimeOutcome, rows: Sequence[Row]) -> Figure:
    quantities = list(dict.fromkeys(str(row["quantity"]) for row in rows))
    lines = [
        Steps(
            name=ALONE[quantity],
            rows=[row for row in rows if row["quantity"] == quantity],
            begins=1.0 if quantity == "event-free" else 0.0,
            counts=quantity != "competing incidence",
        )
        for quantity in sorted(quantities, key=list(ALONE).index)
    ]
    how = "Aalen-Johansen" if outcome.competing else "Kaplan-Meier"
    return survival_curve(
        outcome.title,
        lines,
        share="share" if outcome.competing else ALONE["event-free"],
        until=outcome.horizon,
        origin=outcome.origin,
        caption=f"{counts(study, outcome, None)} {how} with pointwise "
        f"{confidence(None).replace('CI', 'limits')} (grey); short strokes: follow-up ends; below: "
        "patients under follow-up.",
    )


def _parted(study: Study, outcome: TimeOutcome, name: str, rows: Sequence[Row]) -> list[Figure]:
    quantity = "incidence" if outcome.competing else "event-free"
    there = {stratum for row in rows if (stratum := row["stratum"]) != ALL}
    if len(there) < 2:
        return []
    words, start = _strata(study, outcome, name)
    lines = [
        Steps(
            name=words[stratum],
            rows=[r for r in rows if (r["stratum"], r["quantity"]) == (stratum, quantity)],
            begins=0.0 if outcome.competing else 1.0,
            start=start,
        )
        for stratum in words
    ]
    after = f" Counted from the landmark at month {start / MONTH:.1f} on." if start else ""
    return [
        survival_curve(
            f"{outcome.title}, by {title(study, name)}",
            lines,
            share=ALONE[quantity],
            until=outcome.horizon,
            origin=outcome.origin,
            caption=f"Share {ALONE[quantity]}. {counts(study, outcome, name)}{after} Not compared "
            "by a test.",
        )
    ]


def _strata(study: Study, outcome: TimeOutcome, name: str) -> tuple[dict[str, str], float]:
    """What the two curves are called, and the day on which they start."""
    found = described(study, name)
    if isinstance(found, PatientValue):
        test = named(study.trial.index_test, found.test)
        return {"positive": f"{test.title} {cutoff(test)}", "negative": "the others"}, 0.0
    start = outcome.after(named(study.trial.visit, found.visit))
    positive = f"{FINDINGS[found.finding]} {', '.join(found.positive)}"
    return {"positive": positive, "negative": "the other categories"}, start
