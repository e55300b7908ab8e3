"""Golden values that R gave on data of our own: tests/golden/stats.R."""

import numpy as np
import pytest
from golden import table

from nodewise.stats import (
    agreement,
    at_cutoff,
    auc_covariance,
    benjamini_hochberg,
    best_cutoff,
    fit_cox,
    fit_fine_gray,
    fit_ordinal,
    follow_up,
    gray_test,
    harrell_c,
    hochberg,
    holm,
    icc,
    incidence_at,
    log_rank,
    mcclish,
    measured,
    naive_auc_difference,
    partial_area,
    proportion,
    ratings,
    restricted_mean,
    roc_curve,
    sensitivity,
    specificity,
    survival_at,
)


@pytest.fixture(scope="module")
def golden():
    columns = table("stats_expected")
    return dict(zip(columns["name"], columns["value"].astype(float), strict=True))


@pytest.fixture(scope="module")
def nodes():
    return {key: column.astype(float) for key, column in table("stats_nodes").items()}


@pytest.fixture(scope="module")
def patients():
    columns = {key: column.astype(float) for key, column in table("stats_patients").items()}
    units = np.arange(len(columns["time"]))
    return columns, follow_up(columns["time"], columns["event"], units)


@pytest.mark.parametrize(
    ("name", "measure"), [("sensitivity", sensitivity), ("specificity", specificity)]
)
def test_proportions_are_those_of_an_intercept_only_gee(golden, nodes, name, measure):
    found = measure(nodes["call"], nodes["truth"], nodes["patient"])
    p = found.value
    assert np.log(p / (1 - p)) == pytest.approx(golden[f"{name}_logit"], rel=1e-6)
    # the peer's robust error without a small-sample factor: sums of patients' residuals
    kind = nodes["truth"] == (name == "sensitivity")
    hit = nodes["call"][kind] == (name == "sensitivity")
    e = np.bincount(nodes["patient"][kind].astype(int), weights=hit - p)
    error = np.sqrt(np.sum(e**2)) / (kind.sum() * p * (1 - p))
    assert error == pytest.approx(golden[f"{name}_gee_se"], rel=1e-6)
    half = (np.log(found.high / (1 - found.high)) - np.log(found.low / (1 - found.low))) / 2
    assert 1.0 < half / error / 2.0 < 1.06  # CR2 and t widen it a little
    assert proportion(hit, nodes["patient"][kind]).value == pytest.approx(p)


def test_roc_figures_are_those_of_proc(golden, nodes):
    scores, units = (nodes["adc"], nodes["ktrans"]), np.arange(len(nodes["truth"]))
    direction = ["lower", "higher"]
    areas = auc_covariance(scores, nodes["truth"], units, direction=direction)
    assert areas.values == pytest.approx([golden["auc_adc"], golden["auc_ktrans"]])
    assert areas.covariance[0, 0] == pytest.approx(golden["auc_adc_var"])
    found = naive_auc_difference(scores, nodes["truth"], direction=direction)
    assert found.test.statistic == pytest.approx(golden["delong_z"])
    assert found.test.p == pytest.approx(golden["delong_p"])


def test_partial_areas_and_cut_offs_are_those_of_proc(golden, nodes):
    curve = roc_curve(nodes["adc"], nodes["truth"], nodes["patient"], direction="lower")
    area = partial_area(curve, low=0.8)
    assert area == pytest.approx(golden["pauc_adc"])
    assert mcclish(area, low=0.8) == pytest.approx(golden["pauc_adc_mcclish"])
    best = best_cutoff(curve)
    assert best.midpoint == pytest.approx(golden["youden_threshold"])
    assert best.sensitivity == pytest.approx(golden["youden_sensitivity"])
    test = at_cutoff(nodes["adc"], best.midpoint, direction="lower")
    assert sensitivity(test, nodes["truth"], nodes["patient"]).value == pytest.approx(
        best.sensitivity
    )


def test_survival_is_that_of_r(golden, patients):
    _, data = patients
    found = survival_at(data, 18)
    assert found.value == pytest.approx(golden["km_18"])
    assert found.error == pytest.approx(golden["km_18_se"])
    assert (found.low, found.high) == pytest.approx((golden["km_18_low"], golden["km_18_high"]))
    mean = restricted_mean(data, 36)
    assert (mean.value, mean.error) == pytest.approx((golden["rmst_36"], golden["rmst_36_se"]))
    for cause in (1, 2):
        expected = golden[f"cif{cause}_18"]
        assert incidence_at(data, cause, 18).value == pytest.approx(expected)


def test_hazards_are_those_of_r(golden, patients):
    columns, data = patients
    assert log_rank(data, columns["positive"]).statistic == pytest.approx(golden["logrank_chisq"])
    x = np.stack([columns["positive"], columns["age"]], axis=1)
    fit = fit_cox(data, x)
    assert fit.coefficients == pytest.approx([golden["cox_positive"], golden["cox_age"]], rel=1e-6)
    error = np.sqrt(fit.covariance[0, 0])
    assert error == pytest.approx(golden["cox_positive_robust_se"], rel=1e-6)
    found = harrell_c(data, x @ fit.coefficients, direction="higher")
    assert found.value == pytest.approx(golden["harrell_c"])


def test_competing_events_are_compared_and_modelled_as_cmprsk_does(golden, patients):
    columns, data = patients
    for cause in (1, 2):
        found = gray_test(data, columns["positive"], cause)
        assert found.statistic == pytest.approx(golden[f"gray_{cause}"])
    x = np.stack([columns["positive"], columns["age"]], axis=1)
    expected = [golden["finegray_positive"], golden["finegray_age"]]
    assert fit_fine_gray(data, x).coefficients == pytest.approx(expected, rel=1e-5)


def test_agreement_is_that_of_psych(golden):
    grades = np.stack([column.astype(float) for column in table("stats_readers").values()], axis=1)
    units = np.arange(len(grades))
    rated = ratings(grades[:, :2], units, categories=[0, 1, 2, 3])
    found = agreement(rated, "kappa", weighting="quadratic")
    assert found.value == pytest.approx(golden["kappa_quadratic_12"])
    form = icc(measured(grades, units), "ICC(2,1)")
    expected = golden["icc_2_1"], golden["icc_2_1_low"], golden["icc_2_1_high"]
    assert (form.value, form.low, form.high) == pytest.approx(expected)


def test_ordered_grades_are_modelled_as_mass_models_them(golden):
    grades = np.stack([column.astype(float) for column in table("stats_readers").values()], axis=1)
    fit = fit_ordinal(grades[:, 1:], grades[:, 0], np.arange(len(grades)))
    expected = [golden["polr_reader2"], golden["polr_reader3"]]
    assert fit.slopes == pytest.approx(expected, rel=1e-4)
    assert fit.thresholds[0] == pytest.approx(golden["polr_first_threshold"], rel=1e-4)
    assert fit.log_likelihood == pytest.approx(golden["polr_loglik"], rel=1e-8)


@pytest.mark.parametrize(
    ("name", "adjust"), [("holm", holm), ("hochberg", hochberg), ("BH", benjamini_hochberg)]
)
def test_families_are_adjusted_as_r_adjusts_them(golden, name, adjust):
    expected = [golden[f"{name}_{i}"] for i in range(1, 6)]
    assert adjust([0.004, 0.021, 0.019, 0.3, 0.04]) == pytest.approx(expected)
