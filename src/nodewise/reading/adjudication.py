"""Where two readers differ, by the rule that the round states."""

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

from nodewise.reading.form import Answers, Form

SCORE = "score"
"""What a rule calls the score computed from the answers."""


def differing(
    sheet: Form, apart: Mapping[str, int], reads: Sequence[Mapping[str, Answers]]
) -> list[str]:
    """Subjects on which any two reads of one case lie further apart than the rule lets pass.

    Args:
        sheet: the form of all reads.
        apart: question, or score: how many steps two answers may lie apart.
        reads: for each read, subject → answers.
    """
    subjects = dict.fromkeys(subject for read in reads for subject in read)
    return [
        subject
        for subject in subjects
        if any(
            _far(sheet, apart, one.get(subject, {}), other.get(subject, {}))
            for one, other in combinations(reads, 2)
        )
    ]


def answered(sheet: Form, question: str, answers: Answers) -> Any:
    """A question's answer, or the score."""
    if question != SCORE:
        return answers.get(question)
    return sheet.score.value(answers) if sheet.score else None


def unknown(sheet: Form, apart: Mapping[str, int]) -> list[str]:
    """What a rule speaks of and the form does not ask."""
    known = {question.name for question in sheet.question} | ({SCORE} if sheet.score else set())
    return sorted(set(apart) - known)


def _far(sheet: Form, apart: Mapping[str, int], one: Answers, other: Answers) -> bool:
    pairs = [(answered(sheet, name, one), answered(sheet, name, other), apart[name])
             for name in apart]  # fmt: skip
    return any(
        abs(a - b) > steps
        if isinstance(a, int | float) and isinstance(b, int | float)
        else _plain(a) != _plain(b)
        for a, b, steps in pairs
    )


def _plain(value: Any) -> Any:
    return sorted(value) if isinstance(value, list) else value
