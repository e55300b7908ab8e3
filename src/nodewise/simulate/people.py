"""Who is imaged, in any study: a person, and the visits to the scanner."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from nodewise.anatomy import Side
from nodewise.simulate.nodes import Lump, Neck
from nodewise.simulate.specimens import Dissection, Row

SITES = {  # a tumour's place on the left, mm, and the levels of a selective dissection
    "oral cavity": ((13.0, -48.0, 95.0), ("IA", "IB", "IIA", "IIB", "III")),
    "oropharynx": ((18.0, -25.0, 98.0), ("IIA", "IIB", "III", "IV")),
    "hypopharynx": ((13.0, -27.0, 58.0), ("IIA", "IIB", "III", "IV")),
    "larynx": ((7.0, -38.0, 48.0), ("IIA", "IIB", "III", "IV")),
}
P16_POSITIVE = 0.5  # share of oropharyngeal carcinomas: assumed, differs between countries


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One time of imaging; after surgery, tumour and dissected nodes are gone."""

    name: str
    day: date
    sequences: tuple[str, ...]
    after_surgery: bool
    before_treatment: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One participant as the hospital knows him or her, and as he or she truly is.

    Args:
        number: from 1.
        sex: female or male.
        born: day of birth.
        facts: row of the participants table.
        visits: at which there was imaging.
        lumps: nodes and lesions.
        dissection: levels that were taken out.
        surgery: its day.
        arrival: of contrast in the neck, s after the first dynamic frame.
        field_strength: that the protocol asks for, T; None takes the scanner that is free.
    """

    number: int
    sex: str
    born: date
    facts: Row
    visits: tuple[Visit, ...]
    lumps: tuple[Lump, ...]
    dissection: Dissection
    surgery: date
    arrival: float = 0.0
    field_strength: float | None = None

    @property
    def patient_id(self) -> str:
        """The hospital's number."""
        return f"SIM-{self.number:04d}"

    @property
    def name(self) -> str:
        """The name in the scanner's files."""
        return f"Simulated^Person^{self.number:04d}"


def other(side: Side) -> Side:
    """The opposite side."""
    return Side.RIGHT if side is Side.LEFT else Side.LEFT


def either(rng: np.random.Generator) -> Side:
    """Left or right."""
    return Side.LEFT if rng.random() < 0.5 else Side.RIGHT


def tiny(neck: Neck, dissected: list[tuple[Side, str]], *, metastatic: float) -> None:
    """Nodes of some millimetres that only the pathologist finds, in every dissected level."""
    for side, level in dissected:
        for _ in range(int(neck.rng.poisson(1.6))):
            tissue = "metastatic" if neck.rng.random() < metastatic else "benign"
            neck.node(tissue, side=side, level=level, tiny=True)


def staging(site: str, side: Side, diagnosed: date, rng: np.random.Generator) -> Row:
    """What a clinic knows of a carcinoma before it is treated; p16 is asked of oropharynx alone."""
    p16 = "positive" if rng.random() < P16_POSITIVE else "negative"
    unknown = site not in SITES
    t = str(rng.choice(["T1", "T2", "T3", "T4a"], p=[0.2, 0.4, 0.25, 0.15]))
    return {
        "primary_side": None if unknown else side.value,
        "p16": p16 if site == "oropharynx" or unknown else None,
        "hpv": None,
        "ebv": "negative" if unknown else None,
        "clinical_t": "T0" if unknown else t,
        "clinical_m": "M0",
        "diagnosis_year": diagnosed.year,
    }


def clinical_n(lumps: Sequence[Lump], side: Side) -> str:
    """The N category that the clinic writes down before surgery, extension not considered.

    Nodes that are drawn and metastatic or enlarged count; the rows are those of the 8th edition for
    tumours without HPV, as most tumour boards still write them.
    """
    found = [
        lump
        for lump in lumps
        if lump.level and lump.seen and lump.short_axis >= 10 and lump.tissue != "benign"
    ]
    if not found:
        return "N0"
    if max(lump.long_axis for lump in found) > 60:
        return "N3a"
    if any(lump.side is not side for lump in found):
        return "N2c"
    if len(found) > 1:
        return "N2b"
    return "N2a" if found[0].long_axis > 30 else "N1"
