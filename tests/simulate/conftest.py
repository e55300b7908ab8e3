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


def study(name: str) -> Trial:
    """A trial with the arms and sequences of a study, whatever its trial file asks of them."""
    arms, sequences = {
        "ene": (["surgical"], [("ct", "CT", "nothing"), ("t2w", "MR", "nothing")]),
        "uspio": (["explorative", "pilot"], [("mgre", "MR", "echo_time")]),
    }[name]
    model = load("mpmri")
    arm, sequence = model.arm[0], model.sequence[0]
    return model.model_copy(
        update={
            "id": name,
            "arm": tuple(arm.model_copy(update={"name": each}) for each in arms),
            "sequence": tuple(
                sequence.model_copy(update={"name": each, "modality": modality, "varies": varies})
                for each, modality, varies in sequences
            ),
            "map": (),
        }
    )


@pytest.fixture(scope="session")
def ene_trial() -> Trial:
    return study("ene")


@pytest.fixture(scope="session")
def ene_cohort(ene_trial: Trial, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three participants of the study of extranodal extension."""
    out = tmp_path_factory.mktemp("ene")
    hospital(ene_trial, out, patients=3, seed=SEED, workers=1)
    return out


@pytest.fixture(scope="session")
def uspio_trial() -> Trial:
    return study("uspio")


@pytest.fixture(scope="session")
def uspio_cohort(uspio_trial: Trial, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three participants of the iron-oxide study."""
    out = tmp_path_factory.mktemp("uspio")
    hospital(uspio_trial, out, patients=3, seed=SEED, workers=1)
    return out
