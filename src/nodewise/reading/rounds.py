"""A round of reading as data: which form, which images, which part of the study."""

import tomllib
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from nodewise.errors import FormError

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]*$")]


class Adjudication(BaseModel):
    """Whose reads a round decides, and how far two of them may lie apart before it does."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    round: Name
    apart: dict[str, Annotated[int, Field(ge=0)]] = Field(
        min_length=1,
        description="question, or score: steps that two answers may lie apart; words differ at 0",
    )


class Round(BaseModel):
    """Settings of a round; once it is planned they stand for good."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Name
    form: str
    shows: tuple[str, ...] = Field(
        min_length=1, description="sequences and maps' parameters (adc.adc), in hanging order"
    )
    part: Literal["explorative", "pilot"]
    visit: str | None = Field(None, description="visit of the trial file; its first by default")
    cases: int | None = Field(None, ge=1, description="how many, drawn at random; all by default")
    iterations: int = Field(1, ge=1, description="how often each case is read")
    washout_days: int = Field(0, ge=0, description="days before a case may be read again")
    shows_score: bool = Field(
        default=False, description="whether readers see the form's computed score as they read"
    )
    score: str | None = Field(
        None, description="a frozen score that takes the place of the form's own"
    )
    adjudicates: Adjudication | None = Field(
        None, description="a round whose cases come here where its readers differ"
    )
    seed: int = Field(1, ge=0)


def parse(toml: str, *, where: str) -> Round:
    """A round from the text of its file.

    Raises:
        FormError: naming each wrong entry.
    """
    try:
        return Round.model_validate(tomllib.loads(toml))
    except tomllib.TOMLDecodeError as error:
        raise FormError(f"{where} is not TOML: {error}") from None
    except ValidationError as error:
        says = [f"  {'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()]
        raise FormError(f"{where} has wrong entries:\n" + "\n".join(says)) from None


def load(path: Path) -> Round:
    """A round from its file."""
    return parse(path.read_text(encoding="utf-8"), where=path.name)
