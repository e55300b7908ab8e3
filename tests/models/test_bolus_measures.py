"""Measures of a bolus: closed forms against fine sums, laws of units, errors against simulation."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import trapezoid

from nodewise.maps import fit
from nodewise.models import FirstPassage, GammaVariate, LocalDensityRandomWalk, Lognormal
from nodewise.models.bolus_measures import MEASURES, covariance, measure_errors, measures

CURVES = {
    Lognormal: [[300.0, 8.0, 2.7, 0.5], [50.0, 3.0, 2.0, 1.1]],
    GammaVariate: [[300.0, 8.0, 2.5, 4.0], [50.0, 3.0, 1.3, 9.0]],
    LocalDensityRandomWalk: [[300.0, 8.0, 18.0, 4.0], [50.0, 3.0, 40.0, 0.6]],
    FirstPassage: [[300.0, 8.0, 18.0, 4.0], [50.0, 3.0, 40.0, 0.6]],
}
EACH = [(kind, values) for kind, every in CURVES.items() for values in every]
TIME = np.arange(0, 120, 0.5)


def read_off(kind, values):
    """The same measures from a curve of many samples, as one would with a ruler."""
    fine = np.linspace(values[1] + 1e-6, values[1] + 600, 300_001)
    curve = kind(time=fine).signal(np.array(values))
    slope = np.gradient(curve, fine)
    top, up, down = curve.argmax(), slope.argmax(), slope.argmin()
    start, end = (fine[at] - curve[at] / slope[at] for at in (up, down))
    first, last = np.searchsorted(fine, [start, end])
    wash_in = trapezoid(curve[first : top + 1], fine[first : top + 1])
    wash_out = trapezoid(curve[top : last + 1], fine[top : last + 1])
    return {
        "peak": curve[top],
        "time_to_peak": fine[top],
        "wash_in_start": start,
        "wash_out_end": end,
        "rise_time": fine[top] - start,
        "fall_time": end - fine[top],
        "wash_in_rate": slope[up],
        "wash_out_rate": -slope[down],
        "wash_in_area": wash_in,
        "wash_out_area": wash_out,
        "wash_in_wash_out_area": wash_in + wash_out,
        "perfusion_index": wash_in / (fine[top] - start),
    }


@pytest.mark.parametrize(("kind", "values"), EACH)
def test_measures_are_what_a_ruler_reads_off_the_curve(kind, values):
    found = measures(kind(time=TIME), np.array(values))
    assert list(found) == list(MEASURES)
    for name, value in read_off(kind, values).items():
        assert found[name] == pytest.approx(value, rel=2e-3), name
    assert found["area"] == values[0]


@pytest.mark.parametrize("kind", CURVES)
def test_mean_transit_time_is_the_curves_mean_time_since_wash_in(kind):
    values = CURVES[kind][0]
    fine = np.linspace(0, 3000, 1_000_001)
    curve = kind(time=fine).signal(np.array(values))
    found = measures(kind(time=TIME), np.array(values))
    mean = trapezoid(fine * curve, fine) / trapezoid(curve, fine)
    assert found["mean_transit_time"] + found["wash_in_start"] == pytest.approx(mean, rel=1e-3)


def test_a_gamma_variate_that_starts_with_a_kink_has_no_wash_in():
    found = measures(GammaVariate(time=TIME), np.array([[100.0, 5, 0.8, 9], [100.0, 5, 1.2, 9]]))
    for name in ("wash_in_start", "rise_time", "wash_in_rate", "wash_in_area", "perfusion_index"):
        assert np.isnan(found[name]).tolist() == [True, False], name
    assert np.isfinite(found["peak"]).all()
    assert np.isfinite(found["fall_time"]).all()


@pytest.mark.parametrize(("kind", "values"), EACH)
@settings(max_examples=15, deadline=None)
@given(louder=st.floats(0.01, 100), later=st.floats(0, 20))
def test_louder_scales_what_is_in_arbitrary_units_and_later_moves_what_is_a_time(
    kind, values, louder, later
):
    model, values = kind(time=TIME), np.array(values)
    before = measures(model, values)
    after = measures(model, values * [louder, 1, 1, 1] + [0, later, 0, 0])
    for name, (unit, _) in MEASURES.items():
        scale = louder if "a.u." in unit else 1.0
        move = later if name in ("time_to_peak", "wash_in_start", "wash_out_end") else 0.0
        assert after[name] == pytest.approx(before[name] * scale + move, rel=1e-7), name


@pytest.mark.parametrize("kind", CURVES)
def test_measures_come_in_order_of_time(kind):
    values = np.array(CURVES[kind])
    found = measures(kind(time=TIME), values)
    order = [values[:, 1], *(found[n] for n in ("wash_in_start", "time_to_peak", "wash_out_end"))]
    assert (np.diff(order, axis=0) > 0).all()


@pytest.mark.parametrize("kind", CURVES)
@pytest.mark.parametrize("alike", [0.0, 0.6])
def test_errors_are_the_spread_of_repeated_fits(kind, alike):
    """Noise that grows with the signal, alike in neighbouring frames or not."""
    rng = np.random.default_rng(4)
    model, values = kind(time=TIME), np.array(CURVES[kind][0])
    curve = model.signal(values)
    noise = rng.standard_normal((200, len(TIME)))
    for frame in range(1, len(TIME)):
        noise[:, frame] = alike * noise[:, frame - 1] + np.sqrt(1 - alike**2) * noise[:, frame]
    noise *= np.sqrt((0.03 * curve) ** 2 + 0.05**2)
    found = fit(model, curve + noise)
    told = measure_errors(model, found.values, covariance(model, found.values, curve + noise))
    read = measures(model, found.values)
    for name in ("peak", "time_to_peak", "wash_in_area", "mean_transit_time", "wash_in_rate"):
        assert np.median(told[name]) == pytest.approx(read[name].std(), rel=0.2), name


def test_errors_are_infinite_where_nothing_was_seen_of_the_curve():
    model = Lognormal(time=np.arange(0, 5, 0.5))
    values = np.array([[100.0, 20.0, 2.5, 0.5]])  # it arrives after the last frame
    spread = covariance(model, values, np.zeros((1, 10)))
    assert np.isinf(spread).all()
    assert np.isinf(measure_errors(model, values, spread)["peak"]).all()
