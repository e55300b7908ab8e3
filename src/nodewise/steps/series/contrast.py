"""A dynamic series: T1, arterial input and bolus arrival, then the kinetic fit."""

import csv
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from nodewise.errors import ModelError
from nodewise.maps import Fit, fit, fit_perfusion
from nodewise.maps.arrival import ENOUGH, bolus_arrival, tissue_curve
from nodewise.maps.delay import fit_delayed
from nodewise.maps.foreground import foreground
from nodewise.models import (
    MODELS,
    ExtendedTofts,
    GeorgiouAif,
    MeasuredAif,
    Model,
    ParkerAif,
    SpgrConcentration,
)
from nodewise.models.aif import HAEMATOCRIT
from nodewise.steps.series.frames import Frames, Stated
from nodewise.steps.series.regions import Place
from nodewise.steps.series.t1 import B1, T1, repetition_time
from nodewise.volume import Array, Mask

LONGEST_DELAY = 60.0  # s
RISEN = 0.01  # of a measured input's peak: beyond, contrast would be taken for baseline
BLOCK = 50_000  # voxels whose concentrations are worked out at once
Indices = tuple[NDArray[np.intp], ...]
Input = ParkerAif | GeorgiouAif | MeasuredAif
POPULATIONS: dict[str, Callable[[float, float], ParkerAif | GeorgiouAif]] = {
    "parker": lambda arrival, cells: ParkerAif(arrival=arrival, haematocrit=cells),
    "georgiou": lambda arrival, cells: GeorgiouAif(arrival=arrival, haematocrit=cells),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Contrast:
    """How signals of a dynamic series become concentrations, and what feeds the tissue.

    Args:
        t1: series of flip angles, or a T1 map in s.
        aif: parker, georgiou, or a CSV file with columns time (s) and blood (mM).
        arrival: of the bolus after the first frame, s; found in the series if None. A measured
            input is delayed by it.
        delay: how much later than the input, s, the bolus may reach a voxel, which is then found
            voxel by voxel; a population's input may be as much early. None: it is not sought.
        haematocrit: fraction of blood that is cells.
        relaxivity: of the agent, 1/s/mM.
        baseline: frames before contrast; if None those before the arrival, or before a measured
            input rises.
        concentration: whether the series holds concentrations in mM already.
    """

    t1: Path | None = None
    aif: str = "parker"
    arrival: float | None = None
    delay: float | None = None
    haematocrit: float = HAEMATOCRIT
    relaxivity: float | None = None
    baseline: int | None = None
    concentration: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Perfused:
    """A kinetic fit, and what was known and found of its acquisition.

    Args:
        fit: of the place's voxels or regions.
        setting: for the record.
        delay: of the bolus after the input, shape as the fit's, s; None when it was not sought.
    """

    fit: Fit
    setting: dict[str, Any]
    delay: Array | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Dynamic:
    """Signals of a dynamic series, and how they were made.

    Args:
        time: of the frames, shape (m,), s.
        signals: shape (columns, rows, slices, m).
        t1: before contrast, with the transmit field, on the series' grid.
        sequence: with the nominal flip angle; its baseline is provisional, as the arrival tells
            how many frames precede contrast.
    """

    time: Array
    signals: NDArray[Any]
    t1: T1
    sequence: SpgrConcentration

    def arrival(self, kinetics: Callable[[float], Model]) -> float:
        """When the bolus arrives by the whole neck's tissue, s; kinetics makes a model of it."""
        some = enough_of(foreground(self.signals) & np.isfinite(self.t1.values))
        curves = self._sequence_at(self.t1.b1, some).concentration(
            self.signals[some], t1=self.t1.values[some]
        )
        return bolus_arrival(self.time, tissue_curve(curves), kinetics)

    def told(self) -> dict[str, Any]:
        """The sequence, for the record."""
        one = self.sequence
        return {
            "tr": one.tr,
            "flip_angle": one.flip_angle,
            "relaxivity": one.relaxivity,
            "baseline_frames": one.baseline.stop,
        }

    def before(self, arrival: float) -> "Dynamic":
        """The same with every frame before the arrival, s, as its baseline."""
        frames = slice(0, max(int(np.sum(self.time < arrival)), 1))
        return replace(self, sequence=replace(self.sequence, baseline=frames))

    def fit(self, kinetics: Model, place: Place) -> Fit:
        """A kinetic model's fit, shape as the place's."""
        if self.t1.b1.ndim:
            return fit(kinetics, self.concentration(place), place.wanted)
        signals, t1, wanted = place.of(self.signals), place.of(self.t1.values), place.wanted
        return fit_perfusion(kinetics, signals, t1, sequence=self.sequence, mask=wanted)

    def concentration(self, place: Place) -> NDArray[np.float32]:
        """Concentration at a place, shape (..., m), mM; NaN elsewhere and where there is none."""
        signals, t1, wanted = place.of(self.signals), place.of(self.t1.values), place.wanted
        b1 = place.of(self.t1.b1) if self.t1.b1.ndim else self.t1.b1
        curves = np.full(signals.shape, np.nan, np.float32)
        places = np.nonzero(wanted)
        for first in range(0, len(places[0]), BLOCK):
            some = tuple(axis[first : first + BLOCK] for axis in places)
            sequence = self._sequence_at(b1, some)
            curves[some] = sequence.concentration(signals[some], t1=t1[some])
        return curves

    def _sequence_at(self, b1: Array, wanted: Mask | Indices) -> SpgrConcentration:
        """The sequence with the flip angles that voxels or regions really had."""
        own = b1[wanted] if b1.ndim else b1
        return replace(self.sequence, flip_angle=self.sequence.flip_angle * own)


@dataclass(frozen=True, slots=True, kw_only=True)
class Concentrations:
    """A dynamic series that holds concentrations already.

    Args:
        time: of the frames, shape (m,), s.
        curves: shape (columns, rows, slices, m), mM.
    """

    time: Array
    curves: NDArray[Any]

    def arrival(self, kinetics: Callable[[float], Model]) -> float:
        """When the bolus arrives by the whole neck's tissue, s; kinetics makes a model of it."""
        tissue = self.curves[enough_of((self.curves != 0).any(axis=-1))]
        return bolus_arrival(self.time, tissue_curve(np.asarray(tissue, float)), kinetics)

    def fit(self, kinetics: Model, place: Place) -> Fit:
        """A kinetic model's fit, shape as the place's."""
        return fit(kinetics, self.concentration(place), place.wanted)

    def concentration(self, place: Place) -> NDArray[Any]:
        """Concentration at a place, shape (..., m), mM."""
        return place.of(self.curves)


def perfused(
    model: str, series: Dynamic | Concentrations, *, place: Place, by: Contrast
) -> Perfused:
    """The kinetic model's fit to a dynamic series.

    Args:
        model: by name.
        series: signals of a known sequence, or concentrations.
        place: where to fit.
        by: what is known of the contrast agent.

    Raises:
        ModelError: saying what is missing.
    """
    time, constructor = series.time, cast(Callable[..., Model], MODELS[model])
    arrival, aif = _input(series, by)
    setting = {"aif": by.aif, "arrival": arrival, "haematocrit": by.haematocrit}
    if isinstance(series, Dynamic):
        series = series if by.baseline else series.before(_rise(aif, arrival))
        setting |= series.told()
    if by.delay is None:
        return Perfused(fit=series.fit(constructor(time=time, aif=aif), place), setting=setting)
    found, delay = fit_delayed(
        lambda later: constructor(time=time, aif=_later(aif, later)),
        series.concentration(place),
        _delays(time, by, arrival),
        mask=place.wanted,
    )
    return Perfused(fit=found, setting=setting | {"delay_up_to": by.delay}, delay=delay)


def dynamic(frames: Frames, by: Contrast, *, stated: Stated, b1: B1 | None) -> Dynamic:
    """Frames with the sequence that made them, and T1 on their grid.

    Raises:
        ModelError: when relaxivity, repetition time, flip angle or T1 is not known.
    """
    if by.relaxivity is None:
        raise ModelError(
            "signals become concentrations by the agent's relaxivity, which no file holds; "
            "state it with --relaxivity (1/s/mM)"
        )
    tr = float(np.mean(repetition_time(frames, stated)))
    angles = stated.flip_angles or frames.acquisition.flip_angles
    if not angles:
        raise ModelError("the flip angle is missing from the files; state it with --flip-angles")
    sequence = SpgrConcentration(
        tr=tr,
        flip_angle=angles[0],
        relaxivity=by.relaxivity,
        baseline=slice(0, by.baseline or 2),
    )
    t1 = T1.read(by.t1, frames.grid, b1)
    return Dynamic(time=frames.samples, signals=np.asarray(frames.values), t1=t1, sequence=sequence)


def _input(series: Dynamic | Concentrations, by: Contrast) -> tuple[float, Input]:
    """When the bolus arrives, s, and the arterial input."""
    if by.aif not in POPULATIONS:
        delay = by.arrival or 0.0
        return delay, _measured(Path(by.aif), delay=delay, haematocrit=by.haematocrit)
    population, cells, time = POPULATIONS[by.aif], by.haematocrit, series.time
    arrival = by.arrival
    if arrival is None:
        arrival = series.arrival(lambda when: ExtendedTofts(time=time, aif=population(when, cells)))
    return arrival, population(arrival, cells)


def _rise(aif: Input, arrival: float) -> float:
    """When contrast first comes, s: of a measured input, its last sample before it rises."""
    if not isinstance(aif, MeasuredAif):
        return arrival
    peak = int(np.argmax(aif.blood))
    low = np.flatnonzero(aif.blood[: peak + 1] <= RISEN * aif.blood[peak])
    return float(aif.time[low[-1] if len(low) else 0]) + aif.delay


def enough_of(tissue: Mask) -> Mask:
    """Voxels spread over a tissue, of its shape: as many as tell when a bolus arrives."""
    some = np.zeros(tissue.shape, bool)
    some.flat[np.flatnonzero(tissue)[:: max(int(tissue.sum()) // ENOUGH, 1)]] = True
    return some


def _later(aif: Input, delay: float) -> Input:
    """The same input, s later."""
    if isinstance(aif, MeasuredAif):
        return replace(aif, delay=aif.delay + delay)
    return replace(aif, arrival=aif.arrival + delay)


def _delays(time: Array, by: Contrast, arrival: float) -> Array:
    """Delays to try, s, half a frame apart; before a population's input as well as after it."""
    longest = by.delay or 0.0
    if not 0 < longest <= LONGEST_DELAY:
        raise ModelError(f"a delay goes from 0 to {LONGEST_DELAY:g} s; found {longest:g}")
    step = float(np.clip(np.median(np.diff(time)) / 2, 0.25, 1.0))
    early = min(longest, arrival) if by.aif in POPULATIONS else 0.0
    return step * np.arange(-np.floor(early / step), np.floor(longest / step) + 1)


def _measured(path: Path, *, delay: float, haematocrit: float) -> MeasuredAif:
    """An arterial input from a table."""
    needed = f"the arterial input must be {', '.join(POPULATIONS)} or a CSV file of time and blood"
    if not path.is_file():
        raise ModelError(f"{needed}; found no such file")
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    try:
        time, blood = (np.array([float(row[name]) for row in rows]) for name in ("time", "blood"))
    except (KeyError, TypeError, ValueError):
        columns = ", ".join(rows[0]) if rows else "no rows"
        raise ModelError(f"{needed}, both numbers; found the columns {columns}") from None
    return MeasuredAif(time=time, blood=blood, delay=delay, haematocrit=haematocrit)
