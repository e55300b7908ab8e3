import numpy as np
import pytest
from cases import study
from hypothesis import given
from hypothesis import strategies as st

from nodewise.errors import StatsError
from nodewise.stats import (
    mcclish,
    partial_area,
    partial_auc,
    roc_curve,
    sensitivity_at_specificity,
)

STUDIES = st.integers(0, 10_000).map(study)


def curve_of(data, direction="higher"):
    return roc_curve(data["score"], data["truth"], data["patient"], direction=direction)


@given(STUDIES, st.floats(0.05, 0.95))
def test_the_parts_of_the_area_add_up(data, cut):
    curve = curve_of(data)
    for over in ("specificity", "sensitivity"):
        parts = [
            partial_area(curve, low=low, high=high, over=over) for low, high in ((0, cut), (cut, 1))
        ]
        assert sum(parts) == pytest.approx(curve.area)


def test_chance_is_one_half_and_perfection_one_after_the_correction():
    assert mcclish(0.1**2 / 2, low=0.9) == pytest.approx(0.5)
    assert mcclish(0.1, low=0.9) == pytest.approx(1)


def test_the_whole_range_gives_the_auc():
    curve = curve_of(study(3))
    assert mcclish(partial_area(curve, low=0), low=0) == pytest.approx(curve.area)


def test_an_interval_holds_its_partial_area_and_is_reproducible():
    curve = curve_of(study(3, patients=30))
    first, second = (partial_auc(curve, low=0.8, rng=np.random.default_rng(2)) for _ in "ab")
    assert first == second
    assert first.low < first.value < first.high


def test_sensitivity_at_a_specificity_has_an_interval_even_at_its_ends():
    curve = curve_of(study(3, patients=30))
    for specificity in (0.0, 0.9, 1.0):
        found = sensitivity_at_specificity(curve, specificity, rng=np.random.default_rng(2))
        assert 0 <= found.low <= found.value <= found.high <= 1
        assert found.low < found.high


def test_a_range_turned_round_is_refused():
    with pytest.raises(StatsError, match=r"0\.9 to 0\.1"):
        partial_area(curve_of(study(1)), low=0.9, high=0.1)


@pytest.mark.real_data
def test_partial_areas_agree_with_proc(case):
    asah = case("delong_asah")
    truth = asah.column("outcome")
    patient = np.arange(len(truth))
    s100b, wfns = (
        roc_curve(asah.column(name), truth, patient, direction="higher")
        for name in ("s100b", "wfns")
    )
    of_specificity = partial_area(s100b, low=0.9)
    of_sensitivity = partial_area(s100b, low=0.9, over="sensitivity")
    assert of_specificity == asah.near("pauc_s100b_spec_0.9_1")
    assert mcclish(of_specificity, low=0.9) == asah.near("pauc_s100b_spec_0.9_1_corrected_mcclish")
    assert of_sensitivity == asah.near("pauc_s100b_sens_0.9_1")
    assert mcclish(of_sensitivity, low=0.9) == asah.near("pauc_s100b_sens_0.9_1_corrected")
    assert partial_area(wfns, low=0.8) == asah.near("pauc_wfns_spec_0.8_1")


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("specificity", "name"), [(0.9, "spec0.9"), (0.8, "spec0.8"), (0.5, "spec0.5")]
)
def test_sensitivity_at_a_specificity_has_an_interval_like_procs(case, specificity, name):
    asah = case("delong_asah")
    truth = asah.column("outcome")
    curve = roc_curve(asah.column("s100b"), truth, np.arange(len(truth)), direction="higher")
    found = sensitivity_at_specificity(curve, specificity, rng=np.random.default_rng(1))
    low, _, high = asah.value("ci95_boot_sens_at_spec_.9_.8_.5")[name]
    # the peer: percentiles, classes resampled apart; ours: logit-t
    assert (found.low, found.high) == pytest.approx((low, high), abs=0.07)
