"""A node before and after treatment: which drawn regions are held to be one node, and compare."""

import pytest

from nodewise import trial
from nodewise.ingest.records import Machine
from nodewise.steps.analysis.cases import MEASURED, Cases
from nodewise.steps.analysis.pairing import Pairs, doubts
from nodewise.steps.cine.machines import differences, dynamic_range, shared_display
from nodewise.steps.readings.values import Answers
from nodewise.trial import named
from nodewise.truth import OTHER_SIDE, UNLIKE, UNREAD

CEUS = trial.load("ceus")
RATIO = named(CEUS.index_test, "peak-ratio").model_copy(update={"relative_to": None})
AFTER = {
    "participant": "A", "visit": "post", "label": "N1", "side": "left", "level": "III",
    "level_system": "AJCC", "kind": "node", "region": "after",
}  # fmt: skip
BEFORE = AFTER | {"visit": "pre", "region": "before"}
MACHINE = Machine(manufacturer="Philips", model="EPIQ 7", mechanical_index=0.06)


def pairs(*rows, **machines):
    nodes = {}
    for row in rows:
        nodes.setdefault((row["participant"], row["visit"], row["label"]), []).append(row)
    return Pairs(nodes=nodes, machines=machines)


def cases(*rows, values, **machines):
    return Cases(
        index_visit="post", people={}, nodes={"A": [AFTER]}, truths={}, excluded={},
        measured={(region, "bolus", "peak", "curve"): value for region, value in values.items()},
        regions={}, pairs=pairs(*rows, **machines), filmed={}, mapped=set(),
        answers=Answers({}, {}, []), sizes={row["region"]: row for row in rows},
    )  # fmt: skip


@pytest.mark.parametrize(("side", "ratio"), [("left", 0.5), ("right", None), (None, 0.5)])
def test_a_label_that_changed_sides_between_visits_is_another_node(side, ratio):
    study = cases(AFTER, BEFORE | {"side": side}, values={"after": 3.0, "before": 6.0})
    assert study.value(AFTER, RATIO, MEASURED) == ratio
    why = OTHER_SIDE if side == "right" else UNREAD
    assert study.why(AFTER, RATIO) == why
    assert study.why(AFTER, named(CEUS.index_test, "peak")) == UNREAD
    early = named(CEUS.index_test, "peak-before").model_copy(update={"relative_to": None})
    assert study.value(AFTER, early, MEASURED) == (ratio and 6.0)
    assert study.why(AFTER, early) == why


def test_nodes_of_one_label_on_both_sides_keep_their_own_values():
    right = AFTER | {"side": "right", "region": "r"}
    rows = AFTER, right, BEFORE, BEFORE | {"side": "right", "region": "b"}
    study = cases(*rows, values={"after": 3.0, "r": 6.0, "before": 1.0, "b": 4.0})
    peak = RATIO.model_copy(update={"ratio_to": None})
    assert [study.value(node, peak, MEASURED) for node in (AFTER, right)] == [3.0, 6.0]
    assert [study.value(node, RATIO, MEASURED) for node in (AFTER, right)] == [3.0, 1.5]


def found(*rows, **machines):
    """What is told of the node after treatment."""
    return list(doubts(pairs(*rows, **machines), CEUS))


@pytest.mark.parametrize(
    ("before", "says"),
    [
        ({}, None),
        ({"side": "right"}, "right at visit pre, left at post"),
        ({"level": "IV"}, "level IV at visit pre, III at post"),
        ({"level": "IIA"}, "level IIA at visit pre, III at post"),
        ({"level": None}, None),
        ({"side": None}, None),
    ],
)
def test_a_change_of_side_or_level_between_visits_is_told(before, says):
    issues = found(AFTER, BEFORE | before)
    assert [issue.found for issue in issues] == ([says] if says else [])
    assert all("visits pre and post" in issue.where for issue in issues)


def test_a_level_named_as_a_whole_is_no_change_to_one_of_its_parts():
    for one, other in (("II", "IIA"), ("IIA", "II"), ("IIB", "IIB")):
        assert found(AFTER | {"level": one}, BEFORE | {"level": other}) == []


@pytest.mark.parametrize(
    ("other", "unlike"),
    [
        ({}, []),
        ({"manufacturer": "PHILIPS"}, []),
        ({"model": ""}, []),
        ({"mechanical_index": 0.065}, []),
        ({"mechanical_index": 0.12}, ["mechanical index 0.06 and 0.12"]),
        ({"model": "Affiniti"}, ["model EPIQ 7 and Affiniti"]),
    ],
)
def test_a_ratio_of_two_machines_or_settings_is_left_out_counted_and_told(other, unlike):
    machine = MACHINE.model_copy(update=other)
    assert list(differences(MACHINE, machine)) == unlike
    made = {"after": MACHINE, "before": machine}
    study = cases(AFTER, BEFORE, values={"after": 3.0, "before": 6.0}, **made)
    assert study.value(AFTER, RATIO, MEASURED) == (None if unlike else 0.5)
    assert study.why(AFTER, RATIO) == (UNLIKE if unlike else UNREAD)
    issues = found(AFTER, BEFORE, **made)
    assert len(issues) == bool(unlike)
    assert all("counted there" in issue.action for issue in issues)


def test_nodes_of_one_participant_on_two_machines_are_told_once():
    rows = [row | {"label": label, "region": f"{row['region']}{label}"}
            for row in (AFTER, BEFORE) for label in ("N1", "N2")]  # fmt: skip
    other = Machine(manufacturer="Mindray", model="Resona 7")
    made = {row["region"]: MACHINE if row["visit"] == "post" else other for row in rows}
    (issue,) = found(*rows, **made)
    assert issue.where == "nodes N1, N2, cines of visits pre and post"
    assert issue.found == (
        "cines made differently: manufacturer Mindray and Philips; model Resona 7 and EPIQ 7 "
        "(at pre and at post)"
    )
    assert "“Area under the bolus over muscle, after over before”" in issue.action


def test_one_dynamic_range_for_several_machines_is_told():
    (spec,) = CEUS.map
    names = {"Mindray Resona 7", "Philips EPIQ 7"}
    assert shared_display(spec, names) == []
    spec = spec.model_copy(update={"display": None, "dynamic_range": 60.0})
    assert shared_display(spec, {"Philips EPIQ 7"}) == []
    (issue,) = shared_display(spec, names)
    assert issue.found == "one dynamic range for Mindray Resona 7, Philips EPIQ 7"


def test_sizes_and_times_of_two_machines_compare():
    made = {"after": MACHINE, "before": Machine(manufacturer="Mindray", model="Resona 7")}
    study = cases(AFTER, BEFORE, values={}, **made)
    for test in CEUS.index_test:
        compares = test.name in ("peak-ratio", "area-ratio")
        assert (study.why(AFTER, test) == UNLIKE) == compares, test.name


def test_the_display_of_a_preset_goes_before_that_of_its_machine():
    (spec,) = CEUS.map
    known = spec.display[1].model_copy(update={"processing": "Gen", "dynamic_range": 50.0})
    spec = spec.model_copy(update={"display": (*spec.display, known)})
    assert dynamic_range(spec, MACHINE) == 55.0
    assert dynamic_range(spec, MACHINE.model_copy(update={"processing": "Gen"})) == 50.0
    assert dynamic_range(spec, Machine(manufacturer="philips", model="Epiq 7")) == 55.0
    assert dynamic_range(spec, Machine(manufacturer="Philips", model="EPIQ 5")) is None
