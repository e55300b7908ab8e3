"""A figure of curves as SVG, its text as text."""

from collections.abc import Iterator, Sequence
from html import escape

import numpy as np

from nodewise.report.axis import Axis, around
from nodewise.volume import Array

WIDTH, HEIGHT = 560, 300
LEFT, RIGHT, TOP, BOTTOM = 64, 536, 48, 254
STYLES = (("#0072b2", "7 4"), ("#000000", ""), ("#d55e00", "2 3"))  # Okabe-Ito; colour and dashes
Line = tuple[str, Array, bool]
"""Label, values, and whether it is the typical one."""


def curve(
    lines: tuple[Array, Sequence[Line]], dots: tuple[Array, Array], *, axes: tuple[str, str]
) -> str:
    """Three lines over x and a measurement as dots.

    Args:
        lines: x, shape (n,), and the lines over it.
        dots: x and y, shape (m,).
        axes: what lies across and up.
    """
    x, curves = lines
    tops = [values[np.isfinite(values)] for _, values, _ in curves] + [dots[1]]
    low, high = around([float(f(each)) for each in tops for f in (np.min, np.max)])
    across = Axis(low=min(0.0, float(x[0])), high=float(x[-1]), start=LEFT, end=RIGHT)
    up = Axis(low=min(low, 0.0) if low < 0 else 0.0, high=high, start=BOTTOM, end=TOP)
    parts = [
        *frame(across, up, axes),
        *drawn_lines(across, up, lines),
        *(
            f'<circle cx="{across.at(float(a))}" cy="{up.at(float(b))}" r="2.4"/>'
            for a, b in zip(*dots, strict=True)
        ),
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'font-family="system-ui, sans-serif" font-size="13" width="{WIDTH}" height="{HEIGHT}">\n'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>\n'
        + "\n".join(parts)
        + "\n</svg>\n"
    )


def frame(across: Axis, up: Axis, axes: tuple[str, str]) -> Iterator[str]:
    """Axes with their ticks and names."""
    yield (f'<path d="M{LEFT} {TOP}V{BOTTOM}H{RIGHT}" fill="none" stroke="#555555"/>')
    for value, label in across.ticks(about=6):
        place = across.at(value)
        yield f'<path d="M{place} {BOTTOM}v4" stroke="#555555"/>'
        yield f'<text x="{place}" y="{BOTTOM + 17}" text-anchor="middle">{minus(label)}</text>'
    for value, label in up.ticks(about=5):
        place = up.at(value)
        yield f'<path d="M{LEFT - 4} {place}h4" stroke="#555555"/>'
        yield f'<text x="{LEFT - 8}" y="{place + 4:.2f}" text-anchor="end">{minus(label)}</text>'
    middle = (LEFT + RIGHT) / 2
    yield f'<text x="{middle}" y="{HEIGHT - 10}" text-anchor="middle">{escape(axes[0])}</text>'
    yield (
        f'<text transform="translate(16 {(TOP + BOTTOM) / 2}) rotate(-90)" '
        f'text-anchor="middle">{escape(axes[1])}</text>'
    )


def drawn_lines(across: Axis, up: Axis, lines: tuple[Array, Sequence[Line]]) -> Iterator[str]:
    """Lines, and above them what each shows."""
    x, curves = lines
    start = LEFT - 30.0
    for (label, values, typical), (colour, dashes) in zip(curves, STYLES, strict=True):
        stroke = f'fill="none" stroke="{colour}" stroke-width="{2.4 if typical else 1.8}"'
        dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
        points = " ".join(
            f"{across.at(float(a)):.1f},{up.at(float(b)):.1f}"
            for a, b in zip(x, values, strict=True)
            if np.isfinite(b)
        )
        yield f'<polyline points="{points}" {stroke}{dashed}/>'
        yield f'<path d="M{start:.0f} 22h26" {stroke}{dashed}/>'
        yield f'<text x="{start + 32:.0f}" y="26">{escape(label)}</text>'
        start += 54 + 7 * len(label)


def minus(label: str) -> str:
    """A number with a real minus."""
    return label.replace("-", "−")
