"""Searches for the optimum of every voxel, several of a voxel where it may have several valleys.

All go on together, a step at a time; those that are done, hopeless or on another's way are packed
away.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nodewise.maps.amplitudes import dot
from nodewise.maps.marquardt import bent, damped_step, learn, quadratic
from nodewise.maps.projection import State, evaluate, limits
from nodewise.models.base import Model
from nodewise.volume import Array, Mask

# after so many iterations, the searches of a voxel go on that are within a ratio of its best cost
CULLS = {0: 3.0, 1: 1.2, 2: 1.05, 3: 1.02}
SAME = 1e-3  # rates this near to a better search's, relatively, are on their way to its optimum
DAMPING = 1e-3  # relative to the diagonal, at the start
LEARN_AFTER = 2  # steps; what long first ones tell of the curvature is wrong at the optimum
PACK = 0.2  # part of the searches that must be done before they are packed away


Rows = NDArray[np.intp]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How far searches go.

    Args:
        iterations: at most.
        gain: a step that promises to lower the residual by less, relatively, is not worth a look.
        unseen: whether it is taken all the same: an exact search will look where it led.
    """

    iterations: int
    gain: float
    unseen: bool


PACES = {
    np.dtype(np.float32): Pace(iterations=12, gain=1e-6, unseen=True),
    np.dtype(np.float64): Pace(iterations=60, gain=1e-10, unseen=False),
}


def descend(model: Model, signals: Array, settled: State, *, starts: tuple[Rows, Array]) -> None:
    """Bring every voxel to the lowest optimum that its searches lead to, if it is a lower one.

    Args:
        model: of the signals.
        signals: shape (m, n).
        settled: the n voxels' lowest optima so far, changed in place.
        starts: each search's voxel, shape (s,), and rates, shape (q, s).
    """
    voxels, rates = starts
    alone = np.array_equal(voxels, np.arange(signals.shape[1]))
    curves = signals if alone else picked(signals, voxels)
    search = Search(model, curves, voxels, evaluate(model, curves, rates))
    search.run(settled, culls={} if alone else CULLS)


def picked(signals: Array, voxels: Rows) -> Array:
    """Signals, shape (m, v), of some voxels, shape (v,), as they lie in memory."""
    if signals.flags.c_contiguous:
        return np.take(signals, voxels, axis=1)
    return np.take(signals.T, voxels, axis=0).T


class Search:
    """Searches for optima, some of them of the same voxel, and where each stands.

    Args:
        model: of the signals.
        curves: signal of each search's voxel, shape (m, s).
        voxels: each search's, shape (s,).
        state: where they start.
    """

    def __init__(self, model: Model, curves: Array, voxels: Rows, state: State) -> None:
        self.model, self.curves, self.voxels, self.state = model, curves, voxels, state
        self.damping = np.full(len(voxels), DAMPING, curves.dtype)
        self.pace = PACES[curves.dtype]
        self.bend = np.zeros_like(self.state.curvature)
        self.bounds = limits(model, curves.dtype)
        self.typical = np.array([[rate.start] for rate in model.rates], curves.dtype)

    def run(self, settled: State, *, culls: Mapping[int, float]) -> None:
        """Go on until all are settled, or hopeless by a ratio of costs after some iterations."""
        for iteration in range(self.pace.iterations):
            if iteration - 1 in culls:
                self.keep(self.promising(settled, culls[iteration - 1]))
            learning = iteration >= LEARN_AFTER
            step, done = self.proposal(learning=learning)
            if done.sum() >= PACK * len(done):
                if self.pace.unseen:
                    self.state.rates = np.clip(self.state.rates + step * done, *self.bounds)
                self.settle(settled, done)
                step = step[:, ~done]
            if len(self.voxels) == 0:
                return
            self.go(step, learning=learning)
        _, done = self.proposal(learning=True)
        self.settle(settled, done | self.pace.unseen)

    def proposal(self, *, learning: bool) -> tuple[Array, Mask]:
        """The next step, shape (q, s), and whether it is not worth taking, shape (s,)."""
        here = self.state
        curvature = bent(here.curvature, self.bend) if learning else here.curvature
        low, high = self.bounds
        box = low - here.rates, high - here.rates
        step = damped_step(here.gradient, curvature, damping=self.damping, box=box)
        promise = -2 * dot(here.gradient, step) - quadratic(curvature, step)
        done = (np.abs(step) <= 1e-9 * (np.abs(here.rates) + 1e-3 * self.typical)).all(axis=0)
        return step, done | (np.abs(promise) <= self.pace.gain * here.cost) | (self.damping > 1e12)

    def go(self, step: Array, *, learning: bool) -> None:
        """Take a step, shape (q, s), where it leads down."""
        here = self.state
        trial = evaluate(self.model, self.curves, np.clip(here.rates + step, *self.bounds))
        better = trial.cost <= here.cost
        if learning:
            learn(self.bend, step, trial.gradient - here.gradient, trial.curvature, better)
        here.accept(trial, better)
        self.damping = np.maximum(self.damping * np.where(better, 0.1, 10.0), 1e-12)

    def settle(self, settled: State, done: Mask) -> None:
        """Write searches that are done, shape (s,), where they are a voxel's lowest; drop them."""
        ended = np.flatnonzero(done)
        ended = ended[np.argsort(-self.state.cost[ended], kind="stable")]  # the lowest comes last
        ended = ended[self.state.cost[ended] < settled.cost[self.voxels[ended]]]
        settled.put(self.voxels[ended], self.state.take(ended))
        self.keep(np.flatnonzero(~done))

    def keep(self, kept: Rows) -> None:
        """Leave all searches but those kept, shape (v,)."""
        self.curves, self.voxels = picked(self.curves, kept), self.voxels[kept]
        self.state, self.damping = self.state.take(kept), self.damping[kept]
        self.bend = self.bend[..., kept]

    def promising(self, settled: State, ratio: float) -> Rows:
        """Searches within a ratio of their voxel's best cost and on no better one's way, (v,)."""
        cost, voxels = self.state.cost, self.voxels
        leader = np.full(len(settled.cost), -1)
        order = np.argsort(-cost, kind="stable")
        leader[voxels[order]] = order
        least = np.minimum(np.where(leader < 0, np.inf, cost[leader]), settled.cost)
        first, rates = leader[voxels], self.state.rates
        same = _near(rates, rates[:, first]) & (first != np.arange(len(first)))
        same |= _near(rates, settled.rates[:, voxels])
        return np.flatnonzero((cost <= ratio * least[voxels]) & ~same)


def _near(rates: Array, others: Array) -> Mask:
    """Whether two searches, shape (q, s) each, are on their way to one optimum, shape (s,)."""
    return np.asarray((np.abs(rates - others) <= SAME * np.abs(rates)).all(axis=0))
