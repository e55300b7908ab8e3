"""Models without rates: one least-squares step."""

from dataclasses import dataclass

import numpy as np

from nodewise.maps.amplitudes import Solution, Table, covariance, non_negative
from nodewise.models.base import Model
from nodewise.volume import Array


@dataclass(frozen=True, slots=True)
class Linear:
    """A model's columns, shape (k, m)."""

    columns: Array

    @classmethod
    def of(cls, model: Model) -> "Linear":
        """The columns of a model without rates."""
        return cls(model.basis(np.empty(0)))

    def solve(self, signals: Array) -> Solution:
        """The best fit to each of signals, shape (n, m)."""
        count, n = len(self.columns), len(signals)
        gram: Table = [
            [np.full(n, left @ right) for right in self.columns] for left in self.columns
        ]
        amplitudes = np.stack(non_negative(gram, list((signals @ self.columns.T).T)), axis=-1)
        left = signals - amplitudes @ self.columns
        return Solution(
            amplitudes=amplitudes,
            rates=np.empty((n, 0)),
            residual=np.einsum("nm,nm->n", left, left),
            covariance=covariance(gram, [[] for _ in range(count)], []),
            converged=np.ones(n, bool),
            at_bound=np.zeros(n, bool),
        )
