import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodewise.errors import StatsError
from nodewise.stats import fit_cox, follow_up, harrell_c, uno_c


def cohort(seed, *, patients=20, units=2):
    rng = np.random.default_rng(seed)
    patient = np.repeat(np.arange(patients), units)
    x = rng.normal(size=(len(patient), 2))
    frailty = np.exp(0.5 * rng.normal(size=patients))[patient]
    time = rng.exponential(1 / (frailty * np.exp(x @ [0.8, 0.0])))
    end = rng.exponential(2.0, size=len(time))
    return follow_up(np.minimum(time, end), (time <= end).astype(int), patient), x


@pytest.fixture
def veteran(case):
    published = case("survival_veteran")
    time = published.column("time")
    x = np.stack([published.column(k) for k in ("karno", "age", "trt", "prior")], axis=1)
    return published, follow_up(time, published.column("status"), np.arange(len(time))), x


@pytest.fixture
def eyes(case):
    published = case("survival_clustered_retinopathy")
    treated = published.column("trt")
    adult = (published.words("type") == "adult").astype(float)
    data = follow_up(published.column("futime"), published.column("status"), published.words("id"))
    return published, data, treated, adult


@pytest.mark.real_data
def test_efrons_fit_agrees_with_r(veteran):
    published, data, x = veteran
    fit = fit_cox(data, x)
    expected = published.value("cox_efron")
    assert fit.coefficients == pytest.approx(list(expected["coef"].values()), rel=1e-6)
    errors = np.sqrt(np.diag(fit.model_covariance))
    assert errors == pytest.approx(list(expected["se"].values()), rel=1e-6)
    assert fit.log_likelihood == pytest.approx(expected["loglik"], rel=1e-9)
    ratio = 2 * (fit.log_likelihood[1] - fit.log_likelihood[0])
    assert ratio == pytest.approx(expected["lr"], rel=1e-6)


@pytest.mark.real_data
def test_breslows_fit_agrees_with_r(veteran):
    published, data, x = veteran
    expected = list(published.value("cox_breslow_coef").values())
    assert fit_cox(data, x, efron=False).coefficients == pytest.approx(expected, rel=1e-6)


@pytest.mark.real_data
def test_robust_errors_by_patient_agree_with_r(eyes):
    published, data, treated, adult = eyes
    fit = fit_cox(data, np.stack([treated, adult, treated * adult], axis=1))
    expected = published.value("cox_cluster")
    assert fit.coefficients == pytest.approx(list(expected["coef"].values()), rel=1e-6)
    robust = np.sqrt(np.diag(fit.covariance))
    assert robust == pytest.approx(list(expected["robust_se"].values()), rel=1e-6)
    naive = np.sqrt(np.diag(fit.model_covariance))
    assert naive == pytest.approx(list(expected["naive_se"].values()), rel=1e-6)


@pytest.mark.real_data
def test_concordance_agrees_with_r(veteran, eyes):
    published, data, x = veteran
    score = x @ fit_cox(data, x).coefficients
    for measure, name in ((harrell_c, "harrell_c"), (uno_c, "uno_c")):
        found = measure(data, score, direction="higher")
        assert found.value == published.near(name, "c")
        assert found.error == published.near(name, "se")
    published, data, treated, adult = eyes
    x = np.stack([treated, adult], axis=1)
    found = harrell_c(data, x @ fit_cox(data, x).coefficients, direction="higher")
    assert found.value == published.near("concordance_cluster", "c")
    assert found.error == published.near("concordance_cluster", "se")


def test_two_units_have_the_partial_likelihood_of_one_choice():
    data = follow_up([1, 2, 3, 4], [1, 1, 0, 1], [1, 2, 3, 4])
    fit = fit_cox(data, [1.0, 0.0, 1.0, 0.0])
    # exp(b) = h: log likelihood log h - log(2h + 2) - log(h + 2), greatest at h = sqrt 2
    assert np.exp(fit.coefficients[0]) == pytest.approx(np.sqrt(2))


@given(st.integers(0, 300), st.floats(0.2, 5))
def test_a_unit_of_measurement_scales_the_coefficient_only(seed, scale):
    data, x = cohort(seed)
    found, other = fit_cox(data, x), fit_cox(data, x * scale + 3)
    assert other.coefficients * scale == pytest.approx(found.coefficients, abs=1e-7)
    assert other.log_likelihood == pytest.approx(found.log_likelihood)


@given(st.integers(0, 300))
def test_only_the_order_of_times_matters(seed):
    data, x = cohort(seed)
    later = follow_up(data.time**2, data.event, data.clusters.index)
    assert fit_cox(later, x).coefficients == pytest.approx(fit_cox(data, x).coefficients)
    for measure in (harrell_c, uno_c):
        found = measure(data, x[:, 0], direction="higher").value
        assert measure(later, x[:, 0], direction="higher").value == pytest.approx(found)


@given(st.integers(0, 300))
def test_turning_the_score_mirrors_concordance(seed):
    data, x = cohort(seed)
    for measure in (harrell_c, uno_c):
        up = measure(data, x[:, 0], direction="higher")
        down = measure(data, x[:, 0], direction="lower")
        assert up.value == pytest.approx(1 - down.value)
        assert up.error == pytest.approx(down.error)


def test_a_hazard_ratio_prints_with_its_test():
    data, x = cohort(1, patients=100)
    found = fit_cox(data, x).hazard_ratio(0)
    assert 1 < found.low < found.value < found.high
    assert str(found).endswith("p < 0.001; Cox (Efron), errors by patient")


def test_errors_are_those_of_the_model_where_every_unit_is_a_patient():
    data, x = cohort(1, patients=100)
    fit = fit_cox(follow_up(data.time, data.event, np.arange(len(x))), x)
    found = fit.hazard_ratio(0)
    half = 1.959964 * np.sqrt(fit.model_covariance[0, 0])
    assert found.high == pytest.approx(np.exp(fit.coefficients[0] + half))
    assert found.method == "Cox (Efron)"


@pytest.mark.slow
def test_the_interval_keeps_its_level_in_a_few_patients_with_a_skewed_predictor():
    rng, covered, runs = np.random.default_rng(31), 0, 600
    for _ in range(runs):
        x, closing = rng.lognormal(0, 0.6, 31), rng.uniform(10, 60, 31)
        time = rng.exponential(30 * np.exp(-0.3 * x))
        data = follow_up(np.minimum(time, closing), time <= closing, np.arange(31))
        found = fit_cox(data, x).hazard_ratio(0)
        covered += found.low <= np.exp(0.3) <= found.high
    assert 0.925 <= covered / runs <= 0.975  # the sandwich over patients: 0.89


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: fit_cox(follow_up([1, 2, 3], [1, 1, 1], [1, 2, 3]), [3.0, 2.0, 1.0]), "no finite"),
        (lambda: fit_cox(follow_up([1, 2], [0, 0], [1, 2]), [1.0, 2.0]), "there is none"),
        (lambda: fit_cox(follow_up([1, 2], [1, 1], [1, 2]), [1.0]), "shape .2 units"),
        (
            lambda: fit_cox(follow_up([1, 2, 3], [1, 1, 1], [1, 2, 3]), [[1, 1], [2, 2], [0, 0]]),
            "no finite",
        ),
        (
            lambda: harrell_c(follow_up([1, 2], [0, 0], [1, 2]), [1, 2], direction="higher"),
            "no pair of units",
        ),
        (
            lambda: harrell_c(follow_up([1, 2], [1, 0], [1, 2]), [1], direction="higher"),
            "as many scores",
        ),
    ],
)
def test_what_cannot_be_fitted_gets_a_sentence(call, sentence):
    with pytest.raises(StatsError, match=sentence):
        call()
