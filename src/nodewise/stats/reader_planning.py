"""A reader study that is planned without a pilot, from what is assumed of its readers."""

from dataclasses import dataclass, replace

import numpy as np
from scipy.special import ndtr

from nodewise.errors import StatsError
from nodewise.stats.reader_components import Components


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderSpread:
    """How much readers' accuracies are assumed to differ, patients apart.

    Args:
        between: standard deviation between readers.
        within: standard deviation of one reader's accuracy, reading the same again.
        across_tests: correlation of a reader's true accuracies with two tests.
    """

    between: float
    within: float = 0.0
    across_tests: float = 0.8

    def __post_init__(self) -> None:
        """Refuse what cannot be."""
        if min(self.between, self.within) < 0 or not 0 <= self.across_tests <= 1:
            raise StatsError(
                "standard deviations of 0 or more and a correlation from 0 to 1 are needed, not "
                f"{self.between:g}, {self.within:g} and {self.across_tests:g}"
            )


def expected_components(
    variance: float,
    *,
    readers: ReaderSpread,
    correlations: tuple[float, float, float] = (0.47, 0.3, 0.3),
) -> Components:
    """Components of a study of one case, for reader_study_power and readers_cases with 1 case.

    Args:
        variance: of an accuracy that rests on one case: area_variance of one positive unit, or
            p (1 - p) of a sensitivity.
        readers: how they differ.
        correlations: of accuracies over patients: one reader's two tests, two readers' one test,
            two readers' two tests.

    Source:
        Obuchowski, AJR Am J Roentgenol 2000;175:603, doi:10.2214/ajr.175.3.1750603; Obuchowski &
        Hillis, AJR Am J Roentgenol 2011;197:W821, doi:10.2214/AJR.11.6764; correlations of
        Rockette et al., Acad Radiol 1999;6:723, doi:10.1016/s1076-6332(99)80468-1.
    """
    reader, test, neither = correlations
    if not (1 > reader >= neither >= 0 and 1 > test >= neither):
        raise StatsError(
            "a reader's two tests, and two readers of one test, correlate by less than 1 and no "
            f"less than two readers of two tests; {reader:g}, {test:g} and {neither:g} were given"
        )
    if not variance > 0:
        raise StatsError(f"the variance of one case is above 0, not {variance:g}")
    between = readers.between**2
    alone = Components(
        tests=0.0,
        interaction=0.0,
        error=variance,
        same_reader=reader * variance,
        same_test=test * variance,
        neither=neither * variance,
        reader=between * readers.across_tests,
        test_by_reader=between * (1 - readers.across_tests) + readers.within**2,
    )
    free = alone.error - alone.same_reader - alone.same_test + alone.neither
    return replace(alone, interaction=alone.test_by_reader + free)


def sd_of_range(width: float, count: int) -> float:
    """Standard deviation that is expected where so many normal values differ by up to a width.

    Args:
        width: the largest value minus the smallest.
        count: of values: readers, or a reader's repeated readings.

    Source:
        Tippett, Biometrika 1925;17:364, doi:10.1093/biomet/17.3-4.364.

    >>> round(sd_of_range(1.0, 10), 4)
    0.3249
    """
    if count < 2 or width < 0:
        raise StatsError(f"a range of 0 or more of 2 values or more, not {width:g} of {count}")
    z = np.linspace(-12, 12, 4801)
    below = ndtr(z) ** count
    return width / float(np.trapezoid(1 - below - ndtr(-z) ** count, z))
