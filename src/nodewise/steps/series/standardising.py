"""From activity to standardised uptake, and why it cannot be."""

from collections.abc import Iterable
from math import inf
from typing import Literal

from nodewise.errors import ModelError
from nodewise.ingest.records import Tracer
from nodewise.models import Parameter, suv
from nodewise.volume import Array

Standard = Literal["weight", "lean", "surface"]
UNITS: dict[Standard, str] = {"weight": "g/mL", "lean": "g/mL", "surface": "m²/mL"}
BECQUEREL = ("BQML", "Bq/mL", "Bq/ml")
UPTAKE = ("GML", "g/ml{SUVbw}", "g/mL")
"""Units of a series that the scanner has standardised by weight already."""

WORDS = {
    "dose": "the injected dose",
    "since": "the time from the injection to that of the activity",
    "half_life": "the half-life of the tracer",
    "weight": "the weight",
    "height": "the height",
    "sex": "the sex, which the formula of lean mass asks for",
}


VOLUMES = {"g/mL": "g", "m²/mL": "m²"}
"""The unit of uptake times volume."""


def parameter(by: Standard) -> Parameter:
    """Uptake as the parameter of a map."""
    return Parameter("suv", UNITS[by], low=0, high=inf, start=1)


OF_UPTAKE = ("peak", "mtv", "tlg")
"""Statistics that ask where voxels lie, of maps of uptake alone."""


def unit_of(statistic: str, unit: str) -> str:
    """The unit of a statistic of what is in `unit`."""
    return {"skewness": "1", "kurtosis": "1", "mtv": "mL", "tlg": VOLUMES.get(unit, unit)}.get(
        statistic, unit
    )


class LackingError(ModelError):
    """What uptake needs and the files do not tell; `names` says which facts somebody may state."""

    def __init__(self, says: str, names: Iterable[str]) -> None:
        super().__init__(says)
        self.names = tuple(names)


def standardised(activity: Array, tracer: Tracer, *, unit: str, by: Standard) -> Array:
    """Uptake, shape (...), in the unit of its standard.

    Args:
        activity: shape (...), in `unit`.
        tracer: what is known of tracer and patient.
        unit: as the files have it.
        by: what activity is standardised by.

    Raises:
        ModelError: saying all that is missing, or wrong.
    """
    _usable(tracer, unit)
    if without := _without(tracer, unit=unit, by=by):
        told = "; ".join(f"{WORDS[name]} ({found})" for name, found in without.items())
        raise LackingError(f"uptake by {by} needs {told}", without)
    weight = 1.0 if tracer.weight is None else tracer.weight
    height = 1.0 if tracer.height is None else tracer.height
    dose = dose_then(tracer, unit)
    if by == "weight":
        return suv.body_weight(activity, dose=dose, weight=weight)
    if by == "surface":
        area = suv.body_surface(weight=weight, height=height)
        return suv.surface(activity, dose=dose, area=area)
    mass = suv.lean_body_mass(weight=weight, height=height, sex=tracer.sex or "male")
    return suv.lean(activity, dose=dose, lean_mass=mass)


def dose_then(tracer: Tracer, unit: str) -> float:
    """The dose decayed to the time of the activity, Bq; of uptake by weight, that weight in g.

    Uptake by weight is activity in a body of which each gram was given one becquerel.
    """
    if unit in UPTAKE:
        return 1000.0 * (1.0 if tracer.weight is None else tracer.weight)
    dose, since = tracer.dose or 0.0, tracer.since or 0.0
    return dose * 2 ** (-since / tracer.half_life) if tracer.half_life else dose


def _without(tracer: Tracer, *, unit: str, by: Standard) -> dict[str, str]:
    """What uptake needs and is not known, each with what was found instead."""
    needed = [] if unit in UPTAKE else ["dose", "since"]
    needed += ["half_life"] if needed and tracer.since != 0 else []
    needed += ["weight"] if unit not in UPTAKE or by != "weight" else []
    needed += {"weight": [], "surface": ["height"], "lean": ["height", "sex"]}[by]
    return {
        name: tracer.wrong.get(name, "the files do not have it")
        for name in needed
        if getattr(tracer, name) is None
    }


def _usable(tracer: Tracer, unit: str) -> None:
    if unit not in ("unknown", *BECQUEREL, *UPTAKE):
        raise ModelError(f"uptake needs activity in Bq/mL; the series is in {unit}")
    if mixed := tracer.wrong.get("series"):
        raise ModelError(
            f"uptake needs one injection and one examination in a series; {mixed}: export each "
            "examination as a series of its own"
        )
    if tracer.corrected is False:
        raise ModelError(f"uptake needs corrected activity; {tracer.wrong['corrected']}")
    if unit == "unknown" or tracer.corrected is None:
        raise LackingError(
            "uptake needs activity in Bq/mL that is corrected for attenuation and decay, and the "
            "files do not say so",
            ["becquerel"],
        )
