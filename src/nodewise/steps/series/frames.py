"""Which frames a model is fitted to: one series of several frames, or several series of one."""

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from nodewise.errors import IngestError, ModelError
from nodewise.ingest import Acquisition, Series, alone
from nodewise.models import MODELS
from nodewise.volume import Array, Grid

Samples = tuple[float, ...]

HINT = (
    ". b-values stand in a .bval file beside a NIfTI file; flip angles, echo, inversion and frame "
    "times that the files do not say can be stated: see --help"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """What the caller says where files do not; it goes before what they say.

    Args:
        flip_angles: of each frame or file, or the one of a dynamic series, rad.
        echo_times: of each frame or file, s.
        inversion_times: of each frame or file, s.
        times: of each frame of a dynamic series, s.
        repetition_time: s.
    """

    flip_angles: Samples = ()
    echo_times: Samples = ()
    inversion_times: Samples = ()
    times: Samples = ()
    repetition_time: float | None = None

    @property
    def frames(self) -> bool:
        """Whether it says what differs between frames."""
        return bool(self.flip_angles or self.echo_times or self.inversion_times or self.times)


@dataclass(frozen=True, slots=True, kw_only=True)
class Variation:
    """What differs between the frames of a model's signals.

    Args:
        word: in a sentence, plural.
        field: of a model, that holds the samples.
        of: its value in each frame as the files tell it.
        stated: the same as the caller says it.
    """

    word: str
    field: str
    of: Callable[[Acquisition], Samples]
    stated: Callable[[Stated], Samples]


def _inversion(acquisition: Acquisition) -> Samples:
    return () if acquisition.inversion_time is None else (acquisition.inversion_time,)


VARIATIONS = (
    Variation(word="b-values", field="b", of=lambda told: told.b_values, stated=lambda _: ()),
    Variation(
        word="flip angles",
        field="flip_angle",
        of=lambda told: told.flip_angles,
        stated=lambda said: said.flip_angles,
    ),
    Variation(
        word="echo times",
        field="echo_time",
        of=lambda told: told.echo_times,
        stated=lambda said: said.echo_times,
    ),
    Variation(
        word="inversion times",
        field="inversion_time",
        of=_inversion,
        stated=lambda said: said.inversion_times,
    ),
    Variation(
        word="frame times",
        field="time",
        of=lambda told: told.times,
        stated=lambda said: said.times,
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Frames:
    """Signals that one model may be fitted to.

    Args:
        values: shape (columns, rows, slices, m).
        grid: where they lie.
        samples: what differs between the frames, shape (m,), house unit.
        repetition_times: of the frames, s; None where unknown.
        acquisition: of the first.
        digests: of the series that they come from.
    """

    values: NDArray[np.number[Any]]
    grid: Grid
    samples: Array
    repetition_times: tuple[float | None, ...]
    acquisition: Acquisition
    digests: tuple[str, ...]


def variation(model: str) -> Variation:
    """What differs between the frames of a model's signals.

    Raises:
        ModelError: when there is no such model.
    """
    if model not in MODELS:
        raise ModelError(f"no model is called '{model}'; there are {', '.join(MODELS)}")
    return next(each for each in VARIATIONS if takes(model, each.field))


def takes(model: str, field: str) -> bool:
    """Whether a model's acquisition has a field of that name."""
    return field in inspect.signature(MODELS[model]).parameters


def series_of(sources: Sequence[Path], *, frames_stated: bool = False) -> tuple[Series, ...]:
    """Every series of NIfTI files, or of folders and zips of DICOM files.

    Raises:
        NodewiseError: when there is none, and why.
    """
    try:
        lone = alone.read(sources, frames_stated=frames_stated)
    except IngestError as error:
        raise IngestError(f"{error}{'' if frames_stated else HINT}") from None
    if not lone.series:
        why = "; ".join(f"{each.where}: {each.found}" for each in lone.problems) or "no images"
        raise ModelError(f"no series could be read: {why}")
    return lone.series


def frames_of(
    series: Sequence[Series], varied: Variation, *, stated: Stated, which: int | None = None
) -> Frames:
    """The frames among series that differ in what is wanted.

    Args:
        series: all that were read.
        varied: what must differ.
        stated: what the files do not say; it goes before what they say.
        which: number of the candidate to take, from 1, when there are several.

    Raises:
        ModelError: when there is none, or more than one and no choice.
    """
    signals, said = [one for one in series if _is_signal(one)], varied.stated(stated)
    found = [
        candidate
        for candidate in [*_long(signals, varied, said), *_joined(signals, varied, said)]
        if len(np.unique(candidate.samples)) > 1
    ]
    if not found:
        raise ModelError(_nothing(series, varied, said))
    if which is None and len(found) > 1:
        raise ModelError(
            f"{len(found)} sets of frames differ in {varied.word}: "
            f"{'; '.join(f'{n}: {words(one)}' for n, one in enumerate(found, 1))}. "
            "Say which one with --which"
        )
    if which is not None and not 1 <= which <= len(found):
        raise ModelError(f"--which goes from 1 to {len(found)} here; found {which}")
    return found[(which or 1) - 1]


def words(frames: Frames) -> str:
    """What a set of frames is, to choose it by."""
    low, high = frames.samples.min(), frames.samples.max()
    size = " × ".join(map(str, frames.grid.shape))
    return f"{size}, {len(frames.samples)} frames, {low:.4g} to {high:.4g}"


def _is_signal(one: Series) -> bool:
    """Whether a series holds measured magnitudes; a phase or a scanner's map is none."""
    return one.acquisition.part in ("magnitude", "unknown") and not one.acquisition.derived


def _long(series: Sequence[Series], varied: Variation, stated: Samples) -> list[Frames]:
    """Series whose own frames differ."""
    found = []
    for one in series:
        samples = stated or varied.of(one.acquisition)
        values = one.volume.values
        if values.ndim == 4 and len(samples) == values.shape[3]:
            found.append(_frames(values, samples, [one]))
    return found


def _joined(series: Sequence[Series], varied: Variation, stated: Samples) -> list[Frames]:
    """Series of one frame each that lie on one grid and differ from each other."""
    single = [one for one in series if one.volume.values.ndim == 3]
    if stated and len(single) != len(stated):
        return []
    samples = [
        (stated[n],) if stated else varied.of(one.acquisition) for n, one in enumerate(single)
    ]
    groups: list[list[tuple[float, Series]]] = []
    for one, sample in zip(single, samples, strict=True):
        if len(sample) != 1:
            continue
        near = [g for g in groups if g[0][1].volume.grid.same_as(one.volume.grid)]
        if not near:
            groups.append([])
        (near or groups[-1:])[0].append((sample[0], one))
    return [_stacked(sorted(group, key=lambda each: each[0])) for group in groups]


def _stacked(group: Sequence[tuple[float, Series]]) -> Frames:
    series = [one for _, one in group]
    values = np.stack([one.volume.values for one in series], axis=-1)
    return _frames(values, tuple(sample for sample, _ in group), series)


def _frames(values: NDArray[np.generic], samples: Samples, series: Sequence[Series]) -> Frames:
    return Frames(
        values=cast(NDArray[np.number[Any]], values),  # no file holds anything else
        grid=series[0].volume.grid,
        samples=np.asarray(samples, float),
        repetition_times=tuple(one.acquisition.repetition_time for one in series),
        acquisition=series[0].acquisition,
        digests=tuple(one.digest for one in series),
    )


def _nothing(series: Sequence[Series], varied: Variation, stated: Samples) -> str:
    """Why there are no frames, by what there is."""
    there = "; ".join(sorted({_told(one) for one in series})) or "nothing"
    needed = f"{len(stated)} frames" if stated else "frames"
    return (
        f"the model needs {needed} of signal that differ in {varied.word}, on one grid; "
        f"found {there}"
        f"{'' if stated else HINT}"
    )


def _told(one: Series) -> str:
    shape = " × ".join(map(str, one.volume.values.shape))
    kinds = [each.word for each in VARIATIONS if len(set(each.of(one.acquisition))) > 1]
    part = "computed by the scanner" if one.acquisition.derived else one.acquisition.part
    what = shape if part in ("magnitude", "unknown") else f"{shape} ({part})"
    return f"{what} with {' and '.join(kinds)}" if kinds else what
