"""A reading form as data: questions, their conditions, the score that follows from the answers."""

import hashlib
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from nodewise.errors import FormError
from nodewise.reading.hanging import Hanging

Value = int | float | str | list[str]
Answers = Mapping[str, Any]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
Conditions = dict[Name, tuple[int | str, ...]]

LONGEST_TEXT = 4000
TOTAL = "points"
"""What a score's rules call the total of its points."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Number(_Part):
    """A number asked for, with its unit and limits (both included)."""

    unit: str
    low: float
    high: float


class Question(_Part):
    """One question: a scale, one choice, several picks, a number or a text."""

    name: Name
    ask: str
    scale: dict[int, str] | None = Field(None, description="value = meaning, in order")
    choose: tuple[str, ...] | None = Field(None, description="exactly one of these")
    pick: tuple[str, ...] | None = Field(None, description="one or more of these")
    number: Number | None = None
    text: bool = False
    when: Conditions = Field({}, description="asked only at these answers to earlier questions")
    optional: bool = False
    help: str = ""

    @model_validator(mode="after")
    def _has_one_kind_of_answer(self) -> Self:
        kinds = [self.scale, self.choose, self.pick, self.number, self.text or None]
        if sum(kind is not None for kind in kinds) != 1:
            raise ValueError("give one of scale, choose, pick, number or text")
        return self

    def asked(self, answers: Answers) -> bool:
        """Whether these answers so far lead to this question."""
        return _fulfilled(self.when, answers)

    def problem(self, value: Any) -> str | None:
        """A sentence on what is wrong with an answer, or nothing."""
        if self.scale is not None and not (type(value) is int and value in self.scale):
            return f"{self.ask}: {value!r} is not on the scale {', '.join(map(str, self.scale))}"
        if self.choose is not None and value not in self.choose:
            return f"{self.ask}: {value!r} is none of {', '.join(self.choose)}"
        if self.pick is not None and not _picked(value, self.pick):
            return f"{self.ask}: pick one or more of {', '.join(self.pick)}"
        if self.number is not None and not _within(value, self.number):
            limits = f"{self.number.low:g} to {self.number.high:g} {self.number.unit}"
            return f"{self.ask}: {value!r} is no number from {limits}"
        if self.text and not (isinstance(value, str) and len(value) <= LONGEST_TEXT):
            return f"{self.ask}: the text has more than {LONGEST_TEXT} characters"
        return None


class Rule(_Part):
    """One line of a scoring table: at these answers or sums, this score."""

    when: Conditions
    gives: int | str


class Score(_Part):
    """A score computed from the answers: sums of points, then the first rule that fits."""

    name: Name
    title: str
    sums: dict[Name, tuple[Name, ...]] = Field({}, description="sum = questions whose points add")
    points: dict[Name, dict[str, int]] = Field(
        {}, description="question = points of its answers; their total is called points"
    )
    rule: tuple[Rule, ...]

    def value(self, answers: Answers) -> int | str | None:
        """The score; nothing while answers that it needs are missing.

        >>> rule = Rule(when={"points": (2, 3)}, gives="metastatic")
        >>> score = Score(name="s", title="S", points={"signal": {"2": 2, "3": 3}}, rule=(rule,))
        >>> score.value({"signal": 3}), score.value({"signal": 0}), score.value({})
        ('metastatic', None, None)
        """
        facts = dict(answers)
        if self.points and all(question in answers for question in self.points):
            facts[TOTAL] = sum(
                worth.get(str(each), 0)
                for question, worth in self.points.items()
                for each in _several(answers[question])
            )
        for total, parts in self.sums.items():
            if all(isinstance(answers.get(part), int) for part in parts):
                facts[total] = sum(answers[part] for part in parts)
        return next((rule.gives for rule in self.rule if _fulfilled(rule.when, facts)), None)


class Form(_Part):
    """One answer sheet for every node, level, side or patient."""

    title: str
    per: Literal["node", "level", "side", "patient"]
    shows: tuple[str, ...] = Field(description="sequences or modalities that may be opened")
    hang: tuple[Hanging, ...] = Field((), description="rules of hanging before the house's own")
    source: str
    standing: str
    question: tuple[Question, ...]
    score: Score | None = None
    name: str = Field("", description="file name without ending")
    checksum: str = Field("", description="SHA-256 of the file")

    @model_validator(mode="after")
    def _refers_to_what_it_has(self) -> Self:
        seen: set[str] = set()
        for question in self.question:
            if question.name in seen:
                raise ValueError(f"two questions are called {question.name}")
            if missing := sorted(set(question.when) - seen):
                raise ValueError(f"{question.name} hangs on {missing}, which is not asked before")
            seen.add(question.name)
        if self.score and (missing := sorted(_needs(self.score) - seen)):
            raise ValueError(f"the score needs {missing}, which is not asked")
        return self

    def scored_by(self, score: Score) -> "Form":
        """This form with another score in the place of its own.

        Raises:
            FormError: when the score asks for what the form does not.
        """
        try:
            return Form.model_validate(self.model_dump() | {"score": score.model_dump()})
        except ValidationError as error:
            says = "; ".join(str(each["msg"]) for each in error.errors())
            raise FormError(f"score {score.name} does not fit form {self.name}: {says}") from None

    def words(self, answers: Answers) -> dict[str, str]:
        """What was asked → the answer as the reader gave it, in words.

        >>> load("suspicion_v1").words({"suspicion": 4})
        {'Is this node metastatic?': '4, probably metastatic'}
        """
        found = [(question, answers.get(question.name)) for question in self.question]
        return {
            question.ask: f"{value}, {question.scale[value]}" if question.scale else _listed(value)
            for question, value in found
            if value is not None
        }

    def asked(self, answers: Answers) -> list[Question]:
        """Questions that these answers lead to, in order; an answer that is not asked is void."""
        valid: dict[str, Any] = {}
        found = []
        for question in self.question:
            if question.asked(valid):
                found.append(question)
                if question.name in answers:
                    valid[question.name] = answers[question.name]
        return found

    def problems(self, answers: Answers, *, complete: bool = True) -> list[str]:
        """Sentences for the reader: what is wrong with the answers and, if complete, missing."""
        known = {question.name for question in self.question}
        asked = self.asked(answers)
        says = [f"there is no question {name}" for name in answers if name not in known]
        void = known & set(answers) - {question.name for question in asked}
        says += [f"{name} is answered but not asked at these answers" for name in sorted(void)]
        for question in asked:
            if question.name in answers:
                says += filter(None, [question.problem(answers[question.name])])
            elif complete and not question.optional:
                says.append(f"{question.ask}: not answered yet")
        return says


def released() -> list[str]:
    """Names of the forms that come with nodewise."""
    folder = files("nodewise").joinpath("reading", "forms")
    return sorted(Path(str(entry)).stem for entry in folder.iterdir() if entry.is_file())


def load(name: str) -> Form:
    """A released form by its name, such as suspicion_v1.

    Raises:
        FormError: when there is none of that name.
    """
    if name not in released():
        raise FormError(f"no form is called '{name}'; there is {', '.join(released())}")
    return parse(files("nodewise").joinpath("reading", "forms", f"{name}.toml").read_bytes(), name)


def parse(toml: bytes, name: str) -> Form:
    """A form from the bytes of its file."""
    more = {"name": name, "checksum": hashlib.sha256(toml).hexdigest()}
    with _told(f"form {name}"):
        return Form.model_validate(tomllib.loads(toml.decode()) | more)


def parse_score(toml: str, where: str) -> Score:
    """A scoring rule from TOML, as it stands under [score] in a form."""
    with _told(where):
        return Score.model_validate(tomllib.loads(toml))


@contextmanager
def _told(what: str) -> Iterator[None]:
    """Turn what is wrong with a file into sentences."""
    try:
        yield
    except tomllib.TOMLDecodeError as error:
        raise FormError(f"{what} is not TOML: {error}") from None
    except ValidationError as error:
        says = [
            f"  {'.'.join(map(str, each['loc'])) or what + ' as a whole'}: {each['msg']}"
            for each in error.errors()
        ]
        raise FormError(f"{what} has wrong entries:\n" + "\n".join(says)) from None


def _fulfilled(conditions: Conditions, answers: Answers) -> bool:
    return all(
        any(each in wanted for each in _several(answers.get(name)))
        for name, wanted in conditions.items()
    )


def _listed(value: Any) -> str:
    return ", ".join(value) if isinstance(value, list) else str(value)


def _picked(value: Any, options: tuple[str, ...]) -> bool:
    return (
        isinstance(value, list)
        and len(value) > 0
        and all(isinstance(each, str) and each in options for each in value)
        and len(set(value)) == len(value)
    )


def _within(value: Any, number: Number) -> bool:
    return type(value) in (int, float) and number.low <= value <= number.high


def _needs(score: Score) -> set[str]:
    parts = {part for parts in score.sums.values() for part in parts} | set(score.points)
    made = set(score.sums) | ({TOTAL} if score.points else set())
    return parts | {name for rule in score.rule for name in rule.when} - made


def _several(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
