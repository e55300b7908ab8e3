"""Nothing that a reader's browser receives says more than an opaque code."""

import gzip
import json
import re

import pytest


def facts_that_must_not_surface(hospital):
    """Pseudonyms, identifiers, content hashes, dates, folders: all that could tell a case."""
    tables = hospital.work.tables
    found = {hospital.canary, hospital.work.study.folder.name, "affected"}
    for row in tables.read("series").to_dicts():
        found |= {row["participant"], row["series"], row["array"]}
    for row in tables.read("regions").to_dicts():
        found |= {row["region"], row["array"], row["label"]}
    return found


def crawl(hospital, client, code):
    """Every GET route of the application, with every parameter that makes sense, and nonsense."""
    for route in [path for method, path, _ in hospital.routes() if method == "GET"]:
        for panel in ("0", "1", "7"):
            for frame in ("0", "1", "9"):
                path = route.replace("{code}", code).replace("{panel}", panel)
                yield client.get(path.replace("{frame}", frame), headers={"accept": "text/html"})
    yield client.get(f"/read/{code}/nothing")
    yield client.get(f"/read/{code.lower()}")
    yield hospital.save(client, code, place=99)
    yield hospital.save(client, code, answers={"truth": 1})
    yield client.post(f"/read/{code}/sign", json={"password": "wrong"})


def received(answer):
    body = answer.content
    if body[:2] == b"\x1f\x8b":
        body = gzip.decompress(body)
    headers = " ".join(f"{name}: {value}" for name, value in answer.headers.items())
    return f"{answer.url} {headers} {body.decode('latin-1')}"


def test_no_reader_route_gives_a_case_away(hospital):
    client = hospital.client("anna")
    (code, *_) = hospital.codes()
    secrets = facts_that_must_not_surface(hospital)
    answers = list(crawl(hospital, client, code))
    assert sum(answer.status_code == 200 for answer in answers) > 10
    for answer in answers:
        text = received(answer)
        assert not [secret for secret in secrets if secret.lower() in text.lower()], answer.url


def test_feedback_says_the_truth_of_this_case_and_nothing_else(hospital):
    client = hospital.client("anna")
    (code, *_) = hospital.codes()
    assert hospital.finish(client, code).status_code == 200
    page = client.get(f"/read/{code}/feedback").text
    assert re.findall(r"[●○] (metastatic|benign)", page) == ["metastatic", "benign", "benign"][::-1]
    secrets = facts_that_must_not_surface(hospital)
    assert not [secret for secret in secrets if secret.lower() in page.lower()]


def test_feedback_is_refused_before_the_signature(hospital):
    client = hospital.client("anna")
    answer = client.get(f"/read/{hospital.codes()[0]}/feedback")
    assert answer.status_code == 409
    assert "after you have signed" in answer.json()["problem"]


def test_feedback_is_refused_in_the_pilot_part_even_when_signed(hospital):
    client = hospital.client("anna")
    for code in hospital.codes():
        hospital.finish(client, code)
    (code, *_) = hospital.codes(round_name="pilot")
    assert hospital.finish(client, code).status_code == 200
    answer = client.get(f"/read/{code}/feedback")
    assert answer.status_code == 409
    assert "no feedback" in answer.json()["problem"]


def test_two_readers_know_the_same_case_by_different_codes(hospital):
    reads = hospital.room.readings.reads()
    assert len({read["code"] for read in reads}) == len(reads)


def test_learning_cases_and_pilot_cases_share_nobody(hospital):
    people = {"learning": set(), "pilot": set()}
    for read in hospital.room.readings.reads():
        people[read["round"]].add(read["participant"])
    assert len(people["learning"]) == 2
    assert not people["learning"] & people["pilot"]


def test_another_reader_s_case_does_not_exist(hospital):
    client = hospital.client("ben")
    for path in ("", "/case", "/image/0/0", "/overlay/0", "/feedback"):
        assert client.get(f"/read/{hospital.codes('anna')[0]}{path}").status_code == 404
    assert hospital.save(client, hospital.codes("anna")[0]).status_code == 404


def test_cases_open_in_their_order_only(hospital):
    client = hospital.client("anna")
    first, second = hospital.codes()
    assert client.get(f"/read/{second}/case").status_code == 403
    hospital.finish(client, first)
    assert client.get(f"/read/{second}/case").status_code == 200


def test_the_pilot_opens_after_the_learning_part(hospital):
    client = hospital.client("anna")
    answer = client.get(f"/read/{hospital.codes(round_name='pilot')[0]}/case")
    assert answer.status_code == 403
    assert "after the learning part" in answer.json()["problem"]


def test_only_images_of_the_round_can_be_opened(hospital):
    client = hospital.client("anna")
    facts = client.get(f"/read/{hospital.codes()[0]}/case").json()
    assert [panel["title"] for panel in facts["panels"]] == ["T2W", "DWI"]
    assert client.get(f"/read/{hospital.codes()[0]}/image/2/0").status_code == 404


@pytest.mark.parametrize("part", ["0", "1"])
def test_voxels_arrive_as_they_were_stored(hospital, part):
    import numpy as np

    client = hospital.client("anna")
    (code, *_) = hospital.codes()
    facts = client.get(f"/read/{code}/case").json()["panels"][int(part)]
    answer = client.get(f"/read/{code}/image/{part}/{facts['start']}")
    levels = np.frombuffer(answer.content, "<u2").reshape(facts["shape"], order="F")
    values = float(answer.headers["x-intercept"]) + float(answer.headers["x-slope"]) * levels
    read = hospital.room.readings.read(code)
    rows = hospital.work.tables.read("series", {"participant": read["participant"]}).to_dicts()
    row = next(row for row in rows if row["sequence"] == ["t2w", "dwi"][int(part)])
    stored = hospital.work.study.arrays.get(row["array"])
    expected = stored[..., -1] if stored.ndim == 4 else stored
    assert np.abs(values - expected).max() <= float(answer.headers["x-slope"])
    assert json.loads(json.dumps(facts["frames"])) == [[""], ["b 0", "b 800"]][int(part)]
