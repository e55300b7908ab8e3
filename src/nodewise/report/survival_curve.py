"""Shares over time as steps, with their limits and the numbers at risk below."""

from collections.abc import Sequence
from dataclasses import dataclass

from nodewise.report.axis import Axis
from nodewise.report.frame import Frame
from nodewise.report.sheet import Figure

MONTH = 365.25 / 12
_WIDE, _HIGH, _LEFT, _TOP, _RISK = 330, 190, 60, 10, 40
_DASHES = ("", "7 4", "2 4")
Row = dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """One curve.

    Args:
        name: what it is of.
        rows: of the outcome_curves table, by day.
        begins: share at the start: 1 of those free of the event, 0 of those with it.
        start: day on which it starts.
        counts: whether its numbers at risk are shown.
    """

    name: str
    rows: Sequence[Row]
    begins: float
    start: float = 0.0
    counts: bool = True


def survival_curve(  # noqa: PLR0913 a figure is its curves, two axes and the words about them
    title: str, lines: Sequence[Steps], *, share: str, until: float, origin: str, caption: str
) -> Figure:
    """Curves over months; a band is drawn where there is one curve with numbers at risk.

    Args:
        title: of the figure.
        lines: up to three.
        share: what the upright axis is of.
        until: last day of the axis.
        origin: what months are counted from.
        caption: of the figure.
    """
    across = Axis(low=0, high=until, start=_LEFT, end=_LEFT + _WIDE)
    up = Axis(low=0, high=1, start=_TOP + _HIGH, end=_TOP)
    ticks = _months(until)
    foot, alone = _TOP + _HIGH, sum(line.counts for line in lines) == 1
    places = [foot + 58]
    for line in lines:
        places.append(places[-1] + (_RISK if line.counts else _RISK - 18))
    frame = Frame(
        across=across,
        up=up,
        labels=([(month * MONTH, f"{month}") for month in ticks], up.ticks()),
        names=(f"months from {origin}", share),
        below=places[-1] - foot,
    )
    svg = frame.drawn(
        "survival.svg",
        title,
        {
            "lines": [
                _shown(line, (across, up), ticks, banded=alone and line.counts)
                | {"dashes": dashes, "at": place}
                for line, dashes, place in zip(lines, _DASHES, places, strict=False)
            ]
        },
    )
    return Figure(svg=svg, width=frame.width, title=title, caption=caption)


def _shown(
    line: Steps, axes: tuple[Axis, Axis], ticks: Sequence[int], *, banded: bool
) -> dict[str, object]:
    """What is drawn of one curve."""
    return {
        "name": line.name,
        "path": _path(line, "value", axes),
        "band": _band(line, axes) if banded else None,
        "lost": _lost(line, axes) if line.counts else [],
        "at_risk": [
            (axes[0].at(month * MONTH), count)
            for month in _counted_at(line, ticks)
            if (count := _at_risk(line, month * MONTH)) is not None
        ],
    }


def _months(until: float) -> list[int]:
    """Months to label: whole years, or quarters of short follow-up."""
    step = 12 if until > 30 * MONTH else 6 if until > 15 * MONTH else 3
    return list(range(0, int(until / MONTH + 0.01) + 1, step))


def _counted_at(line: Steps, ticks: Sequence[int]) -> list[float]:
    """Months at which numbers at risk stand: those labelled, and where the curve begins."""
    begins = line.start / MONTH
    return [*([begins] if begins else []), *(month for month in ticks if month >= begins)]


def _at_risk(line: Steps, day: float) -> int | None:
    """Patients under follow-up just before a day; none before the curve starts."""
    if not line.counts or day < line.start - 0.5:
        return None
    later = [row["at_risk"] for row in line.rows if _real(row["day"]) >= day - 0.5]
    return int(str(later[0])) if later else 0


def _path(line: Steps, column: str, axes: tuple[Axis, Axis]) -> str:
    across, up = axes
    path, last = f"M{across.at(line.start):g} {up.at(line.begins):g}", line.begins
    for row in line.rows:
        value = _real(row[column]) if row[column] is not None else last
        path += f"H{across.at(_real(row['day'])):g}V{up.at(value):g}"
        last = value
    return path


def _band(line: Steps, axes: tuple[Axis, Axis]) -> str | None:
    """Between the limits, from the first day on which there are any."""
    across, up = axes
    known = [row for row in line.rows if row["low"] is not None and row["high"] is not None]
    if not known:
        return None
    days = [across.at(_real(row["day"])) for row in known]
    end = across.at(max(_real(row["day"]) for row in line.rows))
    over, under = f"M{days[0]:g} {up.at(_real(known[0]['high'])):g}", ""
    for row, nxt in zip(known, [*days[1:], end], strict=True):
        over += f"V{up.at(_real(row['high'])):g}H{nxt:g}"
    for row, day in zip(reversed(known), reversed(days), strict=True):
        under += f"V{up.at(_real(row['low'])):g}H{day:g}"
    return f"{over}{under}Z"


def _lost(line: Steps, axes: tuple[Axis, Axis]) -> list[tuple[float, float]]:
    """Where follow-up ends without an event."""
    across, up = axes
    return [
        (across.at(_real(row["day"])), up.at(_real(row["value"])))
        for row in line.rows
        if row["lost"] and _real(row["day"]) <= across.high
    ]


def _real(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
