import numpy as np
import pytest
from cases import numbers_of, study
from hypothesis import given
from hypothesis import strategies as st
from scipy import special

from nodewise.errors import StatsError
from nodewise.stats import naive, proportion, wilson

HITS = st.lists(st.tuples(st.booleans(), st.integers(0, 7)), min_size=2, max_size=40).filter(
    lambda rows: len({patient for _, patient in rows}) > 1
)


def split(rows):
    return np.array([hit for hit, _ in rows]), np.array([patient for _, patient in rows])


def test_one_node_a_patient_gives_the_plain_logit_interval_with_t():
    hit = np.array([True] * 30 + [False] * 10)
    found = proportion(hit, np.arange(40))
    # CR2 with equal clusters of one: variance p q / (n - 1)
    half = special.stdtrit(39, 0.975) * np.sqrt(0.75 * 0.25 / 39) / (0.75 * 0.25)
    expected = special.expit(special.logit(0.75) + np.array([-half, half]))
    assert (found.low, found.high) == pytest.approx(tuple(expected))


def test_the_standard_error_is_that_of_an_intercept_only_gee_when_clusters_are_many():
    data = study(3, patients=400, units=3)
    found = proportion(data["test"], data["patient"])
    p, n = data["test"].mean(), len(data["test"])
    e = np.bincount(data["patient"], weights=data["test"] - p)
    half = (special.logit(found.high) - special.logit(found.low)) / 2
    gee = np.sqrt(np.sum(e**2)) / (n * p * (1 - p))
    assert half / special.stdtrit(399, 0.975) == pytest.approx(gee, rel=2e-3)


def test_all_hits_give_wilson_with_patients_as_units():
    found = proportion(np.ones(12), np.arange(12) // 3)
    assert (found.value, found.high) == (1, 1)
    assert found.low == pytest.approx(wilson(1, 4)[0])
    assert "n = patients" in found.method


def test_patients_who_all_have_the_same_share_do_not_make_an_interval_of_no_width():
    found = proportion([1, 0] * 12, np.arange(24) // 2)
    assert (found.low, found.high) == pytest.approx(wilson(0.5, 12))


@given(HITS)
def test_repeating_every_node_changes_nothing(rows):
    hit, patient = split(rows)
    once, twice = proportion(hit, patient), proportion(np.tile(hit, 2), np.tile(patient, 2))
    assert numbers_of(once) == pytest.approx(numbers_of(twice))


@given(HITS, st.randoms())
def test_the_order_of_nodes_and_the_names_of_patients_change_nothing(rows, random):
    hit, patient = split(rows)
    names = [f"P{k}" for k in random.sample(range(100), 8)]
    random.shuffle(rows)
    other_hit, other = split(rows)
    renamed = proportion(other_hit, [names[k] for k in other])
    assert numbers_of(renamed) == pytest.approx(numbers_of(proportion(hit, patient)))


@given(HITS)
def test_misses_mirror_hits(rows):
    hit, patient = split(rows)
    found, mirror = proportion(hit, patient), proportion(~hit, patient)
    assert numbers_of(mirror) == pytest.approx((1 - found.value, 1 - found.high, 1 - found.low))


@given(HITS)
def test_the_interval_holds_the_estimate_and_stays_between_0_and_1(rows):
    found = proportion(*split(rows))
    assert 0 <= found.low <= found.value <= found.high <= 1
    assert found.high > found.low


def test_the_design_effect_is_the_variance_ratio():
    found = proportion([1, 1, 1, 0, 0, 0, 1, 0], [1, 1, 1, 2, 2, 2, 3, 4])
    assert found.design_effect > 1.5
    assert found.effective == pytest.approx(8 / found.design_effect)


def test_one_patient_has_an_estimate_and_no_interval_and_a_reason():
    found = proportion([1, 0, 1], [7, 7, 7])
    assert (found.low, found.high) == (None, None)
    assert "2 patients or more; these come from 1" in found.reason


def test_few_patients_bring_a_caution():
    assert "7 patients are too few" in proportion([1, 0, 1, 1, 1, 0, 1], np.arange(7)).caution
    assert proportion([1, 0] * 5, np.arange(10)).caution == ""


@pytest.mark.parametrize(
    ("hit", "patient", "sentence"),
    [
        ([], [], "none of 0 units"),
        ([1, 0, 2], [1, 2, 3], "0 and 1 only; 2 is among"),
        ([1, 0, np.nan], [1, 2, 3], "1 of 3 values of hit are missing"),
        ([1, None], [1, 2], "1 of 2 values of hit are missing"),
        (["yes", "no"], [1, 2], "'yes' is not one"),
        ([1, 0], [1], "one patient for each of 2 units"),
        ([1, 0], [1, None], "patient is missing"),
        ([1, 0], [1.0, np.nan], "patient is missing"),
        ([[1, 0]], [1, 2], "one row of numbers"),
    ],
)
def test_bad_input_gets_a_sentence(hit, patient, sentence):
    with pytest.raises(StatsError, match=sentence):
        proportion(hit, patient)


def test_a_level_of_confidence_lies_between_0_and_1():
    with pytest.raises(StatsError, match="between 0 and 1; 95"):
        proportion([1, 0], [1, 2], level=95)


def test_the_naive_interval_says_that_it_is_naive():
    found = naive(proportion([1, 1, 0, 1], [1, 1, 2, 2]).per("level"))
    assert (found.low, found.high) == pytest.approx(wilson(0.75, 4))
    assert found.method == "naive Wilson, levels taken as independent"
    assert found.clusters is None


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("x", "n"), [(0, 10), (1, 10), (5, 5), (10, 20), (81, 263), (263, 263), (15, 148), (148, 148)]
)
def test_wilson_agrees_with_r_at_edge_counts(case, x, n):
    expected = case("binomial_intervals").near(f"x{x}_n{n}", "wilson")
    assert list(wilson(x / n, n)) == expected


@pytest.mark.slow
@pytest.mark.parametrize("icc", [0.0, 0.1, 0.3])
@pytest.mark.parametrize("patients", [20, 40, 80])
def test_intervals_cover_what_they_should(patients, icc):
    rng = np.random.default_rng(patients)
    covered, runs, p = 0, 1000, 0.75
    for _ in range(runs):
        sizes = rng.integers(1, 7, patients)
        patient = np.repeat(np.arange(patients), sizes)
        share = rng.beta(p * (1 / icc - 1), (1 - p) * (1 / icc - 1), patients) if icc else p
        hit = rng.random(len(patient)) < (share[patient] if icc else p)
        found = proportion(hit, patient)
        covered += found.low <= p <= found.high
    assert 0.92 < covered / runs < 0.985
