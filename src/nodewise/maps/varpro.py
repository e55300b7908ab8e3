"""Models of two or three rates: a dictionary for the start, then variable projection.

Levenberg-Marquardt on the rates alone, in batches: amplitudes are solved in closed form at every
step, rates at a bound that want to leave it are held there. What a first round cannot know, such
as a valley beyond a kink or behind a bound, a second one looks into.
"""

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from nodewise.maps.amplitudes import Solution, covariance
from nodewise.maps.dictionary import Dictionary
from nodewise.maps.projection import Products, State, limits, resting
from nodewise.maps.search import descend, picked
from nodewise.models.base import Model
from nodewise.volume import Array

Rows = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class VariableProjection:
    """A model and where its voxels' searches start."""

    block: ClassVar[int] = 32_768  # voxels at once: enough for the last, slow ones to be company

    model: Model
    dictionary: Dictionary
    order: Literal["C", "F"]  # in which a model's columns lie in memory, and so its signals should

    @classmethod
    def of(cls, model: Model) -> "VariableProjection":
        """With a dictionary of the model's columns."""
        column = model.columns(np.array([[rate.start] * 2 for rate in model.rates]))[0]
        return cls(model, Dictionary.of(model), "C" if column.flags.c_contiguous else "F")

    def solve(self, signals: Array) -> Solution:
        """The best fit to each of signals, shape (m, n)."""
        signals = np.asarray(signals, order=self.order)
        voxels, rates = self.dictionary.starts(signals)
        settled = State.open(len(self.model.parameters) - len(rates), len(rates), signals.shape[1])
        descend(self.model, signals, settled, starts=(voxels, rates))
        descend(self.model, signals, settled, starts=self._beside(settled))
        descend(self.model, signals, settled, starts=self._elsewhere(signals, settled))
        return finish(self.model, signals, settled)

    def _beside(self, settled: State) -> tuple[Rows, Array]:
        """Voxels, shape (s,), and rates, shape (q, s), that the model says may lead lower still."""
        looks = self.model.beside(settled.rates)
        look, voxels = np.nonzero(np.isfinite(looks).all(axis=1))
        return voxels, np.clip(looks[look, :, voxels].T, *limits(self.model))

    def _elsewhere(self, signals: Array, settled: State) -> tuple[Rows, Array]:
        """Starts far from where no optimum was found, or one with something at 0 or a bound.

        That easily hides another valley, if the model has several.
        """
        doubtful = ~np.isfinite(settled.cost)
        if self.model.valleys > 1:
            doubtful |= (settled.amplitudes <= 0).any(axis=0) | resting(self.model, settled.rates)
        voxels = np.flatnonzero(doubtful)
        rates = self.dictionary.spread(picked(signals, voxels))
        return np.tile(voxels, rates.shape[1] // max(len(voxels), 1)), rates


def finish(model: Model, signals: Array, state: State) -> Solution:
    """The solution of signals, shape (m, n), that a settled state stands for."""
    found = Products.of(model, signals, state.rates)
    unknown = np.any([found.inner[j, j] <= 0 for j in range(len(found.inner))], axis=0)
    return Solution(
        amplitudes=state.amplitudes,
        rates=state.rates,
        residual=found.cost,
        covariance=covariance(found.gram, found.cross, found.inner),
        converged=np.isfinite(state.cost),
        at_bound=resting(model, state.rates) | unknown,
    )
