"""python -m benchmarks [TASK…]: every task, every installed peer, one table."""

import sys
import time
import warnings
from dataclasses import dataclass

import numpy as np

from benchmarks import statistics
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
        core: voxels a second of one core's own time, whatever else the machine does.
        values: shape (count, p).
        cost: sum of squares of its values, shape (count,).
        allowed: whether its values keep the model's bounds, shape (count,).
    """

    count: int
    rate: float
    core: float
    values: Array
    cost: Array
    allowed: Array


def run(task: Task, fitter: Fitter, signals: Array) -> Result:
    """Time a fitter on as many voxels as take a few seconds, after a short warm-up."""
    count = min(20, len(signals))
    while True:
        seconds, used, values = timed(task, fitter, signals[:count])
        if count == len(signals) or seconds > SECONDS / 8:
            break
        count = min(len(signals), int(count * min(20, SECONDS / 2 / max(seconds, 1e-6))) + 1)
    for _ in range(2 if count == len(signals) else 0):  # the best of three, where that is quick
        again = timed(task, fitter, signals)
        seconds, used = min(seconds, again[0]), min(used, again[1])
    model = task.model.signal(np.nan_to_num(values))
    cost = ((model - signals[:count]) ** 2).sum(axis=1)
    rate, core = count / seconds, count / max(used, 1e-6)
    inside = allowed(task, values)
    return Result(count=count, rate=rate, core=core, values=values, cost=cost, allowed=inside)


def allowed(task: Task, values: Array) -> Array:
    """Where values, shape (n, p), keep the bounds: a lower cost outside is no better optimum."""
    with np.errstate(all="ignore"):
        amplitudes, rates = task.model.separate(values)
    low = np.array([rate.low for rate in task.model.rates])
    high = np.array([rate.high for rate in task.model.rates])
    inside = (rates >= low - 1e-9 * np.abs(low)) & (rates <= high + 1e-9 * high)
    return inside.all(axis=1) & (amplitudes >= 0).all(axis=1)


def timed(task: Task, fitter: Fitter, signals: Array) -> tuple[float, float, Array]:
    """Seconds by the clock, seconds of processor, and the values of signals, shape (n, m)."""
    start, used = time.perf_counter(), time.process_time()
    values = fitter(task, signals)
    return time.perf_counter() - start, time.process_time() - used, values


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
    print(
        f"{'':24}{'voxels/s':>12}{'per core s':>12}{'gross %':>9}{'>1e-6 %':>9}{'>1 %':>8}"
        "  median error %"
    )
    for name, result in found.items():
        n = result.count
        rivals = [other for other in found.values() if other.count >= n]
        costs = [np.where(other.allowed[:n], other.cost[:n], np.inf) for other in rivals]
        least = np.min(costs, axis=0)
        excess = np.where(result.allowed, result.cost / np.maximum(least, 1e-300) - 1, np.inf)
        error = np.abs(result.values / truth[:n] - 1)
        errors = ", ".join(
            f"{k} {100 * np.nanmedian(e):.1f}" for k, e in zip(names, error.T, strict=True)
        )
        gross = np.mean(~(error[:, names.index(task.main)] < GROSS))
        print(
            f"  {name:22}{result.rate:12,.0f}{result.core:12,.0f}{100 * gross:9.1f}"
            f"{100 * np.mean(excess > 1e-6):9.2f}{100 * np.mean(excess > 0.01):8.2f}  {errors}"
        )


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    for one in TASKS:
        if not sys.argv[1:] or any(word.lower() in one.name.lower() for word in sys.argv[1:]):
            compare(one)
    statistics.run(sys.argv[1:])
