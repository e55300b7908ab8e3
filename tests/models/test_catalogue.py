"""Every model described, and made by its name."""

import numpy as np
import pytest

from nodewise.errors import ModelError
from nodewise.models import MODELS
from nodewise.models.catalogue import describe, named


@pytest.mark.parametrize("name", MODELS)
def test_every_entry_is_complete(name):
    entry = describe(MODELS[name])
    assert entry.name == name
    assert "=" in entry.formula
    assert "doi:10." in entry.source
    assert entry.acquisition
    assert entry.parameters


def test_a_model_is_made_from_what_is_known_of_the_scan():
    scan = {"flip_angle": np.radians([2.0, 10]), "tr": 5e-3, "b": np.zeros(2)}
    assert named("vfa", scan).signal([100, 1.0]).shape == (2,)


def test_what_is_not_known_is_said():
    with pytest.raises(ModelError, match="vfa needs flip_angle, tr of the scan; tr is not known"):
        named("vfa", {"flip_angle": np.ones(3)})
    with pytest.raises(ModelError, match="there is no model 'dki'; there are adc, ivim"):
        named("dki", {})
