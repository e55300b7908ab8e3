"""Uptake of PET at the command: known activity, real slices, and what is refused."""

import csv
import json
import re
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from click.testing import CliRunner

from nodewise import trial
from nodewise.cli import main
from nodewise.errors import ModelError, TrialError
from nodewise.ingest import Acquisition, nifti_writing
from nodewise.ingest.records import Tracer
from nodewise.steps import quantify
from nodewise.steps.series.frames import series_of

pytestmark = pytest.mark.usefixtures("own_process")
SHAPE = (15, 15, 15)
STATED = ["--dose", "350", "--weight", "70", "--since", "0"]
FACTS = {"Units": "Bq/mL", "ImageDecayCorrected": True, "AttenuationCorrection": "CT"}
BIDS = FACTS | {
    "InjectedRadioactivity": 350, "InjectedRadioactivityUnits": "MBq", "TimeZero": "10:00:00",
    "InjectionStart": -6586.2, "ImageDecayCorrectionTime": 0, "TracerRadionuclide": "F18",
    "PatientWeight": 70, "PatientSex": "M",
}  # fmt: skip


@pytest.fixture
def uptake(tmp_path):
    """Run the command; its record, or what it says when it fails."""

    def run(*arguments):
        given = [*map(str, arguments), "--out", str(tmp_path / "maps"), "--json"]
        found = CliRunner().invoke(main, ["uptake", *given])
        assert not isinstance(found.exception, Exception), found.exception
        return json.loads(found.stdout) if found.exit_code == 0 else found.output

    return run


@pytest.fixture
def pet(nifti):
    """An even body of uptake 1 with a box of uptake 6 in it, and a mask around the box."""
    activity, mask = np.full(SHAPE, 5000.0), np.zeros(SHAPE)
    activity[5:10, 5:10, 6:9] = 30000
    mask[4:11, 4:11, 5:10] = 1
    return nifti("pet", activity, facts=FACTS), nifti("mask", mask)


def test_a_box_of_known_activity_has_its_uptake_and_volume(pet, uptake, read, tmp_path):
    path, mask = pet
    (row,) = uptake(path, "--mask", mask, *STATED)["regions"]
    assert row["suv_max"] == row["suv_mean"] == pytest.approx(6)
    assert row["metabolic_volume"] == pytest.approx(5 * 5 * 3 * 12 / 1000)
    assert row["total_glycolysis"] == pytest.approx(6 * row["metabolic_volume"])
    assert 3 < row["suv_peak"] < 6
    assert row["threshold"] == pytest.approx(0.41 * 6)
    np.testing.assert_allclose(read("suv")[0, 0, 0], 1)
    with (tmp_path / "maps" / "regions.csv").open() as file:
        (written,) = csv.DictReader(file)
    assert float(written["suv_peak"]) == row["suv_peak"]


def test_the_dose_decays_to_the_start_of_the_series(pet, uptake):
    path, mask = pet
    stated = [*STATED[:-1], "109.77", "--half-life", "6586.2"]
    assert uptake(path, "--mask", mask, *stated)["regions"][0]["suv_max"] == pytest.approx(12)


def test_lean_mass_and_surface_have_their_own_scale(pet, uptake):
    path, mask = pet
    tall = [*STATED, "--height", "1.75", "--sex", "male", "--threshold", "2"]
    lean = uptake(path, "--mask", mask, *tall, "--by", "lean")
    assert lean["regions"][0]["suv_max"] == pytest.approx(6 * 55.9 / 70, rel=1e-3)
    assert lean["regions"][0]["threshold"] == 2
    surface = uptake(path, "--mask", mask, *tall[:-2], "--by", "surface")
    assert surface["setting"]["unit"] == "m²/mL"
    assert surface["regions"][0]["suv_max"] == pytest.approx(30000 * 1.85 / 350e6, rel=0.01)


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        (["--by", "lean"], "say --height, --sex"),
        (["--by", "lean", "--height", "1.7"], "needs the sex, which the formula"),
        (["--by", "surface"], "needs the height (the files do not have it): say --height"),
        (["--since", "60"], "the half-life of the tracer (the files do not have it): say"),
        (["--threshold", "-2"], "'-2' is no uptake such as 2.5, and no part such as 41%"),
        (["--weight", "0"], "weight above 0"),
        (["--since", "-5"], "time since injection is 0 or more"),
    ],
)
def test_what_is_missing_or_impossible_is_said(pet, uptake, asked, says):
    path, mask = pet
    found = " ".join(uptake(path, "--mask", mask, *STATED, *asked).split())
    assert re.search(re.escape(says), found)


def test_a_unit_is_not_guessed(nifti, pet, uptake):
    _, mask = pet
    bare = nifti("bare", np.full(SHAPE, 5000.0))
    assert "say --becquerel" in uptake(bare, "--mask", mask, *STATED)
    record = uptake(bare, "--mask", mask, *STATED, "--becquerel")
    assert record["regions"][0]["suv_max"] == pytest.approx(1)
    counts = nifti("counts", np.full(SHAPE, 5000.0), facts={"Units": "CNTS"})
    assert "the series is in CNTS" in uptake(counts, "--mask", mask, *STATED, "--becquerel")


@pytest.mark.parametrize("facts", [{"Modality": "CT"}, {"RepetitionTime": 2.0, "EchoTime": 0.06}])
def test_a_series_of_another_modality_is_none_of_activity(nifti, pet, uptake, facts):
    _, mask = pet
    other = nifti("other", np.full(SHAPE, 5000.0), facts=facts)
    found = uptake(other, "--mask", mask, *STATED, "--becquerel")
    assert f"needs a PET series; this one is {facts.get('Modality', 'MR')}" in found


def test_a_sidecar_tells_dose_times_and_patient_and_options_stand_above_it(nifti, pet, uptake):
    _, mask = pet
    path = nifti("bids", np.full(SHAPE, 2500.0), facts=BIDS)
    found = uptake(path, "--mask", mask)
    assert found["regions"][0]["suv_max"] == pytest.approx(1)
    assert found["setting"]["told_by"]["since"] == "files, ImageDecayCorrectionTime"
    other = uptake(path, "--mask", mask, "--weight", "140", "--since", "0")
    assert other["regions"][0]["suv_max"] == pytest.approx(1)
    assert other["setting"]["told_by"]["weight"] == "option"
    assert "needs the height (the files" in uptake(path, "--mask", mask, "--by", "lean")


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        ({"ImageDecayCorrected": False}, "ImageDecayCorrected is False"),
        ({"AttenuationCorrection": "none"}, "AttenuationCorrection none; both"),
        ({"AttenuationCorrection": ""}, "the files do not say so: say --becquerel"),
        ({"InjectionStart": 4000}, "InjectionStart lies 67 min after ImageDecayCorrectionTime"),
        ({"InjectedRadioactivityUnits": "drops"}, "is no unit of activity that is known here"),
        ({"PatientWeight": 0, "TracerRadionuclide": "Zr89"}, "say --half-life, --weight"),
    ],
)
def test_a_sidecar_that_says_too_little_or_otherwise_is_refused(nifti, pet, uptake, facts, says):
    path = nifti("bids", np.full(SHAPE, 2500.0), facts=BIDS | facts)
    assert says in " ".join(uptake(path, "--mask", pet[1]).split())


def test_the_terminal_names_the_threshold(pet, tmp_path):
    path, mask = pet
    asked = ["uptake", str(path), "--mask", str(mask), *STATED, "--out", str(tmp_path / "maps")]
    found = CliRunner().invoke(main, asked).output
    assert "metabolic volume from 41% of the region's greatest" in found
    assert re.search(r"1 +245 +6 +[\d.]+ +6 +0\.9 +5\.4", found)


@pytest.mark.real_data
def test_a_real_slice_needs_no_option_at_all(shared, uptake, tmp_path):
    path = shared / "data" / "pet-suv" / "acrin_flt_1.dcm"
    (series,) = series_of([path])
    inside = np.ones(series.volume.grid.shape, np.uint8)
    nifti_writing.write(tmp_path / "all.nii.gz", inside, series.volume.grid)
    found = uptake(path, "--mask", tmp_path / "all.nii.gz")
    (row,), dose = found["regions"], 178340011.6 * 2 ** (-3976.921 / 6586.2)  # from 14:17:00
    assert row["voxels"] == inside.size
    assert row["suv_max"] == pytest.approx(12106.605 * 69.7344e3 / dose, rel=1e-5)
    assert found["setting"]["told_by"]["since"] == "files, series time"


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('standard = "weight"\n', "", "map suv: uptake needs a standard: weight, lean or surface"),
        ('standard = "weight"', 'standard = "surface"', "suv has no parameter suv in g/mL"),
        ("threshold = 0.41\n", "", "tlg needs a threshold of the map suv"),
        ('statistic = "tlg"', 'statistic = "mtv"', "suv has no parameter suv in g"),
        ('parameter = "adc"\nstatistic = "median"', 'parameter = "adc"\nstatistic = "peak"',
         "peak is read of a map of model suv"),
    ],
)  # fmt: skip
def test_a_trial_file_states_the_standard_and_asks_of_uptake_what_it_has(old, new, says):
    text = trial.text("mpmri")
    assert old in text
    with pytest.raises(TrialError, match=re.escape(says)):
        quantify.check(trial.parse(text.replace(old, new)))


def test_lean_mass_and_surface_make_a_map_of_their_own():
    tracer = Tracer(corrected=True, dose=350e6, since=0, weight=70, height=1.75, sex="female")
    acquisition = Acquisition(modality="PT", units="BQML", tracer=tracer)
    activity = np.full((2, 2, 2), 5000.0)
    found = {}
    for by in ("weight", "lean", "surface"):
        spec = trial.Map(name="suv", model="suv", sequence="pet", standard=by, source="here")
        task = quantify.Task(spec, {}, None, None)
        found[by] = quantify.FITS["suv"](task, activity, acquisition).parameter("suv")[0, 0, 0]
    assert found["weight"] == pytest.approx(1)
    assert found["lean"] == pytest.approx(9270 * 70 / (8780 + 244 * 70 / 1.75**2) / 70)
    assert found["surface"] == pytest.approx(1.85 * 5000 / 350e6, rel=0.01)
    with pytest.raises(ModelError, match="uptake needs one frame; the series has 3"):
        quantify.FITS["suv"](task, np.ones((2, 2, 2, 3)), acquisition)


def test_the_participants_table_gives_the_weight_that_a_header_lacks():
    told = Tracer(corrected=True, dose=350e6, since=0)
    acquisition = Acquisition(modality="PT", units="BQML", tracer=told)
    spec = trial.Map(name="suv", model="suv", sequence="pet", standard="weight", source="here")
    bare = quantify.Task(spec, {"array": "a", "acquisition": "b"}, None, None)
    lent = replace(bare, body=Tracer(weight=70))
    found = quantify.FITS["suv"](lent, np.full((2, 2, 2), 5000.0), acquisition)
    assert found.parameter("suv")[0, 0, 0] == pytest.approx(1)
    assert lent.key != bare.key
    with pytest.raises(ModelError, match="uptake by weight needs the weight"):
        quantify.FITS["suv"](bare, np.ones((2, 2, 2)), acquisition)


def test_of_two_pet_series_the_one_corrected_for_attenuation_is_used():
    said = [
        Acquisition(modality="PT", tracer=Tracer(corrected=flag)).model_dump_json()
        for flag in (True, False)
    ]
    series = {"sequence": ["pet"] * 2, "frames": [1, 1], "series": ["a", "b"]}
    group = pl.DataFrame(series | {"acquisition": said})
    assert quantify._largest(group, "pet")["series"] == "a"
    assert quantify._largest(group, "dwi") == {}
