import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nodewise.truth import ANALYSED, UNREAD, Cutoff, Neck, Reading, units

LOW = Cutoff("lower", 0.94e-3)


def reading(region, side, level, value, present=None):
    return Reading(region=region, side=side, level=level, value=value, present=present)


def find(found, item):
    return next(unit for unit in found if unit.item == item)


def test_a_value_at_the_cut_off_is_positive():
    assert Cutoff("lower", 1.0).positive(1.0)
    assert Cutoff("higher", 1.0).positive(1.0)
    assert not Cutoff("lower", 1.0).positive(1.0001)


def test_a_level_is_as_suspicious_as_its_worst_node():
    neck = Neck(
        readings=[reading("a", "left", "IIA", 1.2e-3), reading("b", "left", "IIB", 0.8e-3)],
        reference={("left", "II"): True},
    )
    level = find(units(neck, LOW, by="level"), "left II")
    assert (level.value, level.positive, level.present) == (0.8e-3, True, True)


def test_a_dissected_level_where_nothing_was_seen_is_a_negative_of_the_test():
    neck = Neck(readings=[], reference={("right", "III"): True})
    level = find(units(neck, LOW, by="level"), "right III")
    assert (level.positive, level.present, level.status) == (False, True, ANALYSED)


def test_a_metastasis_that_was_not_seen_is_missed_by_level_side_and_patient():
    neck = Neck(readings=[], reference={("left", "II"): True})
    for by, item in (("level", "left II"), ("side", "left"), ("patient", "patient")):
        unit = find(units(neck, LOW, by=by), item)
        assert (unit.positive, unit.present) == (False, True)


def test_levels_that_were_not_dissected_have_no_reference():
    neck = Neck(readings=[reading("a", "left", "IV", 0.5e-3)], reference={("left", "II"): False})
    level = find(units(neck, LOW, by="level"), "left IV")
    assert (level.positive, level.present, level.status) == (True, None, "not dissected")


def test_a_level_whose_nodes_could_not_be_fitted_is_not_called_negative():
    neck = Neck(readings=[reading("a", "left", "II", None)], reference={("left", "II"): True})
    assert find(units(neck, LOW, by="level"), "left II").positive is None
    assert find(units(neck, LOW, by="patient"), "patient").positive is None


@pytest.mark.parametrize(("other", "call"), [(1.2e-3, None), (0.8e-3, True)])
def test_a_node_without_a_value_leaves_what_holds_it_unread_and_a_positive_beside_it_positive(
    other, call
):
    neck = Neck(
        readings=[reading("a", "left", "II", other), reading("b", "left", "II", None)],
        reference={("left", "II"): True},
    )
    for by, item in (("level", "left II"), ("side", "left"), ("patient", "patient")):
        unit = find(units(neck, LOW, by=by), item)
        assert (unit.value, unit.positive, unit.status) == (other, call, UNREAD)
    assert find(units(neck, LOW, by="level"), "left III").positive is False
    assert find(units(neck, LOW, by="side"), "right").positive is False


PLACES = st.sampled_from([("left", "II"), ("left", "III"), ("right", "IIB"), ("left", None)])
READINGS = st.builds(
    lambda place, value: reading("a", *place, value, present=True),
    PLACES, st.none() | st.sampled_from([0.5e-3, 1.5e-3]),
)  # fmt: skip


@settings(max_examples=50)
@given(st.lists(READINGS, max_size=4), st.sampled_from(["node", "level", "side", "patient"]))
def test_every_analysed_unit_has_the_call_that_all_of_its_nodes_make(readings, by):
    reference = dict.fromkeys([("left", "II"), ("right", "II")], True)
    for unit in units(Neck(readings=readings, reference=reference), LOW, by=by):
        if unit.status == ANALYSED:
            assert unit.positive == bool(LOW.positive(unit.value))
        else:
            assert unit.status != UNREAD or any(each.value is None for each in readings)


@pytest.mark.parametrize("by", ["node", "level", "side", "patient"])
def test_an_excluded_participant_is_analysed_nowhere(by):
    neck = Neck(
        readings=[reading("a", "left", "II", 1e-3, present=True)],
        reference={("left", "II"): True},
        excluded="not eligible",
    )
    assert {unit.status for unit in units(neck, LOW, by=by)} == {"not eligible"}


def test_a_test_without_cut_off_calls_nothing():
    neck = Neck(
        readings=[reading("a", "left", "II", 1e-3, present=True)],
        reference={("left", "II"): True},
    )
    for by in ("node", "level", "side", "patient"):
        assert {unit.positive for unit in units(neck, Cutoff("higher", None), by=by)} == {None}


def test_the_reference_of_a_patient_hangs_on_pathology_alone():
    reference = {("left", "II"): True, ("left", "III"): False}
    unread = Neck(readings=[reading("a", "left", "II", None)], reference=reference)
    (patient,) = units(unread, LOW, by="patient")
    assert patient.present is True
    silent = Neck(readings=[], reference={("left", "II"): None, ("left", "III"): False})
    (patient,) = units(silent, LOW, by="patient")
    assert (patient.present, patient.status != ANALYSED) == (None, True)


def test_a_positive_node_without_a_level_makes_its_side_and_patient_positive():
    neck = Neck(readings=[reading("a", "left", None, 0.5e-3)], reference={("left", "II"): True})
    left, right = units(neck, LOW, by="side")
    (patient,) = units(neck, LOW, by="patient")
    assert (left.positive, right.positive, patient.positive) == (True, False, True)
