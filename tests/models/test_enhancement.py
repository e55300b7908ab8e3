"""Semi-quantitative numbers and types of curves."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodewise.errors import ModelError
from nodewise.models.enhancement import (
    SCHEMES,
    area,
    enhancement,
    takashima_type,
    washout_ratio,
    yabuuchi_type,
)

TIME = np.arange(0, 420, 10.0)


def curve(*, peak_at, peak, end):
    """100 until 20 s, straight to peak at peak_at, straight to end."""
    return np.interp(TIME, [20, peak_at, TIME[-1]], [100, peak, end])


def test_the_numbers_of_a_triangle():
    found = enhancement(TIME, curve(peak_at=80, peak=300, end=200), arrival=20)
    assert found.time_to_peak == 60
    assert found.relative == 2
    assert found.wash_in == pytest.approx(2 / 60)
    assert found.wash_out == pytest.approx(-1 / 330)
    assert found.area_60 == pytest.approx(60 * 200 / 2)


@given(end=st.floats(20, 400), first=st.floats(0, 19))
def test_the_area_under_a_line_is_exact_between_samples(end, first):
    line = 3 + 2 * TIME
    exact = 3 * (end - first) + end**2 - first**2
    assert area(TIME, line, first=first, last=end) == pytest.approx(exact)


def test_an_area_beyond_the_series_is_not_made_up():
    short = TIME < 60
    found = enhancement(TIME[short], curve(peak_at=40, peak=200, end=150)[short], arrival=20)
    assert np.isnan(found.area_60)


def test_curves_that_do_not_enhance_have_no_numbers():
    curves = np.stack([np.full(42, 100.0), np.full(42, np.nan), np.linspace(100, 50, 42)])
    found = enhancement(TIME, curves, arrival=20)
    assert np.isnan(found.time_to_peak).all()
    assert np.isnan(found.relative).all()


@pytest.mark.parametrize(
    ("made", "kind"),
    [
        ({"peak_at": 200, "peak": 300, "end": 290}, "A"),
        ({"peak_at": 80, "peak": 300, "end": 100}, "B"),
        ({"peak_at": 80, "peak": 300, "end": 280}, "C"),
        ({"peak_at": 80, "peak": 110, "end": 105}, "D"),
    ],
)
def test_each_yabuuchi_type(made, kind):
    assert yabuuchi_type(TIME, curve(**made), arrival=20) == kind


@pytest.mark.parametrize(
    ("made", "kind"),
    [
        ({"peak_at": 30, "peak": 300, "end": 200}, "A"),
        ({"peak_at": 50, "peak": 300, "end": 200}, "B"),
        ({"peak_at": 150, "peak": 300, "end": 290}, "C"),
        ({"peak_at": 410, "peak": 300, "end": 300}, "D"),
        ({"peak_at": 80, "peak": 110, "end": 105}, "E"),
    ],
)
def test_each_takashima_type(made, kind):
    assert takashima_type(TIME, curve(**made), arrival=20, injection=5) == kind


def test_a_curve_that_still_rises_at_the_end_has_no_type_before_210_s():
    short = TIME <= 150
    rising = curve(peak_at=410, peak=300, end=300)[short]
    assert takashima_type(TIME[short], rising, arrival=20, injection=5) == ""
    with pytest.raises(ModelError, match="after its injection; found 20 s and 30 s"):
        takashima_type(TIME, rising, arrival=20, injection=30)


@pytest.mark.parametrize("scheme", SCHEMES.values(), ids=SCHEMES)
def test_every_scheme_says_its_source_and_standing(scheme):
    assert "doi:10." in scheme.source
    assert "ours" in scheme.standing
    assert len(scheme.types) >= 4


def test_a_series_too_short_for_washout_has_no_early_type():
    short = TIME <= 200
    made = curve(peak_at=80, peak=300, end=100)[short]
    assert yabuuchi_type(TIME[short], made, arrival=20) == ""


def test_the_washout_ratio_is_a_share_of_the_rise():
    made = np.interp(TIME, [20, 80, 320, 410], [100, 300, 220, 220])
    assert washout_ratio(TIME, made, arrival=20, after=300) == pytest.approx(0.4)


def test_a_bolus_before_the_first_frame_is_refused():
    with pytest.raises(ModelError, match="needs a frame before the bolus"):
        enhancement(TIME, np.ones(42), arrival=-5)
