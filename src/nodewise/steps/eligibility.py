"""Who may take part: each participant by the rules of the study's protocol, or of a version of it.

A rule may belong to some versions of the protocol; it is asked of those who came in under them. The
rules of another trial file can be asked of the same participants, too.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nodewise import trial as trials
from nodewise.criteria.eligibility import VERSION, Answer, Asked, Status, ask, status
from nodewise.errors import TrialError
from nodewise.steps.work import Work
from nodewise.trial import Rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One participant: what the rules together say, and which of them decided."""

    participant: str
    arm: str
    version: str | None
    status: Status
    asked: tuple[Asked, ...]
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
            f"rule {asked.rule.id}: {asked.missing} is not recorded" for asked in self.unknown
        )


def candidates(
    work: Work, version: Path | None = None, *, protocol: str | None = None
) -> list[Candidate]:
    """Every participant, by the rules of the protocol version under which each came in.

    Args:
        work: the study.
        version: another trial file, whose rules are asked instead.
        protocol: a version whose rules are asked of everyone, whenever they came in.

    Raises:
        TrialError: when no rule knows that version.
    """
    rules = (trials.load(version) if version else work.trial).eligibility
    rows = work.tables.read("participants").sort("participant").to_dicts()
    if protocol is not None:
        _known_version(protocol, rules, rows)
        rows = [row | {VERSION: protocol} for row in rows]
    return [candidate(rules, row) for row in rows]


def _known_version(protocol: str, rules: Sequence[Rule], rows: Sequence[dict[str, Any]]) -> None:
    known = {name for rule in rules for name in rule.versions}
    known |= {str(row[VERSION]) for row in rows if row.get(VERSION) is not None}
    if protocol not in known:
        there = ", ".join(sorted(known)) or "none: no rule names a version"
        raise TrialError(f"no version '{protocol}' of the protocol is known; there is {there}")


def candidate(rules: Sequence[Rule], facts: dict[str, Any]) -> Candidate:
    """One participant by these rules."""
    asked = ask(rules, facts)
    return Candidate(
        participant=facts["participant"],
        arm=facts["arm"],
        version=facts.get(VERSION),
        status=status(asked),
        asked=tuple(asked),
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
        f"rule {asked.rule.id}: {asked.rule.says if each.not_met else f'{asked.missing} missing'}"
        for each in found
        for asked in each.not_met or each.unknown
    )
    return sorted(counts.items())


def by_rule(found: Sequence[Candidate]) -> list[dict[str, Any]]:
    """One row per rule: its versions, how many were asked, and what it answered."""
    rules = {asked.rule.id: asked.rule for each in found for asked in each.asked}
    counts = Counter((asked.rule.id, asked.answer) for each in found for asked in each.asked)
    return [
        {
            "rule": name,
            "arm": rule.arm,
            "versions": " ".join(rule.versions) or "all",
            "says": rule.says,
            "asked": sum(counts[name, answer] for answer in Answer),
            **{str(answer): counts[name, answer] for answer in Answer},
            "source": rule.source,
        }
        for name, rule in rules.items()
    ]


def by_version(found: Sequence[Candidate]) -> list[str]:
    """What became of the participants of each protocol version; nothing where there is one."""
    versions = sorted({each.version or "not recorded" for each in found})
    counts = Counter((each.version or "not recorded", each.status) for each in found)
    return [
        f"protocol version {version}: "
        + ", ".join(f"{counts[version, kind]} {kind}" for kind in Status)
        for version in versions
        if len(versions) > 1
    ]


def record(one: Candidate) -> dict[str, Any]:
    """A participant as plain values for JSON."""
    return {
        "participant": one.participant,
        "arm": one.arm,
        "protocol_version": one.version,
        "status": one.status,
        "not_met": [asked.rule.id for asked in one.not_met],
        "missing": [asked.missing for asked in one.unknown],
    }
