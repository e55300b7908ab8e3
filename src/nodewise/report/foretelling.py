"""What foretells outcomes: hazard ratios, concordance and areas, or that events are too few."""

from collections.abc import Sequence

from nodewise.report.outcome_rows import (
    ALL,
    Row,
    counts,
    described,
    integer,
    month,
    real,
    remark,
    rows_of,
    title,
)
from nodewise.report.sheet import Sheet
from nodewise.report.study import Study
from nodewise.report.words import confidence, interval, measured, number, p_value, unit_of, whole
from nodewise.trial import PatientValue, named

FORETELLING = {
    "hazard ratio": "hazard ratio",
    "subdistribution hazard ratio": "subdistribution hazard ratio",
    "Uno's C": "concordance (Uno's C)",
    "auc": "AUC",
}
ABOVE = {"higher": "above", "lower": "below"}
"""Which values are expected to go with the event, and on which side of 1 a ratio then lies."""
APART = 10.0
"""A hazard ratio whose limits lie further apart, as a factor, tells nothing: our convention."""


def too_few(study: Study) -> list[str]:
    """Outcomes of which nothing that might foretell them could be estimated, with their events."""
    found = []
    for outcome in study.trial.outcome:
        rows = [row for row in rows_of(study, outcome) if row["quantity"] in FORETELLING]
        events = max((integer(row["events"]) for row in rows), default=0)
        if rows and not _any(rows) and events < outcome.least:
            found.append(f"{outcome.title} ({events} of {outcome.least} needed)")
    return found


def foretelling_sheet(study: Study) -> Sheet | None:
    """Each value against each outcome; one line where there are too few events for anything."""
    lines: list[list[str]] = []
    for outcome in study.trial.outcome:
        rows = [row for row in rows_of(study, outcome) if row["quantity"] in FORETELLING]
        for name in dict.fromkeys(row["value_name"] for row in rows):
            own = [row for row in rows if row["value_name"] == name and row["stratum"] == ALL]
            heading = f"{outcome.title}, by {title(study, name)}: "
            lines.append([heading + counts(study, outcome, str(name))])
            lines += [_foretold(study, row) for row in own] if _any(own) else [_nothing(own[0])]
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


def _nothing(row: Row) -> list[str]:
    """The one line where nothing could be estimated."""
    patients, events = (whole(integer(row[name])) for name in ("patients", "events"))
    return ["nothing is estimated", "", "", "", patients, events, "", remark(row)]


def _foretold(study: Study, row: Row) -> list[str]:
    value, low, high = (real(row[name]) for name in ("value", "low", "high"))
    told = remark(row)
    exploratory = row["role"] != "confirmatory" and "hazard" in str(row["quantity"])
    if exploratory and low and high and high > APART * low:
        told = (
            f"Limits {number(high / low, digits=0)}-fold apart ({interval(low, high)}): so few "
            "events do not tell it."
        )
        value, low, high = None, None, None
    return [
        _measure(study, row),
        month(row["at_day"]),
        number(value),
        interval(low, high),
        whole(integer(row["patients"])),
        whole(integer(row["events"])),
        "" if row["p_adjusted"] is None else p_value(real(row["p_adjusted"])),
        told,
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
