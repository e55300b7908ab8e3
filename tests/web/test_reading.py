"""Drafts, signatures, unlocking and the check of all of it, over HTTP."""

import json
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from nodewise.errors import FormError, StoreError
from nodewise.reading.rounds import Round, parse
from nodewise.steps.readings import planning, verification
from nodewise.web.passwords import hashed


def ball(centre, radius):
    index = np.indices((48, 48, 12)).reshape(3, -1).T * (2.0, 2.0, 4.0)
    return (np.linalg.norm(index - np.array(centre), axis=1) < radius).reshape(48, 48, 12)


@pytest.fixture
def signed(hospital):
    """A hospital where anna has signed her learning cases and one pilot case."""
    client = hospital.client("anna")
    for code in hospital.codes():
        hospital.finish(client, code)
    hospital.pilot = hospital.codes(round_name="pilot")[0]
    assert hospital.finish(client, hospital.pilot).status_code == 200
    return hospital


def test_a_draft_survives_and_comes_back_with_its_time(hospital):
    client, (code, *_) = hospital.client("anna"), hospital.codes()
    saved = hospital.save(client, code, place=1, answers={"suspicion": 5, "note": "dark"}).json()
    facts = hospital.client("anna").get(f"/read/{code}/case").json()
    assert facts["answers"]["2"] == {"answers": {"suspicion": 5, "note": "dark"}, **saved}
    assert facts["seconds"] == 3


@pytest.mark.parametrize(
    ("answers", "status"),
    [({"suspicion": 9}, 422), ({"pathology": 1}, 422), ({"suspicion": {"a": 1}}, 422), ({}, 200)],
)
def test_a_wrong_answer_is_refused_and_an_unfinished_one_is_kept(hospital, answers, status):
    client, (code, *_) = hospital.client("anna"), hospital.codes()
    token = client.get(f"/read/{code}/case").json()["list"]
    body = {"answers": answers, "revision": 0, "seconds": 1, "list": token}
    assert client.put(f"/read/{code}/answers/0", json=body).status_code == status


def test_an_unfinished_case_cannot_be_signed(hospital):
    client, (code, *_) = hospital.client("anna"), hospital.codes()
    hospital.save(client, code)
    answer = client.post(f"/read/{code}/sign", json={"password": "correct horse battery"})
    assert answer.status_code == 422
    assert "node 2: Is this node metastatic?: not answered yet" in answer.json()["problem"]


def test_signing_needs_the_password_again(hospital):
    client, (code, *_) = hospital.client("anna"), hospital.codes()
    for place in range(3):
        hospital.save(client, code, place=place)
    assert client.post(f"/read/{code}/sign", json={"password": "wrong"}).status_code == 422
    assert hospital.room.readings.signatures() == []


def test_a_signed_case_takes_no_second_edit_and_no_second_signature(signed):
    client = signed.client("anna")
    assert signed.save(client, signed.pilot, revision=1).status_code == 409
    again = client.post(f"/read/{signed.pilot}/sign", json={"password": "correct horse battery"})
    assert again.status_code == 409


def test_a_signature_says_who_what_when_on_which_form_software_and_images(signed):
    row = next(row for row in signed.room.readings.signatures() if row["code"] == signed.pilot)
    record = json.loads(row["record"])
    assert record["signer"] == "anna"
    assert record["form"] == "suspicion_v1"
    assert len(record["images"]) == 2
    assert len(record["answers"]) == 3
    assert record["participant"] == signed.room.readings.read(signed.pilot)["participant"]
    assert record["software"].startswith("nodewise ")
    assert record["seconds"] == 9


def test_unlocking_needs_a_reason_and_makes_a_new_version(signed):
    chief, reader = signed.client("coordinator"), signed.client("anna")
    unlock = f"/progress/{signed.pilot}/unlock"
    assert chief.post(unlock, data={"reason": " "}).status_code == 422
    assert chief.post(unlock, data={"reason": "wrong side"}).status_code == 303
    again = signed.save(reader, signed.pilot, answers={"suspicion": 1}, revision=1)
    assert again.status_code == 200
    body = {"password": "correct horse battery"}
    assert reader.post(f"/read/{signed.pilot}/sign", json=body).status_code == 200
    versions = [
        r["version"] for r in signed.room.readings.signatures() if r["code"] == signed.pilot
    ]
    assert sorted(versions) == [1, 2]
    assert verification.verify(signed.work) == []


def test_a_learning_case_cannot_be_unlocked_since_its_truth_was_seen(signed):
    answer = signed.client("coordinator").post(
        f"/progress/{signed.codes()[0]}/unlock", data={"reason": "mistake"}
    )
    assert answer.status_code == 409
    assert "seen the truth" in answer.json()["problem"]


def test_an_untouched_study_verifies(signed):
    assert verification.verify(signed.work) == []


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("UPDATE audit SET who = 'anne' WHERE action = 'signed'", "its content was altered"),
        ("UPDATE answers SET answers = replace(answers, '4', '5')", "answers differs"),
        ("UPDATE signatures SET record = replace(record, 'anna', 'anne')", "record was altered"),
        ("UPDATE audit SET details = 'x' WHERE number = 4", "its content was altered"),
        ("UPDATE answers SET answers = '{'", "were altered and cannot be read"),
        ("DELETE FROM signatures", "signature is gone"),
        ("UPDATE reads SET visit = 'month 3'", "place or case is not the one"),
        ("UPDATE rounds SET part = 'explorative'", "settings are not those"),
        ("DELETE FROM answers", "answers are not those that were saved"),
        ("UPDATE users SET role = 'coordinator' WHERE name = 'anna'", "the role is not the one"),
    ],
)
def test_whatever_is_altered_behind_the_server_is_found(signed, statement, says):
    signed.tamper(statement)
    assert says in "; ".join(verification.verify(signed.work))


def test_one_byte_of_a_signed_image_is_found(signed):
    record = json.loads(signed.room.readings.signatures()[0]["record"])
    path = signed.work.study.arrays.folder / record["images"][0][:2] / record["images"][0]
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    assert "image" in "; ".join(verification.verify(signed.work))


def test_progress_shows_counts_and_no_answers(signed):
    page = signed.client("statistician").get("/progress").text
    assert "suspicion" not in page
    assert "anna" in page


def test_a_case_waits_for_its_washout_by_the_server_s_clock(hospital):
    work = hospital.work
    settings = {"form": "suspicion_v1", "part": "pilot", "washout_days": 28}
    rounds = [Round.model_validate(settings | {"name": name, "shows": shows})
              for name, shows in (("without", ["t2w"]), ("with", ["t2w", "dwi"]))]  # fmt: skip
    hospital.room.people.add("cleo", "reader", password="x", by="test")
    hospital.room.people.add(
        "dora", "reader", password=hospital.room.people.password("anna"), by="t"
    )
    planning.plan(work, rounds, readers=["cleo", "dora"], by="test")
    client = hospital.client("dora")
    early, late = hospital.codes("dora", "without"), hospital.codes("dora", "with")
    assert client.get(f"/read/{early[0]}/case").json()["problem"].endswith("the round before")
    for code in late:
        assert hospital.finish(client, code).status_code == 200
    assert "this case opens from" in client.get(f"/read/{early[0]}/case").json()["problem"]
    hospital.room.trail.clock = lambda: datetime.now(UTC) + timedelta(days=28, minutes=1)
    assert hospital.client("dora").get(f"/read/{early[0]}/case").status_code == 200


def test_planning_again_adds_what_is_new_and_changes_no_order(hospital):
    before = hospital.room.readings.reads()
    stored = hospital.room.readings.round("pilot")
    same = {"name": "pilot", "part": "pilot", "form": "suspicion_v1", "shows": ["t2w", "dwi"]}
    assert planning.plan(hospital.work, [Round.model_validate(same)], readers=["anna"], by="t") == {
        "anna": 0
    }
    assert hospital.room.readings.reads() == before
    changed = Round.model_validate(same | {"shows": ["t2w"]})
    with pytest.raises(FormError, match="another shows"):
        planning.plan(hospital.work, [changed], readers=["anna"], by="t")
    assert hospital.room.readings.round("pilot") == stored


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        ({"shows": ["spect"]}, "nothing is called spect"),
        ({"form": "magic_v1"}, "no form is called"),
        ({"visit": "month 60"}, "no case has"),
        ({"form": "ceus_v1"}, "shows t2w, of which form ceus_v1 lets nothing .* it is for US;"),
    ],
)
def test_a_round_that_cannot_be_read_is_refused_with_the_reason(hospital, facts, says):
    base = {"name": "new", "part": "pilot", "form": "suspicion_v1", "shows": ["t2w"]}
    with pytest.raises(FormError, match=says):
        planning.plan(hospital.work, [Round.model_validate(base | facts)], readers=["anna"], by="t")


def test_only_readers_get_worklists(hospital):
    settings = Round.model_validate(
        {"name": "new", "part": "pilot", "form": "suspicion_v1", "shows": ["t2w"]}
    )
    with pytest.raises(FormError, match="no reader is called pathology"):
        planning.plan(hospital.work, [settings], readers=["pathology"], by="t")


def test_a_round_s_file_is_checked():
    with pytest.raises(FormError, match="colour"):
        parse('name = "a"\nform = "f"\nshows = ["t2w"]\npart = "pilot"\ncolour = 1', where="a.toml")


def test_a_node_drawn_meanwhile_never_takes_another_node_s_answers(hospital):
    client, (code, *_) = hospital.client("anna"), hospital.codes()
    token = client.get(f"/read/{code}/case").json()["list"]
    hospital.save(client, code, place=0, answers={"suspicion": 5})
    read = hospital.room.readings.read(code)
    rows = hospital.work.tables.read("regions", {"participant": read["participant"]}).to_dicts()
    top = hospital.work.study.arrays.put(ball((48, 48, 44), radius=4))
    hospital.work.tables.add("regions", [rows[0] | {"region": "new", "array": top}])
    late = {"answers": {"suspicion": 1}, "revision": 1, "seconds": 1, "list": token}
    answer = client.put(f"/read/{code}/answers/0", json=late)
    assert answer.status_code == 409
    assert "reload" in answer.json()["problem"]
    facts = client.get(f"/read/{code}/case").json()
    assert len(facts["subjects"]) == 4
    assert facts["answers"]["2"]["answers"] == {"suspicion": 5}


def test_sequential_rounds_open_each_case_with_the_added_sequence_after_the_first_is_signed(
    hospital,
):
    hospital.room.people.add(
        "dora", "reader", password=hospital.room.people.password("anna"), by="t"
    )
    settings = {"form": "suspicion_v1", "part": "pilot"}
    rounds = [Round.model_validate(settings | {"name": name, "shows": shows})
              for name, shows in (("without", ["t2w"]), ("with", ["t2w", "dwi"]))]  # fmt: skip
    hospital.room.people.add("cleo", "reader", password="x", by="t")
    planning.plan(hospital.work, rounds, readers=["cleo", "dora"], by="t", in_order=True)
    client = hospital.client("dora")
    case_of = {read["code"]: read["participant"] for read in hospital.room.readings.reads("dora")}
    (second, *_) = hospital.codes("dora", "with")
    assert client.get(f"/read/{second}/case").status_code == 403
    for code in hospital.codes("dora", "without"):
        hospital.finish(client, code)
        opened = client.get(f"/read/{second}/case").status_code == 200
        signed = {
            case_of[r["code"]] for r in hospital.room.readings.reads("dora") if r["signed_at"]
        }
        assert opened == (case_of[second] in signed)
    assert client.get(f"/read/{second}/case").status_code == 200


def test_a_changed_password_ends_the_user_s_sessions(hospital):
    client = hospital.client("anna")
    hospital.room.people.change_password("anna", hashed("another long password"), by="t")
    assert client.get("/worklist").status_code == 401
    assert hospital.client("anna", "another long password").get("/worklist").status_code == 200
    with pytest.raises(StoreError, match="no user 'nina'"):
        hospital.room.people.change_password("nina", "x", by="t")


def test_a_short_password_is_refused():
    with pytest.raises(StoreError, match="12 characters or more; this one has 5"):
        hashed("short")
