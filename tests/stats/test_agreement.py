import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodewise.errors import StatsError
from nodewise.stats import Coefficient, agreement, krippendorff, ratings

AGREEMENT = sys.modules["nodewise.stats.agreement"]  # its name in the package is the function's
TABLES = st.lists(
    st.tuples(st.integers(1, 3), st.integers(1, 3), st.integers(1, 3), st.integers(0, 5)),
    min_size=8,
    max_size=30,
).filter(lambda rows: len({k for *_, k in rows}) > 1 and len({c for r in rows for c in r[:3]}) > 1)


def split(rows):
    table = np.array(rows)
    return table[:, :3], table[:, 3]


def table_of(case, raters, *, number=True):
    rows = [[row[f"rater{k}"] for k in raters] for row in case.rows]
    return [[(float(c) if number else c) if c != "" else None for c in row] for row in rows]


def observed_as_irrcac_varies_it(coefficient):
    """The share of agreeing pairs with irrcac's error where ratings are missing.

    It takes the share of units with two ratings for known, so that a unit with one rating moves
    the coefficient towards 0 and every other unit away from it.
    """
    by_chance = AGREEMENT._CHANCE[Coefficient(coefficient)]

    def observed(tally, weights):
        counts, size = tally.counts, tally.counts.sum(axis=1)
        paired, rated = (size >= 2).astype(float), (size > 0).astype(float)
        agreeing = (counts * (counts @ tally.nearness - 1)).sum(axis=1)
        share = np.where(paired, agreeing / np.maximum(size * (size - 1), 1), 0.0)
        known = (weights.real @ rated) / (weights.real @ paired) / (weights @ rated)
        chance = by_chance(tally, weights.real.astype(complex))
        return np.asarray((weights @ share) * known - chance * ((weights @ paired) * known - 1))

    return observed


@pytest.fixture
def diagnoses(case):
    published = case("agreement_nominal_fleiss")
    return published, ratings(table_of(published, range(1, 7), number=False), np.arange(30))


@pytest.fixture
def anxiety(case):
    published = case("agreement_ordinal_anxiety")
    return published, table_of(published, range(1, 4))


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("coefficient", "name"),
    [
        ("Fleiss kappa", "irrcac_fleiss"),
        ("kappa", "irrcac_conger"),
        ("Gwet AC", "gwet_ac1"),
        ("Brennan-Prediger", "irrcac_brennan_prediger"),
    ],
)
def test_coefficients_errors_and_intervals_agree_with_irrcac(diagnoses, coefficient, name):
    published, rated = diagnoses
    found = agreement(rated, coefficient)
    assert found.value == published.near(name, "coeff")
    assert found.error == published.near(name, "se")
    low, high = (float(end) for end in published.value(name)["ci"].strip("()").split(","))
    assert (found.low, found.high) == pytest.approx((low, high), abs=6e-4)


@pytest.mark.real_data
def test_kappas_agree_with_irr(diagnoses):
    published, rated = diagnoses
    assert agreement(rated, "Fleiss kappa").value == published.near("fleiss_kappa", "kappa")
    assert agreement(rated, "kappa").value == published.near("conger_exact_kappa")
    two = ratings(table_of(published, (2, 3), number=False), np.arange(30))
    assert agreement(two, "kappa").value == published.near("cohen_kappa_r2_r3", "kappa")


@pytest.mark.real_data
def test_alpha_is_right_for_complete_data_of_more_than_two_raters_where_irr_is_wrong(diagnoses):
    published, rated = diagnoses
    found = krippendorff(rated, "nominal").value
    assert found == published.near("kripp_alpha_nominal")
    assert found == pytest.approx(0.43341, abs=5e-6)
    assert abs(found - 0.43088) > 2e-3


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("weighting", "name"),
    [("nominal", "unweighted"), ("linear", "linear"), ("quadratic", "quadratic")],
)
def test_weighted_kappa_and_its_error_agree_with_vcd(anxiety, weighting, name):
    published, table = anxiety
    rated = ratings([row[:2] for row in table], np.arange(20), categories=range(1, 7))
    found = agreement(rated, "kappa", weighting=weighting)
    assert found.value == published.near("vcd_kappa_r1r2_quadratic_ase", name, "value")
    large_sample = found.error * np.sqrt(19 / 20)  # the peer divides by n, not n - 1
    assert large_sample == published.near("vcd_kappa_r1r2_quadratic_ase", name, "ASE")


@pytest.mark.real_data
def test_the_weighted_kappa_that_psych_gives_no_interval_has_one(anxiety):
    _, table = anxiety
    rated = ratings([row[:2] for row in table], np.arange(20), categories=range(1, 7))
    found = agreement(rated, "kappa", weighting="quadratic")
    assert -0.1 < found.low < found.value < found.high < 0.7


@pytest.mark.real_data
@pytest.mark.parametrize("weighting", ["quadratic", "linear", "ordinal"])
def test_gwets_ac2_agrees_with_irrcac(anxiety, weighting):
    published, table = anxiety
    found = agreement(ratings(table, np.arange(20)), "Gwet AC", weighting=weighting)
    assert found.value == published.near(f"gwet_ac2_{weighting}", "coeff")
    assert found.error == published.near(f"gwet_ac2_{weighting}", "se")


@pytest.mark.real_data
@pytest.mark.parametrize("metric", ["ordinal", "interval"])
def test_alpha_of_ordered_ratings_agrees_with_the_reference(anxiety, metric):
    published, table = anxiety
    found = krippendorff(ratings(table, np.arange(20)), metric)
    assert found.value == published.near(f"kripp_alpha_{metric}")


@pytest.mark.real_data
@pytest.mark.parametrize("metric", ["nominal", "ordinal", "interval", "ratio"])
def test_alpha_with_missing_ratings_agrees_with_the_printed_example(case, metric):
    published = case("krippendorff_missing")
    rated = ratings(table_of(published, range(1, 5)), np.arange(12))
    assert krippendorff(rated, metric).value == published.near(f"kripp_alpha_{metric}")


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("coefficient", "name", "weighting"),
    [
        ("Gwet AC", "gwet_ac1", "nominal"),
        ("Gwet AC", "gwet_ac2_quadratic", "quadratic"),
        ("Fleiss kappa", "fleiss_missing", "nominal"),
        ("percent agreement", "percent_agreement", "nominal"),
    ],
)
def test_coefficients_with_missing_ratings_agree_with_irrcac(
    case, coefficient, name, weighting, monkeypatch
):
    published = case("krippendorff_missing")
    rated = ratings(table_of(published, range(1, 5)), np.arange(12))
    found = agreement(rated, coefficient, weighting=weighting)
    assert found.value == published.near(name, "coeff")
    monkeypatch.setattr(AGREEMENT, "_observed", observed_as_irrcac_varies_it(coefficient))
    peers = agreement(rated, coefficient, weighting=weighting)
    assert peers.value == pytest.approx(found.value)
    assert peers.error == published.near(name, "se")
    assert found.error < peers.error


def test_cohens_kappa_of_a_two_by_two_table():
    rated = ratings([[1, 1]] * 20 + [[1, 2]] * 5 + [[2, 1]] * 10 + [[2, 2]] * 15, np.arange(50))
    assert agreement(rated, "kappa").value == pytest.approx(0.4)  # (0.7 - 0.5) / (1 - 0.5)


@pytest.mark.parametrize("coefficient", list(Coefficient))
@given(rows=TABLES)
def test_repeating_every_node_changes_nothing(coefficient, rows):
    values, patient = split(rows)
    once = agreement(ratings(values, patient), coefficient)
    twice = agreement(ratings(np.tile(values, (2, 1)), np.tile(patient, 2)), coefficient)
    assert (once.value, once.error) == pytest.approx((twice.value, twice.error))


@pytest.mark.parametrize("coefficient", list(Coefficient))
@given(rows=TABLES)
def test_the_order_of_raters_and_the_names_of_categories_change_nothing(coefficient, rows):
    values, patient = split(rows)
    found = agreement(ratings(values, patient), coefficient)
    words = np.array([None, "c", "a", "b"], object)
    renamed = agreement(ratings(words[values[:, ::-1]], patient), coefficient)
    assert (renamed.value, renamed.error) == pytest.approx((found.value, found.error))


@given(TABLES)
def test_quadratic_alpha_near_and_far(rows):
    values, patient = split(rows)
    rated = ratings(values, patient)
    interval = krippendorff(rated, "interval")
    scaled = krippendorff(ratings(values * 10, patient), "interval")
    assert interval.value == pytest.approx(scaled.value)
    assert interval.value <= 1


def test_full_agreement_is_1():
    rated = ratings([[1, 1], [2, 2], [3, 3], [2, 2]], [1, 2, 3, 4])
    for coefficient in Coefficient:
        assert agreement(rated, coefficient).value == pytest.approx(1)
    assert krippendorff(rated, "ordinal").value == pytest.approx(1)


@pytest.mark.parametrize(
    "call", [lambda r: agreement(r, "kappa"), lambda r: krippendorff(r, "nominal")]
)
def test_constant_raters_get_a_sentence(call):
    with pytest.raises(StatsError, match="all ratings are of one category"):
        call(ratings([[1, 1], [1, 1], [1, 1]], [1, 2, 3]))


def test_constant_raters_with_more_categories_get_a_sentence_too():
    rated = ratings([[1, 1], [1, 1]], [1, 2], categories=[1, 2])
    with pytest.raises(StatsError, match="chance would agree as often"):
        agreement(rated, "kappa")


def test_one_constant_rater_among_two_has_kappa_0():
    rated = ratings([[1, 1], [1, 2], [1, 1], [1, 2]], [1, 2, 3, 4])
    assert agreement(rated, "kappa").value == pytest.approx(0)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ([[1], [2]], "2 raters or more"),
        ([[1, None], [None, 2]], "units that 2 raters rated"),
        ([[1, 2, None], [2, 2, None]], "one rater gave no rating at all"),
    ],
)
def test_too_few_ratings_get_a_sentence(values, sentence):
    with pytest.raises(StatsError, match=sentence):
        agreement(ratings(values, [1, 2]), "kappa")


def test_a_rating_outside_the_categories_is_named():
    with pytest.raises(StatsError, match="4 was rated"):
        ratings([[1, 4], [2, 2]], [1, 2], categories=[1, 2, 3])


def test_one_patient_has_a_value_and_a_reason():
    found = agreement(ratings([[1, 1], [1, 2], [2, 2]], [1, 1, 1]), "kappa")
    assert found.low is None
    assert "2 patients or more" in found.reason


@pytest.mark.slow
@pytest.mark.parametrize("coefficient", ["kappa", "Gwet AC"])
def test_clustered_intervals_cover_what_they_should(coefficient):
    rng = np.random.default_rng(5)

    def draw(patients):
        patient = np.repeat(np.arange(patients), 4)
        clarity = rng.normal(size=patients)[patient]
        truth = rng.random(len(patient)) < 0.4
        right = rng.random((3, len(patient))) < 1 / (1 + np.exp(-1.5 - 1.5 * clarity))
        return ratings(np.where(right, truth, ~truth).T.astype(int), patient)

    true = agreement(draw(30_000), coefficient, level=0.5).value
    covered = 0
    for _ in range(600):
        found = agreement(draw(30), coefficient)
        covered += found.low <= true <= found.high
    assert 0.91 < covered / 600 < 0.98
