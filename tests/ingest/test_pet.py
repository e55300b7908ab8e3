"""What PET headers of several vendors say of tracer, clocks and patient, and what is refused."""

import json

import numpy as np
import pytest
from pydicom import Dataset

from nodewise.errors import ModelError
from nodewise.ingest import headers
from nodewise.ingest import pet as pet_headers
from nodewise.ingest.sources import Place
from nodewise.steps.series.standardising import standardised

PT = "1.2.840.10008.5.1.4.1.1.128"
SHOT = (
    "RadionuclideTotalDose", "RadionuclideHalfLife", "RadiopharmaceuticalStartTime",
    "RadiopharmaceuticalStartDateTime", "Radiopharmaceutical",
)  # fmt: skip
TAKEN = {"SUVScaleFactor": 0x70531000, "ActivityConcentrationScaleFactor": 0x70531009}
USUAL = {
    "Units": "BQML", "SeriesDate": "20201217", "SeriesTime": "100000",
    "AcquisitionDate": "20201217", "AcquisitionTime": "100000", "PatientWeight": 70,
    "PatientSex": "M", "PatientSize": 1.8, "DecayCorrection": "START",
    "CorrectedImage": ["DECY", "ATTN"], "RadionuclideTotalDose": 350e6,
    "RadionuclideHalfLife": 6586.2, "RadiopharmaceuticalStartTime": "090000",
}  # fmt: skip


@pytest.fixture
def pet(header, imported, tmp_path):
    """The one series of PET images with these elements, as taken in."""

    def write(*images):
        for number, facts in enumerate(images):
            facts = {name: value for name, value in facts.items() if value is not None}
            shot, private = Dataset(), facts.pop("PhilipsPETPrivateGroup", {})
            for name in set(SHOT) & set(facts):
                setattr(shot, name, facts.pop(name))
            if private:
                facts["tag_70530010"] = ("LO", "Philips PET Private Group")
            facts |= {f"tag_{TAKEN[name]:08X}": ("DS", told) for name, told in private.items()}
            made = header(
                SOPClassUID=PT, Modality="PT", RescaleSlope=2 + number, RescaleIntercept=0,
                EchoTime=None, FlipAngle=None, RepetitionTime=None,
                RadiopharmaceuticalInformationSequence=[shot],
                ImagePositionPatient=[-10, -20, 4.0 * number],
                PixelData=np.full((4, 5), 100, "<u2").tobytes(), **facts,
            )  # fmt: skip
            made.save_as(tmp_path / f"{number}.dcm", enforce_file_format=True)
        (one,) = imported(tmp_path).series
        return one

    return write


def uptake(series, by="weight"):
    """Uptake of its voxels over what the scanner stored, slopes taken out, by slice."""
    acquisition = series.acquisition
    found = standardised(
        np.asarray(series.volume.values, float), acquisition.tracer, unit=acquisition.units, by=by
    )
    return found[0, 0] / 100 / (2 + np.arange(found.shape[2]))


# calculate-suv 1.1.0 (cornerstonejs, npm) on the same headers; by lean mass: Janmahasatian
BY_WEIGHT = {
    "BQML_AC_DT_lessThan_S_DT_SIEMENS": 0.0004069156854009332,
    "CPS_AND_BQML_AC_DT_-_S_DT": 0.00026503312764157046,
    "GE_MEDICAL_AND_BQML": 0.0005367387681819742,
    "PHILIPS_BQML": 0.0007463747013889488,
    "PHILIPS_CNTS_AND_BQML_SUV": 0.000551,
    "PHILIPS_CNTS_AND_SUV": 0.000728,
    "RADIOPHARM_DATETIME_UNDEFINED": 0.0003721089202818729,
    "SIEMENS": 0.00042748316187197236,
}
BY_OTHERS = {
    "GE_MEDICAL_AND_BQML": (0.000370194345891338, 0.00016110285087632338),
    "PHILIPS_BQML": (0.0004985116084259733, 0.00020747813444711694),
}
TOLD_BY = {
    "BQML_AC_DT_lessThan_S_DT_SIEMENS": "acquisition and frame reference times",
    "CPS_AND_BQML_AC_DT_-_S_DT": "earliest acquisition time",
}


@pytest.mark.real_data
@pytest.mark.parametrize("name", BY_WEIGHT)
def test_headers_of_every_vendor_give_the_uptake_that_another_program_finds(shared, pet, name):
    path = shared / "data" / "pet-suv" / "metadata" / f"{name}-instances.json"
    series = pet(*json.loads(path.read_text()))
    np.testing.assert_allclose(uptake(series), BY_WEIGHT[name], rtol=1e-6)
    assert series.acquisition.tracer.timed_by == TOLD_BY.get(name, "series time")
    if name in BY_OTHERS:
        lean, surface = BY_OTHERS[name]
        np.testing.assert_allclose(uptake(series, "lean"), lean, rtol=1e-6)
        np.testing.assert_allclose(uptake(series, "surface"), surface * 1e-4, rtol=1e-6)  # cm²
    else:
        with pytest.raises(ModelError, match=r"needs the height \(the files do not have it\)"):
            uptake(series, "lean")


@pytest.mark.real_data
def test_philips_two_private_factors_agree_about_a_real_header(shared, pet):
    path = shared / "data/pet-suv/metadata/PHILIPS_CNTS_AND_BQML_SUV-instances.json"
    images = json.loads(path.read_text())
    for image in images:
        del image["PhilipsPETPrivateGroup"]["SUVScaleFactor"]
    series = pet(*images)
    assert series.acquisition.scaling == "Philips factor (7053,1009)"
    np.testing.assert_allclose(uptake(series), 0.000551, rtol=1e-3)


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("name", "expected", "timed_by"),
    [  # dose / Bq, weight / kg, from the injection to the reference / s: read by hand
        ("acrin_flt_1", (178340011.59668, 69.7344, 3976.921), "series time"),
        ("acrin_flt_2", (173529998.7793, 82.174, 0.109), "series time"),
        ("ge_pet_GH184", (474592928.0, 90.0, 5316.0), "series time"),
    ],
)
def test_real_slices_tell_dose_weight_and_time(shared, name, expected, timed_by):
    image = header_of(shared / "data" / "pet-suv" / f"{name}.dcm")
    tracer = pet_headers.tracer([image.emission])
    assert (tracer.dose, tracer.weight, tracer.since) == pytest.approx(expected)
    assert (image.units, tracer.corrected, tracer.timed_by) == ("BQML", True, timed_by)


@pytest.mark.real_data
def test_a_real_slice_stripped_of_its_facts_says_what_is_wrong_with_each(shared):
    image = header_of(shared / "data" / "pet-suv" / "ge_pet_GH610.dcm")
    tracer = pet_headers.tracer([image.emission])
    assert (tracer.corrected, tracer.weight, tracer.since) == (False, None, None)
    assert "DECY, DTIM, RAN" in tracer.wrong["corrected"]
    assert "the injection lies 793" in tracer.wrong["since"]  # h: dates shifted apart
    with pytest.raises(ModelError, match="the series is in PROPCPS"):
        standardised(np.ones(1), tracer, unit=image.units, by="weight")


def header_of(path):
    """A header alone: two of the slices are compressed, which takes a codec to read."""
    with path.open("rb") as file:
        return headers.read(Place(path=path, number=1, of=1, source=1), file)


@pytest.mark.parametrize(
    ("facts", "since"),
    [
        ({}, 3600),
        ({"DecayCorrection": "ADMIN"}, 0),
        ({"RadiopharmaceuticalStartTime": "233000", "SeriesTime": "002000",
          "AcquisitionTime": "002000"}, 3000),  # past midnight
        ({"RadiopharmaceuticalStartDateTime": "20201216233000", "SeriesTime": "002000",
          "AcquisitionTime": "002000"}, 3000),
        ({"RadiopharmaceuticalStartTime": "100030"}, -30),  # a dynamic series
        ({"SeriesTime": "140000", "tag_00090010": ("LO", "GEMS_PETD_01"),
          "tag_0009100D": ("DT", "20201217095900.00")}, 3540),
        ({"SeriesTime": "140000", "FrameReferenceTime": 659936.9,
          "ActualFrameDuration": 120000}, 3000),
        ({"SeriesTime": "140000", "AcquisitionTime": "101500"}, 4500),
        ({"DecayCorrectionDateTime": "20201217094500.0", "DecayCorrection": None,
          "CorrectedImage": None, "DecayCorrected": "YES", "AttenuationCorrected": "YES"}, 2700),
    ],
)  # fmt: skip
def test_the_time_of_the_activity_is_found_wherever_a_vendor_keeps_it(pet, facts, since):
    tracer = pet(USUAL | facts).acquisition.tracer
    assert tracer.since == pytest.approx(since, abs=0.01)
    assert tracer.corrected


@pytest.mark.parametrize(
    ("facts", "by", "says"),
    [
        ({"PatientWeight": None}, "weight", r"needs the weight \(the files do not have it\)"),
        ({"PatientWeight": 0}, "weight", r"the weight \(the files do not have it\)"),
        ({"PatientWeight": 70000}, "weight", "PatientWeight is 70000, which is not in kg"),
        ({"RadionuclideTotalDose": 350}, "weight", "RadionuclideTotalDose is 350, which is not"),
        ({"RadionuclideTotalDose": None, "RadionuclideHalfLife": None}, "weight",
         r"the injected dose \(.*\); the half-life of the tracer \("),
        ({"DecayCorrection": "NONE"}, "weight", "DecayCorrection is NONE; START or ADMIN"),
        ({"RadiopharmaceuticalStartTime": None}, "weight", "neither RadiopharmaceuticalStartDate"),
        ({"RadiopharmaceuticalStartTime": "114500"}, "weight", "22.2 h before .* day before: no"),
        ({"RadiopharmaceuticalStartDateTime": "20201217114500"}, "weight",
         "1.8 h after .* hold RadiopharmaceuticalStartDateTime and .* record of the injection"),
        ({"RadiopharmaceuticalStartDateTime": "20201117090000"}, "weight", "lies 721.0 h before"),
        ({"SeriesTime": None, "AcquisitionTime": None}, "weight", "neither SeriesTime nor"),
        ({"CorrectedImage": ["DECY"]}, "weight", "CorrectedImage says DECY; ATTN and DECY are"),
        ({"CorrectedImage": None}, "weight", "the files do not say so"),
        ({"PatientSize": 180}, "lean", "PatientSize is 180, which is not in m"),
        ({"PatientSex": "O"}, "lean", "PatientSex is O; F or M is needed"),
        ({"Units": "CNTS"}, "weight", "the series is in CNTS"),
        ({"Units": "GML", "SUVType": "LBM"}, "weight", "the series is in GML by LBM"),
    ],
)  # fmt: skip
def test_what_a_header_lacks_or_has_wrong_is_said_and_never_guessed(pet, facts, by, says):
    series = pet(USUAL | facts)
    with pytest.raises(ModelError, match=says):
        uptake(series, by)


def test_images_of_one_series_must_agree(pet):
    series = pet(USUAL, USUAL | {"PatientWeight": 71})
    with pytest.raises(ModelError, match="PatientWeight differs between its images"):
        uptake(series)


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        ({"Radiopharmaceutical": "PSMA"}, "Radiopharmaceutical differ"),
        ({"RadiopharmaceuticalStartTime": "091500"}, "RadiopharmaceuticalStartTime differ"),
        ({"CorrectedImage": ["DECY"]}, "CorrectedImage differ"),
        ({"DecayCorrection": "ADMIN", "PatientSex": "F"}, "DecayCorrection, PatientSex differ"),
    ],
)
def test_images_of_several_examinations_are_refused_whatever_anybody_states(pet, facts, says):
    given = {"Radiopharmaceutical": "FDG"}
    series = pet(USUAL | given, USUAL | given | facts)
    stated = series.acquisition.tracer.model_copy(update={"since": 0.0, "dose": 1e8})
    assert not stated.corrected
    with pytest.raises(ModelError, match=f"one examination in a series; {says}"):
        standardised(np.ones(1), stated, unit="BQML", by="weight")


def test_two_injections_in_one_header_are_refused():
    shots = [Dataset(), Dataset()]
    for each in shots:
        each.RadionuclideTotalDose = 350e6
    image = Dataset()
    image.RadiopharmaceuticalInformationSequence = shots
    told = pet_headers.tracer([pet_headers.emission(image)])
    assert told.wrong["series"] == "its images tell of 2 injections"


def test_what_the_scanner_standardised_by_weight_becomes_uptake_by_others(pet):
    given = pet(USUAL | {"Units": "GML", "RadionuclideTotalDose": None})
    np.testing.assert_allclose(uptake(given), 1)
    plain = pet(USUAL)
    np.testing.assert_allclose(uptake(given, "lean"), uptake(plain, "lean") / uptake(plain))


def test_no_clock_and_no_day_leaves_the_import(pet):
    told = pet(USUAL | {"RadiopharmaceuticalStartDateTime": "20201217090000"}).acquisition
    said = told.model_dump_json()
    assert not any(word in said for word in ("2020", "0900", "1000", "1217"))
