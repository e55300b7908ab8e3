"""What a model is, as its own docstring and parameters say it: for `nodewise models` and docs."""

import inspect
import re
from dataclasses import dataclass

from nodewise.models import MODELS, Model, Parameter


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A model in words.

    Args:
        name: by which `nodewise fit` knows it.
        formula: and what it means.
        note: what else its docstring says.
        acquisition: what must be known of the scan, as the model's fields are called.
        parameters: with units and bounds.
        source: journal and doi.
    """

    name: str
    formula: str
    note: str
    acquisition: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    source: str


def sheets() -> list[Sheet]:
    """A sheet for every model, in the registry's order."""
    return [sheet(name, model) for name, model in MODELS.items()]


def sheet(name: str, model: type[Model]) -> Sheet:
    """The sheet of one model, from its docstring."""
    text = inspect.getdoc(model) or ""
    prose = re.split(r"\n\n(?=Args:|Source:)", text)[0]
    formula, _, note = prose.partition("\n\n")
    source = re.search(r"Source:\n((?:    .*\n?)+)", text)
    return Sheet(
        name=name,
        formula=_line(formula).removesuffix("."),
        note=_line(note),
        acquisition=tuple(inspect.signature(model).parameters),
        parameters=model.parameters,
        source=_line(source[1] if source else "").removesuffix("."),
    )


def record(one: Sheet) -> dict[str, object]:
    """A sheet for JSON, where no bound is null."""
    return {
        "model": one.name,
        "formula": one.formula,
        "note": one.note,
        "acquisition": list(one.acquisition),
        "parameters": [parameter_record(each) for each in one.parameters],
        "source": one.source,
    }


def parameter_record(each: Parameter) -> dict[str, object]:
    """A parameter for JSON; a bound at infinity is null."""
    return {
        "name": each.name,
        "unit": each.unit,
        "low": each.low,
        "high": None if each.high == float("inf") else each.high,
    }


def bounds(each: Parameter) -> str:
    """Bounds in words.

    >>> from nodewise.models import Adc
    >>> [bounds(each) for each in Adc.parameters]
    ['0 or more', '0 to 0.005']
    """
    return (
        f"{each.low:g} or more" if each.high == float("inf") else f"{each.low:g} to {each.high:g}"
    )


def _line(text: str) -> str:
    return " ".join(text.split())
