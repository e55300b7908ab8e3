"""ROC curves with their band, and the cut-off marked on them."""

from collections.abc import Sequence

from nodewise.report.accuracy import Found, Row, estimates, found
from nodewise.report.axis import Axis
from nodewise.report.frame import Frame
from nodewise.report.sheet import Figure
from nodewise.report.study import Study
from nodewise.report.words import counted, units
from nodewise.trial import Analysis, Test

_SIDE, _LEFT, _TOP = 240, 52, 10
_ACROSS = Axis(low=0, high=1, start=_LEFT, end=_LEFT + _SIDE)
_UP = Axis(low=0, high=1, start=_TOP + _SIDE, end=_TOP)
_FRAME = Frame(
    across=_ACROSS,
    up=_UP,
    labels=(_ACROSS.ticks(), _UP.ticks()),
    names=("1 − specificity", "sensitivity"),
    right=14,
)

Mark = dict[str, float | None]
Limits = tuple[float, float | None, float | None]


def roc_curves(study: Study, analysis: Analysis, *, unit: str) -> list[Figure]:
    """One ROC curve per index test that has one, confirmatory tests first."""
    tests = sorted(study.trial.tests_of(analysis), key=lambda test: test.role == "exploratory")
    curves = [(test, _points(study, analysis.name, test=test.name, unit=unit)) for test in tests]
    return [
        _curve(study, test, analysis=analysis, unit=unit, points=points)
        for test, points in curves
        if points
    ]


def _points(study: Study, analysis: str, *, test: str, unit: str) -> list[dict[str, object]]:
    return [
        row
        for row in study.rows("curves", by=("analysis", "test", "unit", "point"))
        if (row["analysis"], row["test"], row["unit"]) == (analysis, test, unit)
        and isinstance(row["sensitivity"], float)
        and isinstance(row["specificity"], float)
    ]


def _curve(
    study: Study,
    test: Test,
    *,
    analysis: Analysis,
    unit: str,
    points: Sequence[dict[str, object]],
) -> Figure:
    rows = estimates(study, analysis.name, test=test.name, unit=unit)
    area = found(rows, "auc")
    mark = _mark(rows) if test.value != "unknown" else None
    return roc_figure(
        test.title,
        points,
        mark=mark,
        title=f"{test.title}, by {units(unit, 1)}",
        caption=f"{_area(area, unit)} {_reading(test, marked=mark is not None)}".strip(),
    )


def roc_figure(
    name: str, points: Sequence[Row], *, mark: Mark | None, title: str, caption: str
) -> Figure:
    """An ROC curve.

    Args:
        name: of the score.
        points: sensitivity, specificity and the band's low and high, from nobody to everybody.
        mark: where a cut-off lies, from cutoff_mark.
        title: of the figure.
        caption: of the figure.
    """
    svg = _FRAME.drawn(
        "roc.svg",
        f"ROC curve of {name}",
        {"curve": _line(points, "sensitivity"), "band": _band(points), "mark": mark},
    )
    return Figure(svg=svg, width=_FRAME.width, title=title, caption=caption)


def _area(area: Found | None, unit: str) -> str:
    if area is None or area.value is None:
        return "AUC not estimable."
    patients = [counted(area.patients, "patient")] if area.patients else []
    counts = [counted(area.units, units(unit, 1), units(unit))] if area.units else []
    told = " in ".join(patients if unit == "patient" else counts + patients)
    return f"AUC {area.text}{'; ' if told else ''}{told}."


def _reading(test: Test, *, marked: bool) -> str:
    if test.role == "exploratory" and test.value == "unknown":
        return "Exploratory: no cut-off was frozen, and none is chosen here."
    if not marked:
        return ""
    which = "frozen" if test.role == "confirmatory" else "exploratory"
    return f"The diamond is the {which} cut-off, with the intervals of sensitivity and specificity."


def _line(points: Sequence[Row], height: str) -> str:
    places = [
        f"{_ACROSS.at(1 - _real(point['specificity'])):g} {_UP.at(_real(point[height])):g}"
        for point in points
    ]
    return "M" + "L".join(places)


def _band(points: Sequence[Row]) -> str | None:
    """The band of the sensitivity as a closed line; nothing where a limit is not known."""
    known = [
        point
        for point in points
        if isinstance(point["low"], float) and isinstance(point["high"], float)
    ]
    if len(known) < 2:
        return None
    back = _line(list(reversed(known)), "low")
    return _line(known, "high") + "L" + back[1:] + "Z"


def _mark(rows: Sequence[Row]) -> Mark | None:
    """Where the cut-off lies, with both intervals."""
    hit, clear = found(rows, "sensitivity"), found(rows, "specificity")
    if hit is None or clear is None or hit.value is None or clear.value is None:
        return None
    return cutoff_mark((hit.value, hit.low, hit.high), (clear.value, clear.low, clear.high))


def cutoff_mark(hit: Limits, clear: Limits) -> Mark:
    """Where a cut-off lies: value, low and high of its sensitivity and of its specificity."""
    return {
        "x": _ACROSS.at(1 - clear[0]),
        "y": _UP.at(hit[0]),
        "left": None if clear[2] is None else _ACROSS.at(1 - clear[2]),
        "right": None if clear[1] is None else _ACROSS.at(1 - clear[1]),
        "lowest": None if hit[1] is None else _UP.at(hit[1]),
        "highest": None if hit[2] is None else _UP.at(hit[2]),
    }


def _real(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
