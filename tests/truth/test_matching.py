from hypothesis import given
from hypothesis import strategies as st

from nodewise.truth import Confidence, Dissection, ImageNode, SpecimenNode, match


def image(label, side="left", level="II"):
    return ImageNode(region=f"r-{label}", label=label, side=side, level=level)


def specimen(name, side="left", level="II", *, metastatic=False, link=None):
    return SpecimenNode(name=name, side=side, level=level, metastatic=metastatic, image_label=link)


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
