"""Simulated readers: what they answer, how sure they are, how long they take.

A node shows itself to every reader with one number, its sign; the cases of `Case` bring it, and
nothing else of the truth reaches an answer. A reader sees the sign with noise and sorts it by
thresholds:

    seen = sign + (case + case in this round + case for this reader + read) / skill

The first noise is shared by all readers and rounds, the second by all readers of one round, the
third by all reads of one reader, the last is new in every read: these are the variance components
that a multi-reader multi-case analysis should find. Skill is the reader's, times the round's, times
what has been learned so far.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zlib import crc32

import numpy as np
from scipy.special import ndtr

from nodewise.simulate.specimens import Row

SESSION = 8  # cases that are read in one sitting
BETWEEN_SESSIONS = timedelta(days=3)
WASHOUT = timedelta(days=35)  # before a case is read again
SURE = (0.175, 0.375, 0.625, 0.825)  # between 1 below 10 %, 2 25 %, 3 50 %, 4 75 %, 5 above 90 %
_FEATURE_ERRORS = 0.12  # share of other questions that a reader of skill 1 gets wrong: assumed


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """Standard deviations of what comes between sign and reader, in units of the sign."""

    case: float = 0.35
    round: float = 0.30
    reader: float = 0.30
    read: float = 0.30

    @property
    def total(self) -> float:
        """Of all of them together."""
        return float(np.sqrt(self.case**2 + self.round**2 + self.reader**2 + self.read**2))

    @property
    def between_readers(self) -> float:
        """Correlation of two readers of one round, of equal skill, on nodes of one sign."""
        return (self.case**2 + self.round**2) / self.total**2


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """One reader.

    Args:
        name: user name, a pseudonym.
        skill: 1 is an average reader; noise is divided by it.
        bias: by round, added to every threshold: above 0 calls less.
        start: share of the skill that is there before the first case with feedback.
        pace: cases with feedback after which all but 37 % of the rest is learned.
        fatigue: by how much noise and time have grown at the end of a session.
        boldness: 1 knows how often an answer is right; above it is too sure.
        seconds: that a case of one node takes.
        overlooks: share of nodes that are passed over.
    """

    name: str
    skill: float = 1.0
    bias: Mapping[str, float] = field(default_factory=dict)
    start: float = 1.0
    pace: float = 5.0
    fatigue: float = 0.15
    boldness: float = 1.0
    seconds: float = 35.0
    overlooks: float = 0.01

    def skill_after(self, cases: int) -> float:
        """Skill after a number of cases with feedback."""
        return self.skill * (1 - (1 - self.start) * float(np.exp(-cases / self.pace)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What is read together.

    Args:
        name: of the round, and of the sign in the cases.
        part: explorative or pilot.
        form: and its version.
        question: that the sign answers; its answers are 0, 1, 2…
        thresholds: between them.
        decides: the threshold that tells positive from negative.
        skill: how much better than others this round's images show the sign.
        asks: other questions, each with its answers in an order in which neighbours are mixed up.
        arms: whose cases are read here; none is everybody.
        skips: share of cases that a reader has not got round to.
        repeats: share of cases that are read again after the washout.
        begins: first session.
    """

    name: str
    part: str
    form: str
    question: str
    thresholds: tuple[float, ...]
    decides: float
    begins: datetime
    skill: float = 1.0
    asks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    arms: tuple[str, ...] = ()
    skips: float = 0.0
    repeats: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One drawn node: its sign by round, and the right answers to other questions."""

    label: str
    signs: Mapping[str, float]
    features: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One participant's visit as readers get to see it."""

    number: int
    patient_id: str
    visit: str
    arm: str
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """All readers and rounds of a study, and how much they differ."""

    readers: tuple[Reader, ...]
    rounds: tuple[Round, ...]
    spread: Spread = field(default_factory=Spread)


def read(panel: Panel, cases: Sequence[Case], seed: int) -> list[Row]:
    """Every answer as a row of the table of readings.

    Args:
        panel: who reads what.
        cases: of the cohort, in the order of their numbers.
        seed: of the cohort.
    """
    rows: list[Row] = []
    for reader in panel.readers:
        learned = 0
        for each in panel.rounds:
            mine = [case for case in cases if not each.arms or case.arm in each.arms]
            desk = _Desk(reader=reader, round=each, spread=panel.spread, seed=seed, learned=learned)
            rows.extend(desk.sit(mine))
            learned += len(mine) if each.part == "explorative" else 0
    return rows


def _rng(seed: int, *words: object) -> np.random.Generator:
    return np.random.default_rng([seed, crc32("/".join(map(str, words)).encode())])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Desk:
    """One reader in one round, after so many cases with feedback."""

    reader: Reader
    round: Round
    spread: Spread
    seed: int
    learned: int

    def sit(self, cases: Sequence[Case]) -> Iterator[Row]:
        """Read all cases, and some of them again."""
        rng = _rng(self.seed, self.reader.name, self.round.name, "worklist")
        order = [cases[index] for index in rng.permutation(len(cases))]
        if self.round.part == "explorative":
            order = list(cases)
        again = [order[index] for index in rng.permutation(len(order))]
        again = again[: round(self.round.repeats * len(order))]
        begins = self.round.begins + timedelta(minutes=int(rng.integers(0, 240)))
        yield from self._pass(order, begins, iteration=1)
        sessions = -(-len(order) // SESSION)
        later = begins + sessions * BETWEEN_SESSIONS + WASHOUT
        yield from self._pass(again, later, iteration=2)

    def _pass(self, order: Sequence[Case], begins: datetime, *, iteration: int) -> Iterator[Row]:
        clock = begins
        for position, case in enumerate(order, 1):
            session, place = divmod(position - 1, SESSION)
            if place == 0:
                clock = begins + session * BETWEEN_SESSIONS
            rng = _rng(self.seed, self.reader.name, self.round.name, case.number, iteration)
            tired = 1 + self.reader.fatigue * place / (SESSION - 1)
            seconds = self._seconds(case, position, rng) * tired
            if rng.random() < self.round.skips:
                continue
            clock += timedelta(seconds=seconds + 15)
            facts = {
                "round": self.round.name, "part": self.round.part, "reader": self.reader.name,
                "iteration": iteration, "position": position, "version": 1,
                "patient_id": case.patient_id, "visit": case.visit, "form": self.round.form,
                "case_seconds": round(seconds, 1),
                "signed_at": clock.isoformat(timespec="seconds"),
            }  # fmt: skip
            skill = self._skill(position) / tired
            yield from (facts | row for row in self._rows(case, skill, rng))

    def _skill(self, position: int) -> float:
        explorative = self.round.part == "explorative"
        learned = self.learned + (position - 1 if explorative else 0)
        return self.round.skill * self.reader.skill_after(learned)

    def _seconds(self, case: Case, position: int, rng: np.random.Generator) -> float:
        practised = 0.6 + 0.4 * np.exp(-(self.learned + position - 1) / 10)
        work = self.reader.seconds * max(len(case.items), 1) ** 0.7
        return float(work * practised * np.exp(0.25 * rng.standard_normal()))

    def _rows(self, case: Case, skill: float, rng: np.random.Generator) -> Iterator[Row]:
        """Answers for the nodes of a case that are not passed over."""
        for item in case.items:
            answers = self._answers(case, item, skill, rng)
            if rng.random() >= self.reader.overlooks:
                yield from (_answer(item, *each) for each in answers.items())

    def _answers(
        self, case: Case, item: Item, skill: float, rng: np.random.Generator
    ) -> dict[str, str | int]:
        of = self.round
        seen = item.signs[of.name] + self._noise(case, item, rng) / skill
        bias = self.reader.bias.get(of.name, 0.0)
        grade = int(np.searchsorted(np.array(of.thresholds) + bias, seen))
        away = abs(seen - of.decides - bias) * skill / self.spread.total
        sure = 2 * float(ndtr(self.reader.boldness * away)) - 1
        answers: dict[str, str | int] = {
            name: _mixed_up(item.features[name], words, _FEATURE_ERRORS / skill, rng)
            for name, words in of.asks.items()
        }
        return answers | {of.question: grade, "certainty": 1 + int(np.searchsorted(SURE, sure))}

    def _noise(self, case: Case, item: Item, rng: np.random.Generator) -> float:
        """What comes between sign and reader, before skill."""
        node, spread = (case.number, item.label), self.spread
        shared = (
            (spread.case, ("case", *node)),
            (spread.round, ("round", self.round.name, *node)),
            (spread.reader, ("reader", self.reader.name, *node)),
        )
        found = sum(sd * _rng(self.seed, *words).standard_normal() for sd, words in shared)
        return float(found + spread.read * rng.standard_normal())


def _mixed_up(right: str, words: Sequence[str], errors: float, rng: np.random.Generator) -> str:
    """The right word, or sometimes a neighbour of it."""
    place = words.index(right)
    step, wrong = int(rng.choice([-1, 1])), rng.random() < errors
    return words[min(max(place + step, 0), len(words) - 1)] if wrong else right


def _answer(item: Item, question: str, answer: str | int) -> Row:
    return {
        "item": item.label,
        "question": question,
        "answer": str(answer),
        "value": float(answer) if isinstance(answer, int) else None,
    }
