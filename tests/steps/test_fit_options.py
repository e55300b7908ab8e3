"""What `nodewise fit` can be asked for beyond a plain fit, and what it refuses."""

import csv
import json
import re

import nibabel
import numpy as np
import pytest

from nodewise import models as nm
from nodewise.maps.loglinear import adc_between

pytestmark = pytest.mark.usefixtures("own_process")
SHAPE = (4, 3, 2)
B = np.array([0.0, 10, 20, 40, 80, 110, 200, 400, 600, 800])
TIME = np.arange(0, 240, 4.0)
ANGLES = (2, 5, 12)
TURNED = np.array([[1.3, 0, 0, -3], [0, 1.3, 0.4, -3], [0, -0.3, 2.9, -4], [0, 0, 0, 1.0]])


def tissue(model, values):
    """Signals of voxels that are all alike, or whose values are given, shape (..., p)."""
    return model.signal(np.broadcast_to(np.array(values, float), (*SHAPE, len(model.parameters))))


def medians(record):
    return {each["name"]: each["median"] for each in record["parameters"] + record["derived"]}


def noise(like, size, seed=1):
    return np.random.default_rng(seed).normal(0, size, like.shape)


@pytest.fixture
def aif(tmp_path):
    """A measured input, and the file that holds it."""
    blood = nm.ParkerAif(arrival=20).blood(TIME)
    lines = ["time,blood", *(f"{t},{c}" for t, c in zip(TIME, blood, strict=True))]
    (tmp_path / "aif.csv").write_text("\n".join(lines))
    return nm.MeasuredAif(time=TIME, blood=blood), tmp_path / "aif.csv"


def test_a_b1_map_on_other_voxels_sets_each_voxel_s_flip_angles(nifti, fit):
    stated = ["--model", "vfa", "--flip-angles", "2,5,12", "--tr", "0.005"]
    real = nm.Vfa(flip_angle=0.85 * np.radians(ANGLES), tr=5e-3)
    path = nifti("fa", tissue(real, [1000, 1.2]))
    b1 = nifti("b1", np.full((12, 12, 6), 0.85), affine=TURNED)
    assert medians(fit(path, *stated))["t1"] == pytest.approx(1.2 * 0.85**2, rel=0.03)
    record = fit(path, *stated, "--b1", b1)
    assert medians(record)["t1"] == pytest.approx(1.2, rel=2e-3)
    assert len(record["inputs"]["b1"]) == 1
    percent = nifti("percent", np.full(SHAPE, 85.0))
    assert "about 1; the median of this one is 85" in fit(path, *stated, "--b1", percent)


def test_t1_and_b1_on_other_voxels_make_concentrations(nifti, fit):
    tr, angle, b1, t1 = 4e-3, np.radians(15), 0.9, 1.3
    sequence = nm.SpgrConcentration(
        tr=tr, flip_angle=b1 * angle, relaxivity=4.5, baseline=slice(0, 5)
    )
    kinetics = nm.ExtendedTofts(time=TIME, aif=nm.ParkerAif(arrival=24))
    curves = tissue(kinetics, [3e-3, 0.3, 0.05])
    signals = sequence.signal(curves, t1=np.full(SHAPE, t1), s0=np.full(SHAPE, 500.0))
    path = nifti("dce", signals, facts={"TemporalResolution": 4.0})
    stated = ["--model", "extended_tofts", "--relaxivity", 4.5, "--tr", tr, "--flip-angles", 15]
    maps = ["--t1", nifti("t1", np.full((12, 12, 6), t1), affine=TURNED)]
    maps += ["--b1", nifti("b1", np.full((12, 12, 6), b1), affine=TURNED)]
    for more in ([], ["--delay", 4], ["--region-mean", "--mask", nifti("m", np.ones(SHAPE))]):
        record = fit(path, *stated, *maps, *more)
        found = medians(record)
        assert record["acquisition"]["arrival"] == pytest.approx(24, abs=0.5)
        assert found["ktrans"] == pytest.approx(3e-3, rel=0.03)
        assert found["kep"] == pytest.approx(1e-2, rel=0.03)
    far = nifti("far", np.full(SHAPE, t1), affine=TURNED + 500 * np.eye(4, k=3))
    assert "elsewhere in the patient" in fit(path, *stated, "--t1", far)


def test_each_voxel_s_delay_after_the_input_is_found(nifti, fit, read, aif):
    late = np.zeros(SHAPE)
    late[:2] = 6
    model = nm.Patlak(time=TIME, aif=aif[0])
    later = nm.Patlak(time=TIME, aif=nm.MeasuredAif(time=TIME, blood=aif[0].blood, delay=6))
    curves = np.where(late[..., None] > 0, tissue(later, [1e-3, 0.06]), tissue(model, [1e-3, 0.06]))
    path = nifti("mm", curves, facts={"TemporalResolution": 4.0})
    asked = ["--model", "patlak", "--concentration", "--aif", aif[1], "--delay", 10]
    record = fit(path, *asked)
    np.testing.assert_array_equal(read("delay"), late)
    assert medians(record)["vp"] == pytest.approx(0.06, rel=1e-3)
    assert "from 0 to 60 s; found 90" in fit(path, *asked[:-1], 90)


def test_frames_before_a_measured_input_rises_are_the_baseline(nifti, fit, aif, monkeypatch):
    monkeypatch.setattr(
        "nodewise.steps.series.contrast.BLOCK", 5
    )  # concentrations in several blocks
    sequence = nm.SpgrConcentration(tr=4e-3, flip_angle=0.26, relaxivity=4.5, baseline=slice(5))
    curves = tissue(nm.Patlak(time=TIME, aif=aif[0]), [1e-3, 0.06])
    signals = sequence.signal(curves, t1=np.full(SHAPE, 1.3), s0=np.full(SHAPE, 500.0))
    signals[..., 0] *= 1.05
    path = nifti("dce", signals, facts={"TemporalResolution": 4.0})
    asked = ["--model", "patlak", "--relaxivity", 4.5, "--tr", 4e-3, "--aif", aif[1]]
    asked += ["--flip-angles", np.degrees(0.26), "--t1", nifti("t1", np.full(SHAPE, 1.3))]
    for more in ([], ["--delay", 4]):
        record = fit(path, *asked, *more)
        assert record["acquisition"]["baseline_frames"] == 4
        assert medians(record)["vp"] == pytest.approx(0.06, rel=0.1)


def test_an_input_that_ends_before_the_series_is_said(nifti, fit, tmp_path):
    (tmp_path / "short.csv").write_text("time,blood\n0,0\n10,1\n60,2\n")
    path = nifti("mm", np.ones((*SHAPE, 60)), facts={"TemporalResolution": 4.0})
    asked = ["--model", "tofts", "--concentration", "--aif", tmp_path / "short.csv"]
    assert "ends at 60 s; the series needs it until 236 s" in fit(path, *asked)


def test_two_b_values_give_the_adc_between_them_and_no_errors(nifti, fit):
    signals = tissue(nm.Ivim(b=B), [500, 0.2, 1e-3, 5e-2])
    record = fit(nifti("dwi", signals, b=B), "--model", "adc", "--b-values", "200,800")
    two = adc_between(signals[0, 0, 0, 6], signals[0, 0, 0, 9], b=(200, 800))
    assert medians(record)["adc"] == pytest.approx(two, rel=1e-5)
    assert record["parameters"][1]["determined"] is None
    assert "every error, is unknown" in record["notes"][0]


def test_the_weighted_line_is_another_way_to_the_same_adc(nifti, fit):
    signals = tissue(nm.Adc(b=B), [500, 1e-3])
    noisy = signals + noise(signals, 5)
    path = nifti("dwi", noisy, b=B)
    line = medians(fit(path, "--model", "adc", "--method", "log-linear"))["adc"]
    optimum = medians(fit(path, "--model", "adc"))["adc"]
    assert line == pytest.approx(optimum, rel=0.02)
    assert line != optimum


@pytest.mark.parametrize("told", ["a number", "a mask of air"])
def test_the_noise_floor_comes_off_before_the_fit(nifti, fit, told):
    signals = np.sqrt(tissue(nm.Adc(b=B), [100, 2.5e-3]) ** 2 + 20**2)
    signals[0, 0] = 20 * np.sqrt(2)  # air, as it is on average
    path, air = nifti("dwi", signals, b=B), np.zeros(SHAPE)
    air[0, 0] = 1
    size = 20 if told == "a number" else nifti("air", air)
    inside = nifti("in", 1 - air)
    record = fit(path, "--model", "adc", "--noise", size, "--mask", inside)
    assert record["acquisition"]["noise"] == pytest.approx(20)
    assert medians(record)["adc"] == pytest.approx(2.5e-3, rel=1e-4)
    assert medians(fit(path, "--model", "adc", "--mask", inside))["adc"] < 2.1e-3


def test_clipped_samples_are_told_and_can_be_left_out(nifti, fit):
    echo = np.arange(1, 9) * 0.02
    s0 = np.array([300.0, 500, 700, 900])[:, None, None, None]
    signals = tissue(nm.T2(echo_time=echo), [1, 0.08]) * s0
    path = nifti("se", np.minimum(signals, 400))
    asked = [path, "--model", "t2", "--echo-times", ",".join(map(str, echo))]
    plain = fit(*asked)
    assert (
        "12 voxels hold the series' greatest value, 400: the scanner clipped" in plain["notes"][0]
    )
    assert medians(plain)["t2"] > 0.085
    record = fit(*asked, "--saturation", 400)
    assert medians(record)["t2"] == pytest.approx(0.08, rel=1e-4)
    assert record["outcomes"]["fitted"] == 24
    few = fit(*asked, "--saturation", 100)
    assert few["outcomes"]["no_signal"] == 12  # of which fewer than two samples are left


def test_flip_angles_with_their_own_repetition_times_are_left_out_with_them(nifti, fit):
    tr = np.array([0.005, 0.01, 0.02])
    model = nm.Vfa(flip_angle=np.radians(ANGLES), tr=tr)
    values = np.array(tissue(model, [1000, 1.2]))
    facts = [{"FlipAngle": a, "RepetitionTime": t} for a, t in zip(ANGLES, tr, strict=True)]
    top = values[0, 0, 0].max()
    values[:, :, 0, values[0, 0, 0].argmax()] = 2 * top
    paths = [nifti(f"t{n}", values[..., n], facts=facts[n]) for n in range(3)]
    record = fit(*paths, "--model", "vfa", "--saturation", 1.5 * top)
    assert record["outcomes"]["fitted"] == 24
    assert medians(record)["t1"] == pytest.approx(1.2, rel=1e-3)


def test_a_region_s_mean_is_fitted_as_one_voxel(nifti, fit, tmp_path):
    signals = tissue(nm.Adc(b=B), [500, 1e-3])
    signals = signals + noise(signals, 30)
    region = np.zeros(SHAPE)
    region[1:3] = 1
    asked = ["--model", "adc", "--mask", nifti("mask", region), "--region-mean"]
    record = fit(nifti("dwi", signals, b=B), *asked)
    mean = signals.astype("f4")[1:3].reshape(-1, len(B)).mean(axis=0, dtype=float)
    alone = medians(fit(nifti("one", mean[None, None, None], b=B), "--model", "adc"))
    rows = {row["parameter"]: row for row in record["regions"]}
    assert rows["adc"]["value"] == pytest.approx(alone["adc"], rel=1e-5)
    assert (rows["adc"]["voxels"], rows["adc"]["outcome"]) == (12, "fitted")
    with (tmp_path / "maps" / "regions.csv").open() as file:
        written = {row["parameter"]: float(row["value"]) for row in csv.DictReader(file)}
    assert written["adc"] == rows["adc"]["value"]


def test_of_several_models_each_voxel_s_best_is_told(nifti, fit, read, tmp_path):
    b = np.array([0.0, 200, 500, 800, 1100, 1500, 2000, 2500])
    curved, straight = nm.Kurtosis(b=b), nm.Adc(b=b)
    signals = np.where(
        np.arange(4)[:, None, None, None] < 2,
        tissue(curved, [500, 1.1e-3, 1.0]),
        tissue(straight, [500, 1e-3]),
    )
    path = nifti("dwi", signals + noise(signals, 2), b=b)
    record = fit(path, "--model", "adc", "--model", "kurtosis")
    assert record["choice"]["codes"] == {"none": 0, "adc": 1, "kurtosis": 2}
    assert (read("best_model")[:2] == 2).all()
    assert (read("best_model")[2:] == 1).mean() > 0.8
    np.testing.assert_allclose(read("weight_adc") + read("weight_kurtosis"), 1, rtol=1e-5)
    assert (tmp_path / "maps" / "kurtosis" / "k.nii.gz").is_file()
    assert json.loads((tmp_path / "maps" / "choice.json").read_text()) == record["choice"]


def test_a_model_with_too_many_numbers_for_the_samples_is_not_compared(nifti, fit):
    path = nifti("dwi", tissue(nm.Adc(b=B[:5]), [500, 1e-3]), b=B[:5])
    found = fit(path, "--model", "adc", "--model", "ivim")
    assert "ivim finds 5 numbers, the noise's with them, and needs 7 samples" in found


def test_shrinkage_draws_a_region_s_voxels_together(nifti, fit, read):
    big = (6, 6, 2)
    values = np.broadcast_to([500, 0.12, 1e-3, 2e-2], (*big, 4))
    signals = nm.Ivim(b=B).signal(values)
    path = nifti("dwi", signals + noise(signals, 12), b=B)
    mask = nifti("mask", np.ones(big))
    spreads = {}
    for method in ([], ["--method", "shrinkage"]):
        fit(path, "--model", "ivim", "--mask", mask, *method)
        low, high = np.percentile(read("d_star"), [10, 90])
        spreads[bool(method)] = high / low
    assert spreads[True] < 0.3 * spreads[False]


def test_a_region_too_small_for_a_prior_is_left_out_and_said(scans, fit):
    seg, dwi = next(scans.glob("*-seg")), next(scans.glob("*-dwi"))
    record = fit(dwi, "--model", "ivim", "--method", "shrinkage", "--mask", seg)
    left_out = record["acquisition"]["regions_left_out"]
    assert left_out
    assert record["notes"][0].startswith(f"{len(left_out)} of ")
    rows = fit(dwi, "--model", "adc", "--mask", seg, "--region-mean")["regions"]
    kept = sum(r["voxels"] for r in rows if r["parameter"] == "adc" and r["region"] not in left_out)
    asked = sum(count for name, count in record["outcomes"].items() if name != "masked")
    assert asked == kept


def test_what_the_data_do_not_determine_is_flagged_in_every_place(nifti, fit, read, tmp_path):
    signals = tissue(nm.Ivim(b=B), [500, 0.05, 1e-3, 2e-2])
    record = fit(nifti("dwi", signals + noise(signals, 15), b=B), "--model", "ivim")
    d_star = next(each for each in record["parameters"] if each["name"] == "d_star")
    assert d_star["determined"] == read("d_star_determined").sum() < 8
    assert any(note.startswith("d_star is not determined in") for note in record["notes"])
    sure = read("d_star_error") <= 0.5 * read("d_star")
    np.testing.assert_array_equal(read("d_star_determined") == 1, sure)
    written = json.loads((tmp_path / "maps" / "fit.json").read_text())
    assert written["notes"] == record["notes"]


def test_a_bolus_has_its_peak_and_times_beside_its_parameters(nifti, fit, read):
    time = np.arange(0, 60, 0.5)
    path = nifti(
        "cine",
        tissue(nm.Lognormal(time=time), [500, 10, 2.5, 0.5]),
        facts={"TemporalResolution": 0.5},
    )
    found = medians(fit(path, "--model", "lognormal"))
    assert found["time_to_peak"] == pytest.approx(np.exp(2.25), rel=1e-3)
    assert found["transit_time"] == pytest.approx(np.exp(2.625), rel=1e-3)
    np.testing.assert_allclose(read("peak"), found["peak"], rtol=1e-3)


@pytest.mark.parametrize(
    ("model", "asked", "says"),
    [
        ("adc", ["--relaxivity", "4"], "--relaxivity means nothing to adc here"),
        ("adc", ["--tr", "3", "--echo-times", "1,2"], "--echo-times, --tr mean nothing to adc"),
        ("adc", ["--method", "segmented"], "--method segmented is for ivim, not for adc"),
        ("adc", ["--b1", "MASK"], "--b1 scales flip angles, and adc here has none"),
        ("adc", ["--region-mean"], "--region-mean needs regions"),
        ("adc", ["--noise", "nobody.nii"], "a mask of air; found no such file"),
        ("adc", ["--noise", "-3"], "a standard deviation of 0 or more; found -3"),
        ("ivim", ["--method", "shrinkage"], "would draw different tissues together"),
        ("ivim", ["--method", "shrinkage", "--mask", "MASK"], "region of 20 voxels with signal"),
        ("vfa", ["--noise", "3"], "--noise is for magnitudes that decay"),
        ("r2_star_floor", ["--noise", "3"], "r2_star_floor finds its own floor"),
        ("tofts", ["--concentration", "--t1", "MASK"], "--t1 means nothing to tofts here"),
        ("lognormal", ["--delay", "3"], "--delay means nothing to lognormal"),
        ("adc", ["--saturation", "9", "--method", "log-linear"], "does not go with --method"),
        ("tofts", ["--saturation", "9", "--concentration"], "does not go with concentrations"),
        ("adc", ["--saturation", "9", "--model", "ivim"], "does not go with several"),
        ("adc", ["--model", "adc"], "one is named twice"),
        ("adc", ["--model", "vfa"], "these need b-values and flip angles"),
        ("tofts", ["--model", "lognormal"], "with and without an arterial input"),
        ("ivim", ["--model", "adc", "--method", "segmented"], "compared at their optimum"),
    ],
)
def test_what_makes_no_sense_together_is_refused(nifti, fit, model, asked, says):
    mask = np.zeros(SHAPE)
    mask[0, 0] = 1
    path, drawn = nifti("dwi", tissue(nm.Adc(b=B), [500, 1e-3]), b=B), nifti("mask", mask)
    given = [str(drawn) if each == "MASK" else each for each in asked]
    assert re.search(re.escape(says), " ".join(fit(path, "--model", model, *given).split()))


ODD = {
    "all zero": np.zeros(len(B)),
    "constant": np.full(len(B), 7.0),
    "negative": -np.arange(1.0, len(B) + 1),
    "not a number": np.full(len(B), np.nan),
    "infinite": np.full(len(B), np.inf),
    "saturated": np.full(len(B), 4095.0),
    "rising": np.exp(B / 800),
}


@pytest.mark.parametrize("model", ["adc", "ivim", "kurtosis", "stretched"])
def test_odd_voxels_beside_good_ones_end_with_an_outcome(nifti, fit, read, model):
    signals = np.array(tissue(nm.Adc(b=B), [500, 1e-3]))
    for place, curve in enumerate(ODD.values()):
        signals[np.unravel_index(place, SHAPE)] = curve
    mask = nifti("mask", np.ones(SHAPE))
    record = fit(nifti("dwi", signals, b=B), "--model", model, "--mask", mask)
    assert sum(record["outcomes"].values()) == signals[..., 0].size
    outcome, codes = read("outcome"), record["outcome_codes"]
    found = {name: outcome[np.unravel_index(place, SHAPE)].item() for place, name in enumerate(ODD)}
    empty = {"all zero", "negative", "not a number", "infinite"}
    assert {name for name, code in found.items() if code == codes["no_signal"]} == empty
    known = np.isin(outcome, (codes["fitted"], codes["at_bound"]))
    for each in record["parameters"]:
        np.testing.assert_array_equal(np.isfinite(read(each["name"])), known)


@pytest.mark.parametrize(("name", "value"), [("all zero", 0.0), ("not a number", np.nan)])
def test_a_series_with_nothing_in_it_is_told_so(nifti, fit, name, value):
    signals = np.full((*SHAPE, len(B)), value)
    record = fit(nifti("dwi", signals, b=B), "--model", "adc")
    assert record["notes"] == ["no voxel has a value"], name
    assert medians(record)["adc"] is None


def test_unsorted_and_repeated_b_values_are_the_same_series(nifti, fit):
    order = np.random.default_rng(3).permutation(np.repeat(np.arange(len(B)), 2))
    signals = tissue(nm.Adc(b=B), [500, 1e-3])
    signals = signals + noise(signals, 5)
    sorted_ = medians(fit(nifti("sorted", signals, b=B), "--model", "adc"))
    shuffled = medians(fit(nifti("mixed", signals[..., order], b=B[order]), "--model", "adc"))
    assert shuffled["adc"] == pytest.approx(sorted_["adc"], rel=1e-4)


@pytest.mark.parametrize(
    ("model", "b", "says"),
    [
        ("adc", [0.0, 0, 0], "needs frames of signal that differ in b-values"),
        ("adc", [500.0], "needs frames of signal that differ in b-values"),
        ("kurtosis", [0.0, 1000, 1000], "3 parameters and needs as many different samples"),
        ("ivim", [0.0, 400, 800], "4 parameters and needs as many different samples"),
    ],
)
def test_too_few_b_values_are_said(nifti, fit, model, b, says):
    path = nifti("dwi", tissue(nm.Adc(b=np.array(b)), [500, 1e-3]), b=b)
    assert says in fit(path, "--model", model)


def test_too_few_frames_to_find_the_arrival_are_said(nifti, fit):
    path = nifti("mm", np.ones((*SHAPE, 4)), facts={"TemporalResolution": 4.0})
    found = fit(path, "--model", "tofts", "--concentration")
    assert "bolus arrival needs 6 frames or more" in found


def test_the_summary_for_a_terminal_says_the_same(nifti, tmp_path):
    from click.testing import CliRunner

    from nodewise.cli import main

    signals = tissue(nm.Ivim(b=B), [500, 0.05, 1e-3, 2e-2])
    path = nifti("dwi", signals + noise(signals, 15), b=B)
    asked = ["fit", str(path), "--model", "ivim", "--model", "adc", "--out", str(tmp_path / "out")]
    found = CliRunner().invoke(main, asked).output
    assert re.search(r"d_star +[\d.e-]+ +[\d.e-]+ to [\d.e-]+ +mm²/s +[\d.e-]+ +\d+%", found)
    assert "Note: d_star is not determined in" in found
    assert re.search(r"adc +\d+ +0\.\d\d", found)
    assert nibabel.load(tmp_path / "out" / "best_model.nii.gz").shape == SHAPE
