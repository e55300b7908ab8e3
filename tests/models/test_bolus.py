"""Bolus curves: closed forms against the curve itself."""

import numpy as np
import pytest
from examples import EXAMPLES, tissue

from nodewise.models.bolus import Bolus

CURVES = [name for name, model in EXAMPLES.items() if isinstance(model, Bolus)]
LONG = np.linspace(0, 3000, 600_001)


@pytest.mark.parametrize("name", CURVES)
def test_area_peak_and_transit_time_are_those_of_the_curve(name):
    model = type(EXAMPLES[name])(time=LONG)
    for values in tissue(name, 5, np.random.default_rng(1)):
        curve = model.signal(values)
        area = np.trapezoid(curve, LONG)
        assert area == pytest.approx(values[0], rel=1e-3)
        assert model.peak(values) == pytest.approx(curve.max(), rel=1e-4)
        top = LONG[curve.argmax()] - values[1]
        assert model.peak_time(values) == pytest.approx(top, abs=0.02)
        mean = np.trapezoid(curve * (LONG - values[1]), LONG) / area
        assert model.transit_time(values) == pytest.approx(mean, rel=5e-3)


@pytest.mark.parametrize("name", CURVES)
def test_nothing_is_seen_before_the_bolus_arrives(name):
    model = EXAMPLES[name]
    values = tissue(name, 20, np.random.default_rng(2))
    before = model.samples <= values[:, 1:2]
    assert (model.signal(values)[before] == 0).all()
