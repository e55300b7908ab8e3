"""What an index test measured, by what the reference says: one mark per node."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import quantiles

from nodewise.report.axis import Axis, around
from nodewise.report.drawing import drawn, wrapped
from nodewise.report.sheet import Figure
from nodewise.report.study import Study
from nodewise.report.words import counted, cutoff, ill, measured, shown, shown_unit, unit_of, well
from nodewise.trial import SIZE, IndexTest, Target, named

_LEFT, _PLOT, _RIGHT, _TOP, _BOTTOM = 128, 350, 14, 26, 46
_STRIP, _ROOM, _LETTER, _ROW = 76, 23.0, 6.9, 16
_CHARACTERS = 54  # of the axis's name, on one line

UNMATCHED = "no reference of its own"
"""Status of a node that was drawn and tested and has no specimen of its own."""

MARKS = {
    (True, True): "metastatic",
    (True, False): "missed",
    (True, None): "metastatic",
    (False, True): "false-alarm",
    (False, False): "benign",
    (False, None): "benign",
    (None, True): "unknown",
    (None, False): "unknown",
    (None, None): "unknown",
}
"""(metastatic, positive) → the mark's fixed meaning."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Strip:
    """Nodes of one kind: name and measured values with their marks."""

    name: str
    values: tuple[float, ...]
    marks: tuple[str, ...]


def distribution(study: Study, test: IndexTest, *, analysis: str | None = None) -> Figure | None:
    """Values of one test by truth, with the frozen cut-off; nothing when none was measured.

    Args:
        study: the tables.
        test: what was measured.
        analysis: whose nodes are drawn; those of all analyses when not given.
    """
    strips = [strip for strip in _strips(study, test, analysis=analysis) if strip.values]
    if not strips:
        return None
    low, high = around([*(value for strip in strips for value in strip.values), *_cut(test)])
    left = max([_LEFT, *(round(_LETTER * len(strip.name)) + 14 for strip in strips)])
    axis = Axis(low=low, high=high, start=left, end=left + _PLOT)
    foot = _TOP + _STRIP * len(strips)
    radius = _radius(strips)
    unit = f" / {shown_unit(unit_of(test))}" if shown_unit(unit_of(test)) else ""
    title = wrapped(f"{test.title}{_over(test)}{unit}", characters=_CHARACTERS)
    svg = drawn(
        "distribution.svg",
        {
            "title": f"{test.title} by truth",
            "axis_title": title,
            "width": left + _PLOT + _RIGHT,
            "height": foot + _BOTTOM + _ROW * (len(title) - 1),
            "left": left, "right": left + _PLOT, "top": _TOP, "foot": foot,
            "ticks": [(axis.at(value), label) for value, label in axis.ticks()],
            "strips": [_drawn(each, axis, at=at, radius=radius) for at, each in enumerate(strips)],
            "radius": radius,
            "cut": axis.at(_cut(test)[0]) if _cut(test) else None,
            "says": _cut_says(test),
            "lower": test.direction == "lower",
        },
    )  # fmt: skip
    width = left + _PLOT + _RIGHT
    return Figure(svg=svg, width=width, title=test.title, caption=_caption(test, strips))


def _strips(study: Study, test: IndexTest, *, analysis: str | None) -> list[Strip]:
    """Each node once, whatever number of analyses it takes part in."""
    nodes = {
        (row["participant"], row["item"]): row
        for row in study.rows("units", by=("participant", "item"))
        if row["test"] == test.name
        and row["unit"] == "node"
        and analysis in {None, row["analysis"]}
        and (row["status"] == "analysed" or (analysis is None and row["status"] == UNMATCHED))
        and isinstance(row["value"], float)
    }
    target = _target(study, test, analysis)
    with_it, without = (kind(target, "").strip() for kind in (ill, well))
    groups: dict[str, list[dict[str, object]]] = {with_it: []}
    several = len(study.trial.arm) > 1
    apart = {arm.name: f"{without} ({arm.name})" if several else without for arm in study.trial.arm}
    groups |= {name: [] for name in apart.values()}
    for row in nodes.values():
        names = {True: with_it, False: apart.get(str(row["arm"]), without), None: "no reference"}
        groups.setdefault(names[_flag(row["present"])], []).append(row)
    return [_strip(name, rows, test=test) for name, rows in groups.items()]


def _over(test: IndexTest) -> str:
    """What of the node's voxels is told; a size is the node's own."""
    if test.map == SIZE:
        return ""
    return ", of the mean curve" if test.statistic == "curve" else f", {test.statistic} of the node"


def _target(study: Study, test: IndexTest, analysis: str | None) -> Target:
    """The condition that the marks tell apart: of the first analysis that has the test."""
    if analysis:
        return named(study.trial.analysis, analysis).target
    having = [each for each in study.trial.analysis if test in study.trial.tests_of(each)]
    primary = study.primary_analysis
    return (primary if primary in having or not having else having[0]).target


def _strip(name: str, rows: Sequence[dict[str, object]], *, test: IndexTest) -> Strip:
    frozen = bool(_cut(test))
    return Strip(
        name=name,
        values=tuple(
            shown(row["value"], unit_of(test)) for row in rows if isinstance(row["value"], float)
        ),
        marks=tuple(
            MARKS[_flag(row["present"]), _flag(row["positive"]) if frozen else None] for row in rows
        ),
    )


def _flag(value: object) -> bool | None:
    return None if value is None else bool(value)


def _cut(test: IndexTest) -> list[float]:
    return [] if isinstance(test.value, str) else [shown(test.value, unit_of(test))]


def _cut_says(test: IndexTest) -> str:
    return "" if isinstance(test.value, str) else f"cut-off {measured(test.value, unit_of(test))}"


def _radius(strips: Sequence[Strip]) -> float:
    """Smaller marks for many nodes, so that few of them hide others."""
    most = max(len(strip.values) for strip in strips)
    return 3.6 if most <= 110 else 2.6 if most <= 220 else 1.7


def _drawn(strip: Strip, axis: Axis, *, at: int, radius: float) -> dict[str, object]:
    """Marks side by side where they would overlap, the bar of quartiles below them."""
    middle = _TOP + _STRIP * (at + 0.5) - 8
    taken: list[tuple[float, float]] = []
    marks = []
    for value, mark in sorted(zip(strip.values, strip.marks, strict=True)):
        x = axis.at(value)
        y = _free(x, taken, radius=radius)
        taken.append((x, y))
        marks.append({"x": x, "y": round(middle + y, 2), "mark": mark})
    return {
        "name": strip.name,
        "count": counted(len(strip.values), "node"),
        "middle": middle,
        "marks": marks,
        "box": _box(strip.values, axis) | {"y": middle + 32},
    }


def _free(x: float, taken: Sequence[tuple[float, float]], *, radius: float) -> float:
    """The offset nearest to the middle at which a mark touches no other."""
    step = 2 * radius
    near = {y for other, y in taken if abs(other - x) < step}
    steps = [round(n * step, 2) for n in range(1, int(_ROOM / step) + 1)]
    offsets = [0.0] + [sign * each for each in steps for sign in (-1.0, 1.0)]
    return next((y for y in offsets if y not in near), offsets[len(taken) % len(offsets)])


def _box(values: Sequence[float], axis: Axis) -> dict[str, float | None]:
    """Quartiles, from four values on."""
    if len(values) < 4:
        return {"q1": None, "q2": None, "q3": None}
    q1, q2, q3 = quantiles(values, n=4, method="inclusive")
    return {"q1": axis.at(q1), "q2": axis.at(q2), "q3": axis.at(q3)}


def _caption(test: IndexTest, strips: Sequence[Strip]) -> str:
    counts = ", ".join(f"{len(strip.values)} {strip.name}" for strip in strips)
    wrong = _wrong(strips) if _cut(test) else ""
    return (
        f"{test.title} by truth: one mark per node ({counts}){_over(test)}, "
        f"{test.region}; the bar below runs from quartile to quartile, with the median. "
        f"Positive: {cutoff(test)}.{wrong}"
    )


def _wrong(strips: Sequence[Strip]) -> str:
    marks = [mark for strip in strips for mark in strip.marks]
    return (
        f" Crosses are the missed ones ({marks.count('missed')}), triangles those called positive "
        f"wrongly ({marks.count('false-alarm')})."
    )
