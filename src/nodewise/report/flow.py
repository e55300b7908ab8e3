"""The STARD flow diagram, drawn from the flow table's counts. Source: STARD 2015, item 19."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from nodewise.report.drawing import drawn, wrapped
from nodewise.report.sheet import Figure
from nodewise.report.study import Study
from nodewise.report.words import counted

_TRUNK, _ASIDE, _BETWEEN, _APART = 226, 206, 26, 26
_COLUMN = _TRUNK + _BETWEEN + _ASIDE
_LINE, _BREAK, _PAD, _GAP, _LETTER = 17, 6, 10, 24, 7.6

Cell = dict[str, object]


@dataclass(frozen=True, slots=True)
class _Text:
    """One line of text in a box: its look, and its distance from the line before, px."""

    text: str
    look: str
    down: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Box:
    """A box of text, px."""

    arm: str
    kept: bool
    x: float
    y: float
    width: float
    lines: tuple[_Text, ...]

    @property
    def height(self) -> float:
        return sum(line.down for line in self.lines) + 2 * _PAD

    @property
    def middle(self) -> float:
        return self.x + self.width / 2

    @property
    def bottom(self) -> float:
        return self.y + self.height


def flow(study: Study) -> Figure | None:
    """The flow diagram, one column per arm; nothing when the flow table is empty."""
    rows = _rows([cell for cell in study.rows("flow") if not _idle(cell)])
    if not rows:
        return None
    there = {str(cell["arm"]) for row in rows for cells in row for cell in cells}
    arms = {arm.name: arm.title for arm in study.trial.arm if arm.name in there}
    lines = _placed(rows, arms)
    width = max(1, len(arms)) * (_COLUMN + _APART) - _APART
    svg = drawn(
        "flow.svg",
        {
            "width": width,
            "height": max(box.bottom for box in lines[-1]) + 1,
            "boxes": [box for line in lines for box in line],
            "paths": _paths(lines),
            "pad": _PAD,
            "says": "Flow of participants and nodes through the study",
        },
    )
    return Figure(
        svg=svg,
        width=width,
        caption=(
            "Flow of participants and nodes through the study. The trunk holds those kept; boxes "
            "with a dashed rim tell who or what was left out, and why. Counts are the flow table's."
        ),
    )


def _rows(flow: Sequence[Cell]) -> list[list[list[Cell]]]:
    """Row → box → its cells: boxes side by side in a row, reasons of leaving in one box."""
    order = list(dict.fromkeys(str(cell["box"]) for cell in flow))
    boxes = [[cell for cell in flow if cell["box"] == name] for name in order]
    rows: list[list[list[Cell]]] = []
    for _, run in groupby(boxes, key=_together):
        cells = [cell for box in run for cell in box]
        arms = list(dict.fromkeys(str(cell["arm"]) for cell in cells))
        mine = [[cell for cell in cells if cell["arm"] == arm] for arm in arms]
        kept = cells[0]["kind"] == "kept"
        rows.append([[cell] for each in mine for cell in each] if kept else mine)
    return rows


def _together(box: Sequence[Cell]) -> str:
    """What boxes of one row share: they are left out, or their names begin alike up to a hyphen."""
    return str(box[0]["box"]).split("-")[0] if box[0]["kind"] == "kept" else "-left out"


def _placed(rows: Sequence[Sequence[Sequence[Cell]]], arms: dict[str, str]) -> list[list[_Box]]:
    """Each row's boxes below those of the row before; an arm's first box bears its title."""
    untitled = dict(arms)
    lines: list[list[_Box]] = []
    y = 1.0
    for row in rows:
        line: list[_Box] = []
        for cells in row:
            arm = str(cells[0]["arm"])
            beside = sum(box.arm == arm for box in line) or int(cells[0]["kind"] != "kept")
            x = _left(arm, list(arms)) + beside * (_TRUNK + _BETWEEN)
            line.append(_box(cells, untitled.pop(arm, ""), x=x, y=y, aside=bool(beside)))
        lines.append(line)
        y = max(box.bottom for box in line) + _GAP
    return lines


def _left(arm: str, arms: Sequence[str]) -> float:
    """Left rim of an arm's trunk; what concerns all arms stands in the middle."""
    if arm in arms:
        return arms.index(arm) * (_COLUMN + _APART) + 1.0
    return max(0, len(arms) - 1) * (_COLUMN + _APART) / 2 + 1.0


def _box(cells: Sequence[Cell], title: str, *, x: float, y: float, aside: bool) -> _Box:
    width = (_ASIDE if aside else _TRUNK) - 2
    characters = int((width - 2 * _PAD) / _LETTER)
    lines = [_Text(line, "strong", _LINE) for line in wrapped(title, characters=characters)]
    for cell in cells:
        says = [(line, "says") for line in wrapped(str(cell["says"]), characters=characters)]
        says += [(line, "count") for line in wrapped(_counts(cell), characters=characters)]
        first = _LINE + _BREAK if lines else _LINE
        lines += [_Text(*line, _LINE if at else first) for at, line in enumerate(says)]
    kept = cells[0]["kind"] == "kept"
    return _Box(arm=str(cells[0]["arm"]), kept=kept, x=x, y=y, width=width, lines=tuple(lines))


def _known(cell: Cell) -> dict[str, int]:
    told = {"participant": cell["participants"], "node": cell["nodes"]}
    return {noun: count for noun, count in told.items() if isinstance(count, int)}


def _idle(cell: Cell) -> bool:
    """Whether a reason left nobody and nothing out."""
    known = _known(cell).values()
    return cell["kind"] != "kept" and bool(known) and not any(known)


def _counts(cell: Cell) -> str:
    told = [counted(count, noun) for noun, count in _known(cell).items()]
    return ", ".join(told) or "not counted"


def _paths(lines: Sequence[Sequence[_Box]]) -> list[str]:
    """Arrows down the trunks, and from the trunks to what was left out."""
    paths: list[str] = []
    above: dict[str, _Box] = {}
    for line in lines:
        for box in line:
            sources = _sources(box.arm, above)
            if box.kept:
                paths += [_down(source, box) for source in sources]
            elif sources:
                level = box.y + box.height / 2
                paths.append(f"M{sources[0].middle:g} {level:g}H{box.x - 1:g}")
        kept = {box.arm: box for box in reversed(line) if box.kept}
        above = kept if "all" in kept else {**above, **kept}
    return paths


def _sources(arm: str, above: dict[str, _Box]) -> list[_Box]:
    """The boxes right above one of this arm."""
    arms = [box for name, box in above.items() if name != "all"]
    if arm == "all":
        return arms or list(above.values())
    return [above[name] for name in (arm, "all") if name in above][:1]


def _down(source: _Box, box: _Box) -> str:
    turn = box.y - _GAP / 2
    return f"M{source.middle:g} {source.bottom:g}V{turn:g}H{box.middle:g}V{box.y - 1:g}"
