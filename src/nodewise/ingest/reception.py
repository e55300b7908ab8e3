"""What all that comes in passes through: pseudonyms for ids, shifted dates, problems told."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

from nodewise.ingest.children import Children, Failure
from nodewise.ingest.pseudonyms import Pseudonyms
from nodewise.ingest.records import Acquisition, Problem, Region, Series, digest
from nodewise.ingest.segmentation import Drawn
from nodewise.ingest.sources import Place
from nodewise.volume import Volume

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Whose:
    """Whom and when something shows, as the files say it, and how to speak of it."""

    patient: str
    day: date | None
    where: str


@dataclass(slots=True)
class Steps:
    """Tells how far the work is."""

    progress: Progress | None
    total: int = 0
    done: int = 0

    def take(self, count: int) -> None:
        """Count so many steps as done."""
        self.done = min(self.done + count, self.total)
        if self.progress:
            self.progress(self.done, self.total)


@dataclass(frozen=True, slots=True)
class Reception:
    """Turns what was read into records that name nobody."""

    pseudonyms: Pseudonyms
    children: Children
    steps: Steps
    _seen: set[str] = field(default_factory=set)

    def where(self, what: str, uid: str) -> str:
        """A series or drawing by its keyed mark."""
        plain = what if re.fullmatch("[A-Za-z]{2,10}( series)?", what) else "series"
        return f"{plain} {self.pseudonyms.mark(uid)}"

    def problem(self, whose: Whose, *, found: str, needed: str, action: str) -> Problem:
        """A problem of a participant."""
        who = self.pseudonyms.participant(whose.patient)
        return Problem(
            where=whose.where, found=found, needed=needed, action=action, participant=who
        )

    def series(
        self,
        whose: Whose,
        volume: Volume,
        acquisition: Acquisition,
        *,
        description: str,
        files: int,
    ) -> Iterator[Series | Problem]:
        """A series, unless the same came in before."""
        who = self.pseudonyms.participant(whose.patient)
        name = digest(who, volume, acquisition)
        if name in self._seen:
            yield self.problem(
                whose,
                found="another series of this participant has the same content",
                needed="each series once",
                action="nothing: the first was taken in",
            )
            return
        self._seen.add(name)
        yield from self._doubts(whose, acquisition)
        yield Series(
            participant=who,
            date=self._shifted(whose),
            description=description,
            volume=volume,
            acquisition=acquisition,
            files=files,
            digest=name,
        )

    def _doubts(self, whose: Whose, acquisition: Acquisition) -> Iterator[Problem]:
        """What a series that is taken in lacks."""
        if acquisition.derived and acquisition.units == "unknown":
            yield self.problem(
                whose,
                found="a map computed by the scanner, without a unit",
                needed="the unit of its values",
                action="nothing: it is kept and not fitted, and its unit is not guessed",
            )
        if whose.day is None:
            yield self.problem(
                whose,
                found="it has no date",
                needed="the day of acquisition, which decides the visit",
                action="export the series with its dates",
            )

    def regions(
        self, whose: Whose, found: Sequence[Drawn | str] | Failure
    ) -> Iterator[Region | Problem]:
        """The regions of a drawing, and what is wrong with it."""
        answers = [found.found] if isinstance(found, Failure) else found
        regions = [one for one in answers if isinstance(one, Drawn)]
        told = [one for one in answers if isinstance(one, str)]
        if strange := sum(one.meaning.kind is None for one in regions):
            told.append(f"{strange} of its regions are of no kind that is known here")
        for one in regions:
            yield self._region(whose, one)
        for says in told:
            yield self.problem(
                whose,
                found=says,
                needed="regions with a place in the patient and a code for their kind",
                action="correct the drawing and export it again; what could be read was taken in",
            )

    def _region(self, whose: Whose, one: Drawn) -> Region:
        return Region(
            participant=self.pseudonyms.participant(whose.patient),
            date=self._shifted(whose),
            label=one.label,
            kind=one.meaning.kind,
            side=one.meaning.side,
            level=one.meaning.level,
            level_system=one.meaning.level_system,
            drawn_by=one.drawn_by,
            mask=one.mask,
            grid=one.grid,
            frame=one.frame,
        )

    def _shifted(self, whose: Whose) -> date | None:
        return self.pseudonyms.date(whose.patient, whose.day) if whose.day else None


def unreadable(place: Place, found: str) -> Problem:
    """A file that cannot be taken in."""
    return Problem(
        where=place.where(),
        found=found,
        needed="a file that can be read whole",
        action="copy or export it again; it was left out",
    )
