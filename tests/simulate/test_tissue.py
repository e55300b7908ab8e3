import csv
from importlib.resources import files

import numpy as np
import pytest
from scipy.optimize import curve_fit
from scipy.stats import truncnorm

from nodewise.simulate.tissue import (
    DRAWN,
    VALUES,
    diffusion,
    draw,
    lesions,
    mono_exponential,
    tissues,
)

B_VALUES = np.array([0, 100, 500, 750, 1000], float)


def drawn(lesion: str, parameter: str, count: int = 4000) -> np.ndarray:
    """One node of each of many patients."""
    rng = np.random.default_rng(5)
    return np.array(
        [draw(lesion, rng.standard_normal(len(DRAWN)), rng)[parameter] for _ in range(count)]
    )


@pytest.mark.parametrize("lesion", ["metastatic", "benign"])
def test_adc_of_nodes_is_distributed_as_published(lesion):
    mean, sd = {"metastatic": (0.85e-3, 0.27e-3), "benign": (1.19e-3, 0.22e-3)}[lesion]
    values = drawn(lesion, "adc")
    assert values.mean() == pytest.approx(mean, abs=0.03e-3)
    assert values.std() == pytest.approx(sd, rel=0.08)


@pytest.mark.parametrize("parameter", DRAWN)
def test_values_follow_their_truncated_normal(parameter):
    kind = lesions()["metastatic"][parameter]
    ends = [(end - kind.mean) / kind.sd for end in (kind.low, kind.high)]
    expected = truncnorm(*ends, loc=kind.mean, scale=kind.sd)
    share = np.array([0.05, 0.25, 0.5, 0.75, 0.95])
    found = np.quantile(drawn("metastatic", parameter), share)
    assert np.abs(expected.cdf(found) - share).max() < 0.03


def test_nodes_of_one_patient_are_alike_as_far_as_stated():
    rng = np.random.default_rng(2)
    pairs = []
    for _ in range(3000):
        shared = rng.standard_normal(len(DRAWN))
        pairs.append([draw("benign", shared, rng)["adc"] for _ in range(2)])
    assert np.corrcoef(np.transpose(pairs))[0, 1] == pytest.approx(0.2, abs=0.05)


def test_mono_exponential_finds_what_least_squares_finds():
    signal = 0.1 * np.exp(-B_VALUES * 20e-3) + 0.9 * np.exp(-B_VALUES * 0.9e-3)
    (_, adc), _ = curve_fit(lambda b, s0, d: s0 * np.exp(-b * d), B_VALUES, signal, p0=(1, 1e-3))
    assert mono_exponential(signal[None], B_VALUES)[0] == pytest.approx(adc, abs=1e-6)


def test_diffusion_gives_tissue_the_adc_that_was_wanted():
    rng = np.random.default_rng(0)
    adc, f, d_star = rng.uniform([0.4e-3, 0.01, 1e-2], [2e-3, 0.2, 5e-2], (50, 3)).T
    d = diffusion(adc, f, d_star, B_VALUES)
    fast = f[:, None] * np.exp(-B_VALUES * d_star[:, None])
    signal = fast + (1 - f[:, None]) * np.exp(-B_VALUES * d[:, None])
    assert np.abs(mono_exponential(signal, B_VALUES) - adc).max() < 5e-6
    assert (d < adc).all()


def test_every_lesion_value_says_its_source_and_standing():
    text = files("nodewise.simulate").joinpath("lesions.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    assert all(row["source"] and row["unit"] for row in rows)
    assert {row["standing"] for row in rows} == {"published", "assumed"}
    without = {name for name, kinds in lesions().items() if not set(DRAWN) <= set(kinds)}
    assert without == {"reactive", "regressed"}  # only with iron oxide, and in ultrasound


def test_fluid_of_vessels_holds_the_contrast_of_plasma_alone():
    vp = VALUES.index("vp")
    assert tissues()["artery"][vp] == tissues()["vein"][vp] == pytest.approx(1 - 0.42)
