"""What a map says within a region."""

from collections.abc import Callable

import numpy as np

from nodewise.volume import Array


def _moment(values: Array, order: int) -> float:
    spread = values.std()
    if len(values) < 3 or spread <= 1e-12 * abs(values.mean()):
        return float("nan")
    return float(np.mean(((values - values.mean()) / spread) ** order))


FEATURES: dict[str, Callable[[Array], float]] = {
    "mean": lambda values: float(values.mean()),
    "median": lambda values: float(np.median(values)),
    "p10": lambda values: float(np.percentile(values, 10)),
    "p90": lambda values: float(np.percentile(values, 90)),
    "max": lambda values: float(values.max()),
    "sd": lambda values: float(values.std(ddof=1)) if len(values) > 1 else float("nan"),
    "skewness": lambda values: _moment(values, 3),
    "kurtosis": lambda values: _moment(values, 4) - 3,
}
"""Statistic's name → function of the values, shape (n,). Kurtosis is excess kurtosis (normal: 0);
percentiles interpolate linearly; skewness and kurtosis are population moments, as IBSI's."""


def summary(values: Array) -> dict[str, float | None]:
    """Every statistic of values, shape (n,); None where they do not determine it.

    >>> summary(np.array([1.0, 2.0, 3.0]))["median"]
    2.0
    >>> summary(np.array([]))["mean"] is None
    True
    """
    if not len(values):
        return dict.fromkeys(FEATURES)
    found = {name: feature(values) for name, feature in FEATURES.items()}
    return {name: value if np.isfinite(value) else None for name, value in found.items()}
