"""Pictures of nodes: the slice with the drawn contour, and the map with its colour bar."""

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup
from matplotlib import colormaps, image
from numpy.typing import NDArray

from nodewise.report.drawing import drawn
from nodewise.report.study import Outcome, Picture
from nodewise.report.words import number, shown, shown_unit

ORDER: tuple[Outcome, ...] = (
    "missed",
    "false alarm",
    "found",
    "cleared",
)
"""Outcomes of the gallery, errors first."""

MEANING = dict(zip(ORDER, ("missed", "false-alarm", "metastatic", "benign"), strict=True))
"""Outcome → the colour and mark with that fixed meaning."""

_SIDE, _GAP, _BAR = 200, 10, 34
_SLICE_MM, _MAP_MM = 90.0, 40.0
_RULER_MM = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One picture as the page shows it."""

    title: str
    outcome: Outcome
    meaning: str
    caption: str
    svg: Markup


def cards(pictures: Sequence[Picture]) -> dict[Outcome, list[Card]]:
    """Cards by outcome, errors first; an outcome without pictures is left out."""
    made = {each: [_card(one) for one in pictures if one.outcome == each] for each in ORDER}
    return {outcome: some for outcome, some in made.items() if some}


def lead(pictures: Sequence[Picture]) -> str:
    """What both halves of the pictures show, in words; nothing when there is no picture."""
    if not pictures:
        return ""
    mapped = sum(picture.map is not None for picture in pictures)
    right = "the same slice, nearer"
    if mapped:
        less = f" ({right}, where there is no such map)" if mapped < len(pictures) else ""
        right = f"the map around it voxel by voxel, white where nothing was fitted{less}"
    return f"On the left the slice with the drawn contour, on the right {right}. Errors come first."


def _card(picture: Picture) -> Card:
    return Card(
        title=picture.title,
        outcome=picture.outcome,
        meaning=MEANING[picture.outcome],
        caption=picture.caption,
        svg=_drawn(picture),
    )


def _drawn(picture: Picture) -> Markup:
    low, high = picture.map_range
    bar = np.linspace(high, low, 64)[:, None]
    return drawn(
        "node.svg",
        {
            "title": picture.title,
            "width": 2 * _SIDE + _GAP + _BAR,
            "side": _SIDE,
            "second": _SIDE + _GAP,
            "bar": 2 * _SIDE + _GAP + 4,
            "whole": _panel(picture, field_mm=_SLICE_MM),
            "part": _panel(picture, field_mm=_MAP_MM),
            "slice_png": _png(_grey(picture.image)),
            "map_png": _png(_near(picture)),
            "bar_png": None if picture.map is None else _png(_coloured(bar, picture.map_range)),
            "low": number(shown(low, picture.map_unit), digits=1),
            "high": number(shown(high, picture.map_unit), digits=1),
            "shape": picture.image.shape,
            "contour": _contour(picture.mask),
            "second_says": "the same, nearer" if picture.map is None else "map",
            "label": f"{picture.map_label} {shown_unit(picture.map_unit)}".strip(),
        },
    )


def _panel(picture: Picture, *, field_mm: float) -> dict[str, float]:
    """Where a window of the slice lies in pixels, and how it fits a square panel."""
    rows, columns = _window(picture, field_mm)
    row_mm, column_mm = picture.pixel_mm
    high, wide = (rows.stop - rows.start) * row_mm, (columns.stop - columns.start) * column_mm
    scale = _SIDE / max(high, wide)
    return {
        "row": rows.start,
        "column": columns.start,
        "rows": rows.stop - rows.start,
        "columns": columns.stop - columns.start,
        "x_scale": round(scale * column_mm, 4),
        "y_scale": round(scale * row_mm, 4),
        "left": round((_SIDE - scale * wide) / 2, 2),
        "top": round((_SIDE - scale * high) / 2, 2),
        "ruler": round(scale * _RULER_MM, 2),
    }


def _window(picture: Picture, field_mm: float) -> tuple[slice, slice]:
    """Rows and columns around the node: the whole of it, and a fixed field at least."""
    places = np.argwhere(picture.mask)
    if not len(places):
        return slice(0, picture.image.shape[0]), slice(0, picture.image.shape[1])
    spans = []
    for axis in (0, 1):
        first, last = int(places[:, axis].min()), int(places[:, axis].max()) + 1
        size = max(round(field_mm / picture.pixel_mm[axis]), last - first + 4)
        size = min(size, picture.image.shape[axis])
        start = min(max((first + last - size) // 2, 0), picture.image.shape[axis] - size)
        spans.append(slice(start, start + size))
    return spans[0], spans[1]


def _near(picture: Picture) -> NDArray[np.uint8]:
    """The map; without one, the slice again, nearer."""
    if picture.map is None:
        return _grey(picture.image)
    return _coloured(picture.map, picture.map_range)


def _grey(values: NDArray[np.generic]) -> NDArray[np.uint8]:
    """Grey from the 1st to the 99th percentile."""
    real = np.nan_to_num(values.astype(float))
    low, high = np.percentile(real, [1, 99])
    share = np.clip((real - low) / (high - low or 1.0), 0, 1)
    return _bytes(np.repeat(share[..., None], 3, axis=2))


def _coloured(values: NDArray[np.float64], span: tuple[float, float]) -> NDArray[np.uint8]:
    """Colours of a map; white where nothing was fitted."""
    low, high = span
    share = np.clip((values - low) / (high - low or 1.0), 0, 1)
    colours = colormaps["cividis"](np.nan_to_num(share))[..., :3]
    colours[~np.isfinite(values)] = 1.0
    return _bytes(colours)


def _bytes(colours: NDArray[np.float64]) -> NDArray[np.uint8]:
    return np.round(255 * colours).astype(np.uint8)


def _png(pixels: NDArray[np.uint8]) -> str:
    """An image as a data address, the same bytes every time."""
    file = io.BytesIO()
    image.imsave(file, pixels, format="png", metadata={"Software": "nodewise"})
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode("ascii")


def _contour(mask: NDArray[np.bool_]) -> str:
    """The rim of a mask along its voxels' edges, in pixels."""
    framed = np.pad(mask, 1).astype(np.int8)
    across = np.argwhere(np.diff(framed, axis=0)[:, 1:-1])
    down = np.argwhere(np.diff(framed, axis=1)[1:-1, :])
    return "".join(
        [f"M{column} {row}h1" for row, column in across]
        + [f"M{column} {row}v1" for row, column in down]
    )
