"""Published cases through the command line: what a statistician sees agrees with R."""

import json
import math

import numpy as np
import polars as pl
import pytest
from click.testing import CliRunner
from scipy.stats import t as student_t

from nodewise.cli import main

pytestmark = pytest.mark.real_data
ALONE = "--rows-are-patients"


class Published:
    """A case of ../shared/reference: its table's path and what it must give."""

    def __init__(self, folder):
        self.path = folder / "data.csv"
        entries = json.loads((folder / "expected.json").read_text(encoding="utf-8"))["expected"]
        self.entries = {entry["name"]: entry for entry in entries}

    def near(self, name, *path):
        value = self.entries[name]["value"]
        for step in path:
            value = value[step]
        return pytest.approx(value, rel=self.entries[name]["tol"], abs=1e-12)


@pytest.fixture
def published(shared):
    """A published case by name."""
    return lambda name: Published(shared / "reference" / name)


def told(*words):
    found = CliRunner().invoke(main, [*map(str, words), "--json"])
    assert found.exit_code == 0, found.output
    return json.loads(found.output)


def estimates(answer):
    return {one["name"]: one for part in answer["parts"] for one in part["estimates"]}


def hypotheses(answer):
    return {one["name"]: one for part in answer["parts"] for one in part["tests"]}


def raters(count):
    return [word for k in range(1, count + 1) for word in ("--rating", f"rater{k}")]


@pytest.mark.parametrize("marker", ["s100b", "wfns", "ndka"])
def test_the_area_and_a_cut_off_agree_with_proc(published, marker):
    case = published("delong_asah")
    words = [case.path, "--score", marker, "--truth", "outcome", ALONE, "--direction", "higher"]
    found = estimates(told("roc", *words))["AUC"]
    assert found["value"] == case.near(f"auc_{marker}")
    # the interval is symmetric on the logit scale, with pROC's variance and t(41 cases - 1)
    value, high = found["value"], found["high"]
    half = math.log(high / (1 - high)) - math.log(value / (1 - value))
    error = half * value * (1 - value) / student_t.ppf(0.975, 40)
    assert error**2 == case.near(f"var_delong_{marker}")


def test_counts_at_a_cut_off_agree_with_proc(published):
    case = published("delong_asah")
    words = [case.path, "--score", "s100b", "--truth", "outcome", ALONE, "--direction", "higher"]
    answer = told("roc", *words, "--cutoff", "0.205")
    name = "at_threshold_0.2_s100b"
    assert answer["parts"][1]["counts"] == {
        key.upper(): case.near(name, key) for key in ("tp", "fp", "fn", "tn")
    }
    found = estimates(answer)
    assert found["sensitivity"]["value"] == case.near(name, "sensitivity")
    assert found["positive predictive value"]["value"] == case.near(name, "ppv")


def test_a_paired_difference_of_areas_agrees_with_proc(published):
    case = published("delong_asah")
    words = ["--test", "s100b", "--test", "wfns", "--truth", "outcome", ALONE]
    answer = told("compare", case.path, *words, "--direction", "higher")
    found = estimates(answer)["AUC of s100b minus wfns"]
    # the errors are DeLong's; the interval is t instead of normal
    assert found["statistic"] == case.near("paired_delong_s100b_vs_wfns", "Z")


def test_areas_of_two_groups_agree_with_proc(published):
    case = published("delong_asah")
    words = ["--test", "s100b", "--by", "gender", "--truth", "outcome", ALONE]
    found = estimates(told("compare", case.path, *words, "--direction", "higher"))
    name = "unpaired_delong_s100b_male_vs_female"
    assert found["AUC, gender Male"]["value"] == case.near(name, "auc_male")
    gap = found["AUC, gender Female minus gender Male"]
    assert -gap["statistic"] == case.near(name, "D")


@pytest.mark.parametrize("scanner", ["microscope", "scanner.A", "scanner.D"])
def test_a_clustered_area_has_the_published_variance(published, tmp_path, scanner):
    case = published("clustered_auc_mitosis")
    rows = pl.read_csv(case.path, infer_schema=False).filter(pl.col("modalityID") == scanner)
    rows.write_csv(tmp_path / "rows.csv")
    words = ["--score", "score", "--truth", "truth", "--patient", "roiID", "--direction", "higher"]
    found = estimates(told("roc", tmp_path / "rows.csv", *words, "--unit", "cell"))["AUC"]
    name = f"auc_sumscore_{scanner}_cluster_roiID"
    assert found["value"] == case.near(name, "auc")
    assert (found["clusters"], found["unit"]) == (rows["roiID"].n_unique(), "cell")


def test_readers_of_two_tests_agree_with_mrmcaov(published):
    case = published("mrmc_vandyke")
    words = ["--test", "rating", "--by", "treatment", "--reader", "reader", "--item", "case"]
    words += ["--truth", "truth", "--patient", "case", "--direction", "higher"]
    found = estimates(told("compare", case.path, *words))
    name = "auc_random_readers_random_cases_DeLong"
    gap = found["AUC, treatment 1 minus treatment 2"]
    for key, part in (("value", "estimate"), ("low", "ci_lo"), ("high", "ci_hi"), ("p", "p")):
        assert gap[key] == case.near(name, "diffs", 0, part)
    for k, test in enumerate(("treatment 1", "treatment 2")):
        assert found[f"AUC, {test}"]["low"] == case.near(name, "means", k, "ci_lo")
    fixed = estimates(told("compare", case.path, *words, "--readers", "fixed"))
    assert fixed["AUC, treatment 1 minus treatment 2"]["value"] == gap["value"]
    assert fixed["AUC, treatment 1 minus treatment 2"]["p"] < gap["p"]


def test_two_binary_tests_agree_with_dtcompair(published):
    case = published("paired_dta_dtcompair")
    words = ["--test", "y2", "--test", "y1", "--truth", "d", ALONE]
    answer = told("compare", case.path, *words)
    found, tested = estimates(answer), hypotheses(answer)
    for name in ("sensitivity", "specificity"):
        gap = found[f"difference of {name[:-1]}ies"]
        assert gap["value"] == case.near("sesp_mcnemar", name, "diff")
    for name, part in (("positive", "ppv"), ("negative", "npv")):
        published_one = case.near("pv_weighted_gs_kosinski", part, "test.statistic")
        assert tested[f"equal {name} predictive values"]["statistic"] == published_one


def test_nominal_agreement_agrees_with_irr_and_irrcac(published):
    case = published("agreement_nominal_fleiss")
    found = estimates(told("agree", case.path, *raters(6), ALONE))
    assert found["Fleiss' kappa"]["value"] == case.near("fleiss_kappa", "kappa")
    assert found["Conger's kappa"]["value"] == case.near("conger_exact_kappa")
    assert found["Gwet's AC1"]["value"] == case.near("gwet_ac1", "coeff")
    alpha = found["Krippendorff's alpha, nominal"]["value"]
    assert alpha == case.near("kripp_alpha_nominal")


@pytest.mark.parametrize("weights", ["linear", "quadratic"])
def test_ordinal_agreement_agrees_with_irr_and_irrcac(published, weights):
    case = published("agreement_ordinal_anxiety")
    scale = ["--scale", "ordinal", "--weights", weights]
    found = estimates(told("agree", case.path, *raters(2), ALONE, *scale))
    assert found["Cohen's kappa"]["value"] == case.near(f"kappa_r1r2_{weights}", "kappa")
    found = estimates(told("agree", case.path, *raters(3), ALONE, *scale))
    assert found["Gwet's AC2"]["value"] == case.near(f"gwet_ac2_{weights}", "coeff")
    assert found["Kendall's W"]["value"] == case.near("kendall_W", "W")
    alpha = found["Krippendorff's alpha, ordinal"]["value"]
    assert alpha == case.near("kripp_alpha_ordinal")


def test_missing_ratings_agree_with_the_printed_example(published):
    case = published("krippendorff_missing")
    for scale, name in (
        ("nominal", "kripp_alpha_nominal"),
        ("ordinal", "kripp_alpha_ordinal"),
        ("continuous", "kripp_alpha_interval"),
    ):
        found = estimates(told("agree", case.path, *raters(4), ALONE, "--scale", scale))
        alpha = [one for key, one in found.items() if key.startswith("Krippendorff")]
        assert alpha[0]["value"] == case.near(name)


def test_the_six_intraclass_correlations_agree_with_psych(published):
    case = published("icc_shrout_fleiss")
    judges = [word for k in range(1, 5) for word in ("--rating", f"J{k}")]
    found = estimates(told("agree", case.path, *judges, ALONE, "--scale", "continuous"))
    for form, name in (("ICC(1,1)", "ICC1"), ("ICC(2,1)", "ICC2"), ("ICC(3,k)", "ICC3k")):
        assert found[form]["value"] == case.near(name, "icc")
        assert found[form]["low"] == case.near(name, "ci_lo")


def test_survival_agrees_with_r(published):
    case = published("survival_veteran")
    words = ["survive", case.path, "--time", "time", "--event", "status"]
    times = [word for at in (30, 90, 180, 365) for word in ("--at", at)]
    predictors = ["karno", "age", "trt", "prior"]
    model = [word for name in predictors for word in ("--predictor", name)]
    found = estimates(told(*words, *times, "--until", 365, *model))
    name = "km_loglog_at_30_90_180_365"
    for k, at in enumerate((30, 90, 180, 365)):
        assert found[f"event-free at {at}"]["value"] == case.near(name, "surv", k)
        assert found[f"event-free at {at}"]["low"] == case.near(name, "lo", k)
    assert found["median time"]["value"] == case.near("median_loglog", "median")
    assert found["restricted mean time to 365"]["value"] == case.near("rmst_365", "rmean")
    for one in predictors:
        ratio = found[f"hazard ratio, {one}, per 1"]["value"]
        assert np.log(ratio) == case.near("cox_efron", "coef", one)
    tested = hypotheses(told(*words, "--by", "celltype"))["equal survival"]
    assert tested["statistic"] == case.near("logrank_celltype", "chisq")
    layered = hypotheses(told(*words, "--by", "trt", "--strata", "celltype"))["equal survival"]
    assert layered["statistic"] == case.near("logrank_trt_strata_celltype", "chisq")


def test_eyes_of_one_patient_share_their_error(published):
    case = published("survival_clustered_retinopathy")
    words = ["--time", "futime", "--event", "status", "--by", "trt", "--patient", "id"]
    answer = told("survive", case.path, *words, "--at", 36, "--unit", "eye")
    for arm in (0, 1):
        found = answer["parts"][arm]["estimates"][1]
        assert found["value"] == case.near("km_cluster_se_12_36_60", "surv", 3 * arm + 1)
        assert found["error"] == case.near("km_cluster_se_12_36_60", "se_cluster", 3 * arm + 1)
        assert found["unit"] == "eye"


def test_competing_events_agree_with_cmprsk(published):
    case = published("competing_mgus2")
    words = ["--time", "etime", "--event", "event", "--at", 60, "--at", 240]
    found = estimates(told("survive", case.path, *words))
    for k, at in ((0, 60), (2, 240)):
        for cause in (1, 2):
            share = found[f"incidence of event {cause} at {at}"]
            assert share["value"] == case.near("cif_60_120_240_360", f"est_event{cause}", k)
            assert share["error"] == case.near("aj_survival", f"se{cause}", k)


def test_competing_groups_and_predictors_agree_with_cmprsk(published, tmp_path):
    case = published("competing_mgus2")
    known = pl.read_csv(case.path, infer_schema=False)
    known.with_columns(male=(pl.col("sex") == "M").cast(int)).write_csv(tmp_path / "mgus2.csv")
    words = ["survive", tmp_path / "mgus2.csv", "--time", "etime", "--event", "event"]
    tested = hypotheses(told(*words, "--by", "sex"))
    for cause in (1, 2):
        found = tested[f"equal incidence of event {cause}"]["statistic"]
        assert found == case.near("gray_test_sex", f"event{cause}", "stat")
    answer = told(*words, *(w for x in ("age", "male", "mspike") for w in ("--predictor", x)))
    assert answer["left_out"] == [{"rows": 11, "reason": "without mspike"}]
    found = estimates(answer)
    for k, name in enumerate(("age", "male", "mspike")):
        ratio = found[f"subdistribution hazard ratio, {name}, per 1"]["value"]
        assert np.log(ratio) == case.near("fine_gray_event1", "coef", k)
        ratio = found[f"hazard ratio, {name}, per 1"]["value"]
        assert np.log(ratio) == case.near("cause_specific_cox_event1", "coef", k)


def test_sizes_agree_with_the_published_ones(published):
    case, pilot = published("sample_size"), published("mrmc_vandyke")
    words = ["size", "sensitivity", "--expected", 0.85, "--half-width", 0.05, "--share", 0.2]
    needed = told(*words)["parts"][0]["counts"]["patients"]
    assert needed == math.ceil(case.entries["buderer_sens_.85_prev_.2_d_.05"]["value"])
    asah = published("delong_asah")
    words = ["size", "auc", "--expected", 0.8, "--positives", 41, "--negatives", 72]
    power = told(*words)["parts"][0]["counts"]["power against chance"]
    assert power == asah.near("power_one_roc_auc0.8_41_72")
    words = ["--test", "rating", "--by", "treatment", "--reader", "reader", "--item", "case"]
    words += ["--truth", "truth", "--patient", "case", "--direction", "higher", "--jackknife"]
    words += ["--difference", 0.05, "--readers", 6]
    planned = told("size", "readers", pilot.path, *words)["parts"][0]["counts"]
    assert planned == {"patients with 6 readers": 170}
    planned = told("size", "readers", pilot.path, *words, "--patients", 251)["parts"][0]["counts"]
    sizing = published("mrmc_sizing")
    expected = sizing.near("power_J6_K251_es.05_RRRC", "powerRRRC")
    assert planned["power with 6 readers"] == expected
