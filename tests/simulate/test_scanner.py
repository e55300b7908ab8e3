import numpy as np
import pytest
from scipy.ndimage import binary_erosion
from scipy.stats import rice

from nodewise.simulate import neck, scanner
from nodewise.simulate.neck import CODES
from nodewise.simulate.scanner import Dynamics, Mixture
from nodewise.simulate.tissue import VALUES, surroundings, tissues


@pytest.fixture(scope="module")
def labels():
    return neck.paint(neck.build(np.random.default_rng(0)))


@pytest.fixture(scope="module")
def mixture(labels):
    values = dict(enumerate(tissues().values()))
    return scanner.mixture(labels, values, {}, np.random.default_rng(0))


def one(**values: float) -> Mixture:
    """A grid of one voxel of one tissue."""
    table = np.array([[values.get(name, 1.0) for name in VALUES]])
    return Mixture((1, 1, 1), np.ones((1, 1)), table)


@pytest.mark.parametrize("snr", [0.0, 0.5, 1.0, 3.0, 20.0])
def test_magnitudes_have_the_mean_and_spread_of_rice(snr):
    rng = np.random.default_rng(1)
    noisy = scanner.rician(np.full(200_000, snr * 15, np.float32), 15.0, rng)
    expected = rice(snr, scale=15.0)
    assert noisy.mean() == pytest.approx(expected.mean(), rel=0.005)
    assert noisy.std() == pytest.approx(expected.std(), rel=0.01)


def test_background_is_rayleigh_and_never_zero_mean():
    rng = np.random.default_rng(1)
    noisy = scanner.rician(np.zeros(200_000, np.float32), 15.0, rng)
    assert noisy.mean() == pytest.approx(15 * np.sqrt(np.pi / 2), rel=0.005)


def test_every_voxel_is_filled_with_tissue_exactly_once(labels):
    _, voxel, _, share = scanner.partial_volumes(labels)
    assert np.bincount(voxel, share) == pytest.approx(np.ones(80 * 80 * 24))


@pytest.mark.parametrize("tissue", ["muscle", "cord", "fat"])
def test_partial_volumes_keep_every_tissue_s_volume(labels, tissue):
    _, _, code, share = scanner.partial_volumes(labels)
    fine = (labels == CODES[tissue]).sum() * neck.CELL.prod()
    coarse = share[code == CODES[tissue]].sum() * scanner.spacing(scanner.COARSE).prod()
    assert coarse == pytest.approx(fine, rel=1e-5)


def test_diffusion_signal_is_bi_exponential():
    tissue = one(dwi=2.0, f=0.1, d=1e-3, d_star=2e-2)
    b = scanner.B_VALUES
    expected = 2 * (0.1 * np.exp(-b * 2e-2) + 0.9 * np.exp(-b * 1e-3))
    assert scanner.diffusion_weighted(tissue)[0, 0, 0] == pytest.approx(expected, rel=1e-5)


def test_flip_angle_signal_peaks_at_ernst_s_angle():
    signal = scanner.variable_flip_angle(one(m0=1.0, t1=0.2))[0, 0, 0]
    ernst = np.degrees(np.arccos(np.exp(-scanner.TR_SPGR / 0.2)))
    assert np.degrees(scanner.FLIP_ANGLES[signal.argmax()]) == pytest.approx(ernst, abs=3)


def parker_blood(seconds: np.ndarray) -> np.ndarray:
    """Parker 2006, table 1, written a second time."""
    t = seconds / 60
    first = 0.809 / (0.0563 * np.sqrt(2 * np.pi)) * np.exp(-((t - 0.17046) ** 2) / (2 * 0.0563**2))
    second = 0.330 / (0.132 * np.sqrt(2 * np.pi)) * np.exp(-((t - 0.365) ** 2) / (2 * 0.132**2))
    tail = 1.050 * np.exp(-0.1685 * t) / (1 + np.exp(-38.078 * (t - 0.483)))
    return np.where(t >= 0, first + second + tail, 0)


@pytest.mark.parametrize(
    ("ktrans", "ve", "vp"), [(4e-3, 0.3, 0.03), (1.2e-2, 0.15, 0.1), (0, 0.2, 0.58)]
)
def test_contrast_signal_is_that_of_a_convolution_in_fine_steps(ktrans, ve, vp):
    step = 0.02
    fine = np.arange(0, scanner.times()[-1] + step, step)
    plasma = parker_blood(fine - 27.0) / (1 - 0.42)
    leaked = ktrans * np.convolve(plasma, np.exp(-ktrans / ve * fine))[: len(fine)] * step
    uptake = np.interp(scanner.times(), fine, vp * plasma + leaked)
    e1 = np.exp(-scanner.TR_SPGR * (1 / 1.3 + 4.5 * uptake))
    angle = scanner.DCE_ANGLE
    expected = np.sin(angle) * (1 - e1) / (1 - np.cos(angle) * e1)
    tissue = one(m0=1.0, t1=1.3, ktrans=ktrans, ve=ve, vp=vp)
    found = scanner.dynamic(tissue, Dynamics(haematocrit=0.42, relaxivity=4.5))[0, 0, 0]
    assert found == pytest.approx(expected, rel=4e-3)


def test_nothing_enhances_before_the_bolus_arrives(mixture):
    frames = scanner.dynamic(mixture, Dynamics(haematocrit=0.42, relaxivity=4.5))
    before = frames[..., scanner.times() < 27.0]
    assert np.ptp(before, axis=-1).max() < 1e-6
    assert (frames[..., -1] >= frames[..., 0] - 1e-6).all()


def test_fluid_loses_its_signal_with_b_and_muscle_keeps_more(mixture, labels):
    signal = scanner.diffusion_weighted(mixture)
    pure = {
        name: (labels == CODES[name]).reshape(80, 4, 80, 4, 24, 2).all(axis=(1, 3, 5))
        for name in ("csf", "muscle")
    }
    left = {
        name: (signal[where][:, -1] / signal[where][:, 0]).mean() for name, where in pure.items()
    }
    assert left["csf"] < 0.1 < left["muscle"]


def test_t2_weighted_fluid_is_brightest_and_bone_darkest(labels):
    brightness = dict(enumerate(surroundings("t2w").values()))
    signal = scanner.t2_weighted(labels, brightness, np.random.default_rng(0))
    pure = {
        name: signal[
            (labels == CODES[name]).reshape(160, 2, 160, 2, 24, 2).all(axis=(1, 3, 5))
        ].mean()
        for name in ("csf", "fat", "muscle", "cortex", "air")
    }
    assert sorted(pure, key=pure.__getitem__) == ["air", "cortex", "muscle", "fat", "csf"]


def test_grain_and_coils_leave_the_mean_signal_alone():
    rng = np.random.default_rng(0)
    shape = (160, 160, 24)
    assert scanner.texture(shape, rng).mean() == pytest.approx(1, abs=0.005)
    assert [scanner.shading(shape, rng).mean() for _ in range(5)] == pytest.approx(
        [1] * 5, abs=0.06
    )


def test_lesions_differ_between_voxels_and_other_tissue_does_not(labels):
    painted = labels.copy()
    neck.lump(
        painted,
        neck.Ellipsoid(np.array([30.0, 0, 60]), np.full(3, 9.0), 0),
        code=64,
        keep=frozenset(),
    )
    values = dict(enumerate(tissues().values())) | {64: tissues()["gland"]}
    spread = scanner.mixture(painted, values, {64: [0.1] * len(VALUES)}, np.random.default_rng(0))
    own = spread.values[len(values) - 1 :, 1]
    assert len(own) > 50
    assert np.log(own / tissues()["gland"][1]).std() == pytest.approx(0.1, rel=0.3)


def test_ct_shows_tissues_at_their_density(labels):
    density = dict(enumerate(surroundings("ct").values()))
    stored = scanner.tomography(labels, density, np.random.default_rng(0))
    whole = labels.reshape(160, 2, 160, 2, 48, 1)
    for tissue in ("air", "fat", "muscle"):
        pure = (whole == CODES[tissue]).all(axis=(1, 3, 5))
        deep = binary_erosion(pure, np.ones((5, 5, 1)))
        found = stored[deep].astype(float) - scanner.CT_OFFSET
        assert found.mean() == pytest.approx(
            surroundings("ct")[tissue], abs=2 + (tissue == "air") * 6
        )
        assert tissue == "air" or found.std() == pytest.approx(scanner.CT_NOISE, rel=0.1)


def test_gradient_echoes_decay_with_r2_star(labels):
    signal, rate = (dict(enumerate(surroundings(n).values())) for n in ("gre", "r2_star"))
    echoes = scanner.multi_echo(labels, signal, rate, np.random.default_rng(0))
    for tissue in ("fat", "muscle", "cord"):
        pure = (labels.reshape(160, 2, 160, 2, 24, 2) == CODES[tissue]).all(axis=(1, 3, 5))
        found = np.log(echoes[pure][:, 0] / echoes[pure][:, -1]) / np.ptp(scanner.ECHO_TIMES)
        assert found == pytest.approx(surroundings("r2_star")[tissue], rel=1e-3)
