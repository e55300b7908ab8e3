import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodewise.errors import StatsError
from nodewise.stats import (
    discordance,
    durkalski,
    eliasziw,
    mcnemar,
    obuchowski,
    paired,
    paired_difference,
    sensitivity,
    sensitivity_difference,
    sign_flip,
    specificity_difference,
    yang,
)

ALL = [mcnemar, eliasziw, obuchowski, durkalski, yang, sign_flip]
PAIRS = st.lists(
    st.tuples(st.booleans(), st.booleans(), st.integers(0, 6)), min_size=4, max_size=40
).filter(lambda rows: len({k for *_, k in rows}) > 1 and sum(a - b for a, b, _ in rows) != 0)


def split(rows):
    first, second, patient = (np.array(column) for column in zip(*rows, strict=True))
    return first, second, patient


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("test", "name"),
    [(test, test.__name__) for test in (mcnemar, eliasziw, obuchowski, durkalski, yang)],
)
def test_the_family_agrees_with_clust_bin_pair(case, test, name):
    glands = case("clustered_pair_thyroids")
    found = discordance(glands.column("pet"), glands.column("spect"), glands.column("patient"))
    assert test(found).statistic == glands.near(f"{name}_chi2", "chi2")
    assert test(found).p == glands.near(f"{name}_chi2", "p")


@pytest.mark.parametrize("test", ALL)
@given(rows=PAIRS)
def test_swapping_the_tests_changes_no_p_value(test, rows):
    first, second, patient = split(rows)
    found, swapped = discordance(first, second, patient), discordance(second, first, patient)
    assert test(found).p == pytest.approx(test(swapped).p)


@given(PAIRS)
def test_repeating_every_node_changes_no_clustered_test(rows):
    first, second, patient = split(rows)
    once = discordance(first, second, patient)
    twice = discordance(np.tile(first, 2), np.tile(second, 2), np.tile(patient, 2))
    for test in (obuchowski, durkalski, yang, sign_flip):
        assert test(once).p == pytest.approx(test(twice).p)
    assert mcnemar(twice).statistic == pytest.approx(2 * mcnemar(once).statistic)


@given(PAIRS)
def test_the_difference_is_that_of_the_two_shares(rows):
    first, second, patient = split(rows)
    found = paired_difference(first, second, patient)
    assert found.value == pytest.approx(first.mean() - second.mean())


def test_sign_flips_are_counted_exactly():
    # excesses 1, 1, 2: of 8 flips the sums ±4 are as extreme as 4
    found = discordance([1, 1, 1, 1], [0, 0, 0, 0], [1, 2, 3, 3])
    assert sign_flip(found).p == pytest.approx(2 / 8)


def test_units_of_one_node_give_mcnemars_test_up_to_the_small_sample_factor():
    first, second = np.array([1] * 30 + [0] * 12), np.array([1] * 18 + [0] * 20 + [1] * 4)
    found = discordance(first, second, np.arange(42))
    assert obuchowski(found).statistic == pytest.approx(41 / 42 * mcnemar(found).statistic)
    assert eliasziw(found).statistic == pytest.approx(mcnemar(found).statistic)


def test_sensitivities_are_compared_among_positive_units_only():
    truth, patient = np.array([1, 1, 1, 0, 0, 0]), np.array([1, 2, 3, 1, 2, 3])
    first = paired([1, 1, 0, 1, 0, 0], truth, patient)
    second = paired([1, 0, 0, 0, 0, 0], truth, patient)
    assert sensitivity_difference(first, second).value == pytest.approx(1 / 3)
    assert specificity_difference(first, second).value == pytest.approx(-1 / 3)
    assert sensitivity([1, 1, 0, 1, 0, 0], truth, patient).value == pytest.approx(2 / 3)


@pytest.mark.parametrize("test", ALL)
def test_full_agreement_leaves_nothing_to_test(test):
    with pytest.raises(StatsError, match="agree on every unit"):
        test(discordance([1, 0, 1], [1, 0, 1], [1, 2, 3]))


def test_full_agreement_gives_a_difference_of_0_and_a_reason():
    found = paired_difference([1, 0, 1], [1, 0, 1], [1, 2, 3])
    assert (found.value, found.low, found.test) == (0, None, None)
    assert "agree on every unit" in found.reason


def test_one_patient_has_no_interval():
    found = paired_difference([1, 0, 1], [0, 0, 1], [1, 1, 1])
    assert found.low is None
    assert "2 patients or more" in found.reason


def test_tests_of_other_units_are_not_compared():
    with pytest.raises(StatsError, match="same units"):
        sensitivity_difference(paired([1, 0], [1, 0], [1, 2]), paired([1, 0], [1, 1], [1, 2]))


@pytest.mark.slow
@pytest.mark.parametrize("patients", [20, 60])
def test_the_paired_test_keeps_its_level_where_the_effect_varies_by_patient(patients):
    rng = np.random.default_rng(patients)
    clustered, naive, covered, runs = 0, 0, 0, 1000
    for _ in range(runs):
        patient = np.repeat(np.arange(patients), rng.integers(1, 7, patients))
        ease = rng.normal(size=(2, patients))[:, patient]
        first, second = rng.random((2, len(patient))) < 1 / (1 + np.exp(-0.7 - ease))
        found = paired_difference(first, second, patient)
        clustered += found.test.p < 0.05
        covered += found.low <= 0 <= found.high
        naive += mcnemar(discordance(first, second, patient)).p < 0.05
    assert 0.02 < clustered / runs < 0.065
    assert naive / runs > 0.09
    assert 0.92 < covered / runs < 0.97
