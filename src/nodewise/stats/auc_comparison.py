"""AUCs of several scores compared: on the same units, or on different patients."""

from collections.abc import Sequence
from math import inf

import numpy as np
from numpy.typing import ArrayLike

from nodewise.errors import StatsError
from nodewise.stats.auc import Areas, clustered_areas
from nodewise.stats.difference import difference
from nodewise.stats.direction import Direction
from nodewise.stats.distributions import chi2_p
from nodewise.stats.estimate import Estimate, Test, few
from nodewise.stats.inputs import Mask, patients
from nodewise.stats.placement import classes, placements
from nodewise.stats.scored import Scored

Directions = Direction | str | Sequence[Direction | str]


def auc_difference(
    scores: Sequence[ArrayLike],
    truth: ArrayLike,
    patient: ArrayLike,
    *,
    direction: Directions,
    level: float = 0.95,
) -> Estimate:
    """AUC of the first score minus AUC of the second, on the same units, with its test.

    Args:
        scores: two scores of the same units, shape (2, n).
        truth: whether the reference is positive, shape (n,).
        patient: the patient of each unit, shape (n,).
        direction: whether higher or lower scores speak for disease; one for both, or one each.
        level: level of the interval, fraction.

    Source:
        Obuchowski, Biometrics 1997;53:567, doi:10.2307/2533958.
    """
    areas = _compared(scores, truth, patient, direction=direction)
    _exactly_two(areas)
    return difference(
        float(areas.values[0] - areas.values[1]),
        _contrast_variance(areas),
        df=areas.fewest - 1,
        level=level,
        about=Estimate(
            name="difference of AUCs",
            value=0.0,
            method="clustered (Obuchowski), t",
            denominator=areas.units,
            clusters=areas.clusters,
            caution=few(areas.fewest),
        ),
    )


def naive_auc_difference(
    scores: Sequence[ArrayLike], truth: ArrayLike, *, direction: Directions, level: float = 0.95
) -> Estimate:
    """DeLong's paired comparison as if all units were independent: for comparison only.

    Args:
        scores: two scores of the same units, shape (2, n).
        truth: whether the reference is positive, shape (n,).
        direction: whether higher or lower scores speak for disease; one for both, or one each.
        level: level of the interval, fraction.

    Source:
        DeLong et al., Biometrics 1988;44:837, doi:10.2307/2531595.
    """
    units = len(np.asarray(truth))
    areas = _compared(scores, truth, np.arange(units), direction=direction)
    _exactly_two(areas)
    return difference(
        float(areas.values[0] - areas.values[1]),
        _contrast_variance(areas),
        df=inf,
        level=level,
        about=Estimate(
            name="difference of AUCs",
            value=0.0,
            method="naive DeLong, nodes taken as independent",
            denominator=units,
        ),
    )


def auc_difference_between(first: Scored, second: Scored, *, level: float = 0.95) -> Estimate:
    """AUC in one group of patients minus AUC in another group.

    Degrees of freedom count the patients of each group's smaller class, for its variance rests on
    those; pROC's count all units of both classes, which are more.

    Args:
        first: one group, from scored.
        second: the other group, other patients.
        level: level of the interval, fraction.

    Source:
        Obuchowski, Biometrics 1997;53:567, doi:10.2307/2533958 (variances); Welch, Biometrika
        1947;34:28, doi:10.1093/biomet/34.1-2.28 (degrees of freedom).
    """
    groups = [_areas_of(group) for group in (first, second)]
    variances = [float(areas.covariance[0, 0]) for areas in groups]
    total = sum(variances)
    shares = [v**2 / max(a.fewest - 1, 1e-9) for v, a in zip(variances, groups, strict=True)]
    fewest = min(areas.fewest for areas in groups)
    return difference(
        float(groups[0].values[0] - groups[1].values[0]),
        total,
        df=total**2 / sum(shares) if fewest > 1 and total > 0 else 0,
        level=level,
        about=Estimate(
            name="difference of AUCs between groups",
            value=0.0,
            method="clustered (Obuchowski), Welch t",
            denominator=sum(areas.units for areas in groups),
            clusters=sum(areas.clusters for areas in groups),
            caution=few(fewest),
        ),
    )


def auc_equality(
    scores: Sequence[ArrayLike], truth: ArrayLike, patient: ArrayLike, *, direction: Directions
) -> Test:
    """Whether k scores on the same units have one AUC: Wald's chi-squared.

    Args:
        scores: shape (k, n).
        truth: whether the reference is positive, shape (n,).
        patient: the patient of each unit, shape (n,).
        direction: whether higher or lower scores speak for disease; one for all, or one each.

    Source:
        DeLong et al., Biometrics 1988;44:837, doi:10.2307/2531595, with the covariance of
        Obuchowski, Biometrics 1997;53:567, doi:10.2307/2533958.
    """
    areas = _compared(scores, truth, patient, direction=direction)
    if areas.fewest < 2:
        raise StatsError("a test needs units of each class from 2 patients or more")
    contrasts = np.eye(len(areas.values))[1:] - np.eye(len(areas.values))[:1]
    gap = contrasts @ areas.values
    spread = contrasts @ areas.covariance @ contrasts.T
    rank = int(np.linalg.matrix_rank(spread, hermitian=True))
    if rank == 0:
        raise StatsError("the scores rank all units alike: their AUCs show no difference to test")
    statistic = float(gap @ np.linalg.pinv(spread, hermitian=True) @ gap)
    return Test(
        name=f"equality of {len(areas.values)} AUCs",
        statistic=statistic,
        df=(float(rank),),
        p=chi2_p(statistic, rank),
        method="clustered (Obuchowski), chi-squared",
    )


def auc_covariance(
    scores: Sequence[ArrayLike], truth: ArrayLike, patient: ArrayLike, *, direction: Directions
) -> Areas:
    """AUCs of k scores on the same units, with their covariance.

    Args:
        scores: shape (k, n).
        truth: whether the reference is positive, shape (n,).
        patient: the patient of each unit, shape (n,).
        direction: whether higher or lower scores speak for disease; one for all, or one each.

    Source:
        Obuchowski, Biometrics 1997;53:567, doi:10.2307/2533958.
    """
    found = _compared(scores, truth, patient, direction=direction)
    if found.fewest < 2:
        raise StatsError(
            "a covariance needs positive units from 2 patients or more, and negative ones too; "
            f"one of the two comes from {found.fewest}"
        )
    return found


def _compared(
    scores: Sequence[ArrayLike], truth: ArrayLike, patient: ArrayLike, *, direction: Directions
) -> Areas:
    """The same; the covariance is NaN where one patient brings all units of a class."""
    several = [direction] * len(scores) if isinstance(direction, str) else list(direction)
    if len(several) != len(scores):
        raise StatsError(f"{len(scores)} scores need as many directions; {len(several)} were given")
    checked = [classes(s, truth, d) for s, d in zip(scores, several, strict=True)]
    is_so: Mask = checked[0][1]
    placed = np.array([placements(values, is_so) for values, _ in checked])
    return clustered_areas(placed, is_so, patients(patient, len(is_so)))


def _areas_of(data: Scored) -> Areas:
    return clustered_areas(placements(data.score, data.truth)[None, :], data.truth, data.clusters)


def _exactly_two(areas: Areas) -> None:
    if len(areas.values) != 2:
        raise StatsError(f"a difference is of 2 scores; {len(areas.values)} were given")


def _contrast_variance(areas: Areas) -> float:
    """Variance of the first minus the second."""
    contrast = np.array([1.0, -1.0])
    with np.errstate(invalid="ignore"):  # one patient in a class: refused by its count
        return float(contrast @ areas.covariance @ contrast)
