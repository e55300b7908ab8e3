"""Real diffusion series, from the archive that a hospital sends to a map."""

import numpy as np
import pytest

from nodewise.steps import importing, running
from nodewise.steps.work import Work

pytestmark = [pytest.mark.real_data, pytest.mark.usefixtures("lasting_child")]
B_VALUES = "b_values = [0, 100, 500, 750, 1000]\n"  # these series have others


def mapped(tmp_path, archive):
    """The ADC map of a new study from one archive: its row and its values."""
    running.new(tmp_path / "study", "mpmri")
    protocol = tmp_path / "study" / "trial.toml"
    assert B_VALUES in protocol.read_text()
    protocol.write_text(protocol.read_text().replace(B_VALUES, ""))
    work = Work.on(tmp_path / "study", workers=1)
    importing.take(work, [archive])
    running.run(work)
    assert work.truth.finished("truth opened") == {}
    row = next(row for row in work.tables.read("maps").to_dicts() if row["model"] == "adc")
    values = np.asarray(work.study.arrays.get(row["array"]))[..., 1]
    return row, values[np.isfinite(values)]


@pytest.mark.parametrize("scanner", ["philips_ingenia", "toshiba_galan"])
def test_a_real_diffusion_series_becomes_a_plausible_adc_map(shared, tmp_path, scanner):
    (archive,) = (shared / "data" / "dwi-vendors").glob(f"{scanner}*.zip")
    row, found = mapped(tmp_path, archive)
    assert row["fitted"] > 0.9 * (row["fitted"] + row["at_bound"])
    assert 0.5e-3 < np.median(found) < 1.2e-3  # brain: 0.7 to 0.9, fluid up to 3 ×10⁻³ mm²/s
    assert np.percentile(found, 95) < 3.5e-3


def test_frames_that_are_all_the_same_are_at_the_bound_and_not_called_fitted(shared, tmp_path):
    row, found = mapped(tmp_path, shared / "data/dwi-vendors/ge_signa_pioneer_dwi_classic.zip")
    assert row["fitted"] == 0
    assert row["at_bound"] == len(found) > 1000
    assert set(found) == {0}
