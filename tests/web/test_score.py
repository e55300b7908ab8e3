"""Two parts of one study: a score is learnt in the first, frozen, and computed in the second."""

import json
import re
from html import unescape

import pytest

from nodewise.reading.form import Score
from nodewise.steps.readings import verification

BY_HAND = """name = "by_hand"
title = "Drawn up by hand"
rule = [
    { when = { points = [0, 1] }, gives = "benign" },
    { when = { points = [2] }, gives = "metastatic" },
]
[points.suspicion]
"3" = 1
"4" = 2
"5" = 2
"""


@pytest.fixture
def learnt(hospital):
    """Anna and ben have read the learning part, better than chance; the truth is the node's place.

    In every case the third node from the head is the metastatic one (conftest).
    """
    for reader in ("anna", "ben"):
        client = hospital.client(reader)
        for number, code in enumerate(hospital.codes(reader)):
            for place in range(3):
                suspicion = (5 if place == 2 else 1 + place) - (number and place == 2)
                hospital.save(client, code, place=place, answers={"suspicion": suspicion})
            client.post(f"/read/{code}/sign", json={"password": "correct horse battery"})
    return hospital


def propose(chief, **more):
    return chief.post(
        "/score/propose", data={"form": "suspicion_v1", "questions": ["suspicion"]} | more
    )


def rule_on(page):
    return unescape(re.search(r"<textarea[^>]*>(.*?)</textarea>", page, re.DOTALL)[1])


def freeze(chief, rule, form="suspicion_v1"):
    return chief.post("/score/freeze", data={"form": form, "rule": rule})


def test_points_are_proposed_from_the_learning_part_and_frozen_as_built(learnt):
    chief = learnt.client("coordinator")
    page = propose(chief).text
    assert "From 12 readings of nodes (4 metastatic) by 2 readers in 2 participants" in page
    assert freeze(chief, rule_on(page)).status_code == 303
    (row,) = learnt.room.readings.scores()
    assert row["name"] == "suspicion_points"
    assert json.loads(row["origin"])["participants"] == 2
    assert "12 readings of nodes by 2 readers" in chief.get("/score").text
    assert verification.verify(learnt.work) == []
    score = Score.model_validate_json(row["score"])
    said = [score.value({"suspicion": value}) for value in (1, 2, 3, 4, 5)]
    assert said[:2] == ["benign", "benign"]
    assert said[3:] == ["metastatic", "metastatic"]
    assert None not in said


def test_a_proposed_rule_that_was_changed_counts_as_drawn_up_by_hand(learnt):
    chief = learnt.client("coordinator")
    rule = rule_on(propose(chief).text).replace("suspicion_points", "mine")
    freeze(chief, rule)
    (row,) = learnt.room.readings.scores()
    assert row["origin"] == "drawn up by hand"


def test_a_rule_that_does_not_fit_is_refused_and_stays_on_the_page(hospital):
    chief = hospital.client("coordinator")
    for rule, says in (
        ("name = ", "is not TOML"),
        (BY_HAND.replace("points.suspicion", "points.colour"), "does not fit form suspicion_v1"),
        (BY_HAND.replace("title", "titel"), "wrong entries"),
    ):
        answer = freeze(chief, rule)
        assert answer.status_code == 422
        assert says in answer.text
        assert rule_on(answer.text).strip() == rule.strip()
    assert hospital.room.readings.scores() == []


def test_a_frozen_score_never_changes(hospital):
    chief = hospital.client("coordinator")
    freeze(chief, BY_HAND)
    answer = freeze(chief, BY_HAND.replace("[2]", "[2, 3]"))
    assert answer.status_code == 422
    assert "it cannot change" in answer.text


def test_nothing_can_be_learnt_before_a_learning_case_is_signed(hospital):
    answer = propose(hospital.client("coordinator"))
    assert answer.status_code == 422
    assert "o signed learning case on suspicion_v1 has a node with a reference" in answer.text


@pytest.mark.parametrize("shown", ["yes", "no"])
def test_the_pilot_computes_the_frozen_score_and_shows_it_where_the_round_says_so(hospital, shown):
    chief = hospital.client("coordinator")
    freeze(chief, BY_HAND)
    new = {"name": "scored", "part": "pilot", "form": "suspicion_v1", "shows": ["t2w"],
           "visit": "pre-treatment", "score": "by_hand", "shows_score": shown}  # fmt: skip
    chief.post("/allocation/rounds", data=new)
    people = hospital.room.people
    people.add("dora", "reader", password=people.password("anna"), by="test")
    chief.post("/allocation/readers", data={"rounds": ["scored"], "readers": ["dora"]})
    client, code = hospital.client("dora"), hospital.codes("dora", "scored")[0]
    says = hospital.save(client, code, answers={"suspicion": 4}).json()["score"]
    assert says == ("Drawn up by hand: metastatic" if shown == "yes" else None)
    for place, suspicion in enumerate((4, 3, 1)):
        answers, revision = {"suspicion": suspicion}, int(place == 0)
        hospital.save(client, code, place=place, answers=answers, revision=revision)
    client.post(f"/read/{code}/sign", json={"password": "correct horse battery"})
    (signature,) = hospital.room.readings.signatures()
    record = json.loads(signature["record"])
    assert record["score"] == "by_hand"
    assert sorted(record["scores"].values()) == ["benign", "benign", "metastatic"]
    assert client.get(f"/read/{code}/feedback").status_code == 409
    assert verification.verify(hospital.work) == []


def test_a_score_altered_behind_the_server_is_found(hospital):
    freeze(hospital.client("coordinator"), BY_HAND)
    hospital.tamper("UPDATE scores SET score = replace(score, 'benign', 'malign')")
    assert "score by_hand is not the one that was frozen" in verification.verify(hospital.work)
