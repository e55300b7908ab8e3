"""Worked calls of every statistic: which method, when to use it, and what it prints."""

import ast
import csv
import tempfile
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from docs.table_statistics import tables
from nodewise import stats

METHODS = Path(__file__).with_name("statistics_methods")
NAMES = {name: getattr(stats, name) for name in stats.__all__} | {"np": np}
Show = Callable[[object], str]


@dataclass(frozen=True, kw_only=True)
class Method:
    """One page.

    Args:
        page: name of its file.
        title: heading.
        functions: of nodewise.stats that it explains.
        use: when to use them.
        avoid: when not.
        formula: what is computed, in plain text.
        code: a worked call of each, on the names of study().
    """

    page: str
    title: str
    functions: list[str]
    use: str
    avoid: str
    formula: str
    code: str


@dataclass(frozen=True, kw_only=True)
class Family:
    """Methods that answer one kind of question, and which of them to take."""

    title: str
    advice: str
    methods: list[Method]


def families() -> list[Family]:
    """All methods, in the order of their files."""
    texts = [tomllib.loads(path.read_text("utf-8")) for path in sorted(METHODS.glob("*.toml"))]
    return [
        Family(
            title=text["title"],
            advice=text["advice"],
            methods=[Method(**method) for method in text["method"]],
        )
        for text in texts
    ]


def study() -> dict[str, NDArray]:
    """The simulated tables of docs/statistics.md as arrays, by the names that code uses."""
    with tempfile.TemporaryDirectory() as scratch:
        tables(Path(scratch))
        nodes, reads, people = (
            _columns(Path(scratch) / f"{k}.csv") for k in ("nodes", "reads", "patients")
        )
    kept = nodes["adc"] != ""
    nodes = {key: cells[kept] for key, cells in nodes.items()}
    found = {key: _numbers(nodes[key]) for key in ("metastatic", "adc", "size", "mri", "pet")}
    by_reader = {
        key: _numbers(reads[key]).reshape(-1, 4)[kept]
        for key in ("t2w", "dwi", "grade", "short_axis")
    }
    follow = {key: _numbers(people[key]) for key in ("months", "status", "age", "involved")}
    found |= {"patient": nodes["patient"], "arm": nodes["arm"], "person": people["patient"]}
    found |= follow | {"treatment": people["arm"]}
    found |= {key: by_reader[key] for key in ("grade", "short_axis")}
    found["suspicion"] = np.stack([by_reader["t2w"].T, by_reader["dwi"].T])
    return derived(found)


def derived(found: dict[str, NDArray]) -> dict[str, NDArray]:
    """The same with what follows from it."""
    n = len(found["metastatic"])
    turn, size = np.arange(n), found["size"]
    known = ~np.isnan(found["grade"])
    seen = (found["mri"] == 1) | (turn % 3 == 0)
    return found | {
        "progressed": np.where(np.isnan(found["status"]), np.nan, found["status"] == 1),
        "chance": expit((size - 11) / 1.5),
        "verified": np.where(seen, found["metastatic"], np.nan),
        "findings": np.stack([size > 10, found["mri"], found["pet"]], axis=1).astype(float),
        "known_by_all": known.all(axis=1),
        "graded_by_first": known[:, 0],
        "right": (found["pet"] == found["metastatic"]).astype(float),
        "order": turn + 1.0,
        "seconds": 40 + 120 / np.sqrt(turn + 1) + 10 * np.sin(turn),
    }  # fmt: skip


def steps(code: str, given: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    """Each statement of a code and, of an expression, its value."""
    names = dict(NAMES) | dict(given)
    for statement in ast.parse(code).body:
        text = ast.unparse(statement)
        if isinstance(statement, ast.Expr):
            yield text, eval(text, names)
        else:
            exec(text, names)
            yield text, None


def shown(value: object) -> str:
    """A value as a page shows it."""
    if isinstance(value, stats.Estimate | stats.Test | stats.Unknown):
        return str(value)
    if isinstance(value, np.ndarray):
        return np.array2string(value, precision=4, threshold=12, suppress_small=True)
    if isinstance(value, float | np.floating):
        return f"{value:.6g}"
    if isinstance(value, tuple | list):
        return "\n".join(" | ".join(map(_flat, _row(each))) for each in value)
    if is_dataclass(value):
        lines = (f"{field.name}: {_flat(getattr(value, field.name))}" for field in fields(value))
        return "\n".join(lines)
    return str(value)


def _row(value: object) -> tuple:
    return value if isinstance(value, tuple) else (value,)


def _flat(value: object) -> str:
    return shown(value).replace("\n", ", ")


def _columns(path: Path) -> dict[str, NDArray]:
    with path.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return {key: np.array([row[key] for row in rows]) for key in rows[0]}


def _numbers(cells: NDArray) -> NDArray:
    return np.array([float(cell) if cell else np.nan for cell in cells])
