"""What is told of a cine: curves and measures as tables, maps, pictures, a record for JSON."""

import csv
import json
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from nodewise.ingest import nifti_writing
from nodewise.models.bolus_measures import MEASURES
from nodewise.report import Bolus, figure_file, time_curve
from nodewise.steps.cine.alone import Read, Region, whole_maps
from nodewise.steps.cine.curve import CURVES, RegionCurve
from nodewise.steps.cine.motion import Followed
from nodewise.steps.fits.record import number, short

RECORD, REGIONS, FRAMES, DRAWN_ON = "cine.json", "regions.csv", "curves.csv", "frame.nii.gz"
SHOWN = (
    "peak",
    "time_to_peak",
    "rise_time",
    "wash_in_rate",
    "area",
    "mean_transit_time",
    "quality",
)
QUALITY = "part of the mean curve's variance that the fit explains (R²)"


def write(found: Read, out: Path) -> None:
    """Write curves, measures, maps, a picture a region, and the record."""
    out.mkdir(parents=True, exist_ok=True)
    _table(out / REGIONS, list(measured(found)))
    _table(out / FRAMES, list(frames(found)))
    values, outcome = whole_maps(found.regions)
    grid = found.cine.grid
    for name, whole in values.items():
        nifti_writing.write(out / f"{name}.nii.gz", whole[:, :, None], grid)
    nifti_writing.write(out / "outcome.nii.gz", outcome[:, :, None], grid)
    seen = found.cine.pixels[..., found.regions[0].frame - 1]
    nifti_writing.write(out / DRAWN_ON, seen[:, :, None], grid)
    for place, region in enumerate(found.regions, 1):
        if region.curve:
            (out / f"curve-{place}.svg").write_text(picture(found, region), "utf-8")
    told = json.dumps(record(found), indent=2, ensure_ascii=False)
    (out / RECORD).write_text(told + "\n", "utf-8")


def _table(path: Path, rows: list[dict[str, Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        table.writeheader()
        table.writerows(rows)


def measured(found: Read) -> Iterator[dict[str, Any]]:
    """A row per region and measure; what is not known is None."""
    for region in found.regions:
        if (curve := region.curve) is None:
            continue
        for name, unit in CURVES.items():
            ratio, error = found.ratio(curve, name)
            yield {
                "region": region.label,
                "pixels": int(curve.mask.sum()),
                "measure": name,
                "unit": unit,
                "value": number(curve.values[name]),
                "error": number(curve.errors[name]),
                "determined": curve.determined(name),
                "over_reference": number(ratio),
                "over_reference_error": number(error),
                "outcome": curve.outcome.name.lower(),
            }


def frames(found: Read) -> Iterator[dict[str, Any]]:
    """A row per region and frame."""
    for region in found.regions:
        if (curve := region.curve) is None:
            continue
        moved = curve.motion.shifts * found.cine.spacing
        for place, time in enumerate(found.cine.time):
            yield {
                "region": region.label,
                "frame": place + 1,
                "time": round(float(time), 6),
                "frame_outcome": Followed(curve.motion.outcome[place]).name.lower(),
                "columns_mm": round(float(moved[place, 0]), 3),
                "rows_mm": round(float(moved[place, 1]), 3),
                "echo_power": number(curve.signal[place]),
                "without_baseline": number(curve.signal[place] - curve.level),
                "fitted": number(curve.fitted[place]),
            }


def record(found: Read) -> dict[str, Any]:
    """What was read and how, for JSON; house units."""
    wish, cine = found.wish, found.cine
    return {
        "nodewise": version("nodewise"),
        "model": wish.model,
        "inputs": {"series": found.digest},
        "setting": {
            "dynamic_range": cine.dynamic_range,
            "machine": cine.acquisition.machine.model_dump(exclude_defaults=True),
            "echo_power": "10^(brightness / 255 · dynamic range / 10), a.u.; means are of it",
            "times_from": "injection" if wish.injection else "first frame",
            "injection": wish.injection,
            "timed_by": cine.acquisition.timed_by,
            "frames": len(cine.time),
            "pixel_mm": cine.spacing.round(4).tolist(),
            "reach_mm": wish.reach,
            "smooth_mm": wish.smooth,
            "reference": wish.reference,
        },
        "measures": {name: {"unit": unit, "is": what} for name, (unit, what) in MEASURES.items()}
        | {"quality": {"unit": "1", "is": QUALITY}},
        "regions": [_told(found, region) for region in found.regions],
    }


def _told(found: Read, region: Region) -> dict[str, Any]:
    said = {"label": region.label, "drawn_on": region.frame, "drawn_on_told": region.frame_told}
    if (curve := region.curve) is None:
        return said | {"not_read": region.why}
    motion = curve.motion
    return said | {
        "pixels": int(curve.mask.sum()),
        "outcome": curve.outcome.name.lower(),
        "frames": {each.name.lower(): motion.count(each) for each in Followed},
        "followed_on": "the other half of the screen" if motion.beside else "the contrast itself",
        "baseline_frames": curve.baseline,
        "baseline": number(curve.level),
        "saturated": curve.saturated,
        "measures": {
            row["measure"]: {
                name: row[name]
                for name in (
                    "value",
                    "error",
                    "determined",
                    "over_reference",
                    "over_reference_error",
                )
            }
            for row in measured(found)
            if row["region"] == region.label
        },
    }


def picture(found: Read, region: Region) -> str:
    """A region's signal and fit as an SVG file."""
    curve = region.curve
    if curve is None:
        return ""
    time, signal = found.cine.time, curve.signal - curve.level
    outcome = curve.motion.outcome

    def points(wanted: Followed) -> list[tuple[float, float]]:
        return [(float(time[n]), float(signal[n])) for n in np.flatnonzero(outcome == wanted)]

    known = {name: curve.values[name] for name in ("wash_in_start", "time_to_peak", "wash_out_end")}
    names = {"wash_in_start": "wash-in", "time_to_peak": "peak", "wash_out_end": "wash-out ends"}
    start, top = known["wash_in_start"], known["time_to_peak"]
    fine = np.linspace(time[0], time[-1], 400)
    bolus = Bolus(
        seen=points(Followed.FOLLOWED),
        unmoved=points(Followed.ANYWHERE),
        fitted=[
            (float(t), float(s))
            for t, s in zip(fine, np.interp(fine, time, curve.fitted), strict=True)
        ],
        marks=[(value, names[name]) for name, value in known.items() if np.isfinite(value)],
        wash_in=(start, top) if np.isfinite(start + top) else None,
    )
    title = f"Region {region.label}: bolus, {found.wish.model.replace('_', ' ')}"
    return figure_file(time_curve(title, bolus, caption=_caption(found, curve)))


def _caption(found: Read, curve: RegionCurve) -> str:
    motion, value = curve.motion, curve.values
    lost = motion.count(Followed.LOST)
    return (
        f"Mean echo power of {int(curve.mask.sum())} pixels, display of "
        f"{found.cine.dynamic_range:g} dB undone before the mean; dots: "
        f"{motion.count(Followed.FOLLOWED)} frames that were followed, open: "
        f"{motion.count(Followed.ANYWHERE)} kept in place, {lost} left out. Line: fit, R² "
        f"{short(number(value['quality']))}. Peak {short(number(value['peak']))} a.u. at "
        f"{short(number(value['time_to_peak']))} s; shaded: wash-in. "
        f"{_baseline(curve)}"
    )


def _baseline(curve: RegionCurve) -> str:
    if not curve.baseline:
        return "No frames before the bolus: nothing was subtracted."
    return f"Subtracted: {short(curve.level)} a.u., the mean of frames 1 to {curve.baseline}."


def lines(found: Read) -> Iterator[str]:
    """The summary for a terminal."""
    told = record(found)
    setting = told["setting"]
    yield (
        f"{found.wish.model}, {setting['frames']} frames, {setting['dynamic_range']:g} dB, times "
        f"from {'the injection' if found.wish.injection else 'the first frame'}"
    )
    for region in found.regions:
        yield from _region_lines(found, region)
    if any("a.u." in unit for unit in CURVES.values()):
        yield "Note: a.u. compare within one machine and setting, or as ratios."


def _region_lines(found: Read, region: Region) -> Iterator[str]:
    curve = region.curve
    if curve is None:
        yield f"region {region.label}: not read: {region.why}"
        return
    motion = curve.motion
    said = "" if region.frame_told else "; counts as drawn on frame 1 (--frame says another)"
    yield (
        f"region {region.label}: {int(curve.mask.sum())} pixels, {curve.outcome.name.lower()}; "
        f"frames followed {motion.count(Followed.FOLLOWED)}, in place "
        f"{motion.count(Followed.ANYWHERE)}, left out {motion.count(Followed.LOST)}{said}"
    )
    yield f"  {_baseline(curve)}"
    if curve.saturated > 0.05:
        yield f"  Note: up to {curve.saturated:.0%} of its pixels are saturated: it peaks higher."
    for name in SHOWN:
        ratio, wrong = found.ratio(curve, name)
        value, error = (short(number(each[name])) for each in (curve.values, curve.errors))
        beside = f" ± {error}" if np.isfinite(curve.errors[name]) else ""
        over = f"   {short(ratio)} ± {short(wrong)} of {found.wish.reference}"
        doubt = "" if curve.determined(name) else "   (not determined)"
        yield (
            f"  {name:<18} {value + beside:<22} {CURVES[name]:<8}"
            f"{over if np.isfinite(ratio) else ''}{doubt}"
        ).rstrip()
