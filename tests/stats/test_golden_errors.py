"""Errors, intervals and scores that R gave on data of our own: tests/golden/errors.R."""

import csv
from pathlib import Path

import numpy as np
import pytest
from scipy.special import expit, stdtr

from nodewise.stats import (
    agreement,
    auc_difference_between,
    auc_power,
    brier_score,
    calibration_intercept,
    calibration_slope,
    clopper_pearson,
    discordance,
    fit_cox,
    fit_fine_gray,
    fit_logistic,
    follow_up,
    harrell_c,
    icc,
    incidence_at,
    log_rank,
    mcnemar,
    measured,
    median_time,
    naive,
    naive_auc,
    proportion,
    ratings,
    scored,
    time_auc,
    time_auc_against_others,
    time_brier,
    uno_c,
)

FOLDER = Path(__file__).parents[1] / "golden"


def table(name):
    lines = (FOLDER / name).read_text(encoding="utf-8").splitlines()
    rows = list(csv.DictReader(line for line in lines if not line.startswith("#")))
    return {key: np.array([row[key] for row in rows]) for key in rows[0]}


def numbers(name):
    return {key: column.astype(float) for key, column in table(name).items()}


@pytest.fixture(scope="module")
def golden():
    columns = table("errors_expected.csv")
    values = dict(zip(columns["name"], columns["value"].astype(float), strict=True))
    return lambda *names: pytest.approx([values[name] for name in names], rel=1e-6)


@pytest.fixture(scope="module")
def people():
    columns = numbers("stats_patients.csv")
    units = np.arange(len(columns["time"]))
    causes = follow_up(columns["time"], columns["event"], units)
    return columns, follow_up(columns["time"], columns["event"] > 0, units), causes


@pytest.fixture(scope="module")
def nodes():
    return numbers("stats_nodes.csv")


def naive_error(data):
    """DeLong's error of an AUC, from its interval."""
    found = naive_auc(data.score, data.truth, direction="higher")  # scored turned it upward
    return (found.high - found.low) / 2 / 1.959963984540054


def test_the_median_has_rs_limits(golden, people):
    found = median_time(people[1])
    assert [found.value, found.low, found.high] == golden("median", "median_low", "median_high")


def test_competing_events_have_rs_errors_where_times_are_tied(golden, people):
    columns, _, causes = people
    errors = [incidence_at(causes, cause, 18).error for cause in (1, 2)]
    assert errors == golden("cif1_18_se", "cif2_18_se")
    fit = fit_fine_gray(causes, np.stack([columns["positive"], columns["age"]], axis=1))
    errors = list(np.sqrt(np.diag(fit.covariance)))
    assert errors == golden("finegray_positive_se", "finegray_age_se")


def test_breslows_ties_and_strata_are_those_of_r(golden, people):
    columns, data, _ = people
    x = np.stack([columns["positive"], columns["age"]], axis=1)
    found = fit_cox(data, x, efron=False).coefficients
    assert list(found) == golden("breslow_positive", "breslow_age")
    stratified = log_rank(data, columns["positive"], columns["age"] > 62)
    assert [stratified.statistic] == golden("logrank_strata")


@pytest.mark.parametrize(("index", "name"), [(harrell_c, "harrell_age"), (uno_c, "uno_age")])
def test_c_indices_have_rs_errors(golden, people, index, name):
    columns, data, _ = people
    found = index(data, columns["age"], direction="higher")
    assert [found.value, found.error] == golden(name, f"{name}_se")


def test_accuracy_at_a_time_has_riskregressions_errors(golden, people):
    columns, data, causes = people
    found = time_auc(data, columns["age"], 18, direction="higher")
    assert [found.value, found.error] == golden("auc_18", "auc_18_se")
    found = time_brier(data, expit((columns["age"] - 62) / 9), 18)
    assert [found.value, found.error] == golden("brier_18", "brier_18_se")
    found = time_auc_against_others(causes, columns["age"], 18, direction="higher")
    assert [found.value, found.error] == golden("auc_18_others", "auc_18_others_se")


def test_a_logistic_model_has_geepacks_errors(golden, nodes):
    x = np.stack([nodes["adc"], nodes["ktrans"]], axis=1)
    fit = fit_logistic(x, nodes["truth"], nodes["patient"])
    count = fit.clusters  # the peer has no factor for small samples
    errors = np.sqrt(np.diag(fit.covariance) * (count - 1) / count)
    for k in range(3):
        name = f"logistic_{k + 1}"
        assert [fit.coefficients[k], errors[k]] == golden(name, f"{name}_se")


def test_calibration_is_rs_logistic_regression_on_the_log_odds(golden, nodes):
    given = expit((1 - nodes["adc"]) / 0.2), nodes["truth"], nodes["patient"]
    assert [calibration_slope(*given).value] == golden("calibration_slope")
    assert [calibration_intercept(*given).value] == golden("calibration_intercept")
    assert [brier_score(*given).value] == golden("brier")


def test_independent_groups_and_limits_are_procs(golden, nodes):
    units = np.arange(len(nodes["truth"]))
    even = nodes["patient"] % 2 == 0
    halves = [
        scored(nodes["adc"][part], nodes["truth"][part], units[part], direction="lower")
        for part in (even, ~even)
    ]
    found = auc_difference_between(*halves)
    # the peer's degrees of freedom count all units, ours the patients of the smaller classes
    variances = [naive_error(half) ** 2 for half in halves]
    parts = [v**2 / (half.clusters.count - 1) for v, half in zip(variances, halves, strict=True)]
    df = sum(variances) ** 2 / sum(parts)
    assert [found.test.statistic, df] == golden("unpaired_d", "unpaired_df")
    assert [2 * stdtr(df, -found.test.statistic)] == golden("unpaired_p")
    assert found.test.df[0] < df
    whole = naive_auc(nodes["adc"], nodes["truth"], direction="lower")
    assert [whole.low, whole.high] == golden("auc_low", "auc_high")
    assert [auc_power(0.7, cases=40, controls=60)] == golden("power")


def test_counts_of_independent_units_are_rs(golden, nodes):
    other = nodes["ktrans"] >= 0.22
    for kind in (1, 0):
        part = nodes["truth"] == kind
        units = np.arange(part.sum())
        found = mcnemar(discordance(nodes["call"][part], other[part], units))
        assert [found.statistic] == golden(f"mcnemar_{kind}")
    hits, units = int(nodes["call"].sum()), len(nodes["call"])
    exact = clopper_pearson(hits, units)
    assert [exact.low, exact.high] == golden("exact_low", "exact_high")
    wilson = naive(proportion(nodes["call"], nodes["patient"]))
    assert [wilson.low, wilson.high] == golden("wilson_low", "wilson_high")


@pytest.mark.parametrize(
    ("weighting", "name"),
    [("nominal", "kappa"), ("linear", "kappa_linear"), ("quadratic", "kappa_quadratic")],
)
def test_kappa_has_vcds_error(golden, weighting, name):
    grades = np.stack(list(numbers("stats_readers.csv").values()), axis=1)
    count = len(grades)
    rated = ratings(grades[:, :2], np.arange(count), categories=range(4))
    found = agreement(rated, "kappa", weighting=weighting)
    large_sample = found.error * np.sqrt((count - 1) / count)  # the peer divides by n
    assert [found.value, large_sample] == golden(name, f"{name}_ase")


@pytest.mark.parametrize("form", ["ICC(1,1)", "ICC(3,1)", "ICC(1,k)", "ICC(2,k)", "ICC(3,k)"])
def test_the_other_forms_of_icc_are_psychs(golden, form):
    grades = np.stack(list(numbers("stats_readers.csv").values()), axis=1)
    found = icc(measured(grades, np.arange(len(grades))), form)
    name = f"icc_{form[4]}_{form[6]}"
    assert [found.value, found.low, found.high] == golden(name, f"{name}_low", f"{name}_high")


def test_no_p_value_is_0_where_a_peer_runs_out_of_digits():
    first, second = np.repeat([1, 0, 1], [160, 3, 40]), np.repeat([0, 1, 1], [160, 3, 40])
    found = discordance(first, second, np.arange(203))
    assert 0 < mcnemar(found).p < 1e-30
    rng = np.random.default_rng(1)
    truth = rng.random(800) < 0.5
    score = truth * 2 + rng.normal(size=800)
    halves = [scored(sign * score, truth, np.arange(800), direction="higher") for sign in (1, -1)]
    assert 0 < auc_difference_between(*halves).test.p < 1e-100


def test_single_precision_scores_are_reckoned_in_double():
    rng = np.random.default_rng(1)
    truth = rng.random(5000) < 0.01
    score = (truth * 5 + rng.normal(size=5000)).astype(np.float32)
    narrow = naive_auc(score, truth, direction="higher")
    wide = naive_auc(score.astype(float), truth, direction="higher")
    assert (narrow.value, narrow.low, narrow.high) == (wide.value, wide.low, wide.high)
    assert narrow.high <= 1
