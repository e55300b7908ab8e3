"""Models of two or three rates: a dictionary for the start, then variable projection.

Levenberg-Marquardt on the rates alone, in batches: amplitudes are solved in closed form at every
step, rates at a bound that want to leave it are held there, voxels that are done are packed away.

Source:
    Golub and Pereyra, Inverse Probl 2003;19:R1, doi:10.1088/0266-5611/19/2/201; Jacobian of
    Kaufman, BIT 1975;15:49, doi:10.1007/BF01932995.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nodewise.maps.amplitudes import Solution, Table, covariance, dot, inverse_gram, non_negative
from nodewise.maps.dictionary import Dictionary
from nodewise.models.base import Model
from nodewise.volume import Array, Mask

ITERATIONS = 60
# starts within a ratio of their voxel's best cost, and how many iterations these go on
SPRINTS = ((4.0, 2), (2.0, 2))
GAIN = 1e-8  # a step that promises to lower the residual by less, relatively, is the last
PACK = 0.2  # part of the voxels that must be done before they are packed away
NEWTON_AFTER = 5  # iterations; a long flat valley would take Gauss-Newton a hundred


@dataclass(slots=True)
class State:
    """Where each voxel of a block stands: arrays of n voxels.

    Args:
        rates: shape (n, q).
        amplitudes: shape (n, k).
        cost: sum of squares, shape (n,).
        gradient: half of the cost's, shape (n, q).
        curvature: J·J of the projected residual, shape (n, q, q).
    """

    rates: Array
    amplitudes: Array
    cost: Array
    gradient: Array
    curvature: Array

    def take(self, rows: NDArray[np.intp]) -> "State":
        """The state of some rows, shape (r,)."""
        return State(*(getattr(self, name)[rows] for name in self.__slots__))

    def update(self, other: "State", rows: NDArray[np.intp], source: NDArray[np.intp]) -> None:
        """Take rows, shape (r,), from another state's source rows, shape (r,)."""
        for name in self.__slots__:
            getattr(self, name)[rows] = getattr(other, name)[source]


@dataclass(frozen=True, slots=True)
class VariableProjection:
    """A model and where its voxels' searches start."""

    model: Model
    dictionary: Dictionary

    @classmethod
    def of(cls, model: Model) -> "VariableProjection":
        """With a dictionary of the model's columns."""
        return cls(model, Dictionary.of(model))

    def solve(self, signals: Array) -> Solution:
        """The best fit to each of signals, shape (n, m)."""
        atoms = self.dictionary.starts(signals)
        valley, voxel = np.nonzero(atoms >= 0)
        state = evaluate(self.model, signals[voxel], self.dictionary.rates[atoms[valley, voxel]])
        for ratio, iterations in SPRINTS if len(atoms) > 1 else ():
            cost = np.full(atoms.shape, np.inf)
            cost[valley, voxel] = state.cost
            rivals = np.flatnonzero(state.cost <= ratio * cost.min(axis=0)[voxel])
            state, valley, voxel = state.take(rivals), valley[rivals], voxel[rivals]
            descend(self.model, signals[voxel], state, iterations=iterations)
        converged = descend(self.model, signals[voxel], state)
        row = np.full(atoms.shape, -1)
        cost = np.full(atoms.shape, np.inf)
        cost[valley, voxel], row[valley, voxel] = state.cost, np.arange(len(voxel))
        best = row[cost.argmin(axis=0), np.arange(len(signals))]
        return finish(self.model, signals, (state.take(best), converged[best]))


def evaluate(model: Model, signals: Array, rates: Array) -> State:
    """Amplitudes, cost, gradient and curvature of signals, shape (n, m), at rates, shape (n, q).

    All of it comes from dot products: no residual is formed.
    """
    basis, slopes = model.basis(rates), model.slopes(rates)
    count, size = basis.shape[1], rates.shape[1]
    columns = [basis[:, k] for k in range(count)]
    gram = _symmetric(columns)
    onto = [dot(column, signals) for column in columns]
    amplitudes = non_negative(gram, onto)
    explained = sum(
        amplitudes[k] * (2 * onto[k] - sum(gram[k][x] * amplitudes[x] for x in range(count)))
        for k in range(count)
    )
    change = _change(amplitudes, slopes)
    cross = [[dot(column, d) for d in change] for column in columns]
    inverse = _inverse_of_active(gram, amplitudes)
    inner = _symmetric(change)
    curvature = np.empty((len(rates), size, size))
    gradient = np.empty((len(rates), size))
    for i in range(size):
        weight = [sum(inverse[k][x] * cross[x][i] for x in range(count)) for k in range(count)]
        for j in range(i, size):
            taken = sum(weight[k] * cross[k][j] for k in range(count))
            curvature[:, i, j] = curvature[:, j, i] = inner[i][j] - taken
        fitted = sum(amplitudes[k] * cross[k][i] for k in range(count))
        gradient[:, i] = fitted - dot(change[i], signals)
    cost = np.maximum(dot(signals, signals) - explained, 0.0)
    return State(rates, np.stack(amplitudes, axis=-1), cost, gradient, curvature)


def _symmetric(columns: list[Array]) -> Table:
    """Dot products of columns, shape (n, m) each, with each other."""
    size = len(columns)
    table = [[np.empty(0)] * size for _ in range(size)]
    for i in range(size):
        for j in range(i, size):
            table[i][j] = table[j][i] = dot(columns[i], columns[j])
    return table


def _change(amplitudes: list[Array], slopes: Array) -> list[Array]:
    """The signal's derivatives by each rate, q arrays of shape (n, m), of slopes (n, q, k, m)."""
    change = []
    for j in range(slopes.shape[1]):
        total = amplitudes[0][:, None] * slopes[:, j, 0]
        for k in range(1, slopes.shape[2]):
            total += amplitudes[k][:, None] * slopes[:, j, k]
        change.append(total)
    return change


def _inverse_of_active(gram: Table, amplitudes: list[Array]) -> Table:
    """Inverse Gram matrix, entries of shape (n,), of the columns whose amplitude is above 0."""
    if len(gram) == 1:
        inverse = inverse_gram(gram)
        return [[np.where(np.isfinite(inverse[0][0]), inverse[0][0], 0.0)]]
    first, second = amplitudes[0] > 0, amplitudes[1] > 0
    both = first & second
    full = inverse_gram(gram)
    alone = [inverse_gram([[gram[k][k]]])[0][0] for k in range(2)]
    off = np.where(both, full[0][1], 0.0)
    parts = [
        [np.where(both, full[0][0], np.where(first, alone[0], 0.0)), off],
        [off, np.where(both, full[1][1], np.where(second, alone[1], 0.0))],
    ]
    return [[np.where(np.isfinite(part), part, 0.0) for part in row] for row in parts]


def descend(
    model: Model, signals: Array, state: State, *, iterations: int = ITERATIONS
) -> NDArray[np.bool_]:
    """Bring a state to its optimum in place; true, shape (n,), where it got there."""
    low = np.array([rate.low for rate in model.rates])
    high = np.array([rate.high for rate in model.rates])
    typical = np.array([rate.start for rate in model.rates])
    damping = np.full(len(signals), 1e-3)
    open_rows = np.arange(len(signals))
    here, curves = state.take(open_rows), signals
    for iteration in range(iterations):
        if len(open_rows) == 0:
            break
        if iteration >= NEWTON_AFTER:
            sharpen(model, curves, here)
        step = damped_step(here, damping, low, high)
        target = np.clip(here.rates + step, low, high)
        promise = -2 * dot(here.gradient, step) - _quadratic(here.curvature, step)
        small = (np.abs(step) <= 1e-9 * (np.abs(here.rates) + 1e-3 * typical)).all(axis=1)
        done = small | (np.abs(promise) <= GAIN * here.cost)
        trial = evaluate(model, curves, target)
        accepted = np.flatnonzero(trial.cost <= here.cost)
        here.update(trial, accepted, accepted)
        damping *= 10.0
        damping[accepted] *= 0.01
        damping.clip(1e-12, None, out=damping)
        finished = done | (damping > 1e12)
        if finished.mean() < PACK and iteration < iterations - 1:
            continue
        state.update(here, open_rows, np.arange(len(open_rows)))
        keep = np.flatnonzero(~finished)
        open_rows, damping = open_rows[keep], damping[keep]
        here, curves = here.take(keep), curves[keep]
    converged = np.ones(len(signals), bool)
    converged[open_rows] = False
    return converged


def sharpen(model: Model, signals: Array, state: State) -> None:
    """Put the cost's own second derivatives, by differences, in place of Gauss and Newton's.

    Only where they are positive definite: elsewhere no minimum is near.
    """
    size = state.rates.shape[1]
    exact = np.empty_like(state.curvature)
    for index, rate in enumerate(model.rates):
        step = 1e-5 * (state.rates[:, index] + rate.start)
        step = np.where(state.rates[:, index] + step > rate.high, -step, step)
        moved = state.rates.copy()
        moved[:, index] += step
        gradient = evaluate(model, signals, moved).gradient
        exact[:, index] = (gradient - state.gradient) / step[:, None]
    exact = (exact + exact.transpose(0, 2, 1)) / 2
    diagonal = np.einsum("nii->ni", exact)
    scale = np.sqrt(np.where(diagonal > 0, diagonal, 1.0))
    scaled = exact / scale[:, :, None] / scale[:, None, :]
    good = (diagonal > 0).all(axis=1)
    for order in range(2, size + 1):
        good &= np.linalg.det(scaled[:, :order, :order]) > 1e-8
    state.curvature[good] = exact[good]


def damped_step(state: State, damping: Array, low: Array, high: Array) -> Array:
    """Marquardt's step, shape (n, q), within the box of low and high, shape (q,).

    A rate at a bound that wants out is held there; one that would overshoot goes to its bound, and
    the others' step is solved anew for that.
    """
    gradient, matrix = state.gradient, state.curvature.copy()
    diagonal = np.einsum("nii->ni", state.curvature)
    most = diagonal.max(axis=1, keepdims=True)
    floor = np.where(most > 0, 1e-10 * most, 1.0)
    index = np.arange(gradient.shape[1])
    matrix[:, index, index] = diagonal + damping[:, None] * np.maximum(diagonal, 0) + floor
    fixed = ((state.rates <= low) & (gradient > 0)) | ((state.rates >= high) & (gradient < 0))
    step = np.zeros_like(gradient)
    for _ in index:
        step = _step_with(fixed, step, matrix, gradient)
        inside = np.clip(step, low - state.rates, high - state.rates)
        over = (inside != step) & ~fixed
        if not over.any():
            break
        step, fixed = inside, fixed | over
    return np.clip(step, low - state.rates, high - state.rates)


def _step_with(fixed: Mask, step: Array, matrix: Array, gradient: Array) -> Array:
    """Newton's step, shape (n, q), whose fixed components, shape (n, q), are those given."""
    index = np.arange(gradient.shape[1])
    known = np.where(fixed, step, 0.0)
    right = np.where(fixed, known, -gradient - np.einsum("nij,nj->ni", matrix, known))
    system = np.where(fixed[:, :, None] | fixed[:, None, :], 0.0, matrix)
    system[:, index, index] = np.where(fixed, 1.0, np.einsum("nii->ni", matrix))
    return solve_small(system, right)


def solve_small(matrix: Array, right: Array) -> Array:
    """Solve matrix · x = right, shapes (n, q, q) and (n, q), for x, shape (n, q)."""
    if matrix.shape[-1] == 2:
        (a, b), d = (matrix[:, 0, 0], matrix[:, 0, 1]), matrix[:, 1, 1]
        determinant = np.maximum(a * d - b * b, 1e-14 * a * d)
        first = (d * right[:, 0] - b * right[:, 1]) / determinant
        second = (a * right[:, 1] - b * right[:, 0]) / determinant
        return np.stack([first, second], axis=-1)
    return np.asarray(np.linalg.solve(matrix, right[..., None])[..., 0])


def _quadratic(matrix: Array, step: Array) -> Array:
    """Twice the quadratic term of a step, shape (n, q), for matrices, shape (n, q, q)."""
    return np.asarray(np.einsum("ni,nij,nj->n", step, matrix, step))


def _residual(signals: Array, columns: list[Array], amplitudes: Array) -> Array:
    """Sum of squares left of signals, shape (n,), by columns, (n, m) each, times (n, k)."""
    left = signals.copy()
    for k, column in enumerate(columns):
        left -= amplitudes[:, k, None] * column
    return dot(left, left)


def finish(model: Model, signals: Array, settled: tuple[State, NDArray[np.bool_]]) -> Solution:
    """The solution of signals, shape (n, m), that a settled state stands for."""
    state, converged = settled
    basis, slopes = model.basis(state.rates), model.slopes(state.rates)
    count, size = basis.shape[1], state.rates.shape[1]
    columns = [basis[:, k] for k in range(count)]
    change = _change(list(state.amplitudes.T), slopes)
    inner = _symmetric(change)
    low = np.array([rate.low for rate in model.rates])
    high = np.array([rate.high for rate in model.rates])
    resting = ((state.rates <= low) | (state.rates >= high)).any(axis=1)
    unknown = np.any([inner[j][j] <= 0 for j in range(size)], axis=0)
    return Solution(
        amplitudes=state.amplitudes,
        rates=state.rates,
        residual=_residual(signals, columns, state.amplitudes),
        covariance=covariance(
            _symmetric(columns),
            [[dot(column, d) for d in change] for column in columns],
            inner,
        ),
        converged=converged,
        at_bound=resting | unknown,
    )
