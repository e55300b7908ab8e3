"""Numbers in the pages' tables."""

import numpy as np

from nodewise.volume import Array


def bias_and_spread(values: Array, truth: float) -> str:
    """Two cells: the median of values, shape (n,), off the truth, and half their middle 68 %."""
    low, middle, high = np.percentile(values, [15.87, 50, 84.13])
    percent = 100 / abs(truth)
    return f"{signed((middle - truth) * percent)} | {rounded((high - low) / 2 * percent)}"


def signed(value: float) -> str:
    """With its sign, a real minus, and 0 without one."""
    text = rounded(abs(value))
    if text.startswith(">"):
        return text if value > 0 else "< −1000"
    return text if float(text) == 0 else ("−" if value < 0 else "+") + text


def rounded(value: float) -> str:
    """One decimal; what is huge is only said to be so."""
    return f"{value:.1f}" if value < 1000 else "> 1000"
