"""Models without rates: one least-squares step."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from nodewise.maps.amplitudes import Order, Solution, covariance, dot, non_negative
from nodewise.models.base import Model
from nodewise.volume import Array


@dataclass(frozen=True, slots=True)
class Linear:
    """A model's columns, shape (k, m)."""

    block: ClassVar[int] = 8_192  # voxels at once
    order: ClassVar[Order] = "C"

    columns: Array

    @classmethod
    def of(cls, model: Model) -> "Linear":
        """The columns of a model without rates."""
        return cls(model.columns(np.empty((0, 1)))[..., 0])

    def solve(self, signals: Array) -> Solution:
        """The best fit to each of signals, shape (m, n)."""
        n = signals.shape[1]
        gram = [[np.full(n, left @ right) for right in self.columns] for left in self.columns]
        amplitudes = non_negative(gram, list(self.columns @ signals))
        left = signals - self.columns.T @ amplitudes
        return Solution(
            amplitudes=amplitudes,
            rates=np.empty((0, n)),
            residual=dot(left, left),
            covariance=covariance(gram, [[] for _ in self.columns], []),
            converged=np.ones(n, bool),
            at_bound=np.zeros(n, bool),
        )
