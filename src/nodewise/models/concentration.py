"""From the signal of a spoiled gradient echo to the concentration of contrast agent."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nodewise.errors import ModelError
from nodewise.models.vfa import spoiled_gradient_echo
from nodewise.volume import Array


@dataclass(frozen=True)
class SpgrConcentration:
    """S(t) = s0 spgr(r1(t)), r1(t) = 1 / t1 + relaxivity · C(t); T2* is left out.

    Args:
        tr: repetition time, s.
        flip_angle: one, or each voxel's own, shape () or (...), rad.
        relaxivity: of the agent at the field and temperature used, 1/s/mM; never guessed here.
        baseline: frames before contrast, whose mean gives s0.

    Source:
        Schabel and Parker, Phys Med Biol 2008;53:2345, doi:10.1088/0031-9155/53/9/010.
    """

    tr: float
    flip_angle: float | Array
    relaxivity: float
    baseline: slice

    def __post_init__(self) -> None:
        """Refuse an acquisition that carries no T1 weighting."""
        for name in ("tr", "flip_angle", "relaxivity"):
            value = getattr(self, name)
            if not (np.isfinite(value) & (np.asarray(value) > 0)).all():
                raise ModelError(f"a dynamic series needs {name} above 0; found {value}")

    @property
    def _angle(self) -> Array:
        """Flip angle before the frames, shape (..., 1), rad."""
        return np.asarray(self.flip_angle, float)[..., None]

    def signal(self, concentration: Array, *, t1: Array, s0: Array) -> Array:
        """Signal, shape (..., m).

        Args:
            concentration: shape (..., m), mM.
            t1: before contrast, shape (...), s.
            s0: signal of full magnetisation, shape (...).
        """
        r1 = 1 / np.asarray(t1, float)[..., None] + self.relaxivity * np.asarray(concentration)
        s0 = np.asarray(s0, float)[..., None]
        return s0 * spoiled_gradient_echo(self._angle, tr=self.tr, r1=r1)

    def concentration(self, signals: NDArray[np.number], *, t1: Array) -> Array:
        """Concentration, shape (..., m), mM; NaN where no concentration gives such a signal.

        Args:
            signals: shape (..., m).
            t1: before contrast, shape (...), s.
        """
        signals = np.asarray(signals, float)
        before = signals[..., self.baseline]
        if not 0 < before.shape[-1] < signals.shape[-1]:
            raise ModelError(
                f"{before.shape[-1] or 'no'} frame{'s' * (before.shape[-1] > 1)} of "
                f"{signals.shape[-1]} lie{'s' * (before.shape[-1] < 2)} before contrast; s0 needs "
                "at least one, and concentrations need some after"
            )
        r10 = 1 / np.asarray(t1, float)[..., None]
        with np.errstate(divide="ignore", invalid="ignore"):
            unit = spoiled_gradient_echo(self._angle, tr=self.tr, r1=r10)
            share = signals * unit / before.mean(axis=-1, keepdims=True) / np.sin(self._angle)
            e1 = (1 - share) / (1 - share * np.cos(self._angle))
            r1 = -np.log(np.where((e1 > 0) & (e1 <= 1), e1, np.nan)) / self.tr
            return np.asarray((r1 - r10) / self.relaxivity)
