"""python -m benchmarks.statistics [WORD…]: our statistics beside peers, in seconds and numbers."""

import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from shutil import which

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
SHOWN = 6  # numbers in the line of ours
Answer = tuple[Sequence[float], float]
"""The numbers that all peers must give, and the seconds of processor that they took."""


@dataclass(frozen=True, kw_only=True)
class Peer:
    """One way to get the numbers.

    Args:
        name: as the table says it.
        answer: its numbers and seconds.
        needs: Python module, or R package as `R:name`; empty where nothing is.
        within: greatest relative distance of its numbers from ours.
        note: what sets it apart.
    """

    name: str
    answer: Callable[[], Answer]
    needs: str = ""
    within: float = 1e-6
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Question:
    """One task: ours first, then peers.

    Args:
        name: of the task.
        aim: seconds that ours may take; None where none was set.
        peers: ours first.
    """

    name: str
    aim: float | None
    peers: tuple[Peer, ...]


def timed(call: Callable[[], Sequence[float]], *, times: int = 4) -> Answer:
    """The numbers and the least processor time of several turns, s: a busy machine adds little."""
    best = np.inf
    for turn in range(times):
        start = time.process_time()
        found = call()
        best = min(best, time.process_time() - start)
        if turn and best > 2:  # long enough to stand by itself; the first turn may load modules
            break
    return found, best


def in_r(package: str, code: str, arrays: dict[str, Array]) -> Answer:
    """The last value of R code on arrays of numbers, and the seconds of processor inside R.

    Args:
        package: to load first, not timed.
        code: an expression that gives a vector of numbers.
        arrays: by the names that the code uses, each of shape (n,).
    """
    with tempfile.TemporaryDirectory() as scratch:
        lines = [f"suppressMessages(library({package}))"]
        for name, values in arrays.items():
            path = Path(scratch) / name
            np.asarray(values, np.float64).tofile(path)
            lines.append(f"{name} <- readBin('{path}', 'double', {len(values)})")
        lines += [
            "best <- Inf",
            "for (turn in 1:4) {",
            f"  spent <- system.time(found <- {{ {code} }})",
            "  best <- min(best, spent[['user.self']] + spent[['sys.self']])",
            "  if (turn > 1 && best > 2) break",
            "}",
            "cat(format(c(best, found), digits = 15), sep = '\\n')",
        ]
        script = Path(scratch) / "peer.R"
        script.write_text("\n".join(lines), encoding="utf-8")
        told = subprocess.run(["Rscript", "--vanilla", script], capture_output=True, text=True)
    if told.returncode:
        raise RuntimeError(told.stderr.strip().splitlines()[-1])
    best, *found = (float(word) for word in told.stdout.split())
    return found, best


def lacking(needs: str) -> str:
    """Why a peer cannot run here; empty where it can."""
    if needs.startswith("R:"):
        if which("Rscript") is None:
            return "R is not installed"
        package = needs[2:]
        test = f"quit(status = !requireNamespace('{package}', quietly = TRUE))"
        gone = subprocess.run(["Rscript", "--vanilla", "-e", test], capture_output=True).returncode
        return f"R package {package} is not installed" if gone else ""
    return "" if not needs or find_spec(needs) else f"{needs} is not installed"


def compare(question: Question) -> None:
    """Print one task: seconds, distance to ours, and whether the numbers are the same."""
    aim = "" if question.aim is None else f" (aim: {question.aim:g} s)"
    print(f"\n{question.name}{aim}")
    print(f"{'':38}{'seconds':>11}{'times ours':>12}  numbers")
    ours, mine = None, 0.0
    for peer in question.peers:
        reason = lacking(peer.needs)
        if reason:
            print(f"  {peer.name:36}{'-':>11}{'':12}  left out: {reason}")
            continue
        try:
            found, seconds = peer.answer()
        except Exception as problem:  # a peer's fault is a line of the table, not our end
            print(f"  {peer.name:36}{'-':>11}{'':12}  failed: {type(problem).__name__}: {problem}")
            continue
        if ours is None:
            ours, mine = np.asarray(found), seconds
            verdict = ", ".join(f"{value:.6g}" for value in found[:SHOWN])
            if question.aim is not None:
                verdict += f"; aim {'met' if mine <= question.aim else 'missed'}"
        else:
            verdict = agreed(ours, np.asarray(found), peer)
        print(f"  {peer.name:36}{seconds:11.4f}{seconds / mine:12,.1f}  {verdict}")


def agreed(ours: Array, found: Array, peer: Peer) -> str:
    """Whether a peer's numbers are ours; a peer may lack the last ones."""
    known = ours[: len(found)]
    gap = float(np.max(np.abs(found - known) / np.maximum(np.abs(known), 1e-9)))
    same = f"same within {peer.within:g}" if gap <= peer.within else f"DIFFER by {gap:.1e}"
    return f"{same}; {peer.note}" if peer.note else same


def run(words: Sequence[str]) -> None:
    """Every task whose name holds one of some words; all where there are none."""
    from benchmarks.statistics_tasks import questions

    for question in questions():
        if not words or any(word.lower() in question.name.lower() for word in words):
            compare(question)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    run(sys.argv[1:])
