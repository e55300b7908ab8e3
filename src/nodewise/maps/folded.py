"""Magnitude signals whose first samples were negative: every place for the change of sign."""

from dataclasses import dataclass

import numpy as np

from nodewise.maps.amplitudes import Solution, better
from nodewise.maps.onerate import OneRate
from nodewise.models.base import Model
from nodewise.volume import Array


@dataclass(frozen=True, slots=True)
class Folded:
    """A solver of signed signals, tried with none, one, … all samples negative.

    The least residual of all is the optimum of the magnitude model: where a curve changes sign
    elsewhere than the data were assumed to, its distance only grows.
    """

    signed: OneRate

    @classmethod
    def of(cls, model: Model) -> "Folded":
        """The solver of a model with one rate."""
        return cls(OneRate.of(model))

    def solve(self, signals: Array) -> Solution:
        """The best fit to each of signals, shape (n, m)."""
        sign = np.ones(signals.shape[1])
        best = self.signed.solve(signals)
        for sample in np.argsort(self.signed.model.samples, kind="stable"):
            sign[sample] = -1
            best = better(best, self.signed.solve(signals * sign), np.arange(len(signals)))
        return best
