"""What an index test has to say of a participant, and why it has nothing."""

from datetime import date, timedelta

import pytest

from nodewise import store, trial
from nodewise.steps.analysis.cases import Cases
from nodewise.steps.work import Work
from nodewise.trial import named

SURGERY = date(2021, 6, 1)
MPMRI = trial.load("mpmri")


@pytest.fixture
def excluded(tmp_path):
    """Why a test leaves somebody out whose MRI and PET lie so many days before surgery."""
    store.create(tmp_path / "study", trial.text("mpmri"))
    work = Work.on(tmp_path / "study")
    met = {"histology": "squamous cell carcinoma", "preoperative_mri": True,
           "preoperative_pet_ct": True, "node_histology": True}  # fmt: skip

    def of(mri, pet):
        place = {"participant": "A", "visit": "pre-treatment"}
        days = {"adc": mri, "suv": pet}
        work.tables.write("participants", [met | {"participant": "A", "arm": "affected",
                                                  "surgery_date": SURGERY}])  # fmt: skip
        work.tables.write("series", [
            place | {"series": name, "date": SURGERY - timedelta(days=early), "array": "0"}
            for name, early in days.items()
        ])  # fmt: skip
        work.tables.write("maps", [
            place | {"series": name, "model": name, "array": "0", "outcome": "0"} for name in days
        ])  # fmt: skip
        work.tables.write("regions", [place | {"region": "r", "label": "N1", "array": "0"}])
        cases = Cases.of(work)
        return [
            cases.neck("A", named(MPMRI.index_test, test), target="metastasis").excluded
            for test in ("adc", "suv_max")
        ]

    return of


def test_a_map_counts_from_the_day_of_its_own_images(excluded):
    assert excluded(10, 42) == ["", ""]
    adc, suv = excluded(10, 43)
    assert adc == ""
    assert suv == "no index test: the map suv is of more than 42 days before surgery"
