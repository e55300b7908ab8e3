"""Magnitude signals whose first samples were negative: every place for the change of sign."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from nodewise.maps.amplitudes import Order, Solution
from nodewise.maps.onerate import OneRate
from nodewise.models.base import Model
from nodewise.volume import Array


@dataclass(frozen=True, slots=True)
class Folded:
    """A solver of signed signals, tried with none, one, … all samples negative.

    The least residual of all is the optimum of the magnitude model: where a curve changes sign
    elsewhere than the data were assumed to, its distance only grows.
    """

    block: ClassVar[int] = 8_192  # voxels at once
    order: ClassVar[Order] = "C"

    signed: OneRate

    @classmethod
    def of(cls, model: Model) -> "Folded":
        """The solver of a model with one rate."""
        return cls(OneRate.of(model))

    def solve(self, signals: Array) -> Solution:
        """The best fit to each of signals, shape (m, n)."""
        sign = np.ones((len(signals), 1))
        best, every = self.signed.solve(signals), np.arange(signals.shape[1])
        for sample in np.argsort(self.signed.model.samples, kind="stable"):
            sign[sample] = -1
            best.improve(self.signed.solve(signals * sign), every)
        return best
