"""One acquisition of every model, and the range of tissue it is expected to meet."""

import numpy as np

from nodewise import models as nm

TIME = np.arange(0, 240, 6.0)
AIF = nm.MeasuredAif(time=TIME, blood=nm.ParkerAif(arrival=20).blood(TIME))
FAST = np.arange(0, 120, 1.5)
FAST_AIF = nm.MeasuredAif(time=FAST, blood=nm.ParkerAif(arrival=10).blood(FAST))
B = np.array([0.0, 10, 20, 40, 80, 110, 200, 400, 600, 800])
FAR = np.array([0.0, 200, 500, 800, 1100, 1500, 2000])
ECHO = np.arange(1, 9) * 5e-3
CINE = np.arange(0, 90, 0.75)

EXAMPLES = {
    "adc": nm.Adc(b=B),
    "ivim": nm.Ivim(b=B),
    "kurtosis": nm.Kurtosis(b=FAR),
    "stretched": nm.Stretched(b=FAR),
    "vfa": nm.Vfa(flip_angle=np.radians([2.0, 5, 10, 15, 20]), tr=5e-3),
    "inversion_recovery": nm.InversionRecovery(
        inversion_time=np.array([0.03, 0.1, 0.3, 0.6, 1.0, 1.6, 2.5, 4.0])
    ),
    "t2": nm.T2(echo_time=ECHO * 3),
    "r2_star": nm.R2Star(echo_time=ECHO),
    "r2_star_floor": nm.R2StarFloor(echo_time=ECHO * 2),
    "tofts": nm.Tofts(time=TIME, aif=AIF),
    "extended_tofts": nm.ExtendedTofts(time=TIME, aif=AIF),
    "patlak": nm.Patlak(time=TIME, aif=AIF),
    "two_compartment_uptake": nm.TwoCompartmentUptake(time=FAST, aif=FAST_AIF),
    "two_compartment_exchange": nm.TwoCompartmentExchange(time=FAST, aif=FAST_AIF),
    "lognormal": nm.Lognormal(time=CINE),
    "gamma_variate": nm.GammaVariate(time=CINE),
    "local_density_random_walk": nm.LocalDensityRandomWalk(time=CINE),
    "first_passage": nm.FirstPassage(time=CINE),
}
TISSUE = {  # lowest and highest of each parameter
    "adc": [(50, 500), (2e-4, 3e-3)],
    "ivim": [(50, 500), (0.03, 0.4), (3e-4, 2.5e-3), (8e-3, 0.1)],
    "kurtosis": [(50, 500), (4e-4, 1.8e-3), (0.2, 1.4)],
    "stretched": [(50, 500), (3e-4, 2e-3), (0.5, 0.98)],
    "vfa": [(50, 500), (0.15, 4.0)],
    "inversion_recovery": [(50, 500), (0.2, 2.5), (0.8, 0.99)],
    "t2": [(50, 500), (0.02, 0.4)],
    "r2_star": [(50, 500), (5, 200)],
    "r2_star_floor": [(50, 500), (1, 10), (40, 200)],
    "tofts": [(5e-4, 0.02), (0.05, 0.7)],
    "extended_tofts": [(5e-4, 0.02), (0.05, 0.7), (0.001, 0.15)],
    "patlak": [(1e-4, 0.01), (0.001, 0.15)],
    "two_compartment_uptake": [(2e-3, 0.03), (1e-4, 2e-3), (0.02, 0.2)],
    "two_compartment_exchange": [(5e-3, 0.03), (1e-3, 4e-3), (0.1, 0.3), (0.03, 0.15)],
    "lognormal": [(50, 500), (3, 15), (2, 3.2), (0.3, 0.8)],
    "gamma_variate": [(50, 500), (3, 15), (1.0, 5), (2, 6)],
    "local_density_random_walk": [(50, 500), (3, 15), (8, 30), (1, 8)],
    "first_passage": [(50, 500), (3, 15), (8, 30), (1, 8)],
}


def tissue(name: str, count: int, rng: np.random.Generator) -> np.ndarray:
    """Parameters of count voxels, shape (count, p)."""
    return np.array([rng.uniform(low, high, count) for low, high in TISSUE[name]]).T


def noisy(name: str, count: int, snr: float, rng: np.random.Generator) -> np.ndarray:
    """Signals, shape (count, m), with noise of their greatest sample over snr."""
    signals = EXAMPLES[name].signal(tissue(name, count, rng))
    signals += rng.normal(size=signals.shape) * signals.max(axis=1, keepdims=True) / snr
    return np.abs(signals) if EXAMPLES[name].magnitude else signals
