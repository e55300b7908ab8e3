"""The simulated PET-CT: three makers' headers of one truth, and a neck that takes up FDG."""

from pathlib import Path

import numpy as np
import pytest

from nodewise.ingest import alone
from nodewise.simulate import mishaps, mpmri, pet, scanner
from nodewise.simulate.examination import examination, scans
from nodewise.simulate.neck import CODES, build, paint
from nodewise.simulate.tissue import surroundings
from nodewise.steps.series.standardising import standardised

SIEMENS, GE, PHILIPS = 1, 14, 3
SEED = 5


def person(number, sequences=("dwi", "pet")):
    return mpmri.person(number, sequences, np.random.default_rng([SEED, number]))


def examined(number):
    """The examination of a participant, and the one PET series of it as a scan."""
    someone, rng = person(number), np.random.default_rng(SEED)
    of = examination(someone, someone.visits[0], SEED, rng)
    pixels = rng.integers(0, pet.STORED, (40, 40, 24)).astype(np.uint16)
    ((name, scan),) = scans(of, "pet", pixels)
    assert name == "40-pet"
    return scan


def taken(scan, folder: Path):
    for number, content in enumerate(scan.written(), 1):
        (folder / f"{number}.dcm").write_bytes(content)
    (series,) = alone.read([folder]).series
    return series


@pytest.mark.parametrize(
    ("number", "unit", "timed_by"),
    [
        (SIEMENS, "BQML", "series time"),
        (GE, "BQML", "GE scan time (0009,100D)"),
        (PHILIPS, "GML", "series time"),
    ],
)
def test_every_makers_header_leads_back_to_the_uptake(number, unit, timed_by, tmp_path):
    scan = examined(number)
    series = taken(scan, tmp_path)
    acquisition, given = series.acquisition, pet.shot(number, person(number).sex, SEED)
    tracer = acquisition.tracer
    assert (acquisition.units, tracer.timed_by) == (unit, timed_by)
    assert (tracer.dose, tracer.weight, tracer.height) == (given.dose, given.weight, given.height)
    assert tracer.since == pytest.approx(given.since, abs=1)
    found = standardised(
        np.asarray(series.volume.values, float), tracer, unit=acquisition.units, by="weight"
    )
    stored = scan.pixels[..., 0]
    np.testing.assert_allclose(found, stored * pet.HIGHEST / pet.STORED, rtol=2e-4, atol=1e-6)


def test_one_header_has_no_weight(tmp_path):
    tracer = taken(examined(mishaps.NO_WEIGHT), tmp_path).acquisition.tracer
    assert tracer.weight is None
    assert tracer.dose


def test_only_the_affected_with_a_pet_ct_are_imaged_and_nothing_else_of_them_changes():
    imaged = {number: "pet" in person(number).visits[0].sequences for number in range(1, 10)}
    assert [number for number, there in imaged.items() if there] == [1, 3, 4, 9]
    without = person(3, ("dwi",))
    assert [(lump.shape.centre.tolist(), lump.values) for lump in without.lumps] == [
        (lump.shape.centre.tolist(), lump.values) for lump in person(3).lumps
    ]


def test_metastases_take_up_more_and_controls_have_no_uptake_to_know():
    people = [person(number) for number in range(1, 40)]
    nodes = [lump for one in people for lump in one.lumps if one.facts["arm"] == "affected"]
    ill, well = (
        np.array([lump.values["suv"] for lump in nodes if lump.metastatic is flag])
        for flag in (True, False)
    )
    assert np.median(ill) > 1.3 * np.median(well)
    assert not any(
        "suv" in lump.values for one in people for lump in one.lumps
        if one.facts["arm"] == "control"
    )  # fmt: skip


def test_counts_keep_the_mean_uptake_and_blur_its_edges():
    labels = paint(build(np.random.default_rng(1)))
    uptake = {CODES[tissue]: value for tissue, value in surroundings("suv").items()}
    stored = pet.counts(labels, uptake, np.random.default_rng(2))
    seen, true = stored * pet.HIGHEST / pet.STORED, scanner.averaged(labels, uptake, scanner.CUBE)
    assert seen.shape == (40, 40, 24)
    assert seen.mean() == pytest.approx(true.mean(), rel=0.02)
    assert seen.std() < 0.9 * true.std() + 0.1
