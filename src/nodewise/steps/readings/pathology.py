"""The one door to the truth for staff: pathology entered, nodes matched, scores built, exports.

Whoever knocks is asked for the role again, here, whatever the page has asked. Every change is
kept in the truth's own file; the audit trail, which auditors read, gets a keyed digest of it.
"""

import hmac
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import polars as pl

from nodewise.errors import FormError
from nodewise.reading.signing import canonical
from nodewise.steps.matching import image_nodes
from nodewise.steps.readings import planning
from nodewise.steps.readings.desk import admit, noted, packed
from nodewise.steps.readings.entry import checked, remarks
from nodewise.steps.readings.score_building import propose
from nodewise.steps.regression import TREATED
from nodewise.steps.work import Work
from nodewise.store.audit import Trail
from nodewise.store.reading import Readings
from nodewise.tables import TABLES

Row = dict[str, Any]
CHANGED = "pathology changed"
CERTAINTIES = ("certain", "probable", "uncertain")
KEYS = {"dissections": ("participant", "side", "level"),
        "specimen_nodes": ("participant", "specimen_node")}  # fmt: skip
"""What may be entered, and what names a row of it."""


class Pathology:
    """The truth of one study, for the few who may (`web.desk.Truth`)."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._trail = planning.trail(work)

    @property
    def treated(self) -> bool:
        """Whether the trial asks what treatment left of tumour in a node."""
        return any(each.target in TREATED for each in self._work.trial.analysis)

    def participants(self) -> list[Row]:
        """Participants with counts of what is entered and matched."""
        counts = {name: _counts(self._work.truth.read(name)) for name in (*KEYS, "links")}
        drawn = _counts(image_nodes(self._work))
        return [
            {"participant": who, "arm": arm, "drawn": drawn.get(who, 0)}
            | {name: found.get(who, 0) for name, found in counts.items()}
            for who, arm in self._work.tables.read("participants")
            .sort("participant").select("participant", "arm").rows()
        ]  # fmt: skip

    def neck(self, participant: str) -> dict[str, list[Row]]:
        """One participant's levels, specimen nodes and image nodes; and what does not agree."""
        self._known(participant)
        mine = {"participant": participant}
        found = {name: self._work.truth.read(name, mine).to_dicts() for name in (*KEYS, "links")}
        drawn = image_nodes(self._work).filter(pl.col("participant") == participant)
        found["images"] = drawn.sort("side", "level", "label").to_dicts()
        found["dissections"].sort(key=lambda row: (row["side"], row["level"]))
        found["specimen_nodes"].sort(key=lambda row: _in_turn(str(row["specimen_node"])))
        judged = {row["specimen_node"]: row["image_label"] for row in found["links"]}
        for row in found["specimen_nodes"]:
            row["linked"] = judged.get(row["specimen_node"]) or row["image_label"]
        told = remarks(found["dissections"], found["specimen_nodes"])
        return found | {"remarks": [{"says": says} for says in told]}

    def enter(self, table: str, row: Mapping[str, Any], *, by: str) -> None:
        """Put a row of pathology in the place of the one of the same key, or add it.

        Raises:
            FormError: saying all that is wrong with it.
        """
        admit(self._trail, by, "enter pathology")
        self._known(str(row["participant"]))
        given = checked(table, row)
        before = self._row(table, given)
        if before is None or any(before[name] != value for name, value in given.items()):
            self._change(table, given, by=by, follow=lambda before: (before or {}) | given)

    def strike(self, table: str, row: Mapping[str, Any], *, by: str) -> None:
        """Take a row of pathology away; what it said stays among the corrections."""
        admit(self._trail, by, "enter pathology")
        if self._row(table, row) is None:
            raise FormError("this row is gone already; reload the page")
        gone = self._change(table, row, by=by, follow=lambda before: None)
        if table == "specimen_nodes":
            self._work.truth.write("links", [], gone)

    def link(
        self, participant: str, node: str, *, label: str | None, certainty: str | None, by: str
    ) -> None:
        """Say which image node a specimen node is, and how certain that is; or that it is none."""
        admit(self._trail, by, "enter pathology")
        here = {"participant": participant, "specimen_node": node}
        node_row = self._row("specimen_nodes", here)
        if node_row is None:
            raise FormError(f"there is no specimen node {node}; reload the page")
        if label is not None:
            if certainty not in CERTAINTIES:
                raise FormError(f"say how certain the link is: {', '.join(CERTAINTIES)}")
            self._check_link(node_row, label)
        linked = {"image_label": label if certainty in ("certain", "probable") else None}
        judged = {"image_label": label, "certainty": certainty}
        self._change(
            "specimen_nodes",
            here,
            by=by,
            more=judged,
            follow=lambda before: (before or {}) | linked,
        )
        told = here | judged | {"who": by, "at": self._trail.moment()}
        self._work.truth.write("links", [told] if label is not None else [], here)

    def propose(self, form: str, questions: list[str], *, by: str) -> Row:
        """Points for the answers of the signed learning cases, and how well they do."""
        admit(self._trail, by, "freeze a score")
        return propose(self._work, Readings(self._trail), form, questions=questions, by=by)

    def export(self, table: str, kind: str, *, by: str) -> bytes:
        """A table of the truth as csv or parquet; the trail tells who took it."""
        admit(self._trail, by, "export the truth")
        if table not in TABLES or not TABLES[table].truth:
            raise FormError(f"no table of the truth is called '{table}'")
        noted(Readings(self._trail), table, by=by)
        return packed(self._work.truth.read(table), kind)

    def _known(self, participant: str) -> None:
        if not len(self._work.tables.read("participants", {"participant": participant})):
            raise FormError(f"no participant is called {participant}")

    def _row(self, table: str, row: Mapping[str, Any]) -> Row | None:
        if table not in KEYS:
            raise FormError(f"'{table}' is not entered here")
        where = {name: str(row[name]) for name in KEYS[table]}
        return next(iter(self._work.truth.read(table, where).to_dicts()), None)

    def _check_link(self, node: Row, label: str) -> None:
        neck = self.neck(str(node["participant"]))
        sides = [row["side"] for row in neck["images"] if row["label"] == label]
        if not sides:
            raise FormError(f"nobody drew an image node {label}")
        if not any(_may_be_same(side, node["side"]) for side in sides):
            raise FormError(
                f"{label} lies on the {sides[0]}, {node['specimen_node']} on the "
                f"{node['side']}: a link never crosses the neck"
            )
        for other in neck["specimen_nodes"]:
            if (other["linked"] == label and other["specimen_node"] != node["specimen_node"]
                    and _may_be_same(other["side"], node["side"])):  # fmt: skip
                raise FormError(
                    f"{label} is linked to {other['specimen_node']} already; take that link away "
                    "first"
                )

    def _change(
        self,
        table: str,
        row: Mapping[str, Any],
        *,
        by: str,
        follow: Callable[[Row | None], Row | None],
        more: Mapping[str, Any] | None = None,
    ) -> dict[str, str]:
        """Put what follows from a row in its place, and keep both; one change at a time.

        Args:
            table: table of the truth.
            row: what names the row.
            by: who changes it.
            follow: what stands there afterwards, given what stands there now.
            more: what else the record of the change shall say.

        Returns:
            What names the row, as the table has it.
        """
        key = {name: str(row[name]) for name in KEYS[table]}
        details: dict[str, Any] = {}
        with self._trail.change(by, CHANGED, subject=key["participant"], details=details):
            before = self._row(table, key)
            after = follow(before)
            change = {
                "number": len(self._work.truth.read("corrections")) + 1,
                "at": self._trail.moment(),
                "who": by,
                "table": table,
                "participant": key["participant"],
                "item": " ".join(list(key.values())[1:]),
                "before": _json(before),
                "after": _json(after and after | dict(more or {})),
            }
            self._work.truth.add("corrections", [change])
            details |= {"number": change["number"], "digest": digest(self._trail, change)}
            self._work.truth.write(table, [after] if after else [], key)
        return key


def _in_turn(name: str) -> tuple[int, str]:
    """S2 before S10."""
    return len(name), name


def _may_be_same(one: str | None, other: str | None) -> bool:
    """Whether two nodes may lie on one side; a side that nobody told may be either."""
    return None in (one, other) or one == other


def digest(trail: Trail, change: Row) -> str:
    """A keyed digest of a change: whoever reads the trail cannot guess what it said."""
    return hmac.digest(trail.key, canonical(change).encode(), "sha256").hex()


def altered(work: Work, events: Sequence[Row], trail: Trail) -> list[str]:
    """Sentences on changes of pathology that are not those that the trail tells of."""
    kept = {row["number"]: row for row in work.truth.read("corrections").to_dicts()}
    told = {
        details["number"]: details["digest"]
        for event in events
        if event["action"] == CHANGED and (details := json.loads(event["details"]))
    }
    return [
        f"change {number} of pathology is not the one that was made"
        for number in sorted(kept.keys() | told.keys())
        if number not in kept or told.get(number) != digest(trail, kept[number])
    ] + _rows_altered(work, kept)


def _rows_altered(work: Work, kept: Mapping[int, Row]) -> list[str]:
    """Rows that are not as they were last entered in the pages."""
    last = {(row["table"], row["participant"], row["item"]): row for row in kept.values()}
    says = []
    for (table, participant, item), change in last.items():
        after = json.loads(change["after"]) if change["after"] else None
        rows = work.truth.read(table, {"participant": participant}).to_dicts()
        there = next(
            (row for row in rows if " ".join(str(row[n]) for n in KEYS[table][1:]) == item), None
        )
        if (after is None) != (there is None) or (
            after and there and any(_plain(there[name]) != after.get(name) for name in there
                                    if name != "image_label")
        ):  # fmt: skip
            says.append(
                f"{participant}, {item}: pathology is not as it was last entered in the pages "
                "(imported again since, or altered)"
            )
    return says


def _json(row: Row | None) -> str | None:
    return None if row is None else canonical({name: _plain(value) for name, value in row.items()})


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


def _counts(frame: pl.DataFrame) -> dict[str, int]:
    return dict(frame.group_by("participant").agg(pl.len()).rows())
