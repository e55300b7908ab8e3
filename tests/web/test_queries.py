"""Queries: who may ask whom, and who sees what."""

QUESTION = {"addressee": "coordinator", "field": "DWI", "text": "Is there a sharper one?"}


def ask(client, **facts):
    return client.post("/queries", data=QUESTION | facts)


def test_a_reader_asks_about_a_case_and_reads_the_answer_without_a_name(hospital):
    anna, chief = hospital.client("anna"), hospital.client("coordinator")
    code = hospital.codes()[0]
    assert ask(anna, subject=code).status_code == 303
    assert "1 query is not closed" in chief.get("/progress").text
    chief.post("/queries/1", data={"action": "answer", "text": "No, read what you can."})
    page = anna.get("/queries").text
    assert "No, read what you can." in page
    assert "coordinator, coordinator" not in page
    assert anna.post("/queries/1", data={"action": "close"}).status_code == 303
    assert anna.post("/queries/1", data={"action": "answer", "text": "more"}).status_code == 409
    actions = [e["action"] for e in hospital.room.trail.events() if e["subject"] == "1"]
    assert actions == ["query asked", "query answered", "query closed"]


def test_a_reader_asks_nobody_else_and_about_nothing_else(hospital):
    client = hospital.client("anna")
    for facts in ({"subject": "P-1"}, {"addressee": "pathology manager"}, {"text": ""}):
        assert ask(client, **{"subject": hospital.codes()[0]} | facts).status_code == 422
    assert hospital.room.queries.all() == []


def test_what_pathology_is_asked_no_reader_sees(hospital):
    ask(hospital.client("annotator"), addressee="pathology manager", subject="P-secret")
    assert "P-secret" in hospital.client("pathology").get("/queries").text
    for name in ("anna", "adjudicator", "statistician"):
        client = hospital.client(name)
        assert "P-secret" not in client.get("/queries").text
        assert client.post("/queries/1", data={"action": "close"}).status_code == 404


def test_only_whoever_asked_or_the_coordinator_closes(hospital):
    ask(hospital.client("annotator"), addressee="pathology manager", subject="P-1")
    manager = hospital.client("pathology")
    assert manager.post("/queries/1", data={"action": "close"}).status_code == 403
    assert hospital.client("coordinator").post(
        "/queries/1", data={"action": "close"}
    ).status_code == 303  # fmt: skip
    assert hospital.room.queries.one(1)["state"] == "closed"


def test_staff_write_to_readers_through_the_coordinator_alone(hospital):
    assert ask(hospital.client("pathology"), addressee="reader", subject="P-1").status_code == 422
    assert ask(hospital.client("coordinator"), addressee="reader", subject="x").status_code == 303
    assert "Is there a sharper one?" in hospital.client("ben").get("/queries").text


def test_a_character_that_one_engine_cannot_hold_is_refused_on_both(hospital):
    answer = ask(hospital.client("anna"), subject=hospital.codes()[0], text="sharp\0er?")
    assert answer.status_code == 409
    assert "NUL character" in answer.json()["problem"]
    assert hospital.client().post("/login", data={"name": "an\0na"}).status_code == 409
