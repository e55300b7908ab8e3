import numpy as np
import pytest

from nodewise.errors import StatsError
from nodewise.stats import follow_up, proportional_hazards


def cohort(seed, *, patients=120, units=1, effect=0.4, late=0.0):
    """Times whose hazard ratio exp(effect) is exp(effect + late) after time 1.

    Units of a patient share half of their predictors, and a hazard where they are several.
    """
    rng = np.random.default_rng(seed)
    patient = np.repeat(np.arange(patients), units)
    x = rng.normal(size=(len(patient), 2)) + rng.normal(size=(patients, 2))[patient]
    shared = np.exp(rng.normal(0, 0.8, patients))[patient] if units > 1 else 1.0
    spent = rng.exponential(size=len(patient)) / shared
    early, later = np.exp(effect * x[:, 0]), np.exp((effect + late) * x[:, 0])
    time = np.where(spent < early, spent / early, 1 + (spent - early) / later)
    lost = rng.exponential(4, size=len(patient))
    return follow_up(np.minimum(time, lost), time <= lost, patient), x


@pytest.mark.parametrize("units", [1, 2])
def test_only_the_order_of_times_matters_and_no_unit_of_a_predictor(units):
    data, x = cohort(1, units=units)
    patient, order = data.clusters.index, np.random.default_rng(1).permutation(len(x))
    other = follow_up(data.time[order] ** 2, data.event[order], patient[order])
    once = [test.statistic for test in proportional_hazards(data, x)]
    again = [test.statistic for test in proportional_hazards(other, 3 * x[order] + 1)]
    assert again == pytest.approx(once)


def test_several_units_of_a_patient_are_summed_by_patient():
    data, x = cohort(1, units=4, patients=60)
    copies = follow_up(data.time, data.event, np.arange(len(x)))
    by_patient, naive = proportional_hazards(data, x), proportional_hazards(copies, x)
    assert "by patient" in by_patient[0].method
    assert "by patient" not in naive[0].method
    assert by_patient[0].statistic != pytest.approx(naive[0].statistic, rel=0.01)


def test_a_hazard_ratio_that_changes_is_found():
    first, second, both = proportional_hazards(*cohort(2, patients=400, late=-1.2))
    assert first.p < 0.001
    assert second.p > 0.05
    assert both.df == (2,)


@pytest.mark.slow
@pytest.mark.parametrize("units", [1, 3])
def test_constant_ratios_are_doubted_as_often_as_said(units):
    found = [
        [test.p < 0.05 for test in proportional_hazards(*cohort(seed, units=units, effect=0.0))]
        for seed in range(600)
    ]
    assert np.mean(found, axis=0) == pytest.approx([0.05] * 3, abs=0.03)


def test_events_at_one_time_get_a_sentence():
    data = follow_up([2, 2, 2, 3, 3, 3], [1, 1, 1, 0, 0, 0], np.arange(6))
    with pytest.raises(StatsError, match="too few times"):
        proportional_hazards(data, [1.0, 2, 0, 1, 3, 2])
