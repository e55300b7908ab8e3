"""The trial file: who takes part, what is imaged when, which index tests at which cut-offs.

Everything that an analysis may not decide after it has seen the truth stands here, and what the
registry does not tell is written down as unknown.
"""

import hashlib
import json
import re
import tomllib
from collections.abc import Iterator
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from nodewise.anatomy import LevelSystem, RegionKind
from nodewise.errors import TrialError

Unknown = Literal["unknown"]
Direction = Literal["lower", "higher"]
Unit = Literal["node", "level", "side", "patient"]
Varies = Literal["b_value", "flip_angle", "time", "echo_time", "nothing"]
Statistic = Literal["mean", "median", "p10", "p90", "sd", "skewness", "kurtosis"]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]*$")]
Fact = str | bool | int | float


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Arm(_Part):
    """A group of participants."""

    name: Name
    title: str
    lesion: RegionKind
    metastases_possible: bool


class Rule(_Part):
    """One eligibility rule: a fact about the participant and the answer that it needs."""

    id: str
    arm: Name | Literal["all"] = "all"
    fact: str
    needs: Fact | tuple[Fact, ...] | None = None
    at_least: float | None = None
    says: str
    source: str

    @model_validator(mode="after")
    def _asks_one_thing(self) -> Self:
        if (self.needs is None) == (self.at_least is None):
            raise ValueError("give either 'needs' or 'at_least'")
        return self


class Visit(_Part):
    """A time of imaging: days counted from surgery or from the end of treatment."""

    name: str
    anchor: Literal["surgery", "treatment end"]
    from_day: int
    to_day: int
    optional: bool = False
    standing: str

    @model_validator(mode="after")
    def _runs_forward(self) -> Self:
        if self.from_day > self.to_day:
            raise ValueError(f"from_day {self.from_day} lies after to_day {self.to_day}")
        return self


class Sequence(_Part):
    """A kind of series and how to recognise it."""

    name: Name
    modality: str
    varies: Varies
    description: str | None = None


class Map(_Part):
    """A signal model fitted to every voxel of a sequence."""

    name: Name
    model: Name
    sequence: Name
    b_values: tuple[float, ...] | None = None
    segmented_above: float | None = Field(
        None, description="IVIM in steps: D from b-values from here on, then f, then D*, s/mm²"
    )
    t1_sequence: Name | None = None
    aif: str | None = None
    haematocrit: float | None = None
    relaxivity: float | None = Field(None, description="1/s/mM")
    source: str


class IndexTest(_Part):
    """A measured quantity, and the cut-off that was frozen before the truth was opened."""

    name: Name
    title: str
    map: Name
    parameter: str
    statistic: Statistic
    unit: str
    region: str
    direction: Direction | Unknown
    value: float | Unknown
    acquisition: str
    source: str
    standing: str
    role: Literal["confirmatory", "exploratory"] = "confirmatory"

    @model_validator(mode="after")
    def _confirms_at_a_known_cutoff(self) -> Self:
        if self.role == "confirmatory" and "unknown" in (self.value, self.direction):
            raise ValueError(
                "a confirmatory test needs its value and direction; "
                "a test without them has role = 'exploratory'"
            )
        return self


class Reference(_Part):
    """The reference standard."""

    title: str
    level_system: LevelSystem
    maximum_interval_days: int
    standing: str


class Analysis(_Part):
    """One comparison: where positives and negatives come from, and what is counted."""

    name: Name
    title: str
    family: str
    positives_from: tuple[Name, ...]
    negatives_from: tuple[Name, ...]
    units: tuple[Unit, ...]
    caution: str = ""


class Multiplicity(_Part):
    """How p-values of one family of analyses are corrected."""

    method: Literal["holm", "hochberg", "fdr"]
    says: str


Part = TypeVar("Part", Arm, Visit, Sequence, Map, IndexTest, Analysis)


class Trial(_Part):
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
    arm: tuple[Arm, ...]
    eligibility: tuple[Rule, ...]
    visit: tuple[Visit, ...]
    sequence: tuple[Sequence, ...]
    map: tuple[Map, ...]
    shell_mm: float = Field(gt=0)
    index_test: tuple[IndexTest, ...]
    reference: Reference
    analysis: tuple[Analysis, ...]
    multiplicity: Multiplicity

    @model_validator(mode="after")
    def _names_what_it_has(self) -> Self:
        arms = {arm.name for arm in self.arm}
        sequences = {sequence.name for sequence in self.sequence}
        maps = {each.name for each in self.map}
        _known("arm", {rule.arm for rule in self.eligibility} - {"all"}, arms)
        _known("sequence", {each.sequence for each in self.map}, sequences)
        _known("sequence", {each.t1_sequence for each in self.map} - {None}, sequences)
        _known("map", {test.map for test in self.index_test}, maps)
        for each in self.analysis:
            _known("arm", {*each.positives_from, *each.negatives_from}, arms)
        _known("index_test", {self.primary_test}, {test.name for test in self.index_test})
        _known("analysis", {self.primary_analysis}, {each.name for each in self.analysis})
        return self

    @cached_property
    def cutoffs_hash(self) -> str:
        """SHA-256 of the confirmatory index tests: what must not change once the truth is open."""
        frozen = [
            test.model_dump(mode="json", exclude={"title", "source", "standing"})
            | {"map": named(self.map, test.map).model_dump(mode="json", exclude={"source"})}
            for test in self.index_test
            if test.role == "confirmatory"
        ]
        frozen.sort(key=lambda test: str(test["name"]))
        return hashlib.sha256(json.dumps(frozen, sort_keys=True).encode()).hexdigest()


def named(parts: tuple[Part, ...], name: str) -> Part:
    """The part of a trial (a map, a visit, an index test) that bears this name."""
    return next(part for part in parts if part.name == name)


def _known(part: str, named: set[str | None] | set[str], there: set[str]) -> None:
    if missing := sorted(str(name) for name in named - there):
        raise ValueError(f"no {part} is called {', '.join(missing)}; there is {sorted(there)}")


def shipped() -> list[str]:
    """Names of the trials that come with nodewise."""
    return sorted(
        Path(str(entry)).stem
        for entry in files("nodewise").joinpath("trials").iterdir()
        if str(entry).endswith(".toml")
    )


def load(source: str | Path) -> Trial:
    """Read a trial file, or one of the shipped trials by its name.

    Raises:
        TrialError: naming each wrong entry with its line.
    """
    return parse(text(source), where=Path(source).name)


def text(source: str | Path) -> str:
    """The trial file as it is written."""
    path = Path(source)
    if path.suffix == ".toml":
        if not path.is_file():
            raise TrialError(f"there is no trial file {path.name}")
        return path.read_text(encoding="utf-8")
    if str(source) not in shipped():
        raise TrialError(f"no trial is called '{source}'; there is {', '.join(shipped())}")
    return files("nodewise").joinpath("trials", f"{source}.toml").read_text(encoding="utf-8")


def parse(toml: str, *, where: str = "trial.toml") -> Trial:
    """A trial from the text of its file."""
    try:
        return Trial.model_validate(tomllib.loads(toml))
    except tomllib.TOMLDecodeError as error:
        raise TrialError(f"{where} is not TOML: {error}") from None
    except ValidationError as error:
        lines = dict(_lines(toml))
        says = [_sentence(problem["loc"], problem["msg"], lines) for problem in error.errors()]
        raise TrialError(f"{where} has {len(says)} wrong entries:\n" + "\n".join(says)) from None


def _sentence(
    place: tuple[int | str, ...], message: str, lines: dict[tuple[int | str, ...], int]
) -> str:
    known = next((place[:n] for n in range(len(place), -1, -1) if place[:n] in lines), ())
    name = ".".join(str(part) for part in place) or "the file as a whole"
    says = message.replace("Extra inputs are not permitted", "there is no such key")
    return f"  line {lines.get(known, 1)}, {name}: {says.removeprefix('Value error, ')}"


def _lines(toml: str) -> Iterator[tuple[tuple[int | str, ...], int]]:
    """Where each key of the file stands: (path, line number)."""
    table: tuple[int | str, ...] = ()
    seen: dict[str, int] = {}
    for number, line in enumerate(toml.splitlines(), 1):
        if header := re.match(r"\s*(\[\[?)([\w.-]+)\]", line):
            name = header[2]
            table = (*name.split("."),)
            if header[1] == "[[":
                seen[name] = seen.get(name, -1) + 1
                table = (name, seen[name])
            yield table, number
        elif key := re.match(r"\s*([\w-]+)\s*=", line):
            yield (*table, key[1]), number
