"""Outcomes: what becomes of patients, what imaging finds beside nodes, and what foretells it.

All of it is by patient. A finding of a follow-up visit foretells only what comes after that visit.
"""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from nodewise.trial.parts import Name, Part, Visit

Event = Literal[
    "death", "local relapse", "regional relapse", "distant metastasis", "second primary"
]
LAST_CONTACT = "last contact"
"""The row of somebody's outcomes that says how long the others are known not to have happened."""

RELAPSES = ("local relapse", "regional relapse")
"""Events that lie in the irradiated or operated field, or outside it."""

Expected = Literal["higher", "lower", "two-sided"]
"""Which values are expected to go with the event, or with the response that is told."""

Finding = Literal["ni_rads_neck", "recist"]
CATEGORIES: dict[str, tuple[str, ...]] = {
    "ni_rads_neck": ("0", "1", "2", "3", "4", "N-x"),
    "recist": ("CR", "PR", "SD", "PD"),
}
"""What a report can say of the response."""


class PatientValue(Part):
    """One value of a patient, from what an index test measured in the nodes drawn there."""

    name: Name
    title: str
    test: Name
    over: Literal["lowest", "highest", "median"] = Field(description="which of the nodes' values")
    step: float = Field(gt=0, description="a hazard ratio is per so much more, the test's unit")
    standing: str


class _Called(Part):
    """A finding of a report, and the categories that count as positive."""

    finding: Finding
    visit: str
    positive: tuple[str, ...] = Field(min_length=1)
    round: str | None = Field(
        None, description="reading round whose signed answers tell it; none: imaging_reports.csv"
    )

    @model_validator(mode="after")
    def _is_read_by_a_form(self) -> Self:
        if self.round is not None and self.finding != "ni_rads_neck":
            raise ValueError(f"no form asks for {self.finding}: leave out round")
        return self

    @model_validator(mode="after")
    def _knows_its_categories(self) -> Self:
        known = CATEGORIES[self.finding]
        if strange := [each for each in self.positive if each not in known]:
            raise ValueError(f"{self.finding} has no category {', '.join(strange)}; it has {known}")
        return self


class FollowUpFinding(_Called):
    """A finding of a follow-up visit; what it foretells is counted from that visit's last day."""

    name: Name
    title: str
    standing: str


class _Outcome(Part):
    name: Name
    title: str
    arms: tuple[Name, ...] = Field(min_length=1)
    values: tuple[Name, ...] = Field((), description="patient values described against it")
    expected: dict[Name, Expected] | None = Field(
        None, description="value → which of it is expected to go with the event; else two-sided"
    )
    least: int = Field(
        10, ge=2, description="events, or patients of each kind, under which nothing foretells it"
    )
    source: str
    standing: str
    role: Literal["confirmatory", "exploratory"] = "exploratory"

    @model_validator(mode="after")
    def _expects_of_its_values(self) -> Self:
        if strange := sorted({*(self.expected or {})} - {*self.values}):
            raise ValueError(
                f"outcome {self.name} expects something of {', '.join(strange)}, which is not "
                f"among its values: {', '.join(self.values) or 'there are none'}"
            )
        return self

    def expects(self, value: str) -> Expected:
        """Which values of it are expected to go with the event.

        What speaks for metastasis need not foretell an event: nothing is taken over from the test.
        """
        return (self.expected or {}).get(value, "two-sided")


class TimeOutcome(_Outcome):
    """Time from an origin to the first of some events; follow-up is cut at the last of `at_days`.

    A competing event makes the others impossible once it has happened. With `in_field`, relapses
    count in the irradiated or operated field alone.
    """

    kind: Literal["time to event"]
    events: tuple[Event, ...] = Field(min_length=1)
    competing: tuple[Event, ...] = ()
    in_field: bool = False
    origin: Literal["surgery", "treatment end"]
    at_days: tuple[int, ...] = Field(min_length=1)
    findings: tuple[Name, ...] = Field((), description="follow-up findings described against it")

    @model_validator(mode="after")
    def _is_one_thing_at_rising_times(self) -> Self:
        if both := sorted({*self.events} & {*self.competing}):
            raise ValueError(f"{', '.join(both)} cannot be the event and compete with it")
        if self.at_days[0] <= 0 or list(self.at_days) != sorted({*self.at_days}):
            raise ValueError("at_days must be positive and rise")
        return self

    @property
    def horizon(self) -> int:
        """Day at which follow-up is cut."""
        return self.at_days[-1]

    def after(self, visit: Visit) -> int:
        """The day from which a finding of a visit foretells this outcome.

        Raises:
            ValueError: where the visit's days are not counted from the outcome's origin.
        """
        if visit.anchor != self.origin or not 0 < visit.to_day < self.at_days[0]:
            raise ValueError(
                f"outcome {self.name} counts from {self.origin} to day {self.at_days[0]} and on; a "
                f"finding of visit {visit.name} can foretell it only if that visit counts from the "
                f"same day and ends before; it counts from {visit.anchor} to day {visit.to_day}"
            )
        return visit.to_day


class BoneOutcome(_Outcome):
    """Invasion of bone: imaging at a visit against histology of the bone that was removed."""

    kind: Literal["bone invasion"]
    visit: str
    unit: Literal["patient", "bone"] = "patient"

    @model_validator(mode="after")
    def _is_foretold_by_nothing(self) -> Self:
        if asked := sorted(self.model_fields_set & {"values", "least", "expected"}):
            raise ValueError(
                f"invasion of bone is held against histology alone: leave out {' and '.join(asked)}"
            )
        return self


class ResponseOutcome(_Outcome, _Called):
    """Response to treatment, as a report at a visit tells it."""

    kind: Literal["response"]


Outcome = TimeOutcome | BoneOutcome | ResponseOutcome
AnyOutcome = Annotated[Outcome, Field(discriminator="kind")]
