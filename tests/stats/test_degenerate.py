"""Data that cannot answer: a sentence, never a traceback, a NaN or an interval of no width."""

import warnings

import numpy as np
import pytest

from nodewise.errors import StatsError
from nodewise.stats import (
    Estimate,
    agreement,
    fit_cox,
    fit_fine_gray,
    fit_logistic,
    fit_ordinal,
    follow_up,
    harrell_c,
    icc,
    incidence_at,
    limits_of_agreement,
    measured,
    obuchowski_rockette,
    ratings,
    reader_auc,
    reader_study,
    restricted_mean,
    survival_at,
    u_auc,
)

UNITS = np.arange(6)
ALIKE = np.tile(np.arange(6.0), (2, 2, 1))
TRUTH = [0, 0, 0, 1, 1, 1]


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (
            lambda: obuchowski_rockette(
                reader_auc(reader_study(ALIKE, TRUTH, UNITS, direction="higher"))
            ),
            "no variance",
        ),
        (
            lambda: u_auc(reader_study(ALIKE, TRUTH, np.ones(6), direction="higher")),
            "2 patients or more",
        ),
        (
            lambda: reader_auc(reader_study(ALIKE, TRUTH, np.ones(6), direction="higher")),
            "2 patients or more",
        ),
        (
            lambda: reader_study(np.full((1, 2, 6), np.inf), TRUTH, UNITS, direction="higher"),
            "must be finite",
        ),
        (lambda: ratings([[1, "a"]], [1]), "these are mixed"),
        (lambda: fit_logistic([1.0, 2, 3], [0, 1, 0], [1, 1, 1]), "2 patients or more"),
        (lambda: fit_ordinal([1.0, 2, 3], [0, 1, 0], [1, 1, 1]), "2 patients or more"),
        (lambda: fit_cox(follow_up([1, 2], [1, 1], [1, 1]), [1.0, 2]), "2 patients or more"),
        (lambda: fit_fine_gray(follow_up([1, 2], [1, 2], [1, 1]), [1.0, 2]), "2 patients or more"),
    ],
)
def test_what_cannot_be_estimated_gets_a_sentence(call, sentence):
    with pytest.raises(StatsError, match=sentence):
        call()


@pytest.mark.parametrize(
    ("call", "value", "reason"),
    [
        (lambda: icc(measured([[1, 2], [3, 4]], [1, 1]), "ICC(2,1)"), 0.8, "2 patients or more"),
        (lambda: icc(measured([[1, 1], [2, 2], [3, 3]], [1, 2, 3]), "ICC(2,1)"), 1.0, "no error"),
        (lambda: icc(measured([[1, 2], [1, 2]], [1, 2]), "ICC(2,1)"), 0.0, "no error"),
        (lambda: limits_of_agreement([1, 2, 3], [1, 2, 3], [1, 2, 3]).high, 0.0, "no variance"),
        (
            lambda: agreement(ratings([["a", "a"], ["b", "b"]], [1, 2]), "kappa"),
            1.0,
            "no variance",
        ),
        (lambda: restricted_mean(follow_up([1, 2], [0, 0], [1, 2]), 2), 2.0, "no variance"),
        (lambda: survival_at(follow_up([1, 2], [1, 0], [1, 1]), 1), 0.5, "2 patients or more"),
        (lambda: incidence_at(follow_up([1, 2], [1, 2], [1, 1]), 1, 1), 0.5, "one patient"),
        (
            lambda: harrell_c(
                follow_up([1, 2, 3], [1, 1, 0], [1, 1, 1]), [3, 2, 1], direction="higher"
            ),
            1.0,
            "no variance",
        ),
    ],
)
def test_a_value_that_has_no_interval_says_why(call, value, reason):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = call()
    assert isinstance(found, Estimate)
    assert found.value == pytest.approx(value)
    assert (found.low, found.high) == (None, None)
    assert reason in found.reason
    assert "no interval" in str(found)
