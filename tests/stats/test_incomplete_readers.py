"""Readers who used some of the tests only."""

import numpy as np
import pytest

from nodewise.errors import StatsError
from nodewise.stats import (
    Unknown,
    auc_sums,
    average_roc,
    empirical_auc,
    fixed_cases,
    fixed_readers,
    obuchowski_rockette,
    reader_auc,
    reader_differences,
    reader_jackknife,
    reader_sensitivity,
    reader_study,
    u_auc,
    u_sensitivity,
    unbiased_figures,
)


def scored(seed, *, patients=24, readers=5, tests=2, gain=0.0):
    rng = np.random.default_rng(seed)
    patient = np.repeat(np.arange(patients), 3)
    truth = rng.random(len(patient)) < 0.4
    truth[:2] = True, False
    shape = (tests, readers, len(patient))
    skill = 1.2 + rng.normal(scale=0.4, size=readers)[None, :, None]
    skill = skill + np.array([gain, 0, 0, 0][:tests])[:, None, None]
    seen = 0.7 * rng.normal(size=patients)[patient] + 0.5 * rng.normal(
        size=(tests, 1, len(patient))
    )
    return skill * truth + seen + rng.normal(size=shape), truth, patient


def without(scores, *cells):
    scores = scores.copy()
    for test, reader in cells:
        scores[test, reader] = np.nan
    return scores


def studied(scores, truth, patient):
    return reader_study(scores, truth, patient, direction="higher")


ANALYSES = {
    "random": lambda study: obuchowski_rockette(reader_auc(study)),
    "jackknife": lambda s: obuchowski_rockette(reader_jackknife(s, empirical_auc, name="AUC")),
    "unbiased": lambda study: obuchowski_rockette(unbiased_figures(study, auc_sums(study))),
    "fixed cases": lambda study: fixed_cases(reader_auc(study)),
    "fixed readers": lambda study: fixed_readers(reader_auc(study)),
    "u": u_auc,
}


@pytest.mark.parametrize("analysis", ANALYSES.values(), ids=ANALYSES)
def test_a_reader_who_used_no_test_is_as_good_as_absent(analysis):
    scores, truth, patient = scored(1)
    idle = analysis(studied(without(scores, (0, 4), (1, 4)), truth, patient))
    absent = analysis(studied(scores[:, :4], truth, patient))
    for one, other in zip(
        (*idle.means, *idle.differences), (*absent.means, *absent.differences), strict=True
    ):
        assert (one.value, one.error) == pytest.approx((other.value, other.error), rel=1e-9)
        assert one.error_df == pytest.approx(other.error_df)


@pytest.mark.parametrize("analysis", ["random", "unbiased", "fixed cases", "u"])
def test_readers_and_patients_of_one_test_each_are_two_studies(analysis):
    """Nested in tests: the variance of the difference is the sum of the two means'."""
    scores, truth, patient = scored(2, readers=6)
    first = patient < 12
    scores[0][:, ~first], scores[1][:, first] = np.nan, np.nan
    nested = without(scores, (0, 3), (0, 4), (0, 5), (1, 0), (1, 1), (1, 2))
    found = ANALYSES[analysis](studied(nested, truth, patient))
    alone = [
        ANALYSES[analysis](studied(scores[[test]][:, readers], truth, patient)).means[0]
        for test, readers in ((0, [0, 1, 2]), (1, [3, 4, 5]))
    ]
    gap = found.differences[0]
    assert gap.value == pytest.approx(alone[0].value - alone[1].value)
    if analysis != "random":  # which takes one mean Cov2 for both tests
        assert gap.error**2 == pytest.approx(sum(one.error**2 for one in alone), rel=1e-9)


def test_fixed_readers_are_compared_among_those_with_every_test():
    scores, truth, patient = scored(3)
    found = fixed_readers(reader_auc(studied(without(scores, (1, 2)), truth, patient)))
    kept = fixed_readers(reader_auc(studied(scores[:, [0, 1, 3, 4]], truth, patient)))
    assert found.differences[0].low == pytest.approx(kept.differences[0].low)
    assert "the 4 of 5 readers with every test" in found.differences[0].method


def test_a_reader_without_one_test_has_no_difference_and_the_reason():
    scores, truth, patient = scored(4)
    study = studied(without(scores, (0, 1)), truth, patient)
    found = reader_differences(reader_auc(study), 0, 1)
    assert isinstance(found[1], Unknown)
    assert "one of the tests only" in found[1].reason
    assert all(one.low is not None for one in found if not isinstance(one, Unknown))
    assert average_roc(study, 0).readers == 4


def test_calls_may_lack_cells_too():
    scores, truth, patient = scored(5)
    calls = np.where(np.isnan(scores), np.nan, scores > 0.6)
    study = studied(without(calls, (0, 1), (1, 3)), truth, patient)
    classic, moments = obuchowski_rockette(reader_sensitivity(study)), u_sensitivity(study)
    assert classic.differences[0].value == pytest.approx(moments.differences[0].value)
    assert "3 of 5 with both tests" in classic.differences[0].method
    assert "3 of them with both tests" in moments.differences[0].method
    assert classic.test.p == pytest.approx(classic.differences[0].test.p)


@pytest.mark.parametrize(
    ("cells", "call", "sentence"),
    [
        ([(0, r) for r in range(4)], ANALYSES["random"], "test 1 was used by 1 reader"),
        ([(0, r) for r in range(4)], ANALYSES["u"], "used by 2 or more; there is 1"),
        ([(0, r) for r in range(5)], ANALYSES["random"], "no reader read a unit with test 1"),
        (
            [(0, 0), (0, 1), (0, 2), (1, 3), (1, 4)],
            ANALYSES["fixed readers"],
            "no reader used every test",
        ),
    ],
)
def test_too_few_readers_of_a_test_get_a_sentence(cells, call, sentence):
    scores, truth, patient = scored(6)
    with pytest.raises(StatsError, match=sentence):
        call(studied(without(scores, *cells), truth, patient))


@pytest.mark.slow
@pytest.mark.parametrize("analysis", ["random", "u"])
@pytest.mark.parametrize(
    "cells", [((0, 0), (1, 5)), ((0, 0), (0, 1), (0, 2), (1, 3), (1, 4), (1, 5))]
)
def test_the_difference_keeps_its_level_where_readers_lack_tests(analysis, cells):
    held, runs = 0, 300
    for seed in range(runs):
        scores, truth, patient = scored(seed, patients=40, readers=6)
        gap = ANALYSES[analysis](studied(without(scores, *cells), truth, patient)).differences[0]
        held += gap.low is not None and gap.low <= 0 <= gap.high
    assert held / runs > 0.92
