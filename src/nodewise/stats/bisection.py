"""Where a function of one number crosses zero."""

from collections.abc import Callable


def root(function: Callable[[float], float], low: float, high: float) -> float:
    """The place between low and high where a monotone function crosses zero, to 1e-13.

    An end is returned where the function does not change its sign.

    >>> round(root(lambda x: x**2 - 2, 0.0, 2.0), 6)
    1.414214
    """
    at_low, at_high = function(low), function(high)
    if at_low == 0 or at_low * at_high > 0:
        return low if abs(at_low) <= abs(at_high) else high
    for _ in range(200):
        middle = (low + high) / 2
        if high - low < 1e-13:
            break
        if function(middle) * at_low > 0:
            low = middle
        else:
            high = middle
    return (low + high) / 2
