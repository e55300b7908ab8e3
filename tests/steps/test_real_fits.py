"""`nodewise fit` on real series, held against what is known of them."""

import nibabel
import numpy as np
import pytest
from scipy.io import loadmat

pytestmark = [pytest.mark.real_data, pytest.mark.usefixtures("own_process")]
T1 = np.array([1.88397, 1.33016, 0.98727, 0.69008, 0.48497, 0.34158, 0.24086, 0.17495, 0.12108])
"""Of the first nine spheres of the T1 plate, s, at 20 °C and 3 T: what the maker of the ISMRM/NIST
system phantom 130-0093 states."""
PEER_VFA = {5: 0.5871, 6: 0.4154, 7: 0.2964, 8: 0.2116, 9: 0.1274}
PEER_T2 = {2: 0.4034, 3: 0.2928, 4: 0.1978, 5: 0.1446, 6: 0.0989, 7: 0.0706, 8: 0.0509, 9: 0.0337}
"""Of the same files by MR-BIAS, s, from the comparison data of its own test. Source: Korte et al.,
Phys Med Biol 2023;68:087003, doi:10.1088/1361-6560/acbcbb."""


@pytest.fixture
def spheres(shared, fit, tmp_path):
    """Fit a model to the phantom; medians of a map in the spheres of the outer ring, by number."""

    def run(model, name, *more, middle, plane=0):
        (archive,) = (shared / "data" / "relaxometry-phantom").glob("*.zip")
        record = fit(archive, "--model", model, *more)
        values = nibabel.load(tmp_path / "maps" / f"{name}.nii.gz").get_fdata()[..., plane]
        column, row = np.mgrid[:256, :256]
        found = {}
        for number in range(1, 10):
            angle = np.radians(36 * (number - 1))
            x, y = middle[0] + 51.7 * np.sin(angle), middle[1] - 51.7 * np.cos(angle)
            found[number] = float(np.nanmedian(values[(column - x) ** 2 + (row - y) ** 2 <= 16]))
        return record, found

    return run


def test_inversion_recovery_gives_the_phantom_s_own_t1(spheres):
    record, found = spheres("inversion_recovery", "t1", "--saturation", 4095, middle=(131.5, 117.5))
    np.testing.assert_allclose(list(found.values()), T1, rtol=0.035)
    assert record["acquisition"]["left_out_from"] == 4095


def test_clipped_samples_of_the_phantom_are_told(spheres):
    record, found = spheres("inversion_recovery", "t1", middle=(131.5, 117.5))
    assert "4095: the scanner clipped them" in record["notes"][0]
    assert found[1] > 1.1 * T1[0]


def test_flip_angles_give_what_a_peer_finds(spheres):
    _, found = spheres("vfa", "t1", middle=(131.5, 129.5), plane=1)
    for number, peer in PEER_VFA.items():
        assert found[number] == pytest.approx(peer, rel=0.05)


def test_echoes_give_the_t2_that_a_peer_finds(spheres):
    _, found = spheres("r2_star_floor", "r2_star", "--saturation", 4095, middle=(127.5, 121.5))
    for number, peer in PEER_T2.items():
        assert 1 / found[number] == pytest.approx(peer, rel=0.03)


def test_a_reference_object_goes_from_flip_angles_to_perfusion_as_a_user_would_take_it(
    shared, nifti, fit, read, tmp_path
):
    data = loadmat(shared / "data/qiba-dce-dro/qiba4.mat")
    time, tr = data["t"].ravel(), data["TR"].item()
    flips = [
        nifti(f"fa{n}", one[:, :, None], facts={"FlipAngle": float(angle), "RepetitionTime": tr})
        for n, (one, angle) in enumerate(zip(data["T1data"], data["T1flip"].ravel(), strict=True))
    ]
    fit(*flips, "--model", "vfa", "--out", tmp_path / "t1")
    table = [f"{t},{c}" for t, c in zip(time, data["Cp"].ravel(), strict=True)]
    (tmp_path / "aif.csv").write_text("\n".join(["time,blood", *table]))
    dynamic = nifti("dce", np.moveaxis(data["DCEdata"], 0, -1)[:, :, None])
    known = ["--times", ",".join(map(str, time)), "--tr", tr]
    known += ["--flip-angles", data["DCEflip"].item(), "--relaxivity", data["relaxivity"].item()]
    known += ["--aif", tmp_path / "aif.csv", "--haematocrit", 0, "--baseline", 8]
    known += ["--t1", tmp_path / "t1" / "t1.nii.gz"]
    record = fit(dynamic, "--model", "extended_tofts", *known)
    assert record["outcomes"]["fitted"] + record["outcomes"]["at_bound"] == 90
    truth = np.array([0.01, 0.02, 0.05, 0.1, 0.2])[None, :, None] / 60
    np.testing.assert_allclose(read("ktrans"), np.tile(truth, (18, 1, 1)), atol=4e-5, rtol=0.02)
