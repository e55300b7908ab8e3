"""Real and reference data: what others published, held within their own tests' tolerances."""

import csv
import json
from dataclasses import replace

import nibabel
import numpy as np
import pytest
from scipy.io import loadmat

from nodewise.maps import Outcome, fit, fit_perfusion
from nodewise.maps.delay import fit_delayed
from nodewise.maps.loglinear import linear_t1
from nodewise.maps.transmit import fit_with_b1
from nodewise.models import (
    Adc,
    ExtendedTofts,
    GeorgiouAif,
    Ivim,
    Kurtosis,
    MeasuredAif,
    ParkerAif,
    Patlak,
    R2Star,
    SpgrConcentration,
    Tofts,
    TwoCompartmentExchange,
    TwoCompartmentUptake,
    Vfa,
)

pytestmark = pytest.mark.real_data


def rows(path):
    with path.open(encoding="utf-8-sig") as lines:
        return [{key.strip(): cell for key, cell in row.items()} for row in csv.DictReader(lines)]


def numbers(cell):
    return np.array(cell.split(), float)


def assert_near(found, reference, *, absolute, relative=0.0):
    allowed = absolute + relative * np.abs(reference)
    assert (np.abs(found - reference) <= allowed).all()


@pytest.mark.parametrize(
    ("file", "kinetics", "cases"),
    [("dce_DRO_data_tofts", Tofts, 25), ("dce_DRO_data_extended_tofts", ExtendedTofts, 15)],
)
def test_osipi_tofts_curves(shared, file, kinetics, cases):
    found = rows(shared / f"data/osipi-dce/DCEmodels/data/{file}.csv")
    assert len(found) == cases
    for row in found:
        aif = MeasuredAif(time=numbers(row["t"]), blood=numbers(row["ca"]), haematocrit=0.0)
        result = fit(kinetics(time=numbers(row["t"]), aif=aif), numbers(row["C"]))
        per_minute = result.parameter("ktrans") * 60
        assert_near(per_minute, float(row["Ktrans"]), absolute=0.005, relative=0.1)
        assert_near(result.parameter("ve"), float(row["ve"]), absolute=0.05)
        if "vp" in row:
            assert_near(result.parameter("vp"), float(row["vp"]), absolute=0.025)


def test_osipi_concentrations(shared):
    found = rows(shared / "data/osipi-dce/SI_to_Conc/data/SI2Conc_data.csv")
    assert len(found) == 5
    for row in found:
        sequence = SpgrConcentration(
            tr=float(row["TR"]),
            flip_angle=np.radians(float(row["FA"])),
            relaxivity=float(row["r1"]),
            baseline=slice(1, int(row["numbaselinepts"])),
        )
        t1 = np.array(float(row["T1base"]))
        concentration = sequence.concentration(numbers(row["s"]), t1=t1)
        assert_near(concentration, numbers(row["conc"]), absolute=1e-5, relative=1e-5)


@pytest.mark.parametrize(
    ("file", "cases", "tr", "r1"),
    [
        ("t1_brain", 76, 1.0, lambda row: float(row["R1"])),
        ("t1_quiba", 45, 1.0, lambda row: 1000 * float(row["R1"])),
        ("t1_prostate", 50, 1e-3, lambda row: 1000 / float(row["T1 nonlinear"])),
    ],
)
def test_osipi_relaxation_rates(shared, file, cases, tr, r1):
    found = rows(shared / f"data/osipi-dce/T1_mapping/data/{file}_data.csv")
    assert len(found) == cases
    for row in found:
        model = Vfa(flip_angle=np.radians(numbers(row["FA"])), tr=tr * numbers(row["TR"]))
        rate = 1 / fit(model, numbers(row["s"])).parameter("t1")
        assert_near(rate, r1(row), absolute=0.05, relative=0.05)


@pytest.mark.parametrize("file", ["ParkerAIF_ref.csv", "ParkerAIF_ref_with_delay.csv"])
def test_osipi_parker_input(shared, file):
    found = rows(shared / f"data/osipi-dce/PopulationAIF_DCE/data/{file}")
    for delay in {row["delay"] for row in found}:
        these = [row for row in found if row["delay"] == delay]
        time = np.array([60 * float(row["time"]) for row in these])
        blood = np.array([float(row["Cb"]) for row in these])
        assert_near(
            ParkerAif(arrival=float(delay)).blood(time), blood, absolute=1e-4, relative=0.01
        )


@pytest.mark.parametrize("file", ["generic", "generic_one", "generic_brain"])
def test_osipi_ivim_tissues(shared, file):
    tissues = json.loads((shared / f"data/osipi-ivim/{file}.json").read_text())
    b = np.array(tissues.pop("config")["bvalues"])
    for truth in tissues.values():
        signal = np.array(truth["data"]) / truth["data"][0]
        result = fit(Ivim(b=b), signal)
        if truth["noise"] > 0.001:
            continue
        assert_near(result.parameter("f"), truth["f"], absolute=0.02)
        if truth["f"] < 0.8:
            assert_near(result.parameter("d"), truth["D"], absolute=0, relative=0.03)
        if truth["f"] > 0.03:
            assert_near(result.parameter("d_star"), truth["Dp"], absolute=0, relative=0.15)


def test_qiba_extended_tofts_from_signals_to_maps(shared):
    data = loadmat(shared / "data/qiba-dce-dro/qiba4.mat")
    tr = float(data["TR"].item())
    angles = np.radians(data["T1flip"].ravel().astype(float))
    t1 = fit(Vfa(flip_angle=angles, tr=tr), np.moveaxis(data["T1data"], 0, -1)).parameter("t1")
    time = data["t"].ravel()
    kinetics = ExtendedTofts(
        time=time, aif=MeasuredAif(time=time, blood=data["Cp"].ravel(), haematocrit=0.0)
    )
    sequence = SpgrConcentration(
        tr=tr,
        flip_angle=np.radians(data["DCEflip"].item()),
        relaxivity=data["relaxivity"].item(),
        baseline=slice(8),
    )
    result = fit_perfusion(kinetics, np.moveaxis(data["DCEdata"], 0, -1), t1, sequence=sequence)
    ktrans = np.array([0.01, 0.02, 0.05, 0.1, 0.2])  # one column each, 1/min
    ve = np.tile([0.1, 0.2, 0.5], 6)[:, None]  # rows: ve runs first, then vp
    vp = np.repeat([0.001, 0.005, 0.01, 0.02, 0.05, 0.1], 3)[:, None]
    # signals are whole numbers from 21 to 105: what leaks slowly is lost in their rounding
    assert_near(60 * result.parameter("ktrans"), ktrans, absolute=0.0025, relative=0.02)
    assert_near(result.parameter("vp"), vp, absolute=0.002)
    assert_near(result.parameter("ve")[:, 2:], ve, absolute=0.02, relative=0.05)


def test_qiba_tofts_from_signals_to_maps(shared):
    data = loadmat(shared / "data/qiba-dce-dro/qiba6.mat")
    time = data["t"].ravel()
    aif = MeasuredAif(time=time, blood=data["Cp"].ravel(), haematocrit=0.0)
    sequence = SpgrConcentration(
        tr=data["TR"].item(),
        flip_angle=np.radians(data["DCEflip"].item()),
        relaxivity=data["relaxivity"].item(),
        baseline=slice(100),
    )
    signals = np.moveaxis(data["DCEdata"], 0, -1)
    kinetics = Tofts(time=time, aif=aif)
    result = fit_perfusion(kinetics, signals, 1 / data["R10"], sequence=sequence)
    ktrans = np.array([0.01, 0.02, 0.05, 0.1, 0.2, 0.35])[:, None]
    assert_near(60 * result.parameter("ktrans"), ktrans, absolute=1e-4, relative=0.005)
    ve = np.array([0.01, 0.05, 0.1, 0.2, 0.5])
    assert_near(result.parameter("ve"), ve, absolute=1e-4, relative=0.005)


def test_vfa_of_white_matter(shared):
    folder = shared / "data/vfa-brain"
    middle = (slice(72, 88), slice(92, 108), slice(72, 88))
    flips = [
        np.asarray(nibabel.load(folder / f"FA{angle}.nii.gz").dataobj[middle])
        for angle in (2, 5, 12)
    ]
    model = Vfa(flip_angle=np.radians([2.0, 5, 12]), tr=5.4e-3)
    result = fit(model, np.stack(flips, axis=-1))
    assert result.count(Outcome.FITTED) > 0.99 * result.outcome.size
    low, median, high = np.percentile(result.parameter("t1"), [10, 50, 90])
    assert 0.45 < low < median < high < 1.1


@pytest.mark.parametrize("delay", [0, 5])
@pytest.mark.parametrize(
    ("file", "kinetics", "cases"),
    [
        ("patlak_sd_0.02", Patlak, 9),
        ("2cum_sd_0.0025", TwoCompartmentUptake, 27),
        ("2cxm_sd_0.001", TwoCompartmentExchange, 24),
    ],
)
def test_osipi_flow_and_leakage_with_delay(shared, file, kinetics, cases, delay):
    found = rows(shared / f"data/osipi-dce/DCEmodels/data/{file}_delay_{delay}.csv")
    assert len(found) == cases
    assert len({(row["t"], row["cp_aif"]) for row in found}) == 1
    time = numbers(found[0]["t"])
    aif = MeasuredAif(time=time, blood=numbers(found[0]["cp_aif"]), haematocrit=0.0)
    result, late = fit_delayed(
        lambda s: kinetics(time=time, aif=replace(aif, delay=s)),
        np.array([numbers(row["C_t"]) for row in found]),
        np.arange(0.0, 8.0, 1.0) if delay else np.zeros(1),
    )
    truth = {name: np.array([float(row[name]) for row in found]) for name in ("ps", "vp")}
    leak = result.parameter("ktrans" if kinetics is Patlak else "ps")
    assert_near(60 * leak, truth["ps"], absolute=0.005, relative=0.1)
    assert_near(result.parameter("vp"), truth["vp"], absolute=0.025)
    assert_near(late, delay, absolute=1)
    if kinetics is not Patlak:
        flow = np.array([float(row["fp"]) for row in found])
        assert_near(6000 * result.parameter("fp"), flow, absolute=5, relative=0.1)
    if kinetics is TwoCompartmentExchange:
        ve = np.array([float(row["ve"]) for row in found])
        assert_near(result.parameter("ve"), ve, absolute=0.05)


def test_osipi_georgiou_input(shared):
    found = rows(shared / "data/osipi-dce/PopulationAIF_DCE/data/GeorgiouAIF_ref.csv")
    time = np.array([60 * float(row["time"]) for row in found])
    blood = np.array([float(row["Cb"]) for row in found])
    assert len(found) > 3000
    assert_near(GeorgiouAif().blood(time), blood, absolute=1e-4, relative=0.01)


def test_osipi_t1_by_the_straight_line(shared):
    for row in rows(shared / "data/osipi-dce/T1_mapping/data/t1_brain_data.csv"):
        tr = numbers(row["TR"])[0]
        found = 1 / linear_t1(
            Vfa(flip_angle=np.radians(numbers(row["FA"])), tr=tr), numbers(row["s"])
        )
        assert_near(found, float(row["R1"]), absolute=0.05, relative=0.05)


def test_prostate_t1_with_b1(shared):
    found = rows(shared / "data/osipi-dce/T1_mapping/data/t1_prostate_data.csv")
    for row in found:
        model = Vfa(flip_angle=np.radians(numbers(row["FA"])), tr=1e-3 * numbers(row["TR"]))
        b1 = np.array(float(row["B1"]) / 100)
        t1 = fit_with_b1(model, numbers(row["s"]), b1).parameter("t1")
        assert_near(1 / t1, 1000 / float(row["T1 nonlinear B1cor"]), absolute=0.05, relative=0.05)


def test_adc_and_kurtosis_of_multi_shell_diffusion(shared):
    folder = shared / "data/multi-b"
    b = np.loadtxt(folder / "small_101D.bval").ravel()
    signals = np.asarray(nibabel.load(folder / "small_101D.nii.gz").dataobj)
    near = b < 1100
    bright = signals[..., b < 20].mean(axis=-1) > 0.5 * signals[..., b < 20].mean()
    adc = fit(Adc(b=b[near]), signals[..., near], bright)
    assert 2e-4 < np.nanmedian(adc.parameter("adc")) < 2e-3
    far = b < 2600
    kurtosis = fit(Kurtosis(b=b[far]), signals[..., far], bright)
    assert kurtosis.has_value[bright].mean() > 0.95
    assert 0 < np.nanmedian(kurtosis.parameter("k")) < 1.5
    assert np.nanmedian(kurtosis.parameter("d")) > np.nanmedian(adc.parameter("adc"))


def test_r2_star_of_a_three_echo_brain(shared):
    image = np.asarray(nibabel.load(shared / "data/multi-echo/Mag.nii.gz").dataobj, float)
    bright = image[..., 0] > np.percentile(image[..., 0], 80)
    result = fit(R2Star(echo_time=np.array([4e-3, 8e-3, 12e-3])), image, bright)
    assert 5 < np.nanmedian(result.parameter("r2_star")) < 80
