"""Tables of what becomes of patients after treatment."""

from nodewise.report.foretelling import foretelling_sheet
from nodewise.report.outcome_rows import Row, counts, integer, month, real, remark, rows_of, title
from nodewise.report.sheet import Sheet
from nodewise.report.study import Study
from nodewise.report.survival_curve import MONTH
from nodewise.report.words import (
    NOTHING,
    TIED,
    confidence,
    counted,
    interval,
    number,
    sentence,
    whole,
)
from nodewise.trial import (
    CATEGORIES,
    BoneOutcome,
    FollowUpFinding,
    Outcome,
    ResponseOutcome,
    TimeOutcome,
    named,
)

ALONE = {
    "event-free": "free of the event",
    "incidence": "with the event",
    "competing incidence": "with a competing event first",
    "median time": "median time / months",
    "share positive": "with it",
}
"""Quantities of an outcome by itself, in words."""
CALLED = {
    "sensitivity": "sensitivity",
    "specificity": "specificity",
    "ppv": "positive predictive value",
    "npv": "negative predictive value",
}
FINDINGS = {"ni_rads_neck": "NI\u2011RADS", "recist": "RECIST"}
"""What is found, in words whose hyphen does not break the line."""
MISSING = ("not reported", "died before", "not followed so long")


def outcome_sheets(study: Study) -> list[Sheet]:
    """Shares over time, what foretells them, bone, response by visit, and who was left out."""
    if not study.trial.outcome:
        return []
    made = (
        _alone(study), _by_category(study), foretelling_sheet(study), _bone(study),
        _responses(study), _left_out(study), _plan(study),
    )  # fmt: skip
    return [sheet for sheet in made if sheet is not None]


def _alone(study: Study) -> Sheet | None:
    """Each outcome by itself; a share has its day, the median time has none."""
    lines: list[list[str]] = []
    for outcome in study.trial.outcome:
        own = [
            r for r in rows_of(study, outcome) if r["value_name"] is None and r["quantity"] in ALONE
        ]
        if own and not isinstance(outcome, BoneOutcome):
            lines.append(
                [f"{outcome.title}: {counts(study, outcome, None)}{_followed(study, outcome)}"]
            )
            lines += [_alone_line(row) for row in own]
    if not lines:
        return None
    return Sheet(
        caption="What became of patients.",
        head=["Share", "By month", "Estimate", confidence(None), "Events", "Still followed",
              "Remark"],
        rows=lines,
        notes=[
            "Free of the event: Kaplan-Meier. With the event where another competes: "
            "Aalen-Johansen; nobody is taken for censored who died first. Limits log-log. A "
            "response is counted in those with a report that can be judged. Still followed: "
            "event-free and under follow-up until then; where few are, the share rests on them."
        ],
    ).told()  # fmt: skip


def _alone_line(row: Row) -> list[str]:
    median = row["quantity"] == "median time"
    scale = MONTH if median else 1.0
    value, low, high = (real(row[name], scale) for name in ("value", "low", "high"))
    digits = 1 if median else 2
    limits = interval(low, high)
    if median and low is not None and high is not None:
        limits = f"{number(low, digits=1)} to {number(high, digits=1)}"
    return [
        ALONE[str(row["quantity"])],
        month(row["at_day"]),
        number(value, digits=digits),
        limits,
        whole(integer(row["competing" if row["quantity"] == "competing incidence" else "events"])),
        "" if row["followed"] is None else whole(integer(row["followed"])),
        remark(row),
    ]


def _by_category(study: Study) -> Sheet | None:
    """What came after each category of a finding, in those event-free and followed then."""
    lines: list[list[str]] = []
    for outcome in (each for each in study.trial.outcome if isinstance(each, TimeOutcome)):
        for name in outcome.findings:
            rows = [row for row in rows_of(study, outcome) if row["value_name"] == name]
            finding = named(study.trial.follow_up_finding, name)
            own = [row for row in rows if row["stratum"] in CATEGORIES[finding.finding]]
            own = [row for row in own if row["quantity"] != "competing incidence"]
            if own:
                day = outcome.after(named(study.trial.visit, finding.visit))
                start = number(day / MONTH, digits=1)
                heading = f"{outcome.title}, by {FINDINGS[finding.finding]} at {finding.visit}, "
                share = f"share {ALONE[str(own[0]['quantity'])]}"
                told = f"from month {start} on, {share}: {counts(study, outcome, name)}"
                lines.append([heading + told])
                lines += [_categorised(row) for row in own]
    if not lines:
        return None
    return Sheet(
        caption="What came after each category of a finding.",
        head=["Category", "Patients", "By month", "Estimate", confidence(None), "Events",
              "Still followed", "Competing first", "Remark"],
        rows=lines,
        notes=[
            "Counted from the last day of the visit on, by patient, in those who were event-free "
            "and followed then; months are from where the outcome counts from. Shares and limits "
            "as in the table above; categories are described, not compared by a test.",
        ],
    ).told()  # fmt: skip


def _categorised(row: Row) -> list[str]:
    _, *figures, qualified = _alone_line(row)
    competing = whole(integer(row["competing"])) if row["quantity"] == "incidence" else ""
    patients = whole(integer(row["patients"]))
    return [str(row["stratum"]), patients, *figures, competing, qualified]


def _followed(study: Study, outcome: Outcome) -> str:
    rows = [row for row in rows_of(study, outcome) if row["quantity"] == "median follow-up"]
    value = real(rows[0]["value"], MONTH) if rows else None
    return "" if value is None else f" Median follow-up {number(value, digits=0)} months."


def _bone(study: Study) -> Sheet | None:
    """Each modality against histology."""
    lines: list[list[str]] = []
    for outcome in (each for each in study.trial.outcome if isinstance(each, BoneOutcome)):
        rows = rows_of(study, outcome)
        for modality in dict.fromkeys(str(row["stratum"]) for row in rows):
            own = [row for row in rows if row["stratum"] == modality and row["quantity"] in CALLED]
            first = own[0]
            told = f"{counted(integer(first['patients']), 'patient')} with histology, "
            told += f"{integer(first['events'])} invaded; "
            told += f"{counted(integer(first['left_out']), outcome.unit)} left out."
            lines.append([f"{outcome.title}, {modality}: {told}"])
            lines += [
                [CALLED[str(row["quantity"])], number(real(row["value"])),
                 interval(real(row["low"]), real(row["high"])), remark(row)]
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
        [
            each.title,
            each.role,
            _means(each) + _expected(study, each),
            f"{sentence(each.source)} {sentence(each.standing)}",
        ]
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


def _expected(study: Study, outcome: Outcome) -> str:
    """Which values of what it is held against are expected to go with it, if any."""
    ways = {name: way for name, way in (outcome.expected or {}).items() if way != "two-sided"}
    told = "; ".join(f"{way} {title(study, name)}" for name, way in ways.items())
    return f"; expected to go with it: {told}" if told else ""


def _tells(part: FollowUpFinding | ResponseOutcome) -> str:
    """Which categories count as positive, and who gave them."""
    by = f", as read in round {part.round}" if part.round else ""
    return f"{FINDINGS[part.finding]} at {part.visit}{by}: {', '.join(part.positive)}"
