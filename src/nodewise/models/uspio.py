"""Nodes before and after iron oxide: change of relaxation rate, and signal against a reference."""

import numpy as np

from nodewise.volume import Array


def delta_r2_star(before: Array | float, after: Array | float) -> Array:
    """Change of R2*, shape (...), 1/s: what iron adds; a metastasis takes up little.

    Args:
        before: R2* before iron oxide, shape (...), 1/s.
        after: R2* after it, shape (...), 1/s.

    Source:
        Harisinghani et al., N Engl J Med 2003;348:2491, doi:10.1056/NEJMoa022749.
    """
    return np.asarray(np.subtract(after, before, dtype=float))


def signal_ratio(node: Array | float, reference: Array | float) -> Array:
    """Node over reference tissue (lipid, muscle) of the same image, shape (...), 1.

    Args:
        node: mean signal, shape (...).
        reference: mean signal of the reference, shape (...).

    Returns:
        NaN where the reference has no signal.
    """
    node, reference = np.broadcast_arrays(np.asarray(node, float), np.asarray(reference, float))
    ratio = np.full(node.shape, np.nan)
    return np.asarray(np.divide(node, reference, out=ratio, where=reference > 0))


def relative_change(before: Array | float, after: Array | float) -> Array:
    """(after - before) / before, shape (...), 1; NaN where there was nothing before.

    Args:
        before: ratio or signal before iron oxide, shape (...).
        after: the same after it, shape (...).
    """
    return np.asarray(signal_ratio(after, before) - 1)
