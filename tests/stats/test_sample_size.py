import numpy as np
import pytest

from nodewise.errors import StatsError
from nodewise.stats import (
    auc_cases,
    auc_power,
    design_effect,
    empirical_auc,
    noninferiority,
    obuchowski_rockette,
    paired_difference,
    pairs_for_difference,
    pairs_for_noninferiority,
    patients_for_units,
    reader_jackknife,
    reader_study,
    reader_study_power,
    readers_cases,
    subjects_for_sensitivity,
    units_for_precision,
)


@pytest.mark.real_data
def test_precision_and_clustering_agree_with_epir(case):
    published = case("sample_size")
    found = subjects_for_sensitivity(0.85, 0.05, prevalence=0.2)
    assert found == published.near("buderer_sens_.85_prev_.2_d_.05")
    assert units_for_precision(0.85, 0.05) == published.near("plain_n_pos")
    effect = design_effect(icc=0.15, units_per_patient=10)
    units = units_for_precision(0.2, 0.05) * effect
    assert effect == published.near("cluster_prop_rho.15_b10", "DEF")
    assert units == published.near("cluster_prop_rho.15_b10", "n.ssu")
    patients = patients_for_units(
        units_for_precision(0.2, 0.05), effect=effect, units_per_patient=10
    )
    assert patients == np.ceil(published.value("cluster_prop_rho.15_b10")["n.psu"])


@pytest.mark.real_data
def test_power_of_an_auc_agrees_with_proc(case):
    published = case("delong_asah")
    found = auc_power(0.8, cases=41, controls=72)
    assert found == published.near("power_one_roc_auc0.8_41_72")
    assert auc_cases(0.8, controls_per_case=1) == published.near(
        "n_one_roc_auc0.8_power.9", "ncases"
    )


@pytest.mark.real_data
def test_reader_studies_are_sized_as_rjafroc_sizes_them(case):
    pilot, published = case("mrmc_vandyke"), case("mrmc_sizing")
    place = [pilot.column(name).astype(int) - 1 for name in ("treatment", "reader", "case")]
    scores, truth = np.full((2, 5, 114), np.nan), np.zeros(114)
    scores[tuple(place)] = pilot.column("rating")
    truth[place[2]] = pilot.column("truth")
    study = reader_study(scores, truth, np.arange(114), direction="higher")
    parts = obuchowski_rockette(reader_jackknife(study, empirical_auc, name="AUC")).components
    found = reader_study_power(parts, 0.05, readers=6, case_ratio=251 / 114)
    assert found == published.near("power_J6_K251_es.05_RRRC", "powerRRRC")
    found = reader_study_power(parts, 0.05, readers=5, case_ratio=1)
    assert found == published.near("power_J5_K114_es.05_RRRC", "powerRRRC")
    assert readers_cases(parts, 0.05, readers=6, pilot_cases=114) == 170


def test_one_unit_a_patient_has_no_design_effect():
    assert design_effect(icc=0.3, units_per_patient=1) == 1


def test_unequal_numbers_of_nodes_cost_patients():
    equal, unequal = (design_effect(icc=0.2, units_per_patient=4, size_cv=cv) for cv in (0, 0.8))
    assert unequal > equal


def test_power_and_size_of_an_auc_are_each_others_inverse():
    cases = auc_cases(0.75, controls_per_case=2, power=0.85)
    assert auc_power(0.75, cases=cases, controls=2 * cases) == pytest.approx(0.85)


@pytest.mark.slow
def test_paired_sizes_give_the_power_they_promise():
    rng = np.random.default_rng(4)
    units = int(np.ceil(pairs_for_difference(0.1, 0.2, power=0.8)))
    shown = 0
    for _ in range(600):
        kind = rng.choice(3, size=units, p=[0.15, 0.05, 0.8])
        found = paired_difference(kind == 0, kind == 1, np.arange(units))
        shown += found.test.p < 0.05
    assert shown / 600 == pytest.approx(0.8, abs=0.05)
    units = int(np.ceil(pairs_for_noninferiority(0.1, 0.2, power=0.8)))
    shown = 0
    for _ in range(600):
        kind = rng.choice(3, size=units, p=[0.1, 0.1, 0.8])
        found = paired_difference(kind == 0, kind == 1, np.arange(units))
        shown += noninferiority(found, margin=0.1).p < 0.025
    assert shown / 600 == pytest.approx(0.8, abs=0.05)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: units_for_precision(1.2, 0.05), "between 0 and 1"),
        (lambda: design_effect(icc=-0.1, units_per_patient=3), "ICC from 0 to 1"),
        (lambda: subjects_for_sensitivity(0.8, 0.05, prevalence=0), "prevalence"),
        (lambda: pairs_for_difference(0.3, 0.2), "differ on at least"),
        (lambda: pairs_for_noninferiority(-0.1, 0.2), "between 0 and 1"),
        (lambda: auc_power(0.4, cases=10, controls=10), "between 0.5 and 1"),
    ],
)
def test_impossible_plans_get_a_sentence(call, sentence):
    with pytest.raises(StatsError, match=sentence):
        call()
