"""One command on synthetic NIfTI files: what tests of it share."""

import json

import nibabel
import numpy as np
import pytest
from click.testing import CliRunner

from nodewise.cli import main
from nodewise.ingest import alone
from nodewise.simulate.hospital import hospital
from nodewise.trial import load

AFFINE = np.diag([2.0, 2.0, 3.0, 1.0])


@pytest.fixture
def own_process(monkeypatch):
    """Read NIfTI files without a child process for each, which takes most of a test's time."""
    monkeypatch.setattr(alone, "_in_child", lambda task: task())


@pytest.fixture
def fit(tmp_path):
    """Run `nodewise fit`; its record, or what it says when it fails."""

    def run(*arguments):
        given = [str(each) for each in arguments]
        if "--out" not in given:
            given += ["--out", str(tmp_path / "maps")]
        found = CliRunner().invoke(main, ["fit", *given, "--json"])
        assert not isinstance(found.exception, Exception), found.exception
        return json.loads(found.stdout) if found.exit_code == 0 else found.output

    return run


@pytest.fixture
def nifti(tmp_path):
    """Write a volume, with a b-value table and facts beside it."""

    def write(name, values, *, b=(), facts=None, affine=AFFINE):
        path = tmp_path / f"{name}.nii.gz"
        nibabel.save(nibabel.Nifti1Image(np.asarray(values, "f4"), affine), path)
        if len(b):
            (tmp_path / f"{name}.bval").write_text(" ".join(map(str, b)))
        if facts:
            (tmp_path / f"{name}.json").write_text(json.dumps(facts))
        return path

    return write


@pytest.fixture
def read(tmp_path):
    """The values of a map that the command wrote."""
    return lambda name: nibabel.load(tmp_path / "maps" / f"{name}.nii.gz").get_fdata()


@pytest.fixture(scope="session")
def scans(tmp_path_factory):
    """One patient's DICOM folders as a scanner writes them."""
    out = tmp_path_factory.mktemp("scans")
    hospital(load("mpmri"), out, patients=1, seed=3)
    return out / "hospital" / "scans" / "SIM-0001" / "pre-treatment"
