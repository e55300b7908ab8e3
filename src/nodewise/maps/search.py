"""Searches for the optimum of every voxel, several of a voxel where it may have several valleys.

All go on together, a step at a time; those that are done, hopeless or on another's way are packed
away.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nodewise.maps.amplitudes import dot
from nodewise.maps.marquardt import bent, damped_step, learn, quadratic
from nodewise.maps.projection import State, evaluate, limits
from nodewise.models.base import Model
from nodewise.volume import Array, Mask

# after so many iterations, the searches of a voxel go on that are within a ratio of its best cost
CULLS = {3: 1.1, 5: 1.02}
SAME = 1e-3  # rates this near to a better search's, relatively, are on their way to its optimum
LEARN_AFTER = 2  # steps; what long first ones tell of the curvature is wrong at the optimum
PACK = 0.2  # part of the searches that must be done before they are packed away


Rows = NDArray[np.intp]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How far searches go.

    Args:
        iterations: at most.
        gain: a step that promises to lower the residual by less, relatively, is not worth a look.
        damping: at the start, relative to the curvature's diagonal.
        unseen: whether it is taken all the same: an exact search will look where it led.
    """

    iterations: int
    gain: float
    damping: float
    unseen: bool


PACES = {
    np.dtype(np.float32): Pace(iterations=12, gain=3e-6, damping=1e-3, unseen=True),
    np.dtype(np.float64): Pace(iterations=60, gain=1e-8, damping=1e-9, unseen=False),
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
    curves = picked(signals, voxels)
    Search(model, curves, voxels, evaluate(model, curves, rates)).run(settled)


def picked(signals: Array, voxels: Rows) -> Array:
    """Signals, shape (m, v), of some voxels, shape (v,), as they lie in memory."""
    if len(voxels) == signals.shape[1] and (np.diff(voxels) == 1).all():
        return signals
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

    Attributes:
        alone: whether each is its voxel's only one.
    """

    def __init__(self, model: Model, curves: Array, voxels: Rows, state: State) -> None:
        self.model, self.curves, self.voxels, self.state = model, curves, voxels, state
        self.pace = PACES[curves.dtype]
        self.alone = bool((np.diff(voxels) > 0).all())
        self.damping = np.full(len(voxels), self.pace.damping, curves.dtype)
        self.bend = np.zeros_like(self.state.curvature)
        self.bounds = limits(model, curves.dtype)
        self.typical = np.array([[rate.start] for rate in model.rates], curves.dtype)

    def run(self, settled: State) -> None:
        """Go on until all are settled, or hopeless beside others of their voxel."""
        for iteration in range(self.pace.iterations):
            learning = iteration >= LEARN_AFTER
            step, promise = self.proposal(learning=learning)
            done = self.worthless(step, promise)
            if done.sum() >= PACK * len(done):
                if self.pace.unseen:
                    self.state.rates = np.clip(self.state.rates + step * done, *self.bounds)
                self.settle(settled, done)
                step, promise = step[:, ~done], promise[~done]
            if len(self.voxels) == 0:
                return
            if not self.alone and iteration in CULLS:
                kept = self.promising(settled, promise, ratio=CULLS[iteration])
                self.keep(kept)
                step = step[:, kept]
            self.go(step, learning=learning)
        done = self.worthless(*self.proposal(learning=True))
        self.settle(settled, done | self.pace.unseen)

    def proposal(self, *, learning: bool) -> tuple[Array, Array]:
        """The next step, shape (q, s), and by how much it should lower the cost, shape (s,)."""
        here = self.state
        curvature = bent(here.curvature, self.bend) if learning else here.curvature
        low, high = self.bounds
        box = low - here.rates, high - here.rates
        step = damped_step(here.gradient, curvature, damping=self.damping, box=box)
        return step, -2 * dot(here.gradient, step) - quadratic(curvature, step)

    def worthless(self, step: Array, promise: Array) -> Mask:
        """Whether a step, shape (q, s), of some promise, shape (s,), is not worth taking."""
        here = self.state
        short = (np.abs(step) <= 1e-9 * (np.abs(here.rates) + 1e-3 * self.typical)).all(axis=0)
        return short | (np.abs(promise) <= self.pace.gain * here.cost) | (self.damping > 1e12)

    def go(self, step: Array, *, learning: bool) -> None:
        """Take a step, shape (q, s), where it leads down."""
        here = self.state
        trial = evaluate(self.model, self.curves, np.clip(here.rates + step, *self.bounds))
        better = trial.cost <= here.cost
        if learning:
            learn(self.bend, step, trial.gradient - here.gradient, trial.curvature, better)
        worse = np.flatnonzero(~better)
        if len(worse):
            trial.put(worse, here.take(worse))
        self.state = trial
        self.damping *= 10.0 - better.astype(self.damping.dtype) * 9.9
        np.clip(self.damping, 1e-12, np.inf, out=self.damping)

    def settle(self, settled: State, done: Mask) -> None:
        """Write searches that are done, shape (s,), where they are a voxel's lowest; drop them."""
        ended = np.flatnonzero(done)
        ended = ended[self.state.cost[ended] < settled.cost[self.voxels[ended]]]
        if not self.alone:
            ended = ended[np.argsort(-self.state.cost[ended])]  # the lowest comes last
        settled.end(self.voxels[ended], self.state, ended)
        self.keep(np.flatnonzero(~done))

    def keep(self, kept: Rows) -> None:
        """Leave all searches but those kept, shape (v,)."""
        self.curves, self.voxels = picked(self.curves, kept), self.voxels[kept]
        self.state, self.damping = self.state.take(kept), self.damping[kept]
        self.bend = np.take(self.bend, kept, axis=-1)

    def promising(self, settled: State, promise: Array, *, ratio: float) -> Rows:
        """Searches whose next step promises a cost near their voxel's best, shape (v,).

        Those on the way of a better one are left out.

        Args:
            settled: the voxels' lowest optima so far.
            promise: by how much the step should lower the cost, shape (s,).
            ratio: of the cost then to the best one's now.
        """
        cost, voxels = self.state.cost, self.voxels
        leader = np.full(len(settled.cost), -1)
        leader[voxels] = np.arange(len(voxels))
        shared = np.flatnonzero(np.bincount(voxels)[voxels] > 1)
        order = shared[np.argsort(-cost[shared])]
        leader[voxels[order]] = order
        least = np.minimum(np.where(leader < 0, np.inf, cost[leader]), settled.cost)
        first, rates = leader[voxels], self.state.rates
        same = _near(rates, rates[:, first]) & (first != np.arange(len(first)))
        same |= _near(rates, settled.rates[:, voxels])
        return np.flatnonzero((cost - promise <= ratio * least[voxels]) & ~same)


def _near(rates: Array, others: Array) -> Mask:
    """Whether two searches, shape (q, s) each, are on their way to one optimum, shape (s,)."""
    return np.asarray((np.abs(rates - others) <= SAME * np.abs(rates)).all(axis=0))
