"""Searches for the optimum of every voxel, several of a voxel where it may have several valleys.

All go on together, a step at a time; those that are done, hopeless or on another's way are packed
away.
"""

import numpy as np
from numpy.typing import NDArray

from nodewise.maps.amplitudes import dot
from nodewise.maps.marquardt import bent, damped_step, learn, quadratic
from nodewise.maps.projection import State, evaluate, limits
from nodewise.models.base import Model
from nodewise.volume import Array, Mask

ITERATIONS = 60
# after so many iterations, the searches of a voxel go on that are within a ratio of its best cost
CULLS = {0: 4.0, 2: 2.0, 4: 1.2}
SAME = 1e-3  # rates this near to a better search's, relatively, are on their way to its optimum
DAMPING = 1e-3  # relative to the diagonal, at the start
GAIN = 1e-7  # a step that promises to lower the residual by less, relatively, is the last
LEARN_AFTER = 2  # steps; what long first ones tell of the curvature is wrong at the optimum
PACK = 0.2  # part of the searches that must be done before they are packed away


Rows = NDArray[np.intp]


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
    search = Search(model, signals if alone else picked(signals, voxels), voxels, rates)
    done = np.zeros(len(voxels), bool)
    for iteration in range(ITERATIONS):
        if len(done) == 0:
            return
        done |= search.step(learning=iteration >= LEARN_AFTER)
        if done.mean() >= PACK:
            search.settle(settled, done)
            done = np.zeros(len(search.voxels), bool)
        if not alone and iteration in CULLS and len(done):
            kept = search.promising(settled, CULLS[iteration])
            search.keep(kept)
            done = done[kept]
    search.settle(settled, done)


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
        rates: to start from, shape (q, s).
    """

    def __init__(self, model: Model, curves: Array, voxels: Rows, rates: Array) -> None:
        self.model, self.curves, self.voxels = model, curves, voxels
        self.state = evaluate(model, curves, rates)
        self.damping = np.full(len(voxels), DAMPING)
        self.bend = np.zeros_like(self.state.curvature)
        self.bounds = limits(model)
        self.typical = np.array([[rate.start] for rate in model.rates])

    def step(self, *, learning: bool) -> Mask:
        """Go on by one step; true, shape (s,), where it was the last one needed."""
        here = self.state
        curvature = bent(here.curvature, self.bend) if learning else here.curvature
        low, high = self.bounds
        box = low - here.rates, high - here.rates
        step = damped_step(here.gradient, curvature, damping=self.damping, box=box)
        promise = -2 * dot(here.gradient, step) - quadratic(curvature, step)
        done = (np.abs(step) <= 1e-9 * (np.abs(here.rates) + 1e-3 * self.typical)).all(axis=0)
        trial = evaluate(self.model, self.curves, np.clip(here.rates + step, *self.bounds))
        done |= np.abs(promise) <= GAIN * here.cost
        better = trial.cost <= here.cost
        if learning:
            learn(self.bend, step, trial.gradient - here.gradient, trial.curvature, better)
        here.accept(trial, better)
        self.damping = np.maximum(self.damping * np.where(better, 0.1, 10.0), 1e-12)
        return np.asarray(done | (self.damping > 1e12))

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
