"""Learning: accuracy and cumulative sum along a reader's cases."""

from collections.abc import Sequence

from nodewise.report.axis import Axis
from nodewise.report.frame import Frame
from nodewise.report.sheet import Figure, Sheet
from nodewise.report.study import Study
from nodewise.report.words import middle, sentence
from nodewise.trial import Learning, named

_WIDE, _HIGH, _LEFT, _TOP = 250, 150, 52, 10

Row = dict[str, object]
Point = tuple[float, float]


def learning_figures(study: Study) -> list[Figure]:
    """Two figures per reader and declared test: share right by node, and the LC-CUSUM."""
    figures = []
    for plan in study.trial.learning:
        title = named(study.trial.reader_test, plan.test).title
        for reader in _readers(study, plan):
            rows = [r for r in _rows(study, plan) if r["reader"] == reader]
            figures += [*_accuracy(rows, f"{title}, {reader}"), *_cusum(rows, f"{title}, {reader}")]
    return figures


def learning_sheet(study: Study) -> Sheet | None:
    """When each reader was adequate, and how reading times went."""
    lines = []
    for plan in study.trial.learning:
        title = named(study.trial.reader_test, plan.test).title
        lines.append(
            [f"{title}: adequate means at most {plan.adequate:.0%} of nodes wrong, inadequate "
             f"{plan.inadequate:.0%}; an inadequate reader passes with a chance of at most "
             f"{plan.false_alarm:.0%}. {sentence(plan.standing)}"]
        )  # fmt: skip
        for reader in _readers(study, plan):
            rows = [row for row in _rows(study, plan) if row["reader"] == reader]
            told = {str(row["what"]): str(row["remark"]) for row in rows if row["remark"]}
            times = middle((row["value"] for row in rows if row["what"] == "case time"), digits=0)
            verdict = told.get("LC-CUSUM limit", told.get("LC-CUSUM", "not estimable"))
            lines.append([reader, verdict, times, told.get("case time", "")])
    if not lines:
        return None
    return Sheet(
        caption="LC-CUSUM by case, and reading times.",
        head=["Reader", "LC-CUSUM", "Time of a case / s, median (range)", "Times"],
        rows=lines,
        notes=["One step a case: the share of its nodes called wrongly. Source: Biau & "
               "Porcher, Stat Med 2010;29:1900; the limit is computed exactly."],
    )  # fmt: skip


def _rows(study: Study, plan: Learning) -> list[Row]:
    return [row for row in study.rows("learning") if row["test"] == plan.test]


def _readers(study: Study, plan: Learning) -> list[str]:
    return sorted({str(row["reader"]) for row in _rows(study, plan)})


def _accuracy(rows: Sequence[Row], title: str) -> list[Figure]:
    points = _points(rows, "accuracy", "value")
    if len(points) < 2:
        return []
    low, high = _points(rows, "accuracy", "low"), _points(rows, "accuracy", "high")
    caption = "Share of nodes called rightly along the order of cases; band: pointwise limits."
    return [_chart(title, "share right", [points, low, high], top=1.0, caption=caption)]


def _cusum(rows: Sequence[Row], title: str) -> list[Figure]:
    points = _points(rows, "LC-CUSUM", "value")
    limit = next((_real(row["value"]) for row in rows if row["what"] == "LC-CUSUM limit"), 0.0)
    if len(points) < 2:
        return []
    top = 1.1 * max([limit, *(value for _, value in points)])
    caption = "LC-CUSUM along the cases; above the dashed limit the reader is adequate."
    return [_chart(title, "LC-CUSUM", [points], top=top, caption=caption, limit=limit)]


def _points(rows: Sequence[Row], what: str, column: str) -> list[Point]:
    return [
        (_real(row["position"]), _real(row[column]))
        for row in rows
        if row["what"] == what and row["position"] is not None and row[column] is not None
    ]


def _chart(  # noqa: PLR0913 a chart is its title, axis, lines, height, rule and caption
    title: str,
    quantity: str,
    lines: Sequence[Sequence[Point]],
    *,
    top: float,
    caption: str,
    limit: float | None = None,
) -> Figure:
    """A line over the cases, with a band between a second and a third line if there are such."""
    cases = max(place for place, _ in lines[0])
    across = Axis(low=0, high=cases, start=_LEFT, end=_LEFT + _WIDE)
    up = Axis(low=0, high=top, start=_TOP + _HIGH, end=_TOP)
    drawn_lines = ["L".join(f"{across.at(x):g} {up.at(y):g}" for x, y in line) for line in lines]
    back = "L".join(reversed(drawn_lines[1].split("L"))) if len(lines) > 2 else ""
    labels = across.ticks(about=min(5, int(cases))), up.ticks(about=4)
    frame = Frame(across=across, up=up, labels=labels, names=("cases read", quantity), right=14)
    svg = frame.drawn(
        "learning.svg",
        f"{quantity} of {title}",
        {
            "curve": f"M{drawn_lines[0]}",
            "band": f"M{drawn_lines[2]}L{back}Z" if back else None,
            "limit": None if limit is None else up.at(limit),
        },
    )
    return Figure(svg=svg, width=frame.width, title=title, caption=caption)


def _real(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
