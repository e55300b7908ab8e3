import numpy as np
import pytest
from cases import numbers_of, study
from hypothesis import given
from hypothesis import strategies as st

from nodewise.errors import StatsError
from nodewise.stats import Direction, at_cutoff, auc, naive_auc
from nodewise.stats.auc import clustered_areas
from nodewise.stats.inputs import patients
from nodewise.stats.placement import placements

STUDIES = st.integers(0, 10_000).map(study)


def split(data):
    return data["score"], data["truth"], data["patient"]


def test_the_area_counts_pairs_and_halves_ties():
    score, truth = [1, 2, 2, 3], [0, 1, 0, 1]
    # pairs won: (2 > 1), (2 = 2) half, (3 > 1), (3 > 2): 3.5 of 4
    assert naive_auc(score, truth, direction="higher").value == 3.5 / 4


@given(STUDIES)
def test_the_area_is_the_share_of_pairs_won(data):
    score, truth, _ = split(data)
    gap = score[truth][:, None] - score[~truth][None, :]
    if gap.size:
        won = ((gap > 0) + (gap == 0) / 2).mean()
        assert naive_auc(score, truth, direction="higher").value == pytest.approx(won)


@given(STUDIES)
def test_turning_the_score_and_the_direction_changes_nothing(data):
    score, truth, patient = split(data)
    up = auc(score, truth, patient, direction="higher")
    down = auc(-score, truth, patient, direction=Direction.LOWER)
    assert numbers_of(up) == pytest.approx(numbers_of(down))


@given(STUDIES)
def test_swapping_the_classes_mirrors_the_area(data):
    score, truth, patient = split(data)
    found = auc(score, truth, patient, direction="higher")
    mirror = auc(score, ~truth, patient, direction="higher")
    assert numbers_of(mirror) == pytest.approx((1 - found.value, 1 - found.high, 1 - found.low))


@given(STUDIES)
def test_repeating_every_node_changes_nothing(data):
    score, truth, patient = split(data)
    once = auc(score, truth, patient, direction="higher")
    twice = auc(np.tile(score, 2), np.tile(truth, 2), np.tile(patient, 2), direction="higher")
    assert numbers_of(once) == pytest.approx(numbers_of(twice))


@given(STUDIES)
def test_a_growing_function_of_the_score_changes_nothing(data):
    score, truth, patient = split(data)
    found = auc(score, truth, patient, direction="higher")
    grown = auc(np.exp(score), truth, patient, direction="higher")
    assert numbers_of(found) == numbers_of(grown)


@given(STUDIES)
def test_patients_of_one_node_give_delongs_variance(data):
    score, truth, _ = split(data)
    placed = placements(score, truth)
    areas = clustered_areas(placed[None, :], truth, patients(np.arange(len(truth)), len(truth)))
    m, n = truth.sum(), (~truth).sum()
    delong = placed[truth].var(ddof=1) / m + placed[~truth].var(ddof=1) / n
    assert areas.covariance[0, 0] == pytest.approx(delong)


def test_no_overlap_gives_a_value_and_says_why_there_is_no_interval():
    found = auc([1, 2, 3, 4], [0, 0, 1, 1], [1, 2, 3, 4], direction="higher")
    assert found.value == 1
    assert found.low is None
    assert "do not overlap" in found.reason


def test_scores_all_tied_give_one_half_and_say_why_there_is_no_interval():
    found = auc([2, 2, 2, 2], [0, 0, 1, 1], [1, 2, 3, 4], direction="higher")
    assert found.value == 0.5
    assert "all tied" in found.reason


def test_one_patient_gives_a_value_and_says_why_there_is_no_interval():
    found = auc([1, 3, 2, 4], [0, 0, 1, 1], [1, 1, 1, 1], direction="higher")
    assert found.value == 0.75
    assert "one of the two comes from 1" in found.reason


@pytest.mark.parametrize(("truth", "lacking"), [([0, 0, 0], "positive"), ([1, 1, 1], "negative")])
def test_one_class_gets_a_sentence(truth, lacking):
    with pytest.raises(StatsError, match=f"none of these 3 is {lacking}"):
        auc([1, 2, 3], truth, [1, 2, 3], direction="higher")


def test_a_missing_score_gets_a_sentence():
    with pytest.raises(StatsError, match="1 of 3 values of score are missing"):
        auc([1, np.nan, 3], [0, 1, 1], [1, 2, 3], direction="higher")


def test_an_unknown_direction_gets_a_sentence():
    with pytest.raises(StatsError, match="'up' was given"):
        auc([1, 2], [0, 1], [1, 2], direction="up")


@pytest.mark.parametrize(
    ("direction", "expected"), [("higher", [False, True, True]), ("lower", [True, True, False])]
)
def test_a_score_at_the_cutoff_is_positive_whichever_way_it_points(direction, expected):
    assert at_cutoff([0.9, 1.0, 1.1], 1.0, direction=direction).tolist() == expected


def test_an_infinite_cutoff_is_refused():
    with pytest.raises(StatsError, match="finite"):
        at_cutoff([1.0], float("nan"), direction="lower")


@pytest.mark.real_data
@pytest.mark.parametrize(
    "scanner", ["microscope", "scanner.A", "scanner.B", "scanner.C", "scanner.D"]
)
@pytest.mark.parametrize("cluster", ["roiID", "targetID"])
def test_obuchowskis_variance_agrees_with_the_published_code(case, scanner, cluster):
    mitosis = case("clustered_auc_mitosis")
    rows = [row for row in mitosis.rows if row["modalityID"] == scanner]
    score, truth = mitosis.column("score", rows), mitosis.column("truth", rows) == 1
    index = patients(mitosis.words(cluster, rows), len(rows))
    areas = clustered_areas(placements(score, truth)[None, :], truth, index)
    name = f"auc_sumscore_{scanner}_cluster_{cluster}"
    assert areas.values[0] == mitosis.near(name, "auc")
    assert areas.covariance[0, 0] == mitosis.near(name, "auc.var")


@pytest.mark.real_data
@pytest.mark.parametrize("marker", ["s100b", "wfns", "ndka"])
def test_delongs_interval_agrees_with_proc(case, marker):
    asah = case("delong_asah")
    found = naive_auc(asah.column(marker), asah.column("outcome"), direction="higher")
    assert found.value == asah.near(f"auc_{marker}")
    assert [found.low, found.high] == asah.near(f"ci95_delong_{marker}")


@pytest.mark.slow
@pytest.mark.parametrize("shared", [0.0, 0.5, 0.8])
@pytest.mark.parametrize("count", [20, 40, 80])
def test_clustered_intervals_cover_what_they_should(count, shared):
    rng = np.random.default_rng(count)
    covered, runs = 0, 1000
    truth_area = 0.7602499389065233  # Phi(1 / sqrt 2)
    for _ in range(runs):
        patient = np.repeat(np.arange(count), rng.integers(1, 7, count))
        truth = rng.random(len(patient)) < 0.4
        common = rng.normal(size=count)[patient]
        score = truth + shared * common + np.sqrt(1 - shared**2) * rng.normal(size=len(patient))
        found = auc(score, truth, patient, direction="higher")
        covered += found.low <= truth_area <= found.high
    assert 0.90 < covered / runs < 0.985
