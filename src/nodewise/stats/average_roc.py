"""One ROC curve for several readers."""

from dataclasses import dataclass

import numpy as np

from nodewise.stats.inputs import Array
from nodewise.stats.placement import ranked
from nodewise.stats.reader_study import ReaderStudy
from nodewise.stats.resampling import from_the_top


@dataclass(frozen=True, slots=True, kw_only=True)
class AverageRoc:
    """Curves of one test averaged over its readers.

    Args:
        specificity: shape (m,).
        sensitivity: shape (m,).
        readers: number of readers.
    """

    specificity: Array
    sensitivity: Array
    readers: int

    @property
    def area(self) -> float:
        """Area under the average curve."""
        return float(np.trapezoid(self.sensitivity, 1 - self.specificity))


def average_roc(study: ReaderStudy, test: int) -> AverageRoc:
    """Average readers' curves across lines of slope -1, so that neither axis is preferred.

    The area under the average is the mean of the readers' areas.

    Args:
        study: from reader_study.
        test: number of the test, from 0.

    Source:
        Chen & Samuelson, Br J Radiol 2014;87:20140016, doi:10.1259/bjr.20140016 (diagonal
        averaging).
    """
    used = np.flatnonzero(study.cells[test]).tolist()
    curves = [_curve(study, test, reader) for reader in used]
    places = np.unique(np.concatenate([x + y for x, y in curves]))
    sensitivity = np.mean([np.interp(places, x + y, y) for x, y in curves], axis=0)
    false_positives = places - sensitivity
    return AverageRoc(specificity=1 - false_positives, sensitivity=sensitivity, readers=len(curves))


def _curve(study: ReaderStudy, test: int, reader: int) -> tuple[Array, Array]:
    """False positive fractions and sensitivities of one reader."""
    seen = study.read[test, reader]
    order = ranked(study.scores[test, reader][seen], study.truth[seen])
    return from_the_top(order.negative), from_the_top(order.positive)
