"""People of the iron-oxide study, their images and their files."""

from datetime import timedelta

import numpy as np
import polars as pl
import pydicom
import pytest

from nodewise.anatomy import RegionKind
from nodewise.ingest import Problem, Pseudonyms, Region, Series, codes, take_in
from nodewise.maps import fit
from nodewise.models import R2Star
from nodewise.reading.form import load as load_form
from nodewise.simulate import ceus, ene, hospital, scanner, uspio
from nodewise.simulate.people import Person
from nodewise.tables import READINGS


@pytest.fixture(scope="module")
def people() -> list[Person]:
    return [
        uspio.person(number, ("mgre",), np.random.default_rng([6, number]))
        for number in range(1, 61)
    ]


def nodes(people):
    return [lump for one in people for lump in one.lumps if lump.kind is RegionKind.NODE]


def test_two_in_five_are_explorative_and_come_first(people):
    parts = {
        part: [one for one in people if one.facts["arm"] == part]
        for part in ("explorative", "pilot")
    }
    assert len(parts["explorative"]) == 24
    last = max(one.facts["infusion_date"] for one in parts["explorative"])
    first = min(one.facts["infusion_date"] for one in parts["pilot"] if one.facts["infusion_date"])
    assert last < first


def test_imaging_is_before_the_infusion_and_a_day_after_it(people):
    for one in people:
        infusion = one.facts["infusion_date"]
        days = [visit.day - infusion for visit in one.visits]
        if days:
            assert timedelta(days=-30) <= days[0] < timedelta() < days[1] == timedelta(days=1)
            assert one.surgery > one.visits[-1].day


def test_protocol_versions_admit_what_they_say_but_for_those_who_break_one_rule(people):
    for one in people:
        facts, first = one.facts, one.facts["protocol_version"] == "1"
        assert first == ((facts["infusion_date"] or uspio.AMENDED) < uspio.AMENDED)
        broken = [
            first and facts["clinical_n"].startswith("N3"),
            first and facts["primary_site"] == "larynx",
            facts["prior_neck_treatment"],
            facts["uspio_contraindication"],
            facts["mri_contraindication"] is None,
        ]
        assert sum(broken) == (one.number in (8, 13, 15, 20, 11)), one.number


def test_who_may_not_have_iron_is_not_imaged(people):
    one = people[uspio.NO_IRON - 1]
    assert not one.visits
    assert one.facts["infusion_date"] is None
    assert not any(lump.seen for lump in one.lumps)


def test_metastases_stay_bright_and_healthy_nodes_go_dark(people):
    ratio = {
        tissue: np.array([uspio.signal_to_lipid(n) for n in nodes(people) if n.tissue == tissue])
        for tissue in ("metastatic", "benign", "reactive")
    }
    assert np.mean(ratio["metastatic"] > 0.85) > 0.9
    assert np.mean(ratio["benign"] < 0.85) > 0.99
    assert 0.02 < np.mean(ratio["reactive"] > 0.85) < 0.4
    assert np.median(ratio["benign"]) < np.median(ratio["reactive"]) < 0.85


def test_deposits_lie_within_their_nodes_and_some_are_micrometastases(people):
    found = [lump for lump in nodes(people) if lump.deposit]
    assert all(lump.metastatic for lump in found)
    for lump in found:
        away = (lump.deposit.centre - lump.shape.centre) / lump.shape.radii
        size = (lump.deposit.radii / lump.shape.radii).max()
        assert np.abs(away).max() <= 1 - (size if size < 1 else 0) + 0.35
    micro = [2 * lump.deposit.radii.max() < 2 for lump in found]
    assert 0.1 < np.mean(micro) < 0.8


def test_a_micrometastasis_shows_what_a_healthy_node_shows(people):
    for one in people:
        shown = {item.label: item for item in uspio.items(one)}
        for lump in one.lumps:
            if lump.deposit and 2 * lump.deposit.radii.max() < 2 and lump.label in shown:
                assert shown[lump.label].signs["pilot"] < 0
                assert shown[lump.label].features["pattern"] in (
                    uspio.PATTERNS[0], uspio.PATTERNS[4],
                )  # fmt: skip


@pytest.mark.parametrize("study", [ceus, ene, uspio], ids=["ceus", "ene", "uspio"])
def test_readers_answer_what_their_forms_ask(study):
    for each in study.PANEL.rounds:
        questions = {question.name: question for question in load_form(each.form).question}
        for name, words in each.asks.items():
            assert set(words) <= set(questions[name].choose)
        scale = questions[each.question].scale
        assert sorted(map(int, scale)) == list(range(len(each.thresholds) + 1))
        assert sorted(map(int, questions["certainty"].scale)) == [1, 2, 3, 4, 5]


def test_r2_star_of_imported_echoes_is_that_of_the_tissue(uspio_cohort):
    errors = r2_star_errors(uspio_cohort, "SIM-0001")
    assert {"lipid", "muscle"} <= set(errors)
    assert max(errors.values()) < 2.5


@pytest.mark.slow
def test_every_maker_s_echoes_lead_to_r2_star_and_the_first_of_three_is_the_first_of_one(
    uspio_trial, uspio_cohort, tmp_path
):
    hospital(uspio_trial, tmp_path, patients=3, seed=3)
    for patient in ("SIM-0001", "SIM-0002", "SIM-0003"):
        assert max(r2_star_errors(tmp_path, patient).values()) < 2.5
    for path in (uspio_cohort / "hospital" / "scans").rglob("*.dcm"):
        assert path.read_bytes() == (tmp_path / path.relative_to(uspio_cohort)).read_bytes()
    one, three = (
        (folder / "hospital" / "participants.csv").read_text()
        for folder in (uspio_cohort, tmp_path)
    )
    assert three.startswith(one)


def r2_star_errors(cohort, patient) -> dict[str, float]:
    """How far R2* of fat, muscle and large metastases of one patient is from the truth, 1/s."""
    truth = pl.read_csv(cohort / "hidden_truth" / "nodes.csv", infer_schema_length=None)
    truth = truth.filter(patient_id=patient, visit="post", metastatic=True, necrotic_core=0.0)
    expected = {"lipid": 45.0, "muscle": 37.0} | {
        row["label"]: row["r2_star"] + row["uptake"]
        for row in truth.to_dicts()
        if row["deposit"] is None and row["short_axis_mm"] > 10
    }
    scans = cohort / "hospital" / "scans" / patient / "post"
    things = list(take_in([scans], Pseudonyms(b"a key for tests only"), workers=1))
    assert not [thing for thing in things if isinstance(thing, Problem)]
    (series,) = (thing for thing in things if isinstance(thing, Series))
    assert series.acquisition.varies == "echo_time"
    assert series.acquisition.field_strength == 3.0
    assert series.acquisition.echo_times == pytest.approx(scanner.ECHO_TIMES)
    model = R2Star(echo_time=np.array(series.acquisition.echo_times))
    found = {
        region.label: np.median(
            fit(model, series.volume.values[region.mask].astype(float)).parameter("r2_star")
        )
        for region in things
        if isinstance(region, Region) and region.label in expected
    }
    return {label: abs(value - expected[label]) for label, value in found.items()}


def test_nodes_have_the_same_names_before_and_after_iron(uspio_cohort):
    folder = uspio_cohort / "hospital" / "scans" / "SIM-0001"
    before, after = (
        {
            segment.SegmentLabel: codes.meaning(segment).kind
            for segment in pydicom.dcmread(folder / visit / "90-seg" / "IM0001.dcm").SegmentSequence
        }
        for visit in ("pre", "post")
    )
    assert before == after
    assert before["lipid"] is before["muscle"] is RegionKind.REFERENCE_TISSUE


def test_all_are_imaged_at_3_tesla(uspio_cohort):
    for visit in (uspio_cohort / "hospital" / "scans").glob("*/*"):
        image = pydicom.dcmread(next(visit.glob("*-mgre/*")), stop_before_pixels=True)
        assert image.MagneticFieldStrength == 3.0


def test_readings_are_rows_of_their_table(uspio_cohort):
    frame = pl.read_csv(uspio_cohort / "hospital" / "readings.csv", infer_schema_length=None)
    rows = READINGS.frame(frame.rename({"patient_id": "participant"}))
    assert rows.height > 30
    assert set(rows["reader"]) == {reader.name for reader in uspio.PANEL.readers}
    assert set(rows["visit"]) == {"post"}


def test_the_truth_says_what_the_readers_are_like(uspio_cohort):
    text = (uspio_cohort / "hidden_truth" / "README.txt").read_text(encoding="utf-8")
    assert all(reader.name in text for reader in uspio.PANEL.readers)
    assert "b-value" not in text
