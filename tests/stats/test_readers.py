import numpy as np
import pytest

from nodewise.errors import StatsError
from nodewise.stats import (
    auc_sums,
    empirical_auc,
    fixed_cases,
    fixed_readers,
    naive_auc,
    negative_predictive_value,
    obuchowski_rockette,
    partial_area,
    positive_predictive_value,
    reader_auc,
    reader_differences,
    reader_jackknife,
    reader_negative_predictive_value,
    reader_positive_predictive_value,
    reader_sensitivity,
    reader_specificity,
    reader_study,
    roc_curve,
    sensitivity,
    u_auc,
    u_sensitivity,
    u_specificity,
    unbiased_figures,
)
from nodewise.stats.reader_u_statistics import disjoint


def readers(seed, *, patients=20, units=3, count=4, tests=2):
    """A study with readers who differ and patients whose nodes are alike."""
    rng = np.random.default_rng(seed)
    patient = np.repeat(np.arange(patients), units)
    truth = rng.random(len(patient)) < 0.4
    common = rng.normal(size=patients)[patient] * 0.6
    skill = rng.normal(1.2, 0.2, size=(tests, count))
    noise = rng.normal(size=(tests, count, len(patient)))
    return skill[:, :, None] * truth + common + noise, truth, patient


@pytest.fixture
def van_dyke(case):
    published = case("mrmc_vandyke")
    place = [published.column(name).astype(int) - 1 for name in ("treatment", "reader", "case")]
    scores, truth = np.full((2, 5, 114), np.nan), np.zeros(114)
    scores[tuple(place)] = published.column("rating")
    truth[place[2]] = published.column("truth")
    return published, scores, truth


def close(found, published, name):
    """Compare an analysis with a published one, part by part."""
    expected, tolerance = published.value(name), published.entries[name]["tol"]
    test = expected["F_test"]
    statistic = test.get("F", test.get("X2"))
    assert found.test.statistic == pytest.approx(statistic, rel=tolerance)
    assert found.test.p == pytest.approx(test["p-value"], rel=tolerance)
    for estimate, line in zip(found.means, expected["means"], strict=True):
        assert estimate.value == pytest.approx(line["estimate"], rel=tolerance)
        assert estimate.error == pytest.approx(line["se"], rel=tolerance)
        assert estimate.low == pytest.approx(line["ci_lo"], rel=tolerance)
        assert estimate.high == pytest.approx(line["ci_hi"], rel=tolerance)
    line = expected["diffs"][0]
    assert found.differences[0].error == pytest.approx(line["se"], rel=tolerance)
    assert found.differences[0].low == pytest.approx(line["ci_lo"], rel=tolerance)
    assert found.differences[0].test.p == pytest.approx(line["p"], rel=tolerance)


def same_components(found, published, name):
    expected, tolerance = published.value(name)["varcomps"], published.entries[name]["tol"]
    parts = found.components
    ours = [parts.reader, parts.test_by_reader, parts.error]
    ours += [parts.same_reader, parts.same_test, parts.neither]
    names = ["reader", "treatment:reader", "Error", "Cov1", "Cov2", "Cov3"]
    assert ours == pytest.approx([expected[name] for name in names], rel=tolerance, abs=1e-12)


@pytest.mark.real_data
def test_every_cell_has_the_published_auc(van_dyke):
    published, scores, truth = van_dyke
    figures = reader_auc(reader_study(scores, truth, np.arange(114), direction="higher"))
    for line in published.value("reader_auc"):
        cell = int(line["treatment"]) - 1, int(line["reader"]) - 1
        assert figures.values[cell] == pytest.approx(line["auc"], rel=1e-8)


@pytest.mark.real_data
@pytest.mark.parametrize("kind", ["DeLong", "jackknife", "unbiased"])
def test_obuchowski_rockette_agrees_with_mrmcaov(van_dyke, kind):
    published, scores, truth = van_dyke
    study = reader_study(scores, truth, np.arange(114), direction="higher")
    figures = {
        "DeLong": lambda: reader_auc(study),
        "jackknife": lambda: reader_jackknife(study, empirical_auc, name="AUC"),
        "unbiased": lambda: unbiased_figures(study, auc_sums(study)),
    }[kind]()
    random, fixed = obuchowski_rockette(figures), fixed_readers(figures)
    close(random, published, f"auc_random_readers_random_cases_{kind}")
    same_components(random, published, f"auc_random_readers_random_cases_{kind}")
    close(fixed, published, f"auc_fixed_readers_random_cases_{kind}")
    close(fixed_cases(figures), published, "auc_random_readers_fixed_cases")


@pytest.mark.real_data
def test_the_difference_of_each_reader_agrees_with_mrmcaov(van_dyke):
    published, scores, truth = van_dyke
    figures = reader_auc(reader_study(scores, truth, np.arange(114), direction="higher"))
    found = reader_differences(figures, 0, 1)
    for line in published.value("auc_fixed_readers_random_cases_DeLong")["reader_diffs"]:
        ours = found[int(line["Reader"]) - 1]
        assert ours.value == pytest.approx(line["Estimate"], rel=1e-7)
        assert ours.error == pytest.approx(line["StdErr"], rel=1e-7)


@pytest.mark.real_data
def test_binary_and_partial_accuracies_agree_with_mrmcaov(van_dyke):
    published, scores, truth = van_dyke
    patient = np.arange(114)
    calls = reader_study(scores >= 3, truth, patient, direction="higher")
    study = reader_study(scores, truth, patient, direction="higher")

    def partial(score, is_so):
        units = np.arange(len(score))
        return partial_area(roc_curve(score, is_so, units, direction="higher"), low=0.8)

    is_so = truth == 1
    found = {
        "binary_sens_rating>=3_jackknife": (calls, lambda s, t: s[t].mean(), is_so),
        "binary_spec_rating>=3_jackknife": (calls, lambda s, t: 1 - s[~t].mean(), ~is_so),
        "partial_auc_spec_0.8_1_jackknife": (study, partial, None),
    }
    for name, (data, figure, among) in found.items():
        analysis = obuchowski_rockette(reader_jackknife(data, figure, name=name, among=among))
        close(analysis, published, name)
        same_components(analysis, published, name)


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("design_cases_nested_in_readers_jackknife", "case2"),
        ("design_cases_nested_in_treatments_jackknife", "case3"),
    ],
)
def test_split_plot_designs_agree_with_mrmcaov(van_dyke, name, part):
    published, _, _ = van_dyke
    labels, unit = np.unique(published.words(part), return_inverse=True)
    test, reader = (published.column(c).astype(int) - 1 for c in ("treatment", "reader"))
    scores, truth = np.full((2, 5, len(labels)), np.nan), np.zeros(len(labels))
    scores[test, reader, unit] = published.column("rating")
    truth[unit] = published.column("truth")
    study = reader_study(scores, truth, np.arange(len(labels)), direction="higher")
    found = obuchowski_rockette(reader_jackknife(study, empirical_auc, name="AUC"))
    expected = published.value(name)["varcomps"]
    assert found.components.error == pytest.approx(expected["Error"], rel=1e-6)
    for ours, key in (("same_reader", "Cov1"), ("same_test", "Cov2"), ("neither", "Cov3")):
        assert getattr(found.components, ours) == pytest.approx(expected[key], rel=1e-6, abs=2e-6)


@pytest.mark.real_data
def test_u_statistics_agree_with_imrmc(case):
    published = case("imrmc_example")
    key = [row for row in published.rows if row["readerID"] == "truth"]
    cases = {row["caseID"]: number for number, row in enumerate(key)}
    truth = published.column("score", key)
    scores = np.full((2, 5, len(cases)), np.nan)
    for row in published.rows:
        if row["readerID"] != "truth":
            test, reader = "AB".index(row["modalityID"][-1]), int(row["readerID"][-1]) - 1
            scores[test, reader, cases[row["caseID"]]] = float(row["score"])
    found = u_auc(reader_study(scores, truth, np.arange(len(truth)), direction="higher"))
    first, second, both = published.value("auc_ustat")
    for estimate, line in zip(found.means, (first, second), strict=True):
        assert estimate.value == pytest.approx(line["AUC.1"], rel=1e-9)
        assert estimate.error**2 == pytest.approx(line["covAUC"], rel=1e-9)
        assert estimate.error_df == pytest.approx(line["dfBDG"], rel=1e-9)
    assert found.covariance[0, 1] == pytest.approx(both["covAUC"], rel=1e-9)
    assert found.differences[0].value == pytest.approx(both["AUC1minusAUC2"], rel=1e-9)
    assert found.differences[0].error ** 2 == pytest.approx(both["varAUC1minusAUC2"], rel=1e-9)
    assert found.differences[0].error_df == pytest.approx(both["dfBDG.diff"], rel=1e-9)


def test_cells_hold_the_auc_and_the_sensitivity_of_their_reader():
    scores, truth, patient = readers(1)
    figures = reader_auc(reader_study(scores, truth, patient, direction="higher"))
    expected = naive_auc(scores[1, 2], truth, direction="higher").value
    assert figures.values[1, 2] == pytest.approx(expected)
    calls = reader_study(scores > 0.5, truth, patient, direction="higher")
    expected = sensitivity(scores[1, 2] > 0.5, truth, patient).value
    assert reader_sensitivity(calls).values[1, 2] == pytest.approx(expected)


def test_a_lower_score_may_speak_for_disease():
    scores, truth, patient = readers(2)
    up = reader_auc(reader_study(scores, truth, patient, direction="higher"))
    down = reader_auc(reader_study(-scores, truth, patient, direction="lower"))
    assert up.values == pytest.approx(down.values)
    assert up.covariance == pytest.approx(down.covariance)


OF_CALLS = (
    reader_sensitivity, reader_specificity,
    reader_positive_predictive_value, reader_negative_predictive_value,
)  # fmt: skip


@pytest.mark.parametrize("figure", [reader_auc, *OF_CALLS])
def test_repeating_every_node_changes_no_covariance(figure):
    scores, truth, patient = readers(3)
    scores = scores if figure is reader_auc else scores > 0.5
    once = figure(reader_study(scores, truth, patient, direction="higher"))
    twice = figure(
        reader_study(np.tile(scores, 2), np.tile(truth, 2), np.tile(patient, 2), direction="higher")
    )
    assert once.covariance == pytest.approx(twice.covariance)


def test_clustered_covariances_are_near_the_jackknife_of_patients():
    scores, truth, patient = readers(4, patients=60)
    study = reader_study(scores, truth, patient, direction="higher")
    one, two = reader_auc(study), reader_jackknife(study, empirical_auc, name="AUC")
    assert np.trace(one.covariance[0, :, 0]) == pytest.approx(
        np.trace(two.covariance[0, :, 0]), rel=0.05
    )


@pytest.mark.parametrize("positive", [True, False])
def test_predictive_values_are_those_of_each_reader_with_the_jackknife_s_errors(positive):
    scores, truth, patient = readers(4, patients=60)
    calls = reader_study(scores > 0.5, truth, patient, direction="higher")
    one = (reader_positive_predictive_value if positive else reader_negative_predictive_value)(
        calls
    )
    single = positive_predictive_value if positive else negative_predictive_value
    assert one.values[1, 2] == pytest.approx(single(scores[1, 2] > 0.5, truth, patient).value)

    def share(called, is_so):
        return (is_so == positive)[called == positive].mean()

    two = reader_jackknife(calls, share, name="predictive value")
    assert np.diag(one.covariance[0, :, 0]) == pytest.approx(
        np.diag(two.covariance[0, :, 0]), rel=0.1
    )
    assert one.covariance[0, 0, 1, 1] == pytest.approx(two.covariance[0, 0, 1, 1], rel=0.25)


def test_a_reader_who_never_calls_positive_has_no_predictive_value():
    scores, truth, patient = readers(4)
    calls = np.where(np.arange(scores.shape[1])[:, None] == 1, 0.0, scores > 0.5)
    study = reader_study(calls, truth, patient, direction="higher")
    with pytest.raises(StatsError, match="reader 2 calls no unit positive with test 1"):
        reader_positive_predictive_value(study)


@pytest.mark.parametrize("analysis", ["Obuchowski-Rockette", "U-statistics"])
def test_patients_are_those_whose_units_the_accuracy_is_of(analysis):
    scores, truth, patient = readers(5)
    read = (scores > 0.5).astype(float)
    read[:, :, patient == patient[truth][0]] = np.nan
    study = reader_study(read, truth, patient, direction="higher")
    for positive, ours, theirs in (
        (True, reader_sensitivity, u_sensitivity), (False, reader_specificity, u_specificity)
    ):  # fmt: skip
        there = (truth == positive) & ~np.isnan(read[0, 0])
        found = obuchowski_rockette(ours(study)) if "Ob" in analysis else theirs(study)
        mean = found.means[0]
        assert (mean.denominator, mean.clusters) == (there.sum(), len(np.unique(patient[there])))


@pytest.mark.parametrize("analysis", [u_auc, u_sensitivity, u_specificity])
def test_swapping_the_tests_mirrors_the_difference(analysis):
    scores, truth, patient = readers(5)
    scores = scores if analysis is u_auc else scores > 0.5
    found = analysis(reader_study(scores, truth, patient, direction="higher"))
    swapped = analysis(reader_study(scores[::-1], truth, patient, direction="higher"))
    assert found.differences[0].low == pytest.approx(-swapped.differences[0].high)
    assert found.differences[0].value == pytest.approx(found.means[0].value - found.means[1].value)


def test_products_of_entries_that_share_a_patient_are_left_out():
    rng = np.random.default_rng(1)
    first, second = rng.random((2, 5, 5))
    written_out = sum(
        first[a, b] * second[c, d]
        for a in range(5)
        for b in range(5)
        for c in range(5)
        for d in range(5)
        if not {a, b} & {c, d}
    )
    assert disjoint(first, second) == pytest.approx(written_out)


def test_units_that_were_not_read_are_left_out_of_their_cell_only():
    scores, truth, patient = readers(6)
    scores[0, 1, :9] = np.nan
    figures = reader_auc(reader_study(scores, truth, patient, direction="higher"))
    expected = naive_auc(scores[0, 1, 9:], truth[9:], direction="higher").value
    assert figures.values[0, 1] == pytest.approx(expected)
    assert np.all(np.isfinite(figures.covariance))
    assert obuchowski_rockette(figures).differences[0].error > 0


def test_a_cell_without_one_class_is_refused_by_its_number():
    scores, truth, patient = readers(7)
    scores[1, 2, truth] = np.nan
    with pytest.raises(StatsError, match="reader 3 read no unit of one class with test 2"):
        reader_study(scores, truth, patient, direction="higher")


def test_one_reader_cannot_stand_for_others_but_can_be_fixed():
    scores, truth, patient = readers(8, count=1)
    study = reader_study(scores, truth, patient, direction="higher")
    figures = reader_auc(study)
    with pytest.raises(StatsError, match="2 or more; there is 1"):
        obuchowski_rockette(figures)
    with pytest.raises(StatsError, match="2 or more; there is 1"):
        u_auc(study)
    assert fixed_readers(figures).differences[0].low is not None


def test_a_single_test_has_means_and_no_test_of_equality():
    scores, truth, patient = readers(9, tests=1)
    found = obuchowski_rockette(
        reader_auc(reader_study(scores, truth, patient, direction="higher"))
    )
    assert found.test is None
    assert found.differences == ()
    assert found.means[0].low < found.means[0].value < found.means[0].high


def test_grades_are_no_calls():
    scores, truth, patient = readers(10)
    with pytest.raises(StatsError, match="apply the cut-off first"):
        reader_sensitivity(reader_study(scores, truth, patient, direction="higher"))


def test_scores_of_another_shape_are_refused():
    with pytest.raises(StatsError, match="shape"):
        reader_study(np.zeros((2, 3)), [0, 1, 1], [1, 2, 3], direction="higher")


@pytest.mark.slow
@pytest.mark.parametrize("analysis", ["auc", "sensitivity"])
def test_clustered_reader_tests_keep_their_level(analysis):
    rng = np.random.default_rng(13)
    rejected = {"Obuchowski-Rockette": 0, "U-statistics": 0, "naive": 0}
    runs, patients = 300, 40
    for _ in range(runs):
        patient = np.repeat(np.arange(patients), 4)
        truth = rng.random(len(patient)) < 0.4
        seen = rng.normal(size=(2, patients))[:, patient] * 1.0  # what a test shows of a patient
        skill = rng.normal(1.4, 0.2, size=5)[None, :, None]
        noise = rng.normal(size=(2, 5, len(patient)))
        scores = skill * truth + seen[:, None, :] + noise * 0.7
        scores = scores if analysis == "auc" else scores > 0.7
        study = reader_study(scores, truth, patient, direction="higher")
        loose = reader_study(scores, truth, np.arange(len(patient)), direction="higher")
        figures, u = (
            (reader_auc, u_auc) if analysis == "auc" else (reader_sensitivity, u_sensitivity)
        )
        rejected["Obuchowski-Rockette"] += obuchowski_rockette(figures(study)).test.p < 0.05
        rejected["naive"] += obuchowski_rockette(figures(loose)).test.p < 0.05
        test = u(study).differences[0].test
        rejected["U-statistics"] += test is not None and test.p < 0.05
    assert 0.015 < rejected["Obuchowski-Rockette"] / runs < 0.085
    assert 0.015 < rejected["U-statistics"] / runs < 0.085
    assert rejected["naive"] > rejected["Obuchowski-Rockette"]


@pytest.mark.slow
@pytest.mark.parametrize("analysis", [u_auc, u_sensitivity, u_specificity])
def test_a_test_s_own_interval_holds_where_patients_have_unequal_numbers_of_nodes(analysis):
    rng = np.random.default_rng(17)
    found = []
    for _ in range(500):
        patient = np.repeat(np.arange(40), rng.integers(1, 7, size=40))
        truth = rng.random(len(patient)) < 0.4
        seen = 0.6 * rng.normal(size=40)[patient] + 0.6 * rng.normal(size=len(patient))
        skill = rng.normal(1.5, 0.2, size=(1, 4, 1))
        scores = skill * truth + seen + 0.7 * rng.normal(size=(1, 4, len(patient)))
        scores = scores if analysis is u_auc else scores > 0.75
        found += analysis(reader_study(scores, truth, patient, direction="higher")).means
    values = np.array([mean.value for mean in found])
    assert all(mean.error is not None for mean in found)
    held = [mean.low <= values.mean() <= mean.high for mean in found]
    assert 0.91 < np.mean(held) < 0.975  # 0.94 in 6,000 runs; uncentred sums held 0.76
    assert np.mean([mean.error**2 for mean in found]) == pytest.approx(values.var(), rel=0.2)
