"""Parts of a trial file: arms, rules, visits, maps, index tests, analyses."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from nodewise.anatomy import LevelSystem, RegionKind

Unknown = Literal["unknown"]
Direction = Literal["lower", "higher"]
Unit = Literal["node", "level", "side", "patient"]
Varies = Literal["b_value", "flip_angle", "time", "echo_time", "nothing"]
Statistic = Literal[
    "mean",
    "median",
    "p10",
    "p90",
    "sd",
    "skewness",
    "kurtosis",
    "curve",
    "max",
    "peak",
    "mtv",
    "tlg",
]
Standard = Literal["weight", "lean", "surface"]
Target = Literal[
    "metastasis", "extranodal extension", "viable tumour after treatment", "tumour before treatment"
]
Among = Literal["all", "metastatic", "involved before treatment"]
SIZE = "size"
"""Where an index test takes its value from when it is a node's size, not a map."""
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]*$")]
Fact = str | bool | int | float


class Part(BaseModel):
    """What every part of a trial file shares: it is frozen, and knows no other keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Arm(Part):
    """A group of participants."""

    name: Name
    title: str
    lesion: RegionKind
    metastases_possible: bool


class Rule(Part):
    """One eligibility rule: a fact about the participant and the answer that it needs."""

    id: str
    arm: Name | Literal["all"] = "all"
    fact: str
    needs: Fact | tuple[Fact, ...] | None = None
    at_least: float | None = None
    versions: tuple[str, ...] = Field((), description="protocol versions that have it; none: all")
    says: str
    source: str

    @model_validator(mode="after")
    def _asks_one_thing(self) -> Self:
        if (self.needs is None) == (self.at_least is None):
            raise ValueError("give either 'needs' or 'at_least'")
        return self


class Visit(Part):
    """A time of imaging: days counted from surgery, infusion, or a treatment's start or end."""

    name: str
    anchor: Literal["surgery", "infusion", "neoadjuvant start", "treatment end"]
    from_day: int
    to_day: int
    optional: bool = False
    standing: str

    @model_validator(mode="after")
    def _runs_forward(self) -> Self:
        if self.from_day > self.to_day:
            raise ValueError(f"from_day {self.from_day} lies after to_day {self.to_day}")
        return self


class Sequence(Part):
    """A kind of series and how to recognise it."""

    name: Name
    modality: str
    varies: Varies
    description: str | None = None
    arms: tuple[Name, ...] = Field((), description="who is imaged with it; none: every arm")


class Display(Part):
    """What the display of one ultrasound machine compresses; names as its files tell them."""

    manufacturer: str
    model: str
    processing: str | None = Field(None, description="of this preset alone: ProcessingFunction")
    dynamic_range: Annotated[float, Field(gt=0)] = Field(description="dB")


class Map(Part):
    """A signal model fitted to every voxel of a sequence."""

    name: Name
    model: Name
    sequence: Name
    b_values: tuple[float, ...] | None = None
    segmented_above: float | None = Field(
        None, description="IVIM in steps: D from b-values from here on, then f, then D*, s/mm²"
    )
    echo_time: float | None = Field(None, description="the echo nearest to it is taken, s")
    t1_sequence: Name | None = None
    aif: str | None = None
    haematocrit: float | None = None
    relaxivity: float | None = Field(None, description="1/s/mM")
    dynamic_range: Annotated[float, Field(gt=0)] | Unknown | None = Field(
        None, description="that the display of every ultrasound cine compresses, dB"
    )
    display: tuple[Display, ...] | None = Field(
        None, description="the same by machine, where cines come from several"
    )
    standard: Standard | None = Field(None, description="what uptake of PET is relative to")
    threshold: Annotated[float, Field(gt=0)] | None = Field(
        None, description="of the metabolic volume: uptake; below 1, a part of the node's greatest"
    )
    source: str

    @model_validator(mode="after")
    def _compresses_in_one_way(self) -> Self:
        if self.display is None:
            return self
        if self.dynamic_range is not None or not self.display:
            raise ValueError("give either 'dynamic_range', or 'display' for each machine")
        named = [(one.manufacturer, one.model, one.processing) for one in self.display]
        if twice := sorted({" ".join(filter(None, one)) for one in named if named.count(one) > 1}):
            raise ValueError(f"the display of {', '.join(twice)} is given more than once")
        return self


class _Test(Part):
    name: Name
    title: str
    unit: str
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


class IndexTest(_Test):
    """A measured quantity, and the cut-off that was frozen before the truth was opened.

    Its value comes from a map or from the node's size, at the index visit. It can be the change
    from another visit's value, or the ratio to a reference tissue of the same image.
    """

    map: Name
    parameter: str
    statistic: Statistic = "median"
    region: str
    visit: str | None = None
    change_from: str | None = Field(None, description="visit whose value is subtracted")
    ratio_to: str | None = Field(None, description="visit whose value divides")
    relative_to: str | None = Field(None, description="label of a drawn reference tissue")

    @model_validator(mode="after")
    def _compares_once(self) -> Self:
        if self.change_from and self.ratio_to:
            raise ValueError("give either 'change_from' or 'ratio_to'")
        return self

    @property
    def visits(self) -> tuple[str | None, str | None]:
        """Visit of its value, None for the index visit; and that it is compared with, or None."""
        return self.visit, self.change_from or self.ratio_to


class ReaderTest(_Test):
    """What readers answer to one question of a form, and from which answer on they call it."""

    round: str
    form: str
    question: str
    also_at: tuple[float, ...] = Field((), description="further cut-offs, described, not tested")
    certainty: str | None = Field(None, description="question that says how certain a reader is")
    certain_from: float | None = Field(None, description="a less certain answer counts as least")

    @model_validator(mode="after")
    def _asks_certainty_whole(self) -> Self:
        if (self.certainty is None) != (self.certain_from is None):
            raise ValueError("give both 'certainty' and 'certain_from', or neither")
        if self.certainty and self.direction != "higher":
            raise ValueError("an uncertain answer counts as 0: the direction must be 'higher'")
        return self


Test = IndexTest | ReaderTest


class SpecimenSize(Part):
    """How large a specimen node may be beside its image node, to be held for the same one.

    From `least` to `greatest` times the longest diameter on the image, give or take `margin_mm`.
    """

    least: float = Field(gt=0, le=1)
    greatest: float = Field(ge=1)
    margin_mm: float = Field(ge=0)


class Reference(Part):
    """The reference standard."""

    title: str
    level_system: LevelSystem
    maximum_interval_days: int
    standing: str
    specimen_size: SpecimenSize | None = Field(
        None, description="a node matched by level must be as large; none: sizes are not compared"
    )


class Analysis(Part):
    """One comparison: where positives and negatives come from, and what is counted."""

    name: Name
    title: str
    family: str
    positives_from: tuple[Name, ...]
    negatives_from: tuple[Name, ...]
    units: tuple[Unit, ...]
    target: Target = "metastasis"
    among: Among = Field("all", description="nodes that take part")
    tests: tuple[Name, ...] = Field((), description="index tests; none: all")
    caution: str = ""


class Multiplicity(Part):
    """How p-values of one family of analyses are corrected."""

    method: Literal["holm", "hochberg", "fdr"]
    says: str


class Comparison(Part):
    """Index tests set against each other on the same patients, all pairs of them."""

    title: str
    analysis: Name
    tests: tuple[Name, ...] = Field(min_length=2)


class Learning(Part):
    """When a reader has learnt the task: LC-CUSUM over the cases of a test's round."""

    test: Name
    analysis: Name
    adequate: float = Field(gt=0, lt=1, description="failure rate of an adequate reader")
    inadequate: float = Field(gt=0, lt=1, description="failure rate of an inadequate one")
    false_alarm: float = Field(0.05, gt=0, lt=1, description="chance that an inadequate one passes")
    standing: str

    @model_validator(mode="after")
    def _adequate_is_better(self) -> Self:
        if self.adequate >= self.inadequate:
            raise ValueError("an adequate reader fails less often than an inadequate one")
        return self


class Consequences(Part):
    """What imaging's extranodal extension changes in the N category: from which tests."""

    positive: Name = Field(description="measured test that says which nodes are clinically ill")
    extension: Name = Field(description="reader test that grades imaging's extension")
    says: str


class Sparing(Part):
    """Neck dissections that tests would have spared, had they decided."""

    analysis: Name = Field(description="its target condition is what a dissection is needed for")
    tests: tuple[Name, ...] = Field(min_length=1)
    units: tuple[Literal["side", "patient"], ...] = Field(min_length=1)
    thresholds: tuple[Annotated[float, Field(gt=0, lt=1)], ...] = Field(
        description="chances of the target condition from which one would dissect, fraction"
    )
    says: str
