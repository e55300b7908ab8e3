"""Uptake by weight, lean mass and surface; peak, volume and glycolysis of a region."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodewise.errors import ModelError
from nodewise.models import suv


def test_a_tracer_spread_evenly_has_an_uptake_of_one():
    assert suv.body_weight(np.array(350e6 / 70e3), dose=350e6, weight=70) == pytest.approx(1)
    assert suv.lean(np.array(350e6 / 55e3), dose=350e6, lean_mass=55) == pytest.approx(1)


def test_the_surface_of_a_grown_person():
    assert suv.body_surface(weight=70, height=1.75) == pytest.approx(1.85, abs=0.01)


@given(index=st.floats(18, 45), height=st.floats(1.5, 2.0))
def test_lean_mass_is_less_than_weight_and_more_in_men(index, height):
    weight = index * height**2
    woman = suv.lean_body_mass(weight=weight, height=height, sex="female")
    man = suv.lean_body_mass(weight=weight, height=height, sex="male")
    assert woman < man < weight


@pytest.mark.parametrize("spacing", [(2.0, 2.0, 3.0), (4.07, 4.07, 5.0), (1.0, 1.0, 1.0)])
def test_the_peak_sphere_holds_one_millilitre(spacing):
    weights = suv.sphere(np.array(spacing), radius=(3 / (4 * np.pi)) ** (1 / 3) * 10)
    assert weights.sum() * np.prod(spacing) == pytest.approx(1000, rel=0.02)


def test_the_peak_of_even_uptake_is_that_uptake_and_lies_below_a_hot_voxel():
    uptake, region = np.full((15, 15, 15), 3.0), np.zeros((15, 15, 15), bool)
    region[5:10, 5:10, 5:10] = True
    spacing = np.array([2.0, 2, 2])
    assert suv.peak(uptake, region, spacing=spacing) == pytest.approx(3)
    uptake[7, 7, 7] = 50
    assert 3 < suv.peak(uptake, region, spacing=spacing) < 6


def test_volume_and_glycolysis_of_a_box():
    uptake = np.array([[1.0, 2, 4], [8, 8, 2]])
    region = np.array([[True, True, True], [True, False, True]])
    threshold = suv.fraction_of_maximum(uptake, region, fraction=0.41)
    assert threshold == pytest.approx(3.28)
    volume = suv.metabolic_volume(uptake, region, threshold=threshold, voxel_volume=500)
    assert volume == 1.0
    total = suv.total_lesion_glycolysis(uptake, region, threshold=threshold, voxel_volume=500)
    assert total == pytest.approx(6 * volume)


def test_what_is_missing_is_refused():
    with pytest.raises(ModelError, match="needs weight above 0"):
        suv.body_weight(np.array(1.0), dose=1e6, weight=0)
    with pytest.raises(ModelError, match="found an empty one"):
        suv.fraction_of_maximum(np.ones(3), np.zeros(3, bool))
