"""Columns as predictors of a model."""

from collections.abc import Iterator, Sequence

import numpy as np

from nodewise.errors import IngestError
from nodewise.steps.statistics.columns import Array, Columns


def predictors(used: Columns, names: Sequence[str]) -> tuple[Array, list[str]]:
    """Predictors, shape (n, p), and their labels.

    A number is taken as it is, under its column's name; of words, each stands against the first in
    the alphabet.
    """
    named = [pair for name in names for pair in _predictor(used, name)]
    return np.stack([values for _, values in named], axis=1), [label for label, _ in named]


def _predictor(used: Columns, name: str) -> Iterator[tuple[str, Array]]:
    if used.numeric(name):
        yield name, used.numbers(name)
        return
    words = used.words(name)
    kinds = sorted(set(words.tolist()))
    if not 2 <= len(kinds) <= 12:
        raise IngestError(
            f"column {name} of {used.name} has {len(kinds)} values that are no numbers; "
            "a predictor of words needs 2 to 12"
        )
    for kind in kinds[1:]:
        yield f"{name} {kind} against {kinds[0]}", (words == kind).astype(np.float64)
