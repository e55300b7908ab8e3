"""What an import does to nodes that people changed on the marking page meanwhile."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from nodewise.anatomy import LevelSystem, RegionKind, Side
from nodewise.ingest import Region
from nodewise.steps import importing
from nodewise.steps.readings import planning
from nodewise.steps.readings.verification import verify
from nodewise.steps.work import Work, in_batches
from nodewise.store import create
from nodewise.store.marks import Marks
from nodewise.trial import text
from nodewise.volume import Grid

REGION = Region(
    participant="P-1", date=date(2026, 1, 5), label="N1", kind=RegionKind.NODE, side=Side.LEFT,
    level="II", level_system=LevelSystem.AJCC, drawn_by="MANUAL", mask=np.ones((4, 4, 4), bool),
    grid=Grid((4, 4, 4), np.eye(4)),
)  # fmt: skip


@pytest.fixture
def work(tmp_path):
    create(tmp_path / "study", text("mpmri"))
    return Work.on(tmp_path / "study")


@pytest.fixture
def take(work, monkeypatch):
    """Import one drawn node of so many voxels; its row, if it is there, and what issues say."""

    def taken(voxels):
        mask = np.zeros((4, 4, 4), bool)
        mask.flat[:voxels] = True
        region = replace(REGION, mask=mask)
        monkeypatch.setattr(importing, "take_in", lambda *_, **__: [region])
        importing.take(work, [])
        issues = work.tables.read("issues", {"step": "import"})["found"].to_list()
        return next(iter(work.tables.read("regions").to_dicts()), None), issues

    return taken


@pytest.fixture
def marks(work):
    return Marks(work.study, planning.trail(work))


def test_an_import_that_is_stopped_keeps_what_it_took_in(work, monkeypatch):
    def stopped(*_, **__):
        yield REGION
        raise KeyboardInterrupt

    monkeypatch.setattr(importing, "take_in", stopped)
    with pytest.raises(KeyboardInterrupt):
        importing.take(work, [])
    assert len(Work.on(work.study.folder).tables.read("regions")) == 1


def test_what_was_done_waits_a_second_at_most_to_be_written(work, monkeypatch):
    now, written = iter([0.0, 0.6, 1.2, 1.3, 1.4]), []
    monkeypatch.setattr("nodewise.steps.work.time.monotonic", lambda: next(now))
    with in_batches(work.tables) as later:
        later(lambda: written.append("first"))
        assert written == []
        later(lambda: written.append("second"))
        assert written == ["first", "second"]


def test_an_import_gives_way_to_another_as_long_as_nobody_marks(work, take):
    first, _ = take(5)
    second, issues = take(6)
    assert first["array"] != second["array"]
    assert issues == []
    assert not (work.study.folder / "reading.sqlite").exists()


def test_an_import_leaves_a_node_that_was_marked_otherwise_and_says_so(work, take, marks):
    row, _ = take(5)
    smaller = np.zeros((4, 4, 4), bool)
    smaller.flat[:3] = True
    marked = row | {"array": work.study.arrays.put(smaller), "level": "III"}
    marks.put(marked, version=0, by="annotator")
    kept, issues = take(5)
    assert kept == marked
    assert issues == ["a segmentation of a node that was marked otherwise on the marking page"]
    assert verify(work) == []


def test_an_import_of_what_was_marked_keeps_its_level_and_has_nothing_to_say(work, take, marks):
    row, _ = take(5)
    marks.put(row | {"level": "III"}, version=0, by="annotator")
    take(6)
    kept, issues = take(5)
    assert kept["level"] == "III"
    assert issues == []
    assert verify(work) == []


def test_a_node_that_was_removed_does_not_come_back_until_the_removal_is_undone(work, take, marks):
    row, _ = take(5)
    marks.remove(row["region"], version=0, by="annotator")
    gone, issues = take(5)
    assert gone is None
    assert issues == ["a segmentation of a node that was removed on the marking page"]
    assert verify(work) == []
    marks.undo(row["region"], version=1, by="annotator")
    back, issues = take(5)
    assert back == row
    assert issues == []
