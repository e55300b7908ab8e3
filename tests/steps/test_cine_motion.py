"""A region is found where it went, and nowhere else."""

import numpy as np
import pydicom
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter

from nodewise.errors import MeasureError
from nodewise.ingest import cines
from nodewise.steps.cine.motion import Followed, follow, view

SIZE = (120, 100)
TEXTURE = np.clip(
    120 + 250 * gaussian_filter(np.random.default_rng(2).standard_normal((160, 140)), 2), 0, 255
).astype(np.uint8)
MASK = np.zeros(SIZE, bool)
MASK[50:70, 40:58] = True


def moved(ways):
    """The texture as it stands after each shift of columns and rows, shape (columns, rows, m)."""
    return np.stack(
        [TEXTURE[20 - x : 20 - x + SIZE[0], 20 - y : 20 - y + SIZE[1]] for x, y in ways], axis=2
    )


def found(pixels, *, mask=MASK, spacing=0.2, reach=3.0, frame=0):
    steps = np.full(2, spacing)
    seen = view(mask, ((0, 0, *SIZE),), steps, reach=reach)
    return follow(pixels, mask, seen, frame=frame, spacing=steps)


@settings(max_examples=15, deadline=None)
@given(
    ways=st.lists(st.tuples(st.integers(-12, 12), st.integers(-12, 12)), min_size=3, max_size=5),
    spacing=st.sampled_from([0.07, 0.1, 0.2, 0.5]),
)
def test_a_known_shift_is_found_to_within_a_step_of_the_search(ways, spacing):
    ways = [(0, 0), *ways]
    motion = found(moved(ways), spacing=spacing, reach=14.5 * spacing)
    assert (motion.outcome == Followed.FOLLOWED).all()
    step = max(1, int(0.2 / spacing))
    assert np.abs(motion.shifts - ways).max() <= step


def test_shifts_count_from_the_frame_that_was_drawn_on():
    motion = found(moved([(0, 0), (3, 1), (6, 2)]), frame=1)
    assert motion.shifts.tolist() == [[-3, -1], [0, 0], [3, 1]]


def test_a_region_at_the_rim_of_the_image_is_followed_inwards():
    mask = np.zeros(SIZE, bool)
    mask[:15, 30:60] = True
    motion = found(moved([(0, 0), (5, 3), (8, -4)]), mask=mask)
    assert motion.shifts.tolist() == [[0, 0], [5, 3], [8, -4]]


def test_what_moves_out_of_reach_is_lost_and_what_comes_back_is_found():
    motion = found(moved([(0, 0), (18, 0), (2, 0)]), reach=2.0)
    assert motion.outcome.tolist() == [Followed.FOLLOWED, Followed.LOST, Followed.FOLLOWED]
    assert motion.kept.tolist() == [True, False, True]


def test_a_blank_frame_is_lost():
    pixels = moved([(0, 0), (0, 0), (1, 0)])
    pixels[..., 1] = 7
    assert found(pixels).outcome.tolist() == [0, Followed.LOST, 0]


def test_contrast_that_turns_over_step_by_step_is_followed_by_what_was_seen_last():
    turn = np.linspace(1, -1, 40)
    ways = [(round(4 * np.sin(n / 3)), 0) for n in range(40)]
    other = gaussian_filter(np.random.default_rng(5).standard_normal(TEXTURE.shape), 2) * 250
    frames = []
    for share, (x, y) in zip(turn, ways, strict=True):
        image = np.clip(120 + share * (TEXTURE - 120.0) + 0.7 * (1 - abs(share)) * other, 0, 255)
        frames.append(image[20 - x : 20 - x + SIZE[0], 20 - y : 20 - y + SIZE[1]])
    motion = found(np.stack(frames, axis=2).astype(np.uint8))
    assert (motion.outcome == Followed.FOLLOWED).all()
    assert np.abs(motion.shifts - ways).max() <= 1


def test_a_region_beside_the_image_is_refused():
    with pytest.raises(MeasureError, match="reaches out of the image part"):
        view(MASK, ((0, 0, 60, 100),), np.full(2, 0.2))


@pytest.mark.real_data
def test_a_wall_of_a_real_heart_is_followed_as_it_beats(shared):
    path = shared / "data" / "ultrasound" / "sonosite_30frame_cine.dcm"
    box = (42, 16, 298, 208)
    pixels = cines.fill(path, (box,))[:, :, 0]
    mask = np.zeros(pixels.shape[:2], bool)
    mask[144:160, 84:120] = True
    steps = np.full(
        2, 10 * 2 * float(pydicom.dcmread(path).SequenceOfUltrasoundRegions[0].PhysicalDeltaX)
    )
    seen = view(mask, (box,), steps, reach=15.0)
    motion = follow(pixels, mask, seen, frame=0, spacing=steps)
    assert motion.count(Followed.FOLLOWED) > 20
    assert np.abs(motion.shifts).max() * steps[0] < 15
    fixed = pixels[mask].std(axis=1).mean()
    columns, rows = np.nonzero(mask)
    along = [pixels[columns + x, rows + y, n] for n, (x, y) in enumerate(motion.shifts)]
    assert np.std(along, axis=0).mean() < fixed  # what is followed changes less than what is not
