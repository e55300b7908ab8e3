"""From a region of a cine to its bolus: linear signal, baseline, fit, and what is read off it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray

from nodewise.errors import ModelError
from nodewise.ingest.records import Acquisition
from nodewise.maps import Fit, Outcome, fit
from nodewise.models import MODELS
from nodewise.models.bolus import ARRIVAL, Bolus
from nodewise.models.bolus_measures import MEASURES, covariance, measure_errors, measures
from nodewise.steps.cine.motion import STILL, TRIES, Followed, Motion, Pixels, View, follow, view
from nodewise.volume import Array, Grid, Mask

BOLUSES = tuple(name for name, model in MODELS.items() if issubclass(model, Bolus))
CURVES: dict[str, str] = {name: unit for name, (unit, _) in MEASURES.items()} | {"quality": "1"}
"""What is read off the curve of a region: name → unit."""

WITHIN = 0.5  # of its value: what the standard error of a measure that is determined stays below
QUIET = 0.01  # of the peak: what the fitted curve stays below before the bolus
FEWEST = 5  # frames of a baseline
MOST_BEFORE = ARRIVAL.high / 2  # s of baseline that the fit's clock keeps
ROUNDS = 3  # of baseline and fit
WHITE = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class Cine:
    """A cine of m frames.

    Args:
        pixels: brightness, shape (columns, rows, m).
        time: of its frames, shape (m,), s.
        grid: of its pixels, one slice.
        acquisition: how it was acquired.
        dynamic_range: of the display, dB.
    """

    pixels: Pixels
    time: Array
    grid: Grid
    acquisition: Acquisition
    dynamic_range: float

    @classmethod
    def of(
        cls,
        values: NDArray[np.generic],
        grid: Grid,
        acquisition: Acquisition,
        *,
        dynamic_range: float,
    ) -> "Cine":
        """A cine of a dynamic series, shape (columns, rows, 1, m).

        Raises:
            ModelError: when it is none.
        """
        if acquisition.modality != "US" or values.ndim != 4 or values.shape[2] != 1:
            raise ModelError(
                f"a cine is ultrasound of one plane over time; found {acquisition.modality} of "
                f"{' × '.join(map(str, values.shape))}"
            )
        pixels = np.asarray(values[:, :, 0], np.uint8)
        if values.dtype != np.uint8 and not np.array_equal(pixels, values[:, :, 0]):
            raise ModelError("brightness is whole numbers from 0 to 255; found others")
        if not 0 < dynamic_range <= 200:
            raise ModelError(
                f"a dynamic range is above 0 dB and up to 200; found {dynamic_range:g}"
            )
        return cls(
            pixels=pixels,
            time=np.asarray(acquisition.times, float),
            grid=grid,
            acquisition=acquisition,
            dynamic_range=dynamic_range,
        )

    @property
    def linear(self) -> Array:
        """Echo power in a.u. of every brightness, shape (256,), 10^(brightness / 255 · dB / 10)."""
        return np.asarray(10 ** (np.arange(WHITE + 1) / WHITE * self.dynamic_range / 10))

    @property
    def spacing(self) -> Array:
        """Of columns and rows, shape (2,), mm."""
        return self.grid.spacing[:2]

    def view(self, mask: Mask, *, reach: float) -> View:
        """What is followed for a region, shape (columns, rows)."""
        columns, rows = self.pixels.shape[:2]
        panels = self.acquisition.panels or ((0, 0, columns, rows),)
        return view(mask, panels, self.spacing, reach=reach)


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionCurve:
    """The bolus in one region of a cine of m frames.

    Args:
        mask: the region, shape (columns, rows).
        motion: its way.
        signal: mean echo power of its pixels, shape (m,), a.u.; NaN in frames left out.
        saturated: greatest part of its pixels at full brightness in a frame.
        baseline: frames before the bolus, from the first.
        level: their mean, which was subtracted, a.u.; 0 without any.
        fitted: the model at every frame, shape (m,), a.u., without the level.
        outcome: of the fit.
        values: measure → value; NaN where there is none.
        errors: measure → standard error.
    """

    mask: Mask
    motion: Motion
    signal: Array
    saturated: float
    baseline: int
    level: float
    fitted: Array
    outcome: Outcome
    values: dict[str, float]
    errors: dict[str, float]

    def determined(self, name: str) -> bool:
        """Whether the data determine a measure: its error is within half its value."""
        error, value = self.errors[name], abs(self.values[name])
        return bool(np.isfinite(value) and (name == "quality" or error <= WITHIN * value))


def region_curve(cine: Cine, mask: Mask, *, model: str, frame: int, reach: float) -> RegionCurve:
    """Follow a region, and fit a bolus to its mean signal.

    Args:
        cine: of m frames.
        mask: the region, shape (columns, rows).
        model: one of BOLUSES.
        frame: that it was drawn on, from 1.
        reach: how far it is looked for, mm.

    Raises:
        NodewiseError: when there are no frames to fit, or the region is not on the image.
    """
    check_model(model)
    if not 1 <= frame <= len(cine.time):
        raise ModelError(f"the region was drawn on frame {frame} of a cine of {len(cine.time)}")
    seen = cine.view(mask, reach=reach)
    motion = follow(cine.pixels, mask, seen, frame=frame - 1, spacing=cine.spacing)
    signal, saturated = _means(cine, mask, motion)
    motion = _where_alike(cine, mask, seen, motion=motion, signal=signal)
    signal = np.where(motion.kept, signal, np.nan)
    return _fitted(cine, mask, model, motion=motion, signal=(signal, saturated))


def check_model(model: str) -> None:
    """Refuse what is no bolus.

    Raises:
        ModelError: naming the four.
    """
    if model not in BOLUSES:
        raise ModelError(f"no bolus model is called '{model}'; there are {', '.join(BOLUSES)}")


def _means(cine: Cine, mask: Mask, motion: Motion) -> tuple[Array, float]:
    """Mean echo power of the shifted region in every frame, shape (m,), and greatest saturation."""
    columns, rows = np.nonzero(mask)
    table, signal, full = cine.linear, np.zeros(len(cine.time)), 0.0
    for number, (x, y) in enumerate(motion.shifts):
        there = cine.pixels[columns + x, rows + y, number]
        signal[number] = table[there].mean()
        if motion.outcome[number] == Followed.FOLLOWED:
            full = max(full, float(np.mean(there == WHITE)))
    return signal, full


def _where_alike(cine: Cine, mask: Mask, seen: View, *, motion: Motion, signal: Array) -> Motion:
    """The same with frames kept in place in which the mean, shape (m,), is alike everywhere."""
    followed = motion.outcome == Followed.FOLLOWED
    inside, (x, y) = np.argwhere(mask), seen.reach
    low = np.maximum([-x, -y], seen.panel[:2] - inside.min(0))
    high = np.minimum([x, y], np.array(seen.panel[2:]) - 1 - inside.max(0))
    if followed.sum() > 1:
        ways = motion.shifts[followed]
        low, high = np.maximum(low, ways.min(0)), np.minimum(high, ways.max(0))
    places = [
        inside + np.array([column, row])
        for column in np.unique(np.linspace(low[0], high[0], TRIES).round().astype(int))
        for row in np.unique(np.linspace(low[1], high[1], TRIES).round().astype(int))
    ]
    outcome, table = motion.outcome.copy(), cine.linear
    greatest = signal[followed].max() if followed.any() else 0.0
    for number in np.flatnonzero(~followed):
        image = cine.pixels[..., number]
        means = [table[image[at[:, 0], at[:, 1]]].mean() for at in places]
        if max(means) - min(means) <= STILL * greatest:
            outcome[number] = Followed.ANYWHERE
    return Motion(shifts=motion.shifts, outcome=outcome, alike=motion.alike, beside=motion.beside)


def _fitted(
    cine: Cine, mask: Mask, model: str, *, motion: Motion, signal: tuple[Array, float]
) -> RegionCurve:
    means, saturated = signal
    kept = motion.kept
    time, curve = cine.time[kept], means[kept]
    if len(time) < 2 * len(MODELS[model].parameters):
        raise ModelError(
            f"{len(time)} of {len(cine.time)} frames could be followed, too few for a bolus: "
            "say which frame it was drawn on, draw it on one with contrast, or look further"
        )
    bolus, found, count = fit_bolus(model, time, curve)
    level = float(curve[:count].mean()) if count else 0.0
    values, errors = read_off(bolus, found, (curve - level)[None])
    every = at_times(bolus, cine.time)
    has = bool(found.has_value)
    return RegionCurve(
        mask=mask,
        motion=motion,
        signal=means,
        saturated=saturated,
        baseline=int(np.flatnonzero(kept)[count - 1]) + 1 if count else 0,
        level=level,
        fitted=every.model.signal(found.values) if has else np.zeros(len(cine.time)),
        outcome=Outcome(int(found.outcome)),
        values={name: float(value[0]) for name, value in values.items()},
        errors={name: float(error[0]) for name, error in errors.items()},
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Clocked:
    """A bolus model whose clock starts late, as its arrival is bounded.

    Args:
        model: its times count from `since`.
        since: s after the first frame.
    """

    model: Bolus
    since: float


def clocked(model: str, time: Array, *, rises: float) -> Clocked:
    """A model for frames at these times, shape (m,), s, of a bolus that rises at one of them, s."""
    since = max(0.0, rises - MOST_BEFORE)
    return Clocked(model=_made(model, time - since), since=since)


def at_times(bolus: Clocked, time: Array) -> Clocked:
    """The same model at other times, shape (m,), s after the first frame."""
    return Clocked(model=_made(bolus.model.name, time - bolus.since), since=bolus.since)


def _made(model: str, time: Array) -> Bolus:
    return cast(Callable[..., Bolus], MODELS[model])(time=time)


def fit_bolus(model: str, time: Array, curve: Array) -> tuple[Clocked, Fit, int]:
    """The bolus of a mean curve, shape (m,), and how many frames its baseline has.

    The baseline is what the fit itself says came before the bolus; it is found and subtracted
    again and again. No frame is subtracted where fewer than five precede it.

    Args:
        model: by name.
        time: of the frames, shape (m,), s.
        curve: mean echo power, shape (m,).
    """
    window = min(max(FEWEST, len(curve) // 50), len(curve))
    running = np.convolve(curve, np.ones(window) / window, mode="valid")
    top = int(running.argmax())
    level = float(running[: top + 1].min())
    rises = float(time[int(np.argmax(running > (level + running[top]) / 2))])
    bolus, count = clocked(model, time, rises=rises), 0
    found = fit(bolus.model, curve - level)
    for _ in range(ROUNDS):
        before = _before(bolus.model, found)
        if before == count:
            break
        count = before
        found = fit(bolus.model, curve - (curve[:count].mean() if count else 0.0))
    return bolus, found, count


def _before(model: Bolus, found: Fit) -> int:
    """How many frames precede the bolus by its fit; 0 when they are too few."""
    if not found.has_value:
        return 0
    curve = model.signal(found.values)
    count = int(np.argmax(curve > QUIET * curve.max()))
    return count if count >= FEWEST else 0


def read_off(
    bolus: Clocked, found: Fit, curves: Array
) -> tuple[dict[str, Array], dict[str, Array]]:
    """Measures of fitted curves and their standard errors, shape (n,) each.

    Args:
        bolus: that was fitted.
        found: its fit, shape (n,) or of one.
        curves: that it was fitted to, shape (n, m).
    """
    values = np.atleast_2d(found.values)
    has = np.atleast_1d(found.has_value)
    told = {name: np.full(len(values), np.nan) for name in CURVES}
    errors = {name: np.full(len(values), np.nan) for name in CURVES}
    with np.errstate(all="ignore"):
        spread = covariance(bolus.model, values[has], curves[has])
        wrong = measure_errors(bolus.model, values[has], spread)
        for name, value in measures(bolus.model, values[has]).items():
            absolute = name in ("time_to_peak", "wash_in_start", "wash_out_end")
            told[name][has] = value + (bolus.since if absolute else 0.0)
            errors[name][has] = wrong[name]
        left = np.mean((curves - bolus.model.signal(values)) ** 2, axis=1)
        told["quality"] = np.where(has, 1 - left / np.var(curves, axis=1), np.nan)
    for name in ("peak", "area"):
        told[name] = np.where(_flat(found), 0.0, told[name])
    return told, errors


def _flat(found: Fit) -> Mask:
    """Curves, shape (n,), in which nothing rises."""
    return np.atleast_1d(np.asarray(found.outcome == Outcome.NO_SIGNAL))
