"""Signal and concentration of a spoiled gradient echo."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodewise.errors import ModelError
from nodewise.models import SpgrConcentration

SEQUENCE = SpgrConcentration(tr=4e-3, flip_angle=np.radians(15), relaxivity=4.5, baseline=slice(3))


@given(t1=st.floats(0.2, 4), s0=st.floats(10, 1e5), peak=st.floats(0, 10))
def test_concentration_undoes_signal(t1, s0, peak):
    curve = np.array([0, 0, 0, 0.3, 1.0, 0.5]) * peak
    signal = SEQUENCE.signal(curve, t1=np.array(t1), s0=np.array(s0))
    found = SEQUENCE.concentration(signal, t1=np.array(t1))
    np.testing.assert_allclose(found, curve, atol=1e-8)


def test_the_size_of_the_signal_does_not_matter():
    curve = np.array([[0, 0, 0, 0.5, 1.0]])
    signal = SEQUENCE.signal(curve, t1=np.array([1.4]), s0=np.array([100.0]))
    one = SEQUENCE.concentration(signal, t1=np.array([1.4]))
    np.testing.assert_allclose(SEQUENCE.concentration(3 * signal, t1=np.array([1.4])), one)


def test_signals_that_no_concentration_gives_are_not_numbers():
    signal = np.array([[1.0, 1, 1, 1e6, 2], [0, 0, 0, 0, 1.0], [np.nan, 1, 1, 1, 1]])
    found = SEQUENCE.concentration(signal, t1=np.full(3, 1.0))
    assert np.isnan(found[0, 3])
    assert np.isfinite(found[0, 4])
    assert np.isnan(found[1]).all()
    assert np.isnan(found[2]).all()


def test_a_voxel_without_t1_has_no_concentration():
    assert np.isnan(SEQUENCE.concentration(np.ones((1, 5)), t1=np.array([np.nan]))).all()


def test_a_series_without_baseline_is_refused():
    late = SpgrConcentration(tr=4e-3, flip_angle=0.2, relaxivity=4.5, baseline=slice(9, 12))
    with pytest.raises(ModelError, match="no frame of 5 lies before contrast"):
        late.concentration(np.ones((1, 5)), t1=np.array([1.0]))


@pytest.mark.parametrize("name", ["tr", "flip_angle", "relaxivity"])
def test_an_impossible_acquisition_is_refused(name):
    fields = {"tr": 4e-3, "flip_angle": 0.2, "relaxivity": 4.5, name: 0.0}
    with pytest.raises(ModelError, match=f"needs {name} above 0"):
        SpgrConcentration(baseline=slice(3), **fields)


def test_a_series_that_is_all_baseline_is_refused():
    late = SpgrConcentration(tr=4e-3, flip_angle=0.2, relaxivity=4.5, baseline=slice(9))
    with pytest.raises(ModelError, match="5 frames of 5 lie before contrast"):
        late.concentration(np.ones((1, 5)), t1=np.array([1.0]))
