"""Who may take part: a trial's rules asked of a participant's facts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from nodewise.errors import TrialError
from nodewise.trial import Rule


class Answer(StrEnum):
    """What a rule says of a participant; a fact that nobody recorded is unknown, not met."""

    MET = "met"
    NOT_MET = "not met"
    UNKNOWN = "unknown"


class Status(StrEnum):
    """What all rules together say."""

    INCLUDED = "included"
    EXCLUDED = "excluded"
    UNDECIDED = "undecided"


VERSION = "protocol_version"
"""The fact that tells by which version of the protocol a participant came in."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One rule, its answer, the fact as it was recorded, and the fact that is missing."""

    rule: Rule
    answer: Answer
    found: str
    missing: str | None = None


def ask(rules: Sequence[Rule], facts: Mapping[str, Any]) -> list[Asked]:
    """The answers of the rules that concern this participant's arm and protocol version.

    A rule that some versions have is asked of their participants. Where the version is not
    recorded, such a rule excludes nobody: it stays unknown until the version is known.

    Args:
        rules: of the trial file.
        facts: a row of the participants table; None is unknown.
    """
    return [
        _asked(rule, facts)
        for rule in rules
        if rule.arm in ("all", facts["arm"])
        and (not rule.versions or facts.get(VERSION) in (None, *rule.versions))
    ]


def _asked(rule: Rule, facts: Mapping[str, Any]) -> Asked:
    answer = _answer(rule, facts)
    missing = rule.fact if answer is Answer.UNKNOWN else None
    if answer is Answer.NOT_MET and rule.versions and facts.get(VERSION) is None:
        answer, missing = Answer.UNKNOWN, VERSION
    return Asked(rule, answer, str(facts.get(rule.fact)), missing)


def status(asked: Sequence[Asked]) -> Status:
    """One rule not met excludes; otherwise one unknown leaves the matter undecided."""
    answers = {each.answer for each in asked}
    if Answer.NOT_MET in answers:
        return Status.EXCLUDED
    return Status.UNDECIDED if Answer.UNKNOWN in answers else Status.INCLUDED


def _answer(rule: Rule, facts: Mapping[str, Any]) -> Answer:
    if rule.fact not in facts:
        raise TrialError(
            f"rule {rule.id} asks for '{rule.fact}', which no participant has; "
            f"there is {', '.join(facts)}"
        )
    found = facts[rule.fact]
    if found is None:
        return Answer.UNKNOWN
    if rule.at_least is not None:
        met = float(found) >= rule.at_least
    else:
        met = found in (rule.needs if isinstance(rule.needs, tuple) else (rule.needs,))
    return Answer.MET if met else Answer.NOT_MET
