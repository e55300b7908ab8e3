"""A smooth ROC curve: two normal distributions behind the scores."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr, ndtri

from nodewise.errors import StatsError
from nodewise.stats.inputs import Array
from nodewise.stats.roc import Roc


@dataclass(frozen=True, slots=True, kw_only=True)
class Binormal:
    """Sensitivity = Phi(a + b Phi^-1(1 - specificity)).

    Args:
        a: distance of the classes in standard deviations of positive units.
        b: standard deviation of negative units over that of positive ones.
    """

    a: float
    b: float

    @property
    def area(self) -> float:
        """Area under the curve."""
        return float(ndtr(self.a / np.sqrt(1 + self.b**2)))

    def sensitivity_at(self, specificity: ArrayLike) -> Array:
        """Sensitivity at given specificities.

        Args:
            specificity: shape (m,).
        """
        return np.asarray(ndtr(self.a + self.b * ndtri(1 - np.asarray(specificity, np.float64))))


def binormal_fit(curve: Roc) -> Binormal:
    """A straight line through the observed points on normal deviates, each point weighing alike.

    For a figure; estimates and tests rest on the empirical curve.

    Args:
        curve: from roc_curve.

    Source:
        Hanley, Med Decis Making 1988;8:197, doi:10.1177/0272989X8800800308; the line as in Robin
        et al., BMC Bioinformatics 2011;12:77, doi:10.1186/1471-2105-12-77 (pROC).
    """
    x, y = 1 - curve.specificity, curve.sensitivity
    inside = (x > 1e-12) & (x < 1 - 1e-12) & (y > 1e-12) & (y < 1 - 1e-12)
    if np.count_nonzero(inside) < 2:
        raise StatsError("a binormal curve needs 2 points off the margins; there are fewer")
    across, up = ndtri(x[inside]), ndtri(y[inside])
    if np.ptp(across) < 1e-12:
        raise StatsError("a binormal curve needs points at 2 specificities or more")
    b, a = np.polyfit(across, up, 1)
    return Binormal(a=float(a), b=float(b))
