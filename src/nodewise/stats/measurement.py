"""Repeated and paired measurements of the same units, each row with its patient."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from nodewise.errors import StatsError
from nodewise.stats.inputs import Array, Clusters, patients


@dataclass(frozen=True, slots=True)
class Measured:
    """Measurements of n units by m readers, or m times over.

    Args:
        values: shape (n, m).
        clusters: the patient of each unit.
    """

    values: Array
    clusters: Clusters


def measured(values: ArrayLike, patient: ArrayLike) -> Measured:
    """Check measurements; none may be missing.

    Args:
        values: shape (n, m).
        patient: the patient of each unit, shape (n,).
    """
    table = np.asarray(values, np.float64)
    if table.ndim != 2 or table.shape[1] < 2:
        raise StatsError(
            f"repeated measurements have the shape (units, 2 or more); these have {table.shape}"
        )
    wrong = int(np.count_nonzero(~np.isfinite(table).all(axis=1)))
    if wrong:
        raise StatsError(
            f"{wrong} of {len(table)} units lack a measurement; leave them out, and count them"
        )
    if len(table) < 2:
        raise StatsError(f"2 units or more are needed; there is {len(table)}")
    return Measured(table, patients(patient, len(table)))
