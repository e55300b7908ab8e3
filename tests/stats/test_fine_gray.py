import numpy as np
import pytest
from scipy.stats import norm

from nodewise.errors import StatsError
from nodewise.stats import fit_cox, fit_fine_gray, follow_up

EFFECT = 0.7


def cohort(seed, *, patients=80, other=True):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(patients, 2))
    time = rng.exponential(np.exp(-0.7 * x[:, 0]))
    event = np.where(rng.random(patients) < 0.4, 2, 1) if other else np.ones(patients, int)
    lost = rng.exponential(2.0, size=patients)
    return np.minimum(time, lost), np.where(time <= lost, event, 0), x


@pytest.fixture
def mgus(case):
    published = case("competing_mgus2")
    spike = published.column("mspike")
    known = ~np.isnan(spike)
    x = np.stack([published.column("age"), published.words("sex") == "M", spike], axis=1)
    time, event = published.column("etime")[known], published.column("event")[known]
    return published, time, event, x.astype(float)[known]


@pytest.mark.real_data
def test_the_fit_agrees_with_cmprsk(mgus):
    published, time, event, x = mgus
    fit = fit_fine_gray(follow_up(time, event, np.arange(len(time))), x)
    name = "fine_gray_event1"
    assert list(fit.coefficients) == published.near(name, "coef")
    assert fit.log_likelihood == published.near(name, "loglik")
    assert list(np.sqrt(np.diag(fit.covariance))) == published.near(name, "se")


@pytest.mark.real_data
def test_the_cause_specific_model_agrees_with_r(mgus):
    published, time, event, x = mgus
    fit = fit_cox(follow_up(time, event == 1, np.arange(len(time))), x)
    name = "cause_specific_cox_event1"
    assert list(fit.coefficients) == published.near(name, "coef")
    assert list(np.sqrt(np.diag(fit.model_covariance))) == published.near(name, "se")


@pytest.mark.parametrize("seed", range(4))
def test_without_competing_events_it_is_cox_with_breslows_ties(seed):
    time, event, x = cohort(seed, other=False)
    data = follow_up(np.round(time, 1), event, np.arange(len(time)))
    found, cox = fit_fine_gray(data, x), fit_cox(data, x, efron=False)
    assert found.coefficients == pytest.approx(cox.coefficients)
    assert np.diag(found.covariance) == pytest.approx(np.diag(cox.covariance))


def test_repeating_every_unit_of_a_patient_changes_nothing():
    time, event, x = cohort(5)
    patient = np.arange(len(time))
    once = fit_fine_gray(follow_up(time, event, patient), x)
    twice = fit_fine_gray(
        follow_up(np.tile(time, 2), np.tile(event, 2), np.tile(patient, 2)), np.tile(x, (2, 1))
    )
    assert twice.coefficients == pytest.approx(once.coefficients)
    assert twice.covariance == pytest.approx(once.covariance)


def test_the_other_cause_can_be_modelled_and_printed():
    time, event, x = cohort(6, patients=200)
    data = follow_up(time, event, np.arange(len(time)))
    found = fit_fine_gray(data, x, cause=2).hazard_ratio(0)
    assert found.low < found.value < found.high
    assert "Fine-Gray" in str(found)


def test_a_cause_without_events_gets_a_sentence():
    with pytest.raises(StatsError, match="cause 3; there is none"):
        fit_fine_gray(follow_up([1, 2], [1, 2], [1, 2]), [0.0, 1.0], cause=3)


def test_a_predictor_that_orders_all_events_gets_a_sentence():
    with pytest.raises(StatsError, match="no finite fit"):
        fit_fine_gray(follow_up([1, 2, 3], [1, 1, 1], [1, 2, 3]), [3.0, 2.0, 1.0])


def drawn(patients, units, rng):
    """Follow-up whose incidence of cause 1 is a Fine-Gray model; units of a patient resemble.

    Source:
        Fine & Gray, J Am Stat Assoc 1999;94:496, their simulation.
    """

    def chance():
        shared, own = rng.normal(size=(patients, 1)), rng.normal(size=(patients, units))
        return norm.cdf(np.sqrt(0.5) * (shared + own)).ravel()

    x = np.repeat(rng.normal(size=patients), units)
    ratio, most = np.exp(EFFECT * x), 0.3
    first = chance() < 1 - (1 - most) ** ratio
    placed = 1 - chance() * (1 - (1 - most) ** ratio)
    early = -np.log(1 - (1 - placed ** (1 / ratio)) / most)
    other = -np.log(chance()) * np.exp(0.5 * EFFECT * x)
    time, end = np.where(first, early, other), rng.uniform(0.3, 1.2, len(x))
    event = np.where(time > end, 0, np.where(first, 1, 2))
    who = np.repeat(np.arange(patients), units)
    return follow_up(np.minimum(time, end), event, who), x


@pytest.mark.slow
@pytest.mark.parametrize(("patients", "units"), [(80, 1), (120, 3)])
def test_intervals_cover_the_truth_with_15_events_and_with_several_units_a_patient(patients, units):
    runs, covered, naive = 400, 0, 0
    for seed in range(runs):
        fit = fit_fine_gray(*drawn(patients, units, np.random.default_rng([18, units, seed])))
        gap = abs(fit.coefficients[0] - EFFECT)
        covered += gap < 1.96 * np.sqrt(fit.covariance[0, 0])
        naive += gap < 1.96 * np.sqrt(fit.model_covariance[0, 0])
    assert 0.91 < covered / runs < 0.97
    assert units == 1 or naive / runs < 0.92
