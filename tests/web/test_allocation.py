"""Rounds planned and readers assigned through the pages."""

import pytest

from nodewise.steps.readings import verification

NEW = {"name": "second", "part": "pilot", "form": "suspicion_v1", "visit": "pre-treatment",
       "shows": ["t2w", "", "dwi"], "washout_days": "28"}  # fmt: skip


@pytest.fixture
def chief(hospital):
    return hospital.client("coordinator")


def test_a_round_is_planned_and_shown_with_its_settings(hospital, chief):
    assert chief.post("/allocation/rounds", data=NEW).status_code == 303
    row = hospital.room.readings.round("second")
    assert (row["shows"], row["washout_days"], row["cases"]) == ('["t2w", "dwi"]', 28, None)
    assert "t2w, dwi" in chief.get("/allocation").text
    assert verification.verify(hospital.work) == []


REFUSED = [
    ({"shows": [""]}, "shows"),
    ({"name": "Not a Name"}, "name"),
    ({"form": "magic_v1"}, "o form is called"),
    ({"name": "pilot", "washout_days": "3"}, "another washout_days"),
    ({"score": "nothing"}, "o frozen score is called"),
    ({"decides": "pilot", "apart": "suspicion x"}, "valid integer"),
    ({"decides": "pilot", "apart": "suspicion 1", "adjudicator": "anna"}, "o adjudicator is"),
]


def test_a_round_that_cannot_be_is_refused_and_stays_on_the_page(hospital, chief):
    for facts, says in REFUSED:
        answer = chief.post("/allocation/rounds", data=NEW | facts)
        assert answer.status_code == 422
        assert says in answer.text
        assert f'value="{facts.get("name", "second")}"' in answer.text
    assert hospital.room.readings.round("second") is None


@pytest.mark.parametrize("design", ["balanced", "in order"])
def test_readers_are_put_on_rounds_in_the_chosen_design(hospital, chief, design):
    for name in ("without", "with"):
        chief.post("/allocation/rounds", data=NEW | {"name": name})
    people = hospital.room.people
    for reader in ("cleo", "dora"):
        people.add(reader, "reader", password=people.password("anna"), by="test")
    chosen = {"rounds": ["with", "without"], "readers": ["cleo", "dora"], "design": design}
    assert chief.post("/allocation/readers", data=chosen).status_code == 303
    after = {
        (read["reader"], read["round"]): read["after"]
        for reader in ("cleo", "dora")
        for read in hospital.room.readings.reads(reader)
    }
    second = "dora" if design == "balanced" else "cleo"
    assert after["cleo", "with"] == "without"
    assert after["dora", "without"] == ("with" if second == "dora" else None)
    assert chief.post("/allocation/readers", data=chosen).status_code == 303
    assert len(hospital.room.readings.reads("cleo")) == 6


def test_nobody_is_put_on_nothing(chief):
    assert chief.post("/allocation/readers", data={"rounds": ["pilot"]}).status_code == 422


def test_learning_cases_stay_out_of_a_pilot_round_planned_in_the_browser(hospital, chief):
    chief.post("/allocation/rounds", data=NEW)
    chief.post("/allocation/readers", data={"rounds": ["second"], "readers": ["anna"]})
    reads = hospital.room.readings.reads("anna")
    people = {name: {r["participant"] for r in reads if r["round"] == name}
              for name in ("learning", "second")}  # fmt: skip
    assert people["second"]
    assert not people["learning"] & people["second"]


def test_a_learning_case_smuggled_into_the_pilot_is_found(hospital):
    (code, *_) = hospital.codes(round_name="pilot")
    learning = hospital.room.readings.read(hospital.codes()[0])["participant"]
    hospital.tamper(f"UPDATE reads SET participant = '{learning}' WHERE code = '{code}'")
    assert "in the learning part and in the validation" in "; ".join(
        verification.verify(hospital.work)
    )


def test_progress_counts_by_case_for_staff(hospital, chief):
    client = hospital.client("anna")
    hospital.finish(client, hospital.codes()[0])
    case = hospital.room.readings.read(hospital.codes()[0])["participant"]
    page = chief.get("/progress").text
    row = page[page.index(case) :]
    assert "1 of 2" in row[: row.index("</tr>")]
