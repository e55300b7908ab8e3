"""python -m benchmarks.bias [TASK…]: bias and spread by SNR, against the Cramér-Rao bound."""

import sys
from collections.abc import Callable

import numpy as np

from benchmarks.tasks import TASKS, Array, Task
from nodewise.maps import Fit, fit, fit_segmented
from nodewise.maps.shrinkage import fit_shrunken
from nodewise.models import Ivim, Model

SNRS = (10, 20, 40, 80)
COPIES = 2000
METHODS: dict[str, Callable[..., Fit]] = {"full": fit}
IVIM_METHODS = METHODS | {"segmented": fit_segmented, "shrunken": fit_shrunken}


def cramer_rao(model: Model, values: Array, noise: float) -> Array:
    """Least standard deviation of unbiased estimates, shape (p,), of values, shape (p,)."""
    steps = 1e-5 * values * np.eye(len(values))
    slopes = (model.signal(values + steps) - model.signal(values - steps)) / (
        2e-5 * values[:, None]
    )
    return noise * np.sqrt(np.diag(np.linalg.inv(slopes @ slopes.T)))


def table(task: Task, rng: np.random.Generator) -> None:
    """Print what each method makes of tissue in the middle of the task's range."""
    values = np.array([(low + high) / 2 for low, high in task.tissue])
    clean = task.model.signal(values)
    names = [parameter.name for parameter in task.model.parameters]
    print(f"\n{task.name}: {', '.join(f'{k} {v:.3g}' for k, v in zip(names, values, strict=True))}")
    print(f"{'SNR':>5} {'method':10}" + "".join(f"{name:>26}" for name in names))
    print(" " * 16 + f"{'bias / spread / bound, %':>26}" * len(names))
    for snr in SNRS:
        noise = clean.max() / snr
        bound = cramer_rao(task.model, values, noise) / values
        signals = clean + rng.normal(size=(COPIES, len(clean))) * noise
        methods = IVIM_METHODS if isinstance(task.model, Ivim) else METHODS
        for method, estimate in methods.items():
            found = estimate(task.model, signals).values
            cells = [
                f"{100 * (np.nanmedian(column) / true - 1):.1f} / "
                f"{100 * robust_spread(column) / true:.1f} / {100 * least:.1f}"
                for column, true, least in zip(found.T, values, bound, strict=False)
            ]
            print(f"{snr:5d} {method:10}" + "".join(f"{cell:>26}" for cell in cells))


def robust_spread(values: Array) -> float:
    """Half the width of the middle 68 % of values, shape (n,); gross failures weigh little."""
    low, high = np.nanpercentile(values, [15.87, 84.13])
    return float(high - low) / 2


if __name__ == "__main__":
    for one in TASKS:
        if not sys.argv[1:] or any(word.lower() in one.name.lower() for word in sys.argv[1:]):
            table(one, np.random.default_rng(1))
