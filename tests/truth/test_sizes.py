from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodewise.trial import SpecimenSize
from nodewise.truth.sizes import fits, placed

SIZE = SpecimenSize(least=0.7, greatest=1.1, margin_mm=3.0)
MM = st.one_of(st.none(), st.sampled_from([3.0, 6.0, 9.0, 12.0, 20.0, 30.0]))


@pytest.mark.parametrize(
    ("image", "specimen", "may"),
    [(30, 4, False), (30, 17.9, False), (30, 18, True), (30, 36, True), (30, 36.1, False),
     (4, 1, True), (4, 30, False), (None, 4, True), (30, None, True)],
)  # fmt: skip
def test_a_specimen_fits_between_two_shares_of_the_image_give_or_take_a_margin(
    image, specimen, may
):
    assert fits(image, specimen, SIZE) == may
    assert fits(image, specimen, None)


@given(st.lists(MM, max_size=4), st.lists(MM, max_size=5))
def test_those_are_placed_whom_no_best_pairing_leaves_out(images, specimens):
    found = placed(images, specimens, SIZE)
    seats = [*range(len(specimens)), *[None] * len(images)]
    pairings = {
        frozenset((one, seat) for one, seat in enumerate(order) if seat is not None)
        for order in permutations(seats, len(images))
        if all(
            seat is None or fits(images[one], specimens[seat], SIZE)
            for one, seat in enumerate(order)
        )
    }
    most = max(map(len, pairings))
    best = [{one for one, _ in pairs} for pairs in pairings if len(pairs) == most]
    assert set(found) == set.intersection(*best)
    assert len(set(found.values())) == len(found)
    assert all(fits(images[one], specimens[seat], SIZE) for one, seat in found.items())
