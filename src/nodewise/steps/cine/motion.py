"""Where a region lies in every frame of a cine: its shifts, and frames that cannot be followed.

What surrounds and makes up the region is looked for by its correlation with the frame that it was
drawn on, with the mean of what was found, and with what was seen last. On a split screen the plain
image is followed, as contrast changes the other. Turning and leaving the plane are not undone:
they lose the frame.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter
from scipy.signal import fftconvolve

from nodewise.errors import MeasureError
from nodewise.ingest.records import Panel
from nodewise.volume import Array, Mask

REACH = 5.0  # mm: how far a region is looked for
AROUND = 3.0  # mm: how much around it is looked at
GRAIN = 0.3  # mm: standard deviation of the smoothing that quiets speckle for the search
SAMPLE = 0.2  # mm: finest step of the search, where pixels are smaller
ALIKE = 0.55  # least correlation of a frame that is followed: noise alone reaches 0.5
STILL = 0.1  # of the greatest mean: what a region's mean may change with its place
TRIES = 5  # places along each axis at which that is tried
LAST = 9  # frames whose mean the next one is compared with
BATCH = 64  # frames at once

Pixels = NDArray[np.uint8]
Shifts = NDArray[np.int_]


class Followed(IntEnum):
    """What became of a frame."""

    FOLLOWED = 0
    ANYWHERE = 1  # not found; kept in place, as the region's mean is the same wherever it lay
    LOST = 2  # left out


@dataclass(frozen=True, slots=True, kw_only=True)
class Motion:
    """A region's way through a cine of m frames.

    Args:
        shifts: of the region by columns and rows, shape (m, 2).
        outcome: see Followed, shape (m,).
        alike: greatest correlation, shape (m,).
        beside: whether the other half of a split screen was followed.
    """

    shifts: Shifts
    outcome: NDArray[np.uint8]
    alike: Array
    beside: bool

    @property
    def kept(self) -> Mask:
        """Frames that are used, shape (m,)."""
        return np.asarray(self.outcome != Followed.LOST)

    def count(self, outcome: Followed) -> int:
        """How many frames ended so."""
        return int((self.outcome == outcome).sum())


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What is followed of a cine.

    Args:
        panel: part of the screen that the region lies in.
        away: from there to the part that is followed, columns and rows.
        box: first column and row looked at around the region, and those after the last.
        reach: how far to look, columns and rows.
    """

    panel: Panel
    away: tuple[int, int]
    box: Panel
    reach: tuple[int, int]


def view(mask: Mask, panels: tuple[Panel, ...], spacing: Array, *, reach: float = REACH) -> View:
    """What is followed for a region, shape (columns, rows), with pixels of spacing, shape (2,), mm.

    Raises:
        MeasureError: when the region does not lie in one image part of the screen.
    """
    home = max(panels, key=lambda panel: int(_in(mask, panel).sum()))
    if int(_in(mask, home).sum()) < int(mask.sum()):
        raise MeasureError("the region reaches out of the image part of the screen")
    size = home[2] - home[0], home[3] - home[1]
    beside = [one for one in panels if one != home and (one[2] - one[0], one[3] - one[1]) == size]
    away = (beside[0][0] - home[0], beside[0][1] - home[1]) if beside else (0, 0)
    inside = np.argwhere(mask)
    first, last = inside.min(0), inside.max(0) + 1
    more, steps = (np.ceil(length / spacing).astype(int) for length in (AROUND, reach))
    low = np.maximum(first - more, np.minimum(first, home[:2] + steps))  # less around it near
    high = np.minimum(last + more, np.maximum(last, home[2:] - steps))  # the rim, to look further
    box = int(low[0]), int(low[1]), int(high[0]), int(high[1])
    return View(panel=home, away=away, box=box, reach=(int(steps[0]), int(steps[1])))


def _in(values: NDArray[Any], panel: Panel) -> NDArray[Any]:
    return np.asarray(values[panel[0] : panel[2], panel[1] : panel[3]])


def follow(pixels: Pixels, mask: Mask, seen: View, *, frame: int, spacing: Array) -> Motion:
    """A region's shifts from the frame that it was drawn on.

    Args:
        pixels: shape (columns, rows, m).
        mask: the region, shape (columns, rows).
        seen: what is followed.
        frame: that it was drawn on, from 0.
        spacing: of columns and rows, shape (2,), mm.
    """
    step = np.maximum(SAMPLE / spacing, 1).astype(int)
    search = _Search.around(seen, step)
    smooth = np.maximum(GRAIN / spacing, 0.5)
    quiet = [
        gaussian_filter(one, (*smooth, 0))[:: step[0], :: step[1]]
        for one in _batches(pixels, search.whole)
    ]
    frames = np.concatenate(quiet, axis=2)
    template = search.window(frames[..., frame], (0, 0))
    shifts, alike = search.best(frames, template)
    good = alike >= ALIKE
    if good.sum() > 1:
        found = [search.window(frames[..., n], shifts[n]) for n in np.flatnonzero(good)]
        shifts, alike = search.best(frames, np.mean(found, axis=0))
    for way in (range(frame, frames.shape[2]), range(frame, -1, -1)):
        _step_by_step(search, frames, way, found=(shifts, alike))
    shifts = shifts * step
    outcome = np.where(alike >= ALIKE, Followed.FOLLOWED, Followed.LOST).astype(np.uint8)
    outcome[_leaves(mask, shifts, seen.panel)] = Followed.LOST
    shifts = np.where(outcome[:, None] == Followed.FOLLOWED, shifts, 0)
    return Motion(shifts=shifts, outcome=outcome, alike=alike, beside=seen.away != (0, 0))


def _step_by_step(
    search: "_Search", frames: Array, way: Iterable[int], *, found: tuple[Shifts, Array]
) -> None:
    """Follow on, by what was seen last, where contrast has changed too much; found is mended.

    Args:
        search: where to look.
        frames: shape (columns, rows, m).
        way: frames in the order of going, away from the one drawn on.
        found: shifts, shape (m, 2), and correlations, shape (m,), so far.
    """
    shifts, alike = found
    last: deque[Array] = deque(maxlen=LAST)
    for number in way:
        if alike[number] < ALIKE and last:
            one = frames[..., number : number + 1]
            for seen in (np.mean(last, axis=0), last[-1]):
                place, likeness = search.best(one, seen)
                if likeness[0] > max(alike[number], ALIKE):
                    shifts[number], alike[number] = place[0], likeness[0]
        if alike[number] >= ALIKE:
            last.append(search.window(frames[..., number], shifts[number]))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Search:
    """A window and the shifts within which it is looked for, in steps of the search.

    Args:
        whole: what is looked through, on the part of the screen that is followed, in pixels.
        size: of the window, columns and rows.
        before: how far the window can go back along each axis.
    """

    whole: Panel
    size: tuple[int, int]
    before: tuple[int, int]

    @classmethod
    def around(cls, seen: View, step: Shifts) -> "_Search":
        (left, top, right, bottom), home = seen.box, seen.panel
        first, last = np.array([left, top]), np.array([right, bottom])
        before = (first - np.maximum(first - seen.reach, home[:2])) // step
        low = first - before * step + seen.away
        high = np.minimum(last + seen.reach, home[2:]) + seen.away
        size = -(-(last - first) // step)
        return cls(
            whole=(int(low[0]), int(low[1]), int(high[0]), int(high[1])),
            size=(int(size[0]), int(size[1])),
            before=(int(before[0]), int(before[1])),
        )

    def window(self, frame: Array, shift: Shifts | tuple[int, int]) -> Array:
        """What lies in the window at a shift, of a frame of the whole, shape (columns, rows)."""
        left, top = self.before[0] + shift[0], self.before[1] + shift[1]
        return frame[left : left + self.size[0], top : top + self.size[1]]

    def best(self, frames: Array, template: Array) -> tuple[Shifts, Array]:
        """The shift of greatest correlation in each frame, and that; -1 where it is at the rim.

        Args:
            frames: shape (columns, rows, m).
            template: shape (columns, rows) of the window.

        Returns:
            Shapes (m, 2) and (m,).
        """
        found = [
            _correlation(frames[..., start : start + BATCH], template)
            for start in range(0, frames.shape[2], BATCH)
        ]
        alike = np.concatenate(found, axis=2)
        columns, rows, count = alike.shape
        at = alike.reshape(-1, count).argmax(axis=0)
        column, row = np.divmod(at, rows)
        rim = np.isin(column, (0, columns - 1)) & (column != self.before[0])
        rim |= np.isin(row, (0, rows - 1)) & (row != self.before[1])
        greatest = alike.reshape(-1, count)[at, np.arange(count)]
        shifts = np.stack([column - self.before[0], row - self.before[1]], axis=1)
        return shifts, np.where(rim, -1.0, greatest)


def _batches(pixels: Pixels, part: Panel) -> Iterator[Array]:
    for start in range(0, pixels.shape[2], BATCH):
        yield np.asarray(_in(pixels, part)[..., start : start + BATCH], np.float32)


def _correlation(frames: Array, template: Array) -> Array:
    """Correlation of a template with every place of it in frames.

    Args:
        frames: shape (columns, rows, m).
        template: shape (c, r).

    Returns:
        Shape (columns - c + 1, rows - r + 1, m); 0 where there is no contrast.
    """
    centred = template - template.mean()
    products = fftconvolve(frames, centred[::-1, ::-1, None], mode="valid", axes=(0, 1))
    frames = np.asarray(frames, float)
    count = template.size
    spread = _window_sums(frames**2, template.shape)
    spread -= _window_sums(frames, template.shape) ** 2 / count
    power = np.sum(centred**2)
    scale = np.sqrt(np.maximum(spread, 0) * power)
    least = 1e-3 * count  # grey levels squared: below, a window is blank
    return np.where(spread * power > least**2, products / np.maximum(scale, least), 0.0)


def _window_sums(frames: Array, size: tuple[int, ...]) -> Array:
    """Sums over every window of a size, shape (columns - c + 1, rows - r + 1, m)."""
    total = np.pad(frames, ((1, 0), (1, 0), (0, 0))).cumsum(axis=0).cumsum(axis=1)
    c, r = size
    return np.asarray(total[c:, r:] - total[:-c, r:] - total[c:, :-r] + total[:-c, :-r])


def _leaves(mask: Mask, shifts: Shifts, panel: Panel) -> Mask:
    """Frames, shape (m,), in which the shifted region would leave the image part."""
    inside = np.argwhere(mask)
    low, high = inside.min(0) + shifts, inside.max(0) + shifts
    return np.asarray(((low < panel[:2]) | (high >= panel[2:])).any(axis=1))
