import numpy as np
import pytest
from cases import study

from nodewise.errors import StatsError
from nodewise.stats import (
    begg_greenes_sensitivity,
    begg_greenes_specificity,
    sensitivity,
    specificity,
)


def test_full_verification_changes_nothing():
    data = study(4, patients=30)
    test, truth, patient = data["test"], data["truth"], data["patient"]
    for corrected, plain in (
        (begg_greenes_sensitivity, sensitivity),
        (begg_greenes_specificity, specificity),
    ):
        assert corrected(test, truth, patient).value == pytest.approx(
            plain(test, truth, patient).value
        )


def test_verification_that_follows_the_test_is_undone():
    rng = np.random.default_rng(8)
    n = 40_000
    truth = rng.random(n) < 0.2
    test = rng.random(n) < np.where(truth, 0.7, 0.1)
    seen = np.where(rng.random(n) < np.where(test, 0.9, 0.2), truth.astype(float), np.nan)
    patient = np.arange(n) // 4
    assert begg_greenes_sensitivity(test, seen, patient).value == pytest.approx(0.7, abs=0.03)
    assert begg_greenes_specificity(test, seen, patient).value == pytest.approx(0.9, abs=0.01)


def test_none_and_nan_both_mean_unknown():
    test, patient = [1, 1, 1, 0, 0, 0], [1, 2, 3, 1, 2, 3]
    found = [
        begg_greenes_sensitivity(test, truth, patient).value
        for truth in ([1, 0, None, 0, 1, None], [1, 0, np.nan, 0, 1, np.nan])
    ]
    assert found[0] == found[1]


def test_no_verified_negative_gets_a_sentence():
    with pytest.raises(StatsError, match="calls negative; none of 2 has a reference"):
        begg_greenes_sensitivity([1, 1, 0, 0], [1, 0, None, None], [1, 2, 3, 4])


def test_no_missed_unit_among_the_verified_adds_one_half_and_says_so():
    found = begg_greenes_sensitivity([1, 1, 0, 0] * 6, [1, 0, 0, None] * 6, np.arange(24))
    assert "0.5 added" in found.method
    assert 0 < found.low < found.value < found.high < 1


@pytest.mark.real_data
def test_the_published_example_comes_out(case):
    drum = case("verification_bias_drum")
    times = drum.column("n").astype(int)
    test, truth = np.repeat(drum.column("T"), times), np.repeat(drum.column("D"), times)
    patient = np.arange(len(test))
    found = begg_greenes_sensitivity(test, truth, patient)
    assert found.value == drum.near("begg_greenes", "sens")
    assert begg_greenes_specificity(test, truth, patient).value == drum.near("begg_greenes", "spec")
    known = ~np.isnan(truth)
    naive = sensitivity(test[known], truth[known], patient[known]).value
    assert naive == drum.near("naive", "sens")
    # their own error on the logit scale, for independent units; t(80): 81 verified test negatives
    error = np.sqrt(650 / (429 * 221) + 32 / (231 * 263) + 54 / (27 * 81))
    half = np.log(found.high / (1 - found.high)) - np.log(found.value / (1 - found.value))
    assert half / 1.99006 == pytest.approx(error, rel=0.01)


@pytest.mark.slow
def test_corrected_intervals_cover_what_they_should():
    rng = np.random.default_rng(12)
    place, weight = np.polynomial.hermite_e.hermegauss(40)
    true = [
        np.sum(weight / (1 + np.exp(-(shift + 0.7 * place)))) / weight.sum()
        for shift in (1.0, -1.8)
    ]
    covered, runs = np.zeros(2), 0
    for _ in range(500):
        patient = np.repeat(np.arange(40), 6)
        shared = 0.7 * rng.normal(size=40)[patient]
        truth = rng.random(240) < 0.25
        test = rng.random(240) < 1 / (1 + np.exp(-(np.where(truth, 1.0, -1.8) + shared)))
        verified = rng.random(240) < np.where(test, 0.9, 0.35)
        seen = np.where(verified, truth.astype(float), np.nan)
        found = begg_greenes_sensitivity(test, seen, patient)
        other = begg_greenes_specificity(test, seen, patient)
        covered += [found.low <= true[0] <= found.high, other.low <= 1 - true[1] <= other.high]
        runs += 1
    assert np.all((covered / runs > 0.92) & (covered / runs < 0.995))


@pytest.mark.parametrize(
    ("estimator", "word", "truth"),
    [(begg_greenes_sensitivity, "involved", 0.0), (begg_greenes_specificity, "free", 1.0)],
)
def test_nothing_is_estimated_from_verified_units_of_the_other_kind_alone(estimator, word, truth):
    test, patient = np.array([1, 0] * 20, bool), np.arange(40) // 4
    reference = np.where(np.arange(40) % 4 < 2, truth, np.nan)
    with pytest.raises(StatsError, match=f"none of 20 verified units is {word}"):
        estimator(test, reference, patient)
