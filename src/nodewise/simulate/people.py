"""Who is imaged, in any study: a person, and the visits to the scanner."""

from dataclasses import dataclass
from datetime import date

from nodewise.simulate.nodes import Lump
from nodewise.simulate.specimens import Dissection, Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One time of imaging; after surgery, tumour and dissected nodes are gone."""

    name: str
    day: date
    sequences: tuple[str, ...]
    after_surgery: bool


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
    """

    number: int
    sex: str
    born: date
    facts: Row
    visits: tuple[Visit, ...]
    lumps: tuple[Lump, ...]
    dissection: Dissection
    surgery: date
    arrival: float

    @property
    def patient_id(self) -> str:
        """The hospital's number."""
        return f"SIM-{self.number:04d}"

    @property
    def name(self) -> str:
        """The name in the scanner's files."""
        return f"Simulated^Person^{self.number:04d}"
