"""T1 and T2 of a phantom's spheres, from real DICOM: inversion recovery, flip angles and echoes."""

import io
import zipfile

import numpy as np
import pydicom
import pytest
from scipy.ndimage import map_coordinates, uniform_filter
from scipy.stats import spearmanr

from nodewise.maps import Outcome, fit
from nodewise.models import T2, InversionRecovery, Vfa

pytestmark = pytest.mark.real_data


@pytest.fixture(scope="module")
def images(shared):
    """Every image of the phantom: inversion time, flip angle or echo time → its images."""
    found = {"VIR": {}, "VFA": {}, "T2-": {}}
    path = shared / "data/relaxometry-phantom/mrbias_testset_B_T1_T2_dicom.zip"
    with zipfile.ZipFile(path) as folder:
        for name in folder.namelist():
            if not name.endswith("/"):
                image = pydicom.dcmread(io.BytesIO(folder.read(name)))
                kind = next(kind for kind in found if kind in image.SeriesDescription)
                key = {"VIR": "InversionTime", "VFA": "FlipAngle", "T2-": "EchoTime"}[kind]
                found[kind].setdefault(float(image[key].value), []).append(image)
    return found


def pixels(image):
    return uniform_filter(image.pixel_array.astype(float), 3)


def axes(image):
    """Steps along a column and a row, and the first voxel's place, mm."""
    across, down = np.array(image.ImageOrientationPatient, float).reshape(2, 3)
    step = np.array(image.PixelSpacing, float)
    return across * step[1], down * step[0], np.array(image.ImagePositionPatient, float)


def seen_from(slices, target):
    """The slices' values at the target image's voxels."""
    slices = sorted(slices, key=lambda image: np.cross(*axes(image)[:2]) @ axes(image)[2])
    across, down, first = axes(slices[0])
    to_index = np.linalg.inv(np.column_stack([axes(slices[1])[2] - first, down, across]))
    right, below, origin = axes(target)
    row, column = np.indices(target.pixel_array.shape)[..., None]
    index = (origin + column * right + row * below - first) @ to_index.T
    volume = np.stack([pixels(image) for image in slices])
    return map_coordinates(volume, np.moveaxis(index, -1, 0), order=1, mode="nearest")


def bright(signals):
    top = signals.max(axis=-1)
    return top > 0.2 * np.percentile(top, 99)


def test_inversion_recovery_and_flip_angles_agree_on_the_spheres(images):
    times, angles = np.array(sorted(images["VIR"])) / 1000, np.array(sorted(images["VFA"]))
    assert (len(times), len(angles)) == (10, 7)
    recovered = np.stack([pixels(images["VIR"][1000 * t][0]) for t in times], axis=-1)
    target = images["VIR"][1000.0][0]
    spoiled = np.stack([seen_from(images["VFA"][angle], target) for angle in angles], axis=-1)
    mask = bright(recovered) & bright(spoiled)
    slow = fit(InversionRecovery(inversion_time=times), recovered, mask)
    fast = fit(Vfa(flip_angle=np.radians(angles), tr=7.3e-3), spoiled, mask)
    both = (slow.outcome == Outcome.FITTED) & (fast.outcome == Outcome.FITTED)
    spheres = both & (slow.parameter("t1") < 1.6)  # what is longer is the water around them
    assert spheres.sum() > 200
    first, second = slow.parameter("t1")[spheres], fast.parameter("t1")[spheres]
    assert spearmanr(first, second).statistic > 0.75
    assert 0.8 < np.median(second / first) < 1.2


def test_echoes_follow_one_exponential_where_the_receiver_was_not_full(images):
    times = np.array(sorted(images["T2-"])) / 1000
    echoes = np.stack([pixels(images["T2-"][1000 * t][0]) for t in times], axis=-1)
    assert len(times) == 32
    top = echoes.max(axis=-1)
    mask = (top > 400) & (top < 3800)  # water reached the converter's 4095
    result = fit(T2(echo_time=times), echoes, mask)
    assert np.median(result.residual[mask] / top[mask]) < 0.05
    assert result.count(Outcome.AT_BOUND) + result.count(Outcome.FITTED) == mask.sum()
    assert 0.01 < np.nanpercentile(result.parameter("t2"), 5) < 0.05


def test_a_full_receiver_ends_at_a_bound_and_says_so(images):
    times = np.array(sorted(images["T2-"])) / 1000
    echoes = np.stack([images["T2-"][1000 * t][0].pixel_array for t in times], axis=-1)
    full = echoes.min(axis=-1) >= 4094
    result = fit(T2(echo_time=times), echoes, full)
    assert full.sum() > 1000
    assert (result.outcome[full] == Outcome.AT_BOUND).all()
