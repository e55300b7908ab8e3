"""Pathology entered and nodes matched by pages: what is kept, what is refused, who sees it."""

import json

import pytest

from nodewise.errors import FormError
from nodewise.steps.matching import match_nodes
from nodewise.steps.readings import verification
from nodewise.steps.readings.pathology import Pathology

LEVEL = {"side": "left", "level": "IIa", "level_system": "AAO-HNS", "nodes_examined": 2,
         "nodes_positive": 1}  # fmt: skip
NODE = {"specimen_node": "S1", "side": "left", "level": "II", "level_system": "AAO-HNS",
        "specimen_size_mm": 12.5, "metastatic": "yes", "deposit_mm": 4}  # fmt: skip


@pytest.fixture
def manager(hospital):
    """The pathology manager's browser, and the first participant's pages."""
    client = hospital.client("pathology")
    client.who = hospital.work.tables.read("participants")["participant"].min()
    client.enter = lambda what, row: client.post(f"/pathology/{client.who}/{what}", data=row)
    client.link = lambda **row: client.post(f"/matching/{client.who}", data=row)
    return client


def rows(hospital, table, who):
    return hospital.work.truth.read(table, {"participant": who}).to_dicts()


def test_a_level_and_a_node_are_kept_in_the_truth_s_own_file(hospital, manager):
    assert manager.enter("levels", LEVEL).status_code == 303
    assert manager.enter("nodes", NODE).status_code == 303
    (level,) = rows(hospital, "dissections", manager.who)
    (node,) = rows(hospital, "specimen_nodes", manager.who)
    assert (level["level"], level["nodes_examined"], level["nodes_positive"]) == ("IIA", 2, 1)
    assert (node["metastatic"], node["specimen_size_mm"], node["deposit_mm"]) == (True, 12.5, 4.0)
    page = manager.get(f"/pathology/{manager.who}").text
    assert 'value="12.5"' in page
    assert verification.verify(hospital.work) == []


LEFT = {"viable_tumour": 0.3, "necrosis": 0.2, "fibrosis": 0.5, "regression": "yes"}


def test_what_treatment_left_is_asked_of_treated_nodes_and_kept_by_pages_that_do_not_ask(
    hospital, manager, monkeypatch
):
    assert "Regress" not in manager.get(f"/pathology/{manager.who}").text
    monkeypatch.setattr(Pathology, "treated", True)
    assert manager.enter("nodes", NODE | LEFT).status_code == 303
    assert manager.enter("levels", LEVEL | {"nodes_regressed": 1}).status_code == 303
    assert 'value="0.3"' in manager.get(f"/pathology/{manager.who}").text
    assert manager.enter("nodes", NODE | {"specimen_size_mm": 13}).status_code == 303
    (node,) = rows(hospital, "specimen_nodes", manager.who)
    assert (node["specimen_size_mm"], node["viable_tumour"], node["regression"]) == (13, 0.3, True)
    for what, facts, says in (
        ("nodes", NODE | LEFT | {"viable_tumour": 0}, "without a viable share is metastatic"),
        ("nodes", NODE | LEFT | {"necrosis": 20}, "lies between 0 and 1"),
        ("levels", LEVEL | {"nodes_regressed": 2}, "than nodes are without tumour"),
    ):
        answer = manager.enter(what, facts)
        assert answer.status_code == 422
        assert says in answer.text


REFUSED = [
    ("levels", {"nodes_positive": 3}, "3 nodes cannot be positive of 2 examined"),
    ("levels", {"level": "XX"}, "is no level of AAO-HNS"),
    ("levels", {"side": "midline"}, "on the left or on the right"),
    ("nodes", {"metastatic": ""}, "say whether the node is metastatic"),
    ("nodes", {"metastatic": "no"}, "has no deposit"),
    ("nodes", {"deposit_mm": 14}, "larger than the node"),
    ("nodes", {"specimen_size_mm": 900}, "which no node has"),
    ("nodes", {"specimen_node": ""}, "give the node the name"),
]


def test_what_contradicts_itself_is_refused_and_stays_on_the_page(hospital, manager):
    typed = {"levels": 'value="2"', "nodes": 'value="4.0"'}
    for what, facts, says in REFUSED:
        answer = manager.enter(what, (LEVEL if what == "levels" else NODE) | facts)
        assert answer.status_code == 422, facts
        assert says[1:] in answer.text
        assert typed[what] in answer.text or "deposit_mm" in facts
    assert rows(hospital, "corrections", manager.who) == []


def test_a_participant_whom_the_study_does_not_have_is_refused(manager):
    assert manager.get("/pathology/P-nobody").status_code == 409
    assert manager.post("/pathology/P-nobody/levels", data=LEVEL).status_code == 409


def test_levels_and_nodes_that_do_not_agree_are_remarked_on(manager):
    manager.enter("levels", LEVEL | {"nodes_examined": 1, "nodes_positive": 0})
    for name in ("S1", "S2"):
        manager.enter("nodes", NODE | {"specimen_node": name})
    manager.enter("nodes", NODE | {"specimen_node": "S3", "level": "III"})
    page = manager.get(f"/pathology/{manager.who}").text
    assert "2 nodes are described, but the level counts 1" in page
    assert "2 nodes are metastatic, but the level counts 0" in page
    assert "left III: 1 nodes are described, but the level was not dissected" in page


def test_every_change_is_kept_and_the_trail_shows_that_and_not_what(hospital, manager):
    manager.enter("nodes", NODE)
    manager.enter("nodes", NODE | {"deposit_mm": 6})
    manager.post(f"/pathology/{manager.who}/strike",
                 data={"table": "specimen_nodes", "specimen_node": "S1"})  # fmt: skip
    kept = rows(hospital, "corrections", manager.who)
    told = [(json.loads(row[name])["deposit_mm"] if row[name] else None)
            for row in kept for name in ("before", "after")]  # fmt: skip
    assert told == [None, 4.0, 4.0, 6.0, 6.0, None]
    assert rows(hospital, "specimen_nodes", manager.who) == []
    events = [e for e in hospital.room.trail.events() if e["action"] == "pathology changed"]
    assert len(events) == 3
    assert not any("deposit" in event["details"] for event in events)


@pytest.mark.parametrize("table", ["corrections", "specimen_nodes"])
def test_pathology_altered_behind_the_pages_is_found(hospital, manager, table):
    manager.enter("nodes", NODE)
    (row,) = rows(hospital, table, manager.who)
    column = {"corrections": "after", "specimen_nodes": "deposit_mm"}[table]
    value = {"corrections": row.get("after", "").replace("4.0", "5.0")}.get(table, 5.0)
    hospital.work.truth.add(table, [row | {column: value}])
    assert "pathology" in "; ".join(verification.verify(hospital.work))


def test_saving_what_stands_already_is_no_change(hospital, manager):
    manager.enter("nodes", NODE)
    manager.enter("nodes", NODE)
    assert len(rows(hospital, "corrections", manager.who)) == 1


@pytest.mark.parametrize(
    ("certainty", "confidence"),
    [("certain", "exact"), ("probable", "exact"), ("uncertain", "ambiguous")],
)
def test_a_link_made_on_the_board_is_what_the_matching_reads(
    hospital, manager, certainty, confidence
):
    manager.enter("levels", LEVEL)
    for name, facts in (("S1", {}), ("S2", {"metastatic": "no", "deposit_mm": ""})):
        manager.enter("nodes", NODE | facts | {"specimen_node": name})
    label = f"N1 {hospital.canary}"
    answer = manager.link(specimen_node="S1", image_label=label, certainty=certainty)
    assert answer.status_code == 303
    assert f"is {label}, {certainty}" in manager.get(f"/matching/{manager.who}").text
    match_nodes(hospital.work)
    (match,) = [row for row in rows(hospital, "matches", manager.who)
                if row["region"] and row["region"].endswith("-1")]  # fmt: skip
    assert match["confidence"] == confidence
    assert match["metastatic"] is (True if confidence == "exact" else None)
    assert verification.verify(hospital.work) == []


def test_the_board_says_nothing_about_what_a_node_contains(hospital, manager):
    manager.enter("nodes", NODE)
    page = manager.get(f"/matching/{manager.who}").text
    assert "S1" in page
    assert "metastatic" not in page
    assert "deposit" not in page


def test_a_link_that_cannot_be_is_refused_with_the_reason(hospital, manager):
    for name, side in (("S1", "left"), ("S2", "right"), ("S3", "left")):
        manager.enter("nodes", NODE | {"specimen_node": name, "side": side})
    link = {"specimen_node": "S1", "image_label": f"N1 {hospital.canary}", "certainty": "certain"}
    manager.link(**link)
    for facts, says in (
        ({"image_label": "N9"}, "nobody drew an image node N9"),
        ({"specimen_node": "S2"}, "a link never crosses the neck"),
        ({"specimen_node": "S3"}, "is linked to S1 already"),
        ({"specimen_node": "S9"}, "there is no specimen node S9"),
    ):
        answer = manager.link(**link | facts)
        assert answer.status_code == 422
        assert says[1:] in answer.text


def test_a_link_that_came_with_the_table_counts_as_one(hospital, manager):
    for name in ("S10", "S2"):
        manager.enter("nodes", NODE | {"specimen_node": name})
    label = f"N1 {hospital.canary}"
    (row,) = [row for row in rows(hospital, "specimen_nodes", manager.who)
              if row["specimen_node"] == "S2"]  # fmt: skip
    hospital.work.truth.add("specimen_nodes", [row | {"image_label": label}])
    answer = manager.link(specimen_node="S10", image_label=label)
    assert (answer.status_code, "linked to S2 already" in answer.text) == (422, True)
    assert answer.text.index("<strong>S2<") < answer.text.index("<strong>S10<")


def test_nodes_of_one_name_on_both_sides_are_two(hospital, manager):
    for name, side in (("S1", "left"), ("S2", "right")):
        manager.enter("nodes", NODE | {"specimen_node": name, "side": side})
    first = hospital.work.tables.read("regions", {"participant": manager.who}).to_dicts()
    (left,) = [row for row in first if row["label"].startswith("N1")]
    measured = hospital.work.tables.read("nodes", {"region": left["region"]}).to_dicts()[0]
    other = {"region": "another", "side": "right"}
    hospital.work.tables.add("regions", [left | other])
    hospital.work.tables.add("nodes", [measured | other])
    answers = [manager.link(specimen_node=name, image_label=left["label"]) for name in ("S1", "S2")]
    assert [answer.status_code for answer in answers] == [303, 303]
    page = manager.get(f"/matching/{manager.who}").text
    assert (page.count("<small>is S1</small>"), page.count("<small>is S2</small>")) == (1, 1)


def test_a_link_is_taken_away_with_the_node_or_alone(hospital, manager):
    manager.enter("nodes", NODE)
    label = f"N1 {hospital.canary}"
    manager.link(specimen_node="S1", image_label=label)
    manager.link(specimen_node="S1", image_label="")
    assert rows(hospital, "links", manager.who) == []
    assert rows(hospital, "specimen_nodes", manager.who)[0]["image_label"] is None
    manager.link(specimen_node="S1", image_label=label)
    manager.post(f"/pathology/{manager.who}/strike",
                 data={"table": "specimen_nodes", "specimen_node": "S1"})  # fmt: skip
    assert rows(hospital, "links", manager.who) == []


def test_the_door_asks_for_the_role_again(hospital):
    truth, who = hospital.room.truth, "P"
    for name in ("anna", "coordinator", "nobody"):
        with pytest.raises(FormError, match=f"'{name}' may not enter pathology"):
            truth.enter("dissections", LEVEL | {"participant": who}, by=name)
        with pytest.raises(FormError, match="may not export the truth"):
            truth.export("matches", "csv", by=name)
