"""A map of a model: a simulated piece of neck with two nodes, its truth and its fit, as PNG."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO

import numpy as np
from matplotlib.figure import Figure

from nodewise.maps import Fit
from nodewise.volume import Array, Mask

SIDE = 40  # voxels
NODES = (((13.0, 14.0), (8.5, 6.5)), ((27.0, 27.0), (6.0, 9.0)))  # centre and half axes, voxels
HIDDEN = "s0"
TITLES = ("true", "fitted", "fitted, where determined")
GREY = "#d8d8d8"


def tissues() -> Array:
    """0 around, 1 and 2 in the two nodes, shape (SIDE, SIDE)."""
    kinds = np.zeros((SIDE, SIDE))
    row, column = np.mgrid[:SIDE, :SIDE]
    for number, ((top, left), (high, wide)) in enumerate(NODES, 1):
        kinds[((row - top) / high) ** 2 + ((column - left) / wide) ** 2 <= 1] = number
    return kinds


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What one row of the figure shows.

    Args:
        name: of the quantity.
        unit: house unit.
        truth: shape (rows, columns).
        found: the same, fitted; NaN where there is no fit.
        sure: where it is shown a second time.
    """

    name: str
    unit: str
    truth: Array
    found: Array
    sure: Mask


def rows_of(truth: Array, found: Fit) -> list[Row]:
    """A row per parameter but the amplitude, of truth, shape (SIDE, SIDE, p)."""
    return [
        Row(
            name=each.name,
            unit=each.unit,
            truth=truth[..., place],
            found=found.parameter(each.name),
            sure=found.determined(each.name),
        )
        for place, each in enumerate(found.parameters)
        if each.name != HIDDEN
    ]


def picture(rows: Sequence[Row], titles: Sequence[str] = TITLES) -> bytes:
    """The figure, PNG: a row per quantity with one colour scale, a panel per title."""
    figure = Figure(figsize=(6.4, 0.35 + 1.75 * len(rows)), dpi=100, layout="constrained")
    axes = figure.subplots(len(rows), len(titles), squeeze=False)
    for row, line in zip(rows, axes, strict=True):
        low, high = scale(row.truth)
        power = -3 if max(abs(low), abs(high)) < 0.05 else 0
        panels = (row.truth, row.found, np.where(row.sure, row.found, np.nan))[: len(titles)]
        for axis, values in zip(line, panels, strict=True):
            axis.set(xticks=[], yticks=[], facecolor=GREY)
            image = axis.imshow(
                values / 10.0**power,
                cmap="viridis",
                vmin=low / 10.0**power,
                vmax=high / 10.0**power,
                interpolation="nearest",
            )
        bar = figure.colorbar(image, ax=list(line), shrink=0.92, extend="both", aspect=12)
        bar.set_label(labelled(row, power))
    for axis, title in zip(axes[0], titles, strict=True):
        axis.set_title(title, fontsize=10)
    target = BytesIO()
    figure.savefig(target, format="png", bbox_inches="tight", metadata={"Software": None})
    return target.getvalue()


def labelled(row: Row, power: int) -> str:
    """A quantity with its unit, and the power of ten that its scale is in."""
    unit = " ".join(filter(None, ("10⁻³" if power else "", "" if row.unit == "1" else row.unit)))
    if not unit:
        return row.name
    return f"{row.name} / ({unit})" if "/" in unit or " " in unit else f"{row.name} / {unit}"


def scale(truth: Array) -> tuple[float, float]:
    """Limits of colour: half the least and half as much again as the greatest truth."""
    low, high = float(np.nanmin(truth)), float(np.nanmax(truth))
    return (0.5 if low > 0 else 1.5) * low, (1.5 if high > 0 else 0.5) * high


def shares(rows: Sequence[Row]) -> Iterator[str]:
    """In how many voxels each quantity is determined."""
    for row in rows:
        yield f"{row.name} in {100 * row.sure.mean():.0f} %"
