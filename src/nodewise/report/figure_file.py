"""A figure as a file of its own: SVG with its caption, and the look of the pages inside it."""

import re

from nodewise.report.drawing import drawn, style, wrapped
from nodewise.report.sheet import Figure

_LETTER, _LINE, _HEAD, _LEAST = 5.9, 16, 26, 330
_FONT = "font-family: system-ui, -apple-system, 'Segoe UI', 'Liberation Sans', Arial, sans-serif;"


def figure_file(figure: Figure) -> str:
    """The text of an SVG file that needs no page: title, drawing, caption."""
    width = max(figure.width, _LEAST)
    height = int(re.findall(r'height="(\d+)', figure.svg)[0])
    lines = wrapped(figure.caption, characters=int(width / _LETTER))
    text = drawn(
        "alone.svg",
        {
            "style": _look(),
            "title": figure.title,
            "svg": figure.svg,
            "width": width + 16,
            "height": _HEAD + height + _LINE * (len(lines) + 1),
            "head": _HEAD,
            "lines": [(_HEAD + height + _LINE * (at + 1), line) for at, line in enumerate(lines)],
        },
    )
    return str(text)


def _look() -> str:
    """The rules of drawings from the one stylesheet, with its colours filled in."""
    sheet = str(style())
    colours = dict(re.findall(r"(--[\w-]+): ([^;]+);", sheet))
    rules = re.findall(r"(?m)^svg .*\}$", sheet)
    look = "\n".join(
        ["svg { " + _FONT + " font-variant-numeric: tabular-nums lining-nums; }", *rules]
    )
    return re.sub(r"var\((--[\w-]+)\)", lambda found: colours[found[1]], look)
