"""How images hang on the pages, as data: which may be opened, in which window and colours."""

import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Window(_Part):
    """A window: limits in the image's unit, or as shares of its own sorted values."""

    name: str
    low: float | None = None
    high: float | None = None
    from_: float | None = Field(None, alias="from", ge=0, le=1)
    to: float | None = Field(None, ge=0, le=1)

    @model_validator(mode="after")
    def _has_two_limits_of_one_kind(self) -> Self:
        limits, shares = (self.low, self.high), (self.from_, self.to)
        if (None in limits) == (None in shares) or {*limits, *shares} - {None} == set():
            raise ValueError(f"window {self.name}: give low and high, or from and to")
        low, high = limits if None not in limits else shares
        if low is None or high is None or low >= high:
            raise ValueError(f"window {self.name}: it ends before it begins")
        return self


class Hanging(_Part):
    """One rule: what it fits, and how such an image is shown."""

    sequence: str | None = None
    modality: str | None = Field(None, description="DICOM modality, or map")
    varies: str | None = None
    parameter: str | None = Field(None, description="of a map, such as adc")
    windows: tuple[Window, ...] = Field(min_length=1)
    colours: Literal["grey", "inverse", "viridis", "magma"] = "grey"
    unit: str | None = Field(None, description="shown in the place of the stored unit")
    factor: float = Field(1, gt=0, description="shown value = factor × stored value")
    begins: Literal["first", "middle", "last"] = Field("first", description="frame shown first")
    frames_per_second: float = Field(5, gt=0, le=60, description="at which a cine begins")

    def fits(self, facts: Mapping[str, str | None]) -> bool:
        """Whether an image with these facts hangs by this rule."""
        said = {name: getattr(self, name) for name in _FACTS}
        return all(value in (None, facts.get(name)) for name, value in said.items())

    def first(self, frames: int) -> int:
        """Number of the frame that is shown first."""
        return {"first": 0, "middle": frames // 2, "last": frames - 1}[self.begins]


_FACTS = ("sequence", "modality", "varies", "parameter")


def allows(shows: Sequence[str], *, sequence: str | None, modality: str | None) -> bool:
    """Whether a form that names these sequences or modalities lets an image be opened.

    >>> allows(["US"], sequence="dwi", modality="MR")
    False
    """
    return sequence in shows or modality in shows


def rule(facts: Mapping[str, str | None], before: Sequence[Hanging] = ()) -> Hanging:
    """The first rule that an image fits, those of its form before those of the house.

    >>> rule({"modality": "CT"}).windows[0].name
    'soft tissue'
    """
    return next(each for each in (*before, *house()) if each.fits(facts))


@cache
def house() -> tuple[Hanging, ...]:
    """The house's rules; the last one fits every image."""
    text = files("nodewise.reading").joinpath("hanging.toml").read_text(encoding="utf-8")
    found: list[dict[str, Any]] = tomllib.loads(text)["rule"]
    return tuple(Hanging.model_validate(each) for each in found)
