"""What can be said of every model: for `nodewise models`, the docs, and fits by a model's name."""

import inspect
from dataclasses import dataclass, fields
from typing import Any

from nodewise.errors import ModelError
from nodewise.models import MODELS
from nodewise.models.base import Model, Parameter


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A model as a reader wants to know it.

    Args:
        name: by which it is called.
        formula: of its signal.
        acquisition: what must be known of the scan, as its fields are called.
        parameters: with units and bounds.
        source: where it was published.
    """

    name: str
    formula: str
    acquisition: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    source: str


def describe(model: type[Model]) -> Entry:
    """The entry of one model.

    >>> entry = describe(MODELS["adc"])
    >>> entry.formula, entry.acquisition
    ('S(b) = s0 exp(-b adc).', ('b',))
    """
    text = inspect.getdoc(model) or ""
    source = inspect.cleandoc(text.partition("Source:\n")[2].partition("\n\n")[0])
    return Entry(
        name=model.name,
        formula=text.partition("\n\n")[0].partition("\n")[0],
        acquisition=tuple(field.name for field in fields(model)),  # type: ignore[arg-type] # each is a dataclass
        parameters=model.parameters,
        source=" ".join(source.split()),
    )


def named(name: str, acquisition: dict[str, Any]) -> Model:
    """The model of a name, with what is known of the scan.

    Args:
        name: one of MODELS.
        acquisition: its fields by name, in house units; others may be there and are not used.

    >>> import numpy as np
    >>> named("adc", {"b": np.array([0.0, 800.0]), "echo_time": 0.06}).samples
    array([  0., 800.])
    """
    if name not in MODELS:
        raise ModelError(f"there is no model '{name}'; there are {', '.join(MODELS)}")
    needed = describe(MODELS[name]).acquisition
    missing = [field for field in needed if field not in acquisition]
    if missing:
        raise ModelError(
            f"{name} needs {', '.join(needed)} of the scan; {', '.join(missing)} is not known"
        )
    return MODELS[name](**{field: acquisition[field] for field in needed})
