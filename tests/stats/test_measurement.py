import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodewise.errors import StatsError
from nodewise.stats import (
    Icc,
    icc,
    limits_of_agreement,
    measured,
    repeatability_coefficient,
    within_cv,
    within_sd,
)


def replicates(seed, *, patients=20, units=3, times=2):
    rng = np.random.default_rng(seed)
    patient = np.repeat(np.arange(patients), units)
    unit = rng.normal(size=patients)[patient] + rng.normal(size=len(patient))
    return 10 + unit[:, None] + 0.5 * rng.normal(size=(len(patient), times)), patient


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("form", "name"),
    list(zip(Icc, ["ICC1", "ICC2", "ICC3", "ICC1k", "ICC2k", "ICC3k"], strict=True)),
)
def test_the_six_forms_agree_with_psych(case, form, name):
    published = case("icc_shrout_fleiss")
    table = np.stack([published.column(f"J{k}") for k in range(1, 5)], axis=1)
    found = icc(measured(table, np.arange(6)), form)
    assert found.value == published.near(name, "icc")
    assert found.low == published.near(name, "ci_lo")
    assert found.high == published.near(name, "ci_hi")


def test_raters_who_differ_by_a_constant_are_consistent_and_do_not_agree():
    values, patient = replicates(1)
    shifted = np.stack([values[:, 0], values[:, 0] + 3], axis=1)
    data = measured(shifted, patient)
    assert icc(data, "ICC(3,1)").value == pytest.approx(1)
    assert icc(data, "ICC(2,1)").value < 0.7


@pytest.mark.parametrize("form", list(Icc))
@given(seed=st.integers(0, 500), scale=st.floats(0.1, 10), shift=st.floats(-5, 5))
def test_units_of_measurement_change_no_intraclass_correlation(form, seed, scale, shift):
    values, patient = replicates(seed)
    found = icc(measured(values, patient), form)
    other = icc(measured(scale * values + shift, patient), form)
    assert (other.value, other.low) == pytest.approx((found.value, found.low))


def test_clustered_units_widen_the_interval():
    rng = np.random.default_rng(2)
    patient = np.repeat(np.arange(20), 4)
    blur = np.exp(rng.normal(size=20))[patient]
    values = rng.normal(size=80)[:, None] + blur[:, None] * rng.normal(size=(80, 2))
    clustered = icc(measured(values, patient), "ICC(1,1)")
    single = icc(measured(values, np.arange(80)), "ICC(1,1)")
    assert clustered.high - clustered.low > single.high - single.low


def test_repeatability_is_2_77_times_the_within_sd():
    data = measured(*replicates(3))
    ratio = repeatability_coefficient(data).value / within_sd(data).value
    assert ratio == pytest.approx(1.96 * np.sqrt(2))


def test_the_within_sd_of_pairs_is_the_root_mean_square_of_half_differences():
    values, patient = replicates(4)
    expected = np.sqrt(np.mean((values[:, 0] - values[:, 1]) ** 2) / 2)
    assert within_sd(measured(values, patient)).value == pytest.approx(expected)


@given(seed=st.integers(0, 500), scale=st.floats(0.1, 10))
def test_the_coefficient_of_variation_knows_no_unit(seed, scale):
    values, patient = replicates(seed)
    assert within_cv(measured(values * scale, patient)).value == pytest.approx(
        within_cv(measured(values, patient)).value
    )


def test_limits_of_agreement_of_single_units_are_bland_and_altmans():
    values, _ = replicates(5, patients=60, units=1)
    found = limits_of_agreement(values[:, 0], values[:, 1], np.arange(60))
    gap = values[:, 0] - values[:, 1]
    assert found.bias.value == pytest.approx(gap.mean())
    assert found.high.value == pytest.approx(gap.mean() + 1.96 * gap.std(ddof=1))
    assert found.low.value == pytest.approx(gap.mean() - 1.96 * gap.std(ddof=1))


def test_several_units_a_patient_widen_the_limits_by_what_patients_share():
    rng = np.random.default_rng(6)
    patient = np.repeat(np.arange(200), 4)
    gap = rng.normal(size=200)[patient] + rng.normal(size=800)
    found = limits_of_agreement(gap, np.zeros(800), patient)
    assert found.total == pytest.approx(np.sqrt(2), rel=0.08)
    assert found.within == pytest.approx(1, rel=0.08)


def test_swapping_the_methods_mirrors_the_limits():
    values, patient = replicates(7)
    found = limits_of_agreement(values[:, 0], values[:, 1], patient)
    swapped = limits_of_agreement(values[:, 1], values[:, 0], patient)
    assert (swapped.low.low, swapped.low.high) == pytest.approx((-found.high.high, -found.high.low))


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: measured([[1], [2]], [1, 2]), "2 or more"),
        (lambda: measured([[1, 2], [np.nan, 2]], [1, 2]), "1 of 2 units lack"),
        (lambda: icc(measured([[1, 1], [1, 1]], [1, 2]), "ICC(2,1)"), "all measurements are equal"),
        (lambda: within_sd(measured([[1, 1], [2, 2]], [1, 2])), "measurements are equal"),
        (lambda: within_cv(measured([[-1, 1], [2, 3]], [1, 2])), "positive mean"),
        (lambda: limits_of_agreement([1, 2], [1, 3], [1, 1]), "2 patients or more"),
    ],
)
def test_bad_measurements_get_a_sentence(call, sentence):
    with pytest.raises(StatsError, match=sentence):
        call()


@pytest.mark.slow
def test_limits_and_repeatability_cover_what_they_should():
    rng = np.random.default_rng(8)
    true = 1 + 1.96 * np.sqrt(1.25) * np.array([-1, 1])
    covered, runs = np.zeros(3), 1000
    for _ in range(runs):
        patient = np.repeat(np.arange(30), 3)
        gap = 1 + 0.5 * rng.normal(size=30)[patient] + rng.normal(size=90)
        found = limits_of_agreement(gap, np.zeros(90), patient)
        twice = measured(rng.normal(size=(90, 2)), patient)
        coefficient = repeatability_coefficient(twice)
        covered += [
            found.low.low <= true[0] <= found.low.high,
            found.high.low <= true[1] <= found.high.high,
            coefficient.low <= 1.96 * np.sqrt(2) <= coefficient.high,
        ]
    assert np.all((covered / runs > 0.92) & (covered / runs < 0.98))
