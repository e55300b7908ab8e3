"""Steps of Levenberg and Marquardt within a box, for many voxels at once, and what they teach."""

import numpy as np

from nodewise.maps.amplitudes import dot, pivots, solve, total
from nodewise.volume import Array, Mask


def learn(bend: Array, step: Array, rise: Array, curvature: Array, better: Mask) -> None:
    """Update what Gauss and Newton's curvature lacks, shape (q, q, n), by a step's own evidence.

    Source:
        Dennis, Gay and Welsch, ACM Trans Math Softw 1981;7:348, doi:10.1145/355958.355965.

    Args:
        bend: changed in place where the step was better.
        step: shape (q, n).
        rise: of the gradient over it, shape (q, n).
        curvature: Gauss and Newton's at its end, shape (q, q, n).
        better: shape (n,).
    """
    size = range(len(step))
    wanted = [rise[i] - dot(curvature[i], step) for i in size]
    known = [dot(bend[i], step) for i in size]
    has = np.abs(sum(known[i] * step[i] for i in size))
    needs = np.abs(sum(wanted[i] * step[i] for i in size))
    tiny = np.finfo(bend.dtype).tiny
    scale = (needs + tiny) / (np.maximum(has, needs) + tiny)
    along = dot(rise, step)
    good = better & (along > 1e-8 * np.sqrt(dot(rise, rise) * dot(step, step)))
    inverse = np.divide(good, along, out=np.zeros_like(along), where=good)
    off = [(wanted[i] - scale * known[i]) for i in size]
    overlap = sum(off[i] * step[i] for i in size) * inverse
    for i in size:
        for j in range(i, len(step)):
            new = scale * bend[i, j] + inverse * (
                off[i] * rise[j] + rise[i] * off[j] - overlap * rise[i] * rise[j]
            )
            bend[i, j] = bend[j, i] = np.where(good, new, bend[i, j])


def bent(curvature: Array, bend: Array) -> Array:
    """Their sum where it is positive definite, else the curvature, shape (q, q, n)."""
    whole = curvature + bend
    good = (pivots(whole) > 1e-6 * np.einsum("iin->in", curvature)).all(axis=0)
    bad = np.flatnonzero(~good)
    whole[..., bad] = curvature[..., bad]
    return whole


def damped_step(
    gradient: Array, curvature: Array, *, damping: Array, box: tuple[Array, Array]
) -> Array:
    """Marquardt's step, shape (q, n), within a box of how far down and up it may go, (q, n) each.

    A rate at a bound that wants out is held there; one that would overshoot goes to its bound, and
    the others' step is solved anew for that.
    """
    matrix, (down, up) = curvature.copy(), box
    index = np.arange(len(gradient))
    diagonal = matrix[index, index]
    most = diagonal.max(axis=0)
    extra = damping * np.clip(diagonal, 0, np.inf) + 1e-10 * most + (most <= 0)
    matrix[index, index] += extra
    fixed = ((down >= 0) & (gradient > 0)) | ((up <= 0) & (gradient < 0))
    step = solve(matrix, -gradient)
    wrong = np.flatnonzero(((step < down) | (step > up) | fixed).any(axis=0))
    if len(wrong):
        room = down[:, wrong], up[:, wrong]
        step[:, wrong] = _boxed_step(fixed[:, wrong], matrix[..., wrong], gradient[:, wrong], room)
    return step


def _boxed_step(fixed: Mask, matrix: Array, gradient: Array, box: tuple[Array, Array]) -> Array:
    """A step within a box, shape (q, n), of which some components are fixed."""
    step = np.zeros_like(gradient)
    for _ in range(len(gradient)):
        step = _step_with(fixed, step, matrix, gradient)
        inside = np.clip(step, *box)
        over = (inside != step) & ~fixed
        step, fixed = inside, fixed | over
    return step


def _step_with(fixed: Mask, step: Array, matrix: Array, gradient: Array) -> Array:
    """Newton's step, shape (q, n), whose fixed components, shape (q, n), are those given."""
    index = np.arange(len(gradient))
    known = np.where(fixed, step, 0.0)
    right = np.where(fixed, known, -gradient - np.einsum("ijn,jn->in", matrix, known))
    system = np.where(fixed[:, None] | fixed[None], 0.0, matrix)
    system[index, index] = np.where(fixed, 1.0, matrix[index, index])
    return solve(system, right)


def quadratic(matrix: Array, step: Array) -> Array:
    """Twice the quadratic term, shape (n,), of a step, shape (q, n), matrices (q, q, n)."""
    size = range(len(step))
    return np.asarray(total(dot(matrix[i], step) * step[i] for i in size))
