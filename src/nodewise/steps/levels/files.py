"""A level study on the terminal, on a page, and as tables beside it."""

import json
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from pathlib import Path

import polars as pl
from rich import box
from rich.console import Group, RenderableType
from rich.table import Table as Shown
from rich.text import Text

from nodewise.report import ForestRow, Sheet, level_page
from nodewise.stats import Estimate, Unknown
from nodewise.steps.analysis.cases import MEASURED
from nodewise.steps.levels.sheets import sheets
from nodewise.steps.levels.study import LevelStudy, Stratum
from nodewise.steps.levels.words import (
    answer,
    as_json,
    figure,
    plain,
    qualifications,
    verification,
)
from nodewise.tables import ACCURACY, dictionary

_METHODS = {"corrected": "Begg-Greenes", "within": "Begg-Greenes within strata"}
_CORRECTIONS = {"corrected": "corrected", "corr. within": "within"}


def terminal(study: LevelStudy) -> RenderableType:
    """The answer, its tables and what qualifies it, for rich's console."""
    tables = [_shown(sheet) for sheet in sheets(study)]
    told = [plain(f"• {text}") for text in (*verification(study), *qualifications(study))]
    return Group(Text(plain(answer(study)), style="bold"), "", *tables, *map(Text, told))


def page(study: LevelStudy) -> str:
    """One self-contained HTML page."""
    asked = study.question
    return level_page(
        f"{asked.index} against {asked.reference}, by {asked.unit}",
        [answer(study), *verification(study)],
        sheets=sheets(study),
        forests=_forests(study),
        remarks=[*qualifications(study), _made(study)],
    )


def accuracy(study: LevelStudy) -> pl.DataFrame:
    """Every estimate as a row of the accuracy table."""
    return ACCURACY.frame(
        [
            _row(study, stratum, name)
            for stratum in (study.overall, *study.strata)
            for name in stratum.estimates
        ]
    )


def write(folder: Path, study: LevelStudy) -> Path:
    """Write the page, the accuracy table with its dictionary, and everything as JSON.

    Returns:
        The page's path.
    """
    folder.mkdir(parents=True, exist_ok=True)
    table = accuracy(study)
    table.write_csv(folder / "accuracy.csv")
    table.write_parquet(folder / "accuracy.parquet")
    dictionary().filter(pl.col("table") == ACCURACY.name).write_csv(folder / "dictionary.csv")
    told = json.dumps(as_json(study), indent=2, ensure_ascii=False, allow_nan=False)
    (folder / "study.json").write_text(told + "\n", encoding="utf-8")
    index = folder / "index.html"
    index.write_text(page(study), encoding="utf-8")
    return index


def _made(study: LevelStudy) -> str:
    return (
        f"Made by nodewise {version('nodewise')} from {study.table} (SHA-256 {study.digest}). "
        "It reports evidence and recommends no treatment."
    )


def _shown(sheet: Sheet) -> Shown:
    table = Shown(title=plain(sheet.caption), title_justify="left", box=box.SIMPLE_HEAD)
    table.caption = "\n".join(sheet.notes) or None
    table.caption_justify = "left"
    for heading, numeric in zip(sheet.head, sheet.numeric, strict=True):
        table.add_column(heading, justify="right" if numeric else "left")
    for row in sheet.rows:
        table.add_row(*map(plain, row))
    for column in table.columns:  # a narrow terminal breaks between words, never within
        words = " ".join(map(str, (column.header, *column.cells))).split()
        column.min_width = max(map(len, words))
    return table


def _forests(study: LevelStudy) -> Mapping[str, list[ForestRow]]:
    if not study.overall.counts.total:
        return {}
    return {
        name.capitalize(): [
            *(_line(stratum.name, stratum.estimates[name]) for stratum in study.strata),
            _line("all", study.overall.estimates[name]),
            *(
                _line(label, study.overall.estimates[f"{name}_{kind}"])
                for label, kind in _CORRECTIONS.items()
                if f"{name}_{kind}" in study.overall.estimates
            ),
        ]
        for name in ("sensitivity", "specificity")
    }


def _line(label: str, found: Estimate | Unknown) -> ForestRow:
    if isinstance(found, Unknown):
        return ForestRow(label=label, value=None, low=None, high=None, text=figure(found))
    return ForestRow(
        label=label, value=found.value, low=found.low, high=found.high, text=figure(found)
    )


def _row(study: LevelStudy, stratum: Stratum, name: str) -> dict[str, object]:
    cells, found = stratum.counts, stratum.estimates[name]
    where: dict[str, object] = {
        "analysis": f"{study.question.index} against {study.question.reference}",
        "role": "exploratory",
        "reader": MEASURED,
        "test": study.question.index,
        "unit": study.question.unit,
        "stratum": stratum.name,
        "quantity": name.removesuffix("_corrected").removesuffix("_within"),
        "method": _METHODS.get(name.partition("_")[2], "clustered"),
        "patients": stratum.patients,
        "tp": cells.tp, "fp": cells.fp, "fn": cells.fn, "tn": cells.tn,
        "remark": found.reason,
    }  # fmt: skip
    return where if isinstance(found, Unknown) else where | dict(_numbers(found))


def _numbers(found: Estimate) -> Iterator[tuple[str, object]]:
    yield "method", found.method
    for name in ("value", "low", "high", "level", "denominator"):
        yield name, getattr(found, name)
    if found.numerator is not None:
        yield "numerator", int(found.numerator)
    if found.clusters is not None:
        yield "patients", found.clusters
