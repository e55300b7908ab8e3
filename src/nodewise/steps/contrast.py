"""A dynamic series outside a study: T1, arterial input and bolus arrival, then the kinetic fit."""

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nodewise.errors import ModelError
from nodewise.ingest import Series
from nodewise.ingest.alone import shape
from nodewise.maps import Fit, fit, fit_perfusion
from nodewise.maps.arrival import ENOUGH, bolus_arrival, tissue_curve
from nodewise.maps.foreground import foreground
from nodewise.models import (
    MODELS,
    Aif,
    ExtendedTofts,
    GeorgiouAif,
    MeasuredAif,
    Model,
    ParkerAif,
    SpgrConcentration,
    Vfa,
)
from nodewise.models.aif import HAEMATOCRIT
from nodewise.steps.frames import Frames, Stated, frames_of, series_of, variation
from nodewise.volume import Array, Grid, Mask

LONGEST_T1 = 20.0  # s; a map whose values are larger is in ms
POPULATIONS: dict[str, Callable[[float, float], Aif]] = {
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
        haematocrit: fraction of blood that is cells.
        relaxivity: of the agent, 1/s/mM.
        baseline: frames before contrast; those before the arrival if None.
        concentration: whether the series holds concentrations in mM already.
    """

    t1: Path | None = None
    aif: str = "parker"
    arrival: float | None = None
    haematocrit: float = HAEMATOCRIT
    relaxivity: float | None = None
    baseline: int | None = None
    concentration: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Perfused:
    """A kinetic fit, what was known and found of its acquisition, and the T1 series' digests."""

    fit: Fit
    setting: dict[str, Any]
    t1: tuple[str, ...] = ()


def perfused(model: str, frames: Frames, mask: Mask, *, stated: Stated, by: Contrast) -> Perfused:
    """The kinetic model's fit to a dynamic series.

    Raises:
        ModelError: saying what is missing.
    """
    constructor: Callable[..., Model] = MODELS[model]
    time = frames.samples
    signals = np.asarray(frames.values)
    if by.concentration:
        arrival, aif = _input(time, signals[mask], by)
        setting = {"aif": by.aif, "arrival": arrival, "haematocrit": by.haematocrit}
        found = fit(constructor(time=time, aif=aif), signals, mask)
        return Perfused(fit=found, setting=setting)
    sequence = _sequence(frames, stated, by)
    t1, digests = _t1(by.t1, frames.grid)
    tissue = foreground(signals) & np.isfinite(t1)  # the arrival is the whole neck's
    some = np.flatnonzero(tissue)[:: max(int(tissue.sum()) // ENOUGH, 1)]
    flat = signals.reshape(-1, len(time))
    curves = sequence(slice(0, by.baseline or 2)).concentration(flat[some], t1=t1.ravel()[some])
    arrival, aif = _input(time, curves, by)
    before = by.baseline or max(int(np.sum(time < arrival)), 1)
    exact = sequence(slice(0, before))
    return Perfused(
        fit=fit_perfusion(
            constructor(time=time, aif=aif), signals, t1, sequence=exact, mask=mask
        ),
        setting={
            "tr": exact.tr, "flip_angle": exact.flip_angle, "relaxivity": exact.relaxivity,
            "baseline_frames": before, "aif": by.aif, "arrival": arrival,
            "haematocrit": by.haematocrit,
        },
        t1=digests,
    )  # fmt: skip


def repetition_time(frames: Frames, stated: Stated) -> float | Array:
    """Repetition time, one or one per flip angle, s."""
    if stated.repetition_time is not None:
        return stated.repetition_time
    known = [tr for tr in frames.repetition_times if tr is not None]
    if len(known) < len(frames.repetition_times):
        raise ModelError("the repetition time is missing from the files; state it with --tr")
    return known[0] if len(set(known)) == 1 else np.asarray(known)


def _sequence(frames: Frames, stated: Stated, by: Contrast) -> Callable[[slice], SpgrConcentration]:
    """The sequence, but for its baseline."""
    if by.relaxivity is None:
        raise ModelError(
            "signals become concentrations by the agent's relaxivity, which no file holds; "
            "state it with --relaxivity (1/s/mM)"
        )
    tr = float(np.mean(repetition_time(frames, stated)))
    angles = stated.flip_angles or frames.acquisition.flip_angles
    if not angles:
        raise ModelError("the flip angle is missing from the files; state it with --flip-angles")
    relaxivity = by.relaxivity
    return lambda baseline: SpgrConcentration(
        tr=tr, flip_angle=angles[0], relaxivity=relaxivity, baseline=baseline
    )


def _input(time: Array, curves: Array, by: Contrast) -> tuple[float, Aif]:
    """When the bolus arrives, s, and the arterial input; curves are the tissue's, shape (n, m)."""
    if by.aif not in POPULATIONS:
        delay = by.arrival or 0.0
        return delay, _measured(Path(by.aif), delay=delay, haematocrit=by.haematocrit)
    population, cells = POPULATIONS[by.aif], by.haematocrit
    arrival = by.arrival
    if arrival is None:
        arrival = bolus_arrival(
            time,
            tissue_curve(np.asarray(curves, float)),
            lambda when: ExtendedTofts(time=time, aif=population(when, cells)),
        )
    return arrival, population(arrival, cells)


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


def _t1(source: Path | None, grid: Grid) -> tuple[Array, tuple[str, ...]]:
    """T1 on the dynamic series' grid, s, and the digests of what it was made from."""
    if source is None:
        raise ModelError(
            "signals become concentrations by T1 before contrast: name a series of flip angles "
            "or a T1 map with --t1; or say --concentration if the series holds mM already"
        )
    t1, own, digests = _t1_map(series_of([source]))
    if not own.same_as(grid):
        raise ModelError(
            f"T1 must lie on the voxels of the dynamic series, {shape(grid)}; found {shape(own)}"
            f"{', at another place' if own.shape == grid.shape else ''}"
        )
    return t1, digests


def _t1_map(series: Sequence[Series]) -> tuple[Array, Grid, tuple[str, ...]]:
    """T1, s, where it lies and the digests of its source: one volume, or flip angles to fit."""
    if len(series) == 1 and series[0].volume.values.ndim == 3:
        t1 = np.asarray(series[0].volume.values, float)
        _in_seconds(t1)
        return t1, series[0].volume.grid, (series[0].digest,)
    frames = frames_of(series, variation("vfa"), stated=Stated())
    model = Vfa(flip_angle=frames.samples, tr=repetition_time(frames, Stated()))
    found = fit(model, frames.values, foreground(frames.values))
    return found.parameter("t1"), frames.grid, frames.digests


def _in_seconds(t1: Array) -> None:
    """Refuse a map in ms."""
    known = t1[np.isfinite(t1) & (t1 > 0)]
    typical = float(np.median(known)) if known.size else 0.0
    if not 0 < typical < LONGEST_T1:
        raise ModelError(f"a T1 map must be in s; the median of this one is {typical:g}")
