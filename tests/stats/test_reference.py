"""Entries of the published cases that no test of a single method has a place for."""

from itertools import combinations

import numpy as np
import pytest

from nodewise.stats import (
    agreement,
    auc,
    auc_covariance,
    best_cutoff,
    binormal_fit,
    brier_score,
    calibration_slope,
    counts,
    cusum_path,
    discordance,
    fit_logistic,
    follow_up,
    icc,
    joint_equality,
    krippendorff,
    mcnemar,
    measured,
    naive_auc,
    naive_auc_difference,
    paired_difference,
    proportional_hazards,
    ratings,
    readers_cases,
    resampled_auc,
    roc_curve,
    scored,
    survival_at,
    time_brier,
)
from nodewise.stats.auc import clustered_areas
from nodewise.stats.cusum import Cusum
from nodewise.stats.inputs import patients
from nodewise.stats.obuchowski_rockette import Components
from nodewise.stats.placement import placements
from nodewise.stats.resampling import patient_weights

pytestmark = pytest.mark.real_data


def rows_of(case, raters):
    return [[float(c) if (c := row[f"rater{k}"]) else None for k in raters] for row in case.rows]


@pytest.mark.parametrize("marker", ["s100b", "wfns", "ndka"])
def test_delongs_variance_is_that_of_proc(case, marker):
    asah = case("delong_asah")
    score, truth = asah.column(marker), asah.column("outcome") == 1
    placed = placements(score, truth)[None, :]
    found = clustered_areas(placed, truth, patients(np.arange(len(truth)), len(truth)))
    assert found.covariance[0, 0] == asah.near(f"var_delong_{marker}")


@pytest.mark.parametrize("scanner", ["microscope", "scanner.A"])
def test_patients_of_one_unit_have_delongs_variance_and_four_clusters_are_said_to_be_few(
    case, scanner
):
    mitosis = case("clustered_auc_mitosis")
    rows = [row for row in mitosis.rows if row["modalityID"] == scanner]
    score, truth = mitosis.column("score", rows), mitosis.column("truth", rows) == 1
    placed = placements(score, truth)[None, :]
    alone = clustered_areas(placed, truth, patients(np.arange(len(truth)), len(truth)))
    assert alone.values[0] == mitosis.near(f"naive_delong_{scanner}", "auc")
    assert alone.covariance[0, 0] == mitosis.near(f"naive_delong_{scanner}", "var")
    slides = mitosis.words("wsiName", rows)
    of_slides = clustered_areas(placed, truth, patients(slides, len(truth)))
    if scanner == "microscope":
        name = "auc_sumscore_microscope_cluster_wsiName"
        assert of_slides.covariance[0, 0] == mitosis.near(name, "auc.var")
    assert "4 patients are too few" in auc(score, truth, slides, direction="higher").caution


def test_calls_at_a_cut_off_count_as_in_proc(case):
    asah = case("delong_asah")
    found = counts(asah.column("s100b") >= 0.2, asah.column("outcome"))
    published = asah.value("at_threshold_0.2_s100b")
    assert [found.tp, found.fp, found.tn, found.fn] == [
        published[k] for k in ("tp", "fp", "tn", "fn")
    ]


def test_resampled_areas_spread_as_procs(case):
    asah = case("delong_asah")
    truth, units = asah.column("outcome"), np.arange(113)
    areas = [
        resampled_auc(
            scored(asah.column(marker), truth, units, direction="higher"),
            rng=np.random.default_rng(1),  # the same resamples for both
            resamples=10_000,
        )
        for marker in ("s100b", "wfns")
    ]
    ends = list(np.quantile(areas[0], [0.025, 0.975]))
    assert ends == asah.near("ci95_boot_auc_s100b")
    gap = asah.value("auc_s100b") - asah.value("auc_wfns")
    assert gap / np.std(areas[0] - areas[1], ddof=1) == asah.near("paired_boot_s100b_vs_wfns_D")


def test_hand_and_tills_area_is_the_mean_of_all_pairs_of_classes(case):
    asah = case("delong_asah")
    score, grade = asah.column("s100b"), asah.column("gos6")
    areas = []
    for low, high in combinations(np.unique(grade), 2):
        either = (grade == low) | (grade == high)
        area = naive_auc(score[either], grade[either] == high, direction="higher").value
        areas.append(max(area, 1 - area))
    assert np.mean(areas) == asah.near("multiclass_hand_till_gos6_s100b")


def test_the_error_of_hanley_and_mcneils_area_is_that_of_proc(case):
    published = case("hanley_mcneil_1982")
    found = naive_auc(published.column("rating"), published.column("truth"), direction="higher")
    assert (found.high - found.low) / 2 / 1.959963984540054 == published.near("se_delong")


def test_youdens_cut_off_is_that_of_optimalcutpoints(case):
    published = case("cutpoint_suicide")
    truth = published.column("y")
    score = published.column("score")
    best = best_cutoff(roc_curve(score, truth, np.arange(len(truth)), direction="higher"))
    assert best.value == published.near("OptimalCutpoints", "Youden", "cutoff")
    assert best.sensitivity == published.near("OptimalCutpoints", "Youden", "Se")
    assert best.specificity == published.near("OptimalCutpoints", "Youden", "Sp")


def test_one_reader_is_compared_and_judged_as_mrmcaov_does(case):
    published = case("mrmc_vandyke")
    scores = []
    for treatment in ("1", "2"):
        rows = [r for r in published.rows if (r["reader"], r["treatment"]) == ("1", treatment)]
        rows.sort(key=lambda row: int(row["case"]))
        scores.append(published.column("rating", rows))
        truth = published.column("truth", rows)
    one = naive_auc(scores[0], truth, direction="higher")
    assert one.value == published.near("stmc_reader1_trt1_DeLong", "empirical_auc")
    assert one.low == published.near("stmc_reader1_trt1_DeLong", "CI.Lower")
    assert one.high == published.near("stmc_reader1_trt1_DeLong", "CI.Upper")
    gap = naive_auc_difference(scores, truth, direction=["higher", "higher"])
    line = published.value("srmc_reader1_DeLong")["diffs"][0]
    found = gap.value, gap.low, gap.high, gap.test.statistic, gap.test.p
    wanted = [line[key] for key in ("estimate", "ci_lo", "ci_hi", "stat", "p")]
    assert found == pytest.approx(wanted, rel=published.entries["srmc_reader1_DeLong"]["tol"])


def test_paired_tables_tests_and_errors_are_those_of_dtcompair(case):
    published = case("paired_dta_dtcompair")
    first, second, truth = (published.column(name) == 1 for name in ("y1", "y2", "d"))
    for kind, among, accuracy in (
        ("diseased", truth, "sensitivity"),
        ("non.diseased", ~truth, "specificity"),
    ):
        n = int(among.sum())
        found = discordance(first[among], second[among], np.arange(n))
        table = published.value("tables")[kind]
        swap = 1 if kind == "diseased" else -1  # right calls of the healthy are negative
        cells = [part.sum() for part in (found.both, found.second, found.first, found.neither)]
        assert cells == [table["1"][0], table["1"][1], table["2"][0], table["2"][1]]
        test = mcnemar(found)
        assert test.statistic == published.near("sesp_mcnemar", accuracy, "test.statistic")
        assert test.p == published.near("sesp_mcnemar", accuracy, "p.value")
        gap = paired_difference(second[among], first[among], np.arange(n))
        assert swap * gap.value == published.near("sesp_diff_ci_wald", accuracy, "diff")
        large_sample = gap.error * np.sqrt((n - 1) / n)  # the peer divides by n, not n - 1
        assert large_sample == published.near("sesp_diff_ci_wald", accuracy, "diff.se")
        # Agresti and Min add half a unit to each of the four cells: here all doubled, one added
        more = [np.append(np.tile(call[among], 2), add) for call, add in zip(
            (second, first), ([1, 1, 0, 0], [1, 0, 1, 0]), strict=True)]  # fmt: skip
        wide = paired_difference(*more, np.arange(2 * n + 4))
        half = wide.error * np.sqrt(2 * (2 * n + 3) / (2 * n + 4))
        assert half == published.near("sesp_diff_ci_agresti_min", accuracy, "diff.se")
    assert joint_equality(first, second, truth, np.arange(712)).p < 1e-9  # and never 0


def test_kappas_of_ordered_ratings_are_those_of_irr(case):
    published = case("agreement_ordinal_anxiety")
    rated = ratings(rows_of(published, (1, 2)), np.arange(20), categories=range(1, 7))
    for weighting, name in (
        ("nominal", "unweighted"), ("linear", "linear"), ("quadratic", "quadratic"),
    ):  # fmt: skip
        found = agreement(rated, "kappa", weighting=weighting)
        assert found.value == published.near(f"kappa_r1r2_{name}", "kappa")


def errors_as_irrcac_writes_them(rated):
    """Irrcac's alpha and its error: the term for small samples is left out of the error."""
    counts = rated.counts[rated.counts.sum(axis=1) >= 2]
    size, n = counts.sum(axis=1), len(counts)
    mean, pooled = size.mean(), counts.sum(axis=0) / counts.sum()
    each = (counts * (counts - 1)).sum(axis=1) / (mean * (size - 1))
    extra, small = (size - mean) / mean, 1 / counts.sum()
    chance = np.sum(pooled**2)
    plain = (each.mean() - chance) / (1 - chance)
    alpha = plain + small * (1 - each.mean()) / (1 - chance)
    agreed = each - (each.mean() + small * (1 - each.mean())) * extra
    by_chance = counts / mean @ pooled - chance * extra
    gap = (agreed - chance - 2 * (1 - plain) * (by_chance - chance)) / (1 - chance) - plain
    return alpha, np.sqrt(np.sum(gap**2) / n / (n - 1))


@pytest.mark.parametrize(
    ("folder", "name", "apart"),
    [
        ("agreement_nominal_fleiss", "irrcac_krippendorff", 180 / 179),  # 180 ratings
        ("krippendorff_missing", "krippendorff_se", 40 / 39 * np.sqrt(11 / 10 * 11 / 12)),
    ],
)
def test_alphas_error_is_irrcacs_but_for_its_small_sample_term(case, folder, name, apart):
    published = case(folder)
    raters = [key for key in published.rows[0] if key.startswith("rater")]
    rows = [[row[key] or None for key in raters] for row in published.rows]
    rated = ratings(rows, np.arange(len(rows)))
    found = krippendorff(rated, "nominal")
    alpha, error = errors_as_irrcac_writes_them(rated)
    assert found.value == pytest.approx(alpha)
    assert found.value == published.near(name, "coeff")
    assert error == published.near(name, "se")
    assert found.error * apart == pytest.approx(error, rel=5e-4)


def test_irrs_two_forms_of_icc_are_ours(case):
    published = case("icc_shrout_fleiss")
    judges = [[float(cell) for cell in row.values()] for row in published.rows]
    for name, form in (("irr_icc_A1", "ICC(2,1)"), ("irr_icc_C1", "ICC(3,1)")):
        found = icc(measured(np.array(judges)[:, -4:], np.arange(6)), form)
        assert found.value == published.near(name, "icc")
        assert found.low == published.near(name, "ci_lo")
        assert found.high == published.near(name, "ci_hi")


def test_the_cusum_package_walks_the_same_path(case):
    published = case("lc_cusum")
    plan = Cusum(null=0.4, alternative=0.2, limit=2)
    found = cusum_path(published.column("failure"), plan)
    assert found.score == pytest.approx(published.value("cusum_package_abs_score"))


def test_the_log_interval_of_r_follows_from_our_value_and_error(case):
    published = case("survival_veteran")
    time = published.column("time")
    data = follow_up(time, published.column("status"), np.arange(len(time)))
    for k, at in enumerate((30, 90, 180, 365)):
        found = survival_at(data, at)
        half = np.exp(1.959963984540054 * found.error / found.value)
        assert found.value / half == published.near("km_log_ci", "lo", k)
        assert found.value * half == published.near("km_log_ci", "hi", k)


def test_hazards_are_held_to_proportion_as_cox_zph_holds_them(case):
    published = case("survival_veteran")
    time = published.column("time")
    data = follow_up(time, published.column("status"), np.arange(len(time)))
    x = np.stack([published.column(key) for key in ("karno", "age", "trt", "prior")], axis=1)
    found = proportional_hazards(data, x)
    for k, test in enumerate(found):
        assert test.statistic == published.near("cox_zph", "chisq", k)
        assert test.p == published.near("cox_zph", "p", k)


@pytest.mark.slow
def test_the_optimism_of_a_model_by_resampling_patients_is_that_of_rms(case):
    published = case("validation_dca")
    x = np.stack([published.column(k) for k in ("age", "famhistory", "marker")], axis=1)
    truth, units = published.column("cancer") == 1, np.arange(len(x))

    def indices(fit, part):
        p, is_so, who = fit.probability(x[part]), truth[part], np.arange(len(part))
        area = naive_auc(p, is_so, direction="higher").value
        slope = calibration_slope(p, is_so, who).value
        return np.array([2 * area - 1, slope, brier_score(p, is_so, who).value])

    plain = indices(fit_logistic(x, truth, units), units)
    gaps, clusters = [], patients(units, len(units))
    for weights in patient_weights(clusters, truth, rng=np.random.default_rng(1), resamples=300):
        for weight in weights:
            drawn = np.repeat(units, weight.astype(int))
            fit = fit_logistic(x[drawn], truth[drawn], np.arange(len(drawn)))
            gaps.append(indices(fit, drawn) - indices(fit, units))
    expected = published.value("validate_bootstrap_500_seed1")
    for name, found in zip(("Dxy", "Slope", "B"), plain - np.mean(gaps, axis=0), strict=True):
        corrected = expected["corrected"][expected["rows"].index(name)]
        tolerance = published.entries["validate_bootstrap_500_seed1"]["tol"]
        assert found == pytest.approx(corrected, rel=tolerance), name


def test_integrated_brier_scores_are_steps_between_our_times(case):
    published = case("time_dependent_auc_pbc")
    time = published.column("time")
    data = follow_up(time, published.column("ev"), np.arange(len(time)))
    times = np.array([730, 1825, 2920])
    alive = [1 - survival_at(data, at).value for at in times]
    brier = [time_brier(data, np.full(len(time), p), at).value
             for at, p in zip(times, alive, strict=True)]  # fmt: skip
    for k in range(3):
        steps = np.sum(np.diff(times[: k + 1]) * brier[:k]) / times[k]
        assert steps == published.near("score_brier_null", "IBS", k)


def test_as_many_patients_are_needed_as_rjafroc_says(case):
    parts = case("mrmc_vandyke").value("auc_random_readers_random_cases_jackknife")["varcomps"]
    names = ("reader", "treatment:reader", "Error", "Cov1", "Cov2", "Cov3")
    ours = ("reader", "test_by_reader", "error", "same_reader", "same_test", "neither")
    known = dict(zip(ours, (parts[name] for name in names), strict=True))
    pilot = Components(tests=0.0, interaction=0.0, **known)
    found = readers_cases(pilot, 0.05, readers=6, pilot_cases=114)
    assert found == case("mrmc_sizing").value("K_given_J6_es.05_power.8")["KRRRC"]


@pytest.mark.parametrize("marker", ["s100b", "wfns", "ndka"])
def test_the_variance_of_a_planned_area_follows_from_our_binormal_fit(case, marker):
    asah = case("delong_asah")
    score, truth = asah.column(marker), asah.column("outcome")
    # the peer's line runs through specificity on sensitivity: ours with the classes swapped
    fit = binormal_fit(roc_curve(score, 1 - truth, np.arange(113), direction="lower"))
    a, b, cases, controls = fit.a, fit.b, 41, 72
    by_a = np.exp(-(a**2) / 2 / (1 + b**2)) / np.sqrt(2 * np.pi * (1 + b**2))
    by_b = -a * b / (1 + b**2) * by_a
    found = (
        by_a**2 * (1 + b**2 * cases / controls + a**2 / 2)
        + by_b**2 * b**2 * (1 + cases / controls) / 2
    )
    assert found / cases == asah.near(f"var_obuchowski_binormal_{marker}")


def test_two_curves_are_planned_as_proc_plans_them_from_our_covariance(case):
    asah = case("delong_asah")
    areas = auc_covariance(
        [asah.column("s100b"), asah.column("wfns")],
        asah.column("outcome"),
        np.arange(113),
        direction=["higher", "higher"],
    )
    (first, both), (_, second) = areas.covariance * 41  # per case
    alike, apart = 2 * (first - both), first + second - 2 * both
    total = 1.959963984540054 * np.sqrt(alike) + 1.2815515655446004 * np.sqrt(apart)
    cases = (total / (areas.values[0] - areas.values[1])) ** 2
    assert cases == asah.near("n_two_rocs_s100b_wfns_power.9", "ncases")
    assert cases * 72 / 41 == asah.near("n_two_rocs_s100b_wfns_power.9", "ncontrols")
