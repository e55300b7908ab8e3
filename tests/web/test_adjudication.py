"""Two readers, and a third who decides where they differ, without knowing who they are."""

import re

import pytest

from nodewise.errors import FormError
from nodewise.reading.rounds import Round
from nodewise.steps import reading, verification

RULE = {"name": "consensus", "part": "pilot", "form": "suspicion_v1", "shows": ["t2w", "dwi"],
        "adjudicates": {"round": "pilot", "apart": {"suspicion": 1}}}  # fmt: skip


@pytest.fixture
def cases(hospital):
    """Participants of the pilot part."""
    reads = hospital.room.readings.reads("anna")
    return [read["participant"] for read in reads if read["round"] == "pilot"]


def read_all(hospital, reader, answer_of):
    """A reader reads both rounds by the pages; `answer_of` case and place says the suspicion."""
    client = hospital.client(reader)
    for code in hospital.codes(reader):
        hospital.finish(client, code)
    for code in hospital.codes(reader, "pilot"):
        read = hospital.room.readings.read(code)
        for place in range(3):
            answers = {"suspicion": answer_of(read["participant"], place)}
            assert hospital.save(client, code, place=place, answers=answers).status_code == 200
        answer = client.post(f"/read/{code}/sign", json={"password": "correct horse battery"})
        assert answer.status_code == 200, answer.text


@pytest.fixture
def disputed(hospital, cases):
    """Both have read everything; they are far apart on the second node of one case."""
    reading.plan(hospital.work, [Round.model_validate(RULE)], readers=["adjudicator"], by="test")
    read_all(hospital, "anna", lambda case, place: 4)
    read_all(hospital, "ben", lambda case, place: 1 if (case, place) == (cases[0], 1) else 5)
    return hospital


def test_a_case_goes_to_the_adjudicator_once_both_readers_signed_and_differ(disputed, cases):
    (read,) = disputed.room.readings.reads("adjudicator")
    assert (read["round"], read["participant"]) == ("consensus", cases[0])
    assert verification.verify(disputed.work) == []


def test_the_adjudicator_sees_both_answers_and_no_name(disputed):
    client = disputed.client("adjudicator")
    (code,) = disputed.codes("adjudicator", "consensus")
    (told,) = client.get(f"/read/{code}/others").json()
    assert {each["words"][0] for each in told} == {
        "4, probably metastatic", "1, definitely benign"
    }  # fmt: skip
    for path in (f"/read/{code}", f"/read/{code}/case", f"/read/{code}/others", "/worklist"):
        text = client.get(path).text
        assert not re.search(rf"\b(anna|ben)\b|{disputed.canary}", text), path


def test_the_decision_is_a_read_of_its_own_about_the_disputed_node_alone(disputed):
    client = disputed.client("adjudicator")
    (code,) = disputed.codes("adjudicator", "consensus")
    assert len(client.get(f"/read/{code}/case").json()["subjects"]) == 1
    assert disputed.save(client, code, place=1).status_code == 404
    disputed.save(client, code, answers={"suspicion": 2})
    signed = client.post(f"/read/{code}/sign", json={"password": "correct horse battery"})
    assert signed.status_code == 200
    assert len(disputed.room.readings.signed_answers(code)) == 1
    assert len(client.get(f"/read/{code}/case").json()["subjects"]) == 1
    assert verification.verify(disputed.work) == []


def test_a_reader_learns_nothing_of_what_others_answered(disputed):
    client = disputed.client("anna")
    (code,) = disputed.codes("adjudicator", "consensus")
    assert client.get(f"/read/{code}/others").status_code == 403
    assert client.get(f"/read/{disputed.codes()[0]}/others").status_code == 403
    assert client.get(f"/read/{code}").status_code == 404


@pytest.mark.parametrize(
    ("facts", "readers", "says"),
    [
        ({}, ["anna"], "no adjudicator is called anna"),
        ({"adjudicates": {"round": "no", "apart": {"score": 0}}}, ["adjudicator"], "not planned"),
        ({"adjudicates": {"round": "pilot", "apart": {"x": 0}}}, ["adjudicator"], "not ask x"),
        ({"part": "explorative"}, ["adjudicator"], "must be so too"),
    ],
)
def test_an_adjudication_that_cannot_be_is_refused_with_the_reason(hospital, facts, readers, says):
    settings = Round.model_validate(RULE | facts)
    with pytest.raises(FormError, match=says):
        reading.plan(hospital.work, [settings], readers=readers, by="test")
