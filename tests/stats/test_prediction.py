import numpy as np
import pytest
from scipy.special import expit

from nodewise.errors import StatsError
from nodewise.stats import (
    brier_score,
    calibration_intercept,
    calibration_slope,
    decision_curve,
    fit_logistic,
    learning_curve,
    naive_auc,
    net_benefit,
    net_benefit_gain,
    point_optimism,
    point_score,
    reading_time,
)

THRESHOLDS = [0.05, 0.1, 0.15, 0.2, 0.3]


def cohort(seed, *, patients=60, units=4):
    rng = np.random.default_rng(seed)
    patient = np.repeat(np.arange(patients), units)
    findings = (rng.random((len(patient), 4)) < 0.4).astype(float)
    chance = expit(-1.5 + findings @ [2.0, 1.0, 0.5, 0.0])
    return findings, rng.random(len(patient)) < chance, patient, chance


@pytest.fixture
def biopsies(case):
    published = case("validation_dca")
    predictors = np.stack([published.column(k) for k in ("age", "famhistory", "marker")], axis=1)
    truth = published.column("cancer")
    return published, predictors, truth, np.arange(len(truth))


@pytest.mark.real_data
def test_a_logistic_model_agrees_with_rms(biopsies):
    published, predictors, truth, patient = biopsies
    fit = fit_logistic(predictors, truth, patient)
    expected = published.value("lrm_fit")["coef"]
    assert fit.coefficients == pytest.approx(list(expected.values()), rel=1e-5)
    predicted = fit.probability(predictors)
    area = naive_auc(predicted, truth, direction="higher").value
    assert area == published.near("lrm_fit", "C")
    assert brier_score(predicted, truth, patient).value == published.near("lrm_fit", "Brier")
    assert calibration_slope(predicted, truth, patient).value == published.near("val_prob", "Slope")
    intercept = calibration_intercept(predicted, truth, patient).value
    assert intercept == pytest.approx(0, abs=1e-6)


@pytest.mark.real_data
@pytest.mark.parametrize("model", ["cancerpredmarker", "famhistory"])
def test_net_benefit_agrees_with_dcurves(biopsies, model):
    published, _, truth, patient = biopsies
    rows = decision_curve(published.column(model), truth, patient, thresholds=THRESHOLDS)
    by_model = [row[1].value for row in rows]
    by_all = [row[2].value for row in rows]
    assert by_model == pytest.approx(published.value("net_benefit")[model]["net_benefit"])
    assert by_all == pytest.approx(published.value("net_benefit")["all"]["net_benefit"])


def test_one_binary_finding_gives_the_log_odds_ratio_and_woolfs_error():
    finding = np.repeat([1.0, 1.0, 0.0, 0.0], [30, 10, 20, 40])
    truth = np.repeat([1, 0, 1, 0], [30, 10, 20, 40])
    fit = fit_logistic(finding, truth, np.arange(100))
    assert fit.coefficients[1] == pytest.approx(np.log(30 * 40 / (10 * 20)))
    woolf = 1 / 30 + 1 / 10 + 1 / 20 + 1 / 40
    assert fit.covariance[1, 1] == pytest.approx(woolf * 100 / 99)


def test_a_penalty_draws_the_slopes_together():
    findings, truth, patient, _ = cohort(1)
    sizes = [
        np.abs(fit_logistic(findings, truth, patient, penalty=p).coefficients[1:]).sum()
        for p in (0.0, 5.0, 50.0)
    ]
    assert sizes == sorted(sizes, reverse=True)


def test_separated_classes_have_no_fit_but_a_penalised_one():
    with pytest.raises(StatsError, match="separate the classes"):
        fit_logistic([0.0, 0.0, 1.0, 1.0], [0, 0, 1, 1], [1, 2, 3, 4])
    fit = fit_logistic([0.0, 0.0, 1.0, 1.0], [0, 0, 1, 1], [1, 2, 3, 4], penalty=1.0)
    assert 0 < fit.coefficients[1] < 5


def test_predictions_that_are_too_extreme_have_a_slope_below_1():
    _, truth, patient, chance = cohort(2, patients=400)
    right = calibration_slope(chance, truth, patient)
    extreme = calibration_slope(expit(2 * np.log(chance / (1 - chance))), truth, patient)
    assert right.low < 1 < right.high
    assert extreme.value == pytest.approx(right.value / 2)


def test_predictions_that_are_too_low_have_a_positive_intercept():
    _, truth, patient, chance = cohort(3, patients=400)
    low = expit(np.log(chance / (1 - chance)) - 1)
    found = calibration_intercept(low, truth, patient)
    assert found.low < 1 < found.high


def test_repeating_every_node_changes_no_mean_and_no_slope():
    _, truth, patient, chance = cohort(4)
    for measure in (brier_score, calibration_slope, calibration_intercept):
        once = measure(chance, truth, patient)
        twice = measure(np.tile(chance, 2), np.tile(truth, 2), np.tile(patient, 2))
        assert (once.low, once.high) == pytest.approx((twice.low, twice.high))


def test_acting_in_nobody_gains_nothing():
    _, truth, patient, _ = cohort(5)
    assert net_benefit(np.zeros(len(truth)), truth, patient, threshold=0.2).value == 0


@pytest.mark.parametrize("threshold", [0.05, 0.2, 0.6])
def test_the_gain_over_acting_in_all_is_the_difference_of_both_net_benefits(threshold):
    findings, truth, patient, _ = cohort(5)
    chance = 1 / (1 + np.exp(-findings[:, 0]))
    rows = truth, patient
    both = [net_benefit(p, *rows, threshold=threshold).value for p in (chance, chance**0)]
    gain = net_benefit_gain(chance, *rows, threshold=threshold)
    assert gain.value == pytest.approx(both[0] - both[1])


def test_points_follow_the_weight_of_findings():
    findings, truth, patient, _ = cohort(6, patients=800)
    score = point_score(findings, truth, patient)
    assert score.points[0] > score.points[1] > score.points[2] >= score.points[3]
    assert score.points.dtype.kind == "i"
    assert score.total([[1, 0, 0, 0], [1, 1, 0, 0]])[1] == score.points[0] + score.points[1]
    predicted = score.probability(findings)
    assert predicted.mean() == pytest.approx(truth.mean(), abs=1e-6)


def test_a_score_of_useless_findings_owes_its_auc_to_optimism():
    rng = np.random.default_rng(7)
    patient = np.repeat(np.arange(30), 3)
    findings = (rng.random((90, 8)) < 0.5).astype(float)
    found = point_optimism(findings, rng.random(90) < 0.4, patient, rng=rng)
    assert found.optimism > 0.03
    assert found.corrected < found.apparent


def test_a_resample_of_one_patient_has_points_and_one_without_any_is_counted():
    patient, truth = np.repeat([0, 1], 4), np.tile([True, True, False, False], 2)
    told = np.append(truth[:4], [True, False, True, False])  # the second patient's says nothing
    found = point_optimism(told[:, None], truth, patient, rng=np.random.default_rng(11))
    alone = {0: (1 - 0.75), 1: 0.0}  # AUC in draws of this patient alone, less that in both
    assert found.apparent == 0.75
    assert 30 < found.pointless < 70
    draws = np.random.default_rng(11).multinomial(2, [0.5, 0.5], size=200)
    gaps = [alone[0] if draw[0] == 2 else 0.0 for draw in draws]
    assert found.pointless == (draws[:, 1] == 2).sum()
    assert found.optimism == pytest.approx(np.mean(gaps))


def test_a_score_of_one_patient_is_refused():
    with pytest.raises(StatsError, match="2 patients"):
        point_optimism([1, 0, 1, 0], [1, 0, 1, 0], [1, 1, 1, 1], rng=np.random.default_rng(1))


def test_a_reader_who_learns_has_a_rising_curve():
    rng = np.random.default_rng(8)
    order = np.tile(np.arange(1, 121), 10)
    right = rng.random(len(order)) < np.where(order < 40, 0.6, 0.9)
    curve = learning_curve(right, order, np.arange(len(order)) // 2)
    assert curve.accuracy[0] < 0.7
    assert curve.accuracy[-1] > 0.85
    assert np.all((curve.low <= curve.accuracy) & (curve.accuracy <= curve.high))


def test_a_reader_who_does_not_learn_has_a_flat_curve():
    rng = np.random.default_rng(9)
    order = np.tile(np.arange(1, 101), 20)
    curve = learning_curve(rng.random(2000) < 0.8, order, np.arange(2000))
    assert np.all((curve.low < 0.8) | (curve.accuracy - 0.8 < 0.06))
    assert np.ptp(curve.accuracy) < 0.12


def test_reading_time_follows_the_power_law_it_was_drawn_from():
    rng = np.random.default_rng(10)
    order = np.tile(np.arange(1, 101), 5)
    seconds = 90 * order**-0.3 * np.exp(0.2 * rng.normal(size=500))
    found = reading_time(seconds, order, np.tile(np.arange(100), 5))
    assert found.low < 2**-0.3 < found.high
    assert "readings in 100 patients" in str(found)
    exact = reading_time(90 * order**-0.3, order, np.tile(np.arange(100), 5))
    assert exact.value == pytest.approx(2**-0.3)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: brier_score([1.2], [1], [1]), "between 0 and 1"),
        (lambda: net_benefit([0.2], [1], [1], threshold=1.0), "threshold lies between"),
        (lambda: fit_logistic([1.0, 2.0], [1, 1], [1, 2]), "units of both kinds"),
        (lambda: fit_logistic([1.0, np.nan], [1, 0], [1, 2]), "finite numbers"),
        (lambda: reading_time([3, 0], [1, 2], [1, 2]), "positive"),
        (lambda: learning_curve([1, 0, 1], [1, 2, 3], [1, 2, 3]), "places in the order"),
        (lambda: point_score(np.zeros((4, 2)), [1, 0, 1, 0], [1, 2, 3, 4]), "nothing to give"),
    ],
)
def test_what_cannot_be_predicted_gets_a_sentence(call, sentence):
    with pytest.raises(StatsError, match=sentence):
        call()


def test_one_patient_has_a_score_and_a_reason():
    found = brier_score([0.2, 0.7], [0, 1], [1, 1])
    assert found.low is None
    assert "2 patients or more" in found.reason
