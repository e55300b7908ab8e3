"""A score of whole points from a development set, with what choosing it there adds."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit

from nodewise.errors import StatsError
from nodewise.stats.inputs import Array, Clusters, Index, Mask, binary, patients, two_patients
from nodewise.stats.logistic import design, fit_logistic
from nodewise.stats.placement import both_classes, placements
from nodewise.stats.resampling import patient_weights


@dataclass(frozen=True, slots=True, kw_only=True)
class PointScore:
    """Points for each finding.

    Args:
        points: whole numbers, shape (p,).
        intercept: log odds at no points.
        per_point: log odds that a point adds.
    """

    points: Index
    intercept: float
    per_point: float

    def total(self, findings: ArrayLike) -> Array:
        """Points of new units, shape (n,).

        Args:
            findings: shape (n, p).
        """
        return np.asarray(design(findings)[:, 1:] @ self.points)

    def probability(self, findings: ArrayLike) -> Array:
        """Chance of disease of new units, shape (n,).

        Args:
            findings: shape (n, p).
        """
        return np.asarray(expit(self.intercept + self.per_point * self.total(findings)))


@dataclass(frozen=True, slots=True, kw_only=True)
class PointOptimism:
    """AUC of a point score where it was made, and what to expect elsewhere.

    Args:
        apparent: where it was made.
        optimism: mean AUC in resamples minus that of their scores in all patients.
        pointless: resamples in which no finding earned points; their AUC is 0.5, here as there.
    """

    apparent: float
    optimism: float
    pointless: int

    @property
    def corrected(self) -> float:
        """What to expect in other patients."""
        return self.apparent - self.optimism


def point_score(
    findings: ArrayLike,
    truth: ArrayLike,
    patient: ArrayLike,
    *,
    most: int = 10,
    penalty: float = 1.0,
) -> PointScore:
    """Points in proportion to the slopes of a penalised logistic model.

    Args:
        findings: 0/1 or small whole numbers, so that points can be added by hand, shape (n, p).
        truth: whether the reference is positive, shape (n,).
        patient: the patient of each unit, shape (n,).
        most: points of the weightiest finding.
        penalty: ridge penalty on the slopes.

    Source:
        Sullivan et al., Stat Med 2004;23:1631, doi:10.1002/sim.1742; Cole, J R Stat Soc C
        1993;42:261 (scaling so that rounding costs least).
    """
    is_so = binary(truth, "truth")
    x = design(findings)[:, 1:]
    points = _points(x, is_so, most=most, penalty=penalty)
    if not points.any():
        raise StatsError("no finding bears on the reference: there is nothing to give points for")
    total = x @ points
    scale = fit_logistic(total, is_so, patient, penalty=1e-6)
    return PointScore(
        points=points,
        intercept=float(scale.coefficients[0]),
        per_point=float(scale.coefficients[1]),
    )


def point_optimism(
    findings: ArrayLike,
    truth: ArrayLike,
    patient: ArrayLike,
    *,
    rng: np.random.Generator,
    most: int = 10,
) -> PointOptimism:
    """Make the score again in 200 resamples of patients, and judge it in all of them.

    A resample may be one patient drawn over and over: points need no errors.

    Args:
        findings: shape (n, p).
        truth: whether the reference is positive, shape (n,).
        patient: the patient of each unit, shape (n,).
        rng: source of random numbers.
        most: points of the weightiest finding.

    Source:
        Harrell et al., Stat Med 1996;15:361, doi:10.1002/(SICI)1097-0258(19960229)15:4<361::
        AID-SIM168>3.0.CO;2-4.
    """
    is_so = binary(truth, "truth")
    both_classes(is_so)
    x = design(findings)[:, 1:]
    clusters = patients(patient, len(is_so))
    two_patients(clusters)
    apparent = _area(x @ _points(x, is_so, most=most), is_so)
    gaps, pointless = [], 0
    for weights in patient_weights(clusters, is_so, rng=rng, resamples=200):
        for weight in weights:
            drawn = _units(weight, clusters)
            again = _points(x[drawn], is_so[drawn], most=most)
            pointless += not again.any()
            gaps.append(_area(x[drawn] @ again, is_so[drawn]) - _area(x @ again, is_so))
    return PointOptimism(apparent=apparent, optimism=float(np.mean(gaps)), pointless=int(pointless))


def _points(x: Array, truth: Mask, *, most: int, penalty: float = 1.0) -> Index:
    """Points of each finding; a score that separates the classes has them too.

    Whose a unit is bears on the errors of a fit, which points do without.
    """
    fit = fit_logistic(x, truth, np.arange(len(truth)), penalty=penalty)
    return _rounded(x, fit.coefficients[1:], most)


def _rounded(x: Array, slopes: Array, most: int) -> Index:
    """Whole points that follow the slopes most closely, the largest of them at most `most`."""
    largest = float(np.abs(slopes).max())
    if largest < 1e-9:
        return np.zeros(len(slopes), np.int64)
    exact = x @ slopes
    best, closest = np.zeros(len(slopes), np.int64), -1.0
    for top in range(1, most + 1):
        points = np.round(slopes / largest * top).astype(np.int64)
        total = x @ points
        if total.std() == 0 or exact.std() == 0:
            continue
        likeness = float(np.corrcoef(total, exact)[0, 1]) - 1e-3 * top  # fewer points if as good
        if likeness > closest:
            best, closest = points, likeness
    return best


def _area(total: Array, truth: Mask) -> float:
    return float(placements(total, truth)[truth].mean())


def _units(weight: Array, clusters: Clusters) -> Index:
    """Units of drawn patients, repeated as often as their patient was drawn."""
    times = weight[clusters.index].astype(np.int64)
    return np.repeat(np.arange(len(clusters.index)), times)
