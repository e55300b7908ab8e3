"""How each unit's score stands among the units of the other class: the heart of every AUC."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from nodewise.errors import StatsError
from nodewise.stats.direction import Direction, upward
from nodewise.stats.inputs import Array, Index, Mask, binary, same_length


@dataclass(frozen=True, slots=True)
class Ranked:
    """Scores sorted once.

    Args:
        order: units from the lowest score to the highest, shape (n,).
        group: number of the distinct score of each sorted unit, shape (n,).
        positive: positive units at each distinct score, shape (g,).
        negative: negative units at each distinct score, shape (g,).
    """

    order: Index
    group: Index
    positive: Array
    negative: Array


def ranked(score: Array, truth: Mask) -> Ranked:
    """Sort scores and count each class at each distinct score.

    Args:
        score: higher speaks for disease, shape (n,).
        truth: whether the reference is positive, shape (n,).
    """
    order = np.argsort(score, kind="stable")
    ordered = score[order]
    group = np.zeros(len(score), np.int64)
    np.cumsum(ordered[1:] != ordered[:-1], out=group[1:])
    total = np.bincount(group).astype(np.float64)
    positive = np.bincount(group, weights=truth[order]).astype(np.float64)
    return Ranked(order, group, positive, total - positive)


def placements(score: Array, truth: Mask) -> Array:
    """Structural components, shape (n,): V10 of positive units and V01 of negative ones.

    V10 is the share of negative units that score lower (ties count half), V01 the share of
    positive units that score higher. The mean of either is the AUC.

    Source:
        DeLong et al., Biometrics 1988;44:837, doi:10.2307/2531595, in O(n log n) as in
        Sun & Xu, IEEE Signal Process Lett 2014;21:1389, doi:10.1109/LSP.2014.2337313.
    """
    sorted_ = ranked(score, truth)
    n, p = sorted_.negative, sorted_.positive
    below = np.cumsum(n) - n / 2
    above = p.sum() - np.cumsum(p) + p / 2
    values = np.where(
        truth[sorted_.order], (below / n.sum())[sorted_.group], (above / p.sum())[sorted_.group]
    )
    placed = np.empty(len(score))
    placed[sorted_.order] = values
    return placed


def classes(score: ArrayLike, truth: ArrayLike, direction: Direction | str) -> tuple[Array, Mask]:
    """Scores turned upward and the reference, checked: both classes must be there, shape (n,)."""
    values, is_so = upward(score, direction), binary(truth, "truth")
    same_length(values, is_so, "score and truth")
    both_classes(is_so)
    return values, is_so


def both_classes(truth: Mask) -> None:
    """Refuse a reference that is all positive or all negative."""
    count, positives = len(truth), int(truth.sum())
    if positives in (0, count):
        lacking = "negative" if positives else "positive"
        raise StatsError(
            f"an ROC curve needs units of both kinds; none of these {count} is {lacking} "
            "by the reference"
        )
