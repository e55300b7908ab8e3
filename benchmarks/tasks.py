"""What is fitted: a model, its acquisition, tissue and noise."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nodewise.models import (
    Adc,
    ExtendedTofts,
    GammaVariate,
    Ivim,
    Kurtosis,
    Lognormal,
    MeasuredAif,
    Model,
    ParkerAif,
    R2Star,
    Vfa,
)

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Task:
    """Voxels to fit.

    Args:
        name: of the task.
        model: with its acquisition.
        main: the parameter that the study is after.
        tissue: lowest and highest of each parameter.
        snr: greatest sample over the noise's standard deviation.
        count: voxels that we fit; a peer fits as many as it can in a few seconds.
        aim: voxels a second on two cores.
    """

    name: str
    model: Model
    main: str
    tissue: tuple[tuple[float, float], ...]
    snr: float
    count: int
    aim: float

    def voxels(self, rng: np.random.Generator) -> tuple[Array, Array]:
        """True values, shape (n, p), and noisy signals, shape (n, m)."""
        values = np.array([rng.uniform(low, high, self.count) for low, high in self.tissue]).T
        signals = np.concatenate(
            [self.model.signal(part) for part in np.array_split(values, self.count // 10_000 + 1)]
        )
        noise = signals.max(axis=1, keepdims=True) / self.snr
        return values, signals + rng.normal(size=signals.shape) * noise


FRAMES = np.arange(75) * 4.0
AIF = MeasuredAif(time=FRAMES, blood=ParkerAif(arrival=16).blood(FRAMES))
CINE = np.arange(400) * 0.25

TASKS = (
    Task(
        name="ADC, 4 b-values",
        model=Adc(b=np.array([0.0, 100, 500, 1000])),
        main="adc",
        tissue=((80, 120), (4e-4, 2.2e-3)),
        snr=30,
        count=400_000,
        aim=3e6,
    ),
    Task(
        name="T2*, 8 echoes",
        model=R2Star(echo_time=np.arange(1, 9) * 5e-3),
        main="r2_star",
        tissue=((80, 120), (15, 100)),
        snr=40,
        count=400_000,
        aim=3e6,
    ),
    Task(
        name="VFA T1, 6 angles",
        model=Vfa(flip_angle=np.radians([2.0, 4, 7, 10, 15, 20]), tr=5e-3),
        main="t1",
        tissue=((800, 1200), (0.4, 2.0)),
        snr=100,
        count=400_000,
        aim=3e6,
    ),
    Task(
        name="extended Tofts, 75 frames",
        model=ExtendedTofts(time=FRAMES, aif=AIF),
        main="ktrans",
        tissue=((0.5e-3, 8e-3), (0.1, 0.5), (0.01, 0.1)),
        snr=40,
        count=200_000,
        aim=1.2e6,
    ),
    Task(
        name="kurtosis, 7 b-values",
        model=Kurtosis(b=np.array([0.0, 200, 500, 800, 1100, 1500, 2000])),
        main="d",
        tissue=((80, 120), (6e-4, 1.5e-3), (0.4, 1.2)),
        snr=40,
        count=200_000,
        aim=1.5e6,
    ),
    Task(
        name="IVIM, 10 b-values",
        model=Ivim(b=np.array([0.0, 10, 20, 40, 80, 110, 200, 400, 600, 800])),
        main="d",
        tissue=((80, 120), (0.05, 0.3), (5e-4, 1.5e-3), (1e-2, 6e-2)),
        snr=30,
        count=100_000,
        aim=4e5,
    ),
    Task(
        name="lognormal bolus, 400 frames",
        model=Lognormal(time=CINE),
        main="area",
        tissue=((200, 2000), (3, 15), (2.0, 3.0), (0.35, 0.7)),
        snr=20,
        count=10_000,
        aim=2e4,
    ),
    Task(
        name="gamma-variate bolus, 400 frames",
        model=GammaVariate(time=CINE),
        main="area",
        tissue=((200, 2000), (3, 15), (1.5, 4), (2, 6)),
        snr=20,
        count=10_000,
        aim=2e4,
    ),
)
