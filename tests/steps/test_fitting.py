"""One model, one series, no study: synthetic NIfTI and DICOM, and real files."""

import json
import re
import shutil
from dataclasses import fields
from pathlib import Path

import nibabel
import numpy as np
import pytest
from click.testing import CliRunner

from nodewise import models as nm
from nodewise.cli import main
from nodewise.models import MODELS
from nodewise.steps.fits import sheet as model_sheet

pytestmark = pytest.mark.usefixtures("own_process")
DOCS = Path(__file__).parents[2] / "docs" / "models"
AFFINE = np.diag([2.0, 2.0, 3.0, 1.0])
B = np.array([0.0, 10, 20, 40, 80, 110, 200, 400, 600, 800])
ANGLES = (2, 5, 12)


def tissue(model, values):
    """Signals of 4 × 3 × 2 voxels, all alike."""
    return np.broadcast_to(model.signal(np.array(values, float)), (4, 3, 2, len(model.samples)))


def medians(record):
    return {each["name"]: each["median"] for each in record["parameters"]}


@pytest.mark.parametrize("segmented", [[], ["--method", "segmented"]])
def test_a_nifti_series_with_its_b_values_becomes_ivim_maps(nifti, fit, tmp_path, segmented):
    path = nifti("dwi", tissue(nm.Ivim(b=B), [500, 0.1, 1e-3, 3e-2]), b=B)
    record = fit(path, "--model", "ivim", *segmented)
    assert record["outcomes"]["fitted"] == 24
    assert medians(record)["d"] == pytest.approx(1e-3, rel=0.01)
    assert medians(record)["f"] == pytest.approx(0.1, rel=0.05)
    image = nibabel.load(tmp_path / "maps" / "d.nii.gz")
    np.testing.assert_allclose(image.affine, AFFINE)
    np.testing.assert_allclose(image.get_fdata(), 1e-3, rtol=0.01)
    assert json.loads((tmp_path / "maps" / "fit.json").read_text()) == record
    names = {"s0", "f", "d", "d_star"}
    written = {each.name for each in (tmp_path / "maps").iterdir()}
    assert written == {
        f"{name}{end}.nii.gz" for name in names for end in ("", "_error", "_determined")
    } | {
        "outcome.nii.gz",
        "fit.json",
    }


def test_the_mask_says_which_voxels_are_fitted_and_the_others_are_nan(nifti, fit, tmp_path):
    path = nifti("dwi", tissue(nm.Adc(b=B), [500, 1e-3]), b=B)
    mask = np.zeros((4, 3, 2))
    mask[1, 2, 0] = mask[3, 0, 1] = 1
    record = fit(path, "--model", "adc", "--mask", nifti("mask", mask))
    assert (record["outcomes"]["fitted"], record["outcomes"]["masked"]) == (2, 22)
    found = nibabel.load(tmp_path / "maps" / "adc.nii.gz").get_fdata()
    np.testing.assert_array_equal(np.isfinite(found), mask == 1)
    outcome = nibabel.load(tmp_path / "maps" / "outcome.nii.gz")
    assert outcome.get_data_dtype() == np.uint8
    np.testing.assert_array_equal(outcome.get_fdata(), np.where(mask, 0, 1))


def test_chosen_b_values_are_the_only_ones_fitted(nifti, fit):
    signals = tissue(nm.Ivim(b=B), [500, 0.2, 1e-3, 5e-2])
    path = nifti("dwi", signals, b=B)
    two = np.log(signals[0, 0, 0, 6] / signals[0, 0, 0, 9]) / 600
    record = fit(path, "--model", "adc", "--b-values", "200,800")
    assert record["acquisition"]["b"] == [200, 800]
    assert medians(record)["adc"] == pytest.approx(two, rel=1e-5)


def test_files_of_one_flip_angle_each_are_one_series_however_they_are_told(nifti, fit):
    model = nm.Vfa(flip_angle=np.radians(ANGLES), tr=5e-3)
    values = tissue(model, [1000, 1.2])
    facts = [{"FlipAngle": angle, "RepetitionTime": 5e-3} for angle in ANGLES]
    told = [nifti(f"t{a}", values[..., n], facts=facts[n]) for n, a in enumerate(ANGLES)]
    bare = [nifti(f"b{a}", values[..., n]) for n, a in enumerate(ANGLES)]
    stated = ["--flip-angles", "2,5,12", "--tr", "0.005"]
    for arguments in ([*reversed(told)], [*bare, *stated]):
        record = fit(*arguments, "--model", "vfa")
        assert medians(record)["t1"] == pytest.approx(1.2, rel=1e-3)


def test_a_folder_of_nifti_files_is_a_series_and_tells_t1(nifti, fit, tmp_path):
    (tmp_path / "flips").mkdir()
    values = tissue(nm.Vfa(flip_angle=np.radians(ANGLES), tr=5e-3), [1000, 1.2])
    for n, angle in enumerate(ANGLES):
        facts = {"FlipAngle": angle, "RepetitionTime": 5e-3}
        nifti(f"flips/{angle}", values[..., n], facts=facts)
    assert medians(fit(tmp_path / "flips", "--model", "vfa"))["t1"] == pytest.approx(1.2, rel=1e-3)


def test_stated_echo_times_stand_in_for_a_missing_sidecar(nifti, fit):
    echo = np.array([0.005, 0.01, 0.02, 0.03])
    path = nifti("mag", tissue(nm.R2Star(echo_time=echo), [100, 50]))
    record = fit(path, "--model", "r2_star", "--echo-times", "0.005,0.01,0.02,0.03")
    assert medians(record)["r2_star"] == pytest.approx(50, rel=1e-4)
    assert "--help" in fit(path, "--model", "r2_star")


def test_an_uptake_curve_in_millimolar_needs_no_t1(nifti, fit, tmp_path):
    time = np.arange(0, 240, 4.0)
    blood = nm.ParkerAif(arrival=20).blood(time)
    table = "\n".join(["time,blood", *(f"{t},{c}" for t, c in zip(time, blood, strict=True))])
    (tmp_path / "aif.csv").write_text(table)
    aif = nm.MeasuredAif(time=time, blood=blood)
    curves = tissue(nm.ExtendedTofts(time=time, aif=aif), [3e-3, 0.3, 0.05])
    path = nifti("mm", curves, facts={"TemporalResolution": 4.0})
    record = fit(
        path, "--model", "extended_tofts", "--concentration", "--aif", tmp_path / "aif.csv"
    )
    found = medians(record)
    assert found["ktrans"] == pytest.approx(3e-3, rel=1e-3)
    assert found["vp"] == pytest.approx(0.05, rel=1e-2)


def test_signals_before_a_bolus_are_subtracted_where_they_are_named(nifti, fit):
    time = np.arange(0, 60, 0.5)
    curves = tissue(nm.Lognormal(time=time), [500, 10, 2.5, 0.5]) + 40
    path = nifti("cine", curves, facts={"TemporalResolution": 0.5})
    record = fit(path, "--model", "lognormal", "--baseline", 15)
    assert medians(record)["area"] == pytest.approx(500, rel=0.01)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--model", "adx"], "no model is called 'adx'; there are adc, ivim"),
        (["--model", "vfa"], r"differ in flip angles, on one grid; found 4 × 3 × 2 × 10 with b-v"),
        (["--model", "adc", "--b-values", "0,700"], "no frames at b 700 s/mm²; there are 0, 10"),
        (["--model", "adc", "--b-values", "0,x"], "'0,x' is no list of numbers"),
        (["--model", "adc", "--which", "2"], "--which goes from 1 to 1 here; found 2"),
        (["--model", "adc", "--b-values", "0"], "2 parameters and needs as many different"),
    ],
)
def test_what_is_missing_is_said_in_a_sentence(nifti, fit, arguments, says):
    path = nifti("dwi", tissue(nm.Adc(b=B), [500, 1e-3]), b=B)
    assert re.search(says, fit(path, *arguments))


def test_of_several_series_that_would_do_one_must_be_named(nifti, fit):
    first = nifti("first", tissue(nm.Adc(b=B), [500, 1e-3]), b=B)
    second = nifti("second", tissue(nm.Adc(b=B[::3]), [500, 2e-3]), b=B[::3])
    found = fit(first, second, "--model", "adc")
    assert "1: 4 × 3 × 2, 10 frames, 0 to 800; 2: 4 × 3 × 2, 4 frames, 0 to 800" in found
    record = fit(first, second, "--model", "adc", "--which", 2)
    assert medians(record)["adc"] == pytest.approx(2e-3, rel=1e-3)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "--relaxivity"),
        (["--relaxivity", "4.5"], "repetition time is missing .* --tr"),
        (["--relaxivity", "4.5", "--tr", "0.005"], "flip angle is missing .* --flip-angles"),
        (["--relaxivity", "4", "--tr", "0.005", "--flip-angles", "15"], "T1 map with --t1"),
        (["--concentration", "--aif", "nobody.csv"], "parker, georgiou or a CSV file"),
    ],
)
def test_a_dynamic_series_says_what_it_lacks(nifti, fit, arguments, says):
    signals = tissue(nm.Lognormal(time=np.arange(0, 60, 2.0)), [500, 10, 2.5, 0.5])
    path = nifti("dce", signals, facts={"TemporalResolution": 2.0})
    assert re.search(says, fit(path, "--model", "tofts", *arguments), re.DOTALL)


def test_a_t1_map_in_milliseconds_is_refused(nifti, fit):
    signals = tissue(nm.Lognormal(time=np.arange(0, 60, 2.0)), [500, 10, 2.5, 0.5])
    path = nifti("dce", signals + 10, facts={"TemporalResolution": 2.0})
    t1 = nifti("t1", np.full((4, 3, 2), 1200.0))
    stated = ["--relaxivity", 4, "--tr", 0.005, "--flip-angles", 15, "--t1", t1]
    assert "must be in s; the median of this one is 1200" in fit(path, "--model", "tofts", *stated)


def test_a_mask_elsewhere_and_a_damaged_file_are_said_in_a_sentence(
    nifti, fit, tmp_path, monkeypatch
):
    path = nifti("dwi", tissue(nm.Adc(b=B), [500, 1e-3]), b=B)
    far = tmp_path / "far.nii.gz"
    nibabel.save(nibabel.Nifti1Image(np.ones((4, 3, 2), "u1"), AFFINE + 500 * np.eye(4, k=3)), far)
    assert "elsewhere in the patient" in fit(path, "--model", "adc", "--mask", far)
    path.write_bytes(path.read_bytes()[:60])
    monkeypatch.undo()  # a file that may harm is read by a child process
    assert "NIfTI file cannot be used" in fit(path, "--model", "adc")


def test_dicom_goes_from_flip_angles_and_frames_to_perfusion_in_a_drawn_mask(scans, fit, tmp_path):
    seg, flips = next(scans.glob("*-seg")), tmp_path / "flips"
    for folder in scans.glob("*-vfa-*"):
        shutil.copytree(folder, flips / folder.name)
    t1 = fit(flips, "--model", "vfa", "--mask", seg, "--out", tmp_path / "t1")
    assert 0.9 < medians(t1)["t1"] < 1.7
    dce = next(scans.glob("*-dce"))
    facts = ["--model", "extended_tofts", "--mask", seg, "--relaxivity", 4.5, "--t1"]
    both = [fit(dce, *facts, way) for way in (flips, tmp_path / "t1" / "t1.nii.gz")]
    for record in both:
        assert record["outcomes"]["fitted"] > 0.95 * t1["outcomes"]["fitted"]
        assert 1e-3 < medians(record)["ktrans"] < 1e-2
        assert 20 < record["acquisition"]["arrival"] < 35
    assert medians(both[0])["ktrans"] == pytest.approx(medians(both[1])["ktrans"], rel=0.1)


def test_nothing_that_is_written_names_the_patient(scans, fit, tmp_path):
    record = fit(next(scans.glob("*-dwi")), "--model", "adc", "--mask", next(scans.glob("*-seg")))
    assert record["outcomes"]["fitted"] > 100
    for path in (tmp_path / "maps").iterdir():
        held = (
            nibabel.load(path).header.binaryblock if path.name != "fit.json" else path.read_bytes()
        )
        assert b"SIM-0001" not in held


def test_the_same_content_has_the_same_digest(scans, fit):
    asked = [next(scans.glob("*-dwi")), "--model", "adc", "--b-values", "0,1000"]
    assert fit(*asked)["inputs"] == fit(*asked)["inputs"]


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("archive", "low", "high"),
    [("philips_ingenia", 0.6e-3, 1.2e-3), ("toshiba_galan", 0.5e-3, 1.2e-3)],
)
def test_real_diffusion_of_two_vendors_gives_a_plausible_brain(shared, fit, archive, low, high):
    (path,) = (shared / "data" / "dwi-vendors").glob(f"{archive}*.zip")
    record = fit(path, "--model", "adc")
    assert low < medians(record)["adc"] < high
    assert record["outcomes"]["fitted"] > 50 * record["outcomes"]["at_bound"]


@pytest.mark.real_data
def test_frames_that_are_all_the_same_are_at_the_bound(shared, fit):
    record = fit(shared / "data/dwi-vendors/ge_signa_pioneer_dwi_classic.zip", "--model", "adc")
    assert record["outcomes"]["fitted"] == 0
    assert record["outcomes"]["at_bound"] > 1000
    assert medians(record)["adc"] == 0
    assert "do not determine adc" in record["notes"][0]


@pytest.mark.real_data
def test_real_multi_shell_diffusion_gives_a_plausible_kurtosis(shared, fit):
    path = shared / "data/multi-b/small_101D.nii.gz"
    record = fit(path, "--model", "kurtosis")
    assert record["outcomes"]["fitted"] == 600
    assert 0.5e-3 < medians(record)["d"] < 1.2e-3
    assert 0.5 < medians(record)["k"] < 1.3


@pytest.mark.real_data
def test_real_flip_angles_give_the_t1_of_white_matter(shared, fit, tmp_path):
    brain = shared / "data" / "vfa-brain"
    files = [brain / f"FA{angle}.nii.gz" for angle in ANGLES]
    stated = ["--model", "vfa", "--flip-angles", "2,5,12", "--tr", "0.0054"]
    mask = np.zeros((160, 200, 160), "u1")
    mask[72:88, 92:108, 72:88] = 1  # white matter
    nibabel.save(nibabel.Nifti1Image(mask, nibabel.load(files[0]).affine), tmp_path / "in.nii.gz")
    record = fit(*files, *stated, "--mask", tmp_path / "in.nii.gz")
    assert record["outcomes"]["fitted"] > 0.99 * mask.sum()
    assert 0.5 < medians(record)["t1"] < 1.1


@pytest.mark.real_data
def test_a_real_phantom_s_series_are_told_apart_by_the_model(shared, fit):
    (path,) = (shared / "data" / "relaxometry-phantom").glob("*.zip")
    inversion = fit(path, "--model", "inversion_recovery")
    assert len(inversion["acquisition"]["inversion_time"]) == 10
    assert 2.5 < medians(inversion)["t1"] < 3.5  # mostly water
    flips = fit(path, "--model", "vfa")
    assert len(flips["acquisition"]["flip_angle"]) == 7
    echoes = fit(path, "--model", "t2")
    assert len(echoes["acquisition"]["echo_time"]) == 32
    assert "differ in b-values" in fit(path, "--model", "adc")


@pytest.mark.real_data
def test_a_phase_series_is_no_signal_and_an_incomplete_one_says_so(shared, fit):
    echoes = shared / "data" / "multi-echo"
    record = fit(echoes / "siemens_gre_2echo_dicom.zip", "--model", "r2_star")
    assert 10 < medians(record)["r2_star"] < 50
    assert len(record["inputs"]["series"]) == 1
    found = fit(echoes / "siemens_t2se_multiecho_dcmstack.zip", "--model", "t2")
    assert "no series could be read" in found
    assert "slices are missing" in found
    stated = ["--model", "r2_star", "--echo-times", "0.004,0.008,0.012"]
    assert 10 < medians(fit(echoes / "Mag.nii.gz", *stated))["r2_star"] < 60


def test_every_model_is_listed_with_units_and_source():
    found = CliRunner().invoke(main, ["models", "--json"])
    listed = {each["model"]: each for each in json.loads(found.stdout)}
    assert list(listed) == list(MODELS)
    for name, model in MODELS.items():
        assert "doi:10." in listed[name]["source"]
        assert "=" in listed[name]["formula"]
        assert listed[name]["acquisition"] == [field.name for field in fields(model)]
        units = {each["name"]: each["unit"] for each in listed[name]["parameters"]}
        assert units == {each.name: each.unit for each in model.parameters}
    assert "ktrans" in CliRunner().invoke(main, ["models"]).output


def test_every_model_has_a_page_and_no_page_is_left_over():
    unfitted = {"enhancement", "uptake"}
    assert {path.stem for path in DOCS.glob("*.md")} == {*MODELS, "README", "cine"} | unfitted
    assert {path.stem for path in DOCS.glob("*.svg")} == {*MODELS, "cine"} | unfitted
    assert {path.stem for path in DOCS.glob("*.png")} == {*MODELS} | unfitted


@pytest.mark.parametrize("name", [*MODELS, "enhancement", "uptake"])
def test_a_page_holds_formula_source_curve_map_and_errors(name):
    page = (DOCS / f"{name}.md").read_text(encoding="utf-8")
    assert "doi:10." in page
    assert f"]({name}.svg)" in page
    assert re.search(rf"\[maps of .*\]\({name}\.png\)", page)
    assert re.search(r"## Bias and spread", page)
    assert re.search(r"\d+ voxels", page)
    assert re.search(r"bias / % \| spread / %", page)


@pytest.mark.parametrize("name", MODELS)
def test_a_model_s_page_says_what_the_code_says(name):
    page = (DOCS / f"{name}.md").read_text(encoding="utf-8")
    rows = re.findall(r"(?m)^\| (\w+) \| ([^|]+) \| (-?[\d.e-]+)(?: to (\S+)| or more) \|$", page)
    found = [(n, unit, float(low), float(high or "inf")) for n, unit, low, high in rows]
    assert found == [(p.name, p.unit, p.low, p.high) for p in MODELS[name].parameters]
    sheet = model_sheet.sheet(name, MODELS[name])
    assert sheet.formula in page
    assert sheet.source in page
    for parameter in MODELS[name].parameters:
        for snr in (20, 40, 80):
            assert f"| {parameter.name} | {snr} |" in page
