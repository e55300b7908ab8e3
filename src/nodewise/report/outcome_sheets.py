"""Tables of what becomes of patients after treatment."""

from collections.abc import Sequence

from nodewise.report.sheet import Sheet
from nodewise.report.study import Study
from nodewise.report.survival_curve import MONTH
from nodewise.report.words import (
    NOTHING,
    TIED,
    confidence,
    counted,
    interval,
    measured,
    number,
    p_value,
    sentence,
    unit_of,
    whole,
)
from nodewise.trial import (
    CATEGORIES,
    BoneOutcome,
    FollowUpFinding,
    Outcome,
    PatientValue,
    ResponseOutcome,
    TimeOutcome,
    named,
)

Row = dict[str, object]
ALL = "all"
ALONE = {
    "event-free": "free of the event",
    "incidence": "with the event",
    "competing incidence": "with a competing event first",
    "median time": "median time / months",
    "share positive": "with it",
}
"""Quantities of an outcome by itself, in words."""
FORETELLING = {
    "hazard ratio": "hazard ratio",
    "subdistribution hazard ratio": "subdistribution hazard ratio",
    "Uno's C": "concordance (Uno's C)",
    "auc": "AUC",
}
ABOVE = {"higher": "above", "lower": "below"}
"""Which values are expected to go with the event, and on which side of 1 a ratio then lies."""
CALLED = {
    "sensitivity": "sensitivity",
    "specificity": "specificity",
    "ppv": "positive predictive value",
    "npv": "negative predictive value",
}
FINDINGS = {"ni_rads_neck": "NI\u2011RADS", "recist": "RECIST"}
"""What is found, in words whose hyphen does not break the line."""
MISSING = ("not reported", "died before", "not followed so long")


def described(study: Study, name: object) -> PatientValue | FollowUpFinding:
    """The patient value or follow-up finding of that name."""
    parts: list[PatientValue | FollowUpFinding] = [
        *study.trial.patient_value, *study.trial.follow_up_finding
    ]  # fmt: skip
    return next(each for each in parts if each.name == name)


def title(study: Study, name: object) -> str:
    """What it is called."""
    return described(study, name).title


def counts(study: Study, outcome: Outcome, value: str | None) -> str:
    """Patients, events and who was left out, of an outcome or of a value against it."""
    rows = [row for row in _of(study, outcome) if row["value_name"] == value]
    row = next((each for each in rows if (each["stratum"], each["at_day"]) == (ALL, None)), None)
    if row is None:
        return ""
    events = _int(row["events"])
    told = [
        counted(_int(row["patients"]), "patient"),
        counted(events, "event") if isinstance(outcome, TimeOutcome) else f"{events} with it",
    ]
    if _int(row["competing"]):
        told.append(counted(_int(row["competing"]), "competing event"))
    if _int(row["left_out"]):
        told.append(f"{counted(_int(row['left_out']), 'further patient')} left out")
    return ", ".join(told) + "."


def outcome_sheets(study: Study) -> list[Sheet]:
    """Shares over time, what foretells them, bone, response by visit, and who was left out."""
    if not study.trial.outcome:
        return []
    made = (
        _alone(study), _by_category(study), _foretelling(study), _bone(study), _responses(study),
        _left_out(study), _plan(study),
    )  # fmt: skip
    return [sheet for sheet in made if sheet is not None]


def _of(study: Study, outcome: Outcome) -> list[Row]:
    return [row for row in study.rows("outcome_estimates") if row["outcome"] == outcome.name]


def _alone(study: Study) -> Sheet | None:
    """Each outcome by itself; a share has its day, the median time has none."""
    lines: list[list[str]] = []
    for outcome in study.trial.outcome:
        own = [r for r in _of(study, outcome) if r["value_name"] is None and r["quantity"] in ALONE]
        if own and not isinstance(outcome, BoneOutcome):
            lines.append(
                [f"{outcome.title}: {counts(study, outcome, None)}{_followed(study, outcome)}"]
            )
            lines += [_alone_line(row) for row in own]
    if not lines:
        return None
    return Sheet(
        caption="What became of patients.",
        head=["Share", "By month", "Estimate", confidence(None), "Events", "Remark"],
        rows=lines,
        notes=[
            "Free of the event: Kaplan-Meier. With the event where another competes: "
            "Aalen-Johansen; nobody is taken for censored who died first. Limits log-log. A "
            "response is counted in those with a report that can be judged."
        ],
    ).told()


def _alone_line(row: Row) -> list[str]:
    median = row["quantity"] == "median time"
    scale = MONTH if median else 1.0
    value, low, high = (_real(row[name], scale) for name in ("value", "low", "high"))
    digits = 1 if median else 2
    limits = interval(low, high)
    if median and low is not None and high is not None:
        limits = f"{number(low, digits=1)} to {number(high, digits=1)}"
    return [
        ALONE[str(row["quantity"])],
        _month(row["at_day"]),
        number(value, digits=digits),
        limits,
        whole(_int(row["competing" if row["quantity"] == "competing incidence" else "events"])),
        _remark(row),
    ]


def _by_category(study: Study) -> Sheet | None:
    """What came after each category of a finding, in those event-free and followed then."""
    lines: list[list[str]] = []
    for outcome in (each for each in study.trial.outcome if isinstance(each, TimeOutcome)):
        for name in outcome.findings:
            rows = [row for row in _of(study, outcome) if row["value_name"] == name]
            finding = named(study.trial.follow_up_finding, name)
            own = [row for row in rows if row["stratum"] in CATEGORIES[finding.finding]]
            if own:
                start = _month(outcome.after(named(study.trial.visit, finding.visit)))
                heading = f"{outcome.title}, by {FINDINGS[finding.finding]} at {finding.visit}, "
                lines.append([f"{heading}from month {start} on: {counts(study, outcome, name)}"])
                lines += [_categorised(row) for row in own]
    if not lines:
        return None
    return Sheet(
        caption="What came after each category of a report.",
        head=["Category", "Patients", "Share", "By month", "Estimate", confidence(None), "Events",
              "Remark"],
        rows=lines,
        notes=[
            "Counted from the last day of the visit on, by patient, in those who were event-free "
            "and followed then; months are from where the outcome counts from. Shares and limits "
            "as in the table above; categories are described, not compared by a test.",
        ],
    ).told()  # fmt: skip


def _categorised(row: Row) -> list[str]:
    share, *figures = _alone_line(row)
    return [str(row["stratum"]), whole(_int(row["patients"])), share, *figures]


def _followed(study: Study, outcome: Outcome) -> str:
    rows = [row for row in _of(study, outcome) if row["quantity"] == "median follow-up"]
    value = _real(rows[0]["value"], MONTH) if rows else None
    return "" if value is None else f" Median follow-up {number(value, digits=0)} months."


def _foretelling(study: Study) -> Sheet | None:
    """Each value against each outcome; one line where there are too few events for anything."""
    lines: list[list[str]] = []
    for outcome in study.trial.outcome:
        rows = [row for row in _of(study, outcome) if row["quantity"] in FORETELLING]
        for name in dict.fromkeys(row["value_name"] for row in rows):
            own = [row for row in rows if row["value_name"] == name and row["stratum"] == ALL]
            heading = f"{outcome.title}, by {title(study, name)}: "
            lines.append([heading + counts(study, outcome, str(name))])
            lines += [_foretold(study, row) for row in (own if _any(own) else own[:1])]
    if not lines:
        return None
    return Sheet(
        caption="What foretells them, explored.",
        head=["Quantity", "By month", "Estimate", confidence(None), "Patients", "Events",
              "p, corrected", "Remark"],
        rows=lines,
        notes=[
            "Hazard ratios: Cox (Efron); a competing event ends follow-up. Subdistribution hazard "
            "ratios: Fine and Gray, errors by patient. Concordance: Uno. AUC at a time: "
            "weighed for censoring; controls are those event-free and followed beyond. AUC of a "
            "response: Obuchowski, by patient. Which values are expected to go with the event is "
            "what the trial file says of it, not what speaks for metastasis; where it expects "
            "neither, higher values are counted for the event, and under 0.5 it is the lower ones "
            "that go with it. Intervals have two sides either way.",
        ],
    ).told()  # fmt: skip


def _any(rows: Sequence[Row]) -> bool:
    return any(row["value"] is not None for row in rows)


def _foretold(study: Study, row: Row) -> list[str]:
    value, low, high = (_real(row[name]) for name in ("value", "low", "high"))
    return [
        _measure(study, row),
        _month(row["at_day"]),
        number(value),
        interval(low, high),
        whole(_int(row["patients"])),
        whole(_int(row["events"])),
        "" if row["p_adjusted"] is None else p_value(_real(row["p_adjusted"])),
        _remark(row),
    ]


def _measure(study: Study, row: Row) -> str:
    """What the figure is, per how much, and which way it was expected to lie."""
    words = FORETELLING[str(row["quantity"])]
    part = described(study, row["value_name"])
    if not isinstance(part, PatientValue):
        return f"{words}, positive against the others" if "hazard" in words else words
    outcome = next(each for each in study.trial.outcome if each.name == row["outcome"])
    expected = outcome.expects(part.name)
    if "hazard" in words:
        test = named(study.trial.index_test, part.test)
        words += f" per {measured(part.step, unit_of(test))} more"
        return words if expected == "two-sided" else f"{words}, expected {ABOVE[expected]} 1"
    told = "higher values" if expected == "two-sided" else f"{expected} values, as expected,"
    return f"{words}, {told} for the event"


def _bone(study: Study) -> Sheet | None:
    """Each modality against histology."""
    lines: list[list[str]] = []
    for outcome in (each for each in study.trial.outcome if isinstance(each, BoneOutcome)):
        rows = _of(study, outcome)
        for modality in dict.fromkeys(str(row["stratum"]) for row in rows):
            own = [row for row in rows if row["stratum"] == modality and row["quantity"] in CALLED]
            first = own[0]
            told = f"{counted(_int(first['patients']), 'patient')} with histology, "
            told += f"{_int(first['events'])} invaded; "
            told += f"{counted(_int(first['left_out']), outcome.unit)} left out."
            lines.append([f"{outcome.title}, {modality}: {told}"])
            lines += [
                [CALLED[str(row["quantity"])], number(_real(row["value"])),
                 interval(_real(row["low"]), _real(row["high"])), _remark(row)]
                for row in own
            ]  # fmt: skip
    if not lines:
        return None
    return Sheet(
        caption="Invasion of bone: imaging against the histology of the bone removed.",
        head=["Quantity", "Estimate", confidence(None), "Remark"],
        rows=lines,
        notes=[
            "Only bone that was removed has a reference, and it is removed where imaging or the "
            "surgeon suspects it: sensitivity is likely to be too high, specificity too low "
            "(partial verification)."
        ],
    ).told()


def _responses(study: Study) -> Sheet | None:
    """Reports by visit; a missing one is told apart from one that could not be."""
    rows = study.rows("responses")
    if not rows:
        return None
    kinds = [(column, category) for column in CATEGORIES for category in CATEGORIES[column]]
    kinds += [("recist", "no target")]
    lines = []
    for visit in dict.fromkeys(str(row["visit"]) for row in rows):
        own = [row for row in rows if row["visit"] == visit]
        status = [
            whole(sum(row["status"] == each for row in own)) for each in ("reported", *MISSING)
        ]
        found = [sum(row[column] == category for row in own) for column, category in kinds]
        lines.append(
            [visit.replace(" ", TIED), *status, *(whole(each) if each else "" for each in found)]
        )
    return Sheet(
        caption="Reports after treatment by visit: patients by category.",
        head=["Visit", "Reported", *(each.capitalize() for each in MISSING),
              *(f"{FINDINGS[column]} {category}" for column, category in kinds)],
        rows=lines,
        notes=[
            "Visits are optional in the protocol; nothing is carried over from one to the next. "
            "RECIST 1.1 is of nodes left in place, against the sum before treatment and the nadir.",
        ],
    ).told()  # fmt: skip


def _left_out(study: Study) -> Sheet | None:
    """Why patients are in no analysis of an outcome."""
    titles = {each.name: each.title for each in study.trial.outcome}
    tally: dict[tuple[str, str], set[object]] = {}
    for row in study.rows("outcome_units"):
        if row["status"] != "analysed":
            place = (titles.get(str(row["outcome"]), NOTHING), str(row["status"]))
            tally.setdefault(place, set()).add(row["participant"])
    if not tally:
        return None
    return Sheet(
        caption="Left out of the outcomes.",
        head=["Outcome", "Why", "Patients"],
        rows=[[*place, whole(len(who))] for place, who in sorted(tally.items())],
        long=True,
    )


def _plan(study: Study) -> Sheet:
    """How the trial file defines each outcome and each value."""
    lines = [
        [each.title, each.role, _means(each), f"{sentence(each.source)} {sentence(each.standing)}"]
        for each in study.trial.outcome
    ]
    lines += [
        [each.title, "", f"{each.over} over the nodes drawn, of test {each.test}",
         sentence(each.standing)]
        for each in study.trial.patient_value
    ]  # fmt: skip
    lines += [
        [each.title, "", _tells(each), sentence(each.standing)]
        for each in study.trial.follow_up_finding
    ]
    head = ["Outcome or value", "Role", "Defined", "Source, standing"]
    return Sheet(caption="Definitions of the trial file.", head=head, rows=lines, long=True)


def _means(outcome: Outcome) -> str:
    if isinstance(outcome, TimeOutcome):
        field = ", in the treated field" if outcome.in_field else ""
        competing = f"; competing: {', '.join(outcome.competing)}" if outcome.competing else ""
        return f"first of {', '.join(outcome.events)}{field}, from {outcome.origin}{competing}"
    if isinstance(outcome, BoneOutcome):
        return f"imaging at {outcome.visit} against histology, by {outcome.unit}"
    return _tells(outcome)


def _tells(part: FollowUpFinding | ResponseOutcome) -> str:
    """Which categories count as positive, and who gave them."""
    by = f", as read in round {part.round}" if part.round else ""
    return f"{FINDINGS[part.finding]} at {part.visit}{by}: {', '.join(part.positive)}"


def _remark(row: Row) -> str:
    text = str(row["remark"] or "")
    return sentence(text) if text else ""


def _month(day: object) -> str:
    value = _real(day, MONTH)
    return "" if value is None else number(value, digits=0)


def _real(value: object, scale: float = 1.0) -> float | None:
    return float(value) / scale if isinstance(value, int | float) else None


def _int(value: object) -> int:
    return int(value) if isinstance(value, int | float) else 0
