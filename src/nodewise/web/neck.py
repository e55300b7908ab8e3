"""A case as an annotator opens it: everything that was imaged at one visit of one participant."""

import hashlib
import hmac
import json
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from fastapi import HTTPException, Request

from nodewise.anatomy import RegionKind
from nodewise.nodes.landmarks import Landmarks
from nodewise.reading.signing import canonical
from nodewise.store.marks import Marks
from nodewise.web import case
from nodewise.web.room import Room, room_of

_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"


@dataclass(frozen=True)
class Neck:
    """One participant at one visit, under a code."""

    room: Room
    participant: str
    visit: str

    @property
    def code(self) -> str:
        """Its code in addresses: always the same in one study, and says nothing."""
        said = canonical(["mark", self.participant, self.visit]).encode()
        digits = hmac.digest(self.room.study.key, said, hashlib.sha256)
        return "".join(_LETTERS[byte % len(_LETTERS)] for byte in digits[:8])

    @property
    def here(self) -> dict[str, str]:
        """What its rows have in common."""
        return {"participant": self.participant, "visit": self.visit}

    @cached_property
    def panels(self) -> list[case.Panel]:
        """Every series that the trial names, PET after those that show anatomy, and every map."""
        tables = self.room.study.database
        rows = tables.read("series", self.here).sort("sequence").to_dicts()
        still_first = sorted(
            rows, key=lambda row: (row["modality"] == "PT", row["varies"] != "nothing")
        )
        series = [row["sequence"] for row in still_first if row["sequence"]]
        maps = [
            f"{row['model']}.{name}"
            for row in tables.read("maps", self.here).sort("model").to_dicts()
            for name, unit in zip(
                json.loads(row["parameters"]), json.loads(row["units"]), strict=True
            )
            if unit != "a.u."
        ]
        protocol = case.Protocol(shows=list(dict.fromkeys([*series, *maps])))
        return case.panels(self.room.study, self.participant, self.visit, protocol=protocol)

    def panel(self, number: int) -> case.Panel:
        """One of its images."""
        if number >= len(self.panels):
            raise HTTPException(404, "there is no such image in this case")
        return self.panels[number]

    @property
    def nodes(self) -> list[case.Node]:
        """Its nodes from head to feet."""
        return case.nodes(self.room.study, self.participant, self.visit)

    @property
    def drawn(self) -> list[case.Node]:
        """Its nodes, as readers number them, then reference tissues."""
        tissue = RegionKind.REFERENCE_TISSUE
        return self.nodes + case.nodes(self.room.study, self.participant, self.visit, kind=tissue)

    @property
    def landmarks(self) -> Landmarks:
        """What is known of where its levels end."""
        points = self.marks.landmarks(self.here)
        return Landmarks({name: np.array(each, float) for name, each in points.items()})

    @property
    def begun(self) -> bool:
        """Whether a reader has opened it: from then on its nodes stay as they are."""
        return any(
            read["opened_at"]
            and (read["participant"], read["visit"]) == (self.participant, self.visit)
            for read in self.room.readings.reads()
        )

    @property
    def marks(self) -> Marks:
        """Its regions as they are changed."""
        return Marks(self.room.study, self.room.trail)


def necks(room: Room) -> list[Neck]:
    """Every visit with images, by participant."""
    rows = room.study.database.read("series").select("participant", "visit").unique()
    return [Neck(room, *row) for row in sorted(rows.iter_rows())]


def open_neck(request: Request, code: str) -> Neck:
    """The case of that code."""
    found = next((neck for neck in necks(room_of(request)) if neck.code == code), None)
    if found is None:
        raise HTTPException(404, "there is no such case")
    return found
