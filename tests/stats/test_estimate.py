import json
import subprocess
import sys

import numpy as np
import pytest

from nodewise.errors import StatsError
from nodewise.stats import Estimate, Test, Unknown, proportion, sensitivity, tried
from nodewise.stats.estimate import p_words


def test_an_estimate_prints_as_a_results_sentence():
    found = Estimate(
        name="sensitivity",
        value=0.729,
        low=0.601,
        high=0.832,
        method="clustered logit-t",
        denominator=48,
        clusters=30,
    )
    assert str(found) == "0.73 (0.60 to 0.83); 48 nodes in 30 patients; clustered logit-t"


def test_the_unit_of_a_sentence_can_be_named():
    found = Estimate(name="x", value=0.5, method="m", denominator=9, clusters=9)
    assert "9 levels in 9 patients" in str(found.per("level"))
    assert "; 9 patients;" in str(found.per("patient"))


def test_a_row_of_a_table_keeps_full_precision_and_the_test():
    tested = Test(name="difference", statistic=2.5, df=(3.0,), p=0.02, method="t")
    row = Estimate(name="x", value=1 / 3, method="m", test=tested).as_dict()
    assert json.loads(json.dumps(row))["value"] == 1 / 3
    assert (row["statistic"], row["df"], row["p"]) == (2.5, [3.0], 0.02)


def test_what_cannot_be_estimated_becomes_a_row_with_the_sentence():
    found = tried("sensitivity of ADC", lambda: sensitivity([1, 0], [0, 0], [1, 2]))
    assert isinstance(found, Unknown)
    assert found.as_dict()["name"] == "sensitivity of ADC"
    assert found.as_dict()["value"] is None
    assert "none of 2 units" in found.reason
    assert set(found.as_dict()) == set(proportion([1, 0], [1, 2]).as_dict())


def test_what_can_be_estimated_is_renamed_only():
    found = tried("share", lambda: proportion([1, 0, 1], [1, 2, 3]))
    assert isinstance(found, Estimate)
    assert found.name == "share"


def test_a_bug_is_not_taken_for_a_quantity_that_cannot_be_estimated():
    with pytest.raises(ZeroDivisionError):
        tried("x", lambda: proportion(np.ones(1 // 0), [1]))


@pytest.mark.parametrize(
    ("p", "words"), [(0.5, "p = 0.50"), (0.049, "p = 0.049"), (3.8e-26, "p < 0.001")]
)
def test_p_values_are_never_printed_as_zero(p, words):
    assert p_words(p) == words


def test_errors_are_of_one_kind():
    with pytest.raises(StatsError):
        proportion([], [])


def test_the_room_is_entered_without_the_heavy_parts_of_scipy():
    code = "import sys, nodewise.stats; print(*[m for m in sys.modules if m.startswith('scipy.')])"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert "scipy.special" in loaded
    assert not {"scipy.stats", "scipy.optimize", "scipy.linalg"} & set(loaded)
