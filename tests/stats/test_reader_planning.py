"""A reader study without a pilot."""

import numpy as np
import pytest

from nodewise.errors import StatsError
from nodewise.stats import (
    ReaderSpread,
    area_variance,
    expected_components,
    reader_study_power,
    readers_cases,
    sd_of_range,
)

PUBLISHED = {
    "MRMCsamplesize_auc_J10": (10, 0.1, 0.1, 0.05, (0.47, 0.3, 0.3)),
    "MRMCsamplesize_auc_J20_ICC.5_s1.25_clustered": (20, 0.05, 0.2, 0.05, (0.47, 0.3, 0.3)),
    "MRMCsamplesize_se_J15_ICC.5_s1.25_clustered": (15, 0.05, 0.2, 0.025, (0.5, 0.3, 0.3)),
}


@pytest.mark.real_data
@pytest.mark.parametrize("name", PUBLISHED)
def test_components_and_units_are_those_of_mrmcsamplesize(case, name):
    readers, difference, between, within, correlations = PUBLISHED[name]
    expected = case("mrmc_sizing").value(name)
    parts, sizes = expected["varComponents"], expected["ORSampleSizeResults"]
    spread = ReaderSpread(between=sd_of_range(between, readers), within=sd_of_range(within, 2))
    assert spread.between**2 == pytest.approx(parts["varR"], rel=1e-8)
    assert spread.within**2 == pytest.approx(parts["varW"], rel=1e-8)
    unit = 0.75 * 0.25 if "_se_" in name else area_variance(0.75, controls_per_case=1)
    one = expected_components(unit, readers=spread, correlations=correlations)
    assert one.test_by_reader == pytest.approx(parts["varTR"] + parts["varW"], rel=1e-8)
    found = readers_cases(one, difference, readers=readers, pilot_cases=1)
    assert found == sizes["nUnits_i"]
    exact = unit / (parts["varE"] - parts["varW"])  # the peer rounds up at the end only
    power = reader_study_power(one, difference, readers=readers, case_ratio=exact)
    assert power == pytest.approx(0.8, abs=1e-6)


def test_a_range_grows_with_the_number_of_readers_and_its_sd_is_tippetts():
    assert 1 / sd_of_range(1, 2) == pytest.approx(2 / np.sqrt(np.pi))
    assert 1 / sd_of_range(1, 3) == pytest.approx(3 / np.sqrt(np.pi))
    assert 1 / sd_of_range(1, 20) == pytest.approx(3.73495, abs=1e-5)


def test_more_readers_or_less_spread_need_fewer_units():
    def needed(readers, between):
        one = expected_components(0.13, readers=ReaderSpread(between=between))
        return readers_cases(one, 0.08, readers=readers, pilot_cases=1)

    assert needed(6, 0.05) > needed(12, 0.05) > needed(12, 0.02)


def test_a_stricter_level_needs_more_units():
    one = expected_components(0.13, readers=ReaderSpread(between=0.03))
    sizes = [
        readers_cases(one, 0.08, readers=8, pilot_cases=1, level=level) for level in (0.9, 0.99)
    ]
    assert sizes[0] < sizes[1]


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: ReaderSpread(between=-0.1), "0 or more and a correlation"),
        (lambda: sd_of_range(0.1, 1), "2 values or more"),
        (lambda: expected_components(0.0, readers=ReaderSpread(between=0.1)), "above 0"),
        (
            lambda: expected_components(
                0.1, readers=ReaderSpread(between=0.1), correlations=(0.2, 0.3, 0.3)
            ),
            "less than two readers of two tests",
        ),
        (lambda: area_variance(1.0, controls_per_case=1), "between 0 and 1"),
        (
            lambda: readers_cases(
                expected_components(0.1, readers=ReaderSpread(between=0.3)),
                0.02, readers=3, pilot_cases=1,
            ),
            "cannot show this difference",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_planned_gets_a_sentence(call, sentence):
    with pytest.raises(StatsError, match=sentence):
        call()
