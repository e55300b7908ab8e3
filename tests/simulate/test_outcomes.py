"""What becomes of simulated patients is what its hazards say."""

from collections import Counter

import numpy as np
import pytest

from nodewise.simulate import mpmri, outcomes
from nodewise.simulate.specimens import report
from nodewise.tables import TABLES


@pytest.fixture(scope="module")
def cohort():
    """Rows of 80 participants, by sheet, and the participants themselves."""
    made, people = {}, {}
    for number in range(1, 81):
        rng = np.random.default_rng([2, number])
        person = mpmri.person(number, ("dwi",), rng)
        found = report(person.lumps, person.dissection, rng)
        people[person.patient_id] = person
        for name, rows in outcomes.rows(person, found.truth, rng.spawn(1)[0]).items():
            made.setdefault(name, []).extend(rows)
    return made, people


def test_sheets_have_the_columns_of_the_tables(cohort):
    for name in outcomes.SHEETS:
        known = set(TABLES[name].schema) - {"participant"} | {"patient_id"}
        assert all(set(row) <= known for row in cohort[0][name])


def test_histories_are_in_order_but_for_those_spoiled_on_purpose(cohort):
    made, people = cohort
    events = {}
    for row in made["outcomes"]:
        events.setdefault(row["patient_id"], {})[row["event"]] = row["date"]
    for who, days in events.items():
        early = min(days.values()) < people[who].surgery
        assert early == (people[who].number == outcomes.BEFORE_SURGERY)
        last = days.get("death") or days.get("last contact")
        assert (last is None) == (people[who].number == outcomes.NO_LAST_CONTACT)
        assert last is None or last == max(days.values())


def test_controls_have_no_outcomes(cohort):
    made, people = cohort
    assert {people[row["patient_id"]].facts["arm"] for row in made["outcomes"]} == {"affected"}


def test_nobody_is_imaged_or_reported_after_death(cohort):
    made, people = cohort
    died = {row["patient_id"]: row["date"] for row in made["outcomes"] if row["event"] == "death"}
    for row in made["imaging_reports"]:
        assert row["patient_id"] not in died or row["date"] <= died[row["patient_id"]]
    for who, day in died.items():
        assert all(visit.day <= day for visit in people[who].visits)


def test_follow_up_visits_are_partly_missing(cohort):
    reports = Counter(row["patient_id"] for row in cohort[0]["imaging_reports"]).values()
    assert 1 <= min(reports) < max(reports) <= 1 + len(outcomes.MONTHS)


def test_a_higher_hazard_brings_relapse_as_much_sooner():
    rng = np.random.default_rng(8)
    first = {ratio: [outcomes.course(np.log(ratio), rng) for _ in range(4000)] for ratio in (1, 3)}
    early = {
        ratio: np.mean([c.relapse is not None and c.relapse <= 180 for c in courses])
        for ratio, courses in first.items()
    }
    assert np.log(1 - early[3]) / np.log(1 - early[1]) == pytest.approx(3, rel=0.2)


def test_the_hazard_is_made_of_what_is_said():
    usual = outcomes.log_hazard(outcomes.USUAL_ADC, extension=False, metastases=0)
    worse = outcomes.log_hazard(outcomes.USUAL_ADC - 0.1e-3, extension=True, metastases=3)
    assert usual == 0
    assert np.exp(worse) == pytest.approx(outcomes.LOWER_ADC * outcomes.EXTENSION * outcomes.MANY)
