"""Rows of the outcome tables in words: what they are of, how many, and what qualifies them."""

from nodewise.report.study import Study
from nodewise.report.survival_curve import MONTH
from nodewise.report.words import counted, number, sentence
from nodewise.trial import FollowUpFinding, Outcome, PatientValue, TimeOutcome

Row = dict[str, object]
ALL = "all"


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
    rows = [row for row in rows_of(study, outcome) if row["value_name"] == value]
    row = next((each for each in rows if (each["stratum"], each["at_day"]) == (ALL, None)), None)
    if row is None:
        return ""
    events = integer(row["events"])
    told = [
        counted(integer(row["patients"]), "patient"),
        counted(events, "event") if isinstance(outcome, TimeOutcome) else f"{events} with it",
    ]
    if integer(row["competing"]):
        told.append(counted(integer(row["competing"]), "competing event"))
    if integer(row["left_out"]):
        told.append(f"{counted(integer(row['left_out']), 'further patient')} left out")
    return ", ".join(told) + "."


def rows_of(study: Study, outcome: Outcome) -> list[Row]:
    """The estimates of an outcome."""
    return [row for row in study.rows("outcome_estimates") if row["outcome"] == outcome.name]


def remark(row: Row) -> str:
    """Why there is no estimate or interval, as a sentence."""
    text = str(row["remark"] or "")
    return sentence(text) if text else ""


def month(day: object) -> str:
    """A day in whole months; nothing where there is none."""
    value = real(day, MONTH)
    return "" if value is None else number(value, digits=0)


def real(value: object, scale: float = 1.0) -> float | None:
    """A cell's number in units of `scale`; None where it is empty."""
    return float(value) / scale if isinstance(value, int | float) else None


def integer(value: object) -> int:
    """A cell's count; 0 where it is empty."""
    return int(value) if isinstance(value, int | float) else 0
