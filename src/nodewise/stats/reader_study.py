"""Several readers, several tests, the same patients: accuracy of each cell and its covariances."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from nodewise.errors import StatsError
from nodewise.stats.direction import Direction, pointing
from nodewise.stats.inputs import Array, Clusters, Mask, binary, patients
from nodewise.stats.placement import both_classes, placements

Figure = Callable[[Array, Mask], float]
"""An accuracy of scores, shape (n,), against the reference, shape (n,)."""


@dataclass(frozen=True, slots=True)
class ReaderStudy:
    """Scores of t tests by r readers on n units.

    Args:
        scores: higher speaks for disease, NaN where a unit was not read, shape (t, r, n).
        truth: whether the reference is positive, shape (n,).
        clusters: the patient of each unit.
    """

    scores: Array
    truth: Mask
    clusters: Clusters

    @property
    def read(self) -> Mask:
        """Whether each unit was read, shape (t, r, n)."""
        return np.asarray(~np.isnan(self.scores))

    @property
    def cells(self) -> Mask:
        """Whether each reader used each test at all, shape (t, r)."""
        return np.asarray(self.read.any(axis=2))

    @property
    def seen(self) -> Mask:
        """Whether anybody read a unit, shape (n,)."""
        return np.asarray(self.read.any(axis=(0, 1)))


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderFigures:
    """An accuracy of every test and reader, with covariances over patients.

    Args:
        name: which accuracy.
        values: not a number where a reader did not use a test, shape (t, r).
        covariance: shape (t, r, t, r), likewise.
        method: how the covariance was estimated.
        units: number of units that it is an accuracy of, read by somebody.
        clusters: number of patients that they come from.
    """

    name: str
    values: Array
    covariance: Array
    method: str
    units: int
    clusters: int

    @property
    def there(self) -> Mask:
        """Whether each reader used each test, shape (t, r)."""
        return np.asarray(~np.isnan(self.values))


def reader_study(
    scores: ArrayLike, truth: ArrayLike, patient: ArrayLike, *, direction: Direction | str
) -> ReaderStudy:
    """Check the scores of several readers.

    A reader may have used some of the tests only; with each of those, both classes.

    Args:
        scores: NaN where a unit was not read, shape (t, r, n).
        truth: whether the reference is positive, shape (n,).
        patient: the patient of each unit, shape (n,).
        direction: whether higher or lower scores speak for disease.
    """
    values, is_so = np.asarray(scores, np.float64), binary(truth, "truth")
    if values.ndim != 3 or values.shape[2] != len(is_so):
        raise StatsError(
            f"scores of readers have the shape (tests, readers, {len(is_so)} units); "
            f"these have {values.shape}"
        )
    if np.isinf(values).any():
        raise StatsError("scores of readers must be finite, or NaN where a unit was not read")
    sign = 1.0 if pointing(direction) is Direction.HIGHER else -1.0
    study = ReaderStudy(sign * values, is_so, patients(patient, len(is_so)))
    for test, reader in np.argwhere(study.cells):
        seen = study.read[test, reader]
        if not (seen & is_so).any() or not (seen & ~is_so).any():
            raise StatsError(
                f"reader {reader + 1} read no unit of one class with test {test + 1}: "
                "a reader needs units of both classes with every test that they use"
            )
    idle = np.flatnonzero(~study.cells.any(axis=1))
    if len(idle) or not study.cells.size:
        raise StatsError(f"no reader read a unit with test {1 + (idle[0] if len(idle) else 0)}")
    return study


def reader_auc(study: ReaderStudy) -> ReaderFigures:
    """The AUC of every test and reader; covariances by patient.

    Args:
        study: from reader_study.

    Source:
        DeLong et al., Biometrics 1988;44:837, doi:10.2307/2531595; by patient as in Obuchowski,
        Biometrics 1997;53:567, doi:10.2307/2533958.
    """
    return _figures("AUC", study, *auc_errors(study), among=study.seen)


def reader_sensitivity(study: ReaderStudy) -> ReaderFigures:
    """The sensitivity of every test and reader, from scores that are 1 (positive) or 0.

    Args:
        study: from reader_study, with calls for scores.

    Source:
        Obuchowski & Rockette, Commun Stat Simul Comput 1995;24:285,
        doi:10.1080/03610919508813243; covariances summed by patient.
    """
    among = study.seen & study.truth
    return _figures("sensitivity", study, *share_errors(study, positive=True), among=among)


def reader_specificity(study: ReaderStudy) -> ReaderFigures:
    """The specificity of every test and reader, from scores that are 1 (positive) or 0.

    Args:
        study: from reader_study, with calls for scores.

    Source:
        Obuchowski & Rockette, Commun Stat Simul Comput 1995;24:285,
        doi:10.1080/03610919508813243; covariances summed by patient.
    """
    among = study.seen & ~study.truth
    return _figures("specificity", study, *share_errors(study, positive=False), among=among)


def reader_positive_predictive_value(study: ReaderStudy) -> ReaderFigures:
    """The share of each reader's positive calls that are right, at these units' prevalence.

    Args:
        study: from reader_study, with calls for scores.

    Source:
        Obuchowski & Rockette, Commun Stat Simul Comput 1995;24:285,
        doi:10.1080/03610919508813243; errors of a ratio as in Moskowitz & Pepe, Clin Trials
        2006;3:272, doi:10.1191/1740774506cn147oa, summed by patient.
    """
    return _predictive(study, positive=True)


def reader_negative_predictive_value(study: ReaderStudy) -> ReaderFigures:
    """The share of each reader's negative calls that are right, at these units' prevalence.

    Args:
        study: from reader_study, with calls for scores.

    Source:
        As for reader_positive_predictive_value.
    """
    return _predictive(study, positive=False)


def reader_jackknife(
    study: ReaderStudy, figure: Figure, *, name: str, among: ArrayLike | None = None
) -> ReaderFigures:
    """Any accuracy of every test and reader; covariances by leaving out one patient at a time.

    Args:
        study: from reader_study.
        figure: the accuracy, a function of scores and truth.
        name: what it is called.
        among: units that it looks at, shape (n,), such as the positive ones for a sensitivity;
            None: all.

    Source:
        Efron & Stein, Ann Stat 1981;9:586, doi:10.1214/aos/1176345462; Hillis et al., Stat Med
        2005;24:1579, doi:10.1002/sim.2024.
    """
    every = np.ones(len(study.truth), bool)
    looked_at = every if among is None else binary(among, "among")
    looked_at = looked_at & study.seen
    left_out = np.unique(study.clusters.index[looked_at])
    count = len(left_out)
    small_sample(count)
    values = _cells(study, figure, every)
    without = np.array([_cells(study, figure, study.clusters.index != one) for one in left_out])
    gap = without - without.mean(axis=0)
    covariance = (count - 1) / count * np.einsum("ktr,kus->trus", gap, gap)
    return ReaderFigures(
        name=name,
        values=values,
        covariance=covariance,
        method="jackknife of patients",
        units=int(looked_at.sum()),
        clusters=count,
    )


def empirical_auc(scores: Array, truth: Mask) -> float:
    """The AUC as a figure to be jackknifed.

    Args:
        scores: shape (n,).
        truth: shape (n,).
    """
    both_classes(truth)
    return float(placements(scores, truth)[truth].mean())


def auc_errors(study: ReaderStudy) -> tuple[Array, Array]:
    """AUCs, shape (t, r), and what each unit adds to their error, shape (t, r, n)."""
    error = np.zeros(study.scores.shape)
    values = np.full(study.scores.shape[:2], np.nan)
    for cell in map(tuple, np.argwhere(study.cells)):
        seen = study.read[cell]
        placed = placements(study.scores[cell][seen], study.truth[seen])
        values[cell] = placed[study.truth[seen]].mean()
        error[cell][seen] = placed - values[cell]
    return values, error


def share_errors(study: ReaderStudy, *, positive: bool) -> tuple[Array, Array]:
    """Sensitivities (or specificities), shape (t, r), and units' errors, shape (t, r, n)."""
    seen, hit = study.read & (study.truth == positive), _calls(study) == float(positive)
    counted = np.where(study.cells, seen.sum(axis=2), np.nan)
    values = (hit & seen).sum(axis=2) / counted
    return values, np.where(seen, hit - values[:, :, None], 0.0)


def _calls(study: ReaderStudy) -> Array:
    """Calls of 0 and 1, not a number where there is none, shape (t, r, n)."""
    calls = np.abs(study.scores)
    if not np.isin(calls[study.read], (0.0, 1.0)).all():
        raise StatsError("this accuracy needs calls of 0 and 1; apply the cut-off first")
    return calls


def _predictive(study: ReaderStudy, *, positive: bool) -> ReaderFigures:
    """Predictive values of one call, whose number differs from cell to cell."""
    word = "positive" if positive else "negative"
    given = study.read & (_calls(study) == float(positive))
    sizes = given.sum(axis=2)
    for test, reader in np.argwhere(study.cells & (sizes == 0)):
        raise StatsError(
            f"reader {reader + 1} calls no unit {word} with test {test + 1}: "
            f"there is no {word} predictive value of that reader"
        )
    right, each = study.truth == positive, np.maximum(sizes, 1)
    values = np.where(study.cells, (given & right).sum(axis=2) / each, np.nan)
    errors = np.where(given, right - values[:, :, None], 0.0) / each[:, :, None]
    rows = np.array([study.clusters.total(row) for row in errors.reshape(-1, len(right))])
    among = given.any(axis=(0, 1))
    covariance = small_sample(study.clusters.having(among)) * rows @ rows.T
    return _known(f"{word} predictive value", study, values, covariance, among=among)


def _cells(study: ReaderStudy, figure: Figure, units: Mask) -> Array:
    values = np.full(study.scores.shape[:2], np.nan)
    for cell in map(tuple, np.argwhere(study.cells)):
        seen = study.read[cell] & units
        values[cell] = figure(study.scores[cell][seen], study.truth[seen])
    return values


def _figures(
    name: str, study: ReaderStudy, values: Array, error: Array, *, among: Mask
) -> ReaderFigures:
    """Covariances of errors that units add up to, by patient and class."""
    positive = by_patient(study, error, study.truth)
    negative = by_patient(study, error, ~study.truth)
    having = study.clusters.having
    covariance = small_sample(having(study.truth)) * positive @ positive.T
    covariance += small_sample(having(~study.truth)) * negative @ negative.T
    crossed = small_sample(study.clusters.count) * positive @ negative.T
    covariance += crossed + crossed.T
    return _known(name, study, values, covariance, among=among)


def _known(
    name: str, study: ReaderStudy, values: Array, covariance: Array, *, among: Mask
) -> ReaderFigures:
    """Figures with covariances of shape (t * r, t * r) where readers used tests."""
    idle = ~study.cells.ravel()
    covariance[idle, :] = covariance[:, idle] = np.nan
    return ReaderFigures(
        name=name,
        values=values,
        covariance=covariance.reshape(*values.shape, *values.shape),
        method="clustered by patient",
        units=int(among.sum()),
        clusters=study.clusters.having(among),
    )


def by_patient(study: ReaderStudy, error: Array, units: Mask) -> Array:
    """Mean error of a class, by the patients that it comes from, shape (t * r, patients)."""
    seen = study.read & units
    rows = [
        study.clusters.total(np.where(here, unit_error, 0.0)) / max(here.sum(), 1)
        for here, unit_error in zip(
            seen.reshape(-1, len(units)), error.reshape(-1, len(units)), strict=True
        )
    ]
    return np.array(rows)


def small_sample(count: int) -> float:
    """What a sum of squares over so many patients is multiplied by."""
    if count < 2:
        raise StatsError("covariances need units of each class from 2 patients or more")
    return count / (count - 1)
