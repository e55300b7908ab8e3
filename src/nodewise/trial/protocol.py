"""A whole trial file, what its names refer to, and what is frozen in it."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any, Self, TypeVar

from pydantic import Field, model_validator

from nodewise.trial.outcome import (
    AnyOutcome,
    FollowUpFinding,
    PatientValue,
    TimeOutcome,
)
from nodewise.trial.parts import (
    SIZE,
    Analysis,
    Arm,
    Comparison,
    Consequences,
    IndexTest,
    Learning,
    Map,
    Multiplicity,
    Name,
    Part,
    ReaderTest,
    Reference,
    Rule,
    Sequence,
    Sparing,
    Test,
    Unit,
    Visit,
)

_WORDS = {"title", "source", "standing", "says", "caution"}
"""What explains and decides nothing: it may be put better at any time."""

_LATER = {
    "display", "dynamic_range", "expected", "ratio_to", "round", "specimen_size", "standard",
    "threshold",
}  # fmt: skip
"""Keys that came after 0.2.0: unused, they leave what that version froze as it was."""


class Trial(Part):
    """A whole trial file."""

    id: Name
    title: str
    registrations: tuple[str, ...]
    question: str
    design: str
    unknown: tuple[str, ...] = ()
    primary_test: Name
    primary_analysis: Name
    primary_unit: Unit
    index_visit: str
    arm: tuple[Arm, ...]
    eligibility: tuple[Rule, ...]
    visit: tuple[Visit, ...]
    sequence: tuple[Sequence, ...]
    map: tuple[Map, ...] = ()
    shell_mm: float = Field(gt=0)
    index_test: tuple[IndexTest, ...] = ()
    reader_test: tuple[ReaderTest, ...] = ()
    reference: Reference
    analysis: tuple[Analysis, ...]
    comparison: tuple[Comparison, ...] = ()
    learning: tuple[Learning, ...] = ()
    consequences: Consequences | None = None
    sparing: Sparing | None = None
    multiplicity: Multiplicity
    patient_value: tuple[PatientValue, ...] = ()
    follow_up_finding: tuple[FollowUpFinding, ...] = ()
    outcome: tuple[AnyOutcome, ...] = ()

    @model_validator(mode="after")
    def _names_what_it_has(self) -> Self:
        visits = {"visit": {each.name for each in self.visit}}
        sequences = {"sequence": {each.name for each in self.sequence}}
        _known({"arm": {arm.name for arm in self.arm}}, self._arms())
        _known(sequences, (name for each in self.map for name in (each.sequence, each.t1_sequence)))
        _known({"map": {SIZE, *(each.name for each in self.map)}}, (t.map for t in self.index_test))
        _known(visits, [self.index_visit])
        _known(visits, (name for t in self.index_test for name in t.visits))
        _known({"index_test": {test.name for test in self.tests}}, self._tests())
        _known({"analysis": {each.name for each in self.analysis}}, self._analyses())
        _known({"reader_test": {t.name for t in self.reader_test}}, self._read())
        if self.consequences:
            _known({"index_test": {t.name for t in self.index_test}}, [self.consequences.positive])
        self._stays_within()
        self._follows_up(visits)
        return self

    def _follows_up(self, visits: dict[str, set[str]]) -> None:
        """What outcomes refer to must be there; a finding must precede what it foretells."""
        measured = {"index_test": {test.name for test in self.index_test}}
        _known(measured, (each.test for each in self.patient_value))
        _known(visits, (each.visit for each in self.follow_up_finding))
        found = {each.name: each for each in self.follow_up_finding}
        for each in self.outcome:
            _known({"arm": {arm.name for arm in self.arm}}, each.arms)
            _known({"patient_value": {value.name for value in self.patient_value}}, each.values)
            if not isinstance(each, TimeOutcome):
                _known(visits, [each.visit])
                continue
            _known({"follow_up_finding": set(found)}, each.findings)
            for name in each.findings:
                each.after(named(self.visit, found[name].visit))

    def _stays_within(self) -> None:
        """What is asked of an analysis must be among its tests and units."""
        units: dict[str, set[str]] = {each.name: set(each.units) for each in self.analysis}
        tests = {each.name: {t.name for t in self.tests_of(each)} for each in self.analysis}
        _known({f"test of analysis {self.primary_analysis}": tests[self.primary_analysis]},
               [self.primary_test])  # fmt: skip
        _known({f"unit of analysis {self.primary_analysis}": units[self.primary_analysis]},
               [self.primary_unit])  # fmt: skip
        for each in self.comparison:
            _known({f"test of analysis {each.analysis}": tests[each.analysis]}, each.tests)
        if spared := self.sparing:
            _known({f"test of analysis {spared.analysis}": tests[spared.analysis]}, spared.tests)
            _known({f"unit of analysis {spared.analysis}": units[spared.analysis]}, spared.units)
        for plan in self.learning:
            _known({f"test of analysis {plan.analysis}": tests[plan.analysis]}, [plan.test])
            _known({f"unit of analysis {plan.analysis}": units[plan.analysis]}, ["node"])

    def _read(self) -> Iterator[str]:
        yield from (plan.test for plan in self.learning)
        if self.consequences:
            yield self.consequences.extension

    def _arms(self) -> Iterator[str]:
        yield from (rule.arm for rule in self.eligibility if rule.arm != "all")
        yield from (arm for sequence in self.sequence for arm in sequence.arms)
        for each in self.analysis:
            yield from (*each.positives_from, *each.negatives_from)

    def _tests(self) -> Iterator[str]:
        yield self.primary_test
        for names in (*(a.tests for a in self.analysis), *(c.tests for c in self.comparison)):
            yield from names
        yield from (each.test for each in self.learning)
        if self.consequences:
            yield from (self.consequences.positive, self.consequences.extension)

    def _analyses(self) -> Iterator[str]:
        yield self.primary_analysis
        yield from (each.analysis for each in self.comparison)
        yield from (each.analysis for each in self.learning)
        if self.sparing:
            yield self.sparing.analysis

    @property
    def tests(self) -> tuple[Test, ...]:
        """All index tests: what is measured, and what readers say."""
        return (*self.index_test, *self.reader_test)

    def tests_of(self, analysis: Analysis) -> tuple[Test, ...]:
        """The index tests of one analysis."""
        return tuple(t for t in self.tests if not analysis.tests or t.name in analysis.tests)

    @cached_property
    def frozen(self) -> dict[str, str]:
        """Hashes of what must not change once the truth is open, by the part that holds it."""
        primary = named(self.analysis, self.primary_analysis)
        parts: dict[str, Any] = {
            "confirmatory index tests": sorted(self._confirmatory(), key=lambda t: str(t["name"])),
            "eligibility rules": [_bare(rule) for rule in self.eligibility],
            "visits": [self.index_visit, *(_bare(visit) for visit in self.visit)],
            "reference": _bare(self.reference),
            "primary question": [self.primary_test, self.primary_unit, _bare(primary)],
            "multiplicity": self.multiplicity.method,
            "spared dissections": self.sparing
            and [
                _bare(self.sparing),
                *(self._made(test) for test in self.tests if test.name in self.sparing.tests),
            ],
            "confirmatory outcomes": [
                [_bare(each), *(_bare(value) for value in self._foretelling(each))]
                for each in self.outcome
                if each.role == "confirmatory"
            ],
        }
        return {name: _hash(part) for name, part in parts.items()}

    @property
    def frozen_hash(self) -> str:
        """One SHA-256 of all that is frozen."""
        return _hash(self.frozen)

    def _foretelling(self, outcome: AnyOutcome) -> Iterator[Part]:
        """What a confirmatory outcome is held against."""
        findings = outcome.findings if isinstance(outcome, TimeOutcome) else ()
        yield from (each for each in self.patient_value if each.name in outcome.values)
        yield from (each for each in self.follow_up_finding if each.name in findings)

    def _confirmatory(self) -> Iterator[dict[str, Any]]:
        yield from (self._made(each) for each in self.tests if each.role == "confirmatory")

    def _made(self, test: Test) -> dict[str, Any]:
        """A test and the map that it is read from."""
        made = [_bare(each) for each in self.map if each.name == getattr(test, "map", None)]
        return _bare(test) | {"map": made}


Named = TypeVar(
    "Named", Arm, Visit, Sequence, Map, IndexTest, ReaderTest, Test, Analysis, PatientValue,
    FollowUpFinding,
)  # fmt: skip


def named(parts: tuple[Named, ...], name: str) -> Named:
    """The part of a trial (a map, a visit, an index test) that bears this name."""
    return next(part for part in parts if part.name == name)


def _bare(part: Part) -> dict[str, Any]:
    told = part.model_dump(mode="json", exclude=_WORDS)
    return {name: value for name, value in told.items() if name not in _LATER or value is not None}


def _hash(part: object) -> str:
    return hashlib.sha256(json.dumps(part, sort_keys=True).encode()).hexdigest()


def _known(there: dict[str, set[str]], names: Iterable[str | None]) -> None:
    ((part, known),) = there.items()
    if missing := sorted({name for name in names if name is not None} - known):
        raise ValueError(f"no {part} is called {', '.join(missing)}; there is {sorted(known)}")
