"""Worklists: in which order a reader sees which case, and when a case may be opened.

The order is drawn once and stored. Cases that come later are drawn among themselves and put
behind, so that nobody's order changes under their hands.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from nodewise.errors import FormError

LEARNING, VALIDATION = "explorative", "pilot"
"""The two parts of a study: with feedback after each signed case, and locked without."""

_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # none that is read for another


@dataclass(frozen=True, slots=True, order=True)
class Case:
    """What a reader opens: one participant at one visit."""

    participant: str
    visit: str


@dataclass(frozen=True, slots=True)
class Slot:
    """A place in one reader's worklist, under a code that says nothing."""

    position: int
    iteration: int
    case: Case
    code: str


def order(
    cases: Sequence[Case],
    *,
    before: Sequence[Slot] = (),
    iterations: int = 1,
    rng: np.random.Generator,
) -> list[Slot]:
    """Places for the cases that a worklist lacks.

    Args:
        cases: all cases that the reader shall read.
        before: the worklist as it stands; it keeps its order.
        iterations: how often each case is read; a repeat comes after all first reads.
        rng: seeded for this reader and round.

    Returns:
        New places only, behind those of `before`; one permutation for each iteration.
    """
    have = {(slot.case, slot.iteration) for slot in before}
    taken = {slot.code for slot in before}
    position = max((slot.position for slot in before), default=0)
    found = []
    for iteration in range(1, iterations + 1):
        missing = sorted(case for case in set(cases) if (case, iteration) not in have)
        for index in rng.permutation(len(missing)):
            position += 1
            code = _code(taken, rng)
            taken.add(code)
            found.append(Slot(position, iteration, missing[int(index)], code))
    return found


def turns(rounds: Sequence[str], readers: Sequence[str]) -> dict[str, list[str]]:
    """A balanced order of rounds for each reader: a Latin square by rotation.

    >>> turns(["without", "with"], ["a", "b", "c"])
    {'a': ['without', 'with'], 'b': ['with', 'without'], 'c': ['without', 'with']}
    """
    size = len(rounds)
    return {
        reader: [rounds[(number + step) % size] for step in range(size)]
        for number, reader in enumerate(readers)
    }


def opens_at(signed_before: datetime | None, washout_days: int) -> datetime | None:
    """When a case may be read again; nothing when the read before is not signed yet."""
    return None if signed_before is None else signed_before + timedelta(days=washout_days)


def separate(learning: set[str], validation: set[str]) -> None:
    """Hold learning cases out of the validation.

    Raises:
        FormError: naming participants that would be in both.
    """
    if both := sorted(learning & validation):
        raise FormError(
            f"{len(both)} participants would be in the explorative and in the pilot part: "
            f"{', '.join(both[:5])}; a learning case never enters the validation"
        )


def _code(taken: set[str], rng: np.random.Generator) -> str:
    while True:
        code = "".join(_LETTERS[i] for i in rng.integers(len(_LETTERS), size=8))
        if code not in taken:
            return code
