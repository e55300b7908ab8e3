"""The two-by-two table."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from nodewise.stats.inputs import binary, same_length


@dataclass(frozen=True, slots=True)
class Counts:
    """Index test against reference.

    Args:
        tp: positive on both.
        fp: positive on the index test only.
        fn: positive on the reference only.
        tn: negative on both.
    """

    tp: int
    fp: int
    fn: int
    tn: int

    @property
    def total(self) -> int:
        """All units."""
        return self.tp + self.fp + self.fn + self.tn


def counts(test: ArrayLike, truth: ArrayLike) -> Counts:
    """Count units by index test and reference.

    Args:
        test: whether the index test is positive, shape (n,).
        truth: whether the reference is positive, shape (n,).

    >>> counts([1, 1, 0, 0, 0], [1, 0, 1, 0, 0])
    Counts(tp=1, fp=1, fn=1, tn=2)
    """
    said, is_so = binary(test, "test"), binary(truth, "truth")
    same_length(said, is_so, "test and truth")
    cells = np.bincount(2 * said.astype(np.int64) + is_so, minlength=4)
    tn, fn, fp, tp = (int(cell) for cell in cells)
    return Counts(tp=tp, fp=fp, fn=fn, tn=tn)
