"""Outcomes from the study's tables to estimates: histories made by hand, no images."""

from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl
import pytest

from nodewise import store, trial
from nodewise.errors import StoreError, TrialError
from nodewise.steps import reporting
from nodewise.steps.outcomes.describing import describe_outcomes
from nodewise.steps.work import Work
from nodewise.truth import ANALYSED

SURGERY, RADIOTHERAPY = date(2021, 1, 1), 40
FACTS = {
    "histology": "squamous cell carcinoma", "preoperative_mri": True, "preoperative_pet_ct": True,
    "node_histology": True, "arm": "affected", "surgery_date": SURGERY,
    "treatment_end_date": SURGERY + timedelta(days=RADIOTHERAPY),
}  # fmt: skip
MPMRI = trial.load("mpmri")
SURVIVAL, FREE, RELAPSE = (MPMRI.outcome[number] for number in range(3))


def day(number):
    """A day so long after surgery."""
    return SURGERY + timedelta(days=number)


@dataclass
class Patients:
    """A study that is filled patient by patient."""

    work: Work

    def __post_init__(self):
        self.rows = {name: [] for name in (
            "participants", "outcomes", "imaging_reports", "bone_specimens", "bone_findings",
            "nodes", "values", "series", "regions",
        )}  # fmt: skip

    def add(self, who, adc=None, reports=(), **events):
        """Events by name, their days after surgery; a pair says whether it lies in the field."""
        self.rows["participants"].append(FACTS | {"participant": who})
        for name, at in events.items():
            at, field = at if isinstance(at, tuple) else (at, None)
            event = {"participant": who, "event": name.replace("_", " "), "in_field": field}
            self.rows["outcomes"].append(event | {"date": None if at is None else day(at)})
        for at, report in dict(reports).items():
            row = {"participant": who, "date": day(at), "modality": "MR"}
            self.rows["imaging_reports"].append(row | report)
        for label, value in enumerate(adc or ()):
            node = {"participant": who, "visit": "pre-treatment", "label": f"N{label}",
                    "region": f"{who}{label}", "kind": "node"}  # fmt: skip
            self.rows["nodes"].append(node)
            self.rows["regions"].append(node | {"date": day(-9), "grid": "{}", "array": "0"})
            self.rows["values"].append({
                "participant": who, "visit": "pre-treatment", "region": f"{who}{label}",
                "tissue": "region", "model": "adc", "parameter": "adc", "statistic": "median",
                "value": value,
            })  # fmt: skip

    def described(self):
        truths = ("outcomes", "imaging_reports", "bone_specimens")
        for name, rows in self.rows.items():
            (self.work.truth if name in truths else self.work.tables).write(name, rows)
        describe_outcomes(self.work)
        return self

    def estimate(self, outcome, quantity, **where):
        rows = self.work.truth.read("outcome_estimates").filter(
            outcome=outcome, quantity=quantity, stratum=where.pop("stratum", "all")
        )
        value = where.pop("value", None)
        rows = rows.filter(
            pl.col("value_name").is_null() if value is None else pl.col("value_name") == value
        )
        return rows.filter(**where).row(0, named=True) if where else rows.row(0, named=True)

    def status(self, outcome):
        rows = self.work.truth.read("outcome_units").filter(outcome=outcome)
        return dict(rows.select("participant", "status").rows())


@pytest.fixture
def patients(tmp_path):
    store.create(tmp_path / "study", trial.text("mpmri"))
    return Patients(Work.on(tmp_path / "study"))


def test_survival_is_that_of_the_textbook(patients):
    for who, died in (("A", 100), ("B", 400), ("C", 500)):
        patients.add(who, death=died)
    patients.add("D", last_contact=450)
    patients.add("E", last_contact=900)
    patients.described()
    year, two = (patients.estimate(SURVIVAL.name, "event-free", at_day=at) for at in (365, 730))
    assert year["value"] == pytest.approx(4 / 5)
    assert two["value"] == pytest.approx(4 / 5 * 3 / 4 * 1 / 2)
    assert (year["events"], two["events"], two["patients"]) == (1, 3, 5)
    assert (year["followed"], two["followed"]) == (4, 1)
    assert (
        "nobody was followed"
        in patients.estimate(SURVIVAL.name, "event-free", at_day=1826)["remark"]
    )


def test_a_death_without_relapse_competes_and_is_no_censoring(patients):
    for number in range(10):
        patients.add(f"R{number}", local_relapse=(RADIOTHERAPY + 10 + number, True),
                     last_contact=1500)  # fmt: skip
        patients.add(f"D{number}", death=RADIOTHERAPY + 20 + number)
    patients.described()
    share = patients.estimate(RELAPSE.name, "incidence", at_day=365)
    assert (share["value"], share["events"], share["competing"]) == (pytest.approx(0.5), 10, 10)


WRONG = {
    "death 5 days before surgery": {"death": -5},
    "local relapse 100 days after death": {"local_relapse": 300, "death": 200},
    "last contact 100 days after death": {"last_contact": 300, "death": 200},
    "regional relapse 60 days after the last contact": {
        "last_contact": 300,
        "regional_relapse": 360,
    },
    "local relapse without a day": {"local_relapse": None, "last_contact": 300},
    "neither a last contact nor a death": {"local_relapse": 300},
}
SUMS = {-9: 40.0, RADIOTHERAPY + 90: 24.0, RADIOTHERAPY + 180: 31.0}
BONES = {"A": (True, True), "B": (False, True), "C": (True, False), "D": (False, False)}
"""Participant → what imaging said, on the left alone, and what histology did, on both sides."""


@pytest.fixture(scope="module")
def mixed(tmp_path_factory):
    """One study of everybody who is looked at alone: to make one takes longer than to ask it."""
    folder = tmp_path_factory.mktemp("mixed") / "study"
    store.create(folder, trial.text("mpmri"))
    made = Patients(Work.on(folder))
    for found, events in WRONG.items():
        made.add(found, **events)
    made.add("clock", local_relapse=(RADIOTHERAPY + 10, True), death=100)
    made.add("in", local_relapse=(200, True), last_contact=900)
    made.add("out", local_relapse=(200, False), last_contact=900)
    made.add("unknown", local_relapse=200, last_contact=900)
    made.add("unread", last_contact=900)
    made.add("unread end", local_relapse=(200, True), last_contact=900)
    told = {"step": "import", "found": "f", "needed": "n"}
    made.work.tables.write("issues", [
        told | {"issue": "i", "participant": "unread",
                "where": "outcomes table, row 2, column event",
                "action": "correct it; the row was left out"},
        told | {"issue": "j", "participant": "unread end",
                "where": "participants table, row 9, column treatment_end_date",
                "action": "correct it; the cell was left empty"},
    ])  # fmt: skip
    made.add("nodes", adc=[1.2e-3, 0.9e-3, 1.4e-3], last_contact=900)
    made.add("died", death=200)
    made.add("lost", last_contact=200)
    early = {RADIOTHERAPY + 10: {"ni_rads_neck": "2"}}
    made.add("missed", last_contact=2000, reports=early)
    made.add("recist", last_contact=900, reports={
        at: {"target_sum_mm": size, "largest_node_mm": size / 2, "new_lesion": False,
             "other_disease": False} for at, size in SUMS.items()
    })  # fmt: skip
    made.add("not assessable", last_contact=900,
             reports={RADIOTHERAPY + 90: {"ni_rads_neck": "N-x"}})  # fmt: skip
    for who, (seen, found) in BONES.items():
        made.add(who, last_contact=900)
        for side in ("left", "right"):
            where = {"participant": who, "bone": "mandible", "side": side}
            made.rows["bone_specimens"].append(where | {"invaded": found})
            made.rows["bone_findings"].append(
                where | {"date": day(-9), "modality": "MR", "invaded": seen and side == "left"}
            )
    made.add("unverified", last_contact=900)
    made.rows["bone_findings"].append(
        {"participant": "unverified", "bone": "maxilla", "date": day(-9), "modality": "MR",
         "invaded": True}
    )  # fmt: skip
    made.add("early", last_contact=900)
    bone = {"participant": "early", "bone": "mandible", "side": "left", "invaded": True}
    made.rows["bone_specimens"].append(bone)
    made.rows["bone_findings"].append(bone | {"date": day(-43), "modality": "MR"})
    made.add("elsewhere", last_contact=900)
    left = {"participant": "elsewhere", "bone": "mandible", "side": "left", "invaded": False}
    made.rows["bone_specimens"].append(left)
    made.rows["bone_findings"] += [
        row | {"date": day(-9), "modality": "MR"}
        for row in (left, left | {"bone": "maxilla", "invaded": True})
    ]
    return made.described()


def test_the_end_of_treatment_begins_another_clock_than_surgery(mixed):
    units = mixed.work.truth.read("outcome_units").filter(participant="clock")
    told = {row["outcome"]: (row["days"], row["event"]) for row in units.to_dicts()}
    assert told[SURVIVAL.name] == (100, 1)
    assert told[FREE.name] == told[RELAPSE.name] == (10, 1)


def test_a_relapse_outside_the_field_is_none_and_an_unplaced_one_is_left_out(mixed):
    units = mixed.work.truth.read("outcome_units").filter(outcome=RELAPSE.name)
    events = dict(units.select("participant", "event").rows())
    assert [events[who] for who in ("in", "out", "unknown")] == [1, 0, None]
    assert mixed.status(RELAPSE.name)["unknown"].startswith("nobody recorded")
    assert mixed.status(FREE.name)["unknown"] == ANALYSED


def test_a_history_that_cannot_be_right_is_told_and_left_out(mixed):
    told = mixed.work.tables.read("issues").filter(step="outcomes", item="histories")
    assert dict(told.select("participant", "found").rows()) == {found: found for found in WRONG}
    status = mixed.status(SURVIVAL.name)
    out = {who for who, each in status.items() if each != ANALYSED}
    assert out == {*WRONG, "unread", "unread end"}
    assert status["unread"] == "a row of the outcomes could not be read"
    assert status["unread end"] == "the end of treatment could not be read"
    assert mixed.estimate(SURVIVAL.name, "event-free", at_day=365)["left_out"] == len(out)


def test_the_most_suspicious_node_is_the_one_that_the_trial_file_names(mixed):
    rows = mixed.work.truth.read("patient_values").filter(value_name="lowest-adc")
    told = {row["participant"]: row for row in rows.to_dicts()}
    found = told["nodes"]
    assert (found["value"], found["positive"], found["nodes"]) == (0.9e-3, True, 3)
    assert told["died"]["status"] == "no node was drawn"


def test_a_visit_without_a_report_says_why(mixed):
    rows = mixed.work.truth.read("responses").filter(visit="month 12")
    told = dict(rows.select("participant", "status").rows())
    assert [told[who] for who in ("died", "lost", "missed")] == [
        "died before", "not followed so long", "not reported",
    ]  # fmt: skip


def test_a_report_of_no_visit_is_told(mixed):
    told = mixed.work.tables.read("issues").filter(step="outcomes", item="visits")
    assert told.select("participant", "found").rows() == [("missed", "a date in no visit's window")]


def test_recist_is_against_baseline_and_nadir_of_the_nodes_left_in_place(mixed):
    rows = mixed.work.truth.read("responses").drop_nulls("recist")
    told = {(row["participant"], row["visit"]): row["recist"] for row in rows.to_dicts()}
    assert told == {
        ("recist", "month 3"): "PR",
        ("recist", "month 6"): "PD",
        ("not assessable", "month 3"): "no target",
    }
    status = mixed.status("neck-at-month-3")
    assert status["not assessable"] == "not to be judged: N-x"
    assert status["recist"] == "not told in the report"


def test_bone_counts_once_a_patient_and_only_where_it_was_examined(mixed):
    row = mixed.estimate("bone-invasion", "sensitivity", stratum="MR")
    assert (row["value"], row["patients"], row["left_out"]) == (0.5, 5, 2)
    assert mixed.status("bone-invasion")["unverified"] == "no histology of the bone"


def test_a_bone_imaged_longer_before_surgery_than_the_reference_allows_is_not_counted(mixed):
    assert MPMRI.reference.maximum_interval_days == 42
    status = mixed.status("bone-invasion")["early"]
    assert status == "imaging of the bone more than 42 days before surgery"


def test_a_bone_left_in_place_does_not_count_against_the_histology_of_another(mixed):
    units = mixed.work.truth.read("outcome_units").filter(outcome="bone-invasion")
    (row,) = units.filter(participant="elsewhere").to_dicts()
    assert (row["positive"], row["present"], row["status"]) == (False, False, ANALYSED)


def test_too_few_events_are_counted_and_no_p_value_stands_beside_an_exploratory_outcome(patients):
    for number in range(20):
        patients.add(f"P{number}", adc=[1e-3 + number % 7 * 1e-5], death=300 + 90 * number)
    patients.described()
    ratio = patients.estimate(SURVIVAL.name, "hazard ratio", value="lowest-adc")
    assert ratio["value"] > 0
    early = patients.estimate(SURVIVAL.name, "auc", value="lowest-adc", at_day=365)
    assert early["value"] is None
    assert "1 with the event by then; the trial file asks for 10" in early["remark"]
    assert ratio["p"] is None
    assert ratio["p_adjusted"] is None


def test_a_finding_of_month_3_foretells_only_what_comes_after_that_visit(patients):
    seen = {RADIOTHERAPY + 60: {"ni_rads_neck": "3"}}
    patients.add("early", reports=seen, local_relapse=(RADIOTHERAPY + 100, True), last_contact=900)
    patients.add("late", reports=seen, local_relapse=(RADIOTHERAPY + 300, True), last_contact=900)
    patients.add("unseen", last_contact=900)
    for number in range(4):
        clear = {RADIOTHERAPY + 60: {"ni_rads_neck": "1"}}
        patients.add(f"clear{number}", reports=clear, last_contact=900)
    patients.described()
    row = patients.estimate(FREE.name, "hazard ratio", value="month-3-neck")
    assert (row["patients"], row["events"], row["left_out"]) == (5, 1, 2)
    curve = patients.work.truth.read("outcome_curves").filter(
        outcome=FREE.name, value_name="month-3-neck", stratum="positive"
    )
    assert curve["day"].min() == 300


IN_ROUND = 'finding = "ni_rads_neck"\nvisit = "month 3"\nround = "third month"'


def read(who, category, reader="anna", **more):
    """A signed category of the neck at month 3."""
    row = {"participant": who, "reader": reader, "round": "third month", "part": "pilot",
           "visit": "month 3", "form": "ni_rads_neck_v1", "item": "patient",
           "question": "category", "answer": category, "signed_at": "2026-01-01"}  # fmt: skip
    return row | {"value": float(category) if category.isdigit() else None} | more


@pytest.fixture(scope="module")
def surveyed(tmp_path_factory):
    """Patients whose necks are read in a round at month 3; reports say something else."""
    text = trial.text("mpmri").replace('finding = "ni_rads_neck"\nvisit = "month 3"', IN_ROUND)
    folder = tmp_path_factory.mktemp("surveyed") / "study"
    store.create(folder, text)
    made, rows = Patients(Work.on(folder)), []
    for number in range(12):
        made.add(f"clear{number}", last_contact=900, reports={130: {"ni_rads_neck": "3"}})
        rows.append(read(f"clear{number}", "1"))
    for number in range(6):
        made.add(f"high{number}", **({"local_relapse": (RADIOTHERAPY + 200 + number, True)}
                 if number < 3 else {}), last_contact=900)  # fmt: skip
        rows += [read(f"high{number}", "3"), read(f"high{number}", "3", "bo")]
    for who in ("disputed", "hidden", "again", "unread", "elsewhere"):
        made.add(who, last_contact=900)
    made.add("gone", death=RADIOTHERAPY + 20)
    made.work.tables.write("readings", [
        *rows, read("disputed", "1"), read("disputed", "2", "bo"),
        read("hidden", "no", question="assessable"),
        read("again", "2"), read("again", "4", iteration=2),
        read("elsewhere", "2", round="another"),
    ])  # fmt: skip
    return made.described()


def test_a_category_is_what_the_round_said_and_not_the_report(surveyed):
    rows = surveyed.work.truth.read("patient_values").filter(value_name="month-3-neck")
    told = {row["participant"]: (row["category"], row["status"]) for row in rows.to_dicts()}
    assert told["clear0"] == ("1", ANALYSED)
    assert told["high0"] == ("3", ANALYSED)
    assert told["again"] == ("2", ANALYSED)
    assert told["disputed"] == (None, "readers differ, and nobody decided")
    assert told["hidden"] == ("N-x", "not to be judged: N-x")
    assert told["unread"] == told["elsewhere"] == (None, "not read in round third month")
    assert told["gone"] == (None, "died before")
    share = surveyed.estimate("neck-at-month-3", "share positive")
    assert (share["patients"], share["events"]) == (19, 7)


def test_relapse_is_told_by_category_from_the_landmark_on_with_limits_where_nobody_had_one(
    surveyed,
):
    high, clear = (
        surveyed.estimate(RELAPSE.name, "incidence", value="month-3-neck", stratum=category,
                          at_day=365)
        for category in ("3", "1")
    )  # fmt: skip
    assert (high["value"], high["events"], high["patients"]) == (pytest.approx(0.5), 3, 6)
    assert high["low"] < 0.5 < high["high"]
    assert (clear["value"], clear["low"]) == (0, 0)
    assert clear["high"] == pytest.approx(1 - 0.025 ** (1 / 12))
    assert clear["remark"] == "nobody had it: exact limits, of the 12 followed so long"


def test_outcomes_are_described_anew_when_they_change_and_only_then(patients):
    patients.add("A", death=400)
    patients.described()
    assert not describe_outcomes(patients.work)
    patients.work.truth.write("outcomes", [])
    with pytest.raises(StoreError, match="older than its trial file or its data"):
        reporting.write_report(patients.work)
    assert describe_outcomes(patients.work)


def test_a_confirmatory_outcome_cannot_change_once_outcomes_were_joined(patients):
    path = patients.work.study.folder / "trial.toml"
    first = 'title = "Overall survival"\n'
    path.write_text(path.read_text().replace(first, first + 'role = "confirmatory"\n'))
    patients.work = Work.on(path.parent)
    patients.add("A", death=400)
    patients.described()
    path.write_text(path.read_text().replace("at_days = [365,", "at_days = [366,", 1))
    with pytest.raises(TrialError, match="changed after the truth was opened"):
        reporting.write_report(Work.on(path.parent))
