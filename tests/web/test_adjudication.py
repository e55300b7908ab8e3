"""Two readers, and a third who decides where they differ, without knowing who they are."""

import re

import polars as pl
import pytest

from nodewise.errors import FormError
from nodewise.reading.rounds import Round
from nodewise.steps.readings import answers, planning, verification
from nodewise.store.reading import Readings

ROUND = {"name": "double", "part": "pilot", "form": "suspicion_v1", "shows": ["t2w", "dwi"]}
RULE = ROUND | {"name": "consensus", "adjudicates": {"round": "double", "apart": {"suspicion": 1}}}


class Late(Readings):
    """Readings that see the worklists as they were before, at the first look."""

    seen = 0

    def reads(self, reader=None):
        self.seen += 1
        return super().reads(reader) if self.seen > 1 else []


@pytest.fixture
def double(hospital):
    """A round of two cases that cleo and dora read, and the round that decides."""
    people = hospital.room.people
    for reader in ("cleo", "dora"):
        people.add(reader, "reader", password=people.password("anna"), by="test")
    settings = Round.model_validate(ROUND | {"cases": 2})
    planning.plan(hospital.work, [settings], readers=["cleo", "dora"], by="test")
    planning.plan(hospital.work, [Round.model_validate(RULE)], readers=["adjudicator"], by="test")
    return hospital


@pytest.fixture
def disputed(double):
    """Both have signed both cases; they are far apart on the second node of one."""
    reads = double.room.readings.reads("cleo")
    double.case = reads[0]["participant"]
    for reader, on_it in (("cleo", 4), ("dora", 1)):
        client = double.client(reader)
        for code in double.codes(reader, "double"):
            mine = double.room.readings.read(code)["participant"] == double.case
            for place in range(3):
                answers = {"suspicion": on_it if mine and place == 1 else 4 + (reader == "dora")}
                double.save(client, code, place=place, answers=answers)
            assert sign(client, code).status_code == 200
    return double


def sign(client, code):
    return client.post(f"/read/{code}/sign", json={"password": "correct horse battery"})


def test_a_case_goes_to_the_adjudicator_who_sees_both_answers_and_no_name(disputed):
    (read,) = disputed.room.readings.reads("adjudicator")
    assert (read["round"], read["participant"]) == ("consensus", disputed.case)
    client, code = disputed.client("adjudicator"), read["code"]
    ((told, *_),) = client.get(f"/read/{code}/others").json()
    assert (told["ask"], told["apart"]) == ("Is this node metastatic?", True)
    assert set(told["said"]) == {"One reader", "Another reader"}
    assert set(told["said"].values()) == {"4, probably metastatic", "1, definitely benign"}
    for path in (f"/read/{code}", f"/read/{code}/case", f"/read/{code}/others", "/worklist"):
        text = client.get(path).text
        assert not re.search(rf"\b(cleo|dora)\b|{disputed.canary}", text), path
    for path in (f"/read/{code}/others", f"/read/{disputed.codes('cleo', 'double')[0]}/others"):
        assert disputed.client("cleo").get(path).status_code == 403


def test_the_decision_is_a_read_of_its_own_about_the_disputed_node_alone(disputed):
    client = disputed.client("adjudicator")
    (code,) = disputed.codes("adjudicator", "consensus")
    assert len(client.get(f"/read/{code}/case").json()["subjects"]) == 1
    assert disputed.save(client, code, place=1).status_code == 404
    disputed.save(client, code, answers={"suspicion": 2})
    assert sign(client, code).status_code == 200
    assert len(client.get(f"/read/{code}/case").json()["subjects"]) == 1
    assert verification.verify(disputed.work) == []
    found = answers.collect(disputed.work).filter(
        (pl.col("round") == "consensus") & (pl.col("question") == "suspicion")
    )
    assert sorted(found.select("reader", "value").rows()) == [
        ("adjudicator", 2.0), *[("agreed", 4.5)] * 5
    ]  # fmt: skip


def test_a_read_on_which_a_decision_rests_is_unlocked_after_the_decision_only(disputed):
    client, chief = disputed.client("adjudicator"), disputed.client("coordinator")
    (decision,) = disputed.codes("adjudicator", "consensus")
    disputed.save(client, decision, answers={"suspicion": 2})
    sign(client, decision)
    reads = disputed.room.readings.reads("cleo")
    (code,) = [read["code"] for read in reads if read["participant"] == disputed.case]
    tries = [
        chief.post(f"/progress/{each}/unlock", data={"reason": "wrong side"}).status_code
        for each in (code, decision, code)
    ]
    assert tries == [409, 303, 303]


def test_nothing_goes_to_the_adjudicator_before_both_have_signed(double):
    client, (code, *_) = double.client("cleo"), double.codes("cleo", "double")
    double.finish(client, code)
    assert double.room.readings.reads("adjudicator") == []


def test_readers_who_sign_at_the_same_moment_send_a_case_on_once(disputed):
    settings = disputed.room.readings.round("consensus")
    cases = planning.differing_cases(disputed.room.readings, settings)
    late = Late(disputed.room.trail)
    planning._refill(late, settings, reader="adjudicator", cases=cases)
    assert late.seen == 2
    assert len(disputed.room.readings.reads("adjudicator")) == 1


def test_an_adjudication_that_cannot_be_is_refused_with_the_reason(double):
    for facts, readers, says in (
        ({}, ["anna"], "no adjudicator is called anna"),
        ({"adjudicates": {"round": "no", "apart": {"score": 0}}}, ["adjudicator"], "not planned"),
        ({"adjudicates": {"round": "double", "apart": {"x": 0}}}, ["adjudicator"], "not ask x"),
        ({"part": "explorative"}, ["adjudicator"], "must be so too"),
    ):
        settings = Round.model_validate(RULE | {"name": "other"} | facts)
        with pytest.raises(FormError, match=says):
            planning.plan(double.work, [settings], readers=readers, by="test")
