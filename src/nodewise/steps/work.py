"""What the steps share: a study at work, what is stale, problems, progress."""

import hashlib
import json
import os
import signal
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from multiprocessing import get_context
from pathlib import Path
from typing import Any, TypeVar

import polars as pl

from nodewise import trial as trials
from nodewise.store import Database, Study
from nodewise.store.truth_file import open_truth
from nodewise.trial import Trial

Progress = Callable[[str, int, int], None]
"""Called with what is going on, how much of it is done, and how much there is."""

EVERY = 1.0  # s: the longest that what was done waits to be written

Argument = TypeVar("Argument")
Answer = TypeVar("Answer")


def silent(what: str, done: int, total: int) -> None:
    """Progress that nobody watches."""


@dataclass(frozen=True)
class Work:
    """An open study with its trial, its truth, and a way to tell how far things are."""

    study: Study
    workers: int = 2
    progress: Progress = silent

    @classmethod
    def on(cls, folder: Path, *, workers: int = 2, progress: Progress = silent) -> "Work":
        """Open the study in a folder."""
        return cls(Study(folder), workers, progress)

    @cached_property
    def trial(self) -> Trial:
        """The study's own trial file."""
        return trials.parse(self.study.trial_text)

    @cached_property
    def truth(self) -> Database:
        """The truth's own database."""
        return open_truth(self.study.folder)

    @property
    def tables(self) -> Database:
        """All that is not the truth."""
        return self.study.database


@dataclass(frozen=True, slots=True)
class Issue:
    """A problem that stops one item, not the work."""

    where: str
    found: str
    needed: str
    action: str
    participant: str | None = None


def code_version() -> str:
    """Version of nodewise: part of every key, so that a new version redoes its work."""
    return version("nodewise")


def key(*parts: object) -> str:
    """A hash of inputs and code: equal keys mean that nothing needs to be done again."""
    return _hash(code_version(), *parts)


def name_of(*parts: object) -> str:
    """A hash that names a thing for good, whatever version of the code reads it again."""
    return _hash("0.1.0", *parts)  # names were first given by that version


def _hash(*parts: object) -> str:
    text = json.dumps(parts, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def rows_key(frame: pl.DataFrame) -> str:
    """A hash of a table's rows, whatever their order."""
    return key(sorted(json.dumps(row, sort_keys=True, default=str) for row in frame.to_dicts()))


def stale(database: Database, step: str, wanted: Mapping[str, str]) -> list[str]:
    """Items whose key differs from the ledger's; items that are wanted no more are forgotten."""
    done = database.finished(step)
    database.forget(step, set(done) - set(wanted))
    return [item for item, wish in wanted.items() if done.get(item) != wish]


def tell(work: Work, step: str, item: str, *, issues: Iterable[Issue]) -> None:
    """Put an item's issues in the place of those it had."""
    rows = [
        {
            "issue": key(step, item, number)[:16],
            "step": step,
            "participant": issue.participant,
            "where": issue.where,
            "found": issue.found,
            "needed": issue.needed,
            "action": issue.action,
            "item": item,
        }
        for number, issue in enumerate(issues)
    ]
    work.tables.write("issues", rows, {"step": step, "item": item})


def in_parallel(
    work: Work,
    what: str,
    do: Callable[[Argument], Answer],
    *,
    arguments: Sequence[Argument],
    done: Callable[[Argument, Answer], None],
) -> None:
    """Do something for every argument in worker processes; `done` runs here, as answers come.

    An interruption lets go of what has not begun; what is done is kept by `done`.
    """
    total = len(arguments)
    work.progress(what, 0, total)
    if min(work.workers, total) < 2:
        for number, argument in enumerate(arguments, 1):
            done(argument, do(argument))
            work.progress(what, number, total)
        return
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # workers share the cores already
    context = get_context("forkserver")
    quiet = (signal.SIGINT, signal.SIG_IGN)  # an interruption is for this process to handle
    pool = ProcessPoolExecutor(
        work.workers, mp_context=context, initializer=signal.signal, initargs=quiet
    )
    try:
        waiting = {pool.submit(do, argument): argument for argument in arguments}
        for number, future in enumerate(as_completed(waiting), 1):
            done(waiting.pop(future), future.result())
            work.progress(what, number, total)
    finally:
        pool.shutdown(cancel_futures=True)


@contextmanager
def in_batches(database: Database) -> Iterator[Callable[[Callable[[], None]], None]]:
    """Put off writing, and write what has waited for a second as one; at the end, or a stop, all.

    Yields:
        What is called with each piece of writing.
    """
    waiting: list[Callable[[], None]] = []
    last = time.monotonic()

    def write() -> None:
        nonlocal last
        with database.together():
            for one in waiting:
                one()
        waiting.clear()
        last = time.monotonic()

    def later(one: Callable[[], None]) -> None:
        waiting.append(one)
        if time.monotonic() - last > EVERY:
            write()

    try:
        yield later
    finally:
        write()


def plain(value: Any) -> str:
    """A value as canonical JSON, for a table's cell."""
    return json.dumps(value, sort_keys=True)
