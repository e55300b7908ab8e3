"""RECIST 1.1 and iRECIST of a neck's nodes: which are targets, and what each visit says."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from nodewise.criteria.response import Irecist, Recist, RecistNode
from nodewise.criteria.rules import Decision

MOST = 2
"""Targets of one organ at most; all nodes are one organ.

Source: RECIST 1.1 (established knowledge, confidence high)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One visit: the nodes that were measured then.

    Args:
        week: since baseline.
        short_axes: node → short axis, mm; None where it could not be measured.
        new_lesion: a new lesion; None when nobody said.
        other_disease: disease outside the nodes remains; None when nobody said.
    """

    week: float
    short_axes: dict[str, float | None]
    new_lesion: bool | None = None
    other_disease: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """What a visit says against baseline and nadir.

    Args:
        week: since baseline.
        sum_mm: of the targets' short axes; None where one of them was not measured.
        nadir_mm: smallest sum before.
        recist: rows of RECIST 1.1; None where there is no target.
        irecist: rows of iRECIST; None where RECIST is open.
    """

    week: float
    sum_mm: float | None
    nadir_mm: float | None
    recist: Decision | None
    irecist: Decision | None


def targets(short_axes: Mapping[str, float | None]) -> tuple[str, ...]:
    """The nodes that are followed by size: the two largest of 15 mm or more at baseline.

    Args:
        short_axes: node → short axis at baseline, mm.

    >>> targets({"A": 15.0, "B": 14.9, "C": 22.0, "D": 16.0})
    ('C', 'D')
    """
    measurable = {
        node: size
        for node, size in short_axes.items()
        if size is not None and RecistNode(short_axis_mm=size).decide().answer == "target"
    }
    return tuple(sorted(measurable, key=lambda node: (-measurable[node], node))[:MOST])


def follow(visits: Sequence[Visit]) -> Iterator[Followed]:
    """Every visit after the first, which is the baseline; in the order of their weeks.

    A node of the baseline that a visit does not tell was not measured there. After a confirmed
    progression iRECIST says no more.
    """
    baseline, *later = sorted(visits, key=lambda visit: visit.week)
    chosen = targets(baseline.short_axes)
    first = nadir = _sum(baseline, chosen)
    unconfirmed: float | None = None
    confirmed = False
    for visit in later:
        seen = replace(visit, short_axes=dict.fromkeys(baseline.short_axes) | visit.short_axes)
        now = _sum(seen, chosen)
        recist = _recist(seen, (first, nadir, now)) if chosen else None
        irecist = None if confirmed else _irecist(recist, visit.week, unconfirmed)
        yield Followed(week=visit.week, sum_mm=now, nadir_mm=nadir, recist=recist, irecist=irecist)
        said = irecist.answer if irecist else None
        confirmed = confirmed or said == "iCPD"
        if said != "iUPD":
            unconfirmed = None
        elif unconfirmed is None or visit.week - unconfirmed > 8:
            unconfirmed = visit.week
        nadir = min((size for size in (nadir, now) if size is not None), default=None)


def _sum(visit: Visit, chosen: Sequence[str]) -> float | None:
    sizes = [visit.short_axes.get(node) for node in chosen]
    known = [size for size in sizes if size is not None]
    return round(sum(known), 9) if len(known) == len(sizes) else None


def _recist(visit: Visit, sums: tuple[float | None, float | None, float | None]) -> Decision:
    baseline, nadir, now = sums
    sizes = list(visit.short_axes.values())
    known = [size for size in sizes if size is not None]
    return Recist(
        baseline_mm=baseline,
        nadir_mm=nadir,
        now_mm=now,
        largest_node_mm=max(known) if known and len(known) == len(sizes) else None,
        other_disease=visit.other_disease,
        new_lesion=visit.new_lesion,
    ).decide()


def _irecist(recist: Decision | None, week: float, unconfirmed: float | None) -> Decision | None:
    """A progression is confirmed against the first visit that showed it."""
    if recist is None or recist.answer is None:
        return None
    return Irecist.model_validate(
        {
            "recist": recist.answer,
            "previous": "other" if unconfirmed is None else "iUPD",
            "weeks": None if unconfirmed is None else week - unconfirmed,
        }
    ).decide()
