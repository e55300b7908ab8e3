"""What the import and the fits of this project make of the hospital's files."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from nodewise.anatomy import RegionKind
from nodewise.ingest import Problem, Pseudonyms, Region, Series, take_in
from nodewise.maps import fit
from nodewise.models import Adc
from nodewise.simulate import scanner

WANTED = (0, 100, 500, 750, 1000)


def taken(cohort: Path, patient: str) -> list[Series | Region | Problem]:
    visit = cohort / "hospital" / "scans" / patient / "pre-treatment"
    sources = [visit / "03-dwi", visit / "90-seg"]
    return list(take_in(sources, Pseudonyms(b"a key for tests only"), workers=1))


@pytest.mark.parametrize("patient", ["SIM-0001", "SIM-0002", "SIM-0003"])
def test_every_maker_s_files_lead_to_the_true_adc_of_the_nodes(cohort, patient):
    things = taken(cohort, patient)
    (series,) = (thing for thing in things if isinstance(thing, Series))
    b_values = np.array(series.acquisition.b_values)
    assert list(b_values) == list(scanner.B_VALUES)
    chosen = np.isin(b_values, WANTED)
    truth = pl.read_csv(cohort / "hidden_truth" / "nodes.csv").filter(
        patient_id=patient, visit="pre-treatment", necrotic_core=0.0
    )
    adc = dict(truth.select("label", "adc").iter_rows())
    errors = []
    for region in things:
        if isinstance(region, Region) and region.label in adc and region.mask.sum() >= 8:
            assert region.grid.same_as(series.volume.grid)
            signals = series.volume.values[region.mask][:, chosen].astype(float)
            found = np.median(fit(Adc(b=b_values[chosen]), signals).parameter("adc"))
            errors.append(found / adc[region.label] - 1)
    assert len(errors) >= 3
    assert np.abs(np.median(errors)) < 0.04
    assert np.abs(errors).max() < 0.25


def test_the_import_names_the_mishaps_of_the_first_and_third_participant(cohort):
    (broken,) = (thing for thing in taken(cohort, "SIM-0001") if isinstance(thing, Problem))
    assert "breaks off" in broken.found
    levels = [
        thing.level
        for thing in taken(cohort, "SIM-0003")
        if isinstance(thing, Region) and thing.kind is RegionKind.NODE
    ]
    assert levels.count(None) == 1
