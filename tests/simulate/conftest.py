"""A small hospital, written once for all tests of this room."""

from pathlib import Path

import pytest

from nodewise.simulate import hospital
from nodewise.trial import Trial, load

PATIENTS, SEED = 5, 3


@pytest.fixture(autouse=True)
def _read_by_one_child(lasting_child: None) -> None:
    """What is imported here is read by a child that is there already."""


@pytest.fixture(scope="session")
def trial() -> Trial:
    return load("mpmri")


@pytest.fixture(scope="session")
def cohort(trial: Trial, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of five participants, among whom every mishap happens."""
    out = tmp_path_factory.mktemp("cohort")
    hospital(trial, out, patients=PATIENTS, seed=SEED)
    return out


@pytest.fixture(scope="session")
def ene_trial() -> Trial:
    return load("ene")


@pytest.fixture(scope="session")
def ene_cohort(ene_trial: Trial, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One participant of the study of extranodal extension."""
    out = tmp_path_factory.mktemp("ene")
    hospital(ene_trial, out, patients=1, seed=SEED, workers=1)
    return out


@pytest.fixture(scope="session")
def uspio_trial() -> Trial:
    return load("uspio")


@pytest.fixture(scope="session")
def uspio_cohort(uspio_trial: Trial, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One participant of the iron-oxide study."""
    out = tmp_path_factory.mktemp("uspio")
    hospital(uspio_trial, out, patients=1, seed=SEED, workers=1)
    return out
