import numpy as np
import pytest
from cases import study
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import stdtr

from nodewise.errors import StatsError
from nodewise.stats import (
    auc,
    auc_covariance,
    auc_difference,
    auc_difference_between,
    auc_equality,
    naive_auc_difference,
    scored,
)
from nodewise.stats.auc_comparison import _areas_of

STUDIES = st.integers(0, 10_000).map(study)


def second(data):
    return np.round(data["score"] * 0.5 + np.sin(np.arange(len(data["score"]))), 1)


@given(STUDIES)
def test_swapping_the_scores_mirrors_the_difference(data):
    scores = data["score"], second(data)
    found = auc_difference(scores, data["truth"], data["patient"], direction="higher")
    swapped = auc_difference(scores[::-1], data["truth"], data["patient"], direction="higher")
    assert found.value == pytest.approx(-swapped.value)
    assert found.low == pytest.approx(-swapped.high)


@given(STUDIES)
def test_each_score_may_point_its_own_way(data):
    scores = data["score"], -second(data)
    mixed = auc_difference(scores, data["truth"], data["patient"], direction=["higher", "lower"])
    plain = auc_difference(
        (scores[0], -scores[1]), data["truth"], data["patient"], direction="higher"
    )
    assert mixed == plain


@given(STUDIES)
def test_two_scores_give_one_test_in_both_forms(data):
    scores = data["score"], second(data)
    found = auc_difference(scores, data["truth"], data["patient"], direction="higher")
    joint = auc_equality(scores, data["truth"], data["patient"], direction="higher")
    assert joint.statistic == pytest.approx(found.test.statistic**2)
    assert joint.df == (1,)


def test_the_same_score_twice_shows_no_difference_and_says_so():
    data = study(1)
    found = auc_difference([data["score"]] * 2, data["truth"], data["patient"], direction="higher")
    assert (found.value, found.low) == (0, None)
    assert "no variance" in found.reason
    with pytest.raises(StatsError, match="rank all units alike"):
        auc_equality([data["score"]] * 3, data["truth"], data["patient"], direction="higher")


def test_one_patient_has_no_interval_of_a_difference():
    found = auc_difference(
        [[1, 2, 3, 4], [2, 1, 4, 3]], [0, 1, 0, 1], [1, 1, 1, 1], direction="higher"
    )
    assert found.low is None
    assert "2 patients or more" in found.reason


def test_as_many_directions_as_scores_are_needed():
    with pytest.raises(StatsError, match="2 scores need as many directions; 1 "):
        auc_difference([[1, 2], [1, 2]], [0, 1], [1, 2], direction=["higher"])


def test_groups_of_other_patients_are_compared_with_the_sum_of_their_variances():
    one, two = study(1, patients=30), study(2, patients=30)
    groups = [scored(d["score"], d["truth"], d["patient"], direction="higher") for d in (one, two)]
    found = auc_difference_between(*groups)
    parts = [auc(d["score"], d["truth"], d["patient"], direction="higher") for d in (one, two)]
    assert found.value == pytest.approx(parts[0].value - parts[1].value)
    assert found.clusters == 60
    assert found.low < found.value < found.high


@pytest.mark.real_data
@pytest.mark.parametrize("other", ["wfns", "ndka"])
def test_the_paired_delong_test_agrees_with_proc(case, other):
    asah = case("delong_asah")
    scores = asah.column("s100b"), asah.column(other)
    found = naive_auc_difference(scores, asah.column("outcome"), direction="higher")
    name = f"paired_delong_s100b_vs_{other}"
    assert found.test.statistic == asah.near(name, "Z")
    assert found.test.p == asah.near(name, "p")
    assert (found.low, found.high) == (asah.near(name, "ci_lo"), asah.near(name, "ci_hi"))
    units = np.arange(len(scores[0]))
    areas = auc_covariance(scores, asah.column("outcome"), units, direction="higher")
    assert areas.covariance[0, 1] == asah.near(f"cov_delong_s100b_{other}")


@pytest.mark.real_data
def test_the_unpaired_delong_test_agrees_with_proc(case):
    asah = case("delong_asah")
    gender, truth = asah.words("gender"), asah.column("outcome")
    groups = [
        scored(asah.column("s100b")[g], truth[g], np.flatnonzero(g), direction="higher")
        for g in (gender == "Male", gender == "Female")
    ]
    found = auc_difference_between(*groups)
    name = "unpaired_delong_s100b_male_vs_female"
    assert found.test.statistic == asah.near(name, "D")
    # the peer's degrees of freedom count all units, ours the smaller class of each group
    variances = [_areas_of(group).covariance[0, 0] for group in groups]
    parts = [v**2 / (g.clusters.count - 1) for v, g in zip(variances, groups, strict=True)]
    df = sum(variances) ** 2 / sum(parts)
    assert df == asah.near(name, "df")
    assert 2 * stdtr(df, -found.test.statistic) == asah.near(name, "p")
    assert found.test.df[0] < df


@pytest.mark.real_data
@pytest.mark.parametrize("scanner", ["scanner.A", "scanner.B", "scanner.C", "scanner.D"])
def test_the_clustered_difference_agrees_with_the_published_code(case, scanner):
    mitosis = case("clustered_auc_mitosis")
    by = {}
    for name in ("microscope", scanner):
        rows = [row for row in mitosis.rows if row["modalityID"] == name]
        by[name] = dict(zip(mitosis.words("targetID", rows), rows, strict=True))
    targets = sorted(by["microscope"])
    tables = [[by[name][target] for target in targets] for name in ("microscope", scanner)]
    scores = [mitosis.column("score", rows) for rows in tables]
    truth, roi = mitosis.column("truth", tables[0]), mitosis.words("roiID", tables[0])
    areas = auc_covariance(scores, truth, roi, direction="higher")
    name = f"auc_diff_sumscore_microscope_vs_{scanner}_cluster_roiID"
    contrast = np.array([1, -1])
    assert contrast @ areas.values == mitosis.near(name, "auc.AminusB")
    assert contrast @ areas.covariance @ contrast == mitosis.near(name, "auc.var.AminusB")
    found = auc_difference(scores, truth, roi, direction="higher")
    assert found.value == mitosis.near(name, "auc.AminusB")


@pytest.mark.slow
def test_the_paired_test_keeps_its_level():
    rng = np.random.default_rng(11)
    rejected, runs = 0, 1500
    for _ in range(runs):
        patient = np.repeat(np.arange(30), rng.integers(1, 7, 30))
        truth = rng.random(len(patient)) < 0.4
        common = rng.normal(size=30)[patient]
        scores = [truth + 0.7 * common + rng.normal(size=len(patient)) for _ in range(2)]
        found = auc_difference(scores, truth, patient, direction="higher")
        rejected += found.test.p < 0.05
    assert 0.03 < rejected / runs < 0.07
