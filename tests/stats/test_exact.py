import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodewise.errors import StatsError
from nodewise.stats import (
    binormal_fit,
    clopper_pearson,
    discordance,
    exact_mcnemar,
    hanley_mcneil_error,
    joint_equality,
    kendall,
    light,
    naive_auc,
    paired,
    positive_predictive_value,
    ratings,
    roc_curve,
    sign_flip,
)
from nodewise.stats.likelihood import NEGATIVE, POSITIVE
from nodewise.stats.ratio import ratio, sum_of, term

EDGES = [(0, 10), (1, 10), (5, 5), (10, 20), (81, 263), (263, 263), (15, 148), (148, 148)]


@pytest.mark.real_data
@pytest.mark.parametrize(("x", "n"), EDGES)
def test_clopper_and_pearsons_interval_agrees_with_r_at_edge_counts(case, x, n):
    found = clopper_pearson(x, n)
    assert [found.low, found.high] == case("binomial_intervals").near(f"x{x}_n{n}", "exact")


@given(st.integers(1, 80).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_misses_mirror_hits_exactly(counts):
    hits, units = counts
    found, mirror = clopper_pearson(hits, units), clopper_pearson(units - hits, units)
    assert (mirror.low, mirror.high) == pytest.approx((1 - found.high, 1 - found.low))


@pytest.mark.real_data
def test_mercaldos_predictive_values_agree_with_bdpv(case):
    published = case("binomial_intervals")
    test = np.repeat([1, 0, 1, 0], [92, 99, 119, 1036])
    truth = np.repeat([1, 1, 0, 0], [92, 99, 119, 1036])
    data = paired(test, truth, np.arange(len(test)))
    parts = [
        ratio(hit, among, data.clusters, small_sample=False)
        for hit, among in ((data.test, data.truth), (~data.test, ~data.truth))
    ]
    for prevalence in (0.1, 0.2, 0.3):
        name = f"ppv_npv_at_prevalence_{prevalence}"
        found = positive_predictive_value(test, truth, np.arange(len(test)), prevalence=prevalence)
        assert found.value == published.near(name, "PPV", "Estimate")
        for contrast, key, sign in ((POSITIVE, "PPV", 1), (NEGATIVE, "NPV", -1)):
            (one, scale), (two, scale_too) = contrast.of_sensitivity, contrast.of_specificity
            value, variance = sum_of(
                [(one, term(parts[0], scale)), (two, term(parts[1], scale_too))]
            )
            centre = sign * (np.log(prevalence / (1 - prevalence)) + value)
            ends = 1 / (1 + np.exp(-(centre + np.array([-1, 1]) * 1.959964 * np.sqrt(variance))))
            assert ends[0] == published.near(name, key, "Lower 97.5% limit")
            assert ends[1] == published.near(name, key, "Upper 97.5% limit")


@pytest.mark.real_data
def test_exact_and_joint_tests_agree_with_dtcompair(case):
    published = case("paired_dta_dtcompair")
    first, second, truth = (published.column(name) for name in ("y1", "y2", "d"))
    assert exact_mcnemar(78, 22).p == published.near("sesp_exactbinom", "sensitivity", "p.value")
    assert exact_mcnemar(53, 22).p == published.near("sesp_exactbinom", "specificity", "p.value")
    found = joint_equality(first, second, truth, np.arange(712))
    without_factor = found.statistic * 712 / 711
    assert without_factor == published.near("sesp_gen_mcnemar_global", "test.statistic")


def test_the_exact_test_counts_the_sign_flips_of_single_units():
    first, second = [1] * 8 + [0] * 3 + [1] * 4, [0] * 8 + [1] * 3 + [1] * 4
    flips = sign_flip(discordance(first, second, np.arange(15)))
    assert exact_mcnemar(8, 3).p == pytest.approx(flips.p)


@pytest.mark.real_data
def test_hanley_and_mcneils_error_and_curve_agree_with_their_paper(case):
    published = case("hanley_mcneil_1982")
    truth, rating = published.column("truth"), published.column("rating")
    found = naive_auc(rating, truth, direction="higher")
    assert found.value == published.near("auc")
    assert [found.low, found.high] == published.near("ci95_delong")
    expected = published.near("se_hanley_mcneil_exponential")
    assert hanley_mcneil_error(found.value, positives=51, negatives=58) == expected
    curve = roc_curve(rating, truth, np.arange(len(truth)), direction="higher")
    assert binormal_fit(curve).area == published.near("auc_binormal_pROC_smooth")


def test_normal_scores_have_their_own_binormal_curve():
    rng = np.random.default_rng(1)
    truth = np.repeat([0, 1], 4000)
    score = np.where(truth, 1.5 + 2 * rng.normal(size=8000), rng.normal(size=8000))
    curve = binormal_fit(roc_curve(score, truth, np.arange(8000), direction="higher"))
    assert (curve.a, curve.b) == pytest.approx((0.75, 0.5), abs=0.08)
    assert curve.sensitivity_at([0.5])[0] == pytest.approx(0.7734, abs=0.02)


def test_perfect_scores_have_no_binormal_curve():
    curve = roc_curve([1, 2, 3, 4], [0, 0, 1, 1], [1, 2, 3, 4], direction="higher")
    with pytest.raises(StatsError, match="fewer"):
        binormal_fit(curve)


@pytest.mark.real_data
def test_lights_kappa_and_kendalls_w_agree_with_irr(case):
    published = case("agreement_nominal_fleiss")
    rows = [[row[f"rater{k}"] for k in range(1, 7)] for row in published.rows]
    assert light(ratings(rows, np.arange(30))) == published.near("light_kappa", "kappa")
    published = case("agreement_ordinal_anxiety")
    rows = [[float(row[f"rater{k}"]) for k in range(1, 4)] for row in published.rows]
    found = kendall(ratings(rows, np.arange(20)))
    assert found.w == published.near("kendall_W", "W")
    assert found.test.statistic == published.near("kendall_W", "chisq")
    assert found.test.p == published.near("kendall_W", "p")


def test_scores_that_never_overlap_have_an_auc_of_exactly_1():
    score = np.concatenate([np.linspace(0, 0.4, 70_001), np.linspace(0.6, 1, 30_003)])
    assert naive_auc(score, score > 0.5, direction="higher").value == 1.0


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: clopper_pearson(3, 2), "cannot be"),
        (lambda: exact_mcnemar(0, 0), "agree on every unit"),
        (lambda: joint_equality([1, 0], [1, 0], [1, 0], [1, 2]), "agree on every unit"),
        (lambda: hanley_mcneil_error(1.0, positives=3, negatives=3), "between 0 and 1"),
        (lambda: kendall(ratings([[1, None], [2, 2]], [1, 2])), "some are missing"),
        (lambda: kendall(ratings([[1, 2], [1, 2]], [1, 2])), "one rating to all"),
    ],
)
def test_what_has_no_exact_answer_gets_a_sentence(call, sentence):
    with pytest.raises(StatsError, match=sentence):
        call()
