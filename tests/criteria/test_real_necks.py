"""Recorded N stages of real patients against what their specimens leave possible.

The cohort (Centre Léon Bérard, several sites) records nodes by level and extracapsular spread by
patient, but no sizes: the tables answer with a range, and the recorded stage should lie in it.
"""

import csv
import re

import pytest

from nodewise.criteria.rules import Span, exactly, table

LEVELS = ("Ia", "Ib", "II", "III", "IV", "V", "VII")
OROPHARYNX = ("C01", "C09", "C10")
PENE = {"True": frozenset({"minor", "major"}), "False": frozenset({"none"}), "": None}


@pytest.fixture(scope="module")
def patients(shared):
    path = shared / "data" / "neck-levels" / "2023-clb-multisite" / "data.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    heads = list(zip(*rows[:3], strict=True))
    return [dict(zip(heads, row, strict=True)) for row in rows[3:]]


def positive(patient, side):
    """Positive nodes of a side: counted ones, or involved levels where that is more."""
    counts = [patient["positive_dissected", side, level] for level in LEVELS]
    several = float(patient["positive_dissected", side, "Ib_to_III"] or 0)
    involved = [patient.get(("pathology", side, level)) == "True" for level in LEVELS]
    return int(max(sum(float(count or 0) for count in counts), several, sum(involved)))


def possible(patient):
    """Main N categories that the specimen leaves possible."""
    ipsi, contra = (positive(patient, side) for side in ("ipsi", "contra"))
    side = {(0, 0): "none", (1, 0): "ipsilateral", (0, 1): "contralateral"}.get(
        (min(ipsi, 1), min(contra, 1)), "bilateral"
    )
    nodes = ipsi + contra
    driven = (
        patient["patient", "#", "hpv_status"] == "True"
        and patient["tumor", "1", "subsite"][:3] in OROPHARYNX
    )
    facts = {
        "basis": exactly("pathological"),
        "count": exactly(nodes),
        "side": exactly(side),
        "largest_mm": Span(0, low_open=True) if nodes else exactly(0),
        "cene": None,
        "pene": PENE[patient["patient", "#", "extracapsular"]] if nodes else exactly("none"),
    }
    found = table("n_oropharynx_hpv_8" if driven else "n_head_and_neck_8").decide(facts)
    return {re.match(r"N\d", answer)[0] for answer in found.answers}


@pytest.mark.real_data
def test_recorded_stages_lie_where_the_specimen_allows_them_in_nine_of_ten(patients):
    staged = [
        patient
        for patient in patients
        if patient["patient", "#", "tnm_edition"] == "8"
        and any(patient["pathology", side, level] for side in ("ipsi", "contra")
                for level in LEVELS)
    ]  # fmt: skip
    fits = [
        f"N{float(patient['patient', '#', 'n_stage']):.0f}" in possible(patient)
        for patient in staged
    ]
    assert (len(fits), sum(fits)) == (309, 282)


@pytest.mark.real_data
def test_half_of_single_contralateral_nodes_with_extension_are_recorded_too_low(patients):
    """The usual coding error of the 8th edition: N2 where the rule says N3b."""
    found = [
        patient["patient", "#", "n_stage"]
        for patient in patients
        if patient["patient", "#", "tnm_edition"] == "8"
        and patient["patient", "#", "extracapsular"] == "True"
        and (positive(patient, "ipsi"), positive(patient, "contra")) == (0, 1)
        and possible(patient) == {"N3"}
    ]
    assert sorted(found) == ["2", "2", "3", "3"]
