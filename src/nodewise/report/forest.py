"""Forest plots: estimates with their intervals, one a line."""

from collections.abc import Sequence
from dataclasses import dataclass

from nodewise.report.accuracy import Row, estimates, found, strata
from nodewise.report.axis import Axis
from nodewise.report.drawing import drawn
from nodewise.report.sheet import Figure
from nodewise.report.study import Study
from nodewise.report.words import units
from nodewise.trial import Analysis, named

_LINE, _TOP, _BOTTOM = 26, 8, 40
_PLOT, _LETTER = 210, 6.7


@dataclass(frozen=True, slots=True, kw_only=True)
class ForestRow:
    """One line of a forest plot: an estimate between 0 and 1 with its limits, None if unknown."""

    label: str
    value: float | None
    low: float | None
    high: float | None
    text: str


def forest(title: str, rows: Sequence[ForestRow], *, caption: str) -> Figure:
    """A forest plot of proportions."""
    left = max([76.0, *(_LETTER * len(row.label) + 16 for row in rows)])
    right = max(_LETTER * len(row.text) + 16 for row in rows)
    axis = Axis(low=0, high=1, start=left, end=left + _PLOT)
    foot = _TOP + _LINE * len(rows)
    svg = drawn(
        "forest.svg",
        {
            "title": title,
            "width": round(left + _PLOT + right),
            "height": foot + _BOTTOM,
            "top": _TOP,
            "foot": foot,
            "start": axis.start,
            "end": axis.end,
            "lines": [_line(row, axis, y=_TOP + _LINE * (at + 0.5)) for at, row in enumerate(rows)],
            "ticks": [(axis.at(value), label) for value, label in axis.ticks()],
        },
    )
    return Figure(svg=svg, width=round(left + _PLOT + right), title=title, caption=caption)


def _line(row: ForestRow, axis: Axis, *, y: float) -> dict[str, object]:
    return {
        "label": row.label,
        "text": row.text,
        "y": y,
        "x": None if row.value is None else axis.at(row.value),
        "low": None if row.low is None else axis.at(row.low),
        "high": None if row.high is None else axis.at(row.high),
    }


def by_unit(study: Study, analysis: Analysis, *, test: str) -> list[Figure]:
    """Sensitivity and specificity of a test, one line per unit of analysis."""
    name = named(study.trial.tests, test).title
    each = {unit: estimates(study, analysis.name, test=test, unit=unit) for unit in analysis.units}
    return [
        forest(
            quantity.capitalize(),
            [_row(units(unit), each[unit], quantity=quantity) for unit in each],
            caption=(
                f"{quantity.capitalize()} of {name} by unit of analysis: estimate, interval "
                "clustered by patient, and units counted."
            ),
        )
        for quantity in ("sensitivity", "specificity")
        if any(found(rows, quantity) for rows in each.values())
    ]


def by_level(study: Study, analysis: Analysis, *, test: str, unit: str) -> list[Figure]:
    """Sensitivity and specificity of a test, one line per neck level."""
    name = named(study.trial.tests, test).title
    rows = estimates(study, analysis.name, test=test, unit=unit)
    levels = strata(rows)
    return [
        forest(
            quantity.capitalize(),
            [_row(level, rows, quantity=quantity, stratum=level) for level in levels],
            caption=(
                f"{quantity.capitalize()} of {name} by neck level, counted by {units(unit, 1)}. "
                "Wide intervals mean few units, not a difference between levels."
            ),
        )
        for quantity in ("sensitivity", "specificity")
        if levels
    ]


def _row(label: str, rows: Sequence[Row], *, quantity: str, stratum: str = "all") -> ForestRow:
    estimate = found(rows, quantity, stratum=stratum)
    if estimate is None or estimate.value is None:
        return ForestRow(label=label, value=None, low=None, high=None, text="not estimable")
    return ForestRow(
        label=label,
        value=estimate.value,
        low=estimate.low,
        high=estimate.high,
        text=f"{estimate.text}  {estimate.counts}",
    )
