"""Maps of multi-echo series: decay, and one echo as it was measured."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nodewise.errors import ModelError
from nodewise.ingest import Acquisition
from nodewise.maps import Fit, fit
from nodewise.maps.foreground import foreground
from nodewise.models import Parameter, R2Star
from nodewise.steps.series.unfitted import unfitted
from nodewise.volume import Array

SIGNAL = Parameter("signal", "a.u.", low=0, high=np.inf, start=1)
"""What a map of the signal itself holds: only its ratio to a reference tissue has a meaning."""


@dataclass(frozen=True, slots=True)
class Echoes:
    """A multi-echo series.

    Args:
        times: echo times, shape (m,), s.
        signals: shape (..., m).
    """

    times: Array
    signals: NDArray[Any]

    @classmethod
    def of(cls, signals: NDArray[Any], acquisition: Acquisition) -> "Echoes":
        """The series with its echo times.

        Raises:
            ModelError: when the files do not tell them.
        """
        if not acquisition.echo_times:
            raise ModelError("the echo times are missing from the files")
        return cls(np.asarray(acquisition.echo_times, float), signals)

    def decay(self) -> Fit:
        """R2* of every voxel."""
        return fit(R2Star(echo_time=self.times), self.signals, foreground(self.signals))

    def echo(self, time: float) -> Fit:
        """The echo nearest to a time as a map; nothing is fitted.

        Args:
            time: echo time, s.
        """
        place = int(np.abs(self.times - time).argmin())
        return unfitted(np.asarray(self.signals[..., place], float), SIGNAL)
