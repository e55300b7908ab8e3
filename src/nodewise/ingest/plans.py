"""Which images make one series: what varies in it, and what is missing."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from nodewise.errors import IngestError
from nodewise.ingest import pet, stacks
from nodewise.ingest.diffusion import LACKING_MEANS_ZERO
from nodewise.ingest.frames import CLOCKS, Frame
from nodewise.ingest.headers import Image
from nodewise.ingest.records import Acquisition, Tracer, Varies
from nodewise.ingest.stacks import Slice, Stack
from nodewise.volume import Grid

_ENHANCED = dict(
    zip(
        CLOCKS,
        (
            "TemporalPositionIndex", "FrameAcquisitionNumber", "FrameAcquisitionDateTime",
            "TemporalPositionTimeOffset", "ContentTime",
        ),
        strict=True,
    )
)  # fmt: skip
_TIMES = (2, 3, 4)  # of the clock: acquisition, trigger, content time


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How to build one series: its stacks, one per frame, on one grid."""

    stacks: tuple[Stack, ...]
    grid: Grid
    acquisition: Acquisition

    @property
    def first(self) -> Slice:
        """Its first slice; whose and when the series is stands there."""
        return next(one for one in self.stacks[0].slices if one)

    @property
    def files(self) -> int:
        """Number of files that it is read from."""
        return len({one.image.place.path for stack in self.stacks for one in stack.slices if one})


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """Something wrong with the images of a series."""

    image: Image
    found: str
    needed: str
    action: str


def plans(images: Sequence[Image]) -> Iterator[Plan | Trouble]:
    """The series of one patient's study, and what keeps images out of them."""
    made: list[Plan] = []
    for group in _groups(images):
        parts = stacks.same_plane(group)
        if len(parts) > 1 and not group[0].image.localizer:
            yield _trouble(
                group[0],
                found=f"its images have {len(parts)} orientations or voxel sizes",
                needed="one geometry in a series",
                action="nothing, if that is meant: each was taken in as a series of its own",
            )
        for part in parts:
            for answer in _series(part):
                if isinstance(answer, Plan):
                    made.append(answer)
                else:
                    yield answer
    yield from _with_flip_angles(made)


def _trouble(one: Slice, *, found: str, needed: str, action: str) -> Trouble:
    return Trouble(image=one.image, found=found, needed=needed, action=action)


def _groups(images: Iterable[Image]) -> list[list[Slice]]:
    groups: dict[object, list[Slice]] = defaultdict(list)
    for image in images:
        head = (image.series, image.modality, image.rows, image.columns, image.units)
        for frame in image.frames:
            groups[(*head, frame.part, frame.derived)].append(Slice(image, frame))
    return list(groups.values())


def _series(slices: list[Slice]) -> Iterator[Plan | Trouble]:
    """The series that slices of one plane make."""
    slices, lacking = _with_b(slices)
    if lacking:
        yield lacking
    for part, varies in _parted(slices):
        try:
            yield from _planned(part, varies)
        except IngestError as error:
            yield _trouble(
                part[0],
                found=str(error),
                needed="slices that fill a regular grid",
                action="export the whole series from the scanner again",
            )


def _with_b(slices: list[Slice]) -> tuple[list[Slice], Trouble | None]:
    """Slices with a b-value each, or with none at all where the series is no diffusion."""
    if slices[0].frame.derived or not any(one.frame.b for one in slices):
        return [_b(one, None) if one.frame.b is not None else one for one in slices], None
    if slices[0].image.vendor in LACKING_MEANS_ZERO:
        return [_b(one, 0.0) if one.frame.b is None else one for one in slices], None
    known = [one for one in slices if one.frame.b is not None]
    if len(known) == len(slices):
        return slices, None
    return known, _trouble(
        slices[0],
        found=f"{len(slices) - len(known)} of its {len(slices)} images have no b-value",
        needed="a b-value of every diffusion image",
        action="export the series with its diffusion attributes; these images were left out",
    )


def _b(one: Slice, b: float | None) -> Slice:
    return Slice(one.image, replace(one.frame, b=b))


def _parted(slices: list[Slice]) -> Iterator[tuple[list[Slice], Varies]]:
    """Slices parted until one thing alone varies, and what that is."""
    if slices[0].frame.b is not None:
        for part in _by(slices, lambda frame: frame.echo_time):
            yield part, "b_value"
        return
    echoes, angles, inversions = (
        _by(slices, of) for of in (_echo_time, _flip_angle, lambda frame: frame.inversion_time)
    )
    repeated = _repeated(slices)
    if len(angles) == len(inversions) == 1 and 1 < len(echoes) == repeated:
        yield slices, "echo_time"
    elif len(echoes) == len(inversions) == 1 and 1 < len(angles) == repeated:
        yield slices, "flip_angle"
    else:
        for part in _by(slices, lambda f: (f.echo_time, f.flip_angle, f.inversion_time)):
            yield part, "time" if _repeated(part) > 1 else "nothing"


def _echo_time(frame: Frame) -> float | None:
    return frame.echo_time


def _flip_angle(frame: Frame) -> float | None:
    return frame.flip_angle


def _by(slices: Iterable[Slice], key: Callable[[Frame], object]) -> list[list[Slice]]:
    parts: dict[object, list[Slice]] = defaultdict(list)
    for one in slices:
        parts[key(one.frame)].append(one)
    return list(parts.values())


def _repeated(slices: Sequence[Slice]) -> int:
    """How often the most frequent level is imaged."""
    return int(np.bincount(stacks.heights(slices)).max())


def _planned(slices: list[Slice], varies: Varies) -> Iterator[Plan | Trouble]:
    level, positions = stacks.levels(slices)
    ranks, told_apart_by = _ranks(slices, level, varies)
    found = stacks.stacks(slices, level, ranks=ranks, count=len(positions))
    ordered = [found[rank] for rank in sorted(found)]
    whole = [stack for stack in ordered if not stack.missing]
    if trouble := _incomplete(ordered, varies, kept=len(whole)):
        yield trouble
    if not whole:
        return
    acquisition = _acquisition(whole, varies, told_apart_by)
    if varies == "time" and not acquisition.times:
        raise IngestError(f"its {len(whole)} phases, told apart by {told_apart_by}, have no times")
    yield Plan(stacks=tuple(whole), grid=stacks.grid(slices[0], positions), acquisition=acquisition)


def _ranks(
    slices: Sequence[Slice], level: Sequence[int], varies: Varies
) -> tuple[list[tuple[float, ...]], str]:
    """Which frame each slice belongs to, and by what it was told.

    Raises:
        IngestError: when nothing tells the phases of a dynamic series apart.
    """
    if varies in ("echo_time", "flip_angle", "nothing"):
        name = {"echo_time": "EchoTime", "flip_angle": "FlipAngle", "nothing": ""}[varies]
        key = _echo_time if varies == "echo_time" else _flip_angle
        return [(0.0,) if not name else (key(one.frame) or 0.0,) for one in slices], name
    if varies == "b_value":
        keys = [(one.frame.b or 0.0, *one.frame.direction) for one in slices]
        return _repeats(slices, level, keys), "DiffusionBValue"
    for index, name in enumerate(CLOCKS):
        values = [one.frame.clock[index] for one in slices]
        if None not in values and len(set(zip(level, values, strict=True))) == len(slices):
            if slices[0].image.enhanced:
                name = _ENHANCED[name]
            shared = index < 2  # a number of the phase; times differ from slice to slice
            ranks: list[tuple[float, ...]] = [(value or 0.0,) for value in values]
            return ranks if shared else _ordinals(level, ranks), name
    raise IngestError(
        f"{len(slices)} images lie at {len(set(level))} places and nothing tells them apart: "
        f"neither {', '.join(CLOCKS[:-1])} nor {CLOCKS[-1]} differs"
    )


def _repeats(
    slices: Sequence[Slice], level: Sequence[int], keys: Sequence[tuple[float, ...]]
) -> list[tuple[float, ...]]:
    """Keys with a number where one is repeated at a place: averages, or unnamed directions."""
    order = sorted(range(len(slices)), key=lambda i: _moment(slices[i]))
    seen: Counter[tuple[int, tuple[float, ...]]] = Counter()
    ranks: list[tuple[float, ...]] = [()] * len(slices)
    for i in order:
        ranks[i] = (keys[i][0], float(seen[level[i], keys[i]]), *keys[i][1:])
        seen[level[i], keys[i]] += 1
    return ranks


def _moment(one: Slice) -> tuple[float, ...]:
    return (*(value or 0.0 for value in one.frame.clock[:3]), one.image.number, one.frame.index)


def _ordinals(level: Sequence[int], ranks: Sequence[tuple[float, ...]]) -> list[tuple[float, ...]]:
    """Times as their order at each place: the same phase has another time in every slice."""
    times: dict[int, list[tuple[float, ...]]] = defaultdict(list)
    for height, rank in zip(level, ranks, strict=True):
        times[height].append(rank)
    place = {
        height: {time: float(i) for i, time in enumerate(sorted(times[height]))} for height in times
    }
    return [(place[height][rank],) for height, rank in zip(level, ranks, strict=True)]


def _incomplete(ordered: Sequence[Stack], varies: Varies, *, kept: int) -> Trouble | None:
    """What to say of frames that lack slices."""
    lacking = [(number, stack) for number, stack in enumerate(ordered, 1) if stack.missing]
    if not lacking:
        return None
    says = []
    for number, stack in lacking:
        frame = next(one.frame for one in stack.slices if one)
        says.append(
            f"{stack.missing} of {len(stack.slices)} slices at {_named(frame, number, varies)}"
        )
    listed = "; ".join(says[:8]) + (f"; and {len(says) - 8} more" if len(says) > 8 else "")
    return _trouble(
        next(one for one in lacking[0][1].slices if one),
        found=f"slices are missing: {listed}",
        needed="every slice of every frame",
        action="export the series again; "
        + (f"its complete frames ({kept}) were taken in" if kept else "it was left out"),
    )


def _named(frame: Frame, number: int, varies: Varies) -> str:
    if varies == "b_value":
        return f"b = {frame.b:g} s/mm²"
    if varies == "echo_time":
        return f"echo time {1000 * (frame.echo_time or 0):g} ms"
    if varies == "flip_angle":
        return f"flip angle {np.degrees(frame.flip_angle or 0):.3g}°"
    return f"frame {number}"


def _acquisition(whole: Sequence[Stack], varies: Varies, told_apart_by: str) -> Acquisition:
    frames = [[one.frame for one in stack.slices if one] for stack in whole]
    heads = [stack[0] for stack in frames]
    first = next(one for one in whole[0].slices if one)
    times, timed_by = (
        _times(frames, enhanced=first.image.enhanced) if varies == "time" else ((), "")
    )
    echoes = _known(frame.echo_time for frame in heads)
    return Acquisition(
        modality=first.image.modality,
        vendor=first.image.vendor,
        field_strength=first.image.field_strength,
        repetition_time=first.frame.repetition_time,
        echo_time=echoes[0] if len(set(echoes)) == 1 else None,
        inversion_time=first.frame.inversion_time or None,
        varies=varies,
        b_values=_known(frame.b for frame in heads),
        flip_angles=_known(frame.flip_angle for frame in heads),
        echo_times=echoes,
        times=times,
        told_apart_by=told_apart_by,
        timed_by=timed_by,
        part=first.frame.part,
        derived=first.frame.derived,
        units=first.image.units,
        scaling=first.frame.scaling,
        tracer=_tracer(whole),
    )


def _tracer(whole: Sequence[Stack]) -> Tracer | None:
    images = [one.image for stack in whole for one in stack.slices if one]
    said = [image.emission for image in images if image.emission]
    return pet.tracer(said) if said else None


def _known(values: Iterable[float | None]) -> tuple[float, ...]:
    """The values, or nothing when one is unknown."""
    found = list(values)
    return tuple(value for value in found if value is not None) if None not in found else ()


def _times(frames: Sequence[Sequence[Frame]], *, enhanced: bool) -> tuple[tuple[float, ...], str]:
    """Times after the first frame, s, as means over slices, and which attribute gave them."""
    for index in _TIMES[1:] + _TIMES[:1] if enhanced and _offsets(frames) else _TIMES:
        values = [[frame.clock[index] for frame in stack] for stack in frames]
        if any(None in stack for stack in values):
            continue
        means = np.array([np.mean([value or 0.0 for value in stack]) for stack in values])
        steps = np.diff(means)
        steps[steps < -43200] += 86400  # past midnight
        if len(means) > 1 and (steps > 0).all():
            name = _ENHANCED[CLOCKS[index]] if enhanced else CLOCKS[index]
            return tuple(np.round(np.concatenate([[0], np.cumsum(steps)]), 4).tolist()), name
    return (), ""


def _offsets(frames: Sequence[Sequence[Frame]]) -> bool:
    return all(frame.clock[3] is not None for stack in frames for frame in stack)


def _with_flip_angles(made: Sequence[Plan]) -> Iterator[Plan]:
    """Plans, with series that differ in flip angle alone as one."""
    groups: dict[object, list[Plan]] = defaultdict(list)
    for number, plan in enumerate(made):
        groups[_angle_key(plan, number)].append(plan)
    for group in groups.values():
        for alike in _same_grid(sorted(group, key=lambda plan: _moment(plan.first))):
            for chosen in _sets(alike):
                yield _joined(chosen) if len(chosen) > 1 else chosen[0]


def _same_grid(group: Iterable[Plan]) -> list[list[Plan]]:
    parts: list[list[Plan]] = []
    for plan in group:
        for part in parts:
            if part[0].grid.same_as(plan.grid):
                part.append(plan)
                break
        else:
            parts.append([plan])
    return parts


def _angle_key(plan: Plan, number: int) -> object:
    a = plan.acquisition
    if a.varies != "nothing" or a.derived or not a.flip_angles or a.inversion_time or a.b_values:
        return number
    return (
        plan.grid.shape, a.modality, a.part, a.repetition_time, a.echo_time,
        plan.first.image.sequence, plan.first.image.vendor,
    )  # fmt: skip


def _sets(group: Iterable[Plan]) -> Iterator[list[Plan]]:
    """Sets of different flip angles; a new one begins where an angle comes again."""
    chosen: dict[float, Plan] = {}
    for plan in group:
        angle = plan.acquisition.flip_angles[0] if plan.acquisition.flip_angles else 0.0
        if angle in chosen:
            yield [chosen[key] for key in sorted(chosen)]
            chosen = {}
        chosen[angle] = plan
    yield [chosen[key] for key in sorted(chosen)]


def _joined(chosen: Sequence[Plan]) -> Plan:
    angles = tuple(plan.acquisition.flip_angles[0] for plan in chosen)
    echoes = tuple(plan.acquisition.echo_times[0] for plan in chosen if plan.acquisition.echo_times)
    acquisition = chosen[0].acquisition.model_copy(
        update={
            "varies": "flip_angle", "flip_angles": angles, "echo_times": echoes,
            "told_apart_by": "FlipAngle",
        }
    )  # fmt: skip
    return Plan(
        stacks=tuple(stack for plan in chosen for stack in plan.stacks),
        grid=chosen[0].grid,
        acquisition=acquisition,
    )
