"""Three tests or more of which some readers lack some."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import f_oneway

from nodewise.errors import StatsError
from nodewise.stats import (
    ReaderFigures,
    fixed_cases,
    obuchowski_rockette,
    reader_auc,
    reader_study,
)
from nodewise.stats.unequal_readers import effects, equality

MISSING = {
    "one cell": (4, ["1111", "1111", "0111"]),
    "two tests each": (6, ["100110", "110011", "011101"]),
    "a test by two readers": (6, ["111110", "111111", "111111", "000011"]),
    "other readers of the third": (6, ["111000", "111000", "000111"]),
    "nested": (12, ["1" * 3 + "0" * 9, "000" + "1" * 5 + "0000", "0" * 8 + "1111"]),
}
"""Number of readers, and who used which test."""


def cells(words):
    return np.array([[letter == "1" for letter in word] for word in words])


def drawn(rng, there, *, apart=1.0, alike=1.0, shared=0.3, gain=0.0):
    """Accuracies of the model itself, with the covariances that belong to them, on their scale."""
    tests, readers = there.shape
    values = rng.normal(scale=apart**0.5, size=there.shape)
    values += rng.normal(scale=alike**0.5, size=readers)
    values += rng.normal(scale=shared**0.5, size=(tests, 1)) + gain * np.arange(tests)[:, None]
    covariance = np.einsum("ij,kl->ikjl", np.eye(tests), np.full((readers, readers), shared))
    values[~there] = np.nan
    covariance[~there] = np.nan
    covariance[:, :, ~there] = np.nan
    return ReaderFigures(
        name="AUC", values=values, covariance=covariance, method="model", units=90, clusters=60
    )


@settings(max_examples=20)
@given(seed=st.integers(0, 10**6), shared=st.sampled_from([0.0, 0.2, 2.0]))
def test_with_every_cell_the_model_is_hillis(seed, shared):
    figures = drawn(np.random.default_rng(seed), np.ones((3, 5), bool), shared=shared)
    whole = obuchowski_rockette(figures)
    found = effects(figures, shared=shared)
    statistic, df = equality(found)
    assert statistic == pytest.approx(whole.test.statistic)
    assert df == pytest.approx(whole.test.df)
    contrast = np.array([1.0, -1.0, 0.0])
    gap = whole.differences[0]
    assert contrast @ found.values == pytest.approx(gap.value)
    assert found.variance(contrast) == pytest.approx(gap.error**2)
    assert found.df(contrast) == pytest.approx(gap.error_df)


def test_readers_of_one_test_each_on_given_patients_are_a_one_way_analysis_of_variance():
    """Unequal groups: SciPy's F of readers' accuracies."""
    figures = drawn(np.random.default_rng(3), cells(MISSING["nested"][1]))
    found = fixed_cases(figures).test
    expected = f_oneway(*(row[~np.isnan(row)] for row in figures.values))
    assert found.statistic == pytest.approx(expected.statistic)
    assert found.p == pytest.approx(expected.pvalue)
    assert found.df == pytest.approx((2, 9))


def test_equally_many_readers_of_one_test_each_are_hillis_of_2014():
    """F = MS(T) / [MS(R(T)) + r (Cov2 - Cov3)]."""
    figures = drawn(np.random.default_rng(4), cells(["111000000", "000111000", "000000111"]))
    found = obuchowski_rockette(figures).test
    values = figures.values[figures.there].reshape(3, 3)
    within, shared = values.var(axis=1, ddof=1).mean(), 3 * 0.3
    assert found.statistic == pytest.approx(
        3 * values.mean(axis=1).var(ddof=1) / (within + shared), rel=1e-9
    )
    assert found.df == pytest.approx((2, 6 * (1 + shared / within) ** 2))


@settings(max_examples=10)
@given(seed=st.integers(0, 10**6), which=st.sampled_from(sorted(MISSING)))
def test_the_order_of_tests_and_readers_is_of_no_account(seed, which):
    rng = np.random.default_rng(seed)
    figures = drawn(rng, cells(MISSING[which][1]))
    tests, readers = (rng.permutation(count) for count in figures.values.shape)
    turned = replace(
        figures,
        values=figures.values[tests][:, readers],
        covariance=figures.covariance[tests][:, readers][:, :, tests][:, :, :, readers],
    )
    one, other = (obuchowski_rockette(each).test for each in (figures, turned))
    assert (one.statistic, *one.df) == pytest.approx((other.statistic, *other.df))


def test_a_weak_reader_who_lacks_a_test_does_not_make_it_look_better():
    """Means of tests differ by who used them; the test of all and the differences do not."""
    skill = np.array([0.9, 0.9, 0.9, 0.9, 0.5])
    values = skill + 0.01 * np.random.default_rng(5).normal(size=(3, 5))
    values[2, 4] = np.nan
    figures = drawn(np.random.default_rng(5), ~np.isnan(values), shared=0.0)
    found = obuchowski_rockette(replace(figures, values=values))
    assert found.means[2].value - found.means[0].value > 0.05
    assert abs(found.differences[1].value) < 0.03
    assert found.test.p > 0.05


@pytest.mark.parametrize("words", [["1100", "0110", "0011"], ["110000", "011000", "001111"]])
def test_cells_that_leave_nothing_over_are_refused_with_what_is_needed(words):
    figures = drawn(np.random.default_rng(6), cells(words))
    with pytest.raises(StatsError, match="more readers are needed who used the same two tests"):
        obuchowski_rockette(figures)


def test_readers_who_all_agree_on_given_patients_are_refused():
    figures = drawn(np.random.default_rng(7), cells(MISSING["one cell"][1]))
    values = np.where(figures.there, 0.9, np.nan)
    with pytest.raises(StatsError, match="show no variance"):
        fixed_cases(replace(figures, values=values))


@pytest.mark.slow
@pytest.mark.parametrize("alike", [0.2, 1.0, 4.0])
@pytest.mark.parametrize("words", [words for _, words in MISSING.values()], ids=MISSING)
def test_size_and_coverage_are_kept_where_the_model_holds(words, alike):
    """Readers of few tests are few indeed: sizes to 7 % are seen, as of 2007 with every cell."""
    rng, runs = np.random.default_rng(8), 2000
    there = cells(words)
    rejected = held = 0
    for _ in range(runs):
        found = obuchowski_rockette(drawn(rng, there, alike=alike))
        rejected += found.test.p < 0.05
        held += found.differences[0].low <= 0 <= found.differences[0].high
    assert 0.03 < rejected / runs < 0.075
    assert 0.925 < held / runs < 0.97


def read(seed, there, *, spread=0.4):
    """Scores of 40 patients' nodes by random readers; tests are alike, readers are not."""
    rng = np.random.default_rng(seed)
    patient = np.repeat(np.arange(40), 3)
    truth = rng.random(len(patient)) < 0.4
    shape = (*there.shape, len(patient))
    skill = 1.2 + rng.normal(scale=spread, size=there.shape[1])[None, :, None]
    skill = skill + rng.normal(scale=0.2, size=there.shape)[:, :, None]
    seen = 0.7 * rng.normal(size=40)[patient] + 0.5 * rng.normal(size=(len(there), 1, len(patient)))
    scores = skill * truth + seen + rng.normal(size=shape)
    scores[~there] = np.nan
    return reader_study(scores, truth, patient, direction="higher")


@pytest.mark.slow
@pytest.mark.parametrize(
    "words", [MISSING[name][1] for name in ("one cell", "two tests each", "nested")]
)
def test_size_and_coverage_are_kept_with_patients_and_their_nodes(words):
    runs, rejected, held = 400, 0, 0
    for seed in range(runs):
        found = obuchowski_rockette(reader_auc(read(seed, cells(words))))
        rejected += found.test.p < 0.05
        held += found.differences[0].low <= 0 <= found.differences[0].high
    assert rejected / runs < 0.085
    assert held / runs > 0.92
