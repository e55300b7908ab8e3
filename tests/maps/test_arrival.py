import numpy as np
import pytest

from nodewise.errors import ModelError
from nodewise.maps.arrival import bolus_arrival, tissue_curve
from nodewise.models import ExtendedTofts, ParkerAif

TIME = np.arange(40) * 4.5


def kinetics(arrival):
    return ExtendedTofts(time=TIME, aif=ParkerAif(arrival=arrival))


@pytest.mark.parametrize("arrival", [0.0, 12.25, 27.5, 40.0])
def test_the_arrival_of_a_known_curve_is_found(arrival):
    curve = kinetics(arrival).signal([0.005, 0.3, 0.03])
    assert bolus_arrival(TIME, curve, kinetics) == pytest.approx(arrival, abs=0.3)


def test_noise_and_vessels_do_not_draw_it_away():
    rng = np.random.default_rng(4)
    tissue = kinetics(27.5).signal(
        np.stack([rng.uniform(0.002, 0.01, 2000), np.full(2000, 0.3), np.full(2000, 0.03)], axis=-1)
    )
    vessels = 0.5 * np.minimum(ParkerAif(arrival=25).plasma(TIME), 4) * np.ones((150, 1))
    muddle = np.concatenate([tissue, vessels]) + rng.normal(0, 0.1, (2150, 40))
    assert bolus_arrival(TIME, tissue_curve(muddle), kinetics) == pytest.approx(27.5, abs=0.6)


def test_too_few_frames_or_no_concentration_are_told():
    with pytest.raises(ModelError, match="6 frames"):
        bolus_arrival(TIME[:4], np.zeros(4), kinetics)
    with pytest.raises(ModelError, match="no voxel"):
        tissue_curve(np.full((3, 40), np.nan))
