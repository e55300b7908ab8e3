"""A small hospital, written once for all tests of this room."""

from pathlib import Path

import pytest

from nodewise.simulate import hospital
from nodewise.trial import Trial, load

PATIENTS, SEED = 5, 3


@pytest.fixture(scope="session")
def trial() -> Trial:
    return load("mpmri")


@pytest.fixture(scope="session")
def cohort(trial: Trial, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of five participants, among whom every mishap happens."""
    out = tmp_path_factory.mktemp("cohort")
    hospital(trial, out, patients=PATIENTS, seed=SEED)
    return out
