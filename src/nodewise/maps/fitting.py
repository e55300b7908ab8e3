"""The fitter: one call for every model, any shape of signals, and an outcome for each voxel."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from enum import IntEnum
from functools import cache

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController

from nodewise.errors import ModelError
from nodewise.maps.amplitudes import Solution
from nodewise.maps.folded import Folded
from nodewise.maps.linear import Linear
from nodewise.maps.onerate import OneRate
from nodewise.maps.varpro import VariableProjection
from nodewise.models.base import Model, Parameter
from nodewise.volume import Array, Mask

BLOCK = 2_000_000  # samples at once, at most: with all that is worked out from them, 40 MiB
FEWEST = 512  # voxels at once, however many samples each has
KEPT = 31 << 20  # bytes
LARGEST = 1e150  # of a signal: sums of its squares must be finite


Rows = NDArray[np.intp]
Read = Callable[[Rows], NDArray[np.number]]
Solver = Linear | Folded | OneRate | VariableProjection


class Outcome(IntEnum):
    """What became of a voxel."""

    FITTED = 0  # the optimum, inside the bounds
    MASKED = 1  # not asked for
    NO_SIGNAL = 2  # not finite, beyond 1e150, or nothing in it that the model could explain
    AT_BOUND = 3  # the optimum, but a rate or fraction rests on its bound or is left undetermined
    NO_CONVERGENCE = 4  # no optimum found


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """Fitted voxels of shape (...).

    Args:
        model: its name.
        parameters: the model's p parameters, in the order of the last axis of values.
        values: shape (..., p), in house units; NaN exactly where outcome is not FITTED or AT_BOUND.
        errors: standard errors of values (Jacobian at the optimum, noise from the residual), shape
            (..., p); infinite where the data leave a parameter undetermined; NaN like values.
        residual: root mean square of signal minus model, shape (...).
        aic: Akaike's information criterion of least squares, shape (...).
        outcome: shape (...), uint8, see Outcome.
    """

    model: str
    parameters: tuple[Parameter, ...]
    values: Array
    errors: Array
    residual: Array
    aic: Array
    outcome: NDArray[np.uint8]

    def parameter(self, name: str) -> Array:
        """Values of one parameter, shape (...)."""
        return np.asarray(self.values[..., self._place(name)])

    def error(self, name: str) -> Array:
        """Standard errors of one parameter, shape (...)."""
        return np.asarray(self.errors[..., self._place(name)])

    def determined(self, name: str, *, within: float = 0.5) -> Mask:
        """Where the data determine a parameter: its standard error is within a part of its value.

        D* of IVIM, exchange and kurtosis from short b-ranges often are not, shape (...).
        """
        value, error = np.abs(self.parameter(name)), self.error(name)
        return np.asarray(self.has_value & (error <= within * value))

    def count(self, outcome: Outcome) -> int:
        """How many voxels ended so."""
        return int((self.outcome == outcome).sum())

    @property
    def has_value(self) -> Mask:
        """Where there is an optimum, inside the bounds or on them, shape (...)."""
        return np.isin(self.outcome, (Outcome.FITTED, Outcome.AT_BOUND))

    def _place(self, name: str) -> int:
        names = [parameter.name for parameter in self.parameters]
        if name not in names:
            raise ModelError(f"{self.model} has no parameter '{name}'; it has {', '.join(names)}")
        return names.index(name)


def fit(
    model: Model, signals: NDArray[np.number], mask: Mask | None = None, *, threads: int = 1
) -> Fit:
    """The least-squares optimum of a model in every voxel.

    Args:
        model: with its acquisition.
        signals: last axis as the model's samples, shape (..., m).
        mask: voxels to fit, shape (...); all when left out.
        threads: blocks of voxels at work at once.

    Returns:
        Values, standard errors, residual, AIC and outcome of shape (...).

    >>> from nodewise.models import Adc
    >>> adc = Adc(b=np.array([0.0, 500.0, 1000.0]))
    >>> float(fit(adc, adc.signal([100, 1.2e-3])).parameter("adc").round(6))
    0.0012
    """
    signals = np.asarray(signals)
    if np.iscomplexobj(signals):
        raise ModelError("a fit needs magnitudes, or other real numbers; found complex signals")
    check(model, signals.shape, mask)
    flat = signals.reshape(-1, signals.shape[-1])
    wanted = np.ones(len(flat), bool) if mask is None else np.asarray(mask, bool).ravel()
    read = flat.__getitem__ if mask is not None else lambda rows: flat[rows[0] : rows[-1] + 1]
    return shaped(fit_rows(model, read, wanted, threads=threads), signals.shape)


def fit_rows(model: Model, read: Read, wanted: Mask, *, threads: int = 1) -> Fit:
    """The optimum in each row wanted, shape (n,), of a flat list of voxels.

    Args:
        model: with its acquisition of m samples.
        read: gives the signals, shape (r, m), of row numbers, shape (r,).
        wanted: rows to fit, shape (n,).
        threads: blocks at work at once.
    """
    result, rows = _empty(model, wanted), np.flatnonzero(wanted)
    _keep_memory()
    with _libraries().limit(limits=1):
        solver = solver_of(model)

        def work(block: Rows) -> None:
            _fit_block(model, solver, read(block), rows=block, result=result)

        most = max(min(BLOCK // len(model.samples), solver.block), FEWEST)
        blocks = _blocks(rows, most=most, threads=threads)
        if threads == 1:
            for block in blocks:
                work(block)
        else:
            with ThreadPoolExecutor(threads) as pool:
                list(pool.map(work, blocks))
    return result


def _fit_block(
    model: Model, solver: Solver, signals: NDArray[np.number], *, rows: Rows, result: Fit
) -> None:
    """Fit signals, shape (r, m), of rows, shape (r,), into a result."""
    curves = np.asarray(np.asarray(signals, float).T, order=solver.order)
    good = _usable(model, curves)
    if not good.all():
        rows, curves = rows[good], curves[:, good]
    if len(rows):
        _write(model, solver.solve(curves), rows, result)


@cache
def _libraries() -> ThreadpoolController:
    """The linear algebra's own threads, which would wait for each other and for ours."""
    return ThreadpoolController()


def _keep_memory() -> None:
    """Let freed memory be used again: clearing new pages takes a third of a fit's time.

    The C library of Linux hands back at once what is larger than any array that it has seen freed,
    up to 32 MiB. Nothing is written into this one, so it costs nothing.
    """
    np.empty(KEPT, np.uint8)


def _usable(model: Model, signals: Array) -> Mask:
    """Where signals, shape (m, n), can be squared and hold something, shape (n,)."""
    low, high = signals.min(axis=0), signals.max(axis=0)  # NaN if any is
    good = (low > -LARGEST) & (high < LARGEST) & ((low != 0) | (high != 0))
    return np.asarray(good & (low >= 0) if model.magnitude else good)


def solver_of(model: Model) -> Solver:
    """What finds the optimum of a model's signals."""
    if model.magnitude:
        return Folded.of(model)
    if not model.rates:
        return Linear.of(model)
    return OneRate.of(model) if len(model.rates) == 1 else VariableProjection.of(model)


def check(model: Model, shape: tuple[int, ...], mask: Mask | None) -> None:
    """Refuse samples that cannot determine the model, or signals, shape (..., m), of others."""
    samples = model.samples
    if samples.ndim != 1 or not np.isfinite(samples).all():
        raise ModelError(f"{model.name} needs one finite number per sample; found {samples}")
    distinct, needed = len(np.unique(samples)), len(model.parameters)
    if distinct < needed:
        raise ModelError(
            f"{model.name} has {needed} parameters and needs as many different samples; "
            f"found {distinct} among {len(samples)}"
        )
    if not shape or shape[-1] != len(samples):
        raise ModelError(
            f"the last axis of the signals must hold the model's {len(samples)} samples; "
            f"found shape {shape}"
        )
    if mask is not None and np.shape(mask) != shape[:-1]:
        raise ModelError(
            f"the mask must have the voxels' shape {shape[:-1]}; found {np.shape(mask)}"
        )


def _empty(model: Model, wanted: Mask) -> Fit:
    """A fit of n voxels with nothing in it yet; those not wanted, shape (n,), are masked."""
    count, size = len(wanted), len(model.parameters)
    return Fit(
        model=model.name,
        parameters=model.parameters,
        values=np.full((count, size), np.nan),
        errors=np.full((count, size), np.nan),
        residual=np.full(count, np.nan),
        aic=np.full(count, np.nan),
        outcome=np.where(wanted, Outcome.NO_SIGNAL, Outcome.MASKED).astype(np.uint8),
    )


def _blocks(rows: Rows, *, most: int, threads: int) -> list[Rows]:
    """Rows, shape (n,), in even blocks that keep every thread at work."""
    rounds = -(-len(rows) // (most * threads))
    few = -(-len(rows) // FEWEST)
    return np.array_split(rows, max(min(rounds * threads, few), 1)) if len(rows) else []


def _write(model: Model, solution: Solution, rows: Rows, result: Fit) -> None:
    """Write a solution's voxels into the rows, shape (n,), of a result."""
    samples, size = len(model.samples), len(model.parameters)
    values = model.values(solution.amplitudes.T, solution.rates.T)
    free = samples - size
    noise = solution.residual / free if free else np.full(len(rows), np.inf)
    outcome = np.where(solution.at_bound | outside(model, values), Outcome.AT_BOUND, Outcome.FITTED)
    outcome[~solution.converged] = Outcome.NO_CONVERGENCE
    outcome[~solution.amplitudes.any(axis=0)] = Outcome.NO_SIGNAL
    kept = (outcome == Outcome.FITTED) | (outcome == Outcome.AT_BOUND)
    errors = standard_errors(model, solution, noise)
    mean_square = np.maximum(solution.residual / samples, np.finfo(float).tiny)
    result.outcome[rows] = outcome
    if kept.all():
        kept = slice(None)
    for array, found in (
        (result.values, values),
        (result.errors, errors),
        (result.residual, np.sqrt(solution.residual / samples)),
        (result.aic, samples * np.log(mean_square) + 2 * (size + 1)),
    ):
        array[rows[kept]] = found[kept]


def outside(model: Model, values: Array) -> Mask:
    """Where any of the values, shape (n, p), lies beyond its bounds, shape (n,)."""
    high = np.array([parameter.high for parameter in model.parameters])
    low = np.array([parameter.low for parameter in model.parameters])
    above, below = values > high + 1e-9 * np.abs(high), values < low - 1e-9 * np.abs(low)
    return np.asarray((above | below).any(axis=1))


def standard_errors(model: Model, solution: Solution, noise: Array) -> Array:
    """Standard errors of a model's parameters, shape (n, p), for noise variances, shape (n,)."""
    spread = solution.covariance
    if type(model).values is Model.values:
        variance = np.einsum("iin->in", spread)
    else:
        variance = _carried(_jacobian(model, solution), spread)
    with np.errstate(invalid="ignore"):
        errors = np.sqrt(np.clip(variance, 0, np.inf) * noise)
    return np.where(np.isfinite(errors), errors, np.inf).T


def _carried(jacobian: Array, spread: Array) -> Array:
    """Variances of parameters, shape (p, n), infinite where something they need is undetermined.

    Args:
        jacobian: of parameters by amplitudes and rates, shape (p, x, n).
        spread: covariance of amplitudes and rates, shape (x, x, n).
    """
    size = range(len(spread))
    unknown = ~np.isfinite(np.einsum("iin->in", spread))
    some = unknown.any()
    if some:
        spread = np.where(unknown[:, None] | unknown[None], 0.0, spread)
    variance = np.zeros((len(jacobian), spread.shape[2]))
    for row, slope in zip(variance, jacobian, strict=True):
        for i in size:
            mixed = spread[i, i] * slope[i]
            for j in range(i):
                mixed += 2 * spread[i, j] * slope[j]
            row += mixed * slope[i]
        if some:
            row[((slope != 0) & unknown).any(axis=0)] = np.inf
    return variance


def _jacobian(model: Model, solution: Solution) -> Array:
    """Derivatives of the parameters by amplitudes and rates, shape (p, k + q, n)."""
    amplitudes, rates = solution.amplitudes, solution.rates
    count = len(amplitudes)
    parts = np.concatenate([amplitudes, rates])
    before = model.values(amplitudes.T, rates.T).T
    jacobian = np.empty((len(before), *parts.shape))
    for index in range(len(parts)):
        size = 1e-6 * (amplitudes.sum(axis=0) if index < count else np.maximum(parts[index], 1e-9))
        moved = parts.copy()
        moved[index] += size
        with np.errstate(invalid="ignore", divide="ignore"):
            after = model.values(moved[:count].T, moved[count:].T).T
            jacobian[:, index] = (after - before) / size
    good = np.isfinite(jacobian)
    return jacobian if good.all() else np.where(good, jacobian, 0.0)


def shaped(flat: Fit, shape: tuple[int, ...]) -> Fit:
    """A flat fit in the shape (..., m) of its signals."""
    voxels = shape[:-1]
    return replace(
        flat,
        values=flat.values.reshape(*voxels, len(flat.parameters)),
        errors=flat.errors.reshape(*voxels, len(flat.parameters)),
        residual=flat.residual.reshape(voxels),
        aic=flat.aic.reshape(voxels),
        outcome=flat.outcome.reshape(voxels),
    )
