"""An annotator's deeds, as the server has them."""

import re

import numpy as np
import polars as pl
import pytest

from nodewise.steps.readings.verification import verify
from nodewise.store.marks import MARKED, Marks
from nodewise.web import case


@pytest.fixture
def hospital(in_sqlite):
    """On SQLite alone: which database holds the trail does not matter here."""
    return in_sqlite


@pytest.fixture
def annotator(hospital):
    return hospital.client("annotator")


def opened(client):
    """Address of the first case that can be marked, and what it shows."""
    codes = sorted(re.findall(r'"/mark/(\w+)"', client.get("/mark").text))
    return f"/mark/{codes[0]}", client.get(f"/mark/{codes[0]}/case").json()


def grown(client, base, voxel, radius=6.0, panel=0):
    answer = client.post(
        f"{base}/grow/{panel}", json={"voxel": voxel, "frame": 0, "radius": radius}
    )
    steps = np.frombuffer(answer.content, np.uint8)
    return steps, int(answer.headers["x-best"])


def runs(inside):
    edges = np.flatnonzero(np.diff(np.pad(inside.astype(np.int8), 1))).reshape(-1, 2)
    return [[int(a), int(b - a)] for a, b in edges]


def mark(steps, best, **more):
    facts = {"panel": 0, "label": "N9", "side": "left", "level": "IIb", "version": 0}
    return facts | {"drawn_by": "SEMIAUTOMATIC", "runs": runs((steps > 0) & (steps <= best))} | more


def regions(hospital):
    return hospital.work.tables.read("regions")


def test_a_node_grows_is_kept_and_is_measured(hospital, annotator):
    base, facts = opened(annotator)
    before = len(regions(hospital))
    steps, best = grown(annotator, base, [12, 20, 3])  # the node of the fixture at 24, 40, 12 mm
    found = annotator.post(f"{base}/nodes", json=mark(steps, best)).json()
    assert 10 < found["size"]["long_axis_mm"] < 16
    rows = regions(hospital)
    row = rows.filter(pl.col("region") == found["region"]).to_dicts()[0]
    assert len(rows) == before + 1
    assert (row["level"], row["level_system"], row["side"]) == ("IIB", "AJCC", "left")
    assert (row["drawn_by"], row["kind"], row["label"]) == ("SEMIAUTOMATIC", "node", "N9")
    mask = hospital.work.study.arrays.get(row["array"])
    truth = next(
        hospital.work.study.arrays.get(each["array"])
        for each in rows.filter(pl.col("participant") == row["participant"]).to_dicts()
        if each["label"].startswith("N0")
    )
    assert 2 * (mask & truth).sum() / (mask.sum() + truth.sum()) > 0.85
    again = annotator.get(f"{base}/case").json()
    assert len(again["nodes"]) == len(facts["nodes"]) + 1


@pytest.mark.slow
def test_the_marked_node_is_what_the_measuring_step_takes_up(hospital, annotator):
    base, _ = opened(annotator)
    found = annotator.post(f"{base}/nodes", json=mark(*grown(annotator, base, [12, 20, 3]))).json()
    from nodewise.steps.measure import measure

    measure(hospital.work)
    rows = hospital.work.tables.read("nodes", {"region": found["region"]}).to_dicts()
    assert rows[0]["short_axis_mm"] == pytest.approx(found["size"]["short_axis_mm"])


def test_every_version_is_told_and_can_be_taken_back(hospital, annotator):
    base, facts = opened(annotator)
    node = facts["nodes"][0]
    address = f"{base}/nodes/{node['region']}"
    facts = mark(*grown(annotator, base, [12, 20, 3]), label="other", version=0)
    assert annotator.put(address, json=facts).json()["version"] == 1
    assert annotator.put(address, json=facts).status_code == 409  # the page saw version 0
    assert annotator.request("DELETE", address, json={"version": 1}).json()["version"] == 2
    assert annotator.post(f"{address}/undo", json={"version": 2}).json()["version"] == 3
    assert annotator.post(f"{address}/undo", json={"version": 3}).json()["version"] == 4
    events = hospital.room.trail.events(node["region"])
    assert [event["action"] for event in events] == [MARKED] * 4
    assert {event["who"] for event in events} == {"annotator"}
    assert hospital.room.trail.broken() == []


def test_a_marked_node_that_was_altered_behind_the_page_is_found(hospital, annotator):
    base, _ = opened(annotator)
    found = annotator.post(f"{base}/nodes", json=mark(*grown(annotator, base, [12, 20, 3]))).json()
    assert verify(hospital.work) == []
    row = regions(hospital).filter(pl.col("region") == found["region"]).to_dicts()[0]
    hospital.work.tables.add("regions", [row | {"level": "III"}])
    assert found["region"] in "; ".join(verify(hospital.work))
    hospital.work.tables.add("regions", [row | {"visit": "month 3"}])  # visits follow the trial
    assert verify(hospital.work) == []


def test_undoing_the_first_change_of_an_imported_node_brings_it_back(hospital, annotator):
    base, facts = opened(annotator)
    region = facts["nodes"][0]["region"]
    before = regions(hospital).filter(pl.col("region") == region).to_dicts()
    change = mark(*grown(annotator, base, [12, 20, 3]), label="other")
    annotator.put(f"{base}/nodes/{region}", json=change)
    assert regions(hospital).filter(pl.col("region") == region).to_dicts() != before
    annotator.post(f"{base}/nodes/{region}/undo", json={"version": 1})
    assert regions(hospital).filter(pl.col("region") == region).to_dicts() == before


def test_a_case_that_a_reader_has_opened_keeps_its_nodes(hospital, annotator):
    reader = hospital.client("anna")
    (code, *_) = hospital.codes()
    reader.get(f"/read/{code}")
    read = hospital.room.readings.read(code)
    page = annotator.get("/mark").text
    row = next(part for part in page.split("<tr>") if read["participant"] in part)
    base = row.split('href="')[1].split('"')[0]
    assert annotator.get(f"{base}/case").json()["begun"]
    answer = annotator.post(f"{base}/nodes", json=mark(*grown(annotator, base, [12, 20, 3])))
    assert answer.status_code == 409
    assert "reader has opened" in answer.json()["problem"]


WRONG = [
    {"level": "XX"}, {"label": ""}, {"label": "<b>"}, {"side": "up"}, {"runs": []},
    {"runs": [[10**9, 5]]}, {"drawn_by": "AUTOMATIC"}, {"extra": 1},
]  # fmt: skip


def test_a_mark_that_makes_no_sense_is_refused_and_keeps_nothing(hospital, annotator):
    base, _ = opened(annotator)
    before = regions(hospital)
    good = mark(np.ones(5, np.uint8), 1)
    answers = [annotator.post(f"{base}/nodes", json=good | wrong) for wrong in WRONG]
    assert {answer.status_code for answer in answers} == {422}
    assert regions(hospital).equals(before)


def test_a_name_that_is_none_is_told_and_not_repeated(annotator):
    base, _ = opened(annotator)
    wrong = mark(np.ones(5, np.uint8), 1, label="N1/2 Smith")
    problem = annotator.post(f"{base}/nodes", json=wrong).json()["problem"]
    assert "nothing was saved; label: a node's name is 1 to 40 letters" in problem
    assert "Smith" not in problem


def test_a_node_on_a_cine_keeps_the_frame_that_it_was_drawn_on(hospital, annotator):
    for row in hospital.work.tables.read("series", {"sequence": "dwi"}).to_dicts():
        facts = {"modality": "US", "varies": "time", "acquisition": '{"times": [0.0, 0.5]}'}
        hospital.work.tables.add("series", [row | facts])
    base, facts = opened(annotator)
    (cine,) = [n for n, panel in enumerate(facts["panels"]) if panel["modality"] == "US"]
    steps, best = grown(annotator, base, [12, 20, 3], panel=cine)
    given = mark(steps, best, panel=cine, frame=1)
    kept = annotator.post(f"{base}/nodes", json=given).json()["region"]
    assert regions(hospital).filter(pl.col("region") == kept)["frame"].to_list() == [2]
    (shown,) = [n for n in annotator.get(f"{base}/case").json()["nodes"] if n["region"] == kept]
    assert shown["frame"] == 2
    assert annotator.post(f"{base}/nodes", json=given | {"frame": 2}).status_code == 422


def test_a_tissue_that_nodes_are_held_against_is_drawn_too_and_no_reader_is_asked_about_it(
    hospital, annotator
):
    base, facts = opened(annotator)
    steps, best = grown(annotator, base, [12, 20, 3])
    given = mark(steps, best, label="muscle", kind="reference tissue")
    kept = annotator.post(f"{base}/nodes", json=given).json()["region"]
    row = regions(hospital).filter(pl.col("region") == kept).to_dicts()[0]
    assert (row["kind"], row["side"], row["level"]) == ("reference tissue", "left", None)
    shown = annotator.get(f"{base}/case").json()["nodes"]
    assert [node["region"] for node in shown] == [n["region"] for n in facts["nodes"]] + [kept]
    overlay = annotator.get(f"{base}/overlay/0").content
    assert max(overlay) == len(shown)
    nodes = case.nodes(hospital.work.study, row["participant"], row["visit"])
    assert kept not in {node.region for node in nodes}
    moved = given | {"version": 1, "side": "right"}
    assert annotator.put(f"{base}/nodes/{kept}", json=moved).status_code == 200
    assert annotator.post(f"{base}/nodes", json=given | {"kind": "bone"}).status_code == 422


def test_a_node_of_another_case_cannot_be_changed_through_this_one(hospital, annotator):
    base, facts = opened(annotator)
    mine = {node["region"] for node in facts["nodes"]}
    other = next(name for name in regions(hospital)["region"] if name not in mine)
    good = mark(np.ones(5, np.uint8), 1)
    assert annotator.put(f"{base}/nodes/{other}", json=good).status_code == 404
    deleted = annotator.request("DELETE", f"{base}/nodes/{other}", json={"version": 0})
    assert deleted.status_code == 404


def test_a_point_outside_the_image_is_told(annotator):
    base, _ = opened(annotator)
    answer = annotator.post(f"{base}/grow/0", json={"voxel": [99, 0, 0], "frame": 0})
    assert (answer.status_code, answer.json()["problem"]) == (
        409, "the point lies outside the image",
    )  # fmt: skip


def test_the_overlay_shows_a_new_node_on_every_grid(annotator):
    base, facts = opened(annotator)
    annotator.post(f"{base}/nodes", json=mark(*grown(annotator, base, [12, 20, 3])))
    for panel in range(len(facts["panels"])):
        overlay = np.frombuffer(annotator.get(f"{base}/overlay/{panel}").content, np.uint8)
        assert overlay.max() == len(facts["nodes"]) + 1


def test_nothing_is_changed_when_the_trail_cannot_tell_it(hospital, monkeypatch):
    marks = Marks(hospital.work.study, hospital.room.trail)
    before = regions(hospital)
    monkeypatch.setattr(hospital.room.trail, "moment", lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        marks.put(before.to_dicts()[0] | {"label": "new"}, version=0, by="test")
    assert regions(hospital).sort("region").equals(before.sort("region"))


def test_landmarks_suggest_side_and_level(hospital, annotator):
    base, _ = opened(annotator)
    steps, best = grown(annotator, base, [12, 20, 3])
    region = {"runs": runs((steps > 0) & (steps <= best))}

    def suggested():
        return annotator.post(f"{base}/measure/0", json=region).json()["suggested"]

    assert suggested() == {"side": "right", "level": None, "levels": [], "missing": []}
    for name, place in (("hyoid", [-40, 0, -30]), ("cricoid", [-40, 0, -60])):
        given = {"landmark": name, "points": [place]}
        assert annotator.put(f"{base}/landmarks", json=given).status_code == 200
    found = suggested()  # above the hyoid, left of a midline at −40 mm
    assert found["side"] == "left"
    assert {level.rstrip("AB") for level in found["levels"]} & {"II"}
    assert found["missing"]
    hyoid = {"landmark": "hyoid", "points": []}
    assert list(annotator.put(f"{base}/landmarks", json=hyoid).json()) == ["cricoid"]
    assert hospital.room.trail.broken() == []


def test_a_landmark_that_is_none_is_refused(annotator):
    base, _ = opened(annotator)
    for given in ({"landmark": "nose", "points": []}, {"landmark": "hyoid", "points": [[0, 0]]},
                  {"landmark": "hyoid", "points": [[0, 0, "NaN"]]}):  # fmt: skip
        assert annotator.put(f"{base}/landmarks", json=given).status_code == 422
