"""What every signal model owes its readers, and closed forms of each."""

import inspect
from functools import partial

import numpy as np
import pytest
from examples import EXAMPLES, TISSUE, B
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad

from nodewise import fit
from nodewise.errors import ModelError
from nodewise.models import (
    MODELS,
    Adc,
    ExtendedTofts,
    GeorgiouAif,
    Ivim,
    MeasuredAif,
    ParkerAif,
    Tofts,
    Vfa,
)
from nodewise.models.base import central_differences

TIME = np.arange(0, 200, 5.0)


def typical(name):
    return np.array([(low + high) / 2 for low, high in TISSUE[name]])


def test_every_model_has_an_example_here():
    assert EXAMPLES.keys() == MODELS.keys()


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
def test_models_say_where_they_come_from_and_in_what_units(model):
    assert "doi:10." in inspect.getdoc(model)
    for parameter in (*model.parameters, *model.rates):
        assert parameter.unit
        assert parameter.low <= parameter.start <= parameter.high


@pytest.mark.parametrize(("name", "model"), EXAMPLES.items(), ids=EXAMPLES)
def test_values_are_what_their_amplitudes_and_rates_make(name, model):
    values = typical(name) * np.array([[0.5], [1.0], [1.5]])
    np.testing.assert_allclose(model.values(*model.separate(values)), values, rtol=1e-12)


@pytest.mark.parametrize(("name", "model"), EXAMPLES.items(), ids=EXAMPLES)
def test_the_changes_are_the_derivatives_of_the_signal(name, model):
    if not model.rates:
        return
    values = typical(name) * np.array([[0.9], [1.0], [1.1]])
    amplitudes, rates = (part.T for part in model.separate(values))
    found = model.changes(rates, model.columns(rates), amplitudes=amplitudes)
    expected = central_differences(model, rates, amplitudes)
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-7 * np.abs(expected).max())


@pytest.mark.parametrize(("name", "model"), EXAMPLES.items(), ids=EXAMPLES)
def test_the_columns_are_the_basis_with_voxels_last(name, model):
    rates = model.separate(typical(name) * np.array([[0.9], [1.0], [1.1]]))[1]
    columns = model.columns(rates.T)
    np.testing.assert_allclose(np.moveaxis(columns, -1, 0), model.basis(rates), rtol=1e-12)


@pytest.mark.parametrize(("name", "model"), EXAMPLES.items(), ids=EXAMPLES)
def test_many_voxels_at_once_are_as_one_by_one(name, model):
    values = typical(name) * np.linspace(0.5, 1.5, 6)[:, None]
    together = model.signal(values.reshape(2, 3, -1))
    assert together.shape == (2, 3, len(model.samples))
    apart = np.array([model.signal(voxel) for voxel in values])
    np.testing.assert_allclose(together.reshape(6, -1), apart, rtol=1e-12)


def test_the_adc_signal_falls_to_one_over_e_at_one_over_d():
    np.testing.assert_allclose(Adc(b=np.array([0, 1000.0])).signal([7, 1e-3]), [7, 7 / np.e])


@given(s0=st.floats(1, 1e4), d=st.floats(0, 4e-3), d_star=st.floats(5e-3, 0.2))
def test_ivim_without_blood_is_mono_exponential(s0, d, d_star):
    with_blood = Ivim(b=B).signal([s0, 0, d, d_star])
    np.testing.assert_allclose(with_blood, Adc(b=B).signal([s0, d]), rtol=1e-12)


def test_the_spoiled_gradient_echo_is_greatest_at_the_ernst_angle():
    tr, t1 = 5e-3, 1.2
    angle = np.linspace(0.01, 0.5, 20001)
    signal = Vfa(flip_angle=angle, tr=tr).signal([1, t1])
    assert angle[signal.argmax()] == pytest.approx(np.arccos(np.exp(-tr / t1)), abs=1e-4)


@pytest.mark.parametrize("kep", [0.0, 1e-6, 1e-3, 0.05, 0.9])
def test_the_convolution_agrees_with_quadrature(kep):
    time, blood = np.array([0.0, 10, 14, 30, 60]), np.array([0.0, 0, 6, 2, 1])
    aif = MeasuredAif(time=time, blood=blood, haematocrit=0.0)
    frames = np.array([0.0, 7, 12, 31, 60])
    found = Tofts(time=frames, aif=aif).basis(np.array([kep]))[0]
    expected = [
        quad(
            lambda s, t=t: np.interp(s, time, blood) * np.exp(-kep * (t - s)),
            0,
            t,
            points=[at for at in time[1:-1] if at < t] or None,
            epsabs=1e-12,
        )[0]
        for t in frames
    ]
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)


def test_a_constant_input_fills_the_space_exponentially():
    aif = MeasuredAif(time=np.array([0.0, 300]), blood=np.array([2.0, 2.0]), haematocrit=0.0)
    ktrans, ve = 0.005, 0.4
    found = Tofts(time=TIME, aif=aif).signal([ktrans, ve])
    np.testing.assert_allclose(found, 2 * ve * (1 - np.exp(-ktrans / ve * TIME)), atol=1e-12)


def test_extended_tofts_without_plasma_is_tofts():
    aif = ParkerAif(arrival=10)
    plain = Tofts(time=TIME, aif=aif).signal([0.003, 0.3])
    np.testing.assert_allclose(
        ExtendedTofts(time=TIME, aif=aif).signal([0.003, 0.3, 0.0]), plain, rtol=1e-12
    )


def test_a_population_input_is_sampled_finely_enough_for_any_frame_rate():
    coarse = ParkerAif(arrival=12)
    fine = ParkerAif(arrival=12, spacing=0.02)
    value = [0.004, 0.3, 0.05]
    exact = ExtendedTofts(time=TIME, aif=fine).signal(value)
    found = ExtendedTofts(time=TIME, aif=coarse).signal(value)
    assert np.abs(found - exact).max() < 1e-3 * exact.max()


@given(shift=st.floats(0, 60))
def test_a_later_bolus_is_the_same_bolus_later(shift):
    time = np.linspace(0, 120, 50)
    early, late = ParkerAif(), ParkerAif(arrival=shift)
    np.testing.assert_allclose(late.plasma(time + shift), early.plasma(time), rtol=1e-9, atol=1e-6)


def test_plasma_holds_all_of_the_agent():
    aif = ParkerAif(haematocrit=0.5)
    np.testing.assert_allclose(aif.plasma(TIME), 2 * aif.blood(TIME))


def test_an_input_shorter_than_the_series_is_refused():
    short = MeasuredAif(time=np.array([0.0, 60]), blood=np.array([0.0, 1]))
    with pytest.raises(ModelError, match="ends at 60 s; the series needs it until 195 s"):
        Tofts(time=TIME, aif=short).signal([0.003, 0.3])


@pytest.mark.parametrize("time", [[0.0, 0, 1], [0.0, np.nan, 1], [0.0], [[0.0, 1]]])
def test_an_input_without_rising_times_is_refused(time):
    with pytest.raises(ModelError, match="arterial input needs"):
        MeasuredAif(time=np.array(time), blood=np.zeros(np.shape(time)))


def test_frames_in_disorder_are_refused():
    with pytest.raises(ModelError, match="rising frame times"):
        Tofts(time=np.array([0.0, 10, 5, 20]), aif=ParkerAif()).signal([0.003, 0.3])


@pytest.mark.parametrize("aif", [ParkerAif(arrival=400), MeasuredAif(time=TIME, blood=0 * TIME)])
@pytest.mark.parametrize("kinetics", [Tofts, ExtendedTofts])
def test_an_input_without_a_bolus_in_the_series_is_refused(kinetics, aif):
    with pytest.raises(ModelError, match="arterial input is 0 until the last frame at 195 s"):
        fit(kinetics(time=TIME, aif=aif), np.ones((2, len(TIME))))


@pytest.mark.parametrize("cells", [-0.1, 1.0, 42.0, np.nan])
def test_a_haematocrit_that_is_no_fraction_is_refused(cells):
    for aif in (ParkerAif, GeorgiouAif, partial(MeasuredAif, time=TIME, blood=TIME)):
        with pytest.raises(ModelError, match="haematocrit is a fraction"):
            aif(haematocrit=cells)


@pytest.mark.parametrize(
    ("angle", "tr", "message"),
    [
        ([2.0, 5, 15], 5e-3, "flip angles are in rad; found 15"),
        ([0.1, 0.2, 0.3], 0.0, "repetition time above 0 s"),
        ([0.1, 0.2, 0.3], np.nan, "repetition time above 0 s"),
        ([0.1, 0.2, 0.3], np.array([4e-3, 5e-3]), "one or one per flip angle"),
    ],
)
def test_flip_angles_in_degrees_and_impossible_repetition_times_are_refused(angle, tr, message):
    with pytest.raises(ModelError, match=message):
        Vfa(flip_angle=np.array(angle), tr=tr)
