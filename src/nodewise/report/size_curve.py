"""Power, or precision, over the number of patients."""

from collections.abc import Sequence
from dataclasses import dataclass

from nodewise.report.axis import Axis
from nodewise.report.frame import Frame
from nodewise.report.sheet import Figure

_WIDE, _HIGH, _LEFT, _TOP = 380, 220, 52, 10


@dataclass(frozen=True, slots=True, kw_only=True)
class SizePoint:
    """One number of patients: a value with the limits of its simulation error."""

    patients: int
    value: float
    low: float
    high: float


def size_curve(
    title: str, points: Sequence[SizePoint], *, quantity: str, wanted: float | None, caption: str
) -> Figure:
    """A curve over the number of patients.

    Args:
        title: of the figure.
        points: by number of patients.
        quantity: what the curve is of: power, half-width.
        wanted: drawn as a line across; None: no line.
        caption: of the figure.
    """
    heights = [*(point.high for point in points), *([] if wanted is None else [wanted])]
    across = Axis(
        low=0, high=max(point.patients for point in points), start=_LEFT, end=_LEFT + _WIDE
    )
    top = 1.0 if quantity == "power" else 1.05 * max(heights)
    up = Axis(low=0, high=top, start=_TOP + _HIGH, end=_TOP)
    places = [(across.at(point.patients), up.at(point.value)) for point in points]
    labels = across.ticks(about=6), up.ticks()
    frame = Frame(across=across, up=up, labels=labels, names=("patients enrolled", quantity))
    svg = frame.drawn(
        "size.svg",
        title,
        {
            "curve": "M" + "L".join(f"{x:g} {y:g}" for x, y in places),
            "points": [
                (x, y, up.at(point.low), up.at(point.high))
                for (x, y), point in zip(places, points, strict=True)
            ],
            "wanted": None if wanted is None else up.at(wanted),
        },
    )
    return Figure(svg=svg, width=frame.width, title=title, caption=caption)
