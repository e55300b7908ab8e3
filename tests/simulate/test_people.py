from collections import Counter
from datetime import timedelta
from itertools import combinations

import numpy as np
import pytest

from nodewise.anatomy import RegionKind, Side
from nodewise.simulate import mpmri
from nodewise.simulate.nodes import VISIBLE, places
from nodewise.simulate.specimens import report
from nodewise.tables import TABLES
from nodewise.trial import load

SEQUENCES = ("dwi", "vfa", "dce", "t2w")


def rng(number: int) -> np.random.Generator:
    return np.random.default_rng([9, number])


@pytest.fixture(scope="module")
def people():
    return [mpmri.person(number, SEQUENCES, rng(number)) for number in range(1, 121)]


@pytest.fixture(scope="module")
def reports(people):
    return [(one, report(one.lumps, one.dissection, rng(one.number))) for one in people]


def nodes(person):
    return [lump for lump in person.lumps if lump.kind is RegionKind.NODE]


def test_three_in_five_are_affected(people):
    assert Counter(one.facts["arm"] for one in people) == {"affected": 72, "control": 48}


def test_facts_are_those_of_the_participants_table(people):
    known = set(TABLES["participants"].schema) - {"participant"}
    assert all(set(one.facts) <= known for one in people)
    for one in people:
        if one.facts["arm"] == "affected":
            assert one.facts["primary_side"] in ("left", "right")
            assert all(one.facts[f"clinical_{letter}"] for letter in "tnm")
            assert (one.facts["p16"] is not None) == (one.facts["primary_site"] == "oropharynx")


def test_controls_have_no_metastasis(people):
    controls = [one for one in people if one.facts["arm"] == "control"]
    assert not any(node.metastatic for one in controls for node in nodes(one))


def test_metastatic_nodes_are_larger_on_average(people):
    size = {True: [], False: []}
    for one in people:
        for node in nodes(one):
            size[node.metastatic].append(node.short_axis)
    assert np.mean(size[True]) > 1.5 * np.mean(size[False])
    assert min(size[True]) < 5
    assert max(size[True]) <= 25


def test_eight_to_sixteen_nodes_are_drawn_as_a_rule(people):
    drawn = [sum(node.seen for node in nodes(one)) for one in people if one.visits]
    assert np.mean([8 <= count <= 16 for count in drawn]) > 0.8


def test_some_metastases_are_seen_by_nobody_and_are_small(people):
    missed = [n for one in people if one.visits for n in nodes(one) if n.metastatic and not n.seen]
    assert len(missed) > 10
    assert np.median([node.short_axis for node in missed]) < 5


def test_no_reader_sees_what_is_too_small(people):
    assert all(node.short_axis >= VISIBLE for one in people for node in nodes(one) if node.seen)


def test_benign_nodes_lie_in_every_level_on_both_sides(people):
    found = {(n.side, n.level) for one in people for n in nodes(one) if not n.metastatic}
    assert found == {(side, level) for side in (Side.LEFT, Side.RIGHT) for level in places()}


def test_every_node_lies_in_the_box_of_its_level_and_side(people):
    for one in people:
        for node in nodes(one):
            place = places()[node.level]
            centre = node.shape.centre * ([-1, 1, 1] if node.side is Side.RIGHT else [1, 1, 1])
            assert (centre >= place.low).all()
            assert (centre <= place.high).all()


def test_lumps_of_one_neck_do_not_run_into_each_other(people):
    for one in people[:30]:
        for a, b in combinations(one.lumps, 2):
            gap = np.abs(a.shape.centre - b.shape.centre)
            across = a.shape.radii[:2].max() + b.shape.radii[:2].max()
            apart = np.hypot(*gap[:2]) / across, gap[2] / (a.shape.radii[2] + b.shape.radii[2])
            assert np.hypot(*apart) > 1


def test_labels_are_unique_in_a_neck(people):
    for one in people:
        labels = [lump.label for lump in one.lumps]
        assert len(set(labels)) == len(labels)
        assert all(
            lump.label[0] == ("N" if lump.seen else "U") for lump in nodes(one) if one.visits
        )


def test_every_visit_fits_its_window(people):
    windows = {visit.name: visit for visit in load("mpmri").visit}
    for one in people:
        anchors = {"surgery": one.surgery, "treatment end": one.facts["treatment_end_date"]}
        for visit in one.visits:
            window = windows[visit.name]
            days = (visit.day - anchors[window.anchor]).days
            assert window.from_day <= days <= window.to_day


def test_imaging_is_within_six_weeks_of_surgery_with_two_exceptions(people):
    late = [
        one.number
        for one in people
        if one.visits and one.surgery - one.visits[0].day > timedelta(days=42)
    ]
    assert late == list(mpmri.LATE_SURGERY)


def test_most_follow_up_visits_are_missing(people):
    later = [visit for one in people for visit in one.visits[1:]]
    assert 0 < len(later) < len(people)
    assert all(set(visit.sequences) == {"dwi", "t2w"} for visit in later)


def test_eligibility_can_fail_and_can_be_unknown(people):
    facts = {one.number: one.facts for one in people}
    assert facts[8]["preoperative_pet_ct"] is False
    assert facts[6]["preoperative_pet_ct"] is None
    assert facts[7]["malignant_transformation"] is True
    assert facts[11]["preoperative_mri"] is False
    assert facts[10]["node_histology"] is None


def test_one_participant_was_never_imaged_and_none_of_the_nodes_was_seen(people):
    missing = [one for one in people if not one.visits]
    assert [one.number for one in missing] == list(mpmri.NO_MRI)
    assert not any(lump.seen for one in missing for lump in one.lumps)


def test_specimen_counts_are_those_of_their_levels(reports):
    for _, pathology in reports:
        for row in pathology.dissections:
            there = [
                node
                for node in pathology.truth
                if (node["side"], node["level"]) == (row["side"], row["level"])
            ]
            assert row["nodes_examined"] == len(there)
            assert row["nodes_positive"] == sum(node["metastatic"] for node in there)


def test_every_specimen_comes_from_a_dissected_level(reports):
    for _, pathology in reports:
        dissected = {(row["side"], row["level"]) for row in pathology.dissections}
        assert {(row["side"], row["level"]) for row in pathology.truth} <= dissected


def test_every_positive_node_is_described(reports):
    for _, pathology in reports:
        positive = {row["specimen_node"] for row in pathology.truth if row["metastatic"]}
        assert positive <= {row["specimen_node"] for row in pathology.described}


def test_a_link_names_the_node_that_it_is_and_only_drawn_ones(reports):
    linked = 0
    for one, pathology in reports:
        seen = {lump.label for lump in one.lumps if lump.seen}
        for row in pathology.truth:
            if row["image_label"]:
                linked += 1
                assert row["image_label"] == row["label"] in seen
    assert linked > 200


def test_surgeons_leave_levels_alone_and_nodes_get_lost(reports):
    everything = len(places()) * 2
    assert all(len(one.dissection.levels) < everything for one, _ in reports[:20])
    lost = [
        lump
        for one, pathology in reports
        for lump in one.lumps
        if one.dissection.took(lump) and lump.label not in {row["label"] for row in pathology.truth}
    ]
    assert lost


def test_specimens_shrink(reports):
    for one, pathology in reports:
        size = {lump.label: lump.long_axis for lump in one.lumps}
        assert all(row["specimen_size_mm"] < size[row["label"]] for row in pathology.truth)


def test_some_pathologists_name_whole_levels_only(reports):
    whole = [one.number for one, pathology in reports if any(
        row["level"] == "II" for row in pathology.dissections
    )]  # fmt: skip
    assert whole
    assert all(number % mpmri.WHOLE_LEVELS_EVERY == 0 for number in whole)
    for one, pathology in reports:
        if one.number in whole:
            assert not {"IIA", "IIB"} & {row["level"] for row in pathology.dissections}


def test_deposits_and_extensions_belong_to_metastases(reports):
    for _, pathology in reports:
        for row in pathology.truth:
            assert (
                (row["deposit_mm"] is not None) == row["metastatic"] == (row["pene_mm"] is not None)
            )
            assert not row["metastatic"] or row["deposit_mm"] <= row["specimen_size_mm"] + 0.1
