"""Scores with their reference and patients, checked once and turned so that higher is worse."""

from dataclasses import dataclass

from numpy.typing import ArrayLike

from nodewise.stats.direction import Direction, pointing
from nodewise.stats.inputs import Array, Clusters, Mask, patients
from nodewise.stats.placement import classes


@dataclass(frozen=True, slots=True)
class Scored:
    """One score of every unit.

    Args:
        score: turned so that higher speaks for disease, shape (n,).
        truth: whether the reference is positive, shape (n,).
        clusters: the patient of each unit.
        direction: how the score pointed before it was turned.
    """

    score: Array
    truth: Mask
    clusters: Clusters
    direction: Direction

    @property
    def fewest(self) -> int:
        """Patients in the smaller class."""
        return min(self.clusters.having(self.truth), self.clusters.having(~self.truth))


def scored(
    score: ArrayLike, truth: ArrayLike, patient: ArrayLike, *, direction: Direction | str
) -> Scored:
    """Check a score, the reference and the patients; both classes must be there.

    Args:
        score: shape (n,).
        truth: whether the reference is positive, shape (n,).
        patient: the patient of each unit, shape (n,).
        direction: whether higher or lower scores speak for disease.
    """
    values, is_so = classes(score, truth, direction)
    return Scored(values, is_so, patients(patient, len(values)), pointing(direction))
