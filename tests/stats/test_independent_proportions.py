import numpy as np
import pytest
from cases import study
from hypothesis import given
from hypothesis import strategies as st

from nodewise.errors import StatsError
from nodewise.stats import (
    difference_between,
    equivalence,
    farrington_manning,
    miettinen_nurminen,
    noninferiority,
    noninferiority_between,
    paired_difference,
    proportion,
    tango,
    tango_score,
)

GROUP = st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


def test_the_score_interval_that_statsmodels_gets_wrong_is_right():
    found = miettinen_nurminen((56, 70), (48, 80))
    assert (found.low, found.high) == pytest.approx((0.05283, 0.33817), abs=5e-6)


def test_the_counts_on_which_statsmodels_raises_have_an_interval():
    found = miettinen_nurminen((9, 10), (3, 10))
    assert 0 < found.low < 0.6 < found.high < 1


@pytest.mark.real_data
def test_the_score_interval_agrees_with_propcis(case):
    found = miettinen_nurminen((56, 70), (48, 80))
    expected = case("binomial_intervals").near("newcombe_score_2indep_56_70_48_80")
    assert [found.low, found.high] == expected


@given(GROUP, GROUP)
def test_swapping_the_groups_mirrors_the_interval(first, second):
    found, mirror = miettinen_nurminen(first, second), miettinen_nurminen(second, first)
    assert (mirror.low, mirror.high) == pytest.approx((-found.high, -found.low), abs=1e-6)


@given(GROUP, GROUP)
def test_the_interval_holds_the_difference(first, second):
    found = miettinen_nurminen(first, second)
    assert -1 <= found.low <= found.value <= found.high <= 1
    assert found.high - found.low > 0.01


def test_farrington_and_mannings_test_at_no_margin_is_the_pooled_z_test():
    tiny = farrington_manning((56, 70), (48, 80), margin=1e-9)
    pooled = 104 / 150
    z = 0.2 / np.sqrt(pooled * (1 - pooled) * (1 / 70 + 1 / 80))
    assert tiny.statistic == pytest.approx(z, rel=1e-6)


def test_a_wider_margin_is_easier_to_keep():
    p = [farrington_manning((40, 50), (43, 50), margin=m).p for m in (0.05, 0.1, 0.2)]
    assert p == sorted(p, reverse=True)


def test_groups_of_clustered_nodes_use_their_effective_sizes():
    one, two = study(1, patients=30), study(2, patients=30)
    parts = [proportion(d["test"], d["patient"]) for d in (one, two)]
    found = difference_between(*parts)
    plain = miettinen_nurminen(*((p.value * p.effective, p.effective) for p in parts))
    assert (found.low, found.high) == (plain.low, plain.high)
    assert found.clusters == 60


def test_one_patient_a_group_cannot_be_compared():
    single = proportion([1, 0], [1, 1])
    with pytest.raises(StatsError, match="2 patients or more"):
        difference_between(single, single)


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("name", "cells"), [("sensitivity", (22, 78, 451)), ("specificity", (53, 22, 261))]
)
def test_tangos_interval_agrees_with_dtcompair(case, name, cells):
    found = tango(*cells)
    published = case("paired_dta_dtcompair")
    assert found.value == published.near("sesp_diff_ci_tango", name, "diff")
    assert found.low == published.near("sesp_diff_ci_tango", name, "diff.lcl")
    assert found.high == published.near("sesp_diff_ci_tango", name, "diff.ucl")


def test_tangos_statistic_at_0_is_mcnemars():
    assert tango_score(15, 5, 60, at=0) ** 2 == pytest.approx((15 - 5) ** 2 / 20)


def test_tangos_interval_mirrors_and_stands_no_discordance():
    found, mirror, none = tango(15, 5, 60), tango(5, 15, 60), tango(0, 0, 60)
    assert (mirror.low, mirror.high) == pytest.approx((-found.high, -found.low))
    assert none.low < 0 < none.high


def test_impossible_counts_are_refused():
    with pytest.raises(StatsError, match="cannot be"):
        miettinen_nurminen((11, 10), (3, 10))
    with pytest.raises(StatsError, match="cannot be"):
        tango(40, 40, 60)


def test_non_inferiority_is_shown_when_the_interval_lies_above_the_margin():
    rng = np.random.default_rng(1)
    patient = np.repeat(np.arange(60), 3)
    first = rng.random(180) < 0.8
    second = np.where(rng.random(180) < 0.9, first, rng.random(180) < 0.8)
    found = paired_difference(first, second, patient, level=0.95)
    for margin in (0.02, 0.05, 0.1):
        test = noninferiority(found, margin=margin)
        assert (test.p < 0.025) == (found.low > -margin)
        narrow = paired_difference(first, second, patient, level=0.90)
        inside = -margin < narrow.low and narrow.high < margin
        assert (equivalence(found, margin=margin).p < 0.05) == inside


def test_a_margin_is_positive_and_a_difference_has_an_error():
    found = paired_difference([1, 0, 1, 1], [0, 0, 1, 0], [1, 2, 3, 4])
    with pytest.raises(StatsError, match="margin is positive"):
        noninferiority(found, margin=-0.1)
    with pytest.raises(StatsError, match="cannot be held against a margin"):
        noninferiority(paired_difference([1, 0], [1, 0], [1, 2]), margin=0.1)


@given(seed=st.integers(0, 10_000), margin=st.sampled_from([0.05, 0.1, 0.2, 0.35]))
def test_no_inferiority_is_shown_where_the_interval_stays_above_minus_the_margin(seed, margin):
    rng = np.random.default_rng(seed)
    groups = []
    for share in rng.uniform(0.3, 0.95, 2):
        patient = np.repeat(np.arange(25), 3)
        groups.append(proportion(rng.random(75) < share, patient))
    gap = difference_between(*groups)
    test = noninferiority_between(*groups, margin=margin)
    assert (test.p < 0.025) == (gap.low > -margin)


def test_no_inferiority_of_single_patients_is_tested_as_by_farrington_and_manning():
    found = [proportion(np.arange(80) < hits, np.arange(80)) for hits in (60, 64)]
    test = noninferiority_between(*found, margin=0.15)
    effective = [(one.value * one.effective, one.effective) for one in found]
    peer = farrington_manning(*effective, margin=0.15)
    total = sum(size for _, size in effective)
    assert test.statistic == pytest.approx(peer.statistic * np.sqrt((total - 1) / total))


@pytest.mark.parametrize("margin", [0, 1, -0.2])
def test_a_margin_between_groups_is_a_fraction(margin):
    one = proportion(np.arange(20) < 12, np.arange(20))
    with pytest.raises(StatsError, match="margin lies between 0 and 1"):
        noninferiority_between(one, one, margin=margin)
