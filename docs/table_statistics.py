"""Write the simulated tables of docs/statistics.md, and print again what its commands say."""

import csv
import os
import re
import shlex
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from click.testing import CliRunner

from nodewise.cli import main

PAGE = Path(__file__).with_name("statistics.md")
_COMMAND = re.compile(r"(?s)```console\n\$ (.*?[^\\])\n(.*?)```")


def tables(folder: Path, *, seed: int = 2026) -> None:
    """Nodes with two calls and two scores, their reading by four readers, and follow-up."""
    rng = np.random.default_rng(seed)
    nodes, reads, patients = [], [], []
    for number in range(40):
        patient, arm = f"P{number:02}", ("chemo", "surgery")[number % 2]
        own, involved = rng.normal(), 0
        for node in range(1, int(rng.integers(2, 6))):
            bad = int(rng.random() < 0.4)
            involved += bad
            adc = (1.15 - 0.25 * bad - 0.08 * own + rng.normal(0, 0.15)) * 1e-3
            row = [patient, node, arm, bad, f"{adc:.2e}" if rng.random() > 0.02 else ""]
            row += [f"{9 + 3 * bad + own + rng.normal(0, 2.5):.1f}"]
            row += [int(rng.random() < (0.85 if bad else 0.15))]
            row += [int(rng.random() < (0.7 if bad else 0.1))]
            nodes.append(row)
            reads += _reads(row, rng)
        months = rng.exponential(40 if involved == 0 else 20)
        event = int(rng.choice([1, 1, 1, 2])) if months < 36 else 0
        age = int(rng.normal(62, 9))
        patients.append([patient, arm, age, involved, f"{min(months, 36.0):.1f}", event])
    _write(folder / "nodes.csv", "patient node arm metastatic adc size mri pet", nodes)
    _write(folder / "reads.csv", "patient node reader metastatic t2w dwi grade short_axis", reads)
    _write(folder / "patients.csv", "patient arm age involved months status", patients)


def refreshed(page: str, folder: Path) -> str:
    """The page with each command run again on the tables in a folder."""

    def again(found: re.Match[str]) -> str:
        words = shlex.split(found[1].replace("\\\n", " "))
        answer = CliRunner().invoke(main, words[1:])
        if answer.exit_code:
            raise SystemExit(f"{found[1]}\n{answer.output}")
        return f"```console\n$ {found[1]}\n{answer.stdout.rstrip()}\n```"

    here = Path.cwd()
    os.chdir(folder)
    try:
        return _COMMAND.sub(again, page)
    finally:
        os.chdir(here)


def _reads(row: list[object], rng: np.random.Generator) -> Iterable[list[object]]:
    """Suspicion from 1 to 5 on two sequences, a grade and a size, by four readers."""
    patient, node, _, bad, _, size, *_ = row
    looks = rng.normal(0, 0.8, 2)  # what the node looks like on each sequence, to all readers
    for reader, skill in (("anna", 1.8), ("ben", 1.4), ("cora", 1.2), ("dora", 1.5)):
        gains = zip((1.0, rng.normal(1.5, 0.1)), looks, strict=True)
        seen = [bad * skill * gain + look + rng.normal(0, 0.7) for gain, look in gains]
        marks = [int(np.clip(round(2.3 + mark), 1, 5)) for mark in seen]
        grade = int(np.clip(round(1.5 * int(str(bad)) + rng.normal(0, 0.6)), 0, 3))
        short = float(str(size)) + rng.normal(0, 0.8)
        known = grade if rng.random() > 0.05 else ""
        yield [patient, node, reader, bad, *marks, known, f"{short:.1f}"]


def _write(path: Path, columns: str, rows: Iterable[list[object]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([columns.split(), *rows])


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        where = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(scratch)
        tables(where)
        PAGE.write_text(refreshed(PAGE.read_text(encoding="utf-8"), where), encoding="utf-8")
