"""What is known of a parameter in nodes, with its standing and source."""

import csv
from dataclasses import dataclass
from importlib.resources import files

from nodewise.simulate.tissue import Distribution, lesions


@dataclass(frozen=True, slots=True)
class Described:
    """A distribution with its standing (published or assumed) and source."""

    distribution: Distribution
    standing: str
    source: str


def described(parameter: str) -> dict[str, Described]:
    """What `lesions.csv` holds of a parameter, by kind of lesion; empty where it holds nothing."""
    text = files("nodewise.simulate").joinpath("lesions.csv").read_text(encoding="utf-8")
    return {
        row["lesion"]: Described(
            lesions()[row["lesion"]][parameter], row["standing"], row["source"]
        )
        for row in csv.DictReader(text.splitlines())
        if row["parameter"] == parameter
    }
