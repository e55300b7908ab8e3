"""A made-up study whose tables conform to tables.py, so that the page can be tested by itself."""

import sys
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

sys.path.insert(0, str(Path(__file__).parent))  # the made-up study is in files of its own

import made_cohort
import made_results

from nodewise import trial as trials
from nodewise.report import Picture, Provenance, Step
from nodewise.tables import TABLES
from nodewise.trial import Trial


@dataclass(frozen=True)
class Fake:
    """What `page` takes."""

    trial: Trial
    tables: dict[str, pl.DataFrame]
    pictures: tuple[Picture, ...]
    provenance: Provenance

    def without(self, *names: str) -> "Fake":
        kept = {name: frame for name, frame in self.tables.items() if name not in names}
        return replace(self, tables=kept)


@pytest.fixture(scope="session")
def mpmri() -> Trial:
    return trials.load("mpmri")


@pytest.fixture(scope="session")
def fake(mpmri: Trial) -> Fake:
    return made(mpmri, np.random.default_rng(7))


@pytest.fixture(scope="session")
def empty(mpmri: Trial) -> Fake:
    return Fake(mpmri, {}, (), provenance(opened=None))


@pytest.fixture(scope="session")
def make(mpmri: Trial):
    """Builds a study of its own: make(seed, affected, control, ill)."""

    def build(seed=0, affected=6, control=3, ill=0.5):
        return made(mpmri, np.random.default_rng(seed), affected=affected, control=control, ill=ill)

    return build


def provenance(opened: str | None = "2026-03-02") -> Provenance:
    return Provenance(
        version="0.1.0",
        trial_hash="9f2c41aa" * 8,
        frozen_hash="03be77d1" * 8,
        truth_opened=opened,
        steps=(
            Step(name="import", when="2026-03-01", version="0.1.0"),
            Step(name="quantify", when="2026-03-01", version="0.1.0"),
        ),
        seeds={"bootstrap": 20260301, "simulation": 1},
        software={"numpy": "2.4.1", "polars": "2.1.0", "python": "3.11.2"},
        simulated=True,
    )


def made(
    trial: Trial,
    rng: np.random.Generator,
    affected: int = 34,
    control: int = 14,
    ill: float = 0.42,
) -> Fake:
    people = made_cohort.people_of(rng, affected, control)
    nodes = made_cohort.nodes_of(rng, people, ill)
    rows = made_cohort.tables(trial, rng, people, nodes)
    rows |= made_results.tables(trial, people, nodes)
    tables = {name: TABLES[name].frame(each) for name, each in rows.items()}
    return Fake(trial, tables, made_cohort.pictures(rng, nodes), provenance())
