"""Reads hostile or broken files in child processes, whose memory and time are limited.

A file that makes its reader hang, crash or swell ends its child alone: the task gets a `Failure`,
a fresh child takes the next one.
"""

import contextlib
import os
import pickle
import queue
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import IO, Self, TypeVar, cast

from nodewise.errors import IngestError

K = TypeVar("K")
R = TypeVar("R")

_SERVE = "from nodewise.ingest.children import serve; serve()"
_ONE_THREAD = dict.fromkeys(
    ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "POLARS_MAX_THREADS", "MKL_NUM_THREADS"), "1"
)


@dataclass(frozen=True, slots=True)
class Limits:
    """What one child may use: seconds per task, and bytes of memory beyond its start."""

    seconds: float = 120
    memory: int = 2 * 1024**3


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a task has no answer."""

    found: str


class _Child:
    """A process that answers one task at a time."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._process = subprocess.Popen(
            [sys.executable, "-c", _SERVE],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # what a library prints there may quote a header
            env=os.environ | _ONE_THREAD,
        )
        self._tasks = cast(IO[bytes], self._process.stdin)
        self._answers = cast(IO[bytes], self._process.stdout)
        self._send(limits.memory)
        self._answers.read(1)  # it has started, and its time begins to count

    def ask(self, task: Callable[[], R]) -> R | Failure:
        late = threading.Event()
        timer = threading.Timer(self._limits.seconds, self._end, [late])
        timer.start()
        try:
            self._send(task)
            return cast(R | Failure, pickle.load(self._answers))
        except (EOFError, OSError, ValueError, pickle.UnpicklingError):
            self._process.kill()
            self._process.wait()  # until then it would pass for alive
            if late.is_set():
                return Failure(f"reading it took longer than {self._limits.seconds:g} s")
            return Failure("reading it ended the reading process")
        finally:
            timer.cancel()

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        for stream in (self._answers, self._tasks):
            with contextlib.suppress(OSError):  # something unsent was left in the buffer
                stream.close()

    def _end(self, late: threading.Event) -> None:
        late.set()
        self._process.kill()

    def _send(self, what: object) -> None:
        pickle.dump(what, self._tasks, protocol=5)
        self._tasks.flush()


class Children:
    """A few children that share a stream of tasks; each task is a call that can be pickled.

    Args:
        workers: number of children.
        limits: of each child.
    """

    def __init__(self, *, workers: int = 2, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self._workers = workers
        self._idle: queue.SimpleQueue[_Child | None] = queue.SimpleQueue()
        for _ in range(workers):
            self._idle.put(None)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        for _ in range(self._workers):
            if child := self._idle.get():
                child.close()

    def answers(
        self, tasks: Iterable[tuple[K, Callable[[], R]]]
    ) -> Iterator[tuple[K, R | Failure]]:
        """What each task answers, by its name and in order; few answers wait at a time."""
        waiting: deque[tuple[K, Future[R | Failure]]] = deque()
        threads = ThreadPoolExecutor(self._workers)
        try:
            for name, task in tasks:
                waiting.append((name, threads.submit(self._ask, task)))
                if len(waiting) > 2 * self._workers:
                    first, future = waiting.popleft()
                    yield first, future.result()
            while waiting:
                first, future = waiting.popleft()
                yield first, future.result()
        finally:
            threads.shutdown(cancel_futures=True)

    def _ask(self, task: Callable[[], R]) -> R | Failure:
        child = self._idle.get() or _Child(self._limits)
        answer = child.ask(task)
        alive = child.alive
        if not alive:
            child.close()
        self._idle.put(child if alive else None)
        return answer


def serve() -> None:
    """Live as a child: answer task after task until the parent goes."""
    tasks, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not mix with the answers
    memory = pickle.load(tasks)
    _limit_memory(memory)
    answers.write(b"!")
    answers.flush()
    with contextlib.suppress(EOFError):
        while True:
            answers.write(_answer(pickle.load(tasks), memory))
            answers.flush()


def _answer(task: Callable[[], object], memory: int) -> bytes:
    try:
        return pickle.dumps(task(), protocol=5)
    except MemoryError:
        found = f"reading it needs more than {memory / 1024**3:g} GiB of memory"
    except IngestError as error:
        found = str(error)
    except Exception as error:
        found = f"reading it failed ({type(error).__name__})"
    return pickle.dumps(Failure(found), protocol=5)


def _limit_memory(extra: int) -> None:
    try:
        import resource
    except ImportError:  # Windows knows no such limit
        return
    try:
        with open("/proc/self/statm") as statistics:
            now = int(statistics.read().split()[0]) * resource.getpagesize()
    except OSError:  # elsewhere than on Linux it counts from nothing
        now = 0
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    limit = now + extra if most == resource.RLIM_INFINITY else min(now + extra, most)
    with contextlib.suppress(ValueError, OSError):  # macOS refuses it
        resource.setrlimit(resource.RLIMIT_AS, (limit, most))
