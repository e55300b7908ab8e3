"""python -m benchmarks [TASK…]: every task, every installed peer, one table."""

import sys
import time
import warnings
from dataclasses import dataclass

import numpy as np

from benchmarks.peers import Array, Fitter, installed
from benchmarks.tasks import TASKS, Task

SECONDS = 6.0  # a peer's share of voxels is chosen to take about this long
GROSS = 0.5  # an error of the main parameter by this much of the truth is a gross failure


@dataclass(frozen=True, kw_only=True)
class Result:
    """What one peer did on one task.

    Args:
        count: voxels fitted.
        rate: voxels a second.
        values: shape (count, p).
        cost: sum of squares of its values, shape (count,).
    """

    count: int
    rate: float
    values: Array
    cost: Array


def run(task: Task, fitter: Fitter, signals: Array) -> Result:
    """Time a fitter on as many voxels as take a few seconds, after a short warm-up."""
    count = min(20, len(signals))
    while True:
        start = time.perf_counter()
        values = fitter(task, signals[:count])
        seconds = time.perf_counter() - start
        if count == len(signals) or seconds > SECONDS / 8:
            break
        count = min(len(signals), int(count * min(20, SECONDS / 2 / max(seconds, 1e-6))) + 1)
    for _ in range(2 if count == len(signals) else 0):  # the best of three, where that is quick
        start = time.perf_counter()
        values = fitter(task, signals)
        seconds = min(seconds, time.perf_counter() - start)
    model = task.model.signal(np.nan_to_num(values))
    cost = ((model - signals[:count]) ** 2).sum(axis=1)
    return Result(count=count, rate=count / seconds, values=values, cost=cost)


def compare(task: Task) -> None:
    """Print one task's table."""
    truth, signals = task.voxels(np.random.default_rng(1))
    found: dict[str, Result] = {}
    for name, fitter in installed(task).items():
        try:
            found[name] = run(task, fitter, signals)
        except Exception as problem:  # a peer's fault is a line of the table, not our end
            print(f"  {name}: failed, {type(problem).__name__}: {problem}")
    names = [parameter.name for parameter in task.model.parameters]
    print(f"\n{task.name}, SNR {task.snr:g} (aim on 2 cores: {task.aim:,.0f} voxels/s)")
    print(f"{'':24}{'voxels/s':>12}{'gross %':>9}{'>1e-6 %':>9}{'>1 %':>8}  median error %")
    for name, result in found.items():
        n = result.count
        least = np.min([other.cost[:n] for other in found.values() if other.count >= n], axis=0)
        excess = result.cost / np.maximum(least, 1e-300) - 1
        error = np.abs(result.values / truth[:n] - 1)
        errors = ", ".join(
            f"{k} {100 * np.nanmedian(e):.1f}" for k, e in zip(names, error.T, strict=True)
        )
        gross = np.mean(~(error[:, names.index(task.main)] < GROSS))
        print(
            f"  {name:22}{result.rate:12,.0f}{100 * gross:9.1f}"
            f"{100 * np.mean(excess > 1e-6):9.2f}{100 * np.mean(excess > 0.01):8.2f}  {errors}"
        )


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    for one in TASKS:
        if not sys.argv[1:] or any(word.lower() in one.name.lower() for word in sys.argv[1:]):
            compare(one)
