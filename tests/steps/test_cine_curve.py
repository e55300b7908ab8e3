"""A region of a cine: followed, linearised, fitted, and honest about what it does not know."""

import numpy as np
import pytest

from nodewise.errors import MeasureError, ModelError
from nodewise.ingest import Acquisition
from nodewise.maps import Outcome
from nodewise.steps.cine.curve import Cine, region_curve
from nodewise.steps.cine.motion import REACH, Followed
from nodewise.volume import Grid
from tests.steps.cines import (
    DRAWN_ON,
    DYNAMIC_RANGE,
    NODE,
    NOISE_FLOOR,
    STEP,
    cine_of,
    phantom,
    recovered,
)


def read(made, mask, *, frame=DRAWN_ON + 1, model="lognormal"):
    return region_curve(cine_of(made), mask, model=model, frame=frame, reach=REACH)


@pytest.fixture(scope="module", params=[False, True], ids=["contrast alone", "split screen"])
def made(request):
    return phantom(np.random.default_rng(3), split=request.param)


@pytest.fixture(scope="module")
def found(made):
    return read(made, made.masks["N1"])


def test_a_region_is_followed_where_it_went(made, found):
    followed = found.motion.outcome == Followed.FOLLOWED
    off = np.abs(found.motion.shifts - made.way).max(axis=1)[followed]
    assert off.max() <= 1 if found.motion.beside else np.mean(off <= 2) > 0.8
    assert followed.mean() == 1.0 if found.motion.beside else followed.mean() > 0.4
    assert found.motion.count(Followed.LOST) < 3


def test_known_measures_come_back_within_their_errors(made, found):
    assert found.outcome is Outcome.FITTED
    assert found.values["quality"] > 0.97
    for name, value in made.truth.items():
        assert found.determined(name)
        assert found.values[name] == pytest.approx(value, abs=4 * found.errors[name]), name
        assert found.errors[name] < 0.25 * value, name


def test_what_stood_before_the_bolus_is_subtracted(found):
    assert found.level == pytest.approx(NOISE_FLOOR, rel=0.1)
    arrives = NODE[1] / STEP
    assert arrives - 5 < found.baseline < arrives + 12


def test_means_are_of_echo_power_and_not_of_brightness(made, found):
    shown = cine_of(made).pixels[..., DRAWN_ON][made.masks["N1"]] / 255
    assert found.signal[DRAWN_ON] == pytest.approx(np.mean(10 ** (shown * DYNAMIC_RANGE / 10)))
    assert found.signal[DRAWN_ON] > 1.5 * 10 ** (shown.mean() * DYNAMIC_RANGE / 10)


@pytest.mark.parametrize("model", ["gamma_variate", "local_density_random_walk", "first_passage"])
def test_another_model_reads_nearly_the_same_peak(made, found, model):
    other = read(made, made.masks["N1"], model=model)
    assert other.values["peak"] == pytest.approx(found.values["peak"], rel=0.06)
    assert other.values["time_to_peak"] == pytest.approx(found.values["time_to_peak"], abs=0.7)


def test_frames_that_show_something_else_are_left_out_and_counted():
    made = phantom(np.random.default_rng(5), split=True)
    made.pixels[50:54] = np.random.default_rng(1).integers(0, 255, made.pixels[50:54].shape)
    lost = read(made, made.masks["N1"]).motion.outcome == Followed.LOST
    assert np.flatnonzero(lost).tolist() == [50, 51, 52, 53]


def test_a_region_that_does_not_enhance_peaks_near_nothing_and_its_times_are_not_determined():
    made = phantom(np.random.default_rng(6), split=True, node=np.array([1e-9, 10, 2.6, 0.5]))
    found = read(made, made.masks["N1"])
    assert found.values["peak"] < 0.02 * 370  # of the node that does
    assert not found.determined("area") or found.values["area"] < 200


def test_a_cine_that_begins_after_the_bolus_says_that_nothing_was_subtracted():
    made = phantom(np.random.default_rng(7), split=True)
    late = type(made)(**{**vars(made), "pixels": made.pixels[30:]})
    found = read(late, made.masks["N1"], frame=11)
    assert found.baseline == 0
    assert found.level == 0.0


def test_the_dynamic_range_decides_what_echo_power_a_brightness_is(made):
    half = cine_of(made, dynamic_range=30.0)
    assert half.linear[255] == pytest.approx(1e3)
    assert half.linear[0] == 1.0
    assert cine_of(made).linear[51] == pytest.approx(10**1.2)


@pytest.mark.parametrize(
    ("change", "error", "says"),
    [
        ({"frame": 91}, ModelError, "drawn on frame 91 of a cine of 90"),
        ({"model": "tofts"}, ModelError, "no bolus model is called 'tofts'"),
    ],
)
def test_what_cannot_be_read_is_refused(made, change, error, says):
    with pytest.raises(error, match=says):
        read(made, made.masks["N1"], **change)


def test_a_region_across_the_split_is_refused(made):
    if len(made.boxes) == 1:
        across, made = np.roll(made.masks["N1"], 30, axis=0), phantom(np.random.default_rng(3))
        made = type(made)(**{**vars(made), "boxes": [(0, 0, 60, 80)]})
    else:
        across = np.roll(made.masks["N1"], -45, axis=0)
    with pytest.raises(MeasureError, match="reaches out of the image part"):
        read(made, across)


def test_a_dynamic_range_is_never_guessed(made):
    with pytest.raises(ModelError, match="dynamic range is above 0 dB"):
        cine_of(made, dynamic_range=0.0)


def test_a_series_of_another_kind_is_no_cine():
    grid = Grid((4, 4, 2), np.eye(4))
    with pytest.raises(ModelError, match="a cine is ultrasound of one plane over time; found MR"):
        Cine.of(np.zeros((4, 4, 2, 9)), grid, Acquisition(modality="MR"), dynamic_range=60.0)


@pytest.mark.slow
@pytest.mark.parametrize("split", [False, True], ids=["contrast alone", "split screen"])
def test_boluses_come_back_over_many_phantoms_without_bias_and_as_sure_as_is_said(split):
    for name, (values, errors, truths) in recovered(30, split=split).items():
        off = values / truths - 1
        assert abs(np.median(off)) < 0.05, name
        assert off.std() < 0.2, name
        assert np.mean(np.abs(values - truths) < 1.96 * errors) > 0.75, name
