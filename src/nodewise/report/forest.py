"""Forest plots: estimates with their intervals, one a line."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from nodewise.report.accuracy import Row, estimates, found, strata
from nodewise.report.axis import Axis
from nodewise.report.drawing import drawn
from nodewise.report.sheet import Figure
from nodewise.report.study import Study
from nodewise.report.words import units
from nodewise.trial import Analysis, named

_LINE, _TOP, _BOTTOM = 26, 8, 40
_LABEL, _PLOT, _TEXT = 92, 210, 186
WIDTH = _LABEL + _PLOT + _TEXT
"""Width of a forest plot, px."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ForestRow:
    """One line of a forest plot: an estimate between 0 and 1 with its limits, None if unknown."""

    label: str
    value: float | None
    low: float | None
    high: float | None
    text: str


def forest(title: str, rows: Sequence[ForestRow]) -> Markup:
    """A forest plot of proportions as SVG."""
    axis = Axis(low=0, high=1, start=_LABEL, end=_LABEL + _PLOT)
    lines = [
        {
            "label": row.label,
            "text": row.text,
            "y": _TOP + _LINE * (at + 0.5),
            "x": None if row.value is None else axis.at(row.value),
            "low": None if row.low is None else axis.at(row.low),
            "high": None if row.high is None else axis.at(row.high),
        }
        for at, row in enumerate(rows)
    ]
    return drawn(
        "forest.svg",
        {
            "title": title,
            "width": WIDTH,
            "height": _TOP + _LINE * len(rows) + _BOTTOM,
            "top": _TOP,
            "foot": _TOP + _LINE * len(rows),
            "start": _LABEL,
            "end": _LABEL + _PLOT,
            "lines": lines,
            "ticks": [(axis.at(value), label) for value, label in axis.ticks()],
        },
    )


def by_unit(study: Study, analysis: Analysis, *, test: str) -> list[Figure]:
    """Sensitivity and specificity of a test, one line per unit of analysis."""
    name = named(study.trial.index_test, test).title
    each = {unit: estimates(study, analysis.name, test=test, unit=unit) for unit in analysis.units}
    return [
        Figure(
            svg=forest(quantity, [_row(units(unit), each[unit], quantity, "all") for unit in each]),
            width=WIDTH,
            title=quantity.capitalize(),
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
    name = named(study.trial.index_test, test).title
    rows = estimates(study, analysis.name, test=test, unit=unit)
    levels = strata(rows)
    return [
        Figure(
            svg=forest(quantity, [_row(level, rows, quantity, level) for level in levels]),
            width=WIDTH,
            title=quantity.capitalize(),
            caption=(
                f"{quantity.capitalize()} of {name} by neck level, counted by {units(unit, 1)}. "
                "Wide intervals mean few units, not a difference between levels."
            ),
        )
        for quantity in ("sensitivity", "specificity")
        if levels
    ]


def _row(label: str, rows: Sequence[Row], quantity: str, stratum: str) -> ForestRow:
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
