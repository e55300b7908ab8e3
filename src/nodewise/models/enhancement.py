"""Curves of signal or concentration over time without a tissue model: numbers and types."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nodewise.errors import ModelError
from nodewise.volume import Array


@dataclass(frozen=True, slots=True, kw_only=True)
class Enhancement:
    """What a curve shows, each of shape (...); NaN where a curve does not enhance or is not finite.

    Args:
        time_to_peak: from the bolus's arrival to the greatest sample, s.
        relative: (greatest - baseline) / baseline, 1.
        wash_in: mean slope from arrival to the peak over the baseline, 1/s.
        wash_out: mean slope from the peak to the last sample over the baseline, 1/s; < 0: it falls.
        area_60: under (curve - baseline), from arrival for 60 s, signal · s (iAUC60).
        area_90: the same for 90 s.
    """

    time_to_peak: Array
    relative: Array
    wash_in: Array
    wash_out: Array
    area_60: Array
    area_90: Array


def enhancement(time: Array, curves: Array, *, arrival: float) -> Enhancement:
    """Semi-quantitative numbers of curves.

    Args:
        time: of each frame, rising, shape (m,), s.
        curves: signal, or concentration with its baseline, shape (..., m).
        arrival: of the bolus, s; frames before it are the baseline.

    Source:
        Evelhoch, J Magn Reson Imaging 1999;10:254,
        doi:10.1002/(SICI)1522-2586(199909)10:3<254::AID-JMRI5>3.0.CO;2-9, for iAUC.
    """
    time, curves = np.asarray(time, float), np.asarray(curves, float)
    before = time <= arrival
    if not before.any() or (~before).sum() < 2:
        raise ModelError(
            f"enhancement needs a frame before the bolus at {arrival:g} s and two after it; "
            f"found {int(before.sum())} and {int((~before).sum())}"
        )
    baseline = curves[..., before].mean(axis=-1)
    rise = curves - baseline[..., None]
    peak_frame = np.where(before, -np.inf, np.where(np.isfinite(rise), rise, -np.inf)).argmax(-1)
    peak = np.take_along_axis(rise, peak_frame[..., None], axis=-1)[..., 0]
    good = np.isfinite(rise).all(axis=-1) & (peak > 0)
    until_peak, after = time[peak_frame] - arrival, time[-1] - time[peak_frame]
    return Enhancement(
        time_to_peak=np.where(good, until_peak, np.nan),
        relative=_ratio(peak, baseline, good),
        wash_in=_ratio(peak, baseline * until_peak, good),
        wash_out=_ratio(rise[..., -1] - peak, baseline * after, good),
        area_60=np.where(good, area(time, rise, first=arrival, last=arrival + 60), np.nan),
        area_90=np.where(good, area(time, rise, first=arrival, last=arrival + 90), np.nan),
    )


def area(time: Array, curves: Array, *, first: float, last: float) -> Array:
    """Area under curves, shape (..., m), linear between samples, shape (...); NaN if too short.

    Args:
        time: of each sample, rising, shape (m,), s.
        curves: shape (..., m).
        first: start, s.
        last: end, s.
    """
    if last > time[-1] or first < time[0]:
        return np.full(curves.shape[:-1], np.nan)
    knots = np.union1d(time[(time > first) & (time < last)], [first, last])
    right = np.clip(np.searchsorted(time, knots), 1, len(time) - 1)
    share = (knots - time[right - 1]) / (time[right] - time[right - 1])
    values = curves[..., right - 1] * (1 - share) + curves[..., right] * share
    return np.asarray(np.trapezoid(values, knots, axis=-1))


def _ratio(top: Array, bottom: Array, good: NDArray[np.bool_]) -> Array:
    """Quotient, shape (...), NaN where it makes no sense."""
    quotient = np.full(np.shape(top), np.nan)
    return np.asarray(np.divide(top, bottom, out=quotient, where=good & (bottom > 0)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheme:
    """A way to sort curves into types; its name goes with every type, as letters clash.

    Args:
        name: first author and year.
        types: letter → what it means.
        standing: what is published of it, and what is ours.
        source: journal and doi.
    """

    name: str
    types: dict[str, str]
    standing: str
    source: str


YABUUCHI = Scheme(
    name="Yabuuchi 2003",
    types={
        "A": "peak more than 120 s after arrival",
        "B": "peak sooner, washes out by 30 % or more to 300 s",
        "C": "peak sooner, washes out by less",
        "D": "flat",
    },
    standing="of salivary tumours; how little enhancement is flat is ours",
    source="Yabuuchi et al., Radiology 2003;226:345, doi:10.1148/radiol.2262011486",
)
TAKASHIMA = Scheme(
    name="Takashima 1993",
    types={
        "A": "peak within 30 s after injection",
        "B": "peak from 30 to 60 s",
        "C": "peak from 60 to 210 s",
        "D": "rises gradually, beyond 210 s",
        "E": "flat",
    },
    standing="of head and neck lesions, where it helped little to tell malignant ones; the bounds "
    "are the abstract's; how little enhancement is flat is ours",
    source="Takashima et al., Radiology 1993;189:813, doi:10.1148/radiology.189.3.8234709",
)
SCHEMES = {"yabuuchi": YABUUCHI, "takashima": TAKASHIMA}
FLAT = 0.2  # relative enhancement below which a curve counts as flat


def yabuuchi_type(
    time: Array, curves: Array, *, arrival: float, flat: float = FLAT
) -> NDArray[np.str_]:
    """Type of each curve by the scheme YABUUCHI, shape (...), "" where there is none.

    Args:
        time: of each frame, rising, shape (m,), s; to 300 s after arrival or later.
        curves: signal, shape (..., m).
        arrival: of the bolus, s.
        flat: relative enhancement below which a curve counts as flat, 1.
    """
    numbers = enhancement(time, curves, arrival=arrival)
    ratio = washout_ratio(time, curves, arrival=arrival, after=300)
    enhancing = numbers.relative >= flat
    early = numbers.time_to_peak <= 120
    kinds = {
        "D": numbers.relative < flat,
        "A": enhancing & ~early,
        "B": enhancing & early & (ratio >= 0.3),
        "C": enhancing & early & (ratio < 0.3),
    }
    return np.select([np.asarray(kind) for kind in kinds.values()], list(kinds), "")


def takashima_type(
    time: Array, curves: Array, *, arrival: float, injection: float, flat: float = FLAT
) -> NDArray[np.str_]:
    """Type of each curve by the scheme TAKASHIMA, shape (...), "" where there is none.

    A curve that still rises when a series ends sooner than 210 s after injection has none.

    Args:
        time: of each frame, rising, shape (m,), s.
        curves: signal, shape (..., m).
        arrival: of the bolus, s.
        injection: when the agent was given, on the same clock, s; at the arrival or before.
        flat: relative enhancement below which a curve counts as flat, 1.
    """
    if not injection <= arrival:
        raise ModelError(
            f"a bolus arrives after its injection; found {arrival:g} s and {injection:g} s"
        )
    numbers = enhancement(time, curves, arrival=arrival)
    peak = numbers.time_to_peak + arrival - injection
    enhancing = numbers.relative >= flat
    cut_short = (arrival + numbers.time_to_peak >= time[-1]) & (peak <= 210)
    kinds = {
        "E": numbers.relative < flat,
        "": enhancing & cut_short,
        "A": enhancing & (peak <= 30),
        "B": enhancing & (peak <= 60),
        "C": enhancing & (peak <= 210),
        "D": enhancing & (peak > 210),
    }
    return np.select([np.asarray(kind) for kind in kinds.values()], list(kinds), "")


def washout_ratio(time: Array, curves: Array, *, arrival: float, after: float) -> Array:
    """(peak - later) / (peak - baseline), shape (...), 1; NaN if nothing enhances.

    Args:
        time: of each frame, rising, shape (m,), s.
        curves: signal, shape (..., m).
        arrival: of the bolus, s.
        after: when the later sample is read, after arrival, s.
    """
    time, curves = np.asarray(time, float), np.asarray(curves, float)
    if time[-1] < arrival + after:
        return np.full(curves.shape[:-1], np.nan)
    baseline = curves[..., time <= arrival].mean(axis=-1)
    peak = curves[..., time > arrival].max(axis=-1)
    right = int(np.clip(np.searchsorted(time, arrival + after), 1, len(time) - 1))
    share = (arrival + after - time[right - 1]) / (time[right] - time[right - 1])
    later = curves[..., right - 1] * (1 - share) + curves[..., right] * share
    return _ratio(peak - later, peak - baseline, np.isfinite(peak - later))
