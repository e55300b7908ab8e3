"""The STARD flow diagram, drawn from the flow table's counts. Source: STARD 2015, item 19."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from nodewise.report.drawing import drawn, wrapped
from nodewise.report.sheet import Figure
from nodewise.report.study import Study
from nodewise.report.words import counted

_TRUNK, _ASIDE, _BETWEEN, _APART = 226, 204, 26, 26
_COLUMN = _TRUNK + _BETWEEN + _ASIDE
_LINE, _PAD, _GAP = 17, 10, 24


@dataclass(frozen=True, slots=True, kw_only=True)
class _Box:
    """A box of text, px."""

    x: float
    y: float
    width: float
    height: float
    lines: tuple[tuple[str, str], ...]
    kept: bool

    @property
    def middle(self) -> float:
        return self.x + self.width / 2

    @property
    def bottom(self) -> float:
        return self.y + self.height


@dataclass(frozen=True, slots=True)
class _Row:
    """The boxes side by side: kept or excluded, by arm."""

    kept: bool
    cells: dict[str, list[dict[str, object]]]


def flow(study: Study) -> Figure | None:
    """The flow diagram, one column per arm; nothing when the flow table is empty."""
    rows = _rows(study.rows("flow"))
    if not rows:
        return None
    arms = [arm.name for arm in study.trial.arm if any(arm.name in row.cells for row in rows)]
    titles = {arm.name: arm.title for arm in study.trial.arm}
    boxes, height = _placed(_titled(rows, titles), arms or ["all"])
    width = max(1, len(arms)) * (_COLUMN + _APART) - _APART
    svg = drawn(
        "flow.svg",
        {
            "width": width,
            "height": height,
            "boxes": [box for line in boxes for box in line.values()],
            "paths": _paths(boxes),
            "line": _LINE,
            "pad": _PAD,
            "says": "Flow of participants and nodes through the study",
        },
    )
    return Figure(
        svg=svg,
        width=width,
        caption=(
            "Flow of participants and nodes through the study. The trunk holds those kept, boxes "
            "with a dashed rim those left out, with the reason. Counts are those of the flow table."
        ),
    )


def _rows(flow: Sequence[dict[str, object]]) -> list[_Row]:
    """Kept boxes one row each; excluded boxes that follow one another share a row."""
    order = list(dict.fromkeys(str(box["box"]) for box in flow))
    boxes = [[box for box in flow if box["box"] == name] for name in order]
    found: list[_Row] = []
    for kept, run in groupby(boxes, key=lambda same: same[0]["kind"] == "kept"):
        for together in [[same] for same in run] if kept else [list(run)]:
            cells: dict[str, list[dict[str, object]]] = {}
            for box in (box for same in together for box in same):
                cells.setdefault(str(box["arm"]), []).append(box)
            found.append(_Row(kept, cells))
    return found


def _titled(rows: Sequence[_Row], titles: dict[str, str]) -> list[_Row]:
    """The arm's title in its first box."""
    left = dict(titles)
    found: list[_Row] = []
    for row in rows:
        cells = {
            arm: [{"title": left.pop(arm)} | dict(boxes[0]), *boxes[1:]] if arm in left else boxes
            for arm, boxes in row.cells.items()
        }
        found.append(_Row(row.kept, cells))
    return found


def _placed(rows: Sequence[_Row], arms: Sequence[str]) -> tuple[list[dict[str, _Box]], float]:
    y = 1.0
    lines: list[dict[str, _Box]] = []
    for row in rows:
        line = {arm: _box(cells, _left(arm, arms), y, row.kept) for arm, cells in row.cells.items()}
        tallest = max(box.height for box in line.values())
        lines.append(line)
        y += tallest + _GAP
    return lines, y - _GAP + 1


def _left(arm: str, arms: Sequence[str]) -> float:
    """Left rim of an arm's trunk; what concerns all arms stands in the middle."""
    if arm in arms:
        return arms.index(arm) * (_COLUMN + _APART) + 1.0
    return (len(arms) - 1) * (_COLUMN + _APART) / 2 + 1.0


def _box(cells: Sequence[dict[str, object]], left: float, y: float, kept: bool) -> _Box:  # noqa: FBT001
    width = _TRUNK if kept else _ASIDE
    lines: list[tuple[str, str]] = []
    for cell in cells:
        for text, look in ((cell.get("title"), "strong"), (cell["says"], "says")):
            lines += [(line, look) for line in wrapped(str(text or ""), characters=width // 8)]
        lines += [(line, "count") for line in wrapped(_counts(cell), characters=width // 8)]
    return _Box(
        x=left if kept else left + _TRUNK + _BETWEEN - 1,
        y=y,
        width=width - 2,
        height=len(lines) * _LINE + 2 * _PAD,
        lines=tuple(lines),
        kept=kept,
    )


def _counts(box: dict[str, object]) -> str:
    told = [
        counted(count, noun)
        for count, noun in ((box["participants"], "participant"), (box["nodes"], "node"))
        if isinstance(count, int)
    ]
    return ", ".join(told) or "not counted"


def _paths(lines: Sequence[dict[str, _Box]]) -> list[str]:
    """Arrows down the trunks, and from the trunks to what was left out."""
    paths: list[str] = []
    above: dict[str, _Box] = {}
    for line in lines:
        for arm, box in line.items():
            if not box.kept:
                trunk = box.x - _BETWEEN + 1 - _TRUNK / 2
                paths.append(f"M{trunk:g} {box.y + box.height / 2:g}H{box.x - 1:g}")
                continue
            sources = _sources(arm, above)
            paths += [_down(source, box) for source in sources]
        kept = {arm: box for arm, box in line.items() if box.kept}
        above = kept if "all" in kept else {**above, **kept}
    return paths


def _sources(arm: str, above: dict[str, _Box]) -> list[_Box]:
    arms = [box for name, box in above.items() if name != "all"]
    if arm == "all":
        return arms or list(above.values())
    return [above[name] for name in (arm, "all") if name in above][:1]


def _down(source: _Box, box: _Box) -> str:
    turn = box.y - _GAP / 2
    return f"M{source.middle:g} {source.bottom:g}V{turn:g}H{box.middle:g}V{box.y - 1:g}"
