"""Two modalities on the same units, reader by reader: what one finds and the other does not.

For one reader, a consensus, or a modality that nobody read but a machine; over several readers at
once the comparison of `extension` generalises to readers, which this does not.
"""

from collections.abc import Iterator
from functools import partial
from itertools import combinations

import numpy as np

from nodewise.criteria import ene
from nodewise.stats import (
    Estimate,
    Unknown,
    auc_difference,
    paired,
    sensitivity_difference,
    specificity_difference,
    tried,
)
from nodewise.steps.staging.extension import GRADES, Line, Study
from nodewise.volume import Array, Mask

_DIFFERENCES = (("sensitivity", sensitivity_difference), ("specificity", specificity_difference))


def pairs(study: Study, *, certainty: float = ene.CERTAINTY) -> Iterator[Line]:
    """Paired differences of every two modalities for each reader who read both.

    Of sensitivity and specificity at grade 1, 2 and 3, and of the AUC of the grade, on the units
    read by both; p-values are not corrected for their number.
    """
    grades = study.counted(certainty)
    for r, reader in enumerate(study.readers):
        for first, second in combinations(range(len(study.modalities)), 2):
            both = ~np.isnan(grades[first, r]) & ~np.isnan(grades[second, r])
            if both.any():
                yield from _pair(study, grades[[first, second], r][:, both], both,
                                 about=(first, second, reader, certainty))  # fmt: skip


def _pair(
    study: Study, grades: Array, both: Mask, *, about: tuple[int, int, str, float]
) -> Iterator[Line]:
    """Differences between two rows of grades, shape (2, n), of the units that have both."""
    truth, patients = study.truth[both], study.patients[both]
    for grade in GRADES:
        tests = [paired(row >= grade, truth, patients) for row in grades]
        for what, difference in _DIFFERENCES:
            found = tried(what, partial(difference, *tests))
            yield _line(study, about, what=what, grade=grade, found=found)
    area = partial(auc_difference, list(grades), truth, patients, direction="higher")
    yield _line(study, about, what="AUC", grade=None, found=tried("AUC", area))


def _line(
    study: Study,
    about: tuple[int, int, str, float],
    *,
    what: str,
    grade: int | None,
    found: Estimate | Unknown,
) -> Line:
    first, second, reader, certainty = about
    return Line(
        modality=f"{study.modalities[first]} - {study.modalities[second]}",
        reader=reader,
        what=f"paired difference of {what}",
        grade=grade,
        certainty=certainty,
        estimate=found.per(study.unit) if isinstance(found, Estimate) else found,
    )
