"""Models fitted to one series, without a study: files in, values and what they were made from."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from nodewise.errors import ModelError
from nodewise.maps import Fit, fit, fit_segmented
from nodewise.maps.loglinear import fit_log_linear
from nodewise.maps.shrinkage import fit_shrunken
from nodewise.maps.transmit import fit_with_b1
from nodewise.models import MODELS, Adc, Ivim, Model, Vfa
from nodewise.models.bolus import Bolus
from nodewise.models.noise import background_noise, without_noise_floor
from nodewise.steps.fits.wishes import SEGMENTED_ABOVE, Wish, check
from nodewise.steps.series.clipping import clipped, fit_unclipped
from nodewise.steps.series.contrast import Concentrations, Dynamic, dynamic, perfused
from nodewise.steps.series.frames import (
    Frames,
    Samples,
    frames_of,
    series_of,
    takes,
    variation,
)
from nodewise.steps.series.regions import Place, drawn, place_of
from nodewise.steps.series.t1 import B1, repetition_time
from nodewise.volume import Array, Grid, Mask


@dataclass(frozen=True, slots=True, kw_only=True)
class Derived:
    """A number that follows from a model's parameters, or was found beside them.

    Args:
        name: of its map.
        unit: house unit.
        formula: how it follows.
        values: shape as the fit's.
    """

    name: str
    unit: str
    formula: str
    values: Array


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """A fit with what it was made from.

    Args:
        model: by name.
        fit: of voxels of the grid's shape, or of regions, shape (regions,).
        grid: where the series lies.
        place: where it was fitted.
        samples: how many there were.
        setting: what was known and found of the acquisition, house units.
        inputs: what was read → digests of its content.
        derived: what follows.
    """

    model: str
    fit: Fit
    grid: Grid
    place: Place
    samples: int
    setting: dict[str, Any]
    inputs: dict[str, tuple[str, ...]]
    derived: tuple[Derived, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What all models of a wish are fitted to.

    Args:
        frames: signals.
        place: where.
        b1: on the frames' grid; None where there is none.
        series: the frames as a dynamic series; None for other models.
        setting: what was settled for all.
        inputs: what was read → digests.
    """

    frames: Frames
    place: Place
    b1: Array | None
    series: Dynamic | Concentrations | None
    setting: dict[str, Any]
    inputs: dict[str, tuple[str, ...]]


def fitted(wish: Wish) -> tuple[Fitted, ...]:
    """Read the files and fit each model to every voxel of the mask, or to its regions' means.

    Raises:
        NodewiseError: saying what the model needs and what was found, or what makes no sense.
    """
    check(wish)
    ground = _ground(wish)
    return tuple(_fitted(model, wish, ground) for model in wish.models)


def _ground(wish: Wish) -> Ground:
    varied = variation(wish.models[0])
    read = series_of(wish.series, frames_stated=wish.stated.frames)
    frames = _chosen(frames_of(read, varied, stated=wish.stated, which=wish.which), wish.b_values)
    place = place_of(frames, wish.mask, means=wish.region_mean)
    setting: dict[str, Any] = {varied.field: frames.samples.tolist()}
    setting |= _saturated(wish, frames, place)
    inputs = {"series": frames.digests}
    if wish.noise is not None:
        noise, values = _noise(wish.noise, frames), np.asarray(frames.values, float)
        values = without_noise_floor(values, noise=noise).astype(np.float32)
        frames, setting = replace(frames, values=values), setting | {"noise": noise}
    b1 = B1.read(wish.b1) if wish.b1 else None
    if b1:
        inputs |= {"b1": (b1.digest,)}
    kinetic = takes(wish.models[0], "aif")
    series = _dynamic(frames, wish, b1) if kinetic else None
    if isinstance(series, Dynamic):
        inputs |= {"t1": series.t1.digests}
    return Ground(
        frames=frames,
        place=place,
        b1=b1.on(frames.grid) if b1 and not kinetic else None,
        series=series,
        setting=setting,
        inputs=inputs,
    )


def _saturated(wish: Wish, frames: Frames, place: Place) -> dict[str, Any]:
    """What is told of samples at the scanner's greatest number."""
    if wish.saturation is not None:
        return {"left_out_from": wish.saturation}
    value, count = clipped(frames.values, place.mask)
    return {"clipped_at": value, "clipped_voxels": count} if count else {}


def _dynamic(frames: Frames, wish: Wish, b1: B1 | None) -> Dynamic | Concentrations:
    """The frames as a dynamic series."""
    if wish.contrast.concentration:
        return Concentrations(time=frames.samples, curves=np.asarray(frames.values))
    return dynamic(frames, wish.contrast, stated=wish.stated, b1=b1)


def _fitted(model: str, wish: Wish, ground: Ground) -> Fitted:
    """One model's fit."""
    derived: tuple[Derived, ...] = ()
    if ground.series is not None:
        kinetic = perfused(model, ground.series, place=ground.place, by=wish.contrast)
        found, more = kinetic.fit, kinetic.setting
        if kinetic.delay is not None:
            formula = "of the bolus after the input, that of the least residual"
            derived = (Derived(name="delay", unit="s", formula=formula, values=kinetic.delay),)
    else:
        how = _METHODS[wish.method] if wish.method else _FITS.get(model, _plain)
        found, more = how(model, wish, ground)
    return Fitted(
        model=model,
        fit=found,
        grid=ground.frames.grid,
        place=ground.place,
        samples=len(ground.frames.samples),
        setting=ground.setting | more,
        inputs=ground.inputs,
        derived=(*derived, *following(model, found)),
    )


def following(model: str, found: Fit) -> tuple[Derived, ...]:
    """What a clinic reads besides a model's parameters, in closed form."""
    kind = MODELS[model]
    with np.errstate(divide="ignore", invalid="ignore"):
        if "kep" in {rate.name for rate in kind.rates}:
            kep = found.parameter("ktrans") / found.parameter("ve")
            return (Derived(name="kep", unit="1/s", formula="ktrans / ve", values=kep),)
        if not issubclass(kind, Bolus):
            return ()
        bolus, values = kind(time=np.array([0.0])), found.values
        return (
            Derived(name="peak", unit="a.u.", formula="S at its peak", values=bolus.peak(values)),
            Derived(
                name="time_to_peak",
                unit="s",
                formula=f"since arrival, {_formula(kind.peak_time)}",
                values=bolus.peak_time(values),
            ),
            Derived(
                name="transit_time",
                unit="s",
                formula=f"mean since arrival, {_formula(kind.transit_time)}",
                values=bolus.transit_time(values),
            ),
        )


def _formula(method: Callable[..., Array]) -> str:
    """What a method of a bolus computes, as its docstring says."""
    said = (method.__doc__ or "").partition(", shape")[0]
    return said[:1].lower() + said[1:]


def _chosen(frames: Frames, wanted: Samples) -> Frames:
    """The frames at the b-values wanted; all when none is."""
    there = np.unique(frames.samples)
    if missing := sorted(set(wanted) - set(there)):
        raise ModelError(
            f"no frames at b {', '.join(f'{b:g}' for b in missing)} s/mm²; "
            f"there are {', '.join(f'{b:g}' for b in there)}"
        )
    kept = np.isin(frames.samples, wanted) if wanted else np.ones(len(frames.samples), bool)
    return replace(frames, values=frames.values[..., kept], samples=frames.samples[kept])


def _noise(told: str, frames: Frames) -> float:
    """Standard deviation of the noise, as it is told or as it is where air is drawn."""
    try:
        return float(told)
    except ValueError:
        pass
    if not Path(told).exists():
        raise ModelError(
            "the noise must be a standard deviation, or a mask of air; found no such file"
        )
    air = np.any(drawn(Path(told), frames.grid), axis=0)
    found = background_noise(np.asarray(frames.values[air], float))
    if not found > 0:
        raise ModelError(
            "the air that is drawn is 0 throughout: the scanner blanked it, and it tells no noise"
        )
    return found


Settled = tuple[Fit, dict[str, Any]]
"""A fit, and what was settled for it beyond the samples."""


def _made(model: str, frames: Frames) -> Model:
    constructor = cast(Callable[..., Model], MODELS[model])
    return constructor(**{variation(model).field: frames.samples})


def _plain(model: str, wish: Wish, ground: Ground) -> Settled:
    whole, place = _made(model, ground.frames), ground.place
    return _optimum(whole, wish, place, place.of(ground.frames.values)), {}


def _optimum(model: Model, wish: Wish, place: Place, signals: NDArray[Any]) -> Fit:
    """The least-squares optimum, without samples that were clipped where that is wished."""
    if wish.saturation is None:
        return fit(model, signals, place.wanted)
    varied = {variation(model.name).field: model.samples}
    tr = np.asarray(getattr(model, "tr", 0.0), float)
    if tr.ndim:
        varied["tr"] = tr

    def made(kept: Mask) -> Model:
        fields = {name: values[kept] for name, values in varied.items()}
        return cast(Model, replace(cast(Any, model), **fields))

    return fit_unclipped(made, signals, place.wanted, level=wish.saturation)


def _log_linear(_: str, wish: Wish, ground: Ground) -> Settled:
    place, adc = ground.place, Adc(b=ground.frames.samples)
    found = fit_log_linear(adc, place.of(ground.frames.values), place.wanted)
    return found, {"method": wish.method}


def _segmented(_: str, wish: Wish, ground: Ground) -> Settled:
    place, ivim = ground.place, Ivim(b=ground.frames.samples)
    signals = place.of(ground.frames.values)
    found = fit_segmented(ivim, signals, place.wanted, threshold=SEGMENTED_ABOVE)
    return found, {"method": wish.method, "segmented_above": SEGMENTED_ABOVE}


def _shrunken(_: str, wish: Wish, ground: Ground) -> Settled:
    """Each region lends its voxels its own prior; one that is too small for it is left out."""
    ivim, signals = Ivim(b=ground.frames.samples), ground.frames.values
    whole = fit(ivim, signals, np.zeros(ground.frames.grid.shape, bool))
    left_out: list[int] = []
    why: ModelError | None = None
    for number, region in enumerate(ground.place.regions, 1):
        try:
            one = fit_shrunken(ivim, signals, region)
        except ModelError as error:
            left_out, why = [*left_out, number], error
            continue
        for name in ("values", "errors", "residual", "aic", "outcome"):
            getattr(whole, name)[region] = getattr(one, name)[region]
    if why and len(left_out) == len(ground.place.regions):
        raise why
    return whole, {"method": wish.method} | ({"regions_left_out": left_out} if left_out else {})


def _vfa(_: str, wish: Wish, ground: Ground) -> Settled:
    tr = repetition_time(ground.frames, wish.stated)
    model, place = Vfa(flip_angle=ground.frames.samples, tr=tr), ground.place
    signals, setting = place.of(ground.frames.values), {"tr": np.asarray(tr).tolist()}
    if ground.b1 is None:
        return _optimum(model, wish, place, signals), setting
    return fit_with_b1(model, signals, place.of(ground.b1), mask=place.wanted), setting


def _bolus(model: str, wish: Wish, ground: Ground) -> Settled:
    """What stood before the bolus is subtracted, where the caller says which frames that is."""
    count, place = wish.contrast.baseline, ground.place
    signals = place.of(ground.frames.values)
    if count:
        signals = signals - signals[..., :count].mean(axis=-1, keepdims=True, dtype=float)
    found = _optimum(_made(model, ground.frames), wish, place, signals)
    return found, {"baseline_frames": count} if count else {}


_METHODS = {"log-linear": _log_linear, "segmented": _segmented, "shrinkage": _shrunken}
_FITS = {"vfa": _vfa} | {name: _bolus for name, model in MODELS.items() if issubclass(model, Bolus)}
