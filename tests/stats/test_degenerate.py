"""Data that cannot answer: a sentence, never a traceback, a NaN or an interval of no width."""

import warnings

import numpy as np
import pytest

from nodewise.errors import StatsError
from nodewise.stats import (
    Estimate,
    accuracy_ratio,
    agreement,
    brier_score,
    diagnostic_odds_ratio,
    discordance,
    durkalski,
    fit_cox,
    fit_fine_gray,
    fit_logistic,
    fit_ordinal,
    fixed_cases,
    fixed_readers,
    follow_up,
    harrell_c,
    icc,
    incidence_at,
    kosinski,
    likelihood_ratio_positive,
    limits_of_agreement,
    measured,
    median_time,
    net_benefit,
    obuchowski,
    obuchowski_rockette,
    paired,
    ratings,
    reader_auc,
    reader_study,
    reading_time,
    restricted_mean,
    sensitivity_within_strata,
    survival_at,
    time_auc,
    u_auc,
    within_sd,
    yang,
)
from nodewise.stats.estimate import few
from nodewise.stats.reader_study import ReaderFigures

UNITS = np.arange(6)
ALIKE = np.tile(np.arange(6.0), (2, 2, 1))
TRUTH = [0, 0, 0, 1, 1, 1]
SEPARATED = follow_up([4, 3, 2, 4], [0, 1, 1, 0], [1, 2, 3, 4])
MIXED = follow_up([1, 2, 3, 4, 5], [1, 1, 1, 1, 0], [1, 2, 3, 4, 5])
STEEP = np.array([2.0, 1, 3, 1, 2]) * 1e-4
CANCEL = [1, 0, 1, 0], [0, 1, 0, 1], [1, 1, 2, 2]
ONE_BIAS = [1, 2, 1, 2], [0, 0, 0, 0], [1, 1, 2, 2]
STRATA = [1, 0, 1, 0, 0], [1, 1, 1, 0, None], [3, 3, 2, 1, 2]
SIX = [1, 0, 1, 0, 1, 0], [1, 1, 0, 0, 1, 0], [1, 2, 1, 2, 2, 1]
FOUR = [1, 0, 1, 1], [1, 1, 1, 1], [1, 2, 1, 2]
OTHER = [1, 1, 0, 1], *FOUR[1:]
OPPOSITE = [[1, 2], [2, 1], [1, 2], [2, 1]]
CANCELLING = np.array([[0.0, -0.01], [-0.01, 0.0]])
TWO = follow_up([1, 1, 2, 2], [1, 1, 1, 1], [1, 1, 2, 2])


def figures(covariance):
    """One test by two readers of one accuracy."""
    return ReaderFigures(
        name="AUC", values=np.array([[0.8, 0.8]]), covariance=np.asarray(covariance)[None, :, None],
        method="made up", units=20, clusters=20,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (
            lambda: obuchowski_rockette(
                reader_auc(reader_study(ALIKE, TRUTH, UNITS, direction="higher"))
            ),
            "no variance",
        ),
        (
            lambda: u_auc(reader_study(ALIKE, TRUTH, np.ones(6), direction="higher")),
            "2 patients or more",
        ),
        (
            lambda: reader_auc(reader_study(ALIKE, TRUTH, np.ones(6), direction="higher")),
            "2 patients or more",
        ),
        (
            lambda: reader_study(np.full((1, 2, 6), np.inf), TRUTH, UNITS, direction="higher"),
            "must be finite",
        ),
        (lambda: ratings([[1, "a"]], [1]), "these are mixed"),
        (lambda: fit_logistic([1.0, 2, 3], [0, 1, 0], [1, 1, 1]), "2 patients or more"),
        (lambda: fit_ordinal([1.0, 2, 3], [0, 1, 0], [1, 1, 1]), "2 patients or more"),
        (lambda: fit_cox(follow_up([1, 2], [1, 1], [1, 1]), [1.0, 2]), "2 patients or more"),
        (lambda: fit_fine_gray(follow_up([1, 2], [1, 2], [1, 1]), [1.0, 2]), "2 patients or more"),
        (
            lambda: kosinski(
                "negative predictive value",
                paired([1, 1, 0, 0, 0], [1, 1, 1, 0, 1], [1, 2, 0, 0, 2]),
                paired([0, 0, 0, 0, 0], [1, 1, 1, 0, 1], [1, 2, 0, 0, 2]),
            ),
            "not above 0",
        ),
        (lambda: icc(measured([[1, 2], [2, 1]], [1, 2]), "ICC(1,k)"), "no meaning here"),
        (lambda: icc(measured([[1, 2], [2, 1]], [1, 2]), "ICC(2,1)"), "no meaning here"),
        (lambda: icc(measured([[0, 3], [3, 0], [1, 2]], [1, 2, 3]), "ICC(2,k)"), "no meaning here"),
        (lambda: icc(measured([[1, 2], [2, 1]], [1, 2]), "ICC(3,k)"), "no meaning here"),
        (lambda: fit_cox(SEPARATED, [0, 1, 1, 1]), "no finite fit"),
        (lambda: fit_fine_gray(SEPARATED, [0, 1, 1, 1]), "no finite fit"),
        (lambda: fit_cox(MIXED, [1.0] * 5), "predictor 1 is the same for all units"),
        (lambda: fit_cox(MIXED, STEEP).hazard_ratio(0), "smaller unit"),
        (lambda: fit_fine_gray(MIXED, STEEP).hazard_ratio(0), "smaller unit"),
        (lambda: restricted_mean(follow_up([1, 2], [1, 0], [1, 2]), 3), "follow-up ends at 2"),
        (lambda: obuchowski(discordance([1, 0], [0, 1], [1, 1])), "2 patients or more"),
        (lambda: durkalski(discordance(*CANCEL)), "cancel out in every patient"),
        (lambda: obuchowski(discordance(*CANCEL)), "cancel out in every patient"),
        (lambda: yang(discordance(*CANCEL)), "cancel out in every patient"),
        (lambda: restricted_mean(follow_up([1, 2], [1, 1], [1, 2]), -1), "lies outside"),
    ],
)
def test_what_cannot_be_estimated_gets_a_sentence(call, sentence):
    with pytest.raises(StatsError, match=sentence):
        call()


@pytest.mark.parametrize(
    ("call", "value", "reason"),
    [
        (lambda: icc(measured([[1, 2], [3, 4]], [1, 1]), "ICC(2,1)"), 0.8, "2 patients or more"),
        (lambda: icc(measured([[1, 1], [2, 2], [3, 3]], [1, 2, 3]), "ICC(2,1)"), 1.0, "no error"),
        (lambda: icc(measured([[1, 2], [1, 2]], [1, 2]), "ICC(2,1)"), 0.0, "no error"),
        (lambda: limits_of_agreement([1, 2, 3], [1, 2, 3], [1, 2, 3]).high, 0.0, "no variance"),
        (
            lambda: agreement(ratings([["a", "a"], ["b", "b"]], [1, 2]), "kappa"),
            1.0,
            "no variance",
        ),
        (lambda: restricted_mean(follow_up([1, 2], [0, 0], [1, 2]), 2), 2.0, "no variance"),
        (lambda: survival_at(follow_up([1, 2], [1, 0], [1, 1]), 1), 0.5, "2 patients or more"),
        (lambda: incidence_at(follow_up([1, 2], [1, 2], [1, 1]), 1, 1), 0.5, "one patient"),
        (
            lambda: harrell_c(
                follow_up([1, 2, 3], [1, 1, 0], [1, 1, 1]), [3, 2, 1], direction="higher"
            ),
            1.0,
            "no variance",
        ),
        (lambda: icc(measured([[1, 2], [2, 1], [1, 2]], [1, 2, 3]), "ICC(1,1)"), -1.0, "no more"),
        (lambda: icc(measured(OPPOSITE, [1, 1, 2, 2]), "ICC(2,1)"), -2.0, "no more"),
        (lambda: fixed_readers(figures(CANCELLING)).means[0], 0.8, "no variance"),
        (lambda: obuchowski_rockette(figures(CANCELLING)).means[0], 0.8, "no variance"),
        (lambda: fixed_cases(figures(np.eye(2))).means[0], 0.8, "no variance"),
        (lambda: restricted_mean(follow_up([2, 2], [1, 1], [1, 2]), 2), 2.0, "no variance"),
        (lambda: restricted_mean(follow_up([1, 3], [1, 1], [1, 1]), 3), 2.0, "2 patients or more"),
        (lambda: median_time(follow_up([1, 3], [1, 1], [1, 1])), 1.0, "2 patients or more"),
        (lambda: median_time(follow_up([2, 2, 2], [1, 1, 1], [1, 2, 3])), 2.0, "on one time"),
        (lambda: fit_cox(TWO, [1, 0, 0, 1]).hazard_ratio(0), 1.0, "come out as 0"),
        (lambda: icc(measured([[-1.1, 0.9], [-0.2, -0.2]], [1, 0]), "ICC(2,k)"), -99.0, "no more"),
        (lambda: brier_score([0.5, 0.5], [0, 1], [1, 2]), 0.25, "no variance"),
        (lambda: net_benefit([0.5, 0.6], [1, 1], [1, 2], threshold=0.3), 1.0, "no variance"),
        (lambda: within_sd(measured([[0, 1], [1, 0]], [1, 2])), 0.5**0.5, "no variance"),
        (lambda: limits_of_agreement(*ONE_BIAS).bias, 1.5, "no variance"),
        (
            lambda: incidence_at(follow_up([2, 5, 0], [1, 2, 0], [1, 1, 2]), 1, 3),
            0.5,
            "no variance",
        ),
        (
            lambda: time_auc(follow_up([4, 2], [1, 1], [1, 2]), [1, -1], 3, direction="higher"),
            0.0,
            "no variance",
        ),
        (lambda: sensitivity_within_strata(*STRATA, stratum=[0, 0, 0, 1, 0]), 0.5, "no variance"),
    ],
)
def test_a_value_that_has_no_interval_says_why(call, value, reason):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = call()
    assert isinstance(found, Estimate)
    assert found.value == pytest.approx(value)
    assert (found.low, found.high) == (None, None)
    assert reason in found.reason
    assert "no interval" in str(found)


@pytest.mark.parametrize(
    "call",
    [
        lambda level: likelihood_ratio_positive(*SIX, level=level),
        lambda level: diagnostic_odds_ratio(*SIX, level=level),
        lambda level: accuracy_ratio("sensitivity", paired(*FOUR), paired(*OTHER), level=level),
        lambda level: within_sd(measured([[1, 2], [3, 9]], [1, 2]), level=level),
        lambda level: reading_time([3, 2, 5, 1], [1, 2, 1, 2], [1, 1, 2, 2], level=level),
    ],
)
def test_a_level_that_two_patients_cannot_give_is_refused(call):
    assert call(0.95).low < call(0.95).high
    with pytest.raises(StatsError, match="so high a level"):
        call(0.99999)


def test_readers_who_err_in_opposite_patients_gain_nothing_from_it():
    covariance = np.array([[0.01, -0.02], [-0.02, 0.01]])
    found = fixed_readers(figures(covariance)).means[0]
    assert found.error == pytest.approx(np.sqrt(0.01 / 2))  # sqrt((Var + (r - 1) max(Cov2, 0)) / r)


def test_the_area_under_a_curve_that_has_reached_zero_is_known_at_any_later_time():
    ended = follow_up([1, 2, 6], [1, 1, 1], [1, 2, 3])
    last, later = restricted_mean(ended, 6), restricted_mean(ended, 60)
    assert (later.value, later.low, later.high) == pytest.approx((last.value, last.low, last.high))
    assert later.value == pytest.approx(3.0)


@pytest.mark.parametrize("fit", [fit_cox, fit_fine_gray])
def test_a_hazard_ratio_does_not_depend_on_the_unit_of_its_predictor(fit):
    x = np.array([2.0, 1, 3, 1, 2])
    plain, scaled = fit(MIXED, x), fit(MIXED, 1000 * x + 5)
    assert plain.coefficients == pytest.approx(1000 * scaled.coefficients)
    assert plain.covariance == pytest.approx(1e6 * scaled.covariance)
    assert plain.hazard_ratio(0).test.p == pytest.approx(scaled.hazard_ratio(0).test.p)


def test_one_patient_is_told_of_in_the_singular():
    assert few(1).startswith("1 patient is too few")
    assert few(2).startswith("2 patients are too few")
