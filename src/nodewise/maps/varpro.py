"""Models of two or three rates: a dictionary for the start, then variable projection.

Levenberg-Marquardt on the rates alone, in batches: amplitudes are solved in closed form at every
step, rates at a bound that want to leave it are held there. What a first round cannot know, such
as a valley beyond a kink or behind a bound, a second one looks into. All this is done in single
precision, at half the price; one look in double precision ends most voxels, and the others go on.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from nodewise.maps.amplitudes import Order, Solution, covariance, dot, inverse_of_active, total
from nodewise.maps.dictionary import Dictionary
from nodewise.maps.projection import Products, State, limits, resting, state_of
from nodewise.maps.search import Search, descend, picked
from nodewise.models.base import Model
from nodewise.volume import Array

SHORT = 1e-3  # of a rate: so far its slope holds
UNTOLD = 1e-12  # of a signal: a rate that changes it by less is not known from it

Rows = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class VariableProjection:
    """A model and where its voxels' searches start."""

    block: ClassVar[int] = 65_536  # voxels at once: enough for the last, slow ones to be company

    model: Model
    dictionary: Dictionary
    order: Order  # in which a model's columns lie in memory, and so its signals should

    @classmethod
    def of(cls, model: Model) -> "VariableProjection":
        """With a dictionary of the model's columns."""
        column = model.columns(np.array([[rate.start] * 2 for rate in model.rates]))[0]
        return cls(model, Dictionary.of(model), "C" if column.flags.c_contiguous else "F")

    @np.errstate(over="ignore", invalid="ignore", divide="ignore")
    def solve(self, signals: Array) -> Solution:
        """The best fit to each of signals, shape (m, n)."""
        most = np.maximum(signals.max(axis=0), -signals.min(axis=0))
        scaled = (signals / most).astype(np.float32)
        rough = State.open(self.model, scaled)
        first = self.dictionary.starts(scaled)
        descend(self.model, scaled, rough, starts=first)
        descend(self.model, scaled, rough, starts=self._beside(rough))
        descend(self.model, scaled, rough, starts=self._elsewhere(scaled, rough))
        lost = ~np.isfinite(rough.cost)
        rough.rates[:, lost] = first[1][:, : len(lost)][:, lost]
        return finish(self.model, signals, exactly(self.model, rough.rates))

    def _beside(self, settled: State) -> tuple[Rows, Array]:
        """Voxels, shape (s,), and rates, shape (q, s), that the model says may lead lower still."""
        looks = self.model.beside(settled.rates)
        look, voxels = np.nonzero(np.isfinite(looks).all(axis=1))
        return voxels, np.clip(looks[look, :, voxels].T, *limits(self.model, looks.dtype))

    def _elsewhere(self, signals: Array, settled: State) -> tuple[Rows, Array]:
        """Starts far from where no optimum was found, or one with something at 0 or a bound.

        That easily hides another valley, if the model has several.
        """
        doubtful = ~np.isfinite(settled.cost)
        if self.model.valleys > 1:
            doubtful |= (settled.amplitudes <= 0).any(axis=0) | resting(self.model, settled.rates)
        voxels = np.flatnonzero(doubtful)
        which, rates = self.dictionary.spread(picked(signals, voxels), settled.cost[voxels])
        return voxels[which], rates


def follow(state: State, step: Array, found: Products) -> None:
    """Take a step, shape (q, n), where it is short; amplitudes follow its slope."""
    step *= (np.abs(step) <= SHORT * np.abs(state.rates)).all(axis=0)
    inverse, pairs = inverse_of_active(found.gram, state.amplitudes), range(len(found.gram))
    slope = [dot(cross, step) for cross in found.cross]
    for k in pairs:
        state.amplitudes[k] -= total(inverse[k][x] * slope[x] for x in pairs)
    np.clip(state.amplitudes, 0, np.inf, out=state.amplitudes)
    state.rates = state.rates + step


def exactly(model: Model, rates: Array) -> Array:
    """Rates found in single precision, shape (q, n), in double, on a bound where they were."""
    (least, most), (low, high) = limits(model), limits(model, rates.dtype)
    return np.where(rates <= low, least, np.where(rates >= high, most, rates.astype(float)))


def finish(model: Model, signals: Array, rates: Array) -> Solution:
    """The best fit to signals, shape (m, n), next to rates, shape (q, n)."""
    found = Products.of(model, signals, rates)
    state = state_of(found, rates)
    search = Search(model, signals, np.arange(len(found.cost)), state)
    step, promise = search.proposal(learning=False)
    far = np.flatnonzero(~search.worthless(step, promise))
    if len(far):
        step[:, far] = 0
        curves = picked(signals, far)
        search = Search(model, curves, far, state.take(far))
        state.cost[far] = np.inf
        search.run(state)
        found.put(far, Products.of(model, curves, state.rates[:, far]))
    follow(state, step, found)
    told = [rate**2 * found.inner[j, j] for j, rate in enumerate(state.rates)]
    unknown = (np.array(told) <= UNTOLD**2 * dot(signals, signals)).any(axis=0)
    return Solution(
        amplitudes=state.amplitudes,
        rates=state.rates,
        residual=found.cost,
        covariance=covariance(found.gram, found.cross, found.inner),
        converged=np.isfinite(state.cost),
        at_bound=resting(model, state.rates) | unknown,
    )
