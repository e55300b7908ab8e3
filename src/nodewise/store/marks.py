"""Regions that people mark on the pages: each change is kept and told, and can be taken back."""

import json
from collections.abc import Sequence
from datetime import date
from typing import Any

from nodewise.errors import StoreError
from nodewise.store.audit import Trail
from nodewise.store.study import Study

Row = dict[str, Any]
LANDMARK = "landmark set"
MARKED = "region marked"
"""What the trail calls a change of a region; its details hold the row before and after."""


class Marks:
    """The regions of a study as people change them. Masks stay on the shelf in every version."""

    def __init__(self, study: Study, trail: Trail) -> None:
        self.study = study
        self.trail = trail

    def region(self, region: str) -> Row | None:
        """A region's row, or nothing when there is none."""
        rows = self.study.database.read("regions", {"region": region}).to_dicts()
        return rows[0] if rows else None

    def removed(self, region: str) -> Row | None:
        """The row of a region that was there and was taken away."""
        told = self._told(region)
        before: Row | None = told[-1]["before"] if told and not told[-1]["after"] else None
        return before

    def version(self, region: str) -> int:
        """How often a region was changed here."""
        return len(self._told(region))

    def put(self, row: Row, *, version: int, by: str) -> None:
        """Keep a region in the place of the one of its name, or as a new one.

        Raises:
            StoreError: when somebody changed it since `version`.
        """
        self._change(row["region"], row, version=version, by=by)

    def remove(self, region: str, *, version: int, by: str) -> None:
        """Take a region away; its versions stay."""
        self._change(region, None, version=version, by=by)

    def undo(self, region: str, *, version: int, by: str) -> None:
        """Put back what was there before the last change, as a change of its own.

        Raises:
            StoreError: when there is no change to take back.
        """
        told = self._told(region)
        if not told:
            raise StoreError("nothing was changed here that could be taken back")
        self._change(region, told[-1]["before"], version=version, by=by)

    def last(self) -> dict[str, Row | None]:
        """Every region that was changed here, as it was left; None where it was taken away."""
        return {
            event["subject"]: json.loads(event["details"])["after"]
            for event in self.trail.events()
            if event["action"] == MARKED
        }

    def altered(self) -> list[str]:
        """Sentences on regions that are not as they were last marked here; visits may be re-cut."""
        return [
            f"region {region}: it is not as it was last marked; it was altered behind the page"
            for region, after in sorted(self.last().items())
            if _lasting(after) != _lasting(_plain(self.region(region)))
            or (after and not self.study.arrays.intact(after["array"]))
        ]

    def landmarks(self, here: Row) -> dict[str, list[list[float]]]:
        """Landmarks of one visit of a participant → their points, mm."""
        rows = self.study.database.read("landmarks", here).sort("landmark", "point").to_dicts()
        found: dict[str, list[list[float]]] = {}
        for row in rows:
            found.setdefault(row["landmark"], []).append([row["x"], row["y"], row["z"]])
        return found

    def set_landmark(
        self, here: Row, landmark: str, *, points: Sequence[Sequence[float]], by: str
    ) -> None:
        """Put a landmark's points in the place of those that it had; none takes it away."""
        place = here | {"landmark": landmark}
        rows = [
            place | {"point": number, "x": x, "y": y, "z": z}
            for number, (x, y, z) in enumerate(points, 1)
        ]
        details = {"landmark": landmark, "points": [list(point) for point in points]}
        subject = f"{here['participant']} {here['visit']}"
        with self.trail.change(by, LANDMARK, subject=subject, details=details):
            self.study.database.write("landmarks", rows, place)

    def _told(self, region: str) -> list[Row]:
        events = self.trail.events(region)
        return [json.loads(each["details"]) for each in events if each["action"] == MARKED]

    def _change(self, region: str, row: Row | None, *, version: int, by: str) -> None:
        """Change a region and tell it, or neither."""
        regions, where = self.study.database, {"region": region}
        details: Row = {"version": version + 1, "after": _plain(row)}
        old: list[Row] | None = None
        try:
            with self.trail.change(by, MARKED, subject=region, details=details):
                if self.version(region) != version:
                    raise StoreError("somebody else changed this node meanwhile; reload the page")
                old = regions.read("regions", where).to_dicts()
                details["before"] = _plain(old[0] if old else None)
                new = [row | {"date": _day(row["date"])}] if row else []
                regions.write("regions", new, where)
        except BaseException:
            if old is not None:
                regions.write("regions", old, where)
            raise


def _plain(row: Row | None) -> Row | None:
    if row is None:
        return None
    return {name: str(value) if name == "date" and value else value for name, value in row.items()}


def _lasting(row: Row | None) -> Row | None:
    """What of a region must stay; a column that came with a later version is empty in it."""
    return row and {
        name: value for name, value in row.items() if name != "visit" and value is not None
    }


def _day(value: Any) -> Any:
    return date.fromisoformat(value) if isinstance(value, str) else value
