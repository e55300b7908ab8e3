"""Enhancement of a dynamic series at the command: numbers, types, areas, and what is refused."""

import csv
import json

import numpy as np
import pytest
from click.testing import CliRunner

from nodewise import models as nm
from nodewise.cli import main
from nodewise.models.enhancement import SCHEMES

pytestmark = pytest.mark.usefixtures("own_process")
SHAPE = (4, 3, 2)
TIME = np.arange(0, 420, 10.0)
FACTS = {"TemporalResolution": 10.0}


@pytest.fixture
def enhancement(tmp_path):
    """Run the command; its record, or what it says when it fails."""

    def run(*arguments):
        given = [*map(str, arguments), "--out", str(tmp_path / "maps"), "--json"]
        found = CliRunner().invoke(main, ["enhancement", *given])
        assert not isinstance(found.exception, Exception), found.exception
        return json.loads(found.stdout) if found.exit_code == 0 else found.output

    return run


def curve(*, peak_at, peak, end):
    """100 until 20 s, straight to peak at peak_at, straight to end."""
    return np.interp(TIME, [20, peak_at, TIME[-1]], [100, peak, end])


def series():
    """One quarter each of washout, slow rise, hardly any enhancement, and none at all."""
    curves = np.empty((*SHAPE, len(TIME)))
    curves[0] = curve(peak_at=80, peak=300, end=100)
    curves[1] = curve(peak_at=410, peak=300, end=300)
    curves[2] = curve(peak_at=80, peak=110, end=105)
    curves[3] = curve(peak_at=80, peak=60, end=60)
    return curves


@pytest.mark.parametrize("block", [5, 50_000])
def test_numbers_and_types_become_maps(nifti, enhancement, read, monkeypatch, block):
    monkeypatch.setattr("nodewise.steps.fits.enhancing.BLOCK", block)
    mask = nifti("mask", np.ones(SHAPE))
    record = enhancement(nifti("dce", series(), facts=FACTS), "--arrival", 20, "--mask", mask)
    scheme = record["scheme"]
    assert scheme["name"] == "Yabuuchi 2003"
    assert scheme["counts"] == {"A": 6, "B": 6, "C": 0, "D": 6}
    codes = read("curve_type")[:, 0, 0]
    assert codes.tolist() == [scheme["codes"][kind] for kind in ("B", "A", "D", "none")]
    np.testing.assert_allclose(read("time_to_peak")[0], 60)
    np.testing.assert_allclose(read("relative")[1], 2)
    np.testing.assert_allclose(read("area_60")[0], 60 * 200 / 2)
    assert np.isnan(read("relative")[3]).all()


def test_the_other_scheme_counts_from_the_injection(nifti, enhancement):
    path = nifti("dce", series()[:3], facts=FACTS)
    asked = [path, "--arrival", 20, "--scheme", "takashima"]
    assert "say --injection" in enhancement(*asked)
    scheme = enhancement(*asked, "--injection", 10)["scheme"]
    assert scheme["counts"] == {"A": 0, "B": 0, "C": 6, "D": 6, "E": 6}
    assert scheme["source"] == SCHEMES["takashima"].source
    assert "after its injection" in enhancement(*asked, "--injection", 30)


def test_a_region_s_mean_curve_is_read_as_one(nifti, enhancement, tmp_path):
    region = np.zeros(SHAPE)
    region[0] = 1
    path = nifti("dce", series(), facts=FACTS)
    asked = ["--arrival", 20, "--mask", nifti("mask", region), "--region-mean"]
    (row,) = enhancement(path, *asked)["regions"]
    assert (row["voxels"], row["curve_type"], row["scheme"]) == (6, "B", "Yabuuchi 2003")
    assert row["time_to_peak"] == 60
    with (tmp_path / "maps" / "regions.csv").open() as file:
        (written,) = csv.DictReader(file)
    assert float(written["washout_ratio"]) == row["washout_ratio"]
    assert "--region-mean needs regions" in enhancement(path, "--region-mean")


def test_areas_of_concentration_are_in_millimolar_and_the_arrival_is_found(nifti, enhancement):
    time = np.arange(0, 240, 4.0)
    kinetics = nm.ExtendedTofts(time=time, aif=nm.ParkerAif(arrival=24))
    amounts = np.broadcast_to(kinetics.signal([3e-3, 0.3, 0.05]), (*SHAPE, len(time)))
    sequence = nm.SpgrConcentration(tr=4e-3, flip_angle=0.26, relaxivity=4.5, baseline=slice(5))
    signals = sequence.signal(amounts, t1=np.full(SHAPE, 1.3), s0=np.full(SHAPE, 500.0))
    path = nifti("dce", signals, facts={"TemporalResolution": 4.0})
    stated = ["--tr", 4e-3, "--flip-angles", np.degrees(0.26), "--relaxivity", 4.5]
    record = enhancement(path, *stated, "--t1", nifti("t1", np.full(SHAPE, 1.3)))
    assert record["acquisition"]["arrival"] == pytest.approx(24, abs=1)
    area = next(each for each in record["numbers"] if each["name"] == "area_60")
    fine = np.arange(24, 84, 0.01)
    exact = nm.ExtendedTofts(time=fine, aif=kinetics.aif).signal([3e-3, 0.3, 0.05])
    assert area["unit"] == "mM·s"
    assert area["median"] == pytest.approx(np.trapezoid(exact, fine), rel=0.05)
    assert "T1 map with --t1" in enhancement(path, *stated)


def test_the_terminal_names_the_scheme_and_its_standing(nifti, tmp_path):
    path = nifti("dce", series(), facts=FACTS)
    asked = ["enhancement", str(path), "--arrival", "20", "--out", str(tmp_path / "maps")]
    found = CliRunner().invoke(main, asked).output
    assert "curve types by Yabuuchi 2003" in found
    assert "of salivary tumours" in found
    assert "bolus arrives 20 s after the first frame" in found
