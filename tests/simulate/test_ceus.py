"""People of the study of contrast ultrasound, their cines, and what was drawn on them."""

from pathlib import Path

import numpy as np
import polars as pl
import pydicom
import pytest

from nodewise.anatomy import RegionKind
from nodewise.ingest import Problem, Pseudonyms, Region, Series, take_in
from nodewise.simulate import ceus, hospital, ultrasound
from nodewise.simulate.cines import MACHINES, TOP
from nodewise.simulate.people import Person
from nodewise.trial import load

SHOWN = ultrasound.Shown(arrival=8.0, gain=1.3, dynamic_range=60.0)


@pytest.fixture(scope="module")
def people() -> list[Person]:
    return [
        ceus.person(number, ("ceus",), np.random.default_rng([6, number]))
        for number in range(1, 101)
    ]


@pytest.fixture(scope="module")
def cohort(tmp_path_factory) -> Path:
    """Three participants: one on each machine."""
    out = tmp_path_factory.mktemp("ceus")
    hospital(load("ceus"), out, patients=len(MACHINES), seed=3, workers=1)
    return out


@pytest.fixture(scope="module")
def taken(cohort):
    """What import makes of their scans."""
    return list(
        take_in([cohort / "hospital" / "scans"], Pseudonyms(b"a key for tests only"), workers=1)
    )


def nodes(people):
    return [lump for one in people for lump in one.lumps if lump.kind is RegionKind.NODE]


def test_about_half_of_the_patients_have_no_tumour_left_in_any_removed_node(people):
    clear = [
        not any(lump.metastatic for lump in one.lumps if one.dissection.took(lump))
        for one in people
    ]
    assert 0.4 < np.mean(clear) < 0.7  # 22 of 41: PubMed 39850520


def test_everybody_was_ill_before_and_one_rule_each_is_broken_by_whom_it_should(people):
    for one in people:
        facts = one.facts
        assert any(lump.untreated.metastatic and lump.seen for lump in one.lumps)
        broken = [
            facts["clinical_n"] == "N0", not facts["neoadjuvant_complete"],
            facts["prior_neck_treatment"], facts["clinical_m"] == "M1", len(one.visits) < 2,
        ]  # fmt: skip
        assert sum(broken) == (one.number in (7, 11, 16, 21)), one.number


def test_imaging_is_before_treatment_and_before_surgery(people):
    for one in people:
        days = {visit.name: visit.day for visit in one.visits}
        assert 0 <= (one.facts["neoadjuvant_start_date"] - days["pre"]).days <= 42
        if "post" in days:
            assert one.facts["neoadjuvant_start_date"] < days["post"] < one.surgery


def test_shares_of_a_bed_add_up_and_nodes_that_were_never_ill_have_none(people):
    for lump in nodes(people):
        response = lump.response
        assert lump.metastatic == (response.viable > 0)
        assert lump.untreated.metastatic == (response.bed > 0)
        parts = response.viable + response.necrosis + response.fibrosis
        assert parts == pytest.approx(1.0 if response.bed else 0.0)
        for treated in (False, True):
            assert sum(ultrasound.shares(lump, treated=treated).values()) == pytest.approx(1)


def test_living_tumour_peaks_early_and_what_is_left_of_dead_tumour_late_and_low(people):
    found = {True: [], False: []}
    for lump in nodes(people):
        if lump.response.bed and (lump.response.viable > 0.5 or not lump.metastatic):
            true = ultrasound.true_values(lump, arrival=8.0, treated=True)
            found[bool(lump.metastatic)].append((true["time_to_peak"], true["peak_to_muscle"]))
    early, late = (np.median(found[kind], axis=0) for kind in (True, False))
    assert early[0] < late[0] - 3
    assert early[1] > late[1] + 1


def test_every_machine_s_cine_is_taken_in_with_its_regions(taken):
    assert not [thing for thing in taken if isinstance(thing, Problem)]
    cines = [thing for thing in taken if isinstance(thing, Series)]
    assert sorted({len(one.acquisition.panels) for one in cines}) == [1, 2]
    assert len({one.acquisition.vendor for one in cines}) == len(MACHINES)
    regions = [thing for thing in taken if isinstance(thing, Region)]
    assert len(regions) == 2 * len(cines) > 6
    assert {region.frame for region in regions} == {ultrasound.DRAWN_ON + 1}


@pytest.mark.parametrize("treated", [False, True])
def test_the_mean_of_a_region_is_near_the_bolus_that_was_put_there(people, treated):
    """Straight from the screen's brightness: nothing is fitted, and no motion followed."""
    rng, ratios, times = np.random.default_rng(4), [], []
    large = [lump for lump in nodes(people) if lump.seen and lump.short_axis > 12][:12]
    for lump in large:
        shown = lump if treated else lump.untreated
        cine = ultrasound.cine(shown, rng, SHOWN, treated=treated)
        node, muscle = bolus(cine, cine.node), bolus(cine, cine.muscle)
        true = ultrasound.true_values(shown, arrival=8.0, treated=treated)
        ratios.append(node.max() / muscle.max() / true["peak_to_muscle"])
        times.append(node.argmax() - true["time_to_peak"])
    assert np.median(ratios) == pytest.approx(1, abs=0.15)
    assert abs(np.median(times)) < 2


def bolus(cine, region):
    """Linear echo power of a region over its baseline, shape (frames,)."""
    brightness = cine.pixels[:, region.T].astype(float)
    power = (10 ** (brightness / 255 * SHOWN.dynamic_range / 10)).mean(axis=1)
    return np.convolve(power - power[:6].mean(), np.ones(3) / 3, mode="same")


def test_the_name_on_the_screen_lies_outside_what_is_called_image(cohort):
    for path in (cohort / "hospital" / "scans").rglob("20-ceus/*.dcm"):
        image = pydicom.dcmread(path)
        assert image.BurnedInAnnotation == "YES"
        assert image.pixel_array[0, :TOP].max() > 200
        assert all(r.RegionLocationMinY0 >= TOP for r in image.SequenceOfUltrasoundRegions)


def test_specimens_tell_what_is_left_in_steps_and_levels_count_what_is_gone(cohort):
    found = pl.read_csv(cohort / "hidden_truth" / "specimens.csv", infer_schema_length=None)
    levels = pl.read_csv(cohort / "hospital" / "dissections.csv")
    gone = found.filter(pl.col("regression") & ~pl.col("metastatic"))
    assert gone.height == levels["nodes_regressed"].sum() > 0
    viable = found.filter(metastatic=True)["viable_tumour"].to_list()
    assert all(share == 0.05 or (share * 10).is_integer() for share in viable)


def test_the_first_of_three_is_the_first_of_one(cohort, tmp_path):
    hospital(load("ceus"), tmp_path, patients=1, seed=3, workers=1)
    for path in (tmp_path / "hospital" / "scans").rglob("*.dcm"):
        assert path.read_bytes() == (cohort / path.relative_to(tmp_path)).read_bytes()
