"""The log-rank test of patients and of units of patients."""

import numpy as np
import pytest
from golden import table
from hypothesis import given, settings
from hypothesis import strategies as st

from nodewise.errors import StatsError
from nodewise.stats import follow_up, log_rank

ROWS = st.lists(
    st.tuples(st.integers(1, 9), st.integers(0, 1), st.integers(0, 1), st.integers(0, 9)),
    min_size=12,
    max_size=50,
)


def test_units_of_patients_are_tested_as_by_a_robust_score_test_of_r():
    units = {name: column.astype(float) for name, column in table("comparisons_units").items()}
    expected = table("comparisons_expected", key="name")
    data = follow_up(units["time"], units["event"], units["patient"])
    found = log_rank(data, units["arm"])
    assert found.statistic == pytest.approx(expected["logrank_by_patient"], rel=1e-9)
    assert found.method == "log-rank, errors by patient"
    within = log_rank(data, units["arm"], units["site"])
    assert within.statistic == pytest.approx(expected["logrank_by_patient_in_strata"], rel=1e-9)


@settings(max_examples=20)
@given(rows=ROWS)
def test_repeating_every_unit_of_a_patient_changes_nothing(rows):
    time, event, group, patient = np.array(rows, float).T
    try:
        once = log_rank(follow_up(*np.tile([time, event, patient], 2)), np.tile(group, 2))
    except StatsError:
        return
    thrice = log_rank(follow_up(*np.tile([time, event, patient], 3)), np.tile(group, 3))
    assert thrice.statistic == pytest.approx(once.statistic, rel=1e-6, abs=1e-9)


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        (([1, 2], [1, 0], [1, 2], [1, 1]), "2 groups or more"),
        (([1, 2], [0, 0], [1, 2], [0, 1]), "needs events; there is none"),
        (([1, 2, 3], [1, 1, 0], [1, 1, 1], [0, 1, 1]), "more patients than groups"),
    ],
)
def test_what_cannot_be_tested_gets_a_sentence(rows, sentence):
    *followed, group = rows
    with pytest.raises(StatsError, match=sentence):
        log_rank(follow_up(*followed), group)


@pytest.mark.slow
def test_the_test_by_patient_keeps_its_level_where_patients_are_of_one_group():
    rng, found = np.random.default_rng(4), []
    for _ in range(600):
        patient = np.repeat(np.arange(60), 3)
        clock = rng.exponential(np.exp(rng.normal(size=60)))[patient] * rng.exponential(size=180)
        lost = rng.uniform(0.5, 3, 180)
        rows = np.minimum(clock, lost), clock <= lost
        group = patient % 2
        by_patient = log_rank(follow_up(*rows, patient), group)
        naive = log_rank(follow_up(*rows, np.arange(180)), group)
        found.append((by_patient.p < 0.05, naive.p < 0.05))
    share = np.mean(found, axis=0)
    assert 0.03 < share[0] < 0.075 < share[1]
