"""The studies that can be simulated: who comes, what readers see of them, and who reads."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from nodewise.simulate import ceus, ene, mpmri, outcomes, uspio
from nodewise.simulate.people import Person
from nodewise.simulate.readers import Item, Panel
from nodewise.simulate.specimens import Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """One study.

    Args:
        person: participant of a number; the generator must be the participant's own.
        told: what the columns of the truth about nodes mean.
        items: what readers can see of a participant.
        panel: who reads it; None where nobody does.
        after: what becomes of a participant with these specimen nodes; rows of sheets by name.
        sheets: what they are called.
    """

    person: Callable[[int, tuple[str, ...], np.random.Generator], Person]
    told: str
    items: Callable[[Person], tuple[Item, ...]] = lambda _: ()
    panel: Panel | None = None
    after: Callable[[Person, Sequence[Row], np.random.Generator], dict[str, list[Row]]] = (
        lambda *_: {}
    )
    sheets: tuple[str, ...] = ()


STUDIES = {
    frozenset(mpmri.ARMS): Study(
        person=mpmri.person, told=mpmri.TOLD, after=outcomes.rows, sheets=outcomes.SHEETS
    ),
    frozenset(ene.ARMS): Study(person=ene.person, told=ene.TOLD, items=ene.items, panel=ene.PANEL),
    frozenset(ceus.ARMS): Study(
        person=ceus.person, told=ceus.TOLD, items=ceus.items, panel=ceus.PANEL
    ),
    frozenset(uspio.ARMS): Study(
        person=uspio.person, told=uspio.TOLD, items=uspio.items, panel=uspio.PANEL
    ),
}
"""The studies, by the names of their arms."""
