"""A signal over time with the bolus fitted to it."""

from collections.abc import Sequence
from dataclasses import dataclass

from nodewise.report.axis import Axis, around
from nodewise.report.frame import Frame
from nodewise.report.sheet import Figure

_WIDE, _HIGH, _LEFT, _TOP = 480, 220, 64, 24

Point = tuple[float, float]
"""A time, s, and a signal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bolus:
    """What is drawn of one region.

    Args:
        seen: signals of frames that were followed.
        unmoved: signals of frames that were kept in place.
        fitted: the curve; empty where there is none.
        marks: times, s, with their names.
        wash_in: from where to where the area of wash-in goes, s; None where there is none.
    """

    seen: Sequence[Point]
    unmoved: Sequence[Point]
    fitted: Sequence[Point]
    marks: Sequence[tuple[float, str]]
    wash_in: Point | None


def time_curve(title: str, bolus: Bolus, *, caption: str) -> Figure:
    """The signal of a region, its fit, and where wash-in starts, peaks and ends.

    Args:
        title: of the figure.
        bolus: what is drawn.
        caption: of the figure.
    """
    every = [*bolus.seen, *bolus.unmoved, *bolus.fitted]
    low, high = around([0.0, *(signal for _, signal in every)])
    times = [time for time, _ in every] or [0.0, 1.0]
    across = Axis(low=min(times), high=max(times), start=_LEFT, end=_LEFT + _WIDE)
    up = Axis(low=low, high=high, start=_TOP + _HIGH, end=_TOP)

    labels = across.ticks(about=6), up.ticks()
    frame = Frame(across=across, up=up, labels=labels, names=("time, s", "echo power, a.u."))

    def places(points: Sequence[Point]) -> list[Point]:
        return [(across.at(time), up.at(signal)) for time, signal in points]

    svg = frame.drawn(
        "time.svg",
        title,
        {
            "seen": places(bolus.seen),
            "unmoved": places(bolus.unmoved),
            "curve": _line(places(bolus.fitted)),
            "band": _area(places(_within(bolus)), up.at(0.0)),
            "marks": [
                (across.at(time), name)
                for time, name in bolus.marks
                if across.low <= time <= across.high
            ],
        },
    )
    return Figure(svg=svg, width=frame.width, title=title, caption=caption)


def _within(bolus: Bolus) -> list[Point]:
    if bolus.wash_in is None:
        return []
    first, last = bolus.wash_in
    return [(time, signal) for time, signal in bolus.fitted if first <= time <= last]


def _line(points: Sequence[Point]) -> str:
    return "M" + "L".join(f"{x:g} {y:g}" for x, y in points) if points else ""


def _area(points: Sequence[Point], foot: float) -> str:
    if not points:
        return ""
    return f"{_line(points)}L{points[-1][0]:g} {foot:g}L{points[0][0]:g} {foot:g}Z"
