import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodewise.trial import SpecimenSize
from nodewise.truth import Confidence, Dissection, ImageNode, SpecimenNode, match

SIZE = SpecimenSize(least=0.7, greatest=1.1, margin_mm=3.0)


def image(label, side="left", level="II", *, mm=None):
    return ImageNode(region=f"r-{label}", label=label, side=side, level=level, long_axis_mm=mm)


def specimen(name, side="left", level="II", *, metastatic=False, link=None, mm=None):
    return SpecimenNode(
        name=name, side=side, level=level, metastatic=metastatic, image_label=link,
        specimen_size_mm=mm,
    )  # fmt: skip


def dissected(side="left", level="II", examined=1, positive=0):
    return Dissection(side=side, level=level, examined=examined, positive=positive)


def by_region(found):
    return {each.image.region: each for each in found if each.image}


def test_a_link_of_the_surgeon_is_exact():
    found = match(
        [image("N1"), image("N2")],
        [specimen("S1", metastatic=True, link="N1"), specimen("S2"), specimen("S3")],
        [dissected(examined=3, positive=1)],
    )
    pairs = by_region(found)
    assert pairs["r-N1"].confidence == Confidence.EXACT
    assert pairs["r-N1"].metastatic is True
    assert pairs["r-N2"].confidence == Confidence.LEVEL_UNIQUE
    assert pairs["r-N2"].metastatic is False


def test_a_link_across_the_midline_is_not_followed():
    found = match(
        [image("N1", side="right")], [specimen("S1", metastatic=True, link="N1")], [dissected()]
    )
    assert by_region(found)["r-N1"].metastatic is None


def test_one_image_node_and_one_specimen_node_in_a_level_are_the_same():
    found = match([image("N1", level="IIA")], [specimen("S1", level="IIB")], [dissected()])
    (pair,) = found
    assert pair.specimen.name == "S1"
    assert pair.confidence == Confidence.LEVEL_UNIQUE


def test_a_level_without_metastasis_clears_all_its_nodes():
    found = match([image("N1"), image("N2")], [], [dissected(examined=9, positive=0)])
    assert [each.metastatic for each in found] == [False, False]


def test_a_level_of_both_kinds_gives_no_node_an_answer():
    found = match(
        [image("N1"), image("N2")],
        [specimen("S1", metastatic=True), specimen("S2")],
        [dissected(examined=2, positive=1)],
    )
    assert {each.confidence for each in found} == {Confidence.AMBIGUOUS}
    assert [each.metastatic for each in found if each.image] == [None, None]


def test_more_image_nodes_than_specimen_nodes_leave_them_ambiguous():
    found = match([image("N1"), image("N2")], [], [dissected(examined=1, positive=0)])
    assert {each.confidence for each in found} == {Confidence.AMBIGUOUS}


def test_a_level_that_nobody_dissected_has_no_reference():
    (alone,) = match([image("N1")], [], [dissected(side="right")])
    assert alone.confidence == Confidence.NONE
    assert alone.metastatic is None
    assert "not dissected" in alone.reason


def test_a_node_on_no_level_has_no_reference():
    (alone,) = match([image("N1", level=None)], [], [dissected()])
    assert alone.metastatic is None
    assert "no level" in alone.reason


def test_a_metastasis_that_nobody_saw_is_kept_as_missed():
    (missed,) = match([], [specimen("S1", metastatic=True)], [dissected(positive=1)])
    assert missed.image is None
    assert missed.metastatic is True
    assert missed.confidence == Confidence.NONE


def test_linked_nodes_are_taken_out_of_their_level_before_it_is_judged():
    found = match(
        [image("N1"), image("N2")],
        [specimen("S1", metastatic=True, link="N1")],
        [dissected(examined=5, positive=1)],
    )
    assert by_region(found)["r-N2"].metastatic is False


PLACES = st.tuples(st.sampled_from(["left", "right"]), st.sampled_from(["II", "III", None]))


@given(st.lists(PLACES, max_size=6), st.lists(st.tuples(PLACES, st.booleans()), max_size=6))
def test_every_node_is_accounted_for_once(images, specimens):
    drawn = [image(f"N{k}", *place) for k, place in enumerate(images)]
    described = [
        specimen(f"S{k}", *place, metastatic=metastatic)
        for k, (place, metastatic) in enumerate(specimens)
    ]
    levels = {(node.side, node.level) for node in described if node.level}
    counts = [
        dissected(
            *place,
            examined=sum((n.side, n.level) == place for n in described),
            positive=sum((n.side, n.level) == place and n.metastatic for n in described),
        )
        for place in levels
    ]
    found = match(drawn, described, counts)
    regions = [each.image.region for each in found if each.image]
    names = [each.specimen.name for each in found if each.specimen]
    assert sorted(regions) == sorted(node.region for node in drawn)
    assert sorted(names) == sorted(node.name for node in described)


def level(*sizes, metastatic=False, more=0):
    """Specimen nodes of one kind in left II, and its count with so many that nobody described."""
    nodes = [specimen(f"S{k}", mm=mm, metastatic=metastatic) for k, mm in enumerate(sizes)]
    count = len(sizes) + more
    return nodes, [dissected(examined=count, positive=count if metastatic else 0)]


def told(images, specimens, counts, size=SIZE):
    found = by_region(match(images, specimens, counts, size=size))
    return [(found[each.region].metastatic, found[each.region].reason) for each in images]


def test_a_node_of_30_mm_is_no_specimen_of_4_mm():
    specimens, counts = level(4.0)
    drawn, left = match([image("N1", mm=30.0)], specimens, counts, size=SIZE)
    assert (drawn.confidence, drawn.metastatic) == (Confidence.AMBIGUOUS_SIZE, None)
    assert drawn.reason.endswith("none of its size: 30 mm on the image, 4 mm in the specimen")
    assert left.confidence == Confidence.NONE  # and not "may be this one"


def test_a_node_of_fitting_size_keeps_the_answer_of_its_level_beside_one_that_does_not_fit():
    (large, why), (small, _) = told(
        [image("N1", mm=30.0), image("N2", mm=9.0)], *level(8.0, 10.0, 7.0)
    )
    assert (large, small) == (None, False)
    assert "all 3 specimen nodes left in the level are benign" in why
    assert "30 mm on the image, 7, 8, 10 mm in the specimen" in why


def test_of_two_nodes_that_share_the_only_specimen_of_their_size_neither_has_it():
    answers = told([image("N1", mm=28.0), image("N2", mm=29.0)], *level(27.0, 6.0))
    assert [answer for answer, _ in answers] == [None, None]
    assert all("too few of its size" in why for _, why in answers)


@pytest.mark.parametrize(
    ("drawn", "specimens", "size", "says"),
    [
        (None, level(4.0, 5.0), SIZE, "sizes not compared: unknown on the image"),
        (30.0, level(4.0, None), SIZE, "30 mm on the image; size unknown of 1 of them"),
        (30.0, level(4.0, more=2), SIZE, "30 mm on the image; size unknown of 2 of them"),
        (30.0, level(4.0, 5.0), None, "sizes not compared: the trial file gives no tolerance"),
        (11.0, level(10.0, 4.0), SIZE, "11 mm on the image, 4, 10 mm in the specimen"),
    ],
)
def test_the_reason_says_what_size_said(drawn, specimens, size, says):
    ((answer, why),) = told([image("N1", mm=drawn)], *specimens, size=size)
    assert answer is False
    assert (
        why == f"all {specimens[1][0].examined} specimen nodes left in the level are benign; {says}"
    )


def test_sizes_pair_no_node_of_a_level_of_both_kinds():
    specimens = [specimen("S1", metastatic=True, mm=27.0), specimen("S2", mm=6.0)]
    answers = told(
        [image("N1", mm=28.0), image("N2", mm=7.0)], specimens, [dissected(examined=2, positive=1)]
    )
    assert {answer for answer, _ in answers} == {None}


def test_a_count_that_contradicts_what_is_described_gives_no_answer():
    specimens = [specimen("S1", metastatic=True), specimen("S2")]
    ((answer, why),) = told([image("N1")], specimens, [dissected(examined=3, positive=0)])
    assert answer is None
    assert "0 of 3" in why
    assert "described: 1 metastatic, 1 benign" in why


def test_what_is_described_stands_in_for_a_count_of_metastases_that_nobody_gave():
    counts = [dissected(examined=2, positive=None)]
    specimens = [specimen("S1", metastatic=True), specimen("S2", metastatic=True)]
    assert told([image("N1")], specimens, counts)[0][0] is True
    answer, why = told([image("N1")], specimens[:1], counts)[0]
    assert answer is None
    assert why.startswith("not told how many of 2")


def test_a_linked_node_is_taken_from_the_level_where_the_pathologist_counted_it():
    specimens = [specimen("S1", level="III", metastatic=True, link="N1"), specimen("S2")]
    counts = [
        dissected(level="II", examined=1, positive=0),
        dissected(level="III", examined=2, positive=1),
    ]
    drawn = [image("N1", level="II"), image("N2", level="II"), image("N3", level="III")]
    assert [answer for answer, _ in told(drawn, specimens, counts)] == [True, False, False]


def test_a_sublevel_that_was_left_in_place_has_no_reference():
    nodes = [image("N1", level="IIA"), image("N2", level="IIB"), image("N3", level="II")]
    found = by_region(match(nodes, [], [dissected(level="IIA", examined=4)]))
    assert [found[node.region].metastatic for node in nodes] == [False, None, False]
    assert found["r-N2"].confidence == Confidence.NONE


@pytest.mark.parametrize(
    ("labels", "kinds", "exact"),
    [(["N1"], [True, False], 0), (["N1"], [True, True], 2), (["N1", "N1"], [True], 0)],
)
def test_a_link_in_doubt_is_not_followed(labels, kinds, exact):
    drawn = [
        ImageNode(region=f"r{k}", label=label, side="left", level="II")
        for k, label in enumerate(labels)
    ]
    specimens = [specimen(f"S{k}", metastatic=kind, link="N1") for k, kind in enumerate(kinds)]
    found = match(drawn, specimens, [dissected(examined=3, positive=sum(kinds))])
    assert sum(each.confidence == Confidence.EXACT for each in found) == exact


MM = st.one_of(st.none(), st.sampled_from([4.0, 6.0, 9.0, 12.0, 20.0, 30.0]))
DRAWN = st.lists(st.tuples(PLACES, MM), max_size=5)
DESCRIBED = st.lists(st.tuples(PLACES, MM, st.booleans()), max_size=6)
COUNTS = st.dictionaries(
    st.sampled_from([("left", "II"), ("right", "III")]),
    st.tuples(st.integers(0, 5), st.integers(0, 5)),
)


@given(DRAWN, DESCRIBED, COUNTS, st.randoms(use_true_random=False))
def test_the_order_of_nodes_never_matters_and_none_is_used_twice(drawn, described, counts, rng):
    images = [image(f"N{k}", *place, mm=mm) for k, (place, mm) in enumerate(drawn)]
    specimens = [
        specimen(f"S{k}", *place, mm=mm, metastatic=ill, link=f"N{k}" if k == 0 else None)
        for k, (place, mm, ill) in enumerate(described)
    ]
    levels = [dissected(*place, examined=n, positive=k) for place, (n, k) in counts.items()]
    once = match(images, specimens, levels, size=SIZE)
    for each in (images, specimens, levels):
        rng.shuffle(each)
    assert set(match(images, specimens, levels, size=SIZE)) == set(once)
    names = [each.specimen.name for each in once if each.specimen]
    assert sorted(names) == sorted(node.name for node in specimens)
    assert sorted(by_region(once)) == sorted(node.region for node in images)


SHARE = st.floats(0.7, 1.1)


@given(
    st.lists(st.tuples(st.floats(4, 40), SHARE, st.booleans()), min_size=1, max_size=4),
    st.lists(st.tuples(st.floats(2, 40), st.booleans()), max_size=4),
    st.sampled_from([SIZE, None]),
)
def test_where_every_nodes_own_specimen_arrived_no_other_makes_a_reference_wrong(own, others, size):
    images = [image(f"N{k}", mm=mm) for k, (mm, _, _) in enumerate(own)]
    specimens = [
        specimen(f"S{k}", mm=mm * share, metastatic=ill) for k, (mm, share, ill) in enumerate(own)
    ]
    specimens += [specimen(f"T{k}", mm=mm, metastatic=ill) for k, (mm, ill) in enumerate(others)]
    ill = sum(node.metastatic for node in specimens)
    found = by_region(
        match(images, specimens, [dissected(examined=len(specimens), positive=ill)], size=size)
    )
    answers = [found[node.region].metastatic for node in images]
    one_kind = ill in (0, len(specimens))
    assert answers == [kind if one_kind else None for _, _, kind in own]


@given(st.lists(MM, min_size=1, max_size=4), st.lists(MM, max_size=5), st.booleans())
def test_a_specimen_of_the_other_kind_takes_every_answer_of_its_level(drawn, sizes, ill):
    images = [image(f"N{k}", mm=mm) for k, mm in enumerate(drawn)]
    specimens, (count,) = level(*sizes, metastatic=ill)
    other = specimen("other", metastatic=not ill)
    more = dissected(examined=count.examined + 1, positive=count.positive + (not ill))
    before = {answer for answer, _ in told(images, specimens, [count])}
    after = {answer for answer, _ in told(images, [*specimens, other], [more])}
    assert before <= {ill, None}
    assert after == ({None} if sizes else {not ill} if len(images) == 1 else {None})


@given(
    st.lists(MM, min_size=2, max_size=4),
    st.lists(MM, max_size=5),
    st.randoms(use_true_random=False),
)
def test_nor_does_it_among_nodes_of_one_size_in_a_level_of_one_kind(drawn, sizes, rng):
    images = [image(f"N{k}", mm=mm) for k, mm in enumerate(drawn)]
    specimens, counts = level(*sizes, more=1)
    once = match(images, specimens, counts, size=SIZE)
    rng.shuffle(images)
    rng.shuffle(specimens)
    assert set(match(images, specimens, counts, size=SIZE)) == set(once)
