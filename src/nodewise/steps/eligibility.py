"""Who may take part: each participant by the rules of the study's protocol, or of a version of it.

A version of a protocol is a trial file; its rules are asked of the same participants.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nodewise import trial as trials
from nodewise.criteria.eligibility import Answer, Asked, Status, ask, status
from nodewise.steps.work import Work
from nodewise.trial import Rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One participant: what the rules together say, and which of them decided."""

    participant: str
    arm: str
    status: Status
    not_met: tuple[Asked, ...]
    unknown: tuple[Asked, ...]

    @property
    def why(self) -> str:
        """The rules that exclude, or the facts that are missing; empty when included."""
        if self.not_met:
            return "; ".join(
                f"rule {asked.rule.id}: {asked.rule.says}; found {asked.found}"
                for asked in self.not_met
            )
        return "; ".join(
            f"rule {asked.rule.id}: {asked.rule.fact} is not recorded" for asked in self.unknown
        )


def candidates(work: Work, version: Path | None = None) -> list[Candidate]:
    """Every participant, by the study's own rules or by those of another trial file."""
    rules = (trials.load(version) if version else work.trial).eligibility
    rows = work.tables.read("participants").sort("participant").to_dicts()
    return [candidate(rules, row) for row in rows]


def candidate(rules: Sequence[Rule], facts: dict[str, Any]) -> Candidate:
    """One participant by these rules."""
    asked = ask(rules, facts)
    return Candidate(
        participant=facts["participant"],
        arm=facts["arm"],
        status=status(asked),
        not_met=tuple(each for each in asked if each.answer == Answer.NOT_MET),
        unknown=tuple(each for each in asked if each.answer == Answer.UNKNOWN),
    )


def boxes(found: Sequence[Candidate]) -> list[str]:
    """The first boxes of the STARD flow: assessed, excluded by rule, undecided by fact, included.

    A participant whom several rules exclude is counted at each of them.
    """
    by_status = Counter(each.status for each in found)
    lines = [f"assessed for eligibility: {len(found)}"]
    for kind, word in ((Status.EXCLUDED, "excluded"), (Status.UNDECIDED, "undecided")):
        lines.append(f"  {word}: {by_status[kind]}")
        of_kind = [each for each in found if each.status == kind]
        lines += [f"    {count} × {reason}" for reason, count in _reasons(of_kind)]
    return [*lines, f"  included: {by_status[Status.INCLUDED]}"]


def _reasons(found: Iterable[Candidate]) -> list[tuple[str, int]]:
    counts = Counter(
        f"rule {asked.rule.id}: {asked.rule.says if each.not_met else asked.rule.fact + ' missing'}"
        for each in found
        for asked in each.not_met or each.unknown
    )
    return sorted(counts.items())


def record(one: Candidate) -> dict[str, Any]:
    """A participant as plain values for JSON."""
    return {
        "participant": one.participant,
        "arm": one.arm,
        "status": one.status,
        "not_met": [asked.rule.id for asked in one.not_met],
        "missing": [asked.rule.fact for asked in one.unknown],
    }
